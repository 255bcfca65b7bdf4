import ArgumentParser
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Handles Ctrl-C and the signals by which others ask a program to end: what runs is stopped, and what came before is kept.
///
/// A second Ctrl-C within five seconds ends the program at once. Files are replaced whole, so the site is then as it was or whole; the workers end when
/// their host is gone. After SIGTERM or SIGHUP the program ends in any case, even if a cell runs on in a C library: it waits for the cell for nine seconds,
/// since whoever has sent such a signal mostly waits for ten before it kills.
final class Interrupts {
  /// A terminal that goes away says so several times, so only Ctrl-C counts twice.
  private static let asked = [SIGINT, SIGTERM, SIGHUP]
  private static let patience = DispatchTimeInterval.seconds(9)
  /// The first signal that came.
  private static let first = Mutex<Int32?>(nil)

  private var sources: [any DispatchSourceSignal] = []
  private var former: [(number: Int32, action: sigaction)] = []

  /// - Parameter stop: is told each signal.
  init(_ stop: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "signals")
    nonisolated(unsafe) var last: ContinuousClock.Instant?
    for number in Self.asked where number == SIGINT || !Self.isIgnored(number) {
      var action = sigaction()
      sigaction(number, nil, &action)
      former.append((number, action))
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        Self.first.withLock { $0 = $0 ?? number }
        if number == SIGINT {
          if let last, last.duration(to: .now) < .seconds(5) { _exit(128 + number) }
          last = .now
        } else {
          DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { _exit(128 + number) }
        }
        stop(number)
      }
      source.resume()
      sources.append(source)
    }
  }

  /// `nohup` and its like have a program ignore the end of its terminal.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// From now on signals do what they did before.
  func cancel() {
    for source in sources { source.cancel() }
    for (number, saved) in former {
      var action = saved
      sigaction(number, &action, nil)
    }
  }

  /// How a command ends that was stopped: as a shell says it of a program that the signal has ended.
  static func status(_ code: ExitCode) -> ExitCode {
    guard code.rawValue == 128 + SIGINT, let first = first.withLock({ $0 }) else { return code }
    return ExitCode(128 + first)
  }

  /// The status of a command that runs until it is stopped.
  static var status: ExitCode { status(ExitCode(128 + SIGINT)) }
}
