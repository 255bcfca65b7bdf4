@preconcurrency import Dispatch
import Foundation

/// Ctrl-C: the first stops what runs, the second within a moment ends the program at once. Files are replaced whole, so either leaves
/// the site as it was or whole; the workers end when their host is gone.
final class Interrupts {
  private let source: any DispatchSourceSignal

  init(_ stop: @escaping @Sendable () -> Void) {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    nonisolated(unsafe) var last: ContinuousClock.Instant?
    source.setEventHandler {
      if let last, last.duration(to: .now) < .seconds(5) { _exit(130) }
      last = .now
      stop()
    }
    source.resume()
  }

  func cancel() { source.cancel() }
}
