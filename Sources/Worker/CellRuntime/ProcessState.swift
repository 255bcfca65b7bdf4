import Foundation
import Record

#if canImport(Glibc)
  import Glibc
#endif

/// What a cell may change of the process: looked at when a cell has ended, and made as it must be before one begins.
///
/// The working directory, the environment, the mask of new files' modes, the locale, the time zone and the seeds of the C library hold for all cells that
/// follow. They are values, so that no cell need run again for another to find them as they were. The arithmetic's rounding mode is the
/// default's when a cell begins (see `CWorker/cells.c`).
package struct ProcessKeeper {
  private let start: ProcessSnapshot

  /// As it is now: before the first cell.
  package init() { start = ProcessSnapshot.now }

  /// What is different from the start.
  package var state: WorkerProtocol.ProcessState {
    let now = ProcessSnapshot.now
    var state = WorkerProtocol.ProcessState()
    if now.directory != start.directory { state.directory = now.directory }
    for (name, value) in now.environment where start.environment[name] != value { state.environment[name] = .some(value) }
    for name in start.environment.keys where now.environment[name] == nil { state.environment[name] = .some(nil) }
    if now.fileModeMask != start.fileModeMask { state.fileModeMask = now.fileModeMask }
    if now.locale != start.locale { state.locale = now.locale }
    if now.timeZone != start.timeZone { state.timeZone = now.timeZone }
    if now.random != start.random { state.random = now.random }
    if now.drand48 != start.drand48 { state.drand48 = now.drand48 }
    return state
  }

  /// Makes the process what a cell is to find.
  /// - Parameter wanted: what is to be different from the start.
  package func restore(_ wanted: WorkerProtocol.ProcessState) {
    let now = ProcessSnapshot.now
    let directory = wanted.directory ?? start.directory
    if now.directory != directory { chdir(directory) }
    var environment = start.environment
    for (name, value) in wanted.environment { environment[name] = value }
    if now.environment != environment {
      for name in now.environment.keys where environment[name] == nil { unsetenv(name) }
      for (name, value) in environment where now.environment[name] != value { setenv(name, value, 1) }
      tzset()
    }
    umask(mode_t(wanted.fileModeMask ?? start.fileModeMask))
    if now.locale != wanted.locale ?? start.locale { setlocale(LC_ALL, wanted.locale ?? start.locale) }
    if now.timeZone != wanted.timeZone ?? start.timeZone { ProcessSnapshot.setTimeZone(wanted.timeZone ?? start.timeZone) }
    RandomState.restore(wanted.random ?? start.random)
    var seed = wanted.drand48 ?? start.drand48
    seed48(&seed)
  }
}

/// All that a cell may change of the process, at one moment.
private struct ProcessSnapshot {
  var directory: String
  var environment: [String: String]
  var fileModeMask: UInt32
  var locale: String
  var timeZone: String
  var random: [UInt8]
  var drand48: [UInt16]

  static var now: ProcessSnapshot {
    let mask = umask(0)
    umask(mask)
    // The one way to read it changes it.
    var nothing: [UInt16] = [0, 0, 0]
    let seed = Array(UnsafeBufferPointer(start: seed48(&nothing), count: 3))
    var again = seed
    seed48(&again)
    return ProcessSnapshot(
      directory: FileManager.default.currentDirectoryPath, environment: Self.environment, fileModeMask: UInt32(mask),
      locale: setlocale(LC_ALL, nil).map { String(cString: $0) } ?? "C", timeZone: timeZone, random: RandomState.now,
      drand48: seed)
  }

  private static var environment: [String: String] {
    var environment: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return environment
  }

  /// Foundation remembers the system's zone; what the environment says may have changed.
  private static var timeZone: String {
    NSTimeZone.resetSystemTimeZone()
    return NSTimeZone.default.identifier
  }

  static func setTimeZone(_ identifier: String) {
    if let zone = TimeZone(identifier: identifier) { NSTimeZone.default = zone }
  }
}

/// The state of `random` and `rand`.
private enum RandomState {
  /// A state of our own, to which we change for a moment: then the former one's bytes are whole.
  nonisolated(unsafe) private static let own = UnsafeMutablePointer<CChar>.allocate(capacity: 128)
  nonisolated(unsafe) private static var isPrepared = false

  /// By the type that a state's first word says: 8 to 256 bytes.
  private static func size(_ state: UnsafeMutablePointer<CChar>) -> Int {
    let sizes = [8, 32, 64, 128, 256]
    let type = Int(UnsafeRawPointer(state).load(as: Int32.self)) % 5
    return sizes.indices.contains(type) ? sizes[type] : 8
  }

  /// Calls the body with the state in force, while another one is.
  private static func withState(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    let state = isPrepared ? setstate(own) : initstate(1, own, 128)
    isPrepared = true
    guard let state else { return }
    body(UnsafeMutableRawBufferPointer(start: state, count: size(state)))
    setstate(state)
  }

  static var now: [UInt8] {
    var bytes: [UInt8] = []
    withState { bytes = Array($0) }
    return bytes
  }

  static func restore(_ bytes: [UInt8]) {
    withState { state in
      // Another size is a buffer of the cell's own, which is not ours to write to.
      if state.count == bytes.count { state.copyBytes(from: bytes) }
    }
  }
}
