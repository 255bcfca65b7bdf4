import CSpawn
import Glibc
import Record

/// A descriptor that is closed when nobody holds it any more. No program that is started inherits it.
package final class Descriptor: Sendable {
  package let number: Int32

  /// Takes over an open descriptor.
  package init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// `/dev/null`, which is always at its end when it is read, and takes whatever is written to it.
  package static func null() throws -> Descriptor {
    let number = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard number >= 0 else { throw Diagnostic.system("'/dev/null' cannot be opened") }
    return Descriptor(number)
  }

  package static func pipe() throws -> (read: Descriptor, write: Descriptor) {
    var ends: [Int32] = [-1, -1]
    let code = folio_pipe(&ends)
    guard code == 0 else { throw Diagnostic.system("no pipe can be made", code: code) }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// Two sockets that are connected. What is written to one of them is read from the other.
  package static func socketPair() throws -> (ours: Descriptor, theirs: Descriptor) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Diagnostic.system("no socket can be made") }
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }

  /// Waits until there is something to read, and reads it, `buffer.count` bytes at most. Returns nil at the end, and for an error.
  package func read(_ buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
    let count = retrying { Glibc.read(number, &buffer, buffer.count) }
    return count > 0 ? buffer[..<count] : nil
  }

  /// Sends all bytes through a socket. Returns whether the other side was there to take them. If it was not, this process gets no signal.
  package func send(_ bytes: some Sequence<UInt8>) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = retrying { rest.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// Makes a system call again whenever a signal has cut it short.
package func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
