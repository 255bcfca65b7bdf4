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
    let citation = citations[index]
    let parts = citation.items.map { item in works.work(item.key).map { part(item, of: $0, isNarrative: citation.isNarrative) } }
    guard !parts.contains(nil) else { return nil }
    let text = parts.compactMap(\.self).joined(separator: "; ")
    return HTML.element(
      "span", ["class": "citation", "id": "cite-\(index + 1)"], html: citation.isNarrative ? text : "(\(text))")
  }

  private func part(_ item: Citation.Item, of work: Work, isNarrative: Bool) -> String {
    let suffix = item.suffix.isEmpty ? "" : ", " + HTML.text(item.suffix)
    let year = HTML.text(works.year(of: work))
    if isNarrative {
      let words = "\(HTML.text(works.names(of: work, isNarrative: true))) (\(year)\(suffix))"
      return linked(words, to: work)
    }
    let prefix = item.prefix.isEmpty ? "" : HTML.text(item.prefix) + " "
    let names = item.isWithoutAuthor ? "" : HTML.text(works.names(of: work, isNarrative: false)) + ", "
    return prefix + linked(names + year, to: work) + suffix
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
    for (index, citation) in citations.enumerated() { for item in citation.items { uses[item.key, default: []].append(index) } }
    let items = works.works.map { work in
      let back = (uses[work.key] ?? []).prefix(1).map { index in
        HTML.element(
          "a", ["class": "footnote-back", "href": "#cite-\(index + 1)", "role": "doc-backlink", "aria-label": words.backToText],
          html: "↩")
      }
      return HTML.element("li", ["id": Self.anchor(work)], html: reference(work, isLinked: true) + " " + back.joined())
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

  static func anchor(_ work: Work) -> String { "ref-" + work.key }

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
