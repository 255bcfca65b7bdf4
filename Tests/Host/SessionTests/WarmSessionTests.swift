import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// A session that lives through edits, errors and stops.
@Suite struct WarmSessionTests {
  private let model = "let model = (0..<3).map { _ in Int.random(in: 0..<1_000_000_000) }"

  @Test func aTrapThatIsMendedKeepsWhatEarlierCellsHold() throws {
    let warm = try WarmSession()
    let first = try warm.run([model, "let pick = model[0]\npick", "pick"]).values(2)
    let trapped = try warm.run([model, "let pick = model[7]\npick", "pick"])
    #expect(trapped.ran == [2, 3])
    #expect(trapped.record.cells[1].error?.kind == .trap)
    let mended = try warm.run([model, "let pick = model[0] + 0\npick", "pick"])
    // It leaves what it left at first, so that who uses it need not run.
    #expect(mended.ran == [2])
    #expect(mended.values(3) == first)
  }

  @Test(arguments: [
    "let pick = model[", "let pick: String = model[0]", "let pick = modle[0]", "let pick = model[0]\nthrow CancellationError()",
  ])
  func aHalfWrittenCellCostsNothing(source: String) throws {
    let warm = try WarmSession()
    let first = try warm.run([model, "let pick = model[0]", "pick"]).values(3)
    #expect(try warm.run([model, source, "pick"]).record.cells[1].outcome == .failed)
    let mended = try warm.run([model, "let pick = model[0]", "pick"])
    #expect(!mended.ran.contains(1))
    #expect(mended.values(3) == first)
  }

  @Test func aHalfWrittenDefinitionKeepsWhatItHeld() throws {
    let warm = try WarmSession()
    let first = try warm.run([model, "model[0]"]).values(2)
    try warm.run(["let model = (0..<3", "model[0]"])
    let mended = try warm.run([model, "model[0]"])
    #expect(mended.ran == [])
    #expect(mended.values(2) == first)
    #expect(try warm.run([model, "model[0] + 0"]).values(2) == first)
  }

  @Test func goingBackToAFormerVersionFindsNoGhosts() throws {
    let warm = try WarmSession()
    let one = "let a = [1, 2, 3]"
    try warm.run([one, "a.count"])
    #expect(try warm.run(["let a = [1, 2]", "a.count"]).values(2) == ["2"])
    #expect(try warm.run([one, "a.count"]).ran == [])
    // What the first version held was released when the second ran.
    let back = try warm.run([one, "a.count + 10"])
    #expect(back.ran == [1, 2])
    #expect(back.values(2) == ["13"])
  }

  @Test func whatHoldsOnToAnObjectThatIsMadeAnewIsMadeAnewToo() throws {
    let warm = try WarmSession()
    let cells = ["final class Box { var n = 0 }", "let box = Box()", "let alias = box", "box.n += 1", "alias.n"]
    #expect(try warm.run(cells).values(5) == ["1"])
    #expect(try warm.run(Array(cells[..<3]) + ["box.n += 5", "alias.n"]).values(5) == ["5"])
  }

  @Test func theStoreMayBeDeletedAtAnyTime() throws {
    let warm = try WarmSession()
    try warm.run([model, "let a = 1"])
    try FileManager.default.removeItem(atPath: warm.folder + "/store")
    let run = try warm.run([model, "let a = 2\na"])
    #expect(run.ran == [2])
    #expect(run.values(2) == ["2"])
  }

  @Test func whatNeedsAFailedCellCanBeLeftAlone() throws {
    let warm = try WarmSession { $0.sparesOrphans = true }
    let cells = [model, "let pick = modle[0]", "pick", "print(model.count)", "func f() -> Int { pick }"]
    let run = try warm.run(cells)
    #expect(run.record.cells.map(\.outcome) == [.succeeded, .failed, .notRun, .succeeded, .notRun])
    let trapped = try warm.run([model, "let pick = model[7]", "pick", "print(model.count)", "func f() -> Int { pick }"])
    #expect(trapped.record.cells.map(\.outcome) == [.succeeded, .failed, .notRun, .succeeded, .notRun])
  }

