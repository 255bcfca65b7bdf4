import Foundation
import Glibc
import Machine
import Processes
import Record

/// The worker, seen from the host: a process, the socket of its frames, and the pipes of its descriptors 1 and 2.
///
/// Promises: events come in the order in which the worker made them, a display never before what was printed before it; and when the
/// worker dies, whatever reached a socket or a pipe still comes. See `CWorker/channel.c` for the worker's half.
final class WorkerProcess {
  /// Something else than the worker's frames came.
  private struct BrokenChannel: Error {}

  /// How long a cell that is asked to stop may take until the worker is ended.
  static let grace = Duration.seconds(3)
  /// The longest that this time may become where the machine is so busy that the worker has to wait for a processor.
  private static let longestGrace = Duration.seconds(15)

  private let process: ChildProcess
  /// The host's ends of the sockets and pipes, which are closed with this object. The numbers that follow are theirs.
  private let descriptors: [Descriptor]
  private let control: Int32
  private let acknowledgements: Int32
  private let output: Int32
  private let errors: Int32
  /// Stands in the environment of the worker and of all programs that it starts, so that these are found when the worker has ended before them.
  private let mark = UUID().uuidString
  private static let markName = WorkerProtocol.Environment.Variable.mark.rawValue
  private let seal = WorkerProtocol.Seal()
  private var unparsed: [UInt8] = []
  private var isControlOpen = true
  /// The pipes that someone can still write to.
  private var openPipes: Set<Int32>
  /// How the worker ended, once that is known. From then on its number may belong to another process.
  private var termination: ChildProcess.Termination?

