import Foundation
import Processes
import TestSupport
import Testing

/// `folio build`, `folio run`, `folio preview` and their workers are made to end at random moments, while notebooks are edited and built. After
/// each of these, every file is whole; nothing that was started goes on; and the next build clears away what was left, and gives the same bytes as
/// one that nobody disturbed.
///
/// `FOLIO_KILLS=500 swift test -c release --disable-testable-imports --filter RandomKillsTests` does as many (12 by default), from the seed
/// `FOLIO_SEED` on.
@Suite struct RandomKillsTests {
  private static func setting(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  private static let killsOfOne = 12
  private static let seeds = (0..<max(1, (setting("FOLIO_KILLS", 12) + killsOfOne - 1) / killsOfOne)).map {
    setting("FOLIO_SEED", 1) + $0
  }

  @Test(arguments: seeds)
  func whateverIsKilledNothingIsTornAndNothingIsLeft(seed: Int) throws {
    let workshop = try KillWorkshop(seed: UInt64(seed))
    for number in 1...Self.killsOfOne {
      let problems = try workshop.kill()
      guard problems.isEmpty else {
        Issue.record("seed \(seed), kill \(number): \(workshop.story)\n\(problems.joined(separator: "\n"))")
        return
      }
    }
  }
}

/// A folder with two notebooks, and a cache and a folder for temporary files of its own.
private final class KillWorkshop {
  private let home: TestFolder
  private var folder: String { home.path }
  private let mark = UUID().uuidString
  private var random: SeededGenerator
  /// What the notebooks hold now.
  private var numbers = [0, 0]
  /// The sites of builds that nobody disturbed, by what the notebooks held.
  private var undisturbed: [[Int]: [String: Data]] = [:]
  /// What was done last.
  private(set) var story = ""

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    home = try TestFolder()
    try FileManager.default.createDirectory(atPath: folder + "/tmp", withIntermediateDirectories: true)
  }

  /// One round. Returns what is wrong after it.
  func kill() throws -> [String] {
    numbers[random.below(2)] = random.below(4)
    try write(numbers, in: folder)
    let command = [["build"], ["build"], ["run", "Notebooks/a.md"], ["preview", "--port", "0"]][random.below(4)]
    let process = try start(command, in: folder)
    usleep(UInt32(random.below(900_000)))
    if command[0] == "preview" {
      // Cells may run, or the session be warm.
      numbers[0] = random.below(4)
      try write(numbers, in: folder)
      usleep(UInt32(random.below(400_000)))
    }
    var problems = end(process, command)
    if !eventually({ processes().isEmpty }) { problems.append("these still run: \(processes())") }
    problems += tornFiles()
    let built = try finish(["build"], in: folder, cache: "cache")
    if built.status != 0 { problems.append("the next build ended with \(built.status): \(built.text)") }
    return try problems + left() + differences()
  }

  /// Kills the process or its worker. Returns what is wrong with the way in which it ended.
  private func end(_ process: ChildProcess, _ command: [String]) -> [String] {
    let signal = [SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP][random.below(5)]
    let workers = processes().filter { $0.name == "folio-worker" }
    let killsWorker = random.below(3) == 0 && !workers.isEmpty
    story = "\(command.joined(separator: " ")) with \(numbers), \(killsWorker ? "its worker" : "itself") by signal \(signal)"
    if killsWorker {
      for worker in workers { Foundation.kill(worker.number, SIGKILL) }
      // The others end by themselves.
      if command[0] == "preview" {
        usleep(UInt32(random.below(300_000)))
        Foundation.kill(process.identifier, SIGTERM)
      }
    } else {
      Foundation.kill(process.identifier, signal)
      // The first only stops what runs.
      if command[0] == "preview", signal == SIGINT {
        usleep(100_000)
        Foundation.kill(process.identifier, SIGINT)
      }
    }
    let termination = process.wait()
    // One that was asked to end before it could be, or when it had ended, ends as others do. A worker may be killed before its first cell.
    let allowed: [ChildProcess.Termination] =
      killsWorker
      ? [.exited(0), .exited(1), .exited(2), .exited(128 + SIGTERM), .killed(by: SIGTERM)]
      : [.exited(0), .exited(128 + signal), .killed(by: signal)]
    return allowed.contains(termination) ? [] : ["it ended with \(termination)"]
  }

  // MARK: - What is there

  /// What was being written and bears another name until it is whole.
  private func isUnfinished(_ path: String) -> Bool { path.split(separator: "/").last?.hasPrefix(".") == true }

