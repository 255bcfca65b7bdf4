import Document
import Foundation
import Record

/// What is handed to whom.
extension Sweep {
  /// So many tasks are made where nobody says how many points each has: each pays once for its session and its model.
  private static let usualTasks = 100

  /// The points that have no result and are in nobody's hands: those that ran when their task died each have a task of their own, so that what killed it does not
  /// take others along.
  /// - Parameter retriesFailed: whether points that failed run again.
  package func tasks(
    _ status: SweepStatus, pointsPerTask: Int?, mostTasks: Int, retriesFailed: Bool
  ) -> [[Int]] {
    var (alone, together) = ([[Int]](), [Int]())
    for (number, place) in status.places.enumerated() {
      switch place {
      case .waiting, .outdated: together.append(number)
      case .lost: alone.append([number])
      case .failed: if retriesFailed { together.append(number) }
      case .done, .queued: continue
      }
    }
    // Where a cluster takes no more tasks, each of them has more points.
    if alone.count > mostTasks / 2 { (alone, together) = ([], (alone.flatMap(\.self) + together).sorted()) }
    let room = max(1, mostTasks - alone.count)
    let usual = (together.count + Self.usualTasks - 1) / Self.usualTasks
    let size = max(1, pointsPerTask ?? usual, (together.count + room - 1) / room)
    return stride(from: 0, to: together.count, by: size).map { Array(together[$0..<min(together.count, $0 + size)]) } + alone
  }

  /// The command that runs a task, from any folder: what Slurm and others start.
  package func command(program: String, _ submission: SweepSubmission, task: String) -> String {
    "\(Self.quoted(program)) sweep-task \(Self.quoted(folder.absolutePath)) --submission \(submission.number) --task \(task)"
  }

  /// A word as a shell reads it.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

  /// Hands a submission to Slurm: what it consists of is written down already, and the number of its job is written down as soon as it is known.
  package func submit(
    _ submission: SweepSubmission, to slurm: Slurm, program: String, request: Slurm.Request
  ) throws -> String {
    let script = """
      #!/bin/sh
      # A task of the sweep \(name). Written by Folio.
      if [ -n "$SLURM_CPUS_PER_TASK" ]; then export FOLIO_THREADS="$SLURM_CPUS_PER_TASK"; fi
      exec \(command(program: program, submission, task: "\"$SLURM_ARRAY_TASK_ID\""))

      """
    let path = "submissions/\(submission.number).sh"
    try folder.write(Data(script.utf8), to: path)
    try FileManager.default.createDirectory(atPath: folder.file("logs"), withIntermediateDirectories: true)
    let job = try slurm.submit(
      submission, script: folder.file(path), logs: folder.absolutePath + "/logs", request: request)
    try note(job: job, of: submission)
    return job
  }

  /// The log of a task; nil if there is none.
  package func log(ofJob job: String?) -> String? {
    guard let job else { return nil }
    let path = folder.file("logs/\(job).log")
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }
}
