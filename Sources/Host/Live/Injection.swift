import Foundation
import Text

/// What a page gets on its way to the reader: the script that keeps it up to date, and how its bar and panel look.
enum Injection {
  static func into(_ html: Data, page: String) -> Data {
    let tags = Data(
      """
      <script src="/_folio/live.js" data-page="\(Markup.escape(page))" defer></script>
      <link rel="stylesheet" href="/_folio/live.css">

      """.utf8)
    let end = html.range(of: Data("</head>".utf8)) ?? html.range(of: Data("</HEAD>".utf8))
    let place = end?.lowerBound ?? html.endIndex
    return html[..<place] + tags + html[place...]
  }
}

/// The page at an address where there is none: it lists the pages that there are. It has no `main`, so the script loads a page that comes there
/// as a whole.
struct MissingPage {
  var pages: [String]

  var html: Data {
    let links = (pages.map { ($0, SitePath.folder($0)) }).map { name, link in
      "<li><a href=\"/\(link)\">\(Markup.escape(name))</a></li>"
    }
    let list = links.isEmpty ? "<p>There is no page yet.</p>" : "<p>There is:</p>\n<ul>\n\(links.joined(separator: "\n"))\n</ul>"
    return Data(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>Not here</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="/assets/folio.css">
      </head>
      <body>
      <div class="index">
      <h1>There is no such page</h1>
      \(list)
      </div>
      </body>
      </html>

      """.utf8)
  }
}
