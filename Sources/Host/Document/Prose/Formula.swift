import Record

/// A formula of the prose, in TeX.
package struct Formula: Sendable, Equatable {
  /// Between its dollar signs, as it is written, without `\label` and `\tag`.
  package var tex: String
  /// Whether it stands on lines of its own.
  package var isDisplay: Bool
  /// What references call it by.
  package var label: String?
  /// What the page calls it, if it has a label or a tag: `3`.
  package var number: String?
  /// Where the TeX begins in the file.
  package var line: Int
  /// In UTF-8 bytes, from 1.
  package var column: Int

  package init(tex: String, isDisplay: Bool, label: String? = nil, number: String? = nil, line: Int, column: Int) {
    (self.tex, self.isDisplay, self.label, self.number) = (tex, isDisplay, label, number)
    (self.line, self.column) = (line, column)
  }
}
