// The process that loads compiled cells and runs them, one notebook's session from its first cell to its last.
//
// It links FolioKit and exports its symbols, so that cells resolve them here: one copy of the model, its caches and the displays.
// It is started by the host with its control socket as descriptor 3 and the acknowledgements' pipe as descriptor 4, reads commands
// until the socket closes, and answers each by exactly one `CellEnd`. What runs on which thread, and how the process survives
// a trap, stands in CWorker.

import CSpawn
import CWorker
import FolioKit
import Foundation
import Keys
import Record
import Store
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// Reads the host's next command; nil when the host is gone.
func nextCommand() -> WorkerProtocol.Command? {
  var header = [UInt8](repeating: 0, count: WorkerProtocol.commandHeaderLength)
  guard folio_channel_receive(&header, header.count) else { return nil }
  let length = header[1...].reversed().reduce(0) { $0 << 8 | Int($1) }
  // Where a cell has read a part of the host's words.
  guard header[0] == 0, length <= WorkerProtocol.longestFrame else { return nil }
  var bytes = [UInt8](repeating: 0, count: length)
  guard folio_channel_receive(&bytes, length) else { return nil }
  return try? JSONDecoder().decode(WorkerProtocol.Command.self, from: Data(bytes))
}

func answer(_ answer: WorkerProtocol.Answer) {
  guard let json = try? JSONEncoder().encode(answer) else { return }
  json.withUnsafeBytes { folio_channel_send(WorkerProtocol.FrameKind.end.rawValue, $0.baseAddress, $0.count) }
}

/// The call stack of a run's end, innermost first.
func backtrace(_ end: folio_end) -> [WorkerProtocol.Frame] {
  var end = end
  return withUnsafeBytes(of: &end.frames) { bytes in
    bytes.bindMemory(to: UInt64.self).prefix(Int(end.frame_count)).compactMap { address in
      var library: UnsafePointer<CChar>?
      var symbol: UnsafePointer<CChar>?
      var offset: UInt64 = 0
      guard folio_locate(address, &library, &offset, &symbol), let library else { return nil }
      return .init(library: String(cString: library), offset: offset, symbol: symbol.map { String(cString: $0) })
    }
  }
}

/// Text that C allocated.
func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
  defer { free(text) }
  return text.map { String(cString: $0) } ?? ""
}

func cellEnd(_ end: folio_end) -> WorkerProtocol.CellEnd {
  switch folio_end_kind(rawValue: UInt32(end.kind)) {
  case FOLIO_THREW:
    return .threw(
      description: take(end.description), isUnavailable: end.is_unavailable != 0,
      backtrace: backtrace(end))
  case FOLIO_TRAPPED: return .trapped(signal: end.signal, backtrace: backtrace(end))
  case FOLIO_OVERFLOWED_STACK: return .stackOverflow(backtrace: backtrace(end))
  case FOLIO_CRASHED: return .crashed(signal: end.signal, address: end.address, backtrace: backtrace(end))
  case FOLIO_INTERRUPTED: return .interrupted(backtrace: backtrace(end))
  default: return .finished
  }
}

/// Runs work of our own on the cell thread, since it may call an author's code, which may trap. Returns whether it came to its end.
func onCellThread(_ work: @escaping () -> Void) -> Bool {
  ownWork = work
  defer { ownWork = nil }
  let entry: @convention(c) () -> Void = { ownWork?() }
  let end = folio_cell_run(ownWorkCell, unsafeBitCast(entry, to: UnsafeMutableRawPointer.self))
  return folio_end_kind(rawValue: UInt32(end.kind)) == FOLIO_FINISHED
}

nonisolated(unsafe) var ownWork: (() -> Void)?
let ownWorkCell: Int32 = -1

/// The files that were used since the last cell began.
func filesUsed() -> [WorkerProtocol.FileUse] {
  var files: UnsafePointer<UnsafeMutablePointer<folio_file>?>?
  let count = folio_files_end(&files)
  return UnsafeBufferPointer(start: files, count: count).compactMap { $0?.pointee }.map { file in
    var use = WorkerProtocol.FileUse(path: String(cString: file.path))
    use.wasRead = file.was_read
    use.wasWritten = file.was_written
    use.wasListed = file.was_listed
    use.wasExamined = file.was_examined
    use.wasRemoved = file.was_removed
    use.state = .init(size: file.size, inode: file.inode, modified: file.modified)
    return use
  }
}

/// The libraries of cells, by path.
nonisolated(unsafe) var libraries: [String: CellLibrary] = [:]
/// The runs of this worker so far.
nonisolated(unsafe) var lastRun = 0

