import CSpawn
import Foundation
import Glibc
import Record

/// A process of ours, started with exactly the descriptors that it is given.
struct ChildProcess {
  let identifier: pid_t

  /// Starts a program.
  /// - Parameters:
  ///   - descriptors: what the child's descriptors 0, 1, 2, … shall be; nothing else of ours reaches it.
  ///   - directory: its working directory.
  init(
    _ program: String, arguments: [String], environment: [String: String], descriptors: [Int32], directory: String? = nil
  ) throws {
    var argv = ([program] + arguments).map { strdup($0) } + [nil]
    var envp = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child: pid_t = 0
    let status = folio_spawn(&child, program, &argv, &envp, descriptors, Int32(descriptors.count), directory)
    guard status == 0 else {
      // The child may have no number beyond the limit either, to move its descriptors by.
      if [EMFILE, ENFILE, EBADF].contains(status) {
        throw Diagnostic.descriptors("'\(program)' cannot be started", code: EMFILE)
      }
      throw Diagnostic("'\(program)' could not be started: \(String(cString: strerror(status)))")
    }
    identifier = child
  }

  /// Waits for the process's end.
  func wait() -> Termination {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(by: signal)
  }

  /// Ends the process, and all that it started, at once: also what has a process group of its own, as what Foundation starts.
  func kill() {
    // It must start nothing more meanwhile.
    _ = Glibc.kill(identifier, SIGSTOP)
    folio_end_programs(identifier, 0, nil)
    _ = Glibc.kill(-identifier, SIGKILL)
    _ = Glibc.kill(identifier, SIGKILL)
  }

  /// Ends what the process has started, also after its own end, if nobody has waited for it yet.
  /// - Parameter mark: an entry of the environment, `NAME=VALUE`, that it alone was given.
  func endPrograms(mark: String) { folio_end_programs(identifier, 0, mark) }

  /// Waits for the process's end, after which its number is still its own until someone asks how it ended.
  func awaitEnd() {
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
  }

  /// Whether the process has ended, or does so within a time.
  func ends(within limit: Duration) -> Bool {
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

  /// By thread, how long it has waited for a processor, in nanoseconds; nothing where the kernel does not count it.
  var timesInQueue: [String: Int] {
    let folder = "/proc/\(identifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let times = threads.compactMap { thread -> (String, Int)? in
      let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
      return text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { (thread, $0) }
    }
    return Dictionary(times, uniquingKeysWith: { first, _ in first })
  }

  /// The longest that one of the threads has waited since.
  func longestWait(since earlier: [String: Int]) -> Duration {
    .nanoseconds(timesInQueue.map { $0.value - (earlier[$0.key] ?? 0) }.max() ?? 0)
  }

  /// Lets the process go on if a signal has stopped it.
  func goOnIfStopped() {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(identifier), &information, WSTOPPED | WNOHANG) == 0, information.si_signo != 0 else { return }
    _ = Glibc.kill(identifier, SIGCONT)
  }

  /// Asks the process to stop what it does.
  func interrupt() {
    _ = Glibc.kill(identifier, SIGINT)
  }

  enum Termination: Equatable {
    case exited(Int32)
    case killed(by: Int32)
  }

  /// Runs a program to its end, and returns what it wrote to both streams.
  /// - Parameters:
  ///   - meanwhile: is called every few milliseconds until it returns false.
  ///   - isCancelled: whether the program is to be ended at once.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    directory: String? = nil, meanwhile: (() -> Bool)? = nil, isCancelled: (() -> Bool)? = nil
  ) throws -> (termination: Termination, output: String) {
    var pipe: [Int32] = [-1, -1]
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard null >= 0, folio_pipe(&pipe) == 0 else { throw Diagnostic.descriptors("a program cannot be started") }
    defer {
      close(null)
      close(pipe[0])
    }
    let child: ChildProcess
    do {
      defer { close(pipe[1]) }
      child = try ChildProcess(
        program, arguments: arguments, environment: environment, descriptors: [null, pipe[1], pipe[1]], directory: directory)
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var meanwhile = meanwhile
    while true {
      if meanwhile != nil || isCancelled != nil {
        var waiting = pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)
        if poll(&waiting, 1, meanwhile == nil ? 50 : 2) == 0 {
          if let look = meanwhile, !look() { meanwhile = nil }
          if isCancelled?() == true { child.kill() }
          continue
        }
      }
      let count = read(pipe[0], &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      output += buffer[..<count]
    }
    return (child.wait(), String(decoding: output, as: UTF8.self))
  }
}

extension Diagnostic {
  /// A failed system call.
  static func system(_ what: String) -> Diagnostic { Diagnostic("\(what): \(String(cString: strerror(errno)))") }

  /// A system call that failed, probably since the process may open no more files.
  static func descriptors(_ what: String, code: Int32 = errno) -> Diagnostic {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let advice = "At most \(limit.rlim_cur) files may be open at a time here: raise that by 'ulimit -n 1024', or close some."
    return Diagnostic("\(what): \(String(cString: strerror(code)))", advice: [EMFILE, ENFILE].contains(code) ? advice : nil)
  }
}

/// The name of a signal, and what it usually means.
enum Signal {
  static func name(_ number: Int32) -> String {
    guard let name = folio_signal_name(number) else { return "signal \(number)" }
    return "SIG" + String(cString: name)
  }

  static func meaning(_ number: Int32) -> String {
    switch number {
    case SIGKILL: "killed from outside, often by the system because memory ran out"
    case SIGSEGV, SIGBUS: "it touched memory that is not there: a wild or dangling pointer"
    case SIGABRT: "it aborted, often because a C or C++ library gave up"
    case SIGILL, SIGTRAP: "it trapped"
    case SIGTERM: "it was asked to end"
    default: String(cString: strsignal(number))
    }
  }
}
