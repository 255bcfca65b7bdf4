import Document

/// The headings of a notebook as links: beside the text on wide screens, in a fold above it on narrow ones and without style.
struct TableOfContents {
  private let headings: [Heading]

  /// - Parameter notebook: with the values of its headings. One that has no words is no link's text.
  init(_ notebook: Notebook) {
    headings = notebook.blocks.compactMap { block in
      guard case .heading(let heading) = block, (2...3).contains(heading.level), !heading.text.allSatisfy(\.isWhitespace)
      else { return nil }
      return heading
    }
  }

  var sidebar: String {
    guard !headings.isEmpty else { return #"<div class="sidebar"></div>"# }
    return """
      <nav class="sidebar" aria-label="Contents">
      <p class="caps">Contents</p>
      \(list)
      </nav>
      """
  }

  var collapsible: String {
    guard !headings.isEmpty else { return "" }
    return """
      <details class="contents">
      <summary>Contents</summary>
      <nav aria-label="Contents">
      \(list)
      </nav>
      </details>
      """
  }

  private var list: String {
    let items = headings.map { heading in
      HTML.element(
        "li", ["class": "level\(heading.level)"],
        html: HTML.link(to: SiteNames.anchor(heading.anchor), html: HTML.text(heading.text)))
    }
    return "<ol>\n" + items.joined(separator: "\n") + "\n</ol>"
  }
}
