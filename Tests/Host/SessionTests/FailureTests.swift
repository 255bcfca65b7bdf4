import Record
import Session
import TestSupport
import Testing

@Suite struct FailureTests {
  @Test func aCellThatDoesNotCompileIsReportedAtItsLineAndColumn() throws {
    let record = try run("# Título\n\n```swift\nlet é = 1\n\né + missing\n```\n\n```swift\n1\n```")
    let diagnostic = try #require(record.cells[0].diagnostic)
    #expect(record.cells[0].error?.kind == .compile)
    #expect(diagnostic.place == Place(file: "notebook.md", line: 6, column: 6))
    #expect(diagnostic.message == "cannot find 'missing' in scope")
    #expect(diagnostic.excerpt == "é + missing")
    #expect(record.cells[1].outcome == .notRun)
  }

  @Test func aThrownErrorStandsAtItsTryAndNamesItsThrow() throws {
    let record = try run(
      cells: [
        "struct Oops: Error { var why: String }\nfunc risky(_ n: Int) throws -> Int {\n  guard n < 3 else { throw Oops(why: \"too big\") }\n  return n\n}\nvar log = [1]",
        "log.append(2)\nprint(\"before\")\nlet a = try risky(1)\nlet b = try risky(5)\nprint(\"after\")",
        "log",
      ], keepGoing: true)
    let failed = record.cells[1]
    #expect(failed.outcome == .failed)
    #expect(failed.error?.kind == .thrown)
    #expect(failed.standardOutput == "before\n")
    #expect(failed.diagnostic?.message == "Error raised at top level: Oops(why: \"too big\")")
    #expect(failed.diagnostic?.place?.line == 13)
    #expect(failed.diagnostic?.excerpt == "let b = try risky(5)")
    #expect(failed.diagnostic?.notes.first?.place?.line == 4)
    #expect(record.cells[2].values == ["[1, 2]"])
  }

  @Test(arguments: [
    ("let xs = [1]\nprint(\"a\")\nprint(xs[Int(\"7\")!])", "Fatal error: Index out of range", 3),
    ("let n: Int? = Int(\"x\")\nn!", "Fatal error: Unexpectedly found nil while unwrapping an Optional value", 2),
    ("var big = Int.max\nbig += Int(\"1\")!", "Fatal error: arithmetic overflow", 2),
    ("let zero = Int(\"0\")!\n1 / zero", "Fatal error: Division by zero", 2),
    ("\nfatalError(\"gone: é\")", "Fatal error: gone: é", 2),
    ("precondition(Int(\"1\")! > 2, \"must be more\")", "Precondition failed: must be more", 1),
    ("let any: Any = 1\nany as! String", "Fatal error: Could not cast value of type 'Swift.Int' to 'Swift.String'.", 2),
    ("let t = Tensor([1, 2, 3])\nt[7]", "Fatal error: The index [7] lies outside of a tensor of shape [3].", 2),
    ("func f(_ n: Int) -> Int { 1 + f(n + 1) }\nf(0)", "Fatal error: stack overflow", 1),
  ])
  func aTrapIsReportedAtItsLineAndTheSessionLives(source: String, message: String, line: Int) throws {
    let record = try run(cells: ["var kept = [\"kept\"]", source, "kept"], keepGoing: true)
    let diagnostic = try #require(record.cells[1].diagnostic)
    #expect(record.cells[1].error?.kind == .trap)
    #expect(diagnostic.message.hasPrefix(message), "\(diagnostic.message)")
    #expect(!diagnostic.message.contains("stack trace"))
    #expect(diagnostic.place?.line == 4 + line)
    #expect(!record.cells[1].standardError.contains("Fatal error"))
    #expect(record.cells[2].values == ["[\"kept\"]"])
  }

  @Test func whatIsInternalToALibraryIsNamed() throws {
    let internalUse = "Question(text: \"\", facts: [], goldChain: [], label: true)"
    let record = try run(cells: ["let kept = 1", internalUse, "kept"], keepGoing: true)
    let diagnostic = try #require(record.cells[1].diagnostic)
    #expect(diagnostic.message.hasPrefix("the cell uses 'Question.init(text:facts:goldChain:label:)', which is internal"))
    #expect(diagnostic.advice?.contains("public") == true)
    #expect(record.cells[2].values == ["1"])
  }

