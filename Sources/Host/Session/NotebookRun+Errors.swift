import Document
import Foundation
import Planning
import Record

/// What went wrong with a cell, in words at its place in the notebook.
extension NotebookRun {
  var errors: CellErrors {
    let starts = { [numbersOfModules, graph, notebook] (module: String) -> Place? in
      guard let number = numbersOfModules[module], number > 0 else { return nil }
      let cell = graph.nodes[number].cell
      return Place(file: notebook.file(of: cell), line: cell.line)
    }
    return CellErrors(runtime: session.runtime, cells: CellLines(file: notebook.file, start: starts), lines: lines)
  }

  func compileError(_ failure: CellDoesNotCompile, _ cell: Cell) -> CellError {
    CellError(
      kind: .compile,
      diagnostics: failure.diagnostics.map { advise($0.placed(cell, in: notebook.file(of: cell), lines: lines), cell: cell) })
  }

  /// A function that a later cell's new definition does not reach is a surprise to most.
  func warnOfOlderDefinitions() {
    for older in graph.olderDefinitions {
      let newer = graph.nodes[older.newer].cell
      observe(
        .warning(
          Diagnostic(
            .warning, at: Place(file: notebook.file(of: newer), line: newer.line),
            "'\(older.user.name)' (\(graph.nodes[older.user.cell].cell.id)) still calls the '\(older.used.name)' of "
              + "\(graph.nodes[older.used.cell].cell.id), not the one of \(newer.id)",
            advice:
              "A cell keeps what it was compiled against. Define '\(older.user.name)' again after it, or give the new one another name."
          )))
    }
  }

  /// Adds what the session knows and the compiler does not.
  func advise(_ diagnostic: Diagnostic, cell: Cell) -> Diagnostic {
    var diagnostic = diagnostic
    if diagnostic.place == nil { diagnostic.place = Place(file: notebook.file(of: cell), line: cell.line) }
    if let match = diagnostic.message.firstMatch(of: /cannot find (?:type |operator )?'([^']+)' in scope/) {
      diagnostic.advice = whereDefined(String(match.1), besides: cell) ?? diagnostic.advice
    } else if diagnostic.message == "'async' call in a function that does not support concurrency" {
      diagnostic.advice = "At the top level of a cell, write 'await' before the call."
    }
    return diagnostic
  }

  /// What became of a name that a cell does not see: a cell that failed defined it, or one that runs later does.
  private func whereDefined(_ name: String, besides cell: Cell) -> String? {
    let cells = notebook.cells.filter { other in
      other.number != cell.number && analyses[other.number - 1].declarations.contains { $0.name == name }
    }
    if let failed = cells.last(where: { $0.number < cell.number && state[$0.number].hasFailed }) {
      return "It is defined in \(failed.id) (line \(failed.line)), which failed: what a failed cell defines is dropped."
    }
    guard let later = cells.first(where: { $0.number > cell.number }) else { return nil }
    return
      "It is defined in \(later.id) (line \(later.line)), which runs after this cell: cells run from top to bottom, so move it up."
  }
}

/// The lines of a notebook's code, as they stand in its file and in those that it shares with others.
struct CodeLines {
  private var lines: [Place: String] = [:]

  init(_ notebook: Notebook) {
    for cell in notebook.cells {
      let file = notebook.file(of: cell)
      for (offset, line) in (cell.isInline ? cell.excerpts : cell.sourceLines.map(String.init)).enumerated() {
        lines[Place(file: file, line: cell.line + offset)] = String(repeating: " ", count: cell.indentation) + line
      }
    }
  }

  /// The line in which a place is.
  subscript(place: Place) -> String? { lines[Place(file: place.file, line: place.line)] }
}
