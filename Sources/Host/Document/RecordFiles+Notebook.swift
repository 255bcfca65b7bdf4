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
    self.init(
      record, details: Dictionary(details, uniquingKeysWith: { first, _ in first }),
      run: RecordIndex.Run(notebook), parameters: notebook.parameterTexts, tolerance: notebook.frontMatter.tolerance)
  }
}

extension RecordIndex.Run {
  /// Nil for the run with the defaults of the notebook's parameters.
  package init?(_ notebook: Notebook) {
    guard let variant = notebook.variant else { return nil }
    self.init(
      notebook: notebook.notebookName, name: variant.name, assigned: variant.assignments.map(\.name),
      isDeclared: variant.isDeclared)
  }
}

extension Notebook {
  /// The values of its parameters, as text, by name.
  package var parameterTexts: [String: String] {
    Dictionary(frontMatter.parameters.map { ($0.name, $0.value.text) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Notebook {
  /// The keys of its cells' sources, as its record has them.
  package var cellKeys: [String] { cells.map(\.key) }
}

extension Cell {
  /// Of the source: 16 digits of its SHA-256.
  fileprivate var key: String {
    String(Digest(of: Data(text.utf8)).hexadecimal.prefix(16))
  }
}
