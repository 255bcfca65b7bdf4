import CSpawn
import Glibc
import Record

/// The file descriptors that this process may have, and their limit.
package enum Descriptors {
  /// As many descriptors must be free for a notebook to be compiled, run and shown, with some to spare. The compiler needs about 20.
  package static let fewest = 40
  /// The number that is asked for where the limit may be raised. It is not higher, since some programs that cells start close every descriptor
  /// that they may have, one by one.
  private static let wanted: rlim_t = 4096

  /// Opens those of the descriptors 0, 1 and 2 that are closed: otherwise the next file that is opened would be taken for a standard stream.
  package static func fillStandard() { folio_fill_standard_descriptors() }

  /// Raises the limit as far as this process may raise it, and needs to.
  /// - Throws: A `Diagnostic` if too few descriptors are free even then.
  package static func prepare() throws {
    var (soft, hard) = limits
    if soft < wanted {
      var raised = rlimit(rlim_cur: min(wanted, hard), rlim_max: hard)
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { (soft, hard) = limits }
    }
    let free = free(atMost: fewest)
    guard free >= fewest else {
      throw Diagnostic(
        "file descriptors are short: \(free) are left, and Folio needs \(fewest)", advice: Diagnostic.moreDescriptors)
    }
  }

  /// How many files this process may have open at a time.
  package static var limit: Int { Int(clamping: limits.soft) }

  /// How many programs may run side by side before the descriptors that they need become short.
  package static var mostPrograms: Int { max(1, limit / 16) }

  /// Takes a connection from a listening socket. No program that is started inherits it. Returns its descriptor, or -1 with an `errno`.
  package static func accept(_ socket: Int32) -> Int32 { folio_accept(socket) }

  /// Whether a file could be opened now.
  package static var isAnyFree: Bool { free(atMost: 1) == 1 }

  private static var limits: (soft: rlim_t, hard: rlim_t) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return (limit.rlim_cur, limit.rlim_max)
  }

  /// The number of free descriptors, counted up to `most`.
  private static func free(atMost most: Int) -> Int {
    var (number, free) = (0, 0)
    while number < limit, free < most {
      if fcntl(Int32(number), F_GETFD) < 0 { free += 1 }
      number += 1
    }
    return free
  }
}