/// What the last run read and changed.
func accesses() -> [WorkerProtocol.Access] {
  var accesses = libraries.values.sorted { $0.path < $1.path }.flatMap(\.accesses)
  for run in 1..<max(1, min(lastRun + 1, 1 << 16)) {
    let access = folio_access_of_objects(UInt16(run))
    guard access.was_read || access.was_changed else { continue }
    accesses.append(.init(.objects(run: run), wasRead: access.was_read, wasChanged: access.was_changed))
  }
  withUnsafeMutablePointer(to: &accesses) { accesses in
    _ = folio_access_others(accesses) { context, name, access in
      guard let context, let name else { return }
      context.assumingMemoryBound(to: [WorkerProtocol.Access].self).pointee.append(
        .init(.other(String(cString: name)), wasRead: access.was_read, wasChanged: access.was_changed))
    }
  }
  return accesses
}

func run(_ command: WorkerProtocol.RunCommand) {
  if let parameters = command.parameters { ParameterValues.json = Data(parameters.utf8) }
  guard let handle = dlopen(command.library, RTLD_NOW | RTLD_GLOBAL), let entry = dlsym(handle, command.entryPoint) else {
    answer(.init(end: .notLoaded(dlerror().map { String(cString: $0) } ?? "the dynamic loader gives no reason")))
    return
  }
  folio_library_loaded(handle)
  let library = libraries[command.library] ?? CellLibrary(path: command.library, handle: handle)
  libraries[command.library] = library
  process.restore(command.process)
  lastRun = command.run
  folio_files_begin()
  folio_threads_begin()
  folio_accesses_begin(UInt16(clamping: command.run))
  let begun = folio_program_time()
  let end = folio_cell_run(Int32(command.cell), entry)
  folio_accesses_end()
  // Nobody waits any more for what a stopped cell has started.
  if folio_is_interrupted() { folio_end_programs(getpid(), begun, nil) }
  var effects = WorkerProtocol.Effects()
  effects.goesOn = folio_threads_go_on(folio_cell_thread())
  effects.files = filesUsed()
  effects.process = process.state
  effects.accesses = accesses()
  effects.sharedClasses = library.sharedClasses
  let hasFinished = end.kind == Int32(FOLIO_FINISHED.rawValue)
  // Not beside a thread that is about to die, or that holds what we need.
  if end.kind != Int32(FOLIO_CRASHED.rawValue) {
    var news: [WorkerProtocol.VariableState] = []
    let isTold = onCellThread {
      let looksAtAll = libraries.values.contains(where: \.mayHoldPointers)
      for other in libraries.values { news += other.news(hasRun: hasFinished && other === library, looksAtAll: looksAtAll) }
    }
    if isTold { effects.variables = news } else { effects.goesOn = true }
  }
  answer(.init(end: cellEnd(end), effects: effects))
  if folio_end_kind(rawValue: UInt32(end.kind)) == FOLIO_CRASHED { folio_die_by(end.signal) }
}

/// What a former run of cells holds goes. What an author's `deinit` does wrong is nobody's error any more.
func release(_ paths: [String]) {
  for path in paths {
    guard let library = libraries[path] else { continue }
    _ = onCellThread { library.release() }
  }
  answer(.init(end: .finished))
}

/// Digests of values are made as the store makes its keys.
func digestValues() {
  ValueDigest.hash = { feed in
    var builder = DigestBuilder()
    guard feed({ builder.add($0) }) else { return nil }
    return String(builder.digest.hexadecimal.prefix(32))
  }
}

/// Remembered values are kept in the host's store, for this build of Folio.
func rememberValues(in environment: [String: String]) {
  guard let folder = environment["FOLIO_CACHE"], !folder.isEmpty else { return }
  let store = Store(folder: folder)
  func key(_ parts: [(label: String, value: Data)]) -> Key {
    var builder = KeyBuilder("memo")
    builder.add("build", environment["FOLIO_BUILD"] ?? "")
    for part in parts { builder.add(part.label, part.value) }
    return builder.key
  }
  MemoStore.find = { store.data(.memo, key($0)) }
  MemoStore.keep = { data, parts in store.put(data, .memo, key(parts)) }
}

guard folio_channel_open(3, 4) == 0 else {
  FileHandle.standardError.write(Data("folio-worker is started by folio; run 'folio --help'\n".utf8))
  exit(64)
}
let executor = unsafeBitCast(CellThreadExecutor.shared.asUnownedSerialExecutor(), to: (UnsafeMutableRawPointer, UInt).self)
folio_cells_start(executor.0, executor.1) { pointer, description, unavailable in
  guard let pointer else { return }
  let error = unsafeBitCast(pointer, to: (any Error).self)
  description?.pointee = strdup(describe(error))
  unavailable?.pointee = isUnavailable(error) ? 1 : 0
}
FolioKit.prepareSession()
Interruption.isRequested = { folio_is_interrupted() }
rememberValues(in: ProcessInfo.processInfo.environment)
digestValues()
let process = ProcessKeeper()
let commands = Thread {
  while let command = nextCommand() {
    switch command {
    case .run(let command): run(command)
    case .release(let libraries): release(libraries)
    }
  }
  folio_end_programs(getpid(), 0, nil)
  exit(0)
}
commands.start()
dispatchMain()
