import Foundation
import Glibc
import Record

/// Wakes a thread that waits for files, from any other.
final class Bell: Sendable {
  /// Can be read once it has rung.
  let file: Int32
  private let rope: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw Diagnostic("Files cannot be watched: \(String(cString: strerror(errno)))", advice: "Too many files may be open.")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (file, rope) = (ends[0], ends[1])
  }

  deinit {
    close(file)
    close(rope)
  }

  /// A bell that nobody answered needs no second ring, so it may be full.
  func ring() { _ = write(rope, [1], 1) }

  /// Whether it has rung since it was asked last.
  func hasRung() -> Bool {
    var rings = [UInt8](repeating: 0, count: 1 << 12)
    var hasRung = false
    while read(file, &rings, rings.count) > 0 { hasRung = true }
    return hasRung
  }
}
