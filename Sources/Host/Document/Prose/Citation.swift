/// A place of the prose that names works: `[@key, p. 3; @other]`, or `@key` in a sentence.
package struct Citation: Sendable, Equatable {
  /// A work that is named.
  package struct Item: Sendable, Equatable {
    /// Of the entry in the bibliography.
    package var key: String
    /// Before it: `see`.
    package var prefix = ""
    /// Behind it: `p. 3`.
    package var suffix = ""
    /// `-@key`: only the year.
    package var isWithoutAuthor = false
    /// Where the key begins in the file; the column in UTF-8 bytes, from 1.
    package var line: Int
    package var column: Int
  }

  package var items: [Item]
  /// Whether its authors are a part of the sentence: `@key`.
  package var isNarrative: Bool

  /// The citation with the words around its works changed.
  func mapWords(_ change: (String) -> String) -> Citation {
    var citation = self
    for index in items.indices {
      citation.items[index].prefix = change(items[index].prefix)
      citation.items[index].suffix = change(items[index].suffix)
    }
    return citation
  }
}

extension Citation {
  /// The citation of a text that stands at another line of the file, as what a cell puts out does.
  func moved(to line: Int) -> Citation {
    var citation = self
    for index in citation.items.indices { (citation.items[index].line, citation.items[index].column) = (line, 1) }
    return citation
  }
}
