/// Runs a notebook: cells are compiled one by one and run in order in a worker process, which holds what they define.
///
/// Promises: an output comes in the order in which a cell made it; a cell that does not compile, throws or traps leaves what earlier
/// cells defined as it was, and defines nothing itself; a worker that dies takes the values with it, but not the outputs so far, which
/// are in the record. The session knows nothing of models: whatever FolioKit brings, cells use.

import Document
import Foundation
import Glibc
import Planning
import Record

/// One notebook's session, from its first cell to its last.
public final class Session {
  /// What happens, as it happens, for whoever watches.
  public enum Event {
    case cellStarted(Cell, of: Int)
    /// Bytes that the running cell printed, as they come.
    case text(Output.Stream, [UInt8])
    case output(Output)
    case progress(ProgressOutput)
    /// What the compiler warns of.
    case warning(Diagnostic)
    case cellEnded(Cell, CellRecord, Duration)
  }

  public struct Options: Sendable {
    /// Whether to go on with the next cell after one that failed.
    public var keepsGoing = false
    /// In seconds, for cells without a `timeout` of their own.
    public var timeout: Double?

    public init() {}
  }

  private let document: Document
  private let options: Options
  private let compiler: CellCompiler
  private let errors: CellErrors
  private let folder: String
  private let directory: String
  private let observe: (Event) -> Void

  private var worker: WorkerProcess?
  private var scope = Scope()
  /// What failed cells would have defined, to say so when a later cell misses it.
  private var missing: [String: Cell] = [:]

  /// - Parameters:
  ///   - document: with the values of its parameters that this run shall have.
  ///   - directory: the working directory of the cells: the notebook's folder.
  public init(
    _ document: Document, directory: String, toolchain: Toolchain, installation: Installation, options: Options = Options(),
    observe: @escaping (Event) -> Void = { _ in }
  ) throws {
    self.document = document
    self.options = options
    self.directory = directory
    self.observe = observe
    folder = try TemporaryFolder.make()
    compiler = try CellCompiler(toolchain: toolchain, installation: installation, folder: folder)
    var lines: [Int: String] = [:]
    for cell in document.cells {
      for (offset, line) in cell.sourceLines.enumerated() {
        lines[cell.line + offset] = String(repeating: " ", count: cell.indentation) + line
      }
    }
    errors = CellErrors(
      symbolizer: Symbolizer(toolchain: toolchain, file: document.file, folder: folder), file: document.file, lines: lines)
  }

