import Document
import Foundation
import Record
import Sweeping
import TestSupport
import Testing

@Suite struct SweepStatusTests {
  /// It lives as long as the test does, and its folder with it.
  private let project: SweepProject

  init() throws { project = try SweepProject() }

  private typealias Answer = ScriptedSlurm.Answer

  /// A sweep whose six points are handed to Slurm, two a task.
  private func submitted(
    _ tasks: [[Int]] = [[0, 1], [2, 3], [4, 5]], notes job: String? = "42"
  ) throws -> Sweep {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    let submission = try sweep.submission(.slurm, tasks: tasks, after: SweepStatus(sweep), process: process)
    #expect(submission != nil)
    if let job { try project.folder.write(job + "\n", to: project.file("submissions/1.job", of: sweep)) }
    return sweep
  }

  private func begin(_ point: Int, task: Int, process: String = "n1~1~x~y", of sweep: Sweep) throws {
    try project.folder.write(
      "{\"submission\":1,\"task\":\(task),\"point\":\(point),\"host\":\"n1\",\"process\":\"\(process)\",\"job\":\"42_\(task)\"}",
      to: project.file("attempts/1-\(task).json", of: sweep))
  }

  @Test func aSweepThatNobodyHasBegunWaits() throws {
    let sweep = try project.plan()
    #expect(sweep.places(ScriptedSlurm([:] as [String: String]).slurm) == Array(repeating: "waiting", count: 6))
  }

  @Test func eachPointIsSomewhere() throws {
    let sweep = try submitted()
    try sweep.folder.write(sweep.result(0))
    try begin(1, task: 0, of: sweep)
    try begin(2, task: 1, of: sweep)
    try sweep.folder.write(sweep.result(5, fails: true))
    let slurm = ScriptedSlurm(["squeue": "0 RUNNING\n2 PENDING\n", "sacct": "42_1|OUT_OF_MEMORY\n"])
    let status = SweepStatus(sweep, slurm: slurm.slurm)
    #expect(status.places.map(\.word) == ["done", "running", "lost", "waiting", "queued", "failed"])
    guard case .lost(let reason, let job) = status.places[2] else { return }
    expect(reason, contains: "n1", "job 42_1: OUT_OF_MEMORY")
    #expect(job == "42_1")
    guard case .failed(let problem, _) = status.places[5] else { return }
    #expect(problem?.message == "it went wrong")
    #expect(!status.isWhole)
  }

  @Test func aPointThatRanWhenItsTaskDiedHasATaskOfItsOwn() throws {
    let sweep = try submitted()
    try begin(2, task: 1, of: sweep)
    let status = SweepStatus(sweep, slurm: ScriptedSlurm(["squeue": "", "sacct": "42_1|TIMEOUT\n"]).slurm)
    #expect(sweep.tasks(status, pointsPerTask: 4, mostTasks: 100, retriesFailed: false) == [[0, 1, 3, 4], [5], [2]])
  }

  @Test func aPointThatFailedIsOnlyTriedAgainWhereThatIsAskedFor() throws {
    let sweep = try project.plan()
    for number in 0..<6 { try sweep.folder.write(sweep.result(number, fails: number > 3)) }
    let status = SweepStatus(sweep)
    #expect(sweep.tasks(status, pointsPerTask: 1, mostTasks: 100, retriesFailed: false) == [])
    #expect(sweep.tasks(status, pointsPerTask: 1, mostTasks: 100, retriesFailed: true) == [[4], [5]])
  }

  @Test func aClustersLimitMakesTasksLonger() throws {
    let sweep = try project.plan()
    let status = SweepStatus(sweep)
    #expect(sweep.tasks(status, pointsPerTask: 1, mostTasks: 4, retriesFailed: false) == [[0, 1], [2, 3], [4, 5]])
    #expect(sweep.tasks(status, pointsPerTask: nil, mostTasks: 1, retriesFailed: false) == [Array(0..<6)])
  }

  // MARK: - Whoever goes away between two steps

  @Test func aJobWhoseNumberWasNotNotedIsFoundByItsName() throws {
    let sweep = try submitted(notes: nil)
    let slurm = ScriptedSlurm([
      "squeue": [Answer(output: "77\n77\n"), Answer(output: "0 RUNNING\n1 PENDING\n2 PENDING\n")], "sacct": [Answer()],
      "scontrol": [Answer()],
    ])
    #expect(sweep.places(slurm.slurm) == Array(repeating: "queued", count: 6))
    expect(slurm.asked[0], contains: "--name=\(sweep.submissions[0].name)")
  }

