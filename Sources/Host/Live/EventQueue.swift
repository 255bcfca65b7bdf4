import Foundation

/// The events that a reader has not been sent yet. Whoever changes a page fills it, and the thread of the reader's connection empties it.
final class EventQueue: @unchecked Sendable {
  enum Next {
    case data(Data)
    /// Nothing has come for so long.
    case nothing
    case end
  }

  private let condition = NSCondition()
  private let most: Int
  private var waiting: [Data] = []
  private var hasEnded = false
  private var onEnd: (@Sendable () -> Void)?

  /// - Parameter most: how many pieces may lie unread.
  init(most: Int) { self.most = most }

  /// Returns false if too many lie unread: the reader does not listen.
  func add(_ data: Data) -> Bool {
    condition.withLock {
      guard !hasEnded, waiting.count < most else { return hasEnded }
      waiting.append(data)
      condition.signal()
      return true
    }
  }

  /// What was added before is still sent.
  func end() {
    let tell = condition.withLock {
      hasEnded = true
      condition.signal()
      defer { onEnd = nil }
      return onEnd
    }
    tell?()
  }

  /// Is called once, outside all locks of the queue.
  func whenEnded(_ body: @escaping @Sendable () -> Void) { condition.withLock { onEnd = body } }

  /// Blocks until there is something, for at most `seconds`.
  func next(within seconds: TimeInterval) -> Next {
    let latest = Date(timeIntervalSinceNow: seconds)
    return condition.withLock {
      while waiting.isEmpty && !hasEnded {
        if !condition.wait(until: latest) { return .nothing }
      }
      return waiting.isEmpty ? .end : .data(waiting.removeFirst())
    }
  }
}
