import Foundation
import Processes
import TestSupport
import Testing

/// Two sets of processes work for some seconds on one project, with one cache, as two machines do that share a disk: they build and sweep runs of the same
/// notebook, some are killed, and the cache is emptied under them.
///
/// `.ci/two-machines 600` does so for ten minutes.
@Suite struct TwoMachinesTests {
  private static func setting(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  @Test func twoMachinesOnOneStoreMakeNoWrongPageAndLoseNoRecord() async throws {
    let shared = try SharedProject()
    let end = Date(timeIntervalSinceNow: Double(Self.setting("FOLIO_SECONDS", 8)))
    let seed = Self.setting("FOLIO_SEED", 1)
    let problems = await withTaskGroup(of: [String].self) { group in
      for number in 1...2 {
        group.addTask {
          await withCheckedContinuation { done in
            Thread.detachNewThread {
              var machine = OneMachine(number: number, project: shared, seed: UInt64(seed * 2 + number))
              done.resume(returning: machine.work(until: end))
            }
          }
        }
      }
      return await group.reduce(into: [String]()) { $0 += $1 }
    }
    #expect(problems == [])
    #expect(try shared.differencesFromUndisturbed() == [])
    print("Two machines: \(shared.finished) commands ended well, \(shared.killed) were killed.")
  }
}

/// The project that both share.
private final class SharedProject: @unchecked Sendable {
  static let points = 12
  private let home: TestFolder
  private let lock = NSLock()
  private var counts = (finished: 0, killed: 0)
  /// The runs whose commands have said that they are done.
  private var done: Set<Int> = []

  var path: String { home.path + "/project" }
  var finished: Int { lock.withLock { counts.finished } }
  var killed: Int { lock.withLock { counts.killed } }

  init() throws {
    home = try TestFolder()
    for machine in 1...2 { try home.write("", to: "tmp\(machine)/empty") }
    try Self.writeNotebook(in: path)
  }

  static func writeNotebook(in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder + "/Notebooks", withIntermediateDirectories: true)
    let notebook = """
      ---
      params:
        idx: 0
      ---
      # Points

      ```swift
      struct Step { var value: Int }
      let start = Step(value: 7)
      ```

      ```swift
      //| label: value
      var square = start.value
      for _ in 0..<params.idx { square += params.idx }
      square
      ```

      ```swift
      //| label: rows
      display(Table(columns: ["i", "square"], rows: (0...params.idx).map { [$0, $0 * square] }))
      LineChart(["y": (0...params.idx).map { Double($0 * square) }])
      ```

      It is `{swift} square`.

      """
    try notebook.write(toFile: folder + "/Notebooks/n.md", atomically: true, encoding: .utf8)
  }

  func environment(machine: Int) -> [String: String] {
    ProcessInfo.processInfo.environment.merging(["FOLIO_CACHE": home.path + "/cache", "TMPDIR": "\(home.path)/tmp\(machine)"]) {
      $1
    }
  }

  func run(_ arguments: [String], machine: Int, in folder: String? = nil) throws -> ChildProcess.Finished {
    var call = ChildProcess.Call(Command.path, arguments)
    (call.directory, call.environment, call.joinsStreams) = (folder ?? path, environment(machine: machine), true)
    return try ChildProcess.finish(call)
  }

  func noteKill() { lock.withLock { counts.killed += 1 } }

  func noteEnd(of points: ClosedRange<Int>) {
    lock.withLock {
      counts.finished += 1
      done.formUnion(points)
    }
  }

  /// What is wrong with the record of a run that is done.
  func problem(withRun idx: Int) -> String? {
    let record = "\(path)/Site/n/idx=\(idx)/record"
    let square = 7 + idx * idx
    guard let value = try? String(contentsOfFile: record + "/value-1.txt", encoding: .utf8) else {
      return "the record of idx=\(idx) is not there"
    }
    if value != "\(square)\n" { return "the record of idx=\(idx) holds \(value), and not \(square)" }
    let table = (try? String(contentsOfFile: record + "/rows-1.csv", encoding: .utf8)) ?? ""
    let rows = (0...idx).map { "\($0),\($0 * square)\n" }.joined()
    if table != "i,square\n" + rows { return "the table of idx=\(idx) is \(table)" }
    let page = (try? String(contentsOfFile: "\(path)/Site/n/idx=\(idx)/index.html", encoding: .utf8)) ?? ""
    return page.hasSuffix("</html>\n") && page.contains(">\(square)<")
      ? nil : "the page of idx=\(idx) is not whole, or not its own"
  }

  /// Where the site is not what it is when one machine builds all the runs that were built here.
  func differencesFromUndisturbed() throws -> [String] {
    var problems: [String] = []
    let points = lock.withLock { done.sorted() }
    guard !points.isEmpty else { return ["no command ended well"] }
    // The last word has one command that nobody disturbs: it takes what is there, and writes what a killed one left undone.
    let all = ["build", "n", "-P", "idx=0..\(Self.points - 1)"]
    let other = home.path + "/undisturbed"
    try Self.writeNotebook(in: other)
    for folder in [path, other] {
      let built = try run(all, machine: 1, in: folder)
      if built.status != 0 { problems.append("the last build in \(folder) ended with \(built.status): \(built.text)") }
    }
    let (expected, site) = (TestFolder.files(below: other + "/Site"), TestFolder.files(below: path + "/Site"))
    problems += Set(expected.keys).union(site.keys).filter { expected[$0] != site[$0] }.sorted()
      .map { "\($0) is not what an undisturbed build gives" }
    return problems
  }
}

/// One set of processes.
private struct OneMachine {
  let number: Int
  let project: SharedProject
  private var random: SeededGenerator

  init(number: Int, project: SharedProject, seed: UInt64) {
    (self.number, self.project) = (number, project)
    random = SeededGenerator(seed: seed)
  }

  /// Returns what was wrong.
  mutating func work(until end: Date) -> [String] {
    var problems: [String] = []
    repeat {
      do {
        problems += try step()
      } catch {
        problems.append("\(error)")
      }
    } while Date() < end && problems.isEmpty
    return problems
  }

  private mutating func step() throws -> [String] {
    let first = random.below(SharedProject.points)
    let points = first...min(SharedProject.points - 1, first + random.below(4))
    let range = "idx=\(points.lowerBound)..\(points.upperBound)"
    switch random.below(8) {
    case 0:
      let pruned = try project.run(["cache", "prune", "--to", "\(random.below(200))K"], machine: number)
      return pruned.status == 0 ? [] : ["cache prune ended with \(pruned.status): \(pruned.text)"]
    case 1...2:
      let killed = try ChildProcess(
        Command.path, arguments: [["build", "n", "-P", range], ["sweep", "n", "-P", range]][random.below(2)],
        environment: project.environment(machine: number),
        descriptors: [try Descriptor.null(), try Descriptor.null(), try Descriptor.null()], directory: project.path)
      usleep(UInt32(random.below(1_500_000)))
      kill(killed.identifier, [SIGKILL, SIGTERM][random.below(2)])
      _ = killed.wait()
      project.noteKill()
      return []
    default:
      let command = [["build", "n", "-P", range], ["sweep", "n", "-P", range]][random.below(2)]
      let finished = try project.run(command, machine: number)
      guard finished.status == 0 else { return ["\(command) ended with \(finished.status): \(finished.text)"] }
      project.noteEnd(of: points)
      return points.compactMap(project.problem)
    }
  }
}
