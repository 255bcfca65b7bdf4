import Document
import Foundation
import Planning
import Record

/// What went wrong with a cell, in words at its place in the notebook.
extension NotebookRun {
  var errors: CellErrors {
    CellErrors(
      symbolizer: Symbolizer(
        toolchain: session.compiler.toolchain, file: document.file, folder: session.compiler.folder, firstLines: firstLines),
      file: document.file, lines: lines)
  }

  /// Adds what the session knows and the compiler does not.
  func advise(_ diagnostic: Diagnostic, cell: Cell) -> Diagnostic {
    var diagnostic = diagnostic
    if diagnostic.place == nil { diagnostic.place = Place(file: document.file, line: cell.line) }
    if let match = diagnostic.message.firstMatch(of: /cannot find (?:type |operator )?'([^']+)' in scope/),
      let failed = failures.sorted().last(where: { number in
        number < cell.number && analyses[number - 1].declarations.contains { $0.name == match.1 }
      })
    {
      let cell = document.cells[failed - 1]
      diagnostic.advice = "It is defined in \(cell.id) (line \(cell.line)), which failed: what a failed cell defines is dropped."
    } else if diagnostic.message == "'async' call in a function that does not support concurrency" {
      diagnostic.advice = "At the top level of a cell, write 'await' before the call."
    }
    return diagnostic
  }
}

extension Document {
  /// The lines of the cells' code, by number, as they stand in the file.
  var codeLines: [Int: String] {
    var lines: [Int: String] = [:]
    for cell in cells {
      for (offset, line) in (cell.isInline ? cell.excerpts : cell.sourceLines.map(String.init)).enumerated() {
        lines[cell.line + offset] = String(repeating: " ", count: cell.indentation) + line
      }
    }
    return lines
  }
}
