import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// What the command says: results to the standard output, everything else to the standard error.
///
/// Every write is checked. A stream that cannot be written to (a full disk, a closed descriptor, a reader that has gone) is written to no more, and the
/// work goes on: what is computed is in the cache and in the site. The exit status says it at the end.
enum Console {
  /// The exit status if something could not be said: EX_IOERR of sysexits.h.
  static let cannotWrite: Int32 = 74

  /// The reasons by descriptor, as numbers of `errno`.
  private static let failures = Mutex<[Int32: Int32]>([:])

  static func write(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

  static func writeError(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    guard failures.withLock({ $0[descriptor] == nil }) else { return }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // Somebody has made the terminal or the pipe one that does not wait.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        let reason = errno
        return failures.withLock { $0[descriptor] = reason }
      }
    }
  }

  /// The exit status of a command that would end with another one; says what could not be written, where that can be said.
  static func status(_ status: Int32) -> Int32 {
    let failures = failures.withLock { $0 }
    guard !failures.isEmpty else { return status }
    // A reader that has gone, as of `folio diff | head`, knows it.
    if let reason = failures[STDOUT_FILENO], reason != EPIPE {
      let why = String(cString: strerror(reason))
      writeError("error: the standard output could not be written: \(why); what ran is kept, and is not lost\n")
    }
    return cannotWrite
  }
}
