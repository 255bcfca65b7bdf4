import CSpawn
import Foundation
import Glibc
import Record

/// A program that this process has started. Folio starts every program in this way.
///
/// Promises:
/// - The program has exactly the descriptors that it is given, a session of its own, and no signal that is blocked or ignored. It does not matter how
///   many files are open here.
/// - What is opened for the program is closed again, also if the program cannot be started.
/// - `finish` waits for the end of the program. If the program ends while something is written to it, this process gets no signal.
///
/// Foundation's `Process` is not used: it writes beyond a table of its own when some 1,300 files are open.
package struct ChildProcess: Sendable {
  package let identifier: pid_t

  /// Starts a program.
  /// - Parameters:
  ///   - program: The path of the program, or its name on the `PATH`.
  ///   - descriptors: The descriptors that the program gets as 0, 1, 2, and so on. It gets no others.
  ///   - directory: The working directory of the program.
  ///   - advice: What the error advises if there is no such program.
  package init(
    _ program: String, arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    descriptors: [Descriptor], directory: String? = nil, advice: String? = nil
  ) throws {
    var argv = ([program] + arguments).map { strdup($0) } + [nil]
    var envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child: pid_t = 0
    let status = withExtendedLifetime(descriptors) {
      folio_spawn(&child, program, &argv, &envp, descriptors.map(\.number), Int32(descriptors.count), directory)
    }
    guard status == 0 else { throw Diagnostic.system("'\(program)' cannot be started", code: status, advice: advice) }
    identifier = child
  }

  /// Waits for the end of the process, and says how it ended.
  package func wait() -> Termination {
    var status: Int32 = 0
    _ = retrying { waitpid(identifier, &status, 0) }
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(by: signal)
  }

  /// Ends the process at once, and all programs that it has started, also those with a process group of their own, as Foundation's have.
  package func kill() {
    // The process itself is ended first, so that it starts nothing more. If it were only stopped, and this process ended before the next line,
    // it would stay stopped for ever.
    _ = Glibc.kill(identifier, SIGKILL)
    _ = Glibc.kill(-identifier, SIGKILL)
    folio_end_programs(identifier, 0, nil)
  }

  /// Ends the programs that the process has started. The process itself may have ended already, as long as nobody has waited for it.
  /// - Parameter mark: An entry `NAME=VALUE` of the environment that only this process was given.
  package func endPrograms(mark: String) { folio_end_programs(identifier, 0, mark) }

  /// Waits for the end of the process, and leaves it to `wait` to ask how it ended. Until then no other process gets its number.
  package func awaitEnd() {
    var information = siginfo_t()
    _ = retrying { waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) }
  }

  /// Whether the process has ended, or ends within a time. It waits for that.
  package func ends(within limit: Duration) -> Bool {
    let end = ContinuousClock.now + limit
    while true {
      var information = siginfo_t()
      if waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT | WNOHANG) == 0, information.si_signo != 0 {
        return true
      }
      if ContinuousClock.now >= end { return false }
      usleep(2000)
    }
  }

  /// How long each thread of the process has waited for a processor, in nanoseconds, by the thread's number. It is empty where the kernel does not
  /// count that.
  package var timesInQueue: [String: Int] {
    let folder = "/proc/\(identifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let times = threads.compactMap { thread -> (String, Int)? in
      let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
      return text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { (thread, $0) }
    }
    return Dictionary(times, uniquingKeysWith: { first, _ in first })
  }

  /// The longest time that one of the threads has waited for a processor since an earlier look at `timesInQueue`.
  package func longestWait(since earlier: [String: Int]) -> Duration {
    .nanoseconds(timesInQueue.map { $0.value - (earlier[$0.key] ?? 0) }.max() ?? 0)
  }

  /// Lets the process go on if a signal has stopped it.
  package func goOnIfStopped() {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(identifier), &information, WSTOPPED | WNOHANG) == 0, information.si_signo != 0 else { return }
    _ = Glibc.kill(identifier, SIGCONT)
  }

  /// Asks the process by SIGINT to stop what it does.
  package func interrupt() {
    _ = Glibc.kill(identifier, SIGINT)
  }

  package enum Termination: Equatable, Sendable {
    case exited(Int32)
    case killed(by: Int32)
  }
}

extension ChildProcess {
  /// How a program has ended, and what it has written.
  package struct Finished: Sendable {
    package var termination: Termination
    /// What the program wrote to its standard output; if both streams were joined, also what it wrote to its standard error.
    package var output: Data
    package var errors: Data

    package var text: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
    /// The exit status as a shell gives it. For a program that a signal has ended it is 128 plus the number of the signal.
    package var status: Int32 {
      switch termination {
      case .exited(let status): status
      case .killed(let signal): 128 + signal
      }
    }
  }

  /// How a program that runs to its end is started.
  package struct Call {
    package var program: String
    package var arguments: [String]
    package var environment = ProcessInfo.processInfo.environment
    package var directory: String?
    /// What the program reads from its standard input. By default that is empty.
    package var input = Data()
    /// Whether its two output streams come as one, in the order in which the program wrote to them.
    package var joinsStreams = false
    /// What the error advises if there is no such program.
    package var advice: String?
    /// This is called every few milliseconds until it returns false.
    package var meanwhile: (() -> Bool)?
    /// This is called every few milliseconds, and says whether the program is to be ended at once.
    package var isCancelled: (() -> Bool)?
    /// This is told the process as soon as it runs.
    package var started: ((ChildProcess) -> Void)?

    package init(_ program: String, _ arguments: [String] = []) {
      (self.program, self.arguments) = (program, arguments)
    }
  }

  /// Runs a program to its end, and returns what it wrote.
  /// - Throws: a `Diagnostic` if it cannot be started.
  package static func finish(_ call: Call) throws -> Finished {
    // The program's own ends are closed here when `start` returns, so that its streams end with it.
    var (child, streams) = try start(call)
    call.started?(child)
    streams.transfer(meanwhile: call.meanwhile, isCancelled: call.isCancelled.map { look in { if look() { child.kill() } } })
    return Finished(termination: child.wait(), output: streams.output, errors: streams.errors)
  }

  private static func start(_ call: Call) throws -> (ChildProcess, ChildStreams) {
    // The input is a socket, since writing to a pipe that nobody reads any more would send this process a signal.
    let input = call.input.isEmpty ? nil : try Descriptor.socketPair()
    let output = try Descriptor.pipe()
    let errors = call.joinsStreams ? nil : try Descriptor.pipe()
    let child = try ChildProcess(
      call.program, arguments: call.arguments, environment: call.environment,
      descriptors: [input?.theirs ?? Descriptor.null(), output.write, (errors ?? output).write], directory: call.directory,
      advice: call.advice)
    return (child, ChildStreams(input: input?.ours, unsent: call.input, output: output.read, errors: errors?.read))
  }

  /// Runs a program to its end, and returns what it wrote to both streams.
  /// - Parameters:
  ///   - meanwhile: It is called every few milliseconds until it returns false.
  ///   - isCancelled: It is called every few milliseconds, and says whether the program is to be ended at once.
  package static func run(
    _ program: String, _ arguments: [String], meanwhile: (() -> Bool)? = nil, isCancelled: (() -> Bool)? = nil
  ) throws -> (termination: Termination, output: String) {
    var call = Call(program, arguments)
    (call.joinsStreams, call.meanwhile, call.isCancelled) = (true, meanwhile, isCancelled)
    let finished = try finish(call)
    return (finished.termination, finished.text)
  }
}
