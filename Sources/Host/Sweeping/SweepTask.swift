import Building
import Document
import Foundation
import Machine
import Record
import Scheduling
import Session

/// Runs points of a sweep, one after the other in one session, or several at once in as many, and writes their results.
///
/// Promises: a point with a result is not run again; a point whose cell failed has a result that says so, and does not stop the others; one that was interrupted, or
/// whose process died, has none.
package final class SweepTask: @unchecked Sendable {
  package enum Event {
    case started(SweepPoint)
    case ended(SweepPoint, SweepResult)
    /// A result is there already.
    case known(SweepPoint)
    case warning(Diagnostic)
  }

  private let sweep: Sweep
  private let submission: SweepSubmission
  private let notebook: Notebook
  private let options: NotebookSession.Options
  private let lock = NSCondition()
  private var sessions: [ObjectIdentifier: NotebookSession] = [:]
  private var isInterrupted = false
  /// What kept a point from having a result.
  private var problem: (any Error)?
  private let environment = ProcessInfo.processInfo.environment

  private let process: SweepProcess
  private let inputs: SweepInputs

  /// - Parameter process: this one, which others see to be at work.
  /// - Throws: what is wrong with the notebook; a `Diagnostic` if it is not what was planned.
  package init(
    _ sweep: Sweep, _ submission: SweepSubmission, options: NotebookSession.Options, process: SweepProcess
  ) throws {
    (self.sweep, self.submission, self.options, self.process) = (sweep, submission, options, process)
    notebook = try sweep.notebook()
    inputs = SweepInputs(of: sweep.folder, store: options.store)
  }

  /// Stops what runs; the points that run get no result.
  package func interrupt() {
    lock.withLock {
      isInterrupted = true
      for session in sessions.values { session.interrupt() }
      lock.broadcast()
    }
  }

  private var isStopped: Bool { lock.withLock { isInterrupted || problem != nil } }

  /// Runs the points of one task, in one session.
  /// - Returns: whether all of them have a result now.
  /// - Throws: what kept one from having a result; those after it were not begun.
  package func run(_ task: Int, observe: @escaping (Event) -> Void) throws -> Bool {
    let points = submission.tasks[task].map { sweep.points[$0] }
    let session = try notebook.session(options)
    defer { session.close() }
    let worker = begin(session)
    defer { end(worker) }
    for point in points where !isStopped { try run(point, task: task, in: session, observe: observe) }
    try note(nil, task: task)
    return !isStopped
  }

  /// Runs all points of the submission here, as many at once as there is room for.
  /// - Parameter observe: is told one thing at a time.
  package func runHere(observe: @escaping (Event) -> Void) throws -> Bool {
    let telling = NSLock()
    nonisolated(unsafe) let tell: (Event) -> Void = { event in telling.withLock { observe(event) } }
    var room = MachineRoom(
      jobs: submission.tasks.map { _ in Schedule.Job(group: notebook.file) }, notebooks: [notebook], options: options,
      resources: submission.resources)
    let warm = WarmSessions()
    defer { warm.closeAll() }
    let group = DispatchGroup()
    while let task = lock.withLock({ next(&room, warm) }) {
      group.enter()
      Thread.detachNewThread { [self] in
        var failure: (any Error)?
        do {
          let session = try warm.take(notebook.file) ?? notebook.session(options)
          let worker = begin(session)
          for number in submission.tasks[task] where !isStopped {
            try run(sweep.points[number], task: task, in: session, observe: tell)
          }
          end(worker)
          warm.give(session, back: notebook.file)
          try note(nil, task: task)
        } catch { failure = error }
        lock.withLock {
          problem = problem ?? failure
          ended.append(task)
          lock.broadcast()
        }
        group.leave()
      }
    }
    group.wait()
    if let problem { throw problem }
    return !isInterrupted
  }

  private var ended: [Int] = []

  /// Waits for the next task that there is room for; nil when none is left. The lock is held.
  private func next(_ room: inout MachineRoom, _ warm: WarmSessions) -> Int? {
    while true {
      for task in ended { room.end(task, notebook: notebook) }
      ended = []
      if isInterrupted || problem != nil { return nil }
      if let task = room.next(prepared: warm.notebooks) { return task }
      guard room.hasOpen else { return nil }
      lock.wait()
    }
  }

  private func begin(_ session: NotebookSession) -> ObjectIdentifier {
    lock.withLock {
      sessions[ObjectIdentifier(session)] = session
      if isInterrupted { session.interrupt() }
      return ObjectIdentifier(session)
    }
  }

  private func end(_ session: ObjectIdentifier) { lock.withLock { sessions[session] = nil } }

  // MARK: - A point

  private func run(_ point: SweepPoint, task: Int, in session: NotebookSession, observe: @escaping (Event) -> Void) throws {
    if let known = sweep.folder.result(of: point), isKept(known) { return observe(.known(point)) }
    observe(.started(point))
    try note(point, task: task)
    let start = ContinuousClock.now
    let run = notebook.running(point.variant)
    let result = try session.run(run) { event in
      if case .warning(let warning) = event { observe(.warning(warning)) }
    }
    // A cell that was stopped has put out what it would not have put out alone.
    let wasStopped = result.record.cells.contains { $0.error?.kind == .interrupted }
    guard !wasStopped, !isStopped || SiteBuilder.Status(result.record) == .succeeded else { return }
    let made = SweepResult(
      of: point, record: result.record, seconds: start.duration(to: .now) / .seconds(1), peakMemory: result.peakMemory,
      host: Sweep.host, job: job, submission: submission.number, inputs: inputs.read(result.files))
    try sweep.folder.write(made)
    observe(.ended(point, made))
  }

  private func isKept(_ result: SweepResult) -> Bool {
    inputs.changed(since: result) == nil
      && !(submission.retriesFailed && result.hasFailed && result.submission < submission.number)
  }

  private func note(_ point: SweepPoint?, task: Int) throws {
    try sweep.folder.write(
      SweepAttempt(
        submission: submission.number, task: task, point: point?.number, host: Sweep.host, process: process.name, job: job))
  }

  /// The number of this task in the cluster's queue.
  private var job: String? {
    guard let array = environment["SLURM_ARRAY_JOB_ID"], let task = environment["SLURM_ARRAY_TASK_ID"] else { return nil }
    return "\(array)_\(task)"
  }
}
