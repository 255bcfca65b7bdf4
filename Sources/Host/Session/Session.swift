/// Runs a notebook: cells are compiled ahead and run in order in a worker process, which holds what they define.
///
/// A session is one notebook's, and may run it many times: as it changes, only the cells run whose record is not known for what they
/// are made of now, and those whose values these need; the worker, and all that is in it, stays.
///
/// Promises: an output comes in the order in which a cell made it; a cell that does not compile, throws or traps leaves what earlier
/// cells defined as it was, and defines nothing itself; a worker that dies takes the values with it, but not the outputs so far, which
/// are in the record, and the next run starts another. The session knows nothing of models: whatever FolioKit brings, cells use.

import Document
import Foundation
import Planning
import Processes
import Record
import Store
import Synchronization

/// One notebook's session.
public final class Session {
  /// What happens, as it happens, for whoever watches.
  public enum Event {
    /// A cell runs, and why.
    case cellStarted(Cell, of: Int, reason: String)
    /// A cell read what it did not find as it should: what it has put out counts for nothing, and it runs again.
    case cellStartsAnew(Cell)
    /// Bytes that the running cell printed, as they come.
    case text(Output.Stream, [UInt8])
    case output(Output)
    case progress(ProgressOutput)
    /// What the compiler warns of.
    case warning(Diagnostic)
    case cellEnded(Cell, CellRecord, Duration)
    /// A cell need not run: this is what it gave when it last did.
    case cellReused(Cell, CellRecord)
  }

  public struct Options: Sendable {
    /// Whether to go on with the next cell after one that failed.
    public var keepsGoing = false
    /// Whether, after a cell that failed, those that need what it would have defined are left alone instead of failing for the lack of it.
    public var sparesOrphans = false
    /// In seconds, for cells without a `timeout` of their own.
    public var timeout: Double?
    /// The most that the worker may have in memory, in bytes.
    public var memory: Int?
    /// Whether all cells run, also those whose record is known.
    public var isForced = false
    /// The folder of the store; nil keeps nothing.
    public var store: String? = Store.folder(environment: ProcessInfo.processInfo.environment)

    public init() {}
  }

  /// Why a cell ran, or that it did not.
  public struct Explanation: Sendable, Equatable {
    public var cell: String
    /// `reused`, or what its run was for.
    public var text: String
    public var ran: Bool
  }

  /// Files that cells have opened, asked about or listed, by absolute path; they need not be there.
  public struct Files: Sendable, Equatable {
    public var read: Set<String> = []
    public var written: Set<String> = []

    public init() {}
  }

  let options: Options
  let compiler: CellCompiler
  let compilation: Compilation
  let directory: String
  var book: RecordBook
  let store: Store?
  // Wishes of other threads.
  private let interruption = Mutex(false)
  private let yielding = Mutex(false)

  /// Of compiled cells; nil when the session is over.
  private var folder: TemporaryFolder?
  var worker: WorkerProcess?
  var live = LiveState()
  /// The modules whose cells have run in the worker, and may hold something.
  var loaded: Set<String> = []
  /// The number of the last run in this worker.
  var lastRun = 0
  /// Whether the worker has died in this run.
  private(set) var hasLostWorker = false
  /// Of the last run, in the order of the notebook.
  public internal(set) var explanations: [Explanation] = []
  /// The most that the worker has had in memory, in bytes, as of the end of the last run.
  public internal(set) var peakMemory = 0
  /// What the notebook's cells read and write, as of their last runs, whether these were in this session or not.
  public internal(set) var files = Files()

  /// - Parameter directory: the working directory of the cells: the notebook's folder.
  public init(directory: String, toolchain: Toolchain, installation: Installation, options: Options = Options()) throws {
    self.options = options
    self.directory = directory
    store = options.store.map(Store.init(folder:))
    if let danger = store?.makeSafeFolder() { throw Diagnostic(danger.message, advice: danger.advice) }
    folder = try TemporaryFolder()
    let environment = Self.environment(toolchain, installation, store)
    book = RecordBook(store: store, environment: environment, directory: directory)
    compiler = try CellCompiler(
      toolchain: toolchain, installation: installation, folder: folder?.path ?? "", store: store,
      environment: Self.compileKey(environment))
    compilation = Compilation(compiler)
  }

  deinit { close() }

  /// Ends the worker and all that it has started, and removes what the session keeps on the disk for itself. No other run may follow.
  public func close() {
    compilation.close()
    worker = nil
    folder = nil
  }

