/// A captioned table of the prose, for numbers and references.
package struct ProseTable: Sendable, Equatable {
  /// What references call it by, if it has a label: its anchor in the page.
  package var label: String?
  /// As plain text.
  package var caption: String
  /// Of the table in the file.
  package var line: Int
}
