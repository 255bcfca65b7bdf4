import CSpawn
import Foundation
import Glibc

/// The names of signals, and what they usually mean.
package enum Signal {
  package static func name(_ number: Int32) -> String {
    guard let name = folio_signal_name(number) else { return "signal \(number)" }
    return "SIG" + String(cString: name)
  }

  package static func meaning(_ number: Int32) -> String {
    switch number {
    case SIGKILL: "it was killed from outside, often by the system because memory ran out"
    case SIGSEGV, SIGBUS: "it touched memory that is not there: a wild or dangling pointer"
    case SIGABRT: "it aborted, often because a C or C++ library gave up"
    case SIGILL, SIGTRAP: "it trapped"
    case SIGTERM: "it was asked to end"
    default: String(cString: strsignal(number))
    }
  }
}