  /// What a cell's former version held is gone when the new one runs, and when the same one runs again.
  @Test func aCellThatRunsAgainReleasesWhatItHeld() throws {
    let warm = try WarmSession()
    let held = """
      final class Held { let n: Int; init(_ n: Int) { self.n = n }; deinit { let f = fopen("gone", "a"); fputs("\\(n) ", f); fclose(f) } }
      """
    func cells(_ version: Int) -> [String] {
      [
        held,
        "let one = Held(\(version)1)\nvar many = [Held(\(version)2)]\nlet pair = (Held(\(version)3), \"x\")\nlet any: Any = Held(\(version)4)\n"
          + "let closure = { [h = Held(\(version)5)] in h.n }\nlet (left, right) = (Held(\(version)6), 1)\nlet optional: Held? = Held(\(version)7)",
        "//| cache: false\n_ = one\n(try? String(contentsOfFile: \"gone\", encoding: .utf8)) ?? \"\"",
      ]
    }
    #expect(try warm.run(cells(1)).values(3) == [""])
    let gone = try warm.run(cells(2)).values(3).first?.split(separator: " ").sorted()
    #expect(gone == ["11", "12", "13", "14", "15", "16", "17"])
  }

  @Test func aFailedCellsHoldingsGoToo() throws {
    let warm = try WarmSession()
    let held = "final class Held { deinit { fclose(fopen(\"gone\", \"w\")) } }"
    let gone = "//| cache: false\naccess(\"gone\", F_OK) == 0"
    #expect(try warm.run([held, "let kept = Held()\nfatalError()\nlet never = Held()", gone]).values(3) == ["false"])
    #expect(try warm.run([held, "let kept = 1", gone]).values(3) == ["true"])
  }

  @Test func anErrorInTheLastCellIsKnownBeforeTheFirstRuns() throws {
    let warm = try WarmSession { $0.keepsGoing = false }
    let cells = [
      "try \"ran\".write(toFile: \"ran.txt\", atomically: true, encoding: .utf8)", "let a = 1", "let b = 2",
      "let c: Int = \"no\"",
    ]
    let run = try warm.run(cells)
    #expect(run.record.cells.map(\.outcome) == [.notRun, .notRun, .notRun, .failed])
    #expect(!FileManager.default.fileExists(atPath: warm.folder + "/ran.txt"))
    #expect(run.record.cells[3].diagnostic?.place?.line == 20)
  }

  /// The first cell ends when the last one is compiled: if cells were compiled one after the other's run, it never would.
  @Test func cellsAreCompiledWhileOthersRun() throws {
    let warm = try WarmSession()
    let waiting = """
      func compiledCells() -> Int {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: "store/cells")) ?? []
        return names.count { $0.contains("/") && !$0.contains(".new-") }
      }
      for _ in 0..<3000 where compiledCells() < 6 { usleep(10_000) }
      compiledCells() >= 6
      """
    let run = try warm.run([waiting, "let a = 1", "let b = a", "let c = b", "let d = c", "let e = d"])
    #expect(run.values(1) == ["true"])
  }

  @Test func aWarningNamesWhatStillCallsAnOlderDefinition() throws {
    let warm = try WarmSession()
    let run = try warm.run([
      "func getCache() -> Int { 1 }", "func compute() -> Int { getCache() }", "func getCache() -> Int { 2 }", "compute()",
    ])
    #expect(run.values(4) == ["1"])
    #expect(run.warnings.map(\.message) == ["'compute' (cell-2) still calls the 'getCache' of cell-1, not the one of cell-3"])
  }

  @Test func aWorkerThatIsKilledBetweenTwoRunsCostsNoCell() throws {
    let warm = try WarmSession()
    let cells = ["getpid()", "let a = [1, 2]", "a.count"]
    let worker = try #require(warm.run(cells).values(1).first.flatMap { pid_t($0) })
    kill(worker, SIGKILL)
    #expect(eventually { try String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8).contains(") Z ") })
    let run = try warm.run([cells[0], cells[1], "a.count + 1"])
    #expect(run.ran == [2, 3])
    #expect(run.values(3) == ["3"])
  }

  // MARK: - Stopping

