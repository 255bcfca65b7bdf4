import Document
import Foundation
import Planning
import Record

/// One cell's run, from what was made ready of it to its outputs.
struct CellExecution {
  let session: NotebookSession
  let cell: Cell
  let errors: CellErrors
  let observe: (NotebookSession.Event) -> Void

  /// What a run gave.
  struct Result {
    var outputs: [Output]
    var error: CellError?
    /// What it read and changed.
    var effects = WorkerProtocol.Effects()
    /// The number of the run in the runtime.
    var run = 0
    /// Whether the values of all cells are gone.
    var hasLostValues = false
  }

  /// - Returns: nil if the cell could not begin, since the worker had ended: nothing has happened but that all values are gone.
  func run(_ request: RunRequest) throws -> Result? {
    var outputs = OutputCollector()
    var watched = WatchedText(observe: observe)
    guard try session.release([request.unit.module]) else { return nil }
    let answer = try session.run(request, limits: limits) { event in
      switch event {
      case .text(let stream, let bytes):
        outputs.add(stream, bytes)
        watched.add(stream, bytes)
      case .output(let output):
        outputs.add(output)
        observe(.output(output.readable))
      case .progress(let progress): observe(.progress(progress))
      }
    }
    if case .didNotBegin = answer.end { return nil }
    let fatalError = answer.cellEnd?.hasFatalError == true ? outputs.removeFatalError() : nil
    if fatalError == nil { watched.release() }
    return Result(
      outputs: outputs.outputs.map(\.readable), error: error(answer, fatalError: fatalError), effects: answer.effects,
      run: answer.run, hasLostValues: answer.hasLostValues)
  }

  private var limits: RunLimits {
    let seconds = cell.options.timeout ?? session.options.timeout
    return .init(
      deadline: seconds.map { ContinuousClock.now + .seconds($0) }, memory: session.options.memory,
      isInterrupted: { session.isInterrupted })
  }

  private func error(_ answer: RunAnswer, fatalError: String?) -> CellError? {
    if let stop = answer.stop, answer.cellEnd != .finished || stop == .brokenChannel { return stopped(stop, answer) }
    switch answer.end {
    case .ended(let end): return errors.error(end, cell: cell, fatalError: fatalError)
    case .died(let termination, let lastWords):
      return errors.died(termination, lastWords: lastWords, cell: cell, fatalError: fatalError)
    case .didNotBegin: return nil
    }
  }

  private func stopped(_ stop: StopReason, _ answer: RunAnswer) -> CellError {
    let values =
      answer.hasLostValues
      ? " The worker was ended, and the values of all cells are gone with it." : " What earlier cells defined is still there."
    switch stop {
    case .timeout:
      let limit = cell.options.timeout ?? session.options.timeout ?? 0
      return errors.stopped(
        .timeout, "\(cell.id) ran longer than its limit of \(Self.text(limit)) seconds", answer.cellEnd, cell: cell,
        advice: "Raise it by '//| timeout: SECONDS'." + values)
    case .memory:
      let limit = Double(session.options.memory ?? 0) / 1e9
      return errors.stopped(
        .memory, String(format: "the session took more memory than its limit of %.3g GB in \(cell.id)", limit), answer.cellEnd,
        cell: cell, advice: "Raise it by '--memory'." + values)
    case .brokenChannel:
      return errors.stopped(
        .workerDied, "\(cell.id) has closed the channel between its worker and Folio, or written to it", answer.cellEnd,
        cell: cell,
        advice: "A cell must leave descriptors alone that it has not opened." + values)
    case .interruption:
      return errors.stopped(
        .interrupted, "\(cell.id) was stopped", answer.cellEnd, cell: cell, advice: values.trimmingPrefix(" ").description)
    }
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? String(format: "%.0f", seconds) : "\(seconds)"
  }
}

extension CellExecution.Result {
  func record(of cell: Cell, file: String) -> CellRecord {
    switch (error, cell.options.expectsError) {
    case (nil, false): return CellRecord(id: cell.id, outcome: .succeeded, outputs: outputs)
    case (let error?, let expected):
      // A cell that was stopped has not failed by itself.
      let isExpected = expected && ![.timeout, .memory, .interrupted].contains(error.kind)
      return CellRecord(id: cell.id, outcome: isExpected ? .failedAsExpected : .failed, outputs: outputs + [.error(error)])
    case (nil, true):
      let missing = Diagnostic(at: Place(file: file, line: cell.line), "\(cell.id) has 'expect: error', and no error came")
      let error = CellError(kind: .missingError, diagnostics: [missing])
      return CellRecord(id: cell.id, outcome: .failed, outputs: outputs + [.error(error)])
    }
  }
}

extension Output {
  /// Without the names of modules.
  fileprivate var readable: Output {
    var content = content
    content.mapTexts(CellUnit.readable)
    return content.output
  }
}

/// Hands on what a cell prints as it comes, but not the runtime's words on a trap: they come again as the cell's error, at its place
/// in the notebook and without a call stack in addresses.
private struct WatchedText {
  let observe: (NotebookSession.Event) -> Void
  private var held: [UInt8] = []

  init(observe: @escaping (NotebookSession.Event) -> Void) { self.observe = observe }

  mutating func add(_ stream: Output.Stream, _ bytes: [UInt8]) {
    guard stream == .standardError, !held.isEmpty || bytes.beginsLastWords else { return show(stream, bytes) }
    held += bytes
  }

  private func show(_ stream: Output.Stream, _ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let readable = CellUnit.readable(text)
    observe(.text(stream, readable == text ? bytes : Array(readable.utf8)))
  }

  /// No trap came of it: the words were the cell's own.
  mutating func release() {
    if !held.isEmpty { show(.standardError, held) }
    held = []
  }
}

extension [UInt8] {
  fileprivate var beginsLastWords: Bool {
    let text = String(decoding: self, as: UTF8.self)
    return OutputCollector.lastWords.contains { text.contains($0) }
  }
}

extension WorkerProtocol.CellEnd {
  /// Whether the runtime has said something of it on the standard error.
  fileprivate var hasFatalError: Bool {
    switch self {
    case .trapped, .crashed, .stackOverflow: true
    default: false
    }
  }
}