  init(installation: Installation, directory: String, environment: [String: String]) throws {
    let (control, words) = (try Descriptor.socketPair(), try Descriptor.socketPair())
    let (output, errors) = (try Descriptor.pipe(), try Descriptor.pipe())
    process = try ChildProcess(
      installation.worker, arguments: [], environment: environment.merging([Self.markName: mark]) { $1 },
      descriptors: [.null(), output.write, errors.write, control.theirs, words.theirs], directory: directory)
    descriptors = [control.ours, output.read, errors.read, words.ours]
    (self.control, self.output, self.errors) = (control.ours.number, output.read.number, errors.read.number)
    acknowledgements = words.ours.number
    openPipes = [self.output, self.errors]
    for descriptor in descriptors { _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK) }
    _ = send(withUnsafeBytes(of: seal.number, Array.init))
  }

  deinit {
    // The worker ends when its control socket closes; a cell that still runs in it is not waited for.
    if termination == nil { process.kill() }
    _ = reap()
  }

  /// Sends a command, and hands on what the worker says until it has an answer.
  func run(
    _ command: WorkerProtocol.Command, limits: RunLimits = RunLimits(), handle: (RunEvent) throws -> Void = { _ in }
  ) throws -> RunAnswer {
    let json = try JSONEncoder().encode(command)
    let header = [0] + withUnsafeBytes(of: UInt32(json.count).littleEndian, Array.init)
    // One that has ended meanwhile cannot have begun what it is asked for now.
    guard !process.ends(within: .zero), send(header + Array(json)) else {
      let collected = try died(nil, handle)
      return RunAnswer(end: .didNotBegin(reap()), stop: collected.stop)
    }
    do {
      return try listen(limits, handle)
    } catch is BrokenChannel {
      process.kill()
      return RunAnswer(end: .died(reap(), lastWords: nil), stop: .brokenChannel)
    }
  }

  private func listen(_ limits: RunLimits, _ handle: (RunEvent) throws -> Void) throws -> RunAnswer {
    var answer: WorkerProtocol.Answer?
    var stop: StopReason?
    var end: ContinuousClock.Instant?
    var (asked, queued) = (ContinuousClock.now, [String: Int]())
    while true {
      if try waitForBytes() {
        try read(handle) { answer = $0 }
        if !isControlOpen { return try died(stop, handle, answer: answer) }
        if let answer {
          // A crash is the worker's last word: its death follows.
          if case .crashed = answer.end { continue }
          return RunAnswer(end: .ended(answer.end), stop: stop, effects: answer.effects)
        }
      }
      // A cell that stops its own process by a signal would never go on by itself.
      process.goOnIfStopped()
      if stop == nil, let reason = reasonToStop(limits) {
        stop = reason
        end = reason == .memory ? .now : .now + Self.grace
        (asked, queued) = (.now, process.timesInQueue)
        process.interrupt()
      } else if let limit = end, ContinuousClock.now >= limit {
        // What a worker waits for its turns is not its own delay.
        let waited = stop == .memory ? .zero : min(process.longestWait(since: queued), Self.longestGrace - Self.grace)
        end = max(limit, asked + Self.grace + waited)
        if end.map({ ContinuousClock.now < $0 }) == true { continue }
        process.kill()
        return try died(stop, handle, answer: answer)
      }
    }
  }

  private func reasonToStop(_ limits: RunLimits) -> StopReason? {
    if limits.isInterrupted() { return .interruption }
    if let deadline = limits.deadline, ContinuousClock.now >= deadline { return .timeout }
    if let memory = limits.memory, SystemMemory.own(of: String(process.identifier)) > memory { return .memory }
    return nil
  }

  /// The most that the worker has had in memory, in bytes.
  var peakMemory: Int { SystemMemory.peak(of: String(process.identifier)) }

  // MARK: - Bytes

  private func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(control, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: control, events: Int16(POLLOUT), revents: 0)
        _ = retrying { poll(&waiting, 1, -1) }
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Waits a moment for something that can be read. Returns whether there is.
  private func waitForBytes() throws -> Bool {
    var waiting = ([control] + openPipes).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let count = poll(&waiting, nfds_t(waiting.count), 20)
    if count < 0 && errno != EINTR { throw Diagnostic.system("the worker cannot be listened to") }
    // A pipe that has no writer any more would never let us wait.
    for pipe in waiting where pipe.revents & Int16(POLLHUP | POLLIN) == Int16(POLLHUP) { openPipes.remove(pipe.fd) }
    return count > 0
  }

  /// The most that is read between two looks at whether the cell must stop: a cell that puts out without end keeps the socket full.
  private static let turn = 1 << 18

  /// Reads what is there, in order: frames that were sent before a pipe's bytes come first. The bytes that a pipe holds are counted
  /// before the frames are read; the worker sends no frame while a pipe holds bytes, so later frames do not overtake them. Where frames
  /// are left for the next turn, the pipes' bytes are too.
  private func read(_ handle: (RunEvent) throws -> Void, end: (WorkerProtocol.Answer) -> Void) throws {
    let held = [output, errors].map(bytesHeld)
    guard try readFrames(atMost: Self.turn, handle, end: end) else { return }
    for (pipe, count) in zip([output, errors], held) { try drain(pipe, atMost: count, handle) }
  }

  private func bytesHeld(by pipe: Int32) -> Int {
    var count: Int32 = 0
    return ioctl(pipe, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  private func drain(_ pipe: Int32, atMost limit: Int = .max, _ handle: (RunEvent) throws -> Void) throws {
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

  /// Returns whether all that had come was read.
  @discardableResult private func readFrames(
    atMost limit: Int = .max, _ handle: (RunEvent) throws -> Void, end: (WorkerProtocol.Answer) -> Void
  ) throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var left = limit
    while left > 0 {
      let count = Glibc.read(control, &buffer, min(left, buffer.count))
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return true }
      if count <= 0 {
        isControlOpen = false
        return true
      }
      left -= count
      unparsed += buffer[..<count]
      try parseFrames(handle, end: end)
    }
    return false
  }

  private func parseFrames(_ handle: (RunEvent) throws -> Void, end: (WorkerProtocol.Answer) -> Void) throws {
    var start = 0
    defer { unparsed.removeFirst(start) }
    let headerLength = WorkerProtocol.headerLength
    while unparsed.count - start >= headerLength {
      let length = word(at: start + 1)
      guard seal(kind: unparsed[start], length: UInt32(length)) == word(at: start + 5), length <= WorkerProtocol.longestFrame
      else { throw BrokenChannel() }
      guard unparsed.count - start >= headerLength + length else { return }
      let kind = WorkerProtocol.FrameKind(rawValue: unparsed[start])
      let bytes = unparsed[start + headerLength..<start + headerLength + length]
      start += headerLength + length
      try handleFrame(kind, bytes, handle, end: end)
    }
  }

  private func word(at place: Int) -> Int { unparsed[place..<place + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }

  private func handleFrame(
    _ kind: WorkerProtocol.FrameKind?, _ bytes: ArraySlice<UInt8>, _ handle: (RunEvent) throws -> Void,
    end: (WorkerProtocol.Answer) -> Void
  ) throws {
    switch kind {
    case .standardOutput: try handle(.text(.standardOutput, Array(bytes)))
    case .standardError: try handle(.text(.standardError, Array(bytes)))
    case .output: try handle(.output(decode(bytes)))
    case .progress: try handle(.progress(decode(bytes)))
    case .end: end(try decode(bytes))
    case .synchronize:
      for pipe in [output, errors] { try drain(pipe, handle) }
      acknowledge()
    case nil: throw BrokenChannel()
    }
  }

  private func acknowledge() {
    var word: UInt8 = 1
    while Glibc.send(acknowledgements, &word, 1, Int32(MSG_NOSIGNAL)) < 0 && errno == EINTR {}
  }

  private func decode<Value: Decodable>(_ bytes: ArraySlice<UInt8>) throws -> Value {
    do { return try JSONDecoder().decode(Value.self, from: Data(bytes)) } catch { throw BrokenChannel() }
  }

  /// Collects what is left after the worker's death.
  private func died(
    _ stop: StopReason?, _ handle: (RunEvent) throws -> Void, answer: WorkerProtocol.Answer? = nil
  ) throws -> RunAnswer {
    var answer = answer
    try readFrames(handle) { answer = $0 }
    // A worker closes its channel by its end alone.
    let isClosedByCell = stop == nil && termination == nil && !process.ends(within: .seconds(2))
    if isClosedByCell { process.kill() }
    for pipe in openPipes.sorted() { try drain(pipe, handle) }
    let end = reap()
    let isWithoutHost = stop == nil && end == .exited(WorkerProtocol.noHost)
    return RunAnswer(
      end: .died(end, lastWords: answer?.end), stop: isClosedByCell || isWithoutHost ? .brokenChannel : stop,
      effects: answer?.effects ?? .init())
  }

  /// Waits for a process that has ended or is about to.
  private func reap() -> ChildProcess.Termination {
    if let termination { return termination }
    process.awaitEnd()
    // While its number is still its own.
    process.endPrograms(mark: "\(Self.markName)=\(mark)")
    let ended = process.wait()
    termination = ended
    return ended
  }
}
