import Building
import Document
import Figures
import Foundation
import Record
import Session

#if canImport(Glibc)
  import Glibc
#endif

/// Shows a run as it goes: on a terminal, one line that is written again and again (which cell of how many, how long, how far its loop
/// has come); elsewhere, a line a cell. Progress goes to the standard error, results to the standard output.
///
/// The line is also written by a clock of its own, while a cell says nothing; a lock keeps both apart.
final class TerminalProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let showsOutputs: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private var heading = ""
  private var loop: ProgressOutput?
  private var lineIsShown = false
  private var lastCharacterWasNewline = true

  init(showsOutputs: Bool = false) {
    self.showsOutputs = showsOutputs
    guard isTerminal else { return }
    Thread.detachNewThread { [weak self] in
      while let self {
        self.lock.withLock { if self.lineIsShown { self.showLine() } }
        Thread.sleep(forTimeInterval: 0.2)
      }
    }
  }

  func show(_ event: SiteBuilder.Event) {
    if case .session(let document, let event) = event { return show(event, of: document) }
    lock.withLock { write(event) }
  }

  func show(_ event: Session.Event, of document: Document) {
    lock.withLock { write(event) }
  }

  private func write(_ event: SiteBuilder.Event) {
    switch event {
    case .notebookStarted(let document, let number, let count):
      if count > 1 { writeError("\(document.name) (\(number) of \(count))\n") }
    case .session(_, let event): write(event)
    case .notebookEnded(let document, let record, let page):
      clearLine()
      let run = record.cells.count { $0.outcome != .notRun }
      let failed = record.cells.count { $0.outcome == .failed }
      let cells = "\(run) of \(record.cells.count) cells" + (failed > 0 ? ", \(failed) failed" : "")
      writeOutput("\(page)  \(document.title)  (\(cells), \(elapsed))\n")
    case .problem(let error):
      clearLine()
      report(error)
    }
  }

  private func write(_ event: Session.Event) {
    switch event {
    case .cellStarted(let cell, let count):
      heading = "[\(cell.number)/\(count)] \(cell.id)"
      loop = nil
      showLine()
    case .progress(let progress):
      loop = progress
      showLine()
    case .text(let stream, let bytes):
      guard showsOutputs else { return }
      clearLine()
      (stream == .standardOutput ? FileHandle.standardOutput : .standardError).write(Data(bytes))
      lastCharacterWasNewline = bytes.last == UInt8(ascii: "\n")
    case .output(let output):
      guard showsOutputs, let text = Self.text(output) else { return }
      clearLine()
      endLine()
      writeOutput(text + "\n")
    case .warning(let warning):
      clearLine()
      report(warning)
    case .cellEnded(let cell, let record, let duration):
      clearLine()
      ended(cell, record, duration)
    }
  }

  private func ended(_ cell: Cell, _ record: CellRecord, _ duration: Duration) {
    endLine()
    if let error = record.error, record.outcome == .failed || showsOutputs {
      for diagnostic in error.diagnostics { report(diagnostic) }
    }
    if !isTerminal && !showsOutputs { writeError("\(heading)  \(Self.seconds(duration))\n") }
  }

  private static func text(_ output: Output) -> String? {
    switch output {
    case .value(let text): text
    case .table(let table): table.plainText
    case .figure(let figure): "[figure] " + ((try? Figure(plotlyJSON: figure.plotly))?.altText ?? "that cannot be read")
    case .progress(let progress): progress.line
    case .text, .error: nil
    }
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
    writeError("\r\u{1B}[2K" + line)
    lineIsShown = true
  }

  private func clearLine() {
    guard lineIsShown else { return }
    writeError("\r\u{1B}[2K")
    lineIsShown = false
  }

  private var elapsed: String { Self.seconds(start.duration(to: .now)) }

  private static func seconds(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    return seconds < 60 ? String(format: "%.1f s", seconds) : String(format: "%d:%02d min", Int(seconds) / 60, Int(seconds) % 60)
  }

  /// What a cell printed last may lack its newline.
  private func endLine() {
    if !lastCharacterWasNewline { writeOutput("\n") }
    lastCharacterWasNewline = true
  }

  private func writeOutput(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

  private func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
