import Foundation
import Record

/// How far a sweep is: where each of its points is.
package struct SweepStatus: Sendable {
  package enum Place: Sendable, Equatable {
    case done
    /// Its cell failed: the first error.
    case failed(Diagnostic?, job: String?)
    /// A task has it; `isRunning` if it is the one that runs now.
    case queued(isRunning: Bool)
    /// It ran when its task died, for this reason.
    case lost(String)
    /// No task has it.
    case waiting
  }

  package let places: [Place]
  /// What could not be found out.
  package var problem: Diagnostic?

  package func count(_ isMeant: (Place) -> Bool) -> Int { places.count(where: isMeant) }

  package var isWhole: Bool { places.allSatisfy { $0 == .done } }

  /// Looks at the results, and asks the cluster for the tasks of those that have none.
  package init(_ sweep: Sweep, slurm: Slurm = Slurm()) {
    var places = [Place](repeating: .waiting, count: sweep.points.count)
    var latest: [Int: Int] = [:]
    var problem: Diagnostic?
    for submission in sweep.submissions {
      let tasks: TaskKnowledge
      do { tasks = try TaskKnowledge(sweep, submission, slurm) } catch {
        problem = error as? Diagnostic ?? Diagnostic(Diagnostic.words(error))
        tasks = TaskKnowledge(unknown: submission, sweep)
      }
      for (task, points) in submission.tasks.enumerated() {
        for point in points where places.indices.contains(point) {
          places[point] = tasks.place(of: point, task: task, former: places[point])
          latest[point] = submission.retriesFailed ? submission.number : latest[point]
        }
      }
    }
    let there = sweep.folder.numbersOfResults
    for point in sweep.points where there.contains(point.number) {
      guard let result = sweep.folder.result(of: point) else { continue }
      if !result.hasFailed {
        places[point.number] = .done
      } else if case .queued = places[point.number], result.submission < latest[point.number] ?? 0 {
        // It is tried again.
      } else {
        places[point.number] = .failed(result.problem, job: result.job)
      }
    }
    (self.places, self.problem) = (places, problem)
  }
}

/// What is known of the tasks of a submission.
private struct TaskKnowledge {
  private enum State {
    /// Nothing is known of it.
    case gone(String?)
    case queued, running
  }

  private var states: [State]
  /// By task, the point that it was about to run.
  private var attempts: [Int: SweepAttempt]

  init(_ sweep: Sweep, _ submission: SweepSubmission, _ slurm: Slurm) throws {
    self.init(unknown: submission, sweep)
    switch submission.executor {
    case .slurm:
      guard let job = try sweep.job(of: submission) ?? slurm.job(named: submission.name) else {
        states = submission.tasks.map { _ in .gone("it was never handed to Slurm") }
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
      let isAlive = submission.process.map(SweepProcess.isAlive) ?? false
      states = submission.tasks.indices.map { task in
        isAlive ? (attempts[task].map { $0.point == nil ? .gone(nil) : .running } ?? .queued) : .gone("its process has ended")
      }
    case .print:
      states = submission.tasks.indices.map { task in
        guard let attempt = attempts[task] else { return .gone(nil) }
        let isAlive = attempt.point != nil && SweepProcess.isAlive("\(attempt.host) \(attempt.process)")
        return isAlive ? .running : .gone("its process has ended")
      }
    }
  }

  /// As where nobody can be asked: what is queued may still run.
  init(unknown submission: SweepSubmission, _ sweep: Sweep) {
    states = submission.tasks.map { _ in .queued }
    let own = sweep.folder.attempts.filter { $0.submission == submission.number }
    attempts = Dictionary(own.map { ($0.task, $0) }) { first, _ in first }
  }

  func place(of point: Int, task: Int, former: SweepStatus.Place) -> SweepStatus.Place {
    let isAtHand = attempts[task]?.point == point
    switch states[task] {
    case .queued: return .queued(isRunning: false)
    case .running: return .queued(isRunning: isAtHand)
    case .gone(let reason):
      if isAtHand {
        return .lost(reason.map { "it ran on \(attempts[task]?.host ?? "") when its task ended (\($0))" } ?? "its task ended")
      }
      if case .queued = former { return former }
      if case .lost = former { return former }
      return .waiting
    }
  }
}

/// Processes of this machine and of others.
enum SweepProcess {
  /// Whether a process, as `host number`, still runs. Of another machine nobody knows that here: it counts as running, so that nothing is done twice.
  static func isAlive(_ process: String) -> Bool {
    let words = process.split(separator: " ")
    guard words.count == 2, let number = pid_t(words[1]) else { return false }
    guard words[0] == Sweep.host else { return true }
    return kill(number, 0) == 0 || errno == EPERM
  }
}
