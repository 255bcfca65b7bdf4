import Document
import Figures
import Text

/// What every page of the site has: the head, the way back, the switch between light and dark, the skip link.
struct PageFrame {
  /// Where the skip link leads; no heading's anchor begins so.
  static let contentID = "_content"

  /// How every page begins, in the site or not.
  static let start = start(language: "en")

  static func start(language: String) -> String {
    """
    <!doctype html>
    <html lang="\(HTML.text(language))">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    """
  }

  var title: String
  var description: String?
  /// For the page of a notebook, what the index shows of it.
  var entry: IndexPage.Entry?
  /// What the head says of the page as a publication.
  var meta = ""
  /// What its interactive figures need.
  var plotly: PlotlyScript?
  /// The site that the page is one of.
  var site: SiteMap
  var words: PageWords
  var body: String

  var html: String {
    let root = SiteNames.root(from: entry?.name ?? "")
    let parts = SiteParts(site, entry: entry)
    func region(_ region: SiteRegion) -> String { region.html(parts.html(region)) }
    let about = self.meta.isEmpty ? "" : "\n" + self.meta
    let meta = description.map { "\n" + Markup.element("meta", ["name": "description", "content": Markup.label($0)]) } ?? ""
    let mark = (entry.map { "\n" + PageMark.html($0) } ?? "") + (plotly.map { "\n" + $0.meta(root: root) } ?? "")
    return """
      \(Self.start(language: site.language(of: entry)))\(meta)\(about)
      <title>\(HTML.label(title))</title>
      \(region(.head))
      <link rel="stylesheet" href="\(root)assets/\(Stylesheet.file)">
      <script src="\(root)assets/\(Script.file)"></script>\(mark)
      </head>
      <body>
      <a class="skip" href="#\(Self.contentID)">\(words.skip)</a>
      <header class="bar">\(region(.bar))</header>
      \(body)
      \(region(.foot))
      </body>
      </html>

      """
  }
}
