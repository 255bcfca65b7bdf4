import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Writes what the command says: results to the standard output, and everything else to the standard error.
///
/// Every write is checked. A stream that cannot be written to (a full disk, a closed descriptor, a reader that has gone) is written to no more, and the
/// work goes on: what is computed is in the cache and in the site. The exit status says it at the end.
enum Console {
  /// The exit status if something could not be written: it is EX_IOERR of sysexits.h.
  static let cannotWrite: Int32 = 74

  /// For each descriptor that could not be written to, the reason as a number of `errno`.
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
        // Another program has set the terminal or the pipe not to wait.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        let reason = errno
        return failures.withLock { $0[descriptor] = reason }
      }
    }
  }

  /// The exit status of the command, given the one that it would end with; says what could not be written, where that can be said.
  static func status(_ status: Int32) -> Int32 {
    let failures = failures.withLock { $0 }
    guard !failures.isEmpty else { return status }
    // A reader that has gone, as in `folio diff | head`, needs no message.
    if let reason = failures[STDOUT_FILENO], reason != EPIPE {
      let why = String(cString: strerror(reason))
      writeError("error: the standard output could not be written: \(why); what ran is kept, and is not lost\n")
    }
    return cannotWrite
  }
}
