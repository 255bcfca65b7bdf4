import Foundation
import Glibc
import Processes

/// Wakes a thread that waits for files, from any other.
final class Bell: Sendable {
  /// Can be read once it has rung.
  var file: Int32 { end.number }
  private let end: Descriptor
  private let rope: Descriptor

  init() throws {
    (end, rope) = try Descriptor.pipe()
    for end in [end, rope] { _ = fcntl(end.number, F_SETFL, O_NONBLOCK) }
  }

  /// A bell that nobody answered needs no second ring, so it may be full.
  func ring() { _ = retrying { write(rope.number, [1], 1) } }

  /// Whether it has rung since it was asked last.
  func hasRung() -> Bool {
    var rings = [UInt8](repeating: 0, count: 1 << 12)
    var hasRung = false
    while end.read(&rings) != nil { hasRung = true }
    return hasRung
  }
}
