import Planning
import Record

/// Reads what `swift-frontend -diagnostic-style llvm` prints: `file:line:column: error: message`, then lines of source and carets,
/// which are left out here, since they show the source that was compiled, not the one that was written.
enum CompilerDiagnostics {
  /// The diagnostics, in order, with notes under what they explain. What the compiler says of the lines that we wrote (the
  /// imports), and of other files, has no place; such notes are left out.
  /// - Parameters:
  ///   - source: the source that was compiled.
  ///   - lines: the notebook's own lines, by number.
  static func parse(_ output: String, source: CellSource, file: String, lines: [Int: String]) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for line in output.split(separator: "\n").map(String.init) {
      guard let diagnostic = diagnostic(line, source: source, file: file, lines: lines) else { continue }
      if diagnostic.severity == .note, !diagnostics.isEmpty {
        if diagnostic.place != nil { diagnostics[diagnostics.count - 1].notes.append(diagnostic) }
      } else {
        diagnostics.append(diagnostic)
      }
    }
    return diagnostics
  }

  private static func diagnostic(_ line: String, source: CellSource, file: String, lines: [Int: String]) -> Diagnostic? {
    guard let match = line.wholeMatch(of: /(.*?):(\d+):(\d+): (error|warning|note|remark): (.*?)(?: \[#[\w-]+\])?/) else {
      guard let match = line.wholeMatch(of: /(error|warning): (.*)/) else { return nil }
      return Diagnostic(match.1 == "error" ? .error : .warning, String(match.2))
    }
    let severity = Diagnostic.Severity(rawValue: String(match.4)) ?? .warning
    guard match.1 == file, let number = Int(match.2), let column = Int(match.3) else {
      return Diagnostic(severity, String(match.5))
    }
    let place = Place(file: file, line: number, column: source.authorsColumn(line: number, column: column))
    return Diagnostic(severity, at: place, String(match.5), excerpt: lines[number])
  }
}
