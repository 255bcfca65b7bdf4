import ArgumentParser
import Foundation
import Record
import Sweeping

/// Runs one task of a sweep: what a cluster, GNU parallel and the like start.
struct SweepTaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep-task",
    abstract: "Run one task of a sweep, as 'folio sweep --slurm' and '--print' ask others to.",
    discussion: """
      Points that have a result are passed over. Exit status: 0 all points of the task have a result, also those that failed; 2 one could have none; \
      130 or 143 it was stopped: the next run of the task goes on where this one ended.
      """,
    shouldDisplay: false)

  @Argument(help: "The folder of the sweep.")
  var folder: String

  @Option(help: ArgumentHelp("The number of the submission.", valueName: "n"))
  var submission: Int

  @Option(help: ArgumentHelp("The number of the task.", valueName: "n"))
  var task: Int

  /// The folder, from that of its project, which is the working directory from now on: so that the task's messages and records name files as those do that
  /// are made there.
  private static func entered(_ folder: SweepFolder) throws -> SweepFolder {
    let project = folder.project
    guard folder.isThere, !project.isEmpty else { return folder }
    guard FileManager.default.changeCurrentDirectoryPath(project) else {
      throw Diagnostic.system("'\(project)' cannot be entered")
    }
    return SweepFolder(path: SweepFolder.all(inProject: "") + "/" + folder.name)
  }

  func run() throws {
    try reporting {
      let sweep = try Sweep(Self.entered(SweepFolder(path: folder)))
      guard let submission = sweep.submissions.first(where: { $0.number == submission }), submission.tasks.indices.contains(task)
      else { throw Diagnostic("the sweep in '\(folder)' has no task \(task) of a submission \(submission)") }
      let process = try SweepProcess(in: sweep.folder)
      defer { process.end() }
      let work = try SweepTask(sweep, submission, options: sweep.sessionOptions(submission), process: process)
      let interrupts = Interrupts { _ in work.interrupt() }
      defer { interrupts.cancel() }
      let isWhole = try work.run(task) { event in
        switch event {
        case .started(let point): Console.writeError("\(sweep.receipt.notebook)@\(point.variant.name): begins\n")
        case .ended(let point, let result):
          let state = result.hasFailed ? "failed" : "done"
          Console.writeError(
            "\(sweep.receipt.notebook)@\(point.variant.name): \(state) in \(String(format: "%.1f", result.seconds)) s\n")
          if let problem = result.problem { report(problem) }
        case .known(let point): Console.writeError("\(sweep.receipt.notebook)@\(point.variant.name): has a result already\n")
        case .warning(let warning): report(warning)
        }
      }
      if !isWhole { throw Interrupts.status }
    }
  }
}
