import Document
import Files
import Foundation
import Keys
import Machine
import Planning
import Record
import Store
import Synchronization

/// Runs one notebook, many times while it changes.
///
/// In each run only those cells run whose record is not known for what they are made of now, and those whose values these need. What cells
/// define stays in a `Runtime`, from run to run.
///
/// Promises:
/// - An output comes in the order in which a cell made it.
/// - A cell that does not compile, throws or traps leaves what earlier cells defined as it was, and defines nothing itself.
/// - A worker that dies while a cell runs takes the values with it, but not the outputs so far, which are in the record; the next run starts
///   another worker. One that dies while no cell runs costs nobody a run: what is needed is made again.
///
/// The session knows nothing of models: whatever FolioKit brings, cells use.
package final class NotebookSession {
  /// What happens, as it happens, for whoever watches.
  package enum Event {
    /// A cell runs, and why.
    case cellStarted(Cell, of: Int, reason: String)
    /// The cell that runs did not find what it reads as it should: what it has put out counts for nothing, and it runs again.
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

  package struct Options: Sendable {
    /// Whether to go on with the next cell after one that failed.
    package var keepsGoing = false
    /// Whether, after a cell that failed, those that need what it would have defined are left alone instead of failing for the lack of it.
    package var sparesOrphans = false
    /// In seconds, for cells without a `timeout` of their own.
    package var timeout: Double?
    /// The most that the worker may have in memory, in bytes.
    package var memory: Int?
    /// On which device models compute, whatever the notebook says; nil leaves it to the notebook.
    package var device: Device?
    /// What the notebook leaves to others is taken from here.
    package var environment = ProcessInfo.processInfo.environment
    /// What graphics cards there are, as far as the choice of a device needs to know it.
    package var graphics: @Sendable (Device) throws -> GraphicsReport = GraphicsReport.ofThisMachine
    /// Whether all cells run, also those whose record is known.
    package var isForced = false
    /// The folder of the store; nil keeps nothing.
    package var store: String? = EntryStore.folder(environment: ProcessInfo.processInfo.environment)
    /// The folders of sites in which cells find the records of other runs, the first that has any of a notebook first.
    package var sites: [String] = []
    /// A folder for the Swift source that each cell is compiled from, to look at: `NOTEBOOK/CELL.swift`. Nil keeps none.
    package var keptSources: String?

    package init() {}
  }

  /// Why a cell ran, or that it did not.
  package struct Explanation: Sendable, Equatable {
    package var cell: String
    /// `reused`, or what its run was for.
    package var text: String
    package var ran: Bool
  }

  /// What a run of the notebook came to.
  package struct RunResult: Sendable {
    /// Of all cells, in their order, whether they ran or not.
    package var record: NotebookRecord
    /// For each cell, in the same order.
    package var explanations: [Explanation]
    /// What the cells read and wrote, as of their last runs, whether these were in this session or not.
    package var files: FilesUsed
    /// The most that the worker has had in memory so far, in bytes; 0 if that is not known.
    package var peakMemory: Int
    /// Whether it ended before its end because a newer version of the notebook waits.
    package var hasYielded: Bool
  }

  let options: Options
  let runtime: any Runtime
  let store: EntryStore?
  var book: RecordBook
  /// What the runtime holds now.
  private(set) var live = LiveState()
  /// On which device models compute, and what was asked for when that was decided; nil before the first run.
  private var device: (asked: Device, taken: ResolvedDevice)?
  // Wishes of other threads.
  private let interruption = Mutex(false)
  private let yielding = Mutex(false)

  /// - Parameter directory: the working directory of the cells: the notebook's folder.
  /// - Throws: a `Diagnostic` if the store is not safe, or there is no room for compiled cells.
  package convenience init(
    directory: String, toolchain: Toolchain, installation: Installation, options: Options = Options()
  ) throws {
    let store = options.store.map(EntryStore.init(folder:))
    if let danger = store?.makeSafeFolder() { throw Diagnostic(danger.message, advice: danger.advice) }
    let environment = Self.environment(toolchain, installation, store)
    let runtime = try WorkerRuntime(
      toolchain: toolchain, installation: installation, store: store, codeEnvironment: Self.codeEnvironment(environment),
      directory: directory, memoryLimit: options.memory,
      sites: options.sites.map { URL(fileURLWithPath: $0).standardizedFileURL.path })
    self.init(on: runtime, environment: environment, directory: directory, options: options)
  }

  /// - Parameters:
  ///   - runtime: where cells run.
  ///   - environment: the parts that the keys of all cells share.
  package init(on runtime: any Runtime, environment: [CellKey.Part] = [], directory: String, options: Options) {
    (self.options, self.runtime) = (options, runtime)
    store = options.store.map(EntryStore.init(folder:))
    book = RecordBook(store: store, environment: environment, directory: directory)
  }

  deinit { close() }

  /// Ends the worker and all that it has started, and removes what the session keeps on the disk for itself. No other run may follow.
  package func close() { runtime.close() }

  /// Runs what must run of a notebook.
  /// - Parameters:
  ///   - notebook: with the values of its parameters that this run shall have.
  ///   - observe: is told what happens, on the calling thread.
  /// - Throws: a `Diagnostic` where the tools or the worker do not work. What is wrong with a cell is in its record.
  package func run(_ notebook: Notebook, observe: @escaping (Event) -> Void = { _ in }) throws -> RunResult {
    // One that came before counts too: whoever sent it may not know that the run had not begun.
    defer { interruption.withLock { $0 = false } }
    yielding.withLock { $0 = false }
    try takeDevice(for: notebook)
    try takePackages(of: notebook)
    if runtime.isUsedUp { restart() }
    var run = NotebookRun(session: self, notebook: notebook, observe: observe)
    return try run.runWhatMustRun()
  }

  /// The most memory that a notebook's worker had when it last ran, in bytes; 0 if that is not known.
  package static func peakMemory(of notebook: Notebook, store: String?) -> Int {
    RunHistory(notebook: notebook.file, store: store.map(EntryStore.init(folder:))).peakMemory
  }

  /// Decides on which device the notebook's models compute, as each run does at first. What was decided stays as long as nobody asks for
  /// another device; another one ends the worker, since values of both would not go together.
  /// - Throws: a `Diagnostic` if the device that is asked for cannot be had.
  @discardableResult
  package func takeDevice(for notebook: Notebook) throws -> ResolvedDevice {
    let choice = try DeviceChoice(notebook, commandLine: options.device, environment: options.environment)
    if let device, device.asked == choice.device { return device.taken }
    let taken = try choice.resolved(needing: { notebook.neededCardMemory }, on: options.graphics)
    if taken != runtime.device {
      runtime.device = taken
      restart()
    }
    book.device = taken.kind
    device = (choice.device, taken)
    return taken
  }

  /// Builds the packages that a notebook names. Others than before end the worker, which holds the code of those.
  private func takePackages(of notebook: Notebook) throws {
    let built = try runtime.builtPackages(for: notebook) { [self] in isInterrupted }
    guard built != runtime.packages else { return }
    runtime.packages = built
    book.packages = built?.key
    restart()
  }

  // MARK: - Wishes of other threads

  /// Stops the running cell, and runs no other in this run, or in the next one if none has begun. May be called from any thread.
  package func interrupt() {
    interruption.withLock { $0 = true }
    runtime.cancel()
  }

  /// Takes back an interruption that came when nothing ran any more.
  package func dropInterruption() { interruption.withLock { $0 = false } }

  var isInterrupted: Bool { interruption.withLock { $0 } }

  /// Ends the present run after the running cell, since a newer version of the notebook waits. May be called from any thread.
  package func yield() { yielding.withLock { $0 = true } }

  var isAskedToYield: Bool { yielding.withLock { $0 } }

  // MARK: - What is live

  /// Runs a cell that is ready. What the runtime holds afterwards is known when the run has been noted.
  func run(_ request: RunRequest, limits: RunLimits, handle: (RunEvent) throws -> Void) throws -> RunAnswer {
    live.load(request.unit.module)
    let answer = try runtime.run(request, limits: limits, handle: handle)
    if answer.hasLostValues { live = LiveState() }
    return answer
  }

  /// Notes what the last run has left.
  func note(_ change: (inout LiveState) -> Void) { change(&live) }

  /// Releases what former runs of modules hold, in this order.
  /// - Returns: false if the values of all cells are gone, since the worker has ended.
  func release(_ modules: some Sequence<String>) throws -> Bool {
    let held = modules.filter(live.loaded.contains)
    guard !held.isEmpty else { return true }
    live.release(held)
    guard try !runtime.release(held) else { return true }
    live = LiveState()
    return false
  }

  /// Ends the worker, for one that finds everything as at the beginning.
  func restart() {
    runtime.restart()
    live = LiveState()
  }

  // MARK: - Keys

  /// What every key holds: the toolchain, this build of Folio, and what a number may depend on besides.
  private static func environment(_ toolchain: Toolchain, _ installation: Installation, _ store: EntryStore?) -> [CellKey.Part] {
    let digests = FileDigests(store: store)
    let machine = WorkerEnvironment.blasCoreType(flags: Processor.flags()) ?? "any"
    return [
      .init(.toolchain, value: digests.digest(toolchain.frontend) ?? toolchain.frontend),
      .init(.folio, value: digests.digest(installation.worker) ?? installation.worker),
      .init(.machine, value: "\(machine) \(ModelHub.folder().path)"),
    ]
  }

  /// Stands for the parts of it that compiled code depends on.
  private static func codeEnvironment(_ environment: [CellKey.Part]) -> Key {
    var builder = KeyBuilder("environment")
    for part in environment where part.kind != .machine { builder.add(part.kind.rawValue, part.value) }
    return builder.key
  }
}

/// Files that cells have opened, asked about or listed, by absolute path; they need not be there.
package struct FilesUsed: Sendable, Equatable {
  package var read: Set<String> = []
  package var written: Set<String> = []

  package init() {}
}
