import CKernels
import Dispatch
import Foundation
import Machine
import Synchronization

/// Divides work among the processor's cores.
///
/// How it is divided never changes a number: each part writes its own results, and nothing is added up across parts.
package enum Parallel {
  /// How many threads work at once: `FOLIO_THREADS`, or else one for each core that this process may use.
  package static let threads: Int = {
    let wanted = ProcessInfo.processInfo.environment["FOLIO_THREADS"].flatMap(Int.init) ?? 0
    return wanted > 0 ? min(wanted, 1024) : Processor.cores
  }()

  /// Does the parts 0 to `count - 1`, each once, and returns when all are done. Within a part, further division is not worth it: it runs
  /// on the part's own thread.
  package static func perform(_ count: Int, _ part: (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1, ck_in_part() == 0 else {
      for index in 0..<count { part(index) }
      return
    }
    let next = Atomic(0)
    withoutActuallyEscaping(part) { part in
      nonisolated(unsafe) let part = part
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        ck_set_in_part(1)
        defer { ck_set_in_part(0) }
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          part(index)
        }
      }
    }
  }

  /// Divides `rows` rows of `width` numbers each, if they are enough to be worth it.
  package static func overRows(_ rows: Int, width: Int, _ part: (Range<Int>) -> Void) {
    // Below some 10 µs of work, waking a thread costs more than it saves. More parts than threads, since a core may be busy elsewhere.
    let parts = min(4 * threads, rows, max(1, rows * width / 32_768))
    perform(parts) { part(rows * $0 / parts..<rows * ($0 + 1) / parts) }
  }
}
