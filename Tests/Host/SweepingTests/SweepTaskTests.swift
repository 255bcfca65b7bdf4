import Document
import Foundation
import Record
import Session
import Sweeping
import Synchronization
import TestSupport
import Testing

/// Points that run in real sessions.
@Suite struct SweepTaskTests {
  /// It lives as long as the test does, and its folder with it.
  private let project: SweepProject

  init() throws { project = try SweepProject() }

  private func begin(
    _ project: SweepProject, _ sweep: Sweep, _ executor: SweepSubmission.Executor = .local, retriesFailed: Bool = false
  ) throws -> (task: SweepTask, submission: SweepSubmission, process: SweepProcess) {
    let process = try SweepProcess(in: sweep.folder)
    let status = SweepStatus(sweep)
    let size = executor == .local ? 1 : 3
    let tasks = sweep.tasks(status, pointsPerTask: size, mostTasks: 100, retriesFailed: retriesFailed)
    let submission = try #require(
      try sweep.submission(executor, tasks: tasks, after: status, retriesFailed: retriesFailed, process: process))
    return (try SweepTask(sweep, submission, options: project.options, process: process), submission, process)
  }

  /// The points that were run, and not only looked at.
  private final class Events: Sendable {
    private let state = Mutex<(begun: [Int], known: [Int])>(([], []))
    var begun: [Int] { state.withLock { $0.begun.sorted() } }
    var known: [Int] { state.withLock { $0.known.sorted() } }

    func note(_ event: SweepTask.Event) {
      state.withLock {
        switch event {
        case .started(let point): $0.begun.append(point.number)
        case .known(let point): $0.known.append(point.number)
        case .ended, .warning: break
        }
      }
    }
  }

  @Test func aPointThatFailsDoesNotStopTheOthers() throws {
    let sweep = try project.plan()
    let (task, _, process) = try begin(project, sweep)
    defer { process.end() }
    #expect(try task.runHere { _ in })
    #expect(SweepStatus(sweep).places.map(\.word) == ["done", "done", "done", "failed", "done", "done"])
    let values = sweep.points.map { sweep.folder.result(of: $0)?.record.cells.first?.values }
    #expect(values == [["0"], ["1"], ["4"], [], ["16"], ["25"]])
    expect(sweep.folder.result(of: sweep.points[3])?.problem?.description, contains: "three is bad", "n.md:11")
  }

  @Test func tasksOfAClusterGiveWhatALocalSweepGives() throws {
    let (here, there) = (project, try SweepProject())
    defer { withExtendedLifetime(there) {} }
    let (local, cluster) = (try here.plan(), try there.plan())
    let (task, _, process) = try begin(here, local)
    defer { process.end() }
    #expect(try task.runHere { _ in })
    for number in 0..<2 {
      let (task, submission, process) = try begin(there, cluster, number == 0 ? .print : .slurm)
      defer { process.end() }
      for place in submission.tasks.indices { #expect(try task.run(place) { _ in }) }
    }
    for (one, other) in zip(local.points, cluster.points) {
      // Their places are those of two folders.
      let records = [local.folder.result(of: one)?.record, cluster.folder.result(of: other)?.record].map { record in
        record?.cells.map { [$0.id, "\($0.outcome)"] + $0.values }
      }
      #expect(records[0] == records[1])
      #expect(records[0] != nil)
    }
    let collected = try [(local, here), (cluster, there)].map { sweep, project in
      try SweepCollector(sweep, site: project.site, store: nil).collect { _ in }
    }
    #expect(collected.map(\.pages) == [6, 6])
    let sites = [here, there].map { TestFolder.files(below: $0.site).filter { !$0.key.contains("idx=3") } }
    #expect(Set(sites[0].keys) == Set(sites[1].keys))
    #expect(sites[0].filter { sites[1][$0.key] != $0.value }.keys.sorted() == [])
  }

  @Test func whatIsDoneIsNotDoneAgain() throws {
    let sweep = try project.plan()
    try sweep.folder.write(sweep.result(1))
    let (task, submission, process) = try begin(project, sweep)
    defer { process.end() }
    #expect(submission.tasks.flatMap(\.self) == [0, 2, 3, 4, 5])
    // Another one has made it meanwhile.
    try sweep.folder.write(sweep.result(4))
    let events = Events()
    #expect(try task.runHere { events.note($0) })
    #expect(events.begun == [0, 2, 3, 5])
    #expect(events.known == [4])
  }

  @Test func onlyWhereItIsAskedForAFailedPointRunsAgain() throws {
    let sweep = try project.plan()
    for number in 0..<6 { try sweep.folder.write(sweep.result(number, fails: number < 2)) }
    let (task, submission, process) = try begin(project, sweep, retriesFailed: true)
    defer { process.end() }
    #expect(submission.tasks == [[0], [1]])
    // Both were made by the first submission, as this one is: these are its own.
    #expect(try task.runHere { _ in })
    let (second, _, other) = try begin(project, sweep, retriesFailed: true)
    defer { other.end() }
    #expect(try second.runHere { _ in })
    #expect(SweepStatus(sweep).isWhole)
  }

  @Test func aPointThatIsStoppedHasNoResult() throws {
    try project.write(
      SweepProject.text.replacing("precondition", with: "if params.idx == 2 { sleep(1000) }\n    precondition"))
    let sweep = try project.plan()
    let (task, _, process) = try begin(project, sweep, .print)
    let isWhole = try task.run(0) { event in
      if case .started(let point) = event, point.number == 2 {
        Thread.detachNewThread { task.interrupt() }
      }
    }
    #expect(!isWhole)
    process.end()
    let words = SweepStatus(sweep).places.map(\.word)
    #expect(words[0...1] == ["done", "done"])
    #expect(words[2] != "done" && words[2] != "failed")
  }

  @Test func aWorkerThatDiesFailsItsPointAlone() throws {
    try project.write(
      SweepProject.text.replacing(
        "precondition(params.idx != 3, \"three is bad\")", with: "if params.idx == 1 { kill(getpid(), SIGKILL) }"))
    let sweep = try project.plan()
    let (task, submission, process) = try begin(project, sweep, .slurm)
    defer { process.end() }
    for place in submission.tasks.indices { #expect(try task.run(place) { _ in }) }
    let results = sweep.points.map { sweep.folder.result(of: $0)?.hasFailed }
    #expect(results == [false, true, false, false, false, false])
  }

  @Test func aResultIsOutdatedWhenAFileOfTheProjectThatItsRunReadChanges() throws {
    try project.write(
      SweepProject.text.replacing(
        "let square", with: "if params.idx < 2 { print(try String(contentsOfFile: \"data.txt\", encoding: .utf8)) }\nlet square"))
    try project.folder.write("one", to: "Notebooks/data.txt")
    let sweep = try project.plan()
    let (task, _, process) = try begin(project, sweep)
    defer { process.end() }
    #expect(try task.runHere { _ in })
    #expect(SweepStatus(sweep).places.map(\.word) == ["done", "done", "done", "failed", "done", "done"])
    try project.folder.write("two", to: "Notebooks/data.txt")
    let status = SweepStatus(sweep)
    #expect(status.places.map(\.word) == ["outdated", "outdated", "done", "failed", "done", "done"])
    #expect(status.places[0] == .outdated("Notebooks/data.txt"))
    let collected = try SweepCollector(sweep, site: project.site, store: nil).collect { _ in }
    #expect(collected.missing == Array(sweep.points[..<2]))
    let (again, submission, other) = try begin(project, sweep)
    defer { other.end() }
    #expect(submission.tasks == [[0], [1]])
    #expect(try again.runHere { _ in })
    #expect(SweepStatus(sweep).places.map(\.word) == ["done", "done", "done", "failed", "done", "done"])
  }

  @Test func aResultThatCannotBeWrittenEndsTheTaskAndIsNotThere() throws {
    let sweep = try project.plan()
    // Where the folder of results would be lies a file.
    try project.folder.write("", to: project.file("results", of: sweep))
    let (task, _, process) = try begin(project, sweep, .print)
    defer { process.end() }
    let error = #expect(throws: Diagnostic.self) { try task.run(0) { _ in } }
    expect(error?.description, contains: "cannot be written", "What was done before is kept")
    #expect(sweep.folder.result(of: sweep.points[0]) == nil)
  }

  @Test func whatIsMissingIsSaidWhenPagesAreMade() throws {
    let sweep = try project.plan()
    try sweep.folder.write(sweep.result(0))
    try sweep.folder.write(sweep.result(1, fails: true))
    let collected = try SweepCollector(sweep, site: project.site, store: nil).collect { _ in }
    #expect(collected.pages == 2)
    #expect(collected.failed == [sweep.points[1]])
    #expect(collected.missing == Array(sweep.points[2...]))
    #expect(!collected.isWhole)
    expect(try project.folder.read("Site/n/runs.json"), contains: "idx=0", "idx=5")
    #expect(!project.folder.exists("Site/n/idx=2/index.html"))
  }
}
