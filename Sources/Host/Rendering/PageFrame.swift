import Document
import Figures
import Text

/// What every page of the site has: the head, the way back, the switch between light and dark, the skip link.
package struct PageFrame {
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
  var publication = ""
  /// What its interactive figures need.
  var plotly: PlotlyScript?
  /// The site that the page is one of.
  var site: SiteMap
  var words: PageWords
  /// The folder of the site in which a page lies that is no notebook's; empty for the first page.
  var place = ""
  /// What the page is made for.
  var form = PageContext.Form.site
  var body: String

  /// What every page says of itself that is a file of its own.
  package static let fileMark = "<meta name=\"generator\" content=\"folio export\">"

  var html: String { form == .site ? pageOfSite : file }

  private var meta: String {
    let about = description.map { "\n" + Markup.element("meta", ["name": "description", "content": Markup.label($0)]) } ?? ""
    return about + (publication.isEmpty ? "" : "\n" + publication)
  }

  /// What stands before a page's content.
  private var skip: String { "<a class=\"skip\" href=\"#\(Self.contentID)\">\(words.skip)</a>" }

  /// The page with its style sheet and its script in it. Of its site it has the title, if that can be read somewhere, and the footer.
  private var file: String {
    var alone = site.description
    (alone.url, alone.favicon) = (nil, nil)
    let parts = SiteParts(SiteMap([], description: alone), entry: entry)
    let home = site.description.url.map {
      HTML.element("a", ["class": "home", "href": $0], html: HTML.label(site.title(words)))
    }
    let colours: KeyValuePairs = [
      "class": "bar", "data-colours": words.colours, "data-auto": words.coloursOfSystem, "data-light": words.coloursLight,
      "data-dark": words.coloursDark,
    ]
    let bar = HTML.element("header", colours, html: home ?? "")
    let script = form == .file ? "\n<script>\n\(Script.text)\n</script>" : ""
    return """
      \(Self.start(language: site.language(of: entry)))
      \(Self.fileMark)\(meta)
      <title>\(HTML.label(title))</title>
      \(parts.html(.head))
      <style>
      \(Stylesheet.text)\(form == .print ? "\n" + Stylesheet.paper : "")
      </style>\(script)
      </head>
      <body>
      \(skip)
      \(bar)
      \(body)
      \(parts.html(.foot))
      </body>
      </html>

      """
  }

  private var pageOfSite: String {
    let root = SiteNames.root(from: entry?.name ?? place)
    let parts = SiteParts(site, entry: entry, place: place)
    func region(_ region: SiteRegion) -> String { region.html(parts.html(region)) }
    let mark = (entry.map { "\n" + PageMark.html($0) } ?? "") + (plotly.map { "\n" + $0.meta(root: root) } ?? "")
    return """
      \(Self.start(language: site.language(of: entry)))\(meta)
      <title>\(HTML.label(title))</title>
      \(region(.head))
      <link rel="stylesheet" href="\(root)assets/\(Stylesheet.file)">
      <script src="\(root)assets/\(Script.file)"></script>\(mark)
      </head>
      <body>
      \(skip)
      <header class="bar">\(region(.bar))</header>
      \(body)
      \(region(.foot))
      </body>
      </html>

      """
  }
}
