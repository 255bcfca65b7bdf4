import Foundation
import Glibc
import Processes

/// Wakes a thread that waits for files, from any other thread.
final class WakeSignal: Sendable {
  /// Can be read once it was sent.
  var file: Int32 { readEnd.number }
  private let readEnd: Descriptor
  private let writeEnd: Descriptor

  init() throws {
    (readEnd, writeEnd) = try Descriptor.pipe()
    for end in [readEnd, writeEnd] { _ = fcntl(end.number, F_SETFL, O_NONBLOCK) }
  }

  /// Sends it. A pipe that is full of signals which nobody has received needs no other one.
  func send() { _ = retrying { write(writeEnd.number, [1], 1) } }

  /// Whether it was sent since this was asked last.
  func wasSent() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1 << 12)
    var wasSent = false
    while readEnd.read(&bytes) != nil { wasSent = true }
    return wasSent
  }
}
