import CSpawn
import CUDA
import CWorker
import CellRuntime
import FolioKit
import Foundation
import Keys
import Record
import Store
import Synchronization
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// Loads compiled cells, runs them on the cell thread, and tells what they did. Its commands come one after the other, on one thread.
final class Worker: @unchecked Sendable {
  /// The libraries of cells, by path.
  private var libraries: [String: CellLibrary] = [:]
  /// The number of the last run.
  private var lastRun = 0
  private let process = ProcessKeeper()
  /// The parameters' values, of which the cell that defines them reads each: a JSON object.
  private let parameters = Mutex(Data("{}".utf8))

  /// Prepares the process for its first cell.
  init(_ environment: WorkerProtocol.Environment) {
    for folder in environment.untrackedFolders { folio_files_ignore(folder) }
    CellServices.install(services(environment))
    CUDASystem.whenAside { folio_files_look_away($0) }
    Interruption.isRequested = { CellInterruption.isRequested }
    CellThread.start()
  }

  /// Does what the host asks for.
  func answer(to command: WorkerProtocol.Command) -> WorkerProtocol.Answer {
    switch command {
    case .run(let command): run(command)
    case .release(let libraries): release(libraries)
    }
  }

  // MARK: - Commands

  private func run(_ command: WorkerProtocol.RunCommand) -> WorkerProtocol.Answer {
    if let values = command.parameters { parameters.withLock { $0 = Data(values.utf8) } }
    guard let handle = dlopen(command.library, RTLD_NOW | RTLD_GLOBAL), let entry = dlsym(handle, command.entryPoint) else {
      return .init(end: .notLoaded(dlerror().map { String(cString: $0) } ?? "the dynamic loader gives no reason"))
    }
    folio_library_loaded(handle)
    let library = libraries[command.library] ?? CellLibrary(path: command.library, handle: handle)
    libraries[command.library] = library
    process.restore(command.process)
    lastRun = command.run
    let end = observed(command, entry)
    var effects = WorkerProtocol.Effects()
    effects.goesOn = folio_threads_go_on(folio_cell_thread())
    effects.files = CellRun.files()
    effects.process = process.state
    effects.accesses = accesses()
    effects.sharedClasses = library.sharedClasses
    // Not beside a thread that is about to die, or that holds what we need.
    if end.kind != FOLIO_CRASHED {
      let news = news(of: end.kind == FOLIO_FINISHED ? library : nil)
      effects.variables = news ?? []
      if news == nil { effects.goesOn = true }
    }
    let answer = WorkerProtocol.Answer(end: end.told, effects: effects)
    guard end.kind == FOLIO_CRASHED else { return answer }
    HostChannel.send(answer)
    folio_die_by(end.signal)
  }

  /// Runs a cell's entry point, while all that it does is noted.
  private func observed(_ command: WorkerProtocol.RunCommand, _ entry: UnsafeMutableRawPointer) -> CellRun.End {
    folio_files_begin()
    folio_threads_begin()
    folio_accesses_begin(UInt16(clamping: command.run))
    let begun = folio_program_time()
    let end = CellRun.End(folio_cell_run(Int32(command.cell), entry))
    folio_accesses_end()
    // Nobody waits any more for what a stopped cell has started.
    if CellInterruption.isRequested { folio_end_programs(getpid(), begun, nil) }
    return end
  }

  /// Releases what former runs of cells hold. What an author's `deinit` does wrong is nobody's error any more.
  private func release(_ paths: [String]) -> WorkerProtocol.Answer {
    for library in paths.compactMap({ libraries[$0] }) {
      _ = CellThread.run { library.release() }
    }
    return .init(end: .finished)
  }

  // MARK: - What a run did

  /// What the last run read and changed.
  private func accesses() -> [WorkerProtocol.Access] {
    let ofVariables = libraries.values.sorted { $0.path < $1.path }.flatMap(\.accesses)
    return ofVariables + CellRun.accessesOfObjects(upTo: lastRun) + CellRun.otherAccesses()
  }

  /// What is different in the variables of all cells; nil if an author's code that had to be asked for it did not come back.
  /// - Parameter finished: the library of the cell that has just run to its end.
  private func news(of finished: CellLibrary?) -> [WorkerProtocol.VariableState]? {
    var news: [WorkerProtocol.VariableState] = []
    let isTold = CellThread.run { [self] in
      let looksAtAll = libraries.values.contains(where: \.mayHoldPointers)
      for library in libraries.values { news += library.news(hasRun: library === finished, looksAtAll: looksAtAll) }
    }
    return isTold ? news : nil
  }

  // MARK: - Services

  private func services(_ environment: WorkerProtocol.Environment) -> CellServices {
    var services = CellServices()
    // A process that a cell has forked has no host, and prints.
    let show = services.show
    services.show = { output in HostChannel.isOpen ? HostChannel.send(output) : show(output) }
    services.showLive = { progress in if HostChannel.isOpen { HostChannel.send(progress) } }
    services.parameters = { [self] in parameters.withLock { $0 } }
    let sites = environment.sites
    services.sites = { sites }
    services.digest = Self.digest
    guard let folder = environment.store else { return services }
    // Kept values are entries of the host's store, for this build of Folio.
    let store = EntryStore(folder: folder)
    @Sendable func key(_ parts: [CellServices.KeyPart]) -> Key {
      var builder = KeyBuilder("memo")
      builder.add("build", environment.build)
      for part in parts { builder.add(part.label, part.value) }
      return builder.key
    }
    services.findKept = { store.data(.memo, key($0)) }
    services.keep = { data, parts in store.put(data, .memo, key(parts)) }
    return services
  }

  /// Digests of values are made as the store makes its keys.
  @Sendable private static func digest(_ feed: (@escaping (UnsafeRawBufferPointer) -> Void) -> Bool) -> String? {
    var builder = DigestBuilder()
    guard feed({ builder.add($0) }) else { return nil }
    return String(builder.digest.hexadecimal.prefix(32))
  }
}
