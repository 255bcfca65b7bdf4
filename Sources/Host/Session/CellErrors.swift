import Document
import Foundation
import Planning
import Processes
import Record

/// Puts the end of a cell's run into words, at its place in the notebook.
struct CellErrors {
  /// Knows where call stacks stand.
  var runtime: any Runtime
  var cells: CellLines
  /// The notebook's lines of code.
  var lines: CodeLines

  /// The error that a cell's end stands for; nil if it finished.
  func error(_ end: WorkerProtocol.CellEnd, cell: Cell, fatalError: String?) -> CellError? {
    switch end {
    case .finished: return nil
    case .threw(let description, let isUnavailable, let backtrace):
      return CellError(
        kind: isUnavailable ? .unavailable : .thrown,
        diagnostics: [thrown(description, locations: locations(backtrace), cell: cell)])
    case .trapped(_, let backtrace):
      let locations = self.locations(backtrace)
      let message = fatalError ?? locations.first?.runtimeFailure.map { "Fatal error: \($0)" } ?? "Fatal error: it trapped"
      return CellError(kind: .trap, diagnostics: [diagnostic(message, locations: locations, cell: cell)])
    case .stackOverflow(let backtrace):
      return CellError(
        kind: .trap,
        diagnostics: [
          diagnostic(
            "Fatal error: stack overflow", locations: locations(backtrace), cell: cell,
            advice: "A function calls itself without an end, or too deeply.")
        ])
    case .interrupted(let backtrace):
      return stopped(.interrupted, "\(cell.id) was stopped", .interrupted(backtrace: backtrace), cell: cell, advice: nil)
    case .crashed(let signal, _, let backtrace):
      return died(.killed(by: signal), locations: locations(backtrace), cell: cell, fatalError: fatalError)
    case .notLoaded(let reason):
      return CellError(kind: .trap, diagnostics: [notLoaded(reason, cell: cell)])
    }
  }

  /// A cell may name what is internal to a library, since the compiler's access control is off for it; then the linker does not find it.
  private func notLoaded(_ reason: String, cell: Cell) -> Diagnostic {
    guard let symbol = reason.firstMatch(of: /undefined symbol: (\$s\w+)/)?.1, let name = runtime.demangled(String(symbol))
    else { return diagnostic("the compiled cell cannot be loaded: \(reason)", locations: [], cell: cell) }
    return diagnostic(
      "the cell uses '\(name)', which is internal to its library", locations: [],
      cell: cell, advice: "Use what is declared public.")
  }

  /// The error of a cell that was made to end, where it stood then.
  func stopped(
    _ kind: CellError.Kind, _ message: String, _ end: WorkerProtocol.CellEnd?, cell: Cell, advice: String?
  ) -> CellError {
    var locations: [CodeLocation] = []
    switch end {
    case .interrupted(let backtrace), .threw(_, _, let backtrace): locations = self.locations(backtrace)
    default: break
    }
    return CellError(kind: kind, diagnostics: [diagnostic(message, locations: locations, cell: cell, advice: advice)])
  }

  /// The error of a cell during which the worker died.
  func died(
    _ termination: ChildProcess.Termination, lastWords: WorkerProtocol.CellEnd?, cell: Cell, fatalError: String?
  ) -> CellError {
    if let lastWords, let error = error(lastWords, cell: cell, fatalError: fatalError) { return error }
    return died(termination, locations: [], cell: cell, fatalError: fatalError)
  }

  private func died(
    _ termination: ChildProcess.Termination, locations: [CodeLocation], cell: Cell, fatalError: String?
  ) -> CellError {
    let what: String
    let advice: String
    switch termination {
    case .exited(let status):
      what = "the worker exited with status \(status) in \(cell.id)"
      advice = "A cell must not end its process; the values of all cells are gone with it."
    case .killed(let signal):
      what = "the worker was killed by \(Signal.name(signal)) in \(cell.id)" + (fatalError.map { ": \($0)" } ?? "")
      advice = "\(Signal.meaning(signal)). The values of all cells are gone with it.".capitalizedFirst
    }
    return CellError(kind: .workerDied, diagnostics: [diagnostic(what, locations: locations, cell: cell, advice: advice)])
  }

  private func locations(_ frames: [WorkerProtocol.StackFrame]) -> [CodeLocation] {
    runtime.codeLocations(of: frames, in: cells)
  }

  /// A thrown error stands at the line of the cell that let it through; where it was thrown is a note.
  private func thrown(_ description: String, locations: [CodeLocation], cell: Cell) -> Diagnostic {
    let message = "Error raised at top level: \(CellUnit.readable(description))"
    guard let top = locations.last(where: { isIn(cell, $0.place) }), let source = locations.first else {
      return diagnostic(message, locations: locations, cell: cell)
    }
    var diagnostic = Diagnostic(at: top.place, message, excerpt: lines[top.place])
    if source.place != top.place {
      diagnostic.notes = [Diagnostic(.note, at: source.place, "thrown here", excerpt: lines[source.place])]
    }
    return diagnostic
  }

  /// A trap stands where it happened; who called is a note.
  private func diagnostic(
    _ message: String, locations: [CodeLocation], cell: Cell, advice: String? = nil
  ) -> Diagnostic {
    let message = CellUnit.readable(message)
    guard let first = locations.first else {
      return Diagnostic(at: Place(file: cell.file ?? cells.file, line: cell.line), message, advice: advice)
    }
    var seen: Set<Place> = [first.place]
    let callers = locations.dropFirst().filter { seen.insert($0.place).inserted }.prefix(8)
    return Diagnostic(
      at: first.place, message, advice: advice, excerpt: lines[first.place],
      notes: callers.map { Diagnostic(.note, at: $0.place, "called here", excerpt: lines[$0.place]) })
  }

  private func isIn(_ cell: Cell, _ place: Place) -> Bool {
    place.file == cell.file ?? cells.file && (cell.line..<cell.line + max(1, cell.lineCount)).contains(place.line)
  }
}

extension Cell {
  var sourceLines: [Substring] { source.split(omittingEmptySubsequences: false) { $0.isNewline } }

  var lineCount: Int { sourceLines.count }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