  deinit {
    worker = nil
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: - Running

  /// Runs all cells. Call it once.
  public func run() throws -> NotebookRecord {
    let worker = try WorkerProcess(
      installation: compiler.installation, directory: directory, environment: WorkerEnvironment.make())
    self.worker = worker
    try defineParameters(worker)
    var record = NotebookRecord(notebook: document.name, cells: [])
    var isStopped = false
    for cell in document.cells {
      if isStopped || self.worker == nil {
        record.cells.append(CellRecord(id: cell.id, outcome: .notRun, outputs: []))
        continue
      }
      let cellRecord = try run(cell)
      record.cells.append(cellRecord)
      isStopped = cellRecord.outcome == .failed && !options.keepsGoing
    }
    return record
  }

  private func run(_ cell: Cell) throws -> CellRecord {
    observe(.cellStarted(cell, of: document.cells.count))
    let start = ContinuousClock.now
    var outputs = OutputCollector()
    let analysis = CellAnalysis(source: cell.source)
    let error = try execute(cell, analysis: analysis, outputs: &outputs)
    if error == nil {
      scope.add(module: Self.module(cell), cell: cell.number, analysis: analysis)
    } else {
      for declaration in analysis.declarations { missing[declaration.name] = cell }
    }
    let record = conclude(cell, outputs: &outputs, error: error)
    observe(.cellEnded(cell, record, start.duration(to: .now)))
    return record
  }

  /// Compiles and runs a cell. Returns why it failed, if it did.
  private func execute(_ cell: Cell, analysis: CellAnalysis, outputs: inout OutputCollector) throws -> CellError? {
    let source = CellSource(cell: cell, analysis: analysis, file: document.file, scope: scope)
    let compiled: CellCompiler.Compiled
    do {
      compiled = try compiler.compile(source, module: Self.module(cell), file: document.file, lines: errors.lines)
    } catch let failure as CellCompiler.Failure {
      return CellError(kind: .compile, diagnostics: failure.diagnostics.map { advise($0, cell: cell) })
    }
    for warning in compiled.warnings { observe(.warning(warning)) }
    return try load(compiled, cell: cell, outputs: &outputs)
  }

  private func load(
    _ compiled: CellCompiler.Compiled, cell: Cell, outputs: inout OutputCollector
  ) throws -> CellError? {
    guard let worker else { return nil }
    var watched = WatchedText(observe: observe)
    let limit = cell.options.timeout ?? options.timeout
    let answer = try worker.run(
      .init(cell: cell.number, library: compiled.library, entryPoint: compiled.entryPoint),
      deadline: limit.map { ContinuousClock.now + .seconds($0) }
    ) { event in
      switch event {
      case .text(let stream, let bytes):
        outputs.add(stream, bytes)
        watched.add(stream, bytes)
      case .output(let output):
        outputs.add(output)
        observe(.output(output))
      case .progress(let progress): observe(.progress(progress))
      }
    }
    let fatalError = answer.end.flatMap { outputs.takeFatalError(after: $0) }
    if fatalError == nil { watched.release() }
    switch answer {
    case .end(let end): return errors.error(end, cell: cell, fatalError: fatalError)
    case .died(let termination, let lastWords):
      self.worker = nil
      return errors.died(termination, lastWords: lastWords, cell: cell, fatalError: fatalError)
    case .timedOut:
      self.worker = nil
      return CellError(
        kind: .timeout,
        diagnostics: [
          Diagnostic(
            at: Place(file: document.file, line: cell.line), "\(cell.id) ran longer than its limit of \(limit ?? 0) seconds",
            advice: "Raise it by '//| timeout: SECONDS'. The worker was ended, and the values of all cells are gone with it.")
        ])
    }
  }

  private func conclude(_ cell: Cell, outputs: inout OutputCollector, error: CellError?) -> CellRecord {
    switch (error, cell.options.expectsError) {
    case (nil, false): return CellRecord(id: cell.id, outcome: .succeeded, outputs: outputs.outputs)
    case (let error?, let expected):
      outputs.add(.error(error))
      return CellRecord(id: cell.id, outcome: expected ? .failedAsExpected : .failed, outputs: outputs.outputs)
    case (nil, true):
      let place = Place(file: document.file, line: cell.line)
      let missing = Diagnostic(at: place, "\(cell.id) has 'expect: error', and no error came")
      outputs.add(.error(CellError(kind: .missingError, diagnostics: [missing])))
      return CellRecord(id: cell.id, outcome: .failed, outputs: outputs.outputs)
    }
  }

  // MARK: - Around the cells

  private static func module(_ cell: Cell) -> String { "Cell\(cell.number)" }

  /// Compiles and loads `params`, as a cell before the first.
  private func defineParameters(_ worker: WorkerProcess) throws {
    let name = "NotebookParameters"
    let cell = Cell(number: 0, source: ParametersSource.text(document.frontMatter.parameters), line: 1)
    let analysis = CellAnalysis(source: cell.source)
    let source = CellSource(cell: cell, analysis: analysis, file: "parameters", scope: scope)
    do {
      let compiled = try compiler.compile(source, module: name, file: "parameters", lines: [:])
      var outputs = OutputCollector()
      if let error = try load(compiled, cell: cell, outputs: &outputs) {
        // Before its first cell, a worker only fails for what its machine lacks; the dynamic loader says it on the standard error.
        let words = outputs.outputs.map { if case .text(_, let text) = $0 { text } else { "" } }.joined()
        throw Diagnostic(
          "the worker does not start: \(error.diagnostics.first?.message ?? "it gives no reason")\n\(words)",
          advice: "Install what the README names, and see 'folio doctor'.")
      }
    } catch let failure as CellCompiler.Failure {
      throw Diagnostics(failure.diagnostics)
    }
    scope.add(module: name, cell: 0, analysis: analysis)
  }

  /// Adds what the session knows and the compiler does not.
  private func advise(_ diagnostic: Diagnostic, cell: Cell) -> Diagnostic {
    var diagnostic = diagnostic
    if diagnostic.place == nil { diagnostic.place = Place(file: document.file, line: cell.line) }
    if let match = diagnostic.message.firstMatch(of: /cannot find (?:type |operator )?'([^']+)' in scope/),
      let failed = missing[String(match.1)]
    {
      diagnostic.advice =
        "It is defined in \(failed.id) (line \(failed.line)), which failed: what a failed cell defines is dropped."
    } else if diagnostic.message == "'async' call in a function that does not support concurrency" {
      diagnostic.advice = "At the top level of a cell, write 'await' before the call."
    }
    return diagnostic
  }
}

/// Hands on what a cell prints as it comes, but not the runtime's words on a trap: they come again as the cell's error, at its place
/// in the notebook and without a call stack in addresses.
private struct WatchedText {
  let observe: (Session.Event) -> Void
  private var held: [UInt8] = []

  init(observe: @escaping (Session.Event) -> Void) { self.observe = observe }

  mutating func add(_ stream: Output.Stream, _ bytes: [UInt8]) {
    guard stream == .standardError, !held.isEmpty || bytes.beginsLastWords else {
      return observe(.text(stream, bytes))
    }
    held += bytes
  }

  /// No trap came of it: the words were the cell's own.
  mutating func release() {
    if !held.isEmpty { observe(.text(.standardError, held)) }
    held = []
  }
}

extension [UInt8] {
  fileprivate var beginsLastWords: Bool {
    let text = String(decoding: self, as: UTF8.self)
    return OutputCollector.lastWords.contains { text.contains($0) }
  }
}

extension OutputCollector {
  /// The runtime's message, if the run's end is one that has a message.
  fileprivate mutating func takeFatalError(after end: WorkerProtocol.CellEnd) -> String? {
    switch end {
    case .trapped, .crashed, .stackOverflow: takeFatalError()
    default: nil
    }
  }
}