  /// Runs what must run of a notebook, and gives the record of all of it.
  /// - Parameters:
  ///   - document: with the values of its parameters that this run shall have.
  ///   - observe: is told what happens, on the calling thread.
  public func run(_ document: Document, observe: @escaping (Event) -> Void = { _ in }) throws -> NotebookRecord {
    // One that came before counts too: whoever sent it may not know that the run had not begun.
    defer { interruption.withLock { $0 = false } }
    yielding.withLock { $0 = false }
    hasYielded = false
    hasLostWorker = false
    var run = NotebookRun(session: self, document: document, observe: observe)
    return try run.go()
  }

  /// The most memory that a notebook's worker had when it last ran, in bytes; 0 if that is not known.
  public static func peakMemory(of document: Document, store: String?) -> Int {
    RunHistory(notebook: document.file, store: store.map(Store.init(folder:))).peakMemory
  }

  /// Stops the running cell, and runs no other in this run, or in the next one if none has begun. May be called from any thread.
  public func interrupt() {
    interruption.withLock { $0 = true }
    compilation.cancel()
  }

  /// Takes back an interruption that came when nothing ran any more.
  public func dropInterruption() { interruption.withLock { $0 = false } }

  var isInterrupted: Bool { interruption.withLock { $0 } }

  /// Ends the present run after the running cell, since a newer version of the notebook waits. May be called from any thread.
  public func yield() { yielding.withLock { $0 = true } }

  /// Whether the last run ended before its end for a newer version.
  public internal(set) var hasYielded = false

  var yields: Bool { yielding.withLock { $0 } }

  /// What every key holds: the toolchain, this build of Folio, and what a number may depend on besides.
  private static func environment(_ toolchain: Toolchain, _ installation: Installation, _ store: Store?) -> [CellKey.Part] {
    let digests = FileDigests(store: store)
    let machine = WorkerEnvironment.blasCoreType(flags: WorkerEnvironment.processorFlags()) ?? "any"
    let variables = ["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"]
    let hub = variables.map { ProcessInfo.processInfo.environment[$0] ?? "" }
    return [
      .init(.toolchain, value: digests.digest(toolchain.frontend) ?? toolchain.frontend),
      .init(.folio, value: digests.digest(installation.worker) ?? installation.worker),
      .init(.machine, value: ([machine] + hub).joined(separator: " ")),
    ]
  }

  /// The parts of it that compiled code depends on.
  private static func compileKey(_ environment: [CellKey.Part]) -> Key {
    var builder = KeyBuilder("environment")
    for part in environment where part.kind != .machine { builder.add(part.kind.rawValue, part.value) }
    return builder.key
  }

  // MARK: - The worker

  /// The worker, started if there is none.
  func startedWorker() throws -> WorkerProcess {
    if let worker { return worker }
    let environment = WorkerProtocol.Environment(
      untrackedFolders: [compiler.folder, store?.folder].compactMap { $0 }, store: store?.folder,
      build: compiler.environment.description, memoryLimit: options.memory)
    let worker = try WorkerProcess(
      installation: compiler.installation, directory: directory, environment: environment.added(to: WorkerEnvironment.make()))
    // Before its first cell, a worker only fails for what its machine lacks; the dynamic loader says it on the standard error.
    var words: [UInt8] = []
    let answer = try worker.run(.release(libraries: [])) { if case .text(_, let bytes) = $0 { words += bytes } }
    if case .died(let termination, _) = answer.end {
      // What is missing makes it exit; a signal is somebody's.
      let advice =
        if case .killed(let signal) = termination {
          "\(Signal.meaning(signal)).".capitalizedFirst
        } else {
          "Install what the README names, and see 'folio doctor'."
        }
      throw Diagnostic(
        "the worker does not start: it \(termination.text)\n\(String(decoding: words, as: UTF8.self))", advice: advice)
    }
    self.worker = worker
    return worker
  }

  /// The worker is gone, and all values with it.
  func workerEnded() {
    hasLostWorker = true
    worker = nil
    forgetWorker()
  }

  /// Ends the worker, for one that finds all as at the beginning.
  func restartWorker() {
    worker = nil
    forgetWorker()
  }

  private func forgetWorker() {
    live = LiveState()
    loaded = []
    lastRun = 0
  }

  /// Releases what former runs of modules hold, in this order.
  func release(_ modules: some Sequence<String>) throws {
    let held = modules.filter(loaded.contains)
    guard let worker, !held.isEmpty else { return }
    loaded.subtract(held)
    live.release(held)
    let answer = try worker.run(.release(libraries: held.map(compiler.library)))
    if case .died = answer.end { workerEnded() }
  }
}

extension ChildProcess.Termination {
  var text: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .killed(let signal): "was killed by \(Signal.name(signal))"
    }
  }
}
