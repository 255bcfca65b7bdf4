import Document

/// Citations and references as Markdown, for who shows no lists of references.
extension CitedWorks {
  /// A citation in the words that a page has for it; nil where one of its works is not known.
  package func markdown(_ citation: Citation) -> String? {
    let parts = citation.items.map { item in work(item.key).map { markdown(item, of: $0, isNarrative: citation.isNarrative) } }
    guard !parts.contains(nil) else { return nil }
    let text = parts.compactMap(\.self).joined(separator: "; ")
    return citation.isNarrative ? text : "(\(text))"
  }

  private func markdown(_ item: Citation.Item, of work: Work, isNarrative: Bool) -> String {
    let suffix = item.suffix.isEmpty ? "" : ", " + Self.escaped(item.suffix)
    let year = year(of: work)
    if isNarrative {
      return Self.linked("\(Self.escaped(names(of: work, isNarrative: true))) (\(year)\(suffix))", to: work)
    }
    let prefix = item.prefix.isEmpty ? "" : Self.escaped(item.prefix) + " "
    let names = item.isWithoutAuthor ? "" : Self.escaped(names(of: work, isNarrative: false)) + ", "
    return prefix + Self.linked(names + year, to: work) + suffix
  }

  private static func linked(_ words: String, to work: Work) -> String {
    work.address.map { "[\(words)](<\($0.replacing("<", with: "%3C").replacing(">", with: "%3E"))>)" } ?? words
  }

  /// The references as a list; empty where nothing is cited.
  package var markdownList: String {
    works.map { work in
      "- "
        + reference(work).map { piece in
          switch piece {
          case .text(let text): Self.escaped(text)
          case .title(let title): "*\(Self.escaped(title))*"
          case .address(let address): "<\(address)>"
          }
        }.joined()
    }.joined(separator: "\n")
  }

  /// Without what Markdown would read in it.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\`*_[]<>#$~|".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
