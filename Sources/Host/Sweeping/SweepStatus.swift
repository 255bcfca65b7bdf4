import Foundation
import Record

/// How far a sweep is: where each of its points is.
package struct SweepStatus: Sendable {
  package enum Place: Sendable, Equatable {
    case done
    /// Its cell failed: the first error.
    case failed(Diagnostic?, job: String?)
    /// A task has it; `isRunning` if it is the one that runs now.
    case queued(isRunning: Bool, by: SweepSubmission.Executor)
    /// It ran when its task died, for this reason.
    case lost(String, job: String?)
    /// There is a result, but this file, which its run read, has changed since.
    case outdated(String)
    /// No task has it.
    case waiting
  }

  package let places: [Place]
  /// What could not be found out.
  package var problem: Diagnostic?
  /// The number of the last submission that is taken into account.
  let latestSubmission: Int

  package func count(_ isMeant: (Place) -> Bool) -> Int { places.count(where: isMeant) }

  package var isWhole: Bool { places.allSatisfy { $0 == .done } }

  /// The numbers of the points that processes work on which no cluster knows of.
  package var inHandsOfProcesses: [Int] {
    places.indices.filter { number in
      if case .queued(_, let executor) = places[number] { executor != .slurm } else { false }
    }
  }

  /// Looks at the results, and asks the cluster for the tasks of those that have none.
  /// - Parameter store: where digests of files are known already.
  package init(_ sweep: Sweep, slurm: Slurm = Slurm(), store: String? = nil) {
    let inputs = SweepInputs(of: sweep.folder, store: store)
    var places = [Place](repeating: .waiting, count: sweep.points.count)
    var retried: [Int: Int] = [:]
    var problem: Diagnostic?
    let submissions = sweep.submissions
    let attempts = Dictionary(grouping: submissions.isEmpty ? [] : sweep.folder.attempts, by: \.submission)
    for submission in submissions {
      var tasks = TaskKnowledge(submission, attempts: attempts[submission.number] ?? [])
      do { try tasks.ask(sweep, slurm) } catch { problem = error as? Diagnostic ?? Diagnostic(Diagnostic.words(error)) }
      for (task, points) in submission.tasks.enumerated() {
        for point in points where places.indices.contains(point) {
          places[point] = tasks.place(of: point, task: task, former: places[point])
          if submission.retriesFailed { retried[point] = submission.number }
        }
      }
    }
    // A result that came while the tasks were asked for is seen, and one is never taken back.
    let there = sweep.folder.numbersOfResults
    for point in sweep.points where there.contains(point.number) {
      guard let result = sweep.folder.result(of: point) else { continue }
      if let file = inputs.changed(since: result) {
        if case .queued = places[point.number] { continue }
        places[point.number] = .outdated(file)
      } else if !result.hasFailed {
        places[point.number] = .done
      } else if case .queued = places[point.number], result.submission < retried[point.number] ?? 0 {
        // It is tried again.
      } else {
        places[point.number] = .failed(result.problem, job: result.job)
      }
    }
    (self.places, self.problem, latestSubmission) = (places, problem, submissions.last?.number ?? 0)
  }
}

/// What is known of the tasks of a submission.
private struct TaskKnowledge {
  private enum State {
    /// It has ended, for this reason, or was never begun by anyone who is known.
    case gone(String?)
    case queued, running
  }

  private let submission: SweepSubmission
  /// As long as nobody was asked, what is queued may still run.
  private var states: [State]
  /// By task, the point that it was about to run.
  private let attempts: [Int: SweepAttempt]

  init(_ submission: SweepSubmission, attempts: [SweepAttempt]) {
    self.submission = submission
    self.attempts = Dictionary(attempts.map { ($0.task, $0) }) { first, _ in first }
    states = submission.tasks.map { _ in .queued }
  }

  /// - Throws: if the cluster does not answer.
  mutating func ask(_ sweep: Sweep, _ slurm: Slurm) throws {
    let folder = sweep.folder
    switch submission.executor {
    case .slurm:
      guard let job = try sweep.job(of: submission) ?? slurm.job(named: submission.name) else {
        // Whoever hands it over may be about to.
        let isOnItsWay = SweepProcess.isAlive(submission.process, in: folder)
        states = submission.tasks.map { _ in isOnItsWay ? .queued : .gone("it was never handed to Slurm") }
        return
      }
      let known = try slurm.states(ofJob: job)
      states = submission.tasks.indices.map { task in
        switch known[task] {
        case .queued?: .queued
        case .running?: .running
        case .ended(let word)?: .gone("job \(job)_\(task): \(word)")
        case nil: .gone("job \(job)_\(task), of which Slurm knows nothing more")
        }
      }
    case .local:
      let isAlive = SweepProcess.isAlive(submission.process, in: folder)
      states = submission.tasks.indices.map { task in
        isAlive ? (attempts[task].map { $0.point == nil ? .gone(nil) : .running } ?? .queued) : .gone("its process has ended")
      }
    case .print:
      states = submission.tasks.indices.map { task in
        guard let attempt = attempts[task], attempt.point != nil else { return .gone(nil) }
        return SweepProcess.isAlive(attempt.process, in: folder) ? .running : .gone("its process has ended")
      }
    }
  }

  func place(of point: Int, task: Int, former: SweepStatus.Place) -> SweepStatus.Place {
    let attempt = attempts[task].flatMap { $0.point == point ? $0 : nil }
    switch states[task] {
    case .queued: return .queued(isRunning: false, by: submission.executor)
    case .running: return .queued(isRunning: attempt != nil, by: submission.executor)
    case .gone(let reason):
      if case .queued = former { return former }
      if let attempt {
        return .lost(
          "it ran on \(attempt.host) when its task ended" + (reason.map { " (\($0))" } ?? ""), job: attempt.job)
      }
      if case .lost = former { return former }
      return .waiting
    }
  }
}
