import Document
import Foundation
import Processes
import Record

/// What a sweep asks of Slurm.
package protocol SlurmCommands: Sendable {
  /// Runs one of Slurm's programs. Returns its status and what it wrote.
  /// - Throws: if there is no such program.
  func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String)
}

/// Slurm's own programs, found on the `PATH`.
package struct SlurmPrograms: SlurmCommands {
  package init() {}

  package func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
    let call = ChildProcess.Call(program, arguments)
    do {
      let finished = try ChildProcess.finish(call)
      return (finished.status, finished.text, finished.errorText)
    } catch {
      throw Diagnostic(
        "Slurm's program '\(program)' cannot be started", advice: "Run this on a machine of the cluster, where 'sinfo' works.")
    }
  }
}

/// Slurm as a sweep sees it: job arrays.
package struct Slurm: Sendable {
  private let commands: any SlurmCommands
  /// Waits before a question is asked again.
  private let pause: @Sendable (_ seconds: Int) -> Void

  package init(
    _ commands: any SlurmCommands = SlurmPrograms(), pause: @escaping @Sendable (Int) -> Void = { sleep(UInt32($0)) }
  ) {
    (self.commands, self.pause) = (commands, pause)
  }

  /// What a user asks for besides what a run takes.
  package struct Request: Sendable, Equatable {
    package var partition: String?
    package var account: String?
    /// How many tasks may run at a time.
    package var atOnce: Int?
    /// Further options of `sbatch`, as they are.
    package var others: [String] = []

    package init() {}
  }

  /// What became of a task.
  package enum TaskState: Sendable, Equatable {
    case queued, running
    /// Ended, in Slurm's word: `COMPLETED`, `OUT_OF_MEMORY`, `TIMEOUT`, `NODE_FAIL`, `CANCELLED`.
    case ended(String)
  }

  /// The most tasks of one array.
  package func mostTasks() throws -> Int {
    let answer = try ask("scontrol", ["show", "config"])
    let value = answer.split(separator: "\n").first { $0.hasPrefix("MaxArraySize") }?.split(separator: "=").last
    return max(1, value.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 1001)
  }

  /// Hands the tasks of a submission to Slurm.
  /// - Parameters:
  ///   - script: what each of them runs.
  ///   - logs: the folder of their logs.
  /// - Returns: the job's number.
  package func submit(
    _ submission: SweepSubmission, script: String, logs: String, request: Request
  ) throws -> String {
    let resources = submission.resources
    let limit = request.atOnce.map { "%\($0)" } ?? ""
    let points = submission.tasks.map(\.count).max() ?? 1
    var arguments = [
      "--parsable", "--array=0-\(submission.tasks.count - 1)\(limit)", "--job-name=\(submission.name)", "--requeue",
      // A task that is about to run out of time, or to be put aside, has a minute to note what it was about.
      "--open-mode=append", "--signal=B:TERM@60", "--output=\(logs.replacing("%", with: "%%"))/%A_%a.log", "--nodes=1",
      "--ntasks=1",
    ]
    if let cores = resources.cores { arguments.append("--cpus-per-task=\(cores)") }
    if let memory = resources.memory { arguments.append("--mem=\(max(1, (memory + 1_048_575) / 1_048_576))M") }
    if let gpus = resources.gpus, gpus > 0 { arguments.append("--gpus=\(gpus)") }
    if let time = resources.time { arguments.append("--time=\((time * points + 59) / 60 + 1)") }
    if let partition = request.partition { arguments.append("--partition=\(partition)") }
    if let account = request.account { arguments.append("--account=\(account)") }
    // It is not asked twice: whether the first time was heard is not known. The job is found again by its name.
    let answer = try ask("sbatch", arguments + request.others + [script], times: 1)
    guard let number = answer.split(separator: "\n").last?.split(separator: ";").first, number.allSatisfy(\.isNumber) else {
      throw Diagnostic("sbatch said '\(answer.trimmingCharacters(in: .whitespacesAndNewlines))', and no job's number")
    }
    return String(number)
  }

  /// The number of the job with a name that is queued or runs; nil if there is none.
  package func job(named name: String) throws -> String? {
    let answer = try ask("squeue", ["--noheader", "--array", "--me", "--name=\(name)", "--states=all", "--format=%F"])
    return answer.split(whereSeparator: \.isWhitespace).first.map(String.init)
  }

  /// What became of the tasks of a job, by their numbers. Of those that Slurm has forgotten nothing is said.
  package func states(ofJob job: String) throws -> [Int: TaskState] {
    var states = try ended(job)
    for line in try ask("squeue", ["--noheader", "--array", "--jobs=\(job)", "--format=%K %T"]).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let task = Int(words[0]) else { continue }
      switch words[1] {
      case "PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD": states[task] = .queued
      case "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING":
        states[task] = .running
      case let word: states[task] = .ended(String(word))
      }
    }
    return states
  }

  /// From the accounts, where there are any, and else from what the controller still remembers.
  private func ended(_ job: String) throws -> [Int: TaskState] {
    if let accounts = try? commands.run(
      "sacct", ["--noheader", "--allocations", "--parsable2", "--array", "--jobs=\(job)", "--format=JobID,State"]),
      accounts.status == 0, !accounts.output.isEmpty
    {
      return Self.pairs(accounts.output.split(separator: "\n").map { $0.split(separator: "|").map(String.init) })
    }
    return Self.pairs(
      try ask("scontrol", ["show", "job", job, "--oneliner"]).split(separator: "\n").map { line in
        var fields: [Substring: Substring] = [:]
        for field in line.split(separator: " ") {
          let pair = field.split(separator: "=", maxSplits: 1)
          if pair.count == 2, fields[pair[0]] == nil { fields[pair[0]] = pair[1] }
        }
        let state = fields["JobState"].map { state in
          // What the controller calls failed may have a reason that says more.
          state == "FAILED"
            ? fields["Reason"].map { $0 == "None" || $0 == "NonZeroExitCode" ? "FAILED" : "FAILED(\($0))" } ?? "FAILED"
            : String(state)
        }
        return ["_" + (fields["ArrayTaskId"].map(String.init) ?? ""), state ?? ""]
      })
  }

  private static func pairs(_ rows: [[String]]) -> [Int: TaskState] {
    var states: [Int: TaskState] = [:]
    for row in rows where row.count >= 2 {
      guard let task = row[0].split(separator: "_").last.flatMap({ Int($0) }) else { continue }
      let word = row[1].split(separator: " ").first.map(String.init) ?? row[1]
      states[task] = word == "PENDING" ? .queued : word == "RUNNING" || word == "COMPLETING" ? .running : .ended(word)
    }
    return states
  }

  package func cancel(_ job: String) throws { _ = try ask("scancel", [job]) }

  /// Asks a program, and asks again where the controller does not answer at once.
  /// - Returns: its answer; empty if it asks for a job that Slurm has forgotten.
  private func ask(_ program: String, _ arguments: [String], times: Int = 3) throws -> String {
    for time in 1... {
      let answer = try commands.run(program, arguments)
      if answer.status == 0 { return answer.output }
      // Of a job that it has forgotten Slurm says that its number is not valid.
      if answer.errors.contains("Invalid job id") { return "" }
      guard time < times, Self.isAway(answer.errors) else { throw Self.unreachable(program, answer) }
      pause(time * 2)
    }
    return ""
  }

  private static func isAway(_ words: String) -> Bool {
    ["contact", "Socket timed out", "Connection refused", "Zero Bytes", "Communication"].contains { words.contains($0) }
  }

  private static func unreachable(_ program: String, _ answer: (status: Int32, output: String, errors: String)) -> Diagnostic {
    let words = (answer.errors + answer.output).split(separator: "\n").last.map(String.init) ?? "status \(answer.status)"
    return Diagnostic(
      "\(program): \(words)",
      advice: isAway(answer.errors)
        ? "Slurm's controller does not answer. What the sweep has done is kept, and tasks that run go on; ask again later."
        : "What the sweep has done is kept.")
  }
}
