import Document
import Foundation
import Planning
import Record

/// One cell's run in the worker, from its library to its outputs.
struct CellExecution {
  let session: Session
  let cell: Cell
  let errors: CellErrors
  let observe: (Session.Event) -> Void

  /// What a run gave.
  struct Result {
    var outputs: [Output]
    var error: CellError?
    /// What it read and changed.
    var effects = WorkerProtocol.Effects()
    /// The number of the run in its worker.
    var run = 0
  }

  /// - Parameters:
  ///   - parameters: for the cell that defines them, the parameters' values.
  ///   - process: what the process must be like.
  func run(_ compiled: CellCompiler.Compiled, parameters: String?, process: WorkerProtocol.ProcessState) throws -> Result {
    try session.release([compiled.module])
    let worker = try session.startedWorker()
    session.loaded.insert(compiled.module)
    session.lastRun += 1
    var outputs = OutputCollector()
    var watched = WatchedText(observe: observe)
    let command = WorkerProtocol.RunCommand(
      cell: cell.number, library: compiled.library, entryPoint: compiled.entryPoint, parameters: parameters, run: session.lastRun,
      process: process)
    let answer = try worker.run(.run(command), limits: limits) { event in
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
    let fatalError = answer.cellEnd?.hasFatalError == true ? outputs.takeFatalError() : nil
    if fatalError == nil { watched.release() }
    if case .died = answer.end { session.workerEnded() }
    return Result(
      outputs: outputs.outputs.map(\.readable), error: error(answer, fatalError: fatalError), effects: answer.effects,
      run: session.lastRun)
  }

  private var limits: WorkerProcess.Limits {
    let seconds = cell.options.timeout ?? session.options.timeout
    return .init(
      deadline: seconds.map { ContinuousClock.now + .seconds($0) }, memory: session.options.memory,
      isInterrupted: { session.isInterrupted })
  }

  private func error(_ answer: WorkerProcess.Answer, fatalError: String?) -> CellError? {
    if let stop = answer.stop, answer.cellEnd != .finished || stop == .brokenChannel { return stopped(stop, answer) }
    switch answer.end {
    case .ended(let end): return errors.error(end, cell: cell, fatalError: fatalError)
    case .died(let termination, let lastWords):
      return errors.died(termination, lastWords: lastWords, cell: cell, fatalError: fatalError)
    }
  }

  private func stopped(_ stop: WorkerProcess.Stop, _ answer: WorkerProcess.Answer) -> CellError {
    var isGone = false
    if case .died = answer.end { isGone = true }
    let values =
      isGone
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
  let observe: (Session.Event) -> Void
  private var held: [UInt8] = []

  init(observe: @escaping (Session.Event) -> Void) { self.observe = observe }

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
