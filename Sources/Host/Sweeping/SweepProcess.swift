import Files
import Foundation

/// A process that works on a sweep, and the sign by which others see that it does: a file in the sweep's folder that it touches every few seconds.
///
/// The age of the file is what the file system itself says it is, beside a file that the reader has just touched: clocks of machines need not agree, and a
/// machine that is gone, or a process number that another process has meanwhile, does not pass for one that works.
package final class SweepProcess: @unchecked Sendable {
  private static let folderName = "processes"
  /// In seconds, between two touches.
  private static let pace = 10
  /// Who has not touched its file for so many seconds is no more. Network file systems show a change to others up to a minute late.
  static let patience = 150

  /// How others find it: the name of its file.
  package let name: String
  private let path: String
  private let stopped = NSCondition()
  private var isStopped = false

  /// From now on this process is seen to work on the sweep, until it is let go.
  package init(in folder: SweepFolder) throws {
    name = "\(Sweep.host)~\(getpid())~\(Self.machine)~\(UUID().uuidString.prefix(8))"
    path = folder.file("\(Self.folderName)/\(name)")
    try folder.write(Data(), to: "\(Self.folderName)/\(name)")
    Thread.detachNewThread { [stopped, path, weak self] in
      while true {
        stopped.lock()
        let end = Date(timeIntervalSinceNow: Double(Self.pace))
        while self.map({ !$0.isStopped }) ?? false, stopped.wait(until: end) {}
        let goesOn = self.map { !$0.isStopped } ?? false
        if goesOn { utimensat(AT_FDCWD, path, nil, 0) }
        stopped.unlock()
        if !goesOn { return }
      }
    }
  }

  /// It works on the sweep no longer.
  package func end() {
    stopped.withLock {
      isStopped = true
      unlink(path)
      stopped.broadcast()
    }
  }

  deinit { unlink(path) }

  // MARK: - Those of others

  /// Tells this start of this machine, and in it this container, from others: only within one does a process number say anything.
  private static let machine: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
    let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    return "\(boot.prefix(8))-\(space.filter(\.isNumber))"
  }()

  /// The machine on which a process works, for people.
  static func host(_ name: String) -> String { name.split(separator: "~").first.map(String.init) ?? name }

  /// The number of a process that works on this machine; nil of another machine's.
  static func number(_ name: String) -> pid_t? {
    let parts = name.split(separator: "~")
    return parts.count == 4 && parts[2] == machine ? pid_t(parts[1]) : nil
  }

  /// Whether a process still works on the sweep.
  static func isAlive(_ name: String, in folder: SweepFolder) -> Bool {
    var status = stat()
    guard stat(folder.file("\(folderName)/\(name)"), &status) == 0 else { return false }
    if let number = number(name), kill(number, 0) != 0, errno == ESRCH { return false }
    return now(folder) - status.st_mtim.tv_sec < patience
  }

  /// The time that the file system of the folder has.
  private static func now(_ folder: SweepFolder) -> Int {
    let probe = folder.file("\(folderName)/.now-\(UUID().uuidString)")
    var status = stat()
    defer { unlink(probe) }
    let file = open(probe, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o644)
    guard file >= 0 else { return time(nil) }
    defer { close(file) }
    return write(file, "\n", 1) == 1 && fstat(file, &status) == 0 ? status.st_mtim.tv_sec : time(nil)
  }
}

extension Sweep {
  /// Asks the processes of this machine that work on the sweep, and that no cluster has started, to stop, as Ctrl-C does.
  /// - Returns: what was done, and of which machines it could not be done, for people.
  package func stopProcesses() -> [String] {
    let submissions = self.submissions
    let printed = Set(submissions.filter { $0.executor == .print }.map(\.number))
    let processes =
      submissions.filter { $0.executor == .local }.map(\.process)
      + folder.attempts.filter { $0.point != nil && printed.contains($0.submission) }.map(\.process)
    return Set(processes).filter { SweepProcess.isAlive($0, in: folder) }.sorted().map { name in
      guard let number = SweepProcess.number(name) else {
        return "a process on \(SweepProcess.host(name)) works on it: stop it there"
      }
      return kill(number, SIGTERM) == 0 ? "process \(number) is asked to stop" : "process \(number) cannot be stopped"
    }
  }
}