  @Test func aTrapInAFunctionOfAnEarlierCellNamesItsCaller() throws {
    let record = try run(cells: ["func third(_ xs: [Int]) -> Int {\n  xs[3]\n}", "third([1, 2])"])
    let diagnostic = try #require(record.cells[1].diagnostic)
    #expect(diagnostic.place == Place(file: "notebook.md", line: 3))
    #expect(diagnostic.notes.map(\.place?.line) == [7])
  }

  @Test func wordsOfATrapThatACellPrintedItselfStay() throws {
    let record = try run(
      cells: ["fputs(\"Fatal error: only words\\n\", stderr)\nlet xs = [1]\nxs[Int(\"5\")!]"])
    #expect(record.cells[0].standardError == "Fatal error: only words\n")
    #expect(record.cells[0].diagnostic?.message == "Fatal error: Index out of range")
  }

  @Test func aTrapOnAnotherThreadEndsTheCell() throws {
    let record = try run(
      cells: [
        "import Dispatch\nlet done = DispatchSemaphore(value: 0)\nThread.detachNewThread { fatalError(\"elsewhere\") }\ndone.wait()",
        "1",
      ],
      keepGoing: true)
    #expect(record.cells[0].diagnostic?.message == "Fatal error: elsewhere")
    #expect(record.cells[1].values == ["1"])
  }

  @Test func printingWorksAfterATrapInsideAPrint() throws {
    let record = try run(
      cells: [
        "struct Bad: CustomStringConvertible { var description: String { fatalError(\"in a description\") } }\nprint(\"x\", Bad())",
        "print(\"again\")",
      ], keepGoing: true)
    #expect(record.cells[0].diagnostic?.message == "Fatal error: in a description")
    #expect(record.cells[1].standardOutput.hasSuffix("again\n"))
  }

  @Test func aKilledWorkerIsReportedWithItsSignalAndKeepsItsOutput() throws {
    let record = try run(
      cells: ["print(\"first\")", "print(\"before\")\ndisplay(\"shown\")\nkill(getpid(), SIGKILL)", "print(\"never\")"],
      keepGoing: true)
    let killed = record.cells[1]
    #expect(record.cells[0].standardOutput == "first\n")
    #expect(killed.error?.kind == .workerDied)
    #expect(killed.standardOutput == "before\n")
    #expect(killed.values == ["shown"])
    expect(killed.diagnostic?.message, contains: "SIGKILL", "cell-2")
    #expect(killed.diagnostic?.place?.line == 5)
    #expect(record.cells[2].outcome == .notRun)
  }

  @Test func aWildPointerIsReportedAtItsLine() throws {
    let record = try run(cells: ["print(\"before\")\nlet wild = UnsafePointer<Int>(bitPattern: 16)!\nprint(wild.pointee)"])
    #expect(record.cells[0].error?.kind == .workerDied)
    #expect(record.cells[0].diagnostic?.message.contains("SIGSEGV") == true)
    #expect(record.cells[0].diagnostic?.place?.line == 4)
    #expect(record.cells[0].standardOutput == "before\n")
  }

  @Test func anExitOfACellIsReported() throws {
    let record = try run(cells: ["print(\"leaving\")\nexit(3)"])
    #expect(record.cells[0].diagnostic?.message.contains("exited with status 3") == true)
    #expect(record.cells[0].standardOutput == "leaving\n")
  }

  @Test(arguments: ["while true {}", "var n = 0\nwhile true { n += \"\\(n)\".count }", "sleep(100)", "while true { sleep(1) }"])
  func aCellThatRunsTooLongIsStoppedAndTheSessionLives(loop: String) throws {
    let record = try run(
      "```swift\nlet kept = 7\n```\n```swift\n//| timeout: 1\nprint(\"begun\")\n\(loop)\n```\n```swift\nkept\n```",
      keepGoing: true)
    #expect(record.cells[1].error?.kind == .timeout)
    #expect(record.cells[1].standardOutput == "begun\n")
    #expect(record.cells[1].diagnostic?.message.contains("limit of 1 seconds") == true)
    #expect(record.cells[2].values == ["7"])
  }

