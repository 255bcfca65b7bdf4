import Foundation
import Glibc

/// A process that tries inputs, watched from outside.
struct Child {
  /// How it ended.
  struct End: Equatable {
    enum Reason: Equatable {
      case done, wantsRestart
      case failed(String)
    }

    var reason: Reason
    /// What it wrote at last.
    var errors: String
  }

  /// How much processor time an input may take, and how much time by the clock, in seconds.
  static let processorLimit = 2.0, clockLimit = 60.0

  let arguments: [String]
  let folder: String
  let progress: Progress
  /// Whether a crash shows where it was. That takes a second or two.
  var showsPlace = false

  /// Starts it and waits for its end.
  func run() throws -> End {
    let errors = folder + "/errors"
    let process = try start(errors: errors)
    var (status, stalled) = (Int32(0), String?.none)
    var (number, processorStart, clockStart) = (-1, 0.0, Date())
    while waitpid(process, &status, WNOHANG) == 0 {
      usleep(10_000)
      let (current, used) = (progress.number, Self.processorTime(process))
      if current != number { (number, processorStart, clockStart) = (current, used, Date()) }
      if used - processorStart > Self.processorLimit {
        stalled = "it took more than \(Int(Self.processorLimit)) s of processor time"
      } else if Date().timeIntervalSince(clockStart) > Self.clockLimit {
        stalled = "nothing happened for \(Int(Self.clockLimit)) s"
      }
      if stalled != nil {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        break
      }
    }
    let text = Self.tail(of: errors)
    if let stalled { return End(reason: .failed(stalled), errors: text) }
    return End(reason: Self.reason(status, text), errors: text)
  }

  private static func reason(_ status: Int32, _ errors: String) -> End.Reason {
    let signal = status & 0x7F
    if signal != 0 { return .failed("it ended by \(String(cString: strsignal(signal)))\(cause(errors).map { ": " + $0 } ?? "")") }
    switch status >> 8 & 0xFF {
    case Attempts.done: return .done
    case Attempts.wantsRestart: return .wantsRestart
    case Attempts.brokenPromise: return .failed("a promise does not hold: \(errors.split(separator: "\n").last ?? "")")
    case let code: return .failed("it ended with \(code): \(cause(errors) ?? "")")
    }
  }

  /// The line that says why a process trapped.
  private static func cause(_ errors: String) -> String? {
    errors.split(separator: "\n").last {
      $0.contains("rror") || $0.contains("terminate") || $0.contains("emory") || $0.contains("lloc")
    }.map { String($0.prefix(300)) }
  }

  /// What a crash's backtrace says of it: why, and where in the sources.
  static func place(_ errors: String) -> String? {
    let lines = errors.split(separator: "\n")
    let why =
      lines.first { $0.hasPrefix("*** Swift runtime failure") || $0.contains("Fatal error:") }.map { " " + $0.prefix(200) } ?? ""
    let place = lines.lazy.compactMap { $0.firstMatch(of: /\/(Sources\/[^ ]+)$/)?.1 }.first
    return place.map { "\($0)\(why)" }
  }

  private static func tail(of file: String) -> String {
    String(decoding: (FileManager.default.contents(atPath: file) ?? Data()).suffix(12_000), as: UTF8.self)
  }

  /// In seconds.
  private static func processorTime(_ process: pid_t) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let name = text.lastIndex(of: ")")
    else { return 0 }
    let fields = text[name...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private func start(errors: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    // One arena and one thread, so that the address space is what inputs take; the same order of every set, so that a run is one of its seed.
    let traces = showsPlace ? "enable=yes,color=no,threads=crashed,limit=40,images=none,registers=none" : "enable=no"
    let settings = [
      "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "SWIFT_BACKTRACE": traces, "SWIFT_DETERMINISTIC_HASHING": "1",
    ]
    let environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }.map { "\($0.key)=\($0.value)" }
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var process = pid_t()
    let code = posix_spawn(&process, program, &actions, nil, &argv, &envp)
    guard code == 0 else { throw Failure("no process can be started: \(String(cString: strerror(code)))") }
    return process
  }
}
