import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// The rules of the session: what runs, in which order, and what becomes of it when something goes wrong.
@Suite struct ScriptedSessionTests {
  private let chain = ["var a = 1", "var b = a + 1", "var c = b + 1\nprint(c)", "print(9)"]

  // MARK: - Order and reuse

  @Test func cellsRunFromTopToBottom() throws {
    let notebook = try ScriptedSession()
    #expect(try notebook.run(chain) == [1, 2, 3, 4])
    #expect(notebook.runtime.begun == [1, 2, 3, 4])
    #expect(notebook.printed(3) == "3\n")
  }

  @Test func whatIsKnownDoesNotRunAgain() throws {
    let notebook = try ScriptedSession()
    try notebook.run(chain)
    #expect(try notebook.run(chain) == [])
    #expect(notebook.events == ["reused 1", "reused 2", "reused 3", "reused 4"])
    #expect(notebook.printed(3) == "3\n")
    #expect(notebook.explanation(3) == "reused")
  }

  @Test func aChangeRunsTheCellAndWhoReadsIt() throws {
    let notebook = try ScriptedSession()
    try notebook.run(chain)
    #expect(try notebook.run([chain[0], "var b = a + 5", chain[2], chain[3]]) == [2, 3])
    #expect(notebook.printed(3) == "7\n")
    #expect(notebook.explanation(2) == "ran: source changed")
    #expect(notebook.explanation(3) == "ran: b changed by cell-2")
  }

  @Test func aChangeThatLeavesTheSameValuesRunsNobodyElse() throws {
    let notebook = try ScriptedSession()
    try notebook.run(chain)
    #expect(try notebook.run([chain[0], "var b = 2", chain[2], chain[3]]) == [2])
  }

  @Test func aCellThatMovesDoesNotRun() throws {
    let notebook = try ScriptedSession()
    try notebook.run(chain)
    #expect(try notebook.run(["print(0)"] + chain) == [1])
  }

  @Test func aFreshSessionOfTheSameStoreRunsWhatTheChangedCellNeeds() throws {
    let folder = try TestFolder()
    try ScriptedSession { $0.store = folder.path }.run(chain)
    let fresh = try ScriptedSession { $0.store = folder.path }
    #expect(try fresh.run(Array(chain[..<2]) + ["var c = b + 3\nprint(c)", chain[3]]) == [1, 2, 3])
    #expect(fresh.explanation(1) == "ran: needed by cell-3")
    #expect(fresh.explanation(4) == "reused")
  }

  @Test func aForcedRunRunsAll() throws {
    let notebook = try ScriptedSession { $0.isForced = true }
    try notebook.run(chain)
    #expect(try notebook.run(chain) == [1, 2, 3, 4])
    #expect(notebook.explanation(1) == "ran: --force")
  }

  @Test func anotherValueOfAParameterRunsWhoReadsIt() throws {
    let notebook = try ScriptedSession()
    let cells = ["print(params.idx + params.idx)", "print(params.other)", "print(3)"]
    try notebook.run(cells, parameters: "idx: 2, other: 1")
    #expect(try notebook.run(cells, parameters: "idx: 3, other: 1") == [1])
    #expect(notebook.printed(1) == "6\n")
    #expect(notebook.explanation(1) == "ran: params.idx 2 -> 3")
  }

