import Document
import Planning
import Record

/// Reads what `swift-frontend -diagnostic-style llvm` prints: `file:line:column: error: message`, then lines of source and carets,
/// which are left out here, since they show the source that was compiled, not the one that was written.
///
/// Lines are the cell's own, from 1, until `placed` moves them to where the cell stands in its notebook: a compiled cell, with its
/// warnings, serves wherever it stands.
enum CompilerDiagnostics {
  /// The diagnostics, in order, with notes under what they explain. What the compiler says of the lines that we wrote (the
  /// imports), and of other files, has no place; such notes are left out.
  /// - Parameter source: the source that was compiled.
  static func parse(_ output: String, source: CellSource) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for line in output.split(separator: "\n").map(String.init) {
      guard let diagnostic = diagnostic(line, source: source) else { continue }
      if diagnostic.severity == .note, !diagnostics.isEmpty {
        if diagnostic.place != nil { diagnostics[diagnostics.count - 1].notes.append(diagnostic) }
      } else {
        diagnostics.append(diagnostic)
      }
    }
    return diagnostics
  }

  private static func diagnostic(_ line: String, source: CellSource) -> Diagnostic? {
    guard let match = line.wholeMatch(of: /(.*?):(\d+):(\d+): (error|warning|note|remark): (.*?)(?: \[#[\w-]+\])?/) else {
      guard let match = line.wholeMatch(of: /(error|warning): (.*)/) else { return nil }
      return Diagnostic(match.1 == "error" ? .error : .warning, String(match.2))
    }
    let severity = Diagnostic.Severity(rawValue: String(match.4)) ?? .warning
    guard let line = source.cellsLine(file: String(match.1), line: Int(match.2) ?? 0), let column = Int(match.3) else {
      return Diagnostic(severity, String(match.5))
    }
    let place = Place(file: CellSource.file, line: line, column: source.authorsColumn(line: line, column: column))
    return Diagnostic(severity, at: place, String(match.5))
  }
}

extension Diagnostic {
  /// At its place in the notebook, with the line of source there.
  func placed(_ cell: Cell, in file: String, lines: CodeLines) -> Diagnostic {
    var diagnostic = self
    if let place, place.file == CellSource.file {
      let line = cell.line + place.line - 1
      let place = Place(file: file, line: line, column: place.column.map { $0 + cell.indentation })
      (diagnostic.place, diagnostic.excerpt) = (place, lines[place])
    }
    diagnostic.notes = notes.map { $0.placed(cell, in: file, lines: lines) }
    diagnostic.message = CellUnit.readable(message)
    return diagnostic
  }
}
