import ArgumentParser
import Building
import Document
import Foundation
import Record
import Session
import Sweeping

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Make many runs of a notebook, here or on a cluster.",
    discussion: """
      The points of a sweep are the runs that the front matter names as 'variants', or all combinations of the values that '-P' gives. Here, as many run at a \
      time as cores and memory allow. With '--slurm' they are one job array; with '--print', each line that is printed runs a task, for GNU parallel and its like.

      Before anything runs, what the sweep consists of is written to '.folio/sweeps' in the project, with the notebook's text as it is then. Results \
      are written there too. The same command finds the same sweep again: a point that is done is not run again. At the end of a local sweep, \
      or by '--collect', pages and records are made of the results. A point whose cell failed stays failed and does not stop the others.

      Exit status: 0 all went well; 1 points failed, or some have no result yet; 2 the sweep could not be run.

      Examples:
        folio sweep prontoqa -P idx=0..25
        folio sweep prontoqa -P idx=0..25 -P shots=1,7 --slurm --time 10m --mem 8G --cores 4
        folio sweep prontoqa --status
        folio sweep prontoqa --resume --retry-failed
        folio sweep prontoqa --collect
        folio sweep prontoqa -P idx=0..25 --print | parallel -j 4
      """)

  @Argument(
    help:
      "The notebook: a Markdown file, or its name in 'Notebooks/'; or the folder of a sweep. It may be left out with '--list'.",
    completion: .file(extensions: ["md"]))
  var notebook: String?

  enum Executor: String, EnumerableFlag {
    case slurm, print
    static func help(for value: Executor) -> ArgumentHelp? {
      value == .slurm ? "Hand it to Slurm, as one job array." : "Print a command for each task, and run nothing."
    }
  }

  enum Action: String, EnumerableFlag {
    case status, resume, cancel, collect, list
    static func help(for value: Action) -> ArgumentHelp? {
      switch value {
      case .status: "Say how far the sweep is."
      case .resume: "Run what has no result and is in nobody's hands, where it ran before, or by '--slurm' or '--print'."
      case .cancel: "Stop what runs, here or on the cluster, and take what is queued out of it. Results stay."
      case .collect: "Make pages and records of the results that there are."
      case .list: "List the sweeps of the project."
      }
    }
  }

  @Flag var executor: Executor?
  @Flag var action: Action?

  @Flag(help: "With '--resume' or a new start: run points again that failed.")
  var retryFailed = false

  @Option(
    help: ArgumentHelp(
      "How many points a task has, one after the other in one session. By default, there are 100 tasks at most.", valueName: "n"))
  var pointsPerTask: Int?

  @Option(
    help: ArgumentHelp(
      "What one run takes in memory, as 8G. It outranks 'resources' of the front matter; so do the next ones.", valueName: "size")
  )
  var mem: ByteSize?

  @Option(help: ArgumentHelp("How many cores one run takes.", valueName: "n"))
  var cores: Int?

  @Option(help: ArgumentHelp("How many graphics cards one run takes.", valueName: "n"))
  var gpus: Int?

  @Option(
    help: ArgumentHelp(
      "How long one run may take, as 45s, 30m, 2h: a task on a cluster has that for each of its points.", valueName: "time"))
  var time: String?

  @Option(help: ArgumentHelp("How many tasks run at a time on the cluster.", valueName: "n"))
  var atOnce: Int?

  @Option(help: ArgumentHelp("The partition of the cluster.", valueName: "name"))
  var partition: String?

  @Option(help: ArgumentHelp("The account on the cluster.", valueName: "name"))
  var account: String?

  @Option(
    name: .customLong("sbatch"),
    help: ArgumentHelp("A further option for sbatch, as --sbatch=--qos=high. May be given several times.", valueName: "option"))
  var sbatch: [String] = []

  @Option(help: ArgumentHelp("The form of '--status': text or json.", valueName: "form"))
  var format = SweepFormat.text

  @OptionGroup var place: SiteOptions
  @OptionGroup var options: RunOptions

  func validate() throws {
    if notebook == nil, action != .list { throw ValidationError("Name a notebook, or the folder of a sweep.") }
    for (name, value) in [("points-per-task", pointsPerTask), ("cores", cores), ("at-once", atOnce)] {
      if let value, value < 1 { throw ValidationError("'--\(name)' is a whole number above 0.") }
    }
    if let gpus, gpus < 0 { throw ValidationError("'--gpus' is a whole number.") }
    if let time, Resources.seconds(time) ?? 0 < 1 { throw ValidationError("'--time' is a time as 45s, 30m, 2h or 2:30:00.") }
    if executor != nil, let action, action != .resume {
      throw ValidationError("'--\(executor?.rawValue ?? "")' and '--\(action.rawValue)' do not go together.")
    }
  }

  func run() throws {
    let status: SiteBuilder.Status = try reporting {
      if action == .list { return list() }
      let sweep = try self.sweep()
      switch action {
      case .status: return try SweepReport(sweep).write(format)
      case .cancel: return try cancel(sweep)
      case .collect: return try collect(sweep)
      case nil, .resume, .list: return try start(sweep)
      }
    }
    throw Interrupts.status(ExitCode(status.rawValue))
  }

  // MARK: - Which sweep

  private var project: String { ((try? Project.find()) ?? nil)?.path ?? "" }

  private var resources: Resources {
    Resources(memory: mem?.bytes, cores: cores, gpus: gpus, time: time.flatMap(Resources.seconds))
  }

  private var runOptions: SweepReceipt.Options {
    var said = SweepReceipt.Options()
    (said.keepsGoing, said.timeout, said.memory, said.device) = (
      options.keepGoing ? true : nil, options.timeout, options.memory?.bytes, options.device?.description
    )
    return said
  }

  private func sweep() throws -> Sweep {
    let name = notebook ?? ""
    let folder = SweepFolder(path: name)
    if folder.isThere { return try Sweep(folder) }
    if action != nil, options.parameters.isEmpty {
      // Without values it is the last one of that notebook.
      let known = Notebook.name(ofFile: try Project.notebooks(named: [name])[0].notebook)
      if let last = Sweep.all(inProject: project, of: known).first { return try current(Sweep(last)) }
      throw Diagnostic(
        "there is no sweep of '\(name)' in this project", advice: "'folio sweep --list' names those that there are.")
    }
    return try plan(name)
  }

  /// The last sweep of a notebook, if that still is what it was: pages of older code must not take the place of newer ones unasked.
  private func current(_ sweep: Sweep) throws -> Sweep {
    guard !sweep.isOfNotebookNow else { return sweep }
    let change = Diagnostic(
      action == .status || action == .cancel ? .note : .error,
      "\(sweep.receipt.file) has changed since its last sweep was planned: \(sweep.folder.path)",
      advice: "Give the values to sweep the notebook as it is now, or name that folder in place of the notebook.")
    guard change.severity == .note else { throw change }
    report(change)
    return sweep
  }

  private func plan(_ name: String) throws -> Sweep {
    let named = try Project.notebooks(named: [name])[0]
    if let run = named.run {
      throw ValidationError(
        "A sweep takes a notebook, and '\(named.notebook)@\(run)' is one of its runs: 'folio build' makes it.")
    }
    if let problem = Notebooks.whyNoNotebook(named.notebook) { throw problem }
    var notebook = try Notebook(contentsOf: named.notebook)
    for warning in notebook.warnings { report(warning) }
    let problems = PageMaker(site: place.site, store: nil).problems(in: notebook)
    for warning in problems where warning.severity != .error { report(warning) }
    if problems.contains(where: { $0.severity == .error }) { throw Diagnostics(problems.filter { $0.severity == .error }) }
    notebook.variant = nil
    let overrides = options.parameters.map { (name: $0.name, value: $0.value) }
    let variants: [Variant]
    do { variants = overrides.isEmpty ? notebook.frontMatter.variants : try notebook.variants(assigning: overrides) } catch let
      problem as Diagnostic
    {
      throw ValidationError([problem.message + ".", problem.advice].compactMap(\.self).joined(separator: " "))
    }
    return try Sweep.plan(
      notebook, variants: variants, resources: resources, options: runOptions, site: place.site, inProject: project,
      folio: Folio.version, begins: action == nil)
  }

  // MARK: - What is done

  private func list() -> SiteBuilder.Status {
    for folder in Sweep.all(inProject: project) {
      guard let sweep = try? Sweep(folder) else { continue }
      Console.write("\(folder.path)  \(SweepReport(sweep, asksCluster: false).summary)\n")
    }
    return .succeeded
  }

  private func start(_ sweep: Sweep) throws -> SiteBuilder.Status {
    let slurm = Slurm()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    var retriesFailed = retryFailed
    // A point that was begun here and has no result is not begun here again.
    var begun: Set<Int> = []
    var waits = false
    while true {
      let known = SweepStatus(sweep, slurm: slurm, store: options.session(isForced: false).store)
      if let problem = known.problem, executor == .slurm { throw problem }
      if let problem = known.problem { report(problem) }
      let executor = executor(of: sweep)
      let tasks = sweep.tasks(
        known, pointsPerTask: executor == .local ? pointsPerTask ?? 1 : pointsPerTask,
        mostTasks: executor == .slurm ? try slurm.mostTasks() : Int.max / 2, retriesFailed: retriesFailed
      ).filter { begun.isDisjoint(with: $0) }
      if tasks.isEmpty {
        guard executor == .local else {
          Console.writeError("\(sweep.folder.path): \(SweepReport(sweep, known).summary)\n")
          return .succeeded
        }
        guard known.inHandsOfProcesses.isEmpty else {
          if !waits { Console.writeError("Another command makes \(names(known, sweep)): this one waits for it.\n") }
          waits = true
          sleep(1)
          continue
        }
        return try collect(sweep)
      }
      // Where another command has taken the points meanwhile, what is left is looked for anew.
      guard
        let submission = try sweep.submission(
          executor, tasks: tasks, after: known, retriesFailed: retriesFailed, resources: resources, options: runOptions,
          process: process)
      else { continue }
      switch executor {
      case .slurm: return try submit(submission, of: sweep, to: slurm)
      case .print: return write(submission, of: sweep)
      case .local:
        if try !runHere(sweep, submission, process) {
          _ = try collect(sweep)
          return .interrupted
        }
        begun.formUnion(tasks.flatMap(\.self))
        retriesFailed = false
      }
    }
  }

  private func executor(of sweep: Sweep) -> SweepSubmission.Executor {
    switch executor {
    case .slurm: .slurm
    case .print: .print
    case nil: action == .resume ? sweep.submissions.last?.executor ?? .local : .local
    }
  }

  private func names(_ known: SweepStatus, _ sweep: Sweep) -> String {
    SweepReport.names(known.inHandsOfProcesses.map { sweep.points[$0] }, of: sweep)
  }

  private func submit(_ submission: SweepSubmission, of sweep: Sweep, to slurm: Slurm) throws -> SiteBuilder.Status {
    var request = Slurm.Request()
    (request.partition, request.account, request.atOnce, request.others) = (partition, account, atOnce, sbatch)
    let job = try sweep.submit(submission, to: slurm, program: Self.program, request: request)
    let count = submission.tasks.reduce(0) { $0 + $1.count }
    Console.write("\(sweep.folder.path): job \(job), \(submission.tasks.count) tasks, \(count) points\n")
    return .succeeded
  }

  private func write(_ submission: SweepSubmission, of sweep: Sweep) -> SiteBuilder.Status {
    for task in submission.tasks.indices {
      Console.write(sweep.command(program: Self.program, submission, task: String(task)) + "\n")
    }
    Console.writeError(
      "\(sweep.folder.path): when these have run, 'folio sweep \(sweep.folder.path) --collect' makes the pages.\n")
    return .succeeded
  }

  /// - Returns: false if it was interrupted.
  private func runHere(_ sweep: Sweep, _ submission: SweepSubmission, _ process: SweepProcess) throws -> Bool {
    let task = try SweepTask(sweep, submission, options: sweep.sessionOptions(submission), process: process)
    let interrupts = Interrupts { _ in task.interrupt() }
    defer { interrupts.cancel() }
    let progress = SweepProgress(sweep, count: submission.tasks.reduce(0) { $0 + $1.count })
    defer { progress.end() }
    return try task.runHere { progress.show($0) }
  }

  private func cancel(_ sweep: Sweep) throws -> SiteBuilder.Status {
    let slurm = Slurm()
    var cancelled: [String] = []
    for submission in sweep.submissions where submission.executor == .slurm {
      guard let job = try sweep.job(of: submission) ?? slurm.job(named: submission.name) else { continue }
      guard try slurm.states(ofJob: job).values.contains(where: { $0 == .queued || $0 == .running }) else { continue }
      try slurm.cancel(job)
      cancelled.append("job \(job) is cancelled")
    }
    cancelled += sweep.stopProcesses()
    for line in cancelled.isEmpty ? ["nothing of it is queued or runs"] : cancelled {
      Console.write("\(sweep.folder.path): \(line)\n")
    }
    return .succeeded
  }

  private func collect(_ sweep: Sweep) throws -> SiteBuilder.Status {
    let site = place.site
    let collected = try SweepCollector(sweep, site: site, store: options.session(isForced: false).store).collect { report($0) }
    Console.write("\(site)/\(sweep.receipt.notebook)/runs/index.html  \(collected.pages) of \(sweep.points.count) points\n")
    for point in collected.failed {
      if let result = sweep.folder.result(of: point), let problem = result.problem {
        Console.writeError("failed: \(sweep.receipt.notebook)@\(point.variant.name)\n")
        report(problem)
      }
    }
    if !collected.missing.isEmpty {
      Console.writeError("\(collected.missing.count) points have no result: \(SweepReport.names(collected.missing, of: sweep))\n")
    }
    return collected.isWhole ? .succeeded : .cellFailed
  }

  /// This program, as another machine finds it that shares its files.
  private static var program: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  }
}

enum SweepFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

extension Sweep {
  /// How the cells of a submission's points are run, here or elsewhere.
  func sessionOptions(_ submission: SweepSubmission) -> NotebookSession.Options {
    let options = submission.options
    var session = NotebookSession.Options()
    (session.keepsGoing, session.timeout, session.memory) = (options.keepsGoing ?? false, options.timeout, options.memory)
    session.device = options.device.flatMap { .init($0) }
    session.sites = [site]
    return session
  }
}
