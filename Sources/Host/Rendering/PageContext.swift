import Document

/// What a page shows besides its notebook and that notebook's record.
package struct PageContext: Sendable {
  /// What makes its figures interactive; without it they are static.
  package var plotly: PlotlyScript?
  /// The MathML of its formulas.
  package var mathematics: [Formula.Source: String] = [:]

  /// The context of a page that stands alone.
  package init(plotly: PlotlyScript? = nil) { self.plotly = plotly }
}
