import CSpawn
import Foundation
import Glibc
import Record

/// The worker, seen from the host: a process, the socket of its frames, and the pipes of its descriptors 1 and 2.
///
/// Promises: events come in the order in which the worker made them, a display never before what was printed before it; and when the
/// worker dies, whatever reached a socket or a pipe still comes. See `CWorker/channel.c` for the worker's half.
final class WorkerProcess {
  /// What the worker has to say.
  enum Event {
    case text(Output.Stream, [UInt8])
    case output(Output)
    case progress(ProgressOutput)
  }

  /// How a command ended.
  enum Answer {
    case end(WorkerProtocol.CellEnd)
    case died(ChildProcess.Termination, lastWords: WorkerProtocol.CellEnd?)
    case timedOut

    /// What the worker itself said of the end, if it could.
    var end: WorkerProtocol.CellEnd? {
      switch self {
      case .end(let end): end
      case .died(_, let lastWords): lastWords
      case .timedOut: nil
      }
    }
  }

  private let process: ChildProcess
  private let control: Int32
  private let acknowledgements: Int32
  private let output: Int32
  private let errors: Int32
  private var unparsed: [UInt8] = []
  private var isControlOpen = true
  /// How it ended, once that is known; from then on its number may be another process's.
  private var termination: ChildProcess.Termination?

  init(installation: Installation, directory: String, environment: [String: String]) throws {
    var sockets: [Int32] = [-1, -1]
    var pipes: [[Int32]] = [[-1, -1], [-1, -1], [-1, -1]]
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard null >= 0, socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &sockets) == 0,
      pipes.indices.allSatisfy({ folio_pipe(&pipes[$0]) == 0 })
    else { throw Diagnostic.system("no descriptors for the worker") }
    let childs = [null, pipes[0][1], pipes[1][1], sockets[1], pipes[2][0]]
    defer { for descriptor in childs { close(descriptor) } }
    control = sockets[0]
    output = pipes[0][0]
    errors = pipes[1][0]
    acknowledgements = pipes[2][1]
    process = try ChildProcess(
      installation.worker, arguments: [], environment: environment, descriptors: childs, directory: directory)
    for descriptor in [control, output, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
  }

  deinit {
    // The worker ends when its control socket closes; a cell that still runs in it is not waited for.
    if termination == nil { process.kill() }
    _ = reap()
    for descriptor in [control, output, errors, acknowledgements] { close(descriptor) }
  }

  /// Runs a compiled cell, and hands on what it says until it ends.
  /// - Parameter deadline: when the worker is to be ended if the cell still runs.
  func run(
    _ command: WorkerProtocol.RunCommand, deadline: ContinuousClock.Instant?, handle: (Event) throws -> Void
  ) throws -> Answer {
    let json = try JSONEncoder().encode(command)
    let header = [0] + withUnsafeBytes(of: UInt32(json.count).littleEndian, Array.init)
    var answer: WorkerProtocol.CellEnd?
    guard send(header + Array(json)) else { return try died(answer, handle) }
    while true {
      guard try waitForBytes(until: deadline) else {
        process.kill()
        _ = try died(answer, handle)
        return .timedOut
      }
      try read(handle) { answer = $0 }
      if !isControlOpen { return try died(answer, handle) }
      if let answer {
        // A crash is the worker's last word: its death follows.
        if case .crashed = answer { continue }
        return .end(answer)
      }
    }
  }

  // MARK: - Bytes

  private func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(control, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: control, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Waits until something can be read. Returns false at the deadline.
  private func waitForBytes(until deadline: ContinuousClock.Instant?) throws -> Bool {
    var waiting = [control, output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
      let left = deadline.map { max(0, ContinuousClock.now.duration(to: $0) / .milliseconds(1)) }
      let count = poll(&waiting, nfds_t(waiting.count), left.map { Int32(min($0.rounded(.up), 1e9)) } ?? -1)
      if count > 0 { return true }
      if count < 0 && errno != EINTR { throw Diagnostic.system("the worker cannot be listened to") }
      if let deadline, ContinuousClock.now >= deadline { return false }
    }
  }

  /// Reads what is there, in order: frames that were sent before a pipe's bytes come first. The bytes that a pipe holds are counted
  /// before the frames are read; the worker sends no frame while a pipe holds bytes, so later frames do not overtake them.
  private func read(_ handle: (Event) throws -> Void, end: (WorkerProtocol.CellEnd) -> Void) throws {
    let held = [output, errors].map(bytesHeld)
    try readFrames(handle, end: end)
    for (pipe, count) in zip([output, errors], held) { try drain(pipe, atMost: count, handle) }
  }

  private func bytesHeld(by pipe: Int32) -> Int {
    var count: Int32 = 0
    return ioctl(pipe, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  private func drain(_ pipe: Int32, atMost limit: Int = .max, _ handle: (Event) throws -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var left = limit
    while left > 0 {
      let count = Glibc.read(pipe, &buffer, min(left, buffer.count))
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return }
      left -= count
      try handle(.text(pipe == output ? .standardOutput : .standardError, Array(buffer[..<count])))
    }
  }

  private func readFrames(_ handle: (Event) throws -> Void, end: (WorkerProtocol.CellEnd) -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = Glibc.read(control, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return }
      if count <= 0 {
        isControlOpen = false
        return
      }
      unparsed += buffer[..<count]
      try parseFrames(handle, end: end)
    }
  }

  private func parseFrames(_ handle: (Event) throws -> Void, end: (WorkerProtocol.CellEnd) -> Void) throws {
    var start = 0
    defer { unparsed.removeFirst(start) }
    let headerLength = WorkerProtocol.headerLength
    while unparsed.count - start >= headerLength {
      let length = unparsed[start + 1..<start + headerLength].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard unparsed.count - start >= headerLength + length else { return }
      let kind = WorkerProtocol.FrameKind(rawValue: unparsed[start])
      let bytes = unparsed[start + headerLength..<start + headerLength + length]
      start += headerLength + length
      try handleFrame(kind, bytes, handle, end: end)
    }
  }

  private func handleFrame(
    _ kind: WorkerProtocol.FrameKind?, _ bytes: ArraySlice<UInt8>, _ handle: (Event) throws -> Void,
    end: (WorkerProtocol.CellEnd) -> Void
  ) throws {
    switch kind {
    case .standardOutput: try handle(.text(.standardOutput, Array(bytes)))
    case .standardError: try handle(.text(.standardError, Array(bytes)))
    case .output: try handle(.output(decode(bytes)))
    case .progress: try handle(.progress(decode(bytes)))
    case .end: end(try decode(bytes))
    case .synchronize:
      for pipe in [output, errors] { try drain(pipe, handle) }
      var word: UInt8 = 1
      while write(acknowledgements, &word, 1) < 0 && errno == EINTR {}
    case nil: throw Diagnostic("the worker sent a frame that the host does not know; both must come from one build")
    }
  }

  private func decode<Value: Decodable>(_ bytes: ArraySlice<UInt8>) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(bytes))
  }

  /// Collects what is left after the worker's death.
  private func died(_ lastWords: WorkerProtocol.CellEnd?, _ handle: (Event) throws -> Void) throws -> Answer {
    var lastWords = lastWords
    try readFrames(handle) { lastWords = $0 }
    for pipe in [output, errors] { try drain(pipe, handle) }
    return .died(reap(), lastWords: lastWords)
  }

  /// Waits for a process that has ended or is about to.
  private func reap() -> ChildProcess.Termination {
    if let termination { return termination }
    let ended = process.wait()
    termination = ended
    return ended
  }
}
