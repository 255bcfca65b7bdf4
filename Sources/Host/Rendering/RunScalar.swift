import Document
import Record

/// A number that a run has put out, under a name by which it is found in other runs.
struct RunScalar: Codable, Sendable, Equatable {
  /// The label of the cell, or the inline expression.
  var name: String
  var text: String

  /// So many of a run stand beside those of others.
  private static let most = 16

  /// The numbers among the values of labelled cells and of inline expressions.
  static func all(_ notebook: Notebook, record: NotebookRecord) -> [RunScalar] {
    let values = Dictionary(record.cells.map { ($0.id, $0.values) }) { first, _ in first }
    var known: Set<String> = []
    let found = notebook.ownCells.flatMap { cell -> [RunScalar] in
      let texts = values[cell.id] ?? []
      if cell.isInline { return zip(cell.expressions.map(\.text), texts).map { RunScalar(name: $0, text: $1) } }
      guard let label = cell.options.label, texts.count == 1 else { return [] }
      return [RunScalar(name: label, text: texts[0])]
    }
    return Array(found.filter { Double($0.text) != nil && known.insert($0.name).inserted }.prefix(most))
  }
}
