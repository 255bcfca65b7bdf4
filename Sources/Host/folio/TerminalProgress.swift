import Building
import Document
import Foundation
import Live
import Record
import Rendering
import Session
import Text

#if canImport(Glibc)
  import Glibc
#endif

/// Shows a run as it goes. On a terminal it is one line that is written again and again: which cell of how many runs, for how long, and how far its
/// loop has come. Elsewhere it is one line for each cell. Progress goes to the standard error, and results go to the standard output.
///
/// A thread of its own writes the line too, while a cell says nothing; a lock keeps both apart.
final class TerminalProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let showsOutputs: Bool
  private let explains: Bool
  private let pagesAreResults: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  /// What the line says of the cell that has begun last, and, by notebook, of its cell that runs: notebooks run side by side.
  private var heading = ""
  private var headings: [String: String] = [:]
  /// The inline expressions of the running cell whose values have not come yet.
  private var expressions: ArraySlice<String> = []
  private var namesNotebooks = false
  /// By the number of a cell, what the terminal shows of it. A cell that runs once more for another one is not shown twice.
  private var shown: [Int: CellRecord] = [:]
  private var isShownAgain = false
  private var loop: ProgressOutput?
  private var lineIsShown = false
  private var lastCharacterWasNewline = true

  /// - Parameters:
  ///   - showsOutputs: whether the outputs of cells are shown.
  ///   - explains: whether it is said of each cell why it ran.
  ///   - pagesAreResults: whether the pages that are written are what the command is for; if not, a finished notebook is progress.
  init(showsOutputs: Bool = false, explains: Bool = false, pagesAreResults: Bool = true) {
    self.showsOutputs = showsOutputs
    self.explains = explains
    self.pagesAreResults = pagesAreResults
    guard isTerminal else { return }
    Thread.detachNewThread { [weak self] in
      while let self {
        self.lock.withLock { if self.lineIsShown { self.showLine() } }
        Thread.sleep(forTimeInterval: 0.2)
      }
    }
  }

  func show(_ event: SiteBuilder.Event) {
    lock.withLock { write(event) }
  }

  func show(_ event: LiveSite.Event) {
    lock.withLock { write(event) }
  }

  func show(_ event: NotebookSession.Event, of notebook: Notebook) {
    lock.withLock { write(event, of: notebook) }
  }

  private func write(_ event: LiveSite.Event) {
    switch event {
    case .serving(let url): writeOutput("\(url)\n")
    case .session(let notebook, let event): write(event, of: notebook)
    case .updated(let notebook, let record, let explanations, let duration):
      let ran = explanations.filter(\.ran)
      for explanation in ran { writeOutput("  \(explanation.cell)  \(explanation.text)\n") }
      writeOutput("\(notebook.runName): \(Self.ran(ran.count, of: record)), \(Self.seconds(duration))\n")
    case .came(let name): writeOutput("\(name): a new notebook\n")
    case .went(let name): writeOutput("\(name): its file is gone; its page stays\n")
    case .problem(let error): tell(error)
    }
  }

  private static func ran(_ count: Int, of record: NotebookRecord) -> String {
    let failed = record.cells.count { $0.outcome == .failed }
    return "\(count) of \(record.cells.count) cells ran" + (failed > 0 ? ", \(failed) failed" : "")
  }

  private func write(_ event: SiteBuilder.Event) {
    switch event {
    case .notebookStarted(_, _, let count): namesNotebooks = count > 1
    case .session(let notebook, let event): write(event, of: notebook)
    case .notebookEnded(let notebook, let record, let page, let explanations):
      if explains {
        let width = explanations.map(\.cell.count).max() ?? 0
        for line in explanations {
          writeOutput("\(notebook.runName)  \(line.cell.padding(toLength: width, withPad: " ", startingAt: 0))  \(line.text)\n")
        }
      }
      let what = "\(notebook.title(with: record))  (\(Self.ran(explanations.count(where: \.ran), of: record)), \(elapsed))\n"
      if pagesAreResults { writeOutput("\(page)  \(what)") } else { writeError("\(notebook.runName)  \(what)") }
    case .warning(let warning): tell(warning)
    case .problem(let error): tell(error)
    }
  }

  private func write(_ event: NotebookSession.Event, of notebook: Notebook) {
    switch event {
    case .cellStarted(let cell, let count, _):
      isShownAgain = shown[cell.number] != nil
      heading = "[\(cell.number)/\(count)] " + (namesNotebooks ? "\(notebook.runName) " : "") + cell.id
      headings[notebook.name] = heading
      expressions = cell.expressions.map(\.text)[...]
      loop = nil
      showLine()
    case .cellStartsAnew(let cell):
      guard showsOutputs else { return }
      endLine()
      writeError(
        "\(cell.id) runs once more: it read what other cells had to make first, and what it has put out does not count\n")
    case .progress(let progress):
      loop = progress
      showLine()
    case .text(let stream, let bytes):
      guard showsOutputs, !isShownAgain else { return }
      clearLine()
      Console.write(bytes, to: stream == .standardOutput ? STDOUT_FILENO : STDERR_FILENO)
      lastCharacterWasNewline = bytes.last == UInt8(ascii: "\n")
    case .output(let output):
      guard showsOutputs, !isShownAgain, let text = output.view.terminalText else { return }
      endLine()
      writeOutput((expressions.popFirst().map { $0 + " = " } ?? "") + text + "\n")
    case .warning(let warning): tell(warning)
    case .cellReused(let cell, let record):
      guard showsOutputs else { return }
      isShownAgain = false
      writeAll(record, of: cell, in: notebook)
      for diagnostic in record.error?.diagnostics ?? [] { report(diagnostic) }
    case .cellEnded(let cell, let record, let duration):
      clearLine()
      if isShownAgain, let last = shown[cell.number], last.outputs != record.outputs {
        isShownAgain = false
        writeError("\(cell.id) has run again, and gave something else:\n")
        writeAll(record, of: cell, in: notebook)
      }
      isShownAgain = false
      if showsOutputs { shown[cell.number] = record }
      ended(record, duration, of: notebook)
    }
  }

  private func ended(_ record: CellRecord, _ duration: Duration, of notebook: Notebook) {
    endLine()
    if let error = record.error, record.outcome == .failed || showsOutputs {
      for diagnostic in error.diagnostics { report(diagnostic) }
    }
    if !isTerminal && !showsOutputs { writeError("\(headings[notebook.name] ?? heading)  \(Self.seconds(duration))\n") }
  }

  private func writeAll(_ record: CellRecord, of cell: Cell, in notebook: Notebook) {
    expressions = cell.expressions.map(\.text)[...]
    for output in record.outputs { writeReused(output, of: notebook) }
    endLine()
    shown[cell.number] = record
  }

  private func writeReused(_ output: Output, of notebook: Notebook) {
    if case .text(let stream, let text) = output { return write(.text(stream, Array(text.utf8)), of: notebook) }
    write(.output(output), of: notebook)
  }

  // MARK: - The line

  private func showLine() {
    guard isTerminal else { return }
    var line = "\(heading)  \(elapsed)"
    if let loop, loop.total > 0 {
      let width = 20
      let filled = min(width, loop.completed * width / loop.total)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      line += "  \(loop.title) \(bar) \(loop.completed)/\(loop.total)"
    }
    Console.writeError("\r\u{1B}[2K" + VisibleText.line(line))
    lineIsShown = true
  }

  private func clearLine() {
    guard lineIsShown else { return }
    Console.writeError("\r\u{1B}[2K")
    lineIsShown = false
  }

  private var elapsed: String { Self.seconds(start.duration(to: .now)) }

  private static func seconds(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    return seconds < 60 ? String(format: "%.1f s", seconds) : String(format: "%d:%02d min", Int(seconds) / 60, Int(seconds) % 60)
  }

  /// Ends the line of what a cell has printed, which may lack its newline.
  private func endLine() {
    if !lastCharacterWasNewline { writeOutput("\n") }
    lastCharacterWasNewline = true
  }

  /// Writes a text, in place of the line, so that all of it shows as text. Only what cells print goes to the terminal as it is.
  private func writeOutput(_ text: String) {
    clearLine()
    Console.write(VisibleText.lines(text))
  }

  private func writeError(_ text: String) {
    clearLine()
    Console.writeError(VisibleText.lines(text))
  }

  private func tell(_ problem: any Error) {
    clearLine()
    report(problem)
  }
}