  @Test func whatWasNeverHandedOverWaits() throws {
    let sweep = try submitted(notes: nil)
    #expect(sweep.places(ScriptedSlurm(["squeue": ""]).slurm) == Array(repeating: "waiting", count: 6))
  }

  @Test func whatIsBeingHandedOverIsInSomebodysHands() throws {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    _ = try sweep.submission(.slurm, tasks: [Array(0..<6)], after: SweepStatus(sweep), process: process)
    #expect(sweep.places(ScriptedSlurm(["squeue": ""]).slurm) == Array(repeating: "queued", count: 6))
    process.end()
    #expect(sweep.places(ScriptedSlurm(["squeue": ""]).slurm) == Array(repeating: "waiting", count: 6))
  }

  @Test func whereSlurmDoesNotAnswerAPointMayStillBeQueued() throws {
    let sweep = try submitted()
    try sweep.folder.write(sweep.result(0))
    let away = Answer(status: 1, errors: "Unable to contact slurm controller")
    let status = SweepStatus(sweep, slurm: ScriptedSlurm(["squeue": [away], "sacct": [away], "scontrol": [away]]).slurm)
    #expect(status.places.map(\.word) == ["done"] + Array(repeating: "queued", count: 5))
    expect(status.problem?.description, contains: "Unable to contact")
  }

  @Test func ofTwoCommandsAtOnceOneHandsOver() throws {
    let sweep = try project.plan()
    let processes = try (0..<2).map { _ in try SweepProcess(in: sweep.folder) }
    let known = SweepStatus(sweep)
    let both = try processes.map { try sweep.submission(.local, tasks: [Array(0..<6)], after: known, process: $0) }
    #expect(both.map { $0 == nil } == [false, true])
    #expect(SweepStatus(sweep).inHandsOfProcesses == Array(0..<6))
    for process in processes { process.end() }
    #expect(SweepStatus(sweep).inHandsOfProcesses == [])
  }

  // MARK: - Signs of life

  @Test func aProcessThatGivesNoSignOfLifeIsNoMore() throws {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    _ = try sweep.submission(.local, tasks: [Array(0..<6)], after: SweepStatus(sweep), process: process)
    #expect(SweepStatus(sweep).inHandsOfProcesses.count == 6)
    let file = project.path + project.file("processes/\(process.name)", of: sweep)
    // As where its machine was switched off ten minutes ago.
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -600)], ofItemAtPath: file)
    #expect(SweepStatus(sweep).inHandsOfProcesses == [])
    process.end()
  }

  @Test func aProcessOfAnotherMachineIsBelievedItsSignOfLife() throws {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    _ = try sweep.submission(.print, tasks: [[0, 1], [2], [3, 4, 5]], after: SweepStatus(sweep), process: process)
    try begin(1, task: 0, process: "other~1~machine~1", of: sweep)
    #expect(SweepStatus(sweep).places.map(\.word) == ["waiting", "lost", "waiting", "waiting", "waiting", "waiting"])
    try project.folder.write("", to: project.file("processes/other~1~machine~1", of: sweep))
    #expect(SweepStatus(sweep).places.map(\.word) == ["queued", "running", "waiting", "waiting", "waiting", "waiting"])
    #expect(sweep.stopProcesses() == ["a process on other works on it: stop it there"])
  }

  // MARK: - What a command says of runs

  @Test func whatACommandSaysOfRunsHoldsForThoseAfterIt() throws {
    let sweep = try submitted()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    func next(_ resources: Resources) throws -> Resources? {
      try sweep.submission(
        .slurm, tasks: [[0]], after: SweepStatus(sweep, slurm: ScriptedSlurm([:] as [String: String]).slurm),
        resources: resources, process: process)?.resources
    }
    #expect(sweep.submissions[0].resources == Resources(memory: 2_000_000_000, cores: 1))
    #expect(try next(Resources(memory: 16)) == Resources(memory: 16, cores: 1))
    #expect(try next(Resources(cores: 4)) == Resources(memory: 16, cores: 4))
  }

  @Test func resultsOfTwoDevicesAreNotMixed() throws {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    var options = SweepReceipt.Options()
    options.device = "cuda"
    let error = #expect(throws: Diagnostic.self) {
      try sweep.submission(.local, tasks: [[0]], after: SweepStatus(sweep), options: options, process: process)
    }
    expect(error?.description, contains: "another sweep", "--device cuda")
  }
}