  private func tornFiles() -> [String] {
    let site = TestFolder.files(below: folder + "/Site").filter { !isUnfinished($0.key) }
    let pages = site.filter { $0.key.hasSuffix(".html") && !$0.value.suffix(8).elementsEqual("</html>\n".utf8) }
    let records = site.filter { $0.key.hasSuffix(".json") && (try? JSONSerialization.jsonObject(with: $0.value)) == nil }
    let others = site.filter { !$0.key.hasSuffix(".html") && $0.value.last != 0x0A }
    let entries = TestFolder.files(below: folder + "/cache").filter {
      !isUnfinished($0.key) && $0.value.starts(with: "folio 1\n".utf8) && $0.value.count != 48 + Self.length($0.value)
    }
    return (Array(pages.keys) + records.keys + others.keys + entries.keys).map { "\($0) is torn" }
  }

  /// What an entry of the cache says of the length of what it holds.
  private static func length(_ entry: Data) -> Int {
    entry.prefix(48).suffix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// What no build has a use for. The cache's own goes when it is old.
  private func left() -> [String] {
    let temporary = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/tmp")) ?? []).map { "tmp/" + $0 }
    let unfinished = ["Site", "Notebooks"].flatMap { place in
      TestFolder.files(below: "\(folder)/\(place)").keys.filter(isUnfinished)
    }
    return (temporary + unfinished).map { "\($0) is left" }
  }

  /// Where the site is not what it is when nobody disturbs its build.
  private func differences() throws -> [String] {
    if undisturbed[numbers] == nil {
      let other = folder + "/undisturbed"
      defer { try? FileManager.default.removeItem(atPath: other) }
      try write(numbers, in: other)
      let built = try finish(["build"], in: other, cache: "cache")
      undisturbed[numbers] = built.status == 0 ? TestFolder.files(below: other + "/Site") : [:]
    }
    let (expected, site) = (undisturbed[numbers] ?? [:], TestFolder.files(below: folder + "/Site"))
    return Set(expected.keys).union(site.keys).filter { expected[$0] != site[$0] }.sorted().map {
      "\($0) is not what an undisturbed build gives: \(expected[$0] == nil ? "it is none of its files" : site[$0] == nil ? "it is missing" : "it differs")"
    }
  }

  // MARK: - Notebooks and processes

  private func write(_ numbers: [Int], in folder: String) throws {
    let a = """
      # A

      ```swift
      let xs = [\(numbers[0]), 2]
      ```

      ```swift
      let m = try memo("m", keyedBy: xs) { xs.map { $0 * 3 } }
      m
      ```

      The first is `{swift} m[0]`.

      ```swift
      try "\\(m)\\n".write(toFile: "out.txt", atomically: true, encoding: .utf8)
      usleep(100_000)
      for i in 0..<m[0] { display(Table(columns: ["i", "m"], rows: [[i, m[1]]])) }
      print(String(repeating: "line \\(m[0])\\n", count: 3000))
      ```

      """
    let b = """
      ---
      after: a
      ---
      # B

      ```swift
      let text = try String(contentsOfFile: "out.txt", encoding: .utf8)
      print(text, \(numbers[1]))
      ```

      ```swift
      LineChart(["y": [1.0, 2, Double(\(numbers[1]))]])
      ```

      """
    try FileManager.default.createDirectory(atPath: folder + "/Notebooks", withIntermediateDirectories: true)
    for (name, text) in ["a": a, "b": b] {
      try text.write(toFile: "\(folder)/Notebooks/\(name).md", atomically: true, encoding: .utf8)
    }
  }

  private func environment(_ cache: String, in place: String) -> [String: String] {
    let own = ["FOLIO_CACHE": "\(place)/\(cache)", "TMPDIR": "\(folder)/tmp", "FOLIO_KILLS_MARK": mark]
    return ProcessInfo.processInfo.environment.merging(own) { $1 }
  }

  private func start(_ arguments: [String], in place: String) throws -> ChildProcess {
    let nothing = try Descriptor.null()
    return try ChildProcess(
      Command.path, arguments: arguments, environment: environment("cache", in: place), descriptors: [nothing, nothing, nothing],
      directory: place)
  }

  private func finish(_ arguments: [String], in place: String, cache: String) throws -> ChildProcess.Finished {
    var call = ChildProcess.Call(Command.path, arguments)
    (call.directory, call.environment, call.joinsStreams) = (place, environment(cache, in: place), true)
    return try ChildProcess.finish(call)
  }

  /// What runs of all that was started here, known by its environment.
  private func processes() -> [(number: pid_t, name: String)] {
    let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    return numbers.compactMap { number in
      guard let environment = FileManager.default.contents(atPath: "/proc/\(number)/environ"),
        environment.range(of: Data(mark.utf8)) != nil
      else { return nil }
      let name = (try? String(contentsOfFile: "/proc/\(number)/comm", encoding: .utf8)) ?? ""
      return (number, name.trimmingCharacters(in: .newlines))
    }
  }
}
