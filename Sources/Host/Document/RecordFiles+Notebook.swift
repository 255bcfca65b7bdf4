import Foundation
import Keys
import Record

extension RecordFiles {
  /// The record of a notebook's run, with what the notebook says of its cells: all that they put out, whatever a page shows of it.
  package init(_ notebook: Notebook, record: NotebookRecord) {
    let details = notebook.cells.map { cell in
      (
        cell.id,
        RecordIndex.Detail(key: cell.key, tolerance: cell.options.tolerance, expressions: cell.expressions.map(\.text))
      )
    }
    let values = notebook.frontMatter.parameters.map { ($0.name, $0.value.text) }
    self.init(
      record, details: Dictionary(details, uniquingKeysWith: { first, _ in first }),
      parameters: Dictionary(values, uniquingKeysWith: { first, _ in first }), tolerance: notebook.frontMatter.tolerance)
  }
}

extension Cell {
  /// Of the source: 16 digits of its SHA-256.
  fileprivate var key: String {
    String(Digest(of: Data(text.utf8)).hexadecimal.prefix(16))
  }
}
