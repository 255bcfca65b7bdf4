import Document
import Foundation
import Record
import Sweeping
import TestSupport
import Testing

/// What is asked of Slurm, and how its answers are understood.
@Suite struct SlurmTests {
  /// It lives as long as the test does, and its folder with it.
  private let project: SweepProject

  init() throws { project = try SweepProject() }

  /// Hands a submission of six points to a Slurm that answers as given.
  private func submit(
    _ slurm: ScriptedSlurm, tasks: [[Int]] = [[0, 1, 2], [3, 4, 5]], resources: Resources = Resources(),
    request: Slurm.Request = .init()
  ) throws -> (sweep: Sweep, submission: SweepSubmission, job: String) {
    let sweep = try project.plan()
    let process = try SweepProcess(in: sweep.folder)
    defer { process.end() }
    let submission = try #require(
      try sweep.submission(
        .slurm, tasks: tasks, after: SweepStatus(sweep, slurm: slurm.slurm), resources: resources, process: process))
    let job = try sweep.submit(submission, to: slurm.slurm, program: "/opt/it's/folio", request: request)
    return (sweep, submission, job)
  }

  @Test func aSweepIsOneArray() throws {
    let slurm = ScriptedSlurm(["sbatch": "42;cluster\n"])
    var request = Slurm.Request()
    (request.partition, request.account, request.atOnce, request.others) = ("gpu", "lab", 5, ["--qos=high"])
    let resources = Resources(memory: 1_048_577, cores: 3, gpus: 1, time: 90)
    let (sweep, submission, job) = try submit(slurm, resources: resources, request: request)
    #expect(job == "42")
    #expect(sweep.job(of: submission) == "42")
    let calls = slurm.asked.filter { $0[0] == "sbatch" }
    #expect(calls.count == 1)
    // A task has time for each of its three points, in whole minutes, and one more.
    expect(
      calls[0], contains: "--array=0-1%5", "--parsable", "--requeue", "--open-mode=append", "--mem=2M", "--cpus-per-task=3",
      "--gpus=1",
      "--time=6", "--partition=gpu", "--account=lab", "--qos=high", "--job-name=\(submission.name)")
    #expect(calls[0].last == sweep.folder.path + "/submissions/1.sh")
  }

  @Test func theScriptRunsATaskFromAnyFolder() throws {
    let (sweep, _, _) = try submit(ScriptedSlurm(["sbatch": "42\n"]))
    expect(
      try project.folder.read(project.file("submissions/1.sh", of: sweep)),
      contains: "'/opt/it'\\''s/folio' sweep-task '\(sweep.folder.path)' --submission 1 --task \"$SLURM_ARRAY_TASK_ID\"",
      "FOLIO_THREADS=\"$SLURM_CPUS_PER_TASK\"")
  }

  @Test func anAnswerWithoutANumberIsNone() throws {
    let error = #expect(throws: Diagnostic.self) { try submit(ScriptedSlurm(["sbatch": "Submitted, somehow\n"])) }
    expect(error?.description, contains: "Submitted, somehow", "no job's number")
  }

  @Test func whereThereIsNoSlurmTheErrorSaysWhereOneWouldBe() {
    let error = #expect(throws: Diagnostic.self) { try SlurmPrograms().run("no-such-program-of-slurm", []) }
    expect(error?.description, contains: "no-such-program-of-slurm", "a machine of the cluster")
  }

  @Test(arguments: [
    ("MaxArraySize            = 101\n", 101), ("SlurmUser = root\nMaxArraySize=7\nX=1\n", 7), ("Other = 1\n", 1001),
  ])
  func theLongestArrayIsAskedFor(config: String, most: Int) throws {
    #expect(try ScriptedSlurm(["scontrol": config]).slurm.mostTasks() == most)
  }

  // MARK: - What became of tasks

  @Test func tasksAreQueuedOrRunOrHaveEnded() throws {
    let slurm = ScriptedSlurm([
      "squeue": "0 RUNNING\n1 PENDING\n2 REQUEUED\n3 SUSPENDED\n",
      "sacct": "42_0|RUNNING\n42_4|OUT_OF_MEMORY\n42_5|CANCELLED by 0\n42_[6-9]|PENDING\n42_1|NODE_FAIL\n",
    ]).slurm
    let states = try slurm.states(ofJob: "42")
    #expect(states[0] == .running)
    // It has been put back into the queue since.
    #expect(states[1] == .queued)
    #expect(states[2] == .queued)
    #expect(states[3] == .running)
    #expect(states[4] == .ended("OUT_OF_MEMORY"))
    #expect(states[5] == .ended("CANCELLED"))
    #expect(states[6] == nil)
  }

  @Test func withoutAccountsTheControllerIsAsked() throws {
    let shown = """
      JobId=43 ArrayJobId=42 ArrayTaskId=0 JobName=a JobState=TIMEOUT Reason=TimeLimit
      JobId=44 ArrayJobId=42 ArrayTaskId=1 JobName=a JobState=COMPLETED Reason=None
      JobId=45 ArrayJobId=42 ArrayTaskId=2 JobName=a JobState=FAILED Reason=NonZeroExitCode
      """
    let slurm = ScriptedSlurm(["squeue": "", "scontrol": shown]).slurm
    #expect(try slurm.states(ofJob: "42") == [0: .ended("TIMEOUT"), 1: .ended("COMPLETED"), 2: .ended("FAILED")])
  }

  @Test func aJobThatSlurmHasForgottenHasNoTasks() throws {
    let forgotten = [ScriptedSlurm.Answer(status: 1, errors: "slurm_load_jobs error: Invalid job id specified\n")]
    #expect(try ScriptedSlurm(["squeue": forgotten, "scontrol": forgotten]).slurm.states(ofJob: "42").isEmpty)
  }

  private let away = ScriptedSlurm.Answer(
    status: 1, errors: "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n")

  @Test func aControllerThatIsBackSoonIsAskedAgain() throws {
    let slurm = ScriptedSlurm(["squeue": [away, away, .init(output: "0 RUNNING\n")], "scontrol": [.init()]])
    #expect(try slurm.slurm.states(ofJob: "42") == [0: .running])
  }

  @Test func aControllerThatIsAwaySaysThatNothingIsLost() throws {
    let error = #expect(throws: Diagnostic.self) {
      try ScriptedSlurm(["squeue": [away], "scontrol": [away]]).slurm.states(ofJob: "42")
    }
    expect(error?.description, contains: "Unable to contact slurm controller", "is kept", "ask again later")
  }

  @Test func aJobIsNotHandedOverTwiceBecauseTheControllerIsAway() throws {
    let slurm = ScriptedSlurm(["sbatch": [away, .init(output: "42\n")]])
    #expect(throws: Diagnostic.self) { try submit(slurm) }
    #expect(slurm.asked.count { $0[0] == "sbatch" } == 1)
  }
}
