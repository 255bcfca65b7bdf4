import Bibliography
import Document

/// Citations in the prose, and the list of references that they lead to.
struct CitationView {
  let citations: [Citation]
  let works: CitedWorks

  /// Puts the citations into prose. One whose works are not all known stays as it is written.
  func fill(_ html: String) -> String {
    Placeholder.citation.fill(html) { index, _ in citations.indices.contains(index) ? text(index) : nil }
  }

  private func text(_ index: Int) -> String? {
    guard let parts = works.parts(of: citations[index]) else { return nil }
    let html = parts.map { part in
      switch part {
      case .text(let text): HTML.text(text)
      case .work(let work, let words): linked(HTML.text(words), to: work)
      }
    }
    return HTML.element("span", ["class": "citation", "id": Self.place(index)], html: html.joined())
  }

  /// A link to the list; whoever hovers over it, or comes to it by the keyboard, reads the reference beside it.
  private func linked(_ html: String, to work: Work) -> String {
    let link = HTML.element("a", ["href": SiteNames.anchor(Self.anchor(work)), "role": "doc-biblioref"], html: html)
    let card = HTML.element("span", ["class": "cite-card", "aria-hidden": "true"], html: reference(work, isLinked: false))
    return HTML.element("span", ["class": "cited"], html: link + card)
  }

  // MARK: - The list

  /// The list of references; nothing where nothing is cited.
  func list(_ words: PageWords) -> String {
    guard !works.works.isEmpty else { return "" }
    var uses: [String: [Int]] = [:]
    for (index, citation) in citations.enumerated() {
      for key in Set(citation.items.map(\.key)) { uses[key, default: []].append(index) }
    }
    let items = works.works.map { work in
      let places = uses[work.key] ?? []
      let back = places.enumerated().map { use, index in
        let number = places.count > 1 ? "\(use + 1)" : ""
        let label = number.isEmpty ? words.backToText : "\(words.backToText) \(number)"
        let sign = "↩" + (number.isEmpty ? "" : HTML.element("sup", html: number))
        return HTML.element(
          "a", ["class": "footnote-back", "href": "#" + Self.place(index), "role": "doc-backlink", "aria-label": label],
          html: sign)
      }
      let html = reference(work, isLinked: true) + " " + back.joined(separator: " ")
      return HTML.element("li", ["id": Self.anchor(work)], html: html)
    }
    return """
      <section class="references" aria-labelledby="_references">
      <h2 id="_references">\(HTML.text(words.references))</h2>
      <ul>
      \(items.joined(separator: "\n"))
      </ul>
      </section>
      """
  }

  // No label and no anchor of a heading holds a dot.

  private static func anchor(_ work: Work) -> String { "ref." + work.key }

  /// The `id` of a citation in the text.
  private static func place(_ index: Int) -> String { "cite.\(index + 1)" }

  private func reference(_ work: Work, isLinked: Bool) -> String {
    works.reference(work).map { piece in
      switch piece {
      case .text(let text): HTML.text(text)
      case .title(let title): HTML.element("i", html: HTML.text(title))
      case .address(let address):
        isLinked && address.hasPrefix("http") ? HTML.link(to: address, html: HTML.text(address)) : HTML.text(address)
      }
    }.joined()
  }
}
