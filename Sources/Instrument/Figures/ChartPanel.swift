import Text

/// What the arrangement of a figure needs to know of a chart, of whatever kind.
protocol ChartPanel: FigurePanel {
  /// Why it cannot be drawn, if it cannot.
  var problem: FigureError? { get }
  /// What its sides are called.
  var names: (x: String?, y: String?) { get }
  /// What stands along its lower and its left side; all of its numbers are looked at for it.
  var sides: (x: ChartSide, y: ChartSide) { get }
  /// Whether it names its series above itself: one alone needs no legend.
  var hasLegend: Bool { get }
  /// The names that the legend shows, if there is one.
  var legendNames: [String] { get }
  /// - Parameter number: that of the panel's axes and of its legend: empty, `2`, `3`.
  func traces(axis number: String) -> [Figure.Trace]
  /// In pixels, with and without other panels beside it.
  var naturalSize: (alone: Figure.PanelSize, beside: Figure.PanelSize) { get }
}

extension ChartPanel {
  var naturalSize: (alone: Figure.PanelSize, beside: Figure.PanelSize) {
    (Figure.PanelSize(width: 620, height: 300), Figure.PanelSize(width: 380, height: 250))
  }
}

/// A side of a chart: numbers, or categories that stand at 0, 1, 2, …
struct ChartSide: Equatable {
  var title: String?
  var numbers: NumberAxis
  /// What the categories are called.
  var labels: [String]?
  /// Whether the first category stands on top.
  var isReversed = false

  /// A side of numbers.
  init(_ title: String?, _ numbers: NumberAxis) { (self.title, self.numbers) = (title, numbers) }

  /// A side of categories, with room for half of one at both ends.
  init(_ title: String?, labels: [String], isReversed: Bool = false) {
    (self.title, self.labels, self.isReversed) = (title, labels, isReversed)
    numbers = NumberAxis(ends: -0.5...max(0.5, Double(labels.count) - 0.5), isLog: false)
  }

  var categoryTicks: AxisTicks? { labels.map { AxisTicks(labels: $0, count: $0.count) } }

  /// The width of the widest label, in pixels.
  var widestTick: Double { categoryTicks?.widest ?? numbers.widestTick }

  /// The axis without its place.
  /// - Parameter isSlanted: whether its labels are.
  func axis(isSlanted: Bool = false) -> Figure.Axis {
    let ends = [numbers.ends.lowerBound, numbers.ends.upperBound]
    var axis = Figure.Axis(
      type: numbers.isLog ? "log" : "linear", range: isReversed ? ends.reversed() : ends,
      title: title.map { Figure.Title(text: PlotlyText.label($0), font: Figure.Font(size: Arrangement.axisTitleSize)) },
      showgrid: labels == nil, gridcolor: labels == nil ? "rgba(128,128,128,0.2)" : nil, zeroline: false)
    if let labels {
      axis.tickmode = "array"
      axis.tickvals = labels.indices.map(Double.init)
      axis.ticktext = labels.map(PlotlyText.label)
      axis.tickangle = isSlanted ? -AxisTicks.slant : nil
    }
    return axis
  }
}

extension SeriesStyle {
  /// Bars of this style: those whose colours return are lighter, with an outline.
  /// - Parameter opacity: of bars that stand before others.
  func barMarker(number: Int, opacity: Double? = nil) -> Figure.Marker {
    let returns = number / Self.colors.count
    let line = returns > 0 || opacity != nil ? Figure.Line(color: color.css, width: 1.5) : nil
    return Figure.Marker(
      color: color.css, opacity: opacity ?? (returns > 0 ? max(0.15, 0.6 - 0.2 * Double(returns)) : nil), line: line)
  }
}