  @Test func aVariableIsNeverChangedTwiceByOneCell() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var x = 1", "x += 2", "print(x)"])
    #expect(try notebook.run(["var x = 1", "x += 3", "print(x)"]) == [1, 2, 3])
    #expect(notebook.printed(3) == "4\n")
  }

  @Test func aCellThatComesBetweenIsAPartOfWhatLaterOnesSee() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var x = 1", "x += 2", "print(x)"])
    try notebook.run(["var x = 1", "x += 2", "x += 4", "print(x)"])
    #expect(notebook.printed(4) == "7\n")
  }

  @Test func whoHoldsAnObjectIsMadeAnewWithIt() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["let b = Box(1)", "let c = b", "b.n += 1", "print(c.n)"])
    try notebook.run(["let b = Box(1)", "let c = b", "b.n += 5", "print(c.n)"])
    #expect(notebook.printed(4) == "6\n")
  }

  // MARK: - Surprises

  /// No name tells that the last cell changes the object, so that the new cell finds what a later one has made of it.
  @Test func aCellThatFindsWhatALaterOneLeftStartsAnew() throws {
    let notebook = try ScriptedSession()
    let cells = ["let b = Box(1)", "stash(b)", "stashed += 5"]
    try notebook.run(cells)
    try notebook.run([cells[0], cells[1], "//| label: new\nprint(7)\nprint(b.n)", cells[2]])
    #expect(notebook.events.contains("starts anew 3"))
    #expect(notebook.printed(3) == "7\n1\n")
  }

  // MARK: - Failures

  @Test(arguments: ["throw Oops()", "trap()"]) func aCellThatFailsEndsTheRun(failing: String) throws {
    let notebook = try ScriptedSession { $0.keepsGoing = false }
    #expect(try notebook.run(["var a = 1", failing, "print(a)"]) == [1, 2])
    #expect(notebook.outcomes == [.succeeded, .failed, .notRun])
    #expect(notebook.explanation(3) == "not run: new")
  }

  @Test func whatKeepsGoingGoesOnWithWhatEarlierCellsDefined() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var a = 1", "var a = 2\nthrow Oops()", "print(a)"])
    #expect(notebook.outcomes == [.succeeded, .failed, .succeeded])
    #expect(notebook.printed(3) == "1\n")
  }

  @Test func anErrorInTheLastCellIsKnownBeforeTheFirstRuns() throws {
    let notebook = try ScriptedSession { $0.keepsGoing = false }
    try notebook.run(["var a = 1", "print(a)", "print(undefined)"])
    #expect(notebook.runtime.begun == [])
    #expect(notebook.outcomes == [.notRun, .notRun, .failed])
    #expect(notebook.error(3)?.kind == .compile)
  }

  @Test func whatKeepsGoingRunsTheCellsThatCompile() throws {
    let notebook = try ScriptedSession()
    #expect(try notebook.run(["var a = 1", "var a = undefined", "print(a)"]) == [2, 1, 3])
    #expect(notebook.printed(3) == "1\n")
  }

  @Test(arguments: ["var pick = undefined", "var pick = 1\nthrow Oops()"])
  func whatNeedsAFailedCellCanBeLeftAlone(failing: String) throws {
    let notebook = try ScriptedSession { $0.sparesOrphans = true }
    try notebook.run(["var a = 1", failing, "var b = pick", "print(b)", "print(a)"])
    #expect(notebook.outcomes == [.succeeded, .failed, .notRun, .notRun, .succeeded])
  }

  @Test func aFailureIsNotKept() throws {
    let notebook = try ScriptedSession()
    let cells = ["var a = 1", "throw Oops()", "print(a)"]
    try notebook.run(cells)
    #expect(try notebook.run(cells) == [2])
    #expect(notebook.explanation(2) == "ran: it failed last time")
  }

  @Test func whatAFailedCellChangedPoisonsNothing() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var x = 1", "x += 5\nthrow Oops()", "print(x)"])
    try notebook.run(["var x = 1", "print(0)", "print(x)"])
    #expect(notebook.printed(3) == "1\n")
  }

  /// What the failed cells left is needed, and gone with the worker.
  @Test func cellsThatFailedAreRunAgainForWhatTheyChangedAndNotForEver() throws {
    let notebook = try ScriptedSession()
    var vanished = false
    notebook.runtime.vanishes = { cell in
      defer { if cell == 4 { vanished = true } }
      return cell == 4 && !vanished
    }
    try notebook.run(["var x = 1", "x += 2\nthrow Oops()", "x += 4\nthrow Oops()", "print(x)"])
    #expect(vanished)
    #expect(notebook.printed(4) == "7\n")
    #expect(notebook.runtime.begun == [1, 2, 3, 1, 2, 3, 4])
  }

  @Test(arguments: ["throw Oops()", "trap()", "print(undefined)"]) func anErrorThatIsExpectedIsNoFailure(error: String) throws {
    let notebook = try ScriptedSession { $0.keepsGoing = false }
    let cells = ["var a = 1", "//| expect: error\n\(error)", "print(a)"]
    try notebook.run(cells)
    #expect(notebook.outcomes == [.succeeded, .failedAsExpected, .succeeded])
    #expect(try notebook.run(cells) == [])
  }

  @Test func anErrorThatIsExpectedAndDoesNotComeIsAFailure() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["//| expect: error\nprint(1)"])
    #expect(notebook.error(1)?.kind == .missingError)
  }

  // MARK: - Lost workers

  @Test func aWorkerThatDiesInACellEndsTheRunAndKeepsWhatWasPutOut() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var a = 1", "print(a)\ndie()", "print(a)"])
    #expect(notebook.outcomes == [.succeeded, .failed, .notRun])
    #expect(notebook.error(2)?.kind == .workerDied)
    #expect(notebook.printed(2) == "1\n")
  }

  @Test func theRunAfterALostWorkerMakesAnewWhatItNeeds() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var a = 1", "die()", "print(a)"])
    #expect(try notebook.run(["var a = 1", "print(8)", "print(a)"]) == [2, 1, 3])
    #expect(notebook.printed(3) == "1\n")
  }

  /// The second version changes, adds or takes away a cell, so that the first thing that is asked of the worker is another one each time.
  @Test(arguments: [
    ["var a = 1", "print(a + 1)"], ["var a = 1", "print(a)", "print(a + 2)"], ["var a = 2", "print(a)"],
    ["var a = 1", "a += 1", "print(a)"],
  ])
  func aWorkerThatEndsWhileNoCellRunsCostsNoCell(cells: [String]) throws {
    let notebook = try ScriptedSession()
    try notebook.run(["var a = 1", "print(a)"])
    notebook.runtime.vanish()
    try notebook.run(cells)
    #expect(notebook.outcomes.allSatisfy { $0 == .succeeded })
    let fresh = try ScriptedSession()
    try fresh.run(cells)
    #expect(notebook.result?.record == fresh.result?.record)
  }

  @Test(arguments: [0, 1, 2]) func aWorkerThatEndsBeforeACellBeginsCostsNoCell(number: Int) throws {
    let notebook = try ScriptedSession()
    let cells = ["var a = params.idx", "print(a)"]
    try notebook.run(cells, parameters: "idx: 2")
    var vanished = false
    notebook.runtime.vanishes = { cell in
      defer { if cell == number { vanished = true } }
      return cell == number && !vanished
    }
    try notebook.run(cells, parameters: "idx: 3")
    #expect(vanished)
    #expect(notebook.printed(2) == "3\n")
  }

  @Test func aWorkerThatEndsAgainAndAgainIsAnError() throws {
    let notebook = try ScriptedSession()
    notebook.runtime.vanishes = { _ in true }
    let problem = #expect(throws: Diagnostic.self) { try notebook.run(["print(1)"]) }
    #expect(problem?.message == "the worker has ended 6 times while no cell ran")
  }

  // MARK: - Stopping

  @Test func anInterruptionThatComesBeforeTheRunStopsItAndNoOther() throws {
    let notebook = try ScriptedSession()
    notebook.session.interrupt()
    #expect(try notebook.run(chain) == [])
    #expect(try notebook.run(chain) == [1, 2, 3, 4])
  }

  @Test func anInterruptionCanBeTakenBack() throws {
    let notebook = try ScriptedSession()
    notebook.session.interrupt()
    notebook.session.dropInterruption()
    #expect(try notebook.run(chain) == [1, 2, 3, 4])
  }

  @Test func aStoppedCellKeepsItsOutputsAndTheOthersValues() throws {
    let notebook = try ScriptedSession()
    let session = notebook.session
    try notebook.run(["var a = 1", "print(5)\nwait()", "print(a)"]) { if case .text = $0 { session.interrupt() } }
    #expect(notebook.outcomes == [.succeeded, .failed, .notRun])
    #expect(notebook.error(2)?.kind == .interrupted)
    #expect(notebook.printed(2) == "5\nwaiting\n")
    #expect(try notebook.run(["var a = 1", "print(6)", "print(a)"]) == [2, 3])
  }

  @Test func aCellThatRunsTooLongIsStoppedAndTheOthersGoOn() throws {
    let notebook = try ScriptedSession { $0.timeout = 60 }
    try notebook.run(["var a = 1", "wait()", "print(a)"])
    #expect(notebook.outcomes == [.succeeded, .failed, .succeeded])
    #expect(notebook.error(2)?.kind == .timeout)
    #expect(notebook.error(2)?.diagnostics.first?.message.contains("limit of 60 seconds") == true)
  }

  @Test func aCellThatTakesTooMuchMemoryEndsTheRun() throws {
    let notebook = try ScriptedSession { $0.memory = 1_000_000_000 }
    try notebook.run(["eat()", "print(1)"])
    #expect(notebook.error(1)?.kind == .memory)
    #expect(notebook.outcomes == [.failed, .notRun])
    #expect(try notebook.run(["print(1)"]) == [1])
  }

  @Test func aRunThatYieldsEndsAfterTheRunningCell() throws {
    let notebook = try ScriptedSession()
    let session = notebook.session
    try notebook.run(chain) { if case .cellStarted(let cell, _, _) = $0, cell.number == 2 { session.yield() } }
    #expect(notebook.result?.hasYielded == true)
    #expect(notebook.outcomes == [.succeeded, .succeeded, .notRun, .notRun])
    #expect(try notebook.run(chain) == [3, 4])
    #expect(notebook.result?.hasYielded == false)
  }

  @Test func aWishToYieldEndsNoLaterRun() throws {
    let notebook = try ScriptedSession()
    notebook.session.yield()
    #expect(try notebook.run(chain) == [1, 2, 3, 4])
    #expect(notebook.result?.hasYielded == false)
  }

  // MARK: - The result

  @Test func theResultSaysWhatWasReadAndHowMuchMemoryWasHad() throws {
    let notebook = try ScriptedSession()
    try notebook.run(["//| inputs: [data.txt]\nprint(1)"])
    #expect(notebook.result?.files.read.contains { $0.hasSuffix("/data.txt") } == true)
    #expect(notebook.result?.peakMemory == 7)
  }

  @Test func theSourceOfEachCellCanBeKept() throws {
    let folder = try TestFolder()
    let notebook = try ScriptedSession { $0.keptSources = folder.path }
    try notebook.run(["//| label: first\nvar a = params.idx", "print(a)"], parameters: "idx: 1")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/scripted").sorted()
    #expect(names == ["cell-2.swift", "first.swift", "params.swift"])
    let source = try folder.read("scripted/cell-2.swift")
    #expect(source.hasPrefix("// cell-2 of scripted.md, compiled as the module Cell_"))
    #expect(source.contains("_folioShow(print(a))"))
  }

  @Test func aFolderForSourcesThatCannotBeWrittenIsToldWithAnAdvice() throws {
    let problem = #expect(throws: Diagnostic.self) {
      try ScriptedSession { $0.keptSources = "/proc/none" }.run(["print(1)"])
    }
    #expect(problem?.message.contains("/proc/none") == true)
    #expect(problem?.advice?.contains("another folder") == true)
  }

  // MARK: - Any edits

  /// Notebooks whose cells change each other's variables and objects, edited at random.
  @Test(arguments: 1...20) func whatIsReusedIsWhatAFreshSessionGives(seed: Int) throws {
    var random = RandomNotebook.Generator(state: UInt64(seed) &* 77_777)
    let definitions = ["var a = #", "var x = #", "let b = Box(#)", "let c = b", "var y = x + a"]
    let steps = [
      "x += #", "x = a + #", "a += x", "b.n += #", "c.n += x", "print(b.n)", "print(c.n + x)", "print(a)", "y += #",
      "print(y + x)",
      "let d = c\nd.n += #", "x += 1\nthrow Oops()", "var x = #", "let b = Box(x)", "print(undefined)", "x = #\ndie()",
    ]
    func filled(_ text: String?) -> String { (text ?? "").replacing("#", with: "\(Int.random(in: 1...3, using: &random))") }
    var cells = definitions.map { filled($0) } + (0..<6).map { _ in filled(steps.randomElement(using: &random)) }
    let warm = try ScriptedSession { $0.store = nil }
    for edit in 0..<12 {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: cells.insert(filled(steps.randomElement(using: &random)), at: Int.random(in: 5...cells.count, using: &random))
      case 1 where cells.count > 6: cells.remove(at: Int.random(in: 5..<cells.count, using: &random))
      case 2:
        let index = Int.random(in: 0..<5, using: &random)
        cells[index] = filled(definitions[index])
      default:
        if cells.count > 5 {
          cells[Int.random(in: 5..<cells.count, using: &random)] = filled(steps.randomElement(using: &random))
        }
      }
      if Bool.random(using: &random) { warm.runtime.vanish() }
      // Where a worker dies, fewer cells are known than were before; without it, all are.
      let safe = cells.map { $0.replacing("\ndie()", with: "") }
      try warm.run(cells)
      try warm.run(safe)
      let fresh = try ScriptedSession { ($0.isForced, $0.store) = (true, nil) }
      try fresh.run(safe)
      #expect(warm.result?.record == fresh.result?.record, "seed \(seed), edit \(edit): \(safe)")
    }
  }
}
