import Document

/// Citations and references as Markdown, for who shows no lists of references.
extension CitedWorks {
  /// A citation in the words that a page has for it; nil where one of its works is not known.
  package func markdown(_ citation: Citation) -> String? {
    parts(of: citation)?.map { part in
      switch part {
      case .text(let text): Self.escaped(text)
      case .work(let work, let words): Self.linked(Self.escaped(words), to: work)
      }
    }.joined()
  }

  private static func linked(_ words: String, to work: Work) -> String {
    work.address.map { "[\(words)](<\($0)>)" } ?? words
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
