import Crypto
import Document
import Foundation
import Record

extension RecordFiles {
  /// The record of a document's run, with what the document says of its cells.
  /// - Parameter parameters: the values with which the notebook ran; by default the document's own.
  public init(_ document: Notebook, record: NotebookRecord, parameters: [Parameter]? = nil) {
    let details = document.cells.map { cell in
      (
        cell.id,
        RecordIndex.Detail(key: cell.key, tolerance: cell.options.tolerance, expressions: cell.expressions.map(\.text))
      )
    }
    let values = (parameters ?? document.frontMatter.parameters).map { ($0.name, ParameterText.whole($0.value)) }
    self.init(
      record, details: Dictionary(details, uniquingKeysWith: { first, _ in first }),
      parameters: Dictionary(values, uniquingKeysWith: { first, _ in first }), tolerance: document.frontMatter.tolerance)
  }
}

extension Cell {
  /// Of the source: 16 digits of its SHA-256.
  fileprivate var key: String {
    SHA256.hash(data: Data(text.utf8)).prefix(8).map { String(format: "%02x", $0) }.joined()
  }
}
