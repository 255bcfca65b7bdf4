import CWorker
import FolioKit
import Foundation
import Record

/// The thread that runs cells, as a program's main thread runs its `main.swift`. When a cell has used one up, the next takes its place.
enum CellThread {
  /// Work of the worker's own, which must run there since it may call an author's code.
  nonisolated(unsafe) private static var ownWork: (() -> Void)?
  /// The entry point of that work.
  private static let ownEntry: @convention(c) () -> Void = { ownWork?() }
  /// Stands for a cell's number where that work runs.
  private static let ownNumber: Int32 = -1

  /// Starts it.
  static func start() {
    let executor = unsafeBitCast(
      CellThreadExecutor.shared.asUnownedSerialExecutor(), to: (UnsafeMutableRawPointer, UInt).self)
    folio_cells_start(executor.0, executor.1) { pointer, description, unavailable in
      guard let pointer else { return }
      let error = unsafeBitCast(pointer, to: (any Error).self)
      description?.pointee = strdup(Diagnostic.words(error))
      unavailable?.pointee = isUnavailable(error) ? 1 : 0
    }
  }

  /// Runs work of the worker's own. Returns whether it came to its end: an author's code may have trapped.
  static func run(_ work: @escaping () -> Void) -> Bool {
    ownWork = work
    defer { ownWork = nil }
    return CellRun.End(folio_cell_run(ownNumber, unsafeBitCast(ownEntry, to: UnsafeMutableRawPointer.self))).kind
      == FOLIO_FINISHED
  }
}

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
