import Foundation

/// What readers can search for, as a script: pages opened from a disk may load no other file.
///
/// It is made of the pages themselves, so that it holds what they show, whatever made it: titles, headings, prose, code, captions, what stands for
/// figures. What cells print is left out.
struct SearchIndex {
  static let file = "search-index.js"

  /// A page, as pieces that each begin at an address.
  struct Page {
    let name: String
    let title: String
    let pieces: [SearchText.Piece]

    init(_ entry: IndexPage.Entry, html: Data) {
      (name, title) = (entry.name, entry.title)
      pieces = SearchText.pieces(of: html)
    }

    /// A run is found by what tells it from the others: its text is that of its notebook.
    init(run entry: IndexPage.Entry) {
      name = entry.name
      title = "\(entry.title) (\(entry.run?.name ?? ""))"
      let values = (entry.run?.assigned ?? []).compactMap { name in entry.values?[name].map { "\(name) = \($0)" } }
      pieces = [SearchText.Piece(anchor: "", heading: "", text: LongText.clipped(values.joined(separator: ", "), to: 300))]
    }
  }

  private let pages: [Page]

  init(_ pages: [Page]) { self.pages = pages }

  /// `[link, title, [[anchor, heading, text], …]]` for each page.
  var script: String {
    let rows = pages.map { page in
      let pieces = page.pieces.map { "[\(Self.json($0.anchor)),\(Self.json($0.heading)),\(Self.json($0.text))]" }
      let head = "\(Self.json(SiteNames.folder(page.name) + "index.html")),\(Self.json(page.title))"
      return "[\(head),[\n\(pieces.joined(separator: ",\n"))]]"
    }
    return "// Written by Folio: what the search finds.\nwindow.folioSearchIndex = [\n\(rows.joined(separator: ",\n"))\n];\n"
  }

  /// A text as JavaScript reads it. The separators that end a line for it are spelled.
  static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "<": result += "\\u003c"
      case _ where scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029:
        result += "\\u" + String(format: "%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
