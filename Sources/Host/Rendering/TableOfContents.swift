import Document

/// The headings of a notebook as links: beside the text on wide screens, in a fold above it on narrow ones and without style.
///
/// It begins at the highest level that the notebook has below its title, whichever that is, and shows three levels.
struct TableOfContents {
  private static let mostLevels = 3

  private let headings: [Heading]
  /// The level that stands at the margin.
  private let first: Int

  /// - Parameter notebook: with the values of its headings. One that has no words is no link's text.
  init(_ notebook: Notebook) {
    var blocks = notebook.blocks
    if let title = notebook.titleHeading { blocks.remove(at: title) }
    let all = blocks.compactMap { block -> Heading? in
      guard case .heading(let heading) = block, !heading.text.allSatisfy(\.isWhitespace) else { return nil }
      return heading
    }
    let first = all.map(\.level).min() ?? 1
    headings = all.filter { $0.level < first + Self.mostLevels }
    self.first = first
  }

  var sidebar: String {
    guard !headings.isEmpty else { return #"<div class="sidebar"></div>"# }
    return """
      <nav class="sidebar" aria-label="\(PageWords.current.contents)">
      <p class="caps">\(PageWords.current.contents)</p>
      \(list)
      </nav>
      """
  }

  var collapsible: String {
    guard !headings.isEmpty else { return "" }
    return """
      <details class="contents">
      <summary>\(PageWords.current.contents)</summary>
      <nav aria-label="\(PageWords.current.contents)">
      \(list)
      </nav>
      </details>
      """
  }

  private var list: String {
    let items = headings.map { heading in
      HTML.element(
        "li", ["class": "depth\(heading.level - first + 1)"],
        html: HTML.link(to: SiteNames.anchor(heading.anchor), html: HTML.text(heading.text)))
    }
    return "<ol>\n" + items.joined(separator: "\n") + "\n</ol>"
  }
}