  @Test func anInterruptionThatComesBeforeTheRunStopsItAndNoOther() throws {
    let warm = try WarmSession()
    warm.session.interrupt()
    #expect(try warm.run(["40 + 2"]).ran == [])
    #expect(try warm.run(["40 + 2"]).values(1) == ["42"])
    warm.session.interrupt()
    warm.session.dropInterruption()
    #expect(try warm.run(["40 + 3"]).values(1) == ["43"])
  }

  /// Interrupts the session as soon as the cell has printed something.
  private func runAndInterrupt(_ warm: WarmSession, _ cells: [String]) throws -> WarmSession.Run {
    nonisolated(unsafe) let session = warm.session
    return try warm.run(cells) { event in
      if case .text = event { session.interrupt() }
    }
  }

  @Test(arguments: [
    "while true {}", "sleep(100)", "var n = 0\nwhile true { n = (n * 31 + 7) % 1000 }",
    "for _ in progress(Array(0..<10_000), \"slow\") { usleep(5000) }",
    "let m = try LanguageModel.load(path)\nwhile true { _ = try m.run(\"Fae is a\") }",
    "try await Task.sleep(for: .seconds(100))",
  ])
  func aStoppedCellKeepsItsOutputsAndTheOthersValues(loop: String) throws {
    let warm = try WarmSession()
    let path = "let path = \"\(Repository.model)\""
    let cells = [model, path, "print(\"begun\")\n\(loop)", "model[0]"]
    let run = try runAndInterrupt(warm, cells)
    #expect(run.record.cells[2].error?.kind == .interrupted)
    #expect(run.record.cells[2].standardOutput == "begun\n")
    #expect(run.record.cells[3].outcome == .notRun)
    let after = try warm.run([model, path, "print(\"mended\")", "model[0]"])
    #expect(after.ran == [3, 4])
    #expect(after.record.cells[3].outcome == .succeeded)
  }

  @Test func aSessionThatTakesTooMuchMemoryIsEnded() throws {
    let warm = try WarmSession { $0.memory = 600_000_000 }
    let cells = [
      "print(\"begun\")\nvar blocks: [[UInt8]] = []\nfor _ in 0..<400 { blocks.append(.init(repeating: 1, count: 20_000_000)) }",
      "1",
    ]
    let run = try warm.run(cells)
    #expect(run.record.cells[0].error?.kind == .memory)
    #expect(run.record.cells[0].standardOutput == "begun\n")
    #expect(run.record.cells[0].diagnostic?.message.contains("0.6 GB") == true)
    #expect(try warm.run(["1"]).values(1) == ["1"])
  }

  // MARK: - Remembered values

  @Test func aRememberedValueIsComputedOnce() throws {
    let warm = try WarmSession()
    func cells(_ version: Int, _ key: String) -> [String] {
      [
        "func f(_ x: Int) -> Int { x + \(version) }",
        "let t = try memo(\"t\", keyedBy: \(key), [1.5]) { print(\"computed\"); return [Tensor([Float(f(1))])] }\nt[0].elements",
      ]
    }
    #expect(try warm.run(cells(1, "1")).record.cells[1].standardOutput == "computed\n")
    try warm.restart()
    try FileManager.default.removeItem(atPath: warm.folder + "/store/records")
    let again = try warm.run(cells(1, "1"))
    #expect(again.ran == [1, 2])
    #expect(again.record.cells[1].standardOutput == "")
    #expect(again.values(2) == ["[2.0]"])
    #expect(try warm.run(cells(1, "2")).record.cells[1].standardOutput == "computed\n")
    let changed = try warm.run(cells(2, "1"))
    #expect(changed.record.cells[1].standardOutput == "computed\n")
    #expect(changed.values(2) == ["[3.0]"])
  }

  @Test func aMemoThatThrowsKeepsNothing() throws {
    let warm = try WarmSession()
    let run = try warm.run([
      "func m(_ fails: Bool) throws -> Int { try memo(\"x\", keyedBy: 1) { if fails { throw CancellationError() }; return 4 } }",
      "try? m(true)", "try m(false)",
    ])
    #expect(run.values(2) == ["nil"])
    #expect(run.values(3) == ["4"])
  }
}
