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
  /// The columns at which the lines of the TeX begin after its first one: in a quote, or a list, not all at 1.
  package var laterColumns: [Int] = []

  /// The lines of the file that the TeX takes, for messages.
  package var excerpts: [String] = []

  package init(tex: String, isDisplay: Bool, label: String? = nil, number: String? = nil, line: Int, column: Int) {
    (self.tex, self.isDisplay, self.label, self.number) = (tex, isDisplay, label, number)
    (self.line, self.column) = (line, column)
  }

  /// All that MathML is made of.
  package struct Source: Hashable, Sendable {
    package var tex: String
    package var isDisplay: Bool
  }

  package var source: Source { Source(tex: tex, isDisplay: isDisplay) }

  /// Where a byte of the TeX stands in the file, as a line and a column in UTF-8 bytes, both from 1.
  package func place(ofByte offset: Int) -> (line: Int, column: Int) {
    var (index, start) = (0, 0)
    for (position, byte) in tex.utf8.prefix(offset).enumerated() where byte == UInt8(ascii: "\n") {
      (index, start) = (index + 1, position + 1)
    }
    let column = index == 0 ? column : laterColumns.indices.contains(index - 1) ? laterColumns[index - 1] : 1
    return (line + index, column + offset - start)
  }
}