  /// Nearly all their time is spent in libraries that hold locks, in the channel, or on other threads.
  @Test(arguments: [
    "var i = 0\nwhile true { print(\"step \\(i)\"); i += 1 }", "while true { display(1) }",
    "while true { for _ in progress(0..<3) {} }",
    "while true { FileHandle.standardOutput.write(Data(\"hello\\n\".utf8)) }",
    "while true { print(\"a\"); display(2); fputs(\"x\\n\", stderr) }",
    "var s: [String] = []\nwhile true { s = (0..<100).map { \"\\($0) of so many that it is long\" } }",
    "while true { _ = UUID().uuidString.lowercased().split(separator: \"-\") }", "while true { free(malloc(64)) }",
    "import Dispatch\nDispatchQueue.concurrentPerform(iterations: 4) { k in while true { print(k) } }",
    "let thread = Thread { while true { print(\"beside\") } }\nthread.start()\nsleep(100)",
    "while true { try await Task.sleep(nanoseconds: 1000); print(\"x\") }",
    "struct Endless: CustomStringConvertible { var description: String { while true {} } }\nprint(Endless())",
  ])
  func aLoopInLibrariesIsStoppedAndTheSessionLives(loop: String) throws {
    let record = try run(
      "```swift\nlet kept = [7]\n```\n```swift\n//| timeout: 0.5\n\(loop)\n```\n```swift\nprint(\"kept\", kept)\nkept\n```",
      keepGoing: true)
    #expect(record.cells[1].error?.kind == .timeout)
    #expect(record.cells[1].diagnostic?.advice?.contains("still there") == true)
    #expect(record.cells[2].values == ["[7]"])
    #expect(record.cells[2].standardOutput.contains("kept [7]"))
  }

  @Test func outputsBeyondTheLimitAreCountedAndTold() throws {
    let record = try run(cells: ["for k in 0..<5000 { display(k) }\nprint(\"more\")", "1"])
    let cell = record.cells[0]
    #expect(cell.outcome == .succeeded)
    #expect(cell.values.count == 4096)
    #expect(cell.values.last == "4095")
    #expect(cell.standardError == "[904 more outputs and 5 more bytes of text were left out]\n")
    #expect(record.cells[1].values == ["1"])
  }

  @Test func theWordsOfATrapAreFoundBehindTheLimit() throws {
    let record = try run(cells: ["for k in 0..<5000 { display(k) }\nfatalError(\"at the end\")"])
    #expect(record.cells[0].diagnostic?.message == "Fatal error: at the end")
    #expect(record.cells[0].standardError == "[904 more outputs were left out]\n")
  }

  @Test func aCellThatCannotBeStoppedEndsItsWorker() throws {
    // The C library does not give the thread back.
    let record = try run(
      "```swift\n//| timeout: 1\nprint(\"begun\")\nvar set = sigset_t()\nsigfillset(&set)\npthread_sigmask(SIG_BLOCK, &set, nil)\nwhile true {}\n```\n```swift\n1\n```",
      keepGoing: true)
    #expect(record.cells[0].error?.kind == .timeout)
    #expect(record.cells[0].standardOutput == "begun\n")
    #expect(record.cells[1].outcome == .notRun)
  }

  @Test func anExpectedErrorIsAnOutput() throws {
    let record = try run(
      "```swift\n//| expect: error\nlet x: Int = \"no\"\n```\n```swift\n//| expect: error\n1\n```\n```swift\n2\n```",
      keepGoing: true)
    #expect(record.cells.map(\.outcome) == [.failedAsExpected, .failed, .succeeded])
    #expect(record.cells[1].error?.kind == .missingError)
  }

  @Test func whatAFailedCellDefinedIsNamedWhereItIsMissed() throws {
    let record = try run(cells: ["struct E: Error {}\nlet table = [1]\nthrow E()", "table.count"], keepGoing: true)
    #expect(record.cells[1].diagnostic?.advice?.contains("cell-1") == true)
  }

  @Test func aNameThatALaterCellDefinesIsSaidToBeThere() throws {
    let record = try run(cells: ["print(later)", "let later = 1"], keepGoing: true)
    #expect(record.cells[0].diagnostic?.advice?.contains("defined in cell-2 (line 5), which runs after this cell") == true)
  }
}
