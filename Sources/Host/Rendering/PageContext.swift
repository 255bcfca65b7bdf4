import Bibliography
import Document
import Foundation

/// What a page shows besides its notebook and that notebook's record.
package struct PageContext: Sendable {
  /// What makes its figures interactive; without it they are static.
  package var plotly: PlotlyScript?
  /// The MathML of its formulas.
  package var mathematics: [Formula.Source: String] = [:]

  /// The works that it cites.
  package var citedWorks = CitedWorks([], in: Bibliography())

  /// The site that it is a page of, as it was before; nil for a page that stands alone.
  package var site: SiteMap?
  /// Files as which the notebook can be downloaded, in the page's folder.
  package var downloads: [Page.Attachment] = []
  /// The names of those that are written behind the page.
  package var laterDownloads: [String] = []
  /// The picture by which other sites show the page, as a PNG.
  package var card: Data?

  /// What the page is made for.
  package var form = Form.site

  /// What a page is made for.
  package enum Form: Sendable {
    /// The site: its style sheet and its script are files of that, and other files lie beside it.
    case site
    /// A file of its own, which has everything in it.
    case file
    /// Paper: such a file without what readers of paper cannot do.
    case print
  }

  /// Whether the record lies beside the page.
  var hasRecord: Bool { site != nil && form == .site }

  /// The context of a page that stands alone.
  package init(plotly: PlotlyScript? = nil) { self.plotly = plotly }
}
