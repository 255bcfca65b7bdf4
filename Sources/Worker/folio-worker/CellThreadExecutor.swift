import CWorker
import Foundation

/// The main actor's executor in a session: it runs on the thread that runs cells, as a program's main actor runs on the thread of its
/// `main.swift`, and moves to the next thread when a cell has used one up. Dispatch's main queue could not: a cell that traps on
/// it would stop it for good.
final class CellThreadExecutor: SerialExecutor {
  static let shared = CellThreadExecutor()

  func enqueue(_ job: consuming ExecutorJob) {
    folio_enqueue(unsafeBitCast(UnownedJob(job), to: UnsafeMutableRawPointer.self))
  }

  func isIsolatingCurrentContext() -> Bool? { folio_is_cell_thread() || Thread.isMainThread }

  func checkIsolated() {
    precondition(folio_is_cell_thread() || Thread.isMainThread, "this code must run on the main actor")
  }
}
