import Document
import Foundation
import Record
import Session
import Testing

/// What a cell changes is seen, whatever syntax changes it: who reads it runs again, with the value that a fresh session gives.
@Suite struct ObservedStateTests {
  /// Cells of which the second holds a `5`, and what the last one prints for it and for a `9`.
  struct Way: Sendable, CustomTestStringConvertible {
    var cells: [String]
    var five: String
    var nine: String

    init(_ cells: String..., prints five: String, _ nine: String) { (self.cells, self.five, self.nine) = (cells, five, nine) }

    var testDescription: String { cells[1] }
  }

  private static let bag = """
    struct Bag { var n = 0; mutating func reduce(_ k: Int) { n += k }; mutating func callAsFunction(_ k: Int) { n += k }
      var next: Int { mutating get { n += 1; return n } }; subscript(i: Int) -> Int { get { n } set { n = newValue + i } }
      static func << (b: inout Bag, k: Int) { b.n += k } }
    var bag = Bag()
    """

  private static let ways: [Way] = [
    Way("enum Knobs { static var t = 1 }", "Knobs.t = 5", "print(Knobs.t)", prints: "5", "9"),
    Way("extension Int { static var t = 1 }", "Int.t = 5", "print(Int.t)", prints: "5", "9"),
    Way("enum A { enum B { static var t = \"\" } }", "A.B.t = \"5\"", "print(A.B.t)", prints: "5", "9"),
    Way(
      "final class L { static let shared = L(); var s: [Int] = [] }", "L.shared.s.append(5)", "print(L.shared.s)", prints: "[5]",
      "[9]"),
    Way("var h: [Int] = []\nvar x = 0 { didSet { h.append(x) } }", "x = 5", "print(h)", prints: "[5]", "[9]"),
    Way(bag, "bag.reduce(5)", "print(bag.n)", prints: "5", "9"), Way(bag, "bag(5)", "print(bag.n)", prints: "5", "9"),
    Way(bag, "for _ in 0..<5 { _ = bag.next }", "print(bag.n)", prints: "5", "9"),
    Way(bag, "bag << 5", "print(bag.n)", prints: "5", "9"),
    Way(bag, "bag[5] = 1", "print(bag.n)", prints: "6", "10"),
    Way("var x = 1\nfunc set(_ n: inout Int, _ k: Int) { n = k }", "set(&x, 5)", "print(x)", prints: "5", "9"),
    Way(
      "func counter() -> (Int) -> Int { var n = 0; return { n += $0; return n } }\nlet count = counter()", "_ = count(5)",
      "print(count(0))", prints: "5", "9"),
    Way(
      "actor A { var n = 0; func add(_ k: Int) { n += k }; static let one = A() }", "await A.one.add(5)", "print(await A.one.n)",
      prints: "5", "9"),
    Way(
      "@propertyWrapper struct W { var wrappedValue: Int { didSet { W.sets += wrappedValue } }; static var sets = 0 }\nstruct S { @W var x = 0 }\nvar s = S()",
      "s.x = 5", "print(s.x, W.sets)", prints: "5 5", "9 9"),
    Way(
      "final class N { var n = 0 }\nenum H { static let n = N() }\nlet path: ReferenceWritableKeyPath<N, Int> = \\.n",
      "H.n[keyPath: path] = 5",
      "print(H.n.n)", prints: "5", "9"),
    Way("var x = 1\nlet p = withUnsafeMutablePointer(to: &x) { $0 }", "p.pointee = 5", "print(x)", prints: "5", "9"),
    Way("import Synchronization\nlet m = Mutex(0)", "m.withLock { $0 = 5 }", "print(m.withLock { $0 })", prints: "5", "9"),
    Way("let list = NSMutableArray()", "list.add(5)", "print(list[0])", prints: "5", "9"),
    Way(
      "var any: Any = NSMutableArray()", "(any as! NSMutableArray).add(5)", "print((any as! NSMutableArray)[0])", prints: "5", "9"
    ),
    Way("print()", "optind = 5", "print(optind)", prints: "5", "9"),
    Way("print()", "setenv(\"OBSERVED\", \"5\", 1)", "print(String(cString: getenv(\"OBSERVED\")))", prints: "5", "9"),
    Way("print()", "umask(0o5)", "let m = umask(0)\numask(m)\nprint(m)", prints: "5", "9"),
    Way(
      "mkdir(\"d5\", 0o777)\nmkdir(\"d9\", 0o777)", "chdir(\"d5\")", "print(FileManager.default.currentDirectoryPath.suffix(2))",
      prints: "d5", "d9"),
    Way(
      "print()", "NSTimeZone.default = TimeZone(secondsFromGMT: 5 * 3600)!", "print(NSTimeZone.default.secondsFromGMT() / 3600)",
      prints: "5", "9"),
    Way(
      "print()", "UserDefaults.standard.set(5, forKey: \"k\")", "print(UserDefaults.standard.integer(forKey: \"k\"))",
      prints: "5", "9"),
  ]

  private func last(_ run: WarmSession.Run) -> String? {
    run.record.cells.last?.standardOutput.split(separator: "\n").last.map(String.init)
  }

  @Test(arguments: ways) func aChangeIsSeenByThoseWhoReadIt(way: Way) throws {
    let warm = try WarmSession()
    #expect(try last(warm.run(way.cells)) == way.five)
    var edited = way.cells
    edited[1] = edited[1].replacing("5", with: "9")
    // `0o9` is no number.
    edited[1] = edited[1].replacing("0o9", with: "0o11")
    #expect(try last(warm.run(edited)) == way.nine)
    // Another reader finds it as the cells before it left it, also when nothing lives but the store.
    edited[2] += " // again"
    #expect(try last(warm.run(edited)) == way.nine)
    try warm.restart()
    edited[2] += " and again"
    #expect(try last(warm.run(edited)) == way.nine)
  }

  @Test func aCellThatLeavesEqualValuesMakesNoOtherCellRun() throws {
    let warm = try WarmSession()
    let cells = [
      "struct P: Codable { var x = [1.5]; var name: String? }",
      "let n = 1\nlet p = P(x: [Double(n % 2)])\nlet t = Tensor([Float(n % 2)])",
      "print(p, t, n % 2)", "print(p.x)",
    ]
    try warm.run(cells)
    #expect(try warm.run([cells[0], cells[1].replacing("n = 1", with: "n = 3"), cells[2], cells[3]]).ran == [2, 3])
    let commented = [cells[0] + " // the same", cells[1].replacing("n = 1", with: "n = 3"), cells[2], cells[3]]
    #expect(try warm.run(commented).ran.contains(4))
  }

  @Test func theSeedsOfTheCLibraryAreAsTheCellsBeforeLeftThem() throws {
    let warm = try WarmSession()
    let cells = ["srand48(7)\nsrandom(7)", "//| cache: false\nprint(drand48(), random())"]
    let first = try warm.run(cells).record.cells[1].standardOutput
    #expect(try warm.run(cells).record.cells[1].standardOutput == first)
    try warm.restart()
    #expect(try warm.run(cells).record.cells[1].standardOutput == first)
    #expect(try warm.run(["srand48(8)", cells[1]]).record.cells[1].standardOutput != first)
  }

  @Test func foldersThatAreListedAndFilesThatAreAskedForAreReads() throws {
    let warm = try WarmSession()
    let cells = [
      "try FileManager.default.contentsOfDirectory(atPath: \".\").filter { $0.hasSuffix(\".txt\") }.sorted()",
      "FileManager.default.fileExists(atPath: \"b.txt\")",
    ]
    try warm.write("1", to: "a.txt")
    #expect(try warm.run(cells).values(1) == ["[\"a.txt\"]"])
    #expect(try warm.run(cells).ran == [])
    try warm.write("1", to: "b.txt")
    let run = try warm.run(cells)
    #expect(run.values(1) == ["[\"a.txt\", \"b.txt\"]"])
    #expect(run.values(2) == ["true"])
    #expect(warm.explanation(1) == "ran: the names in . changed")
    #expect(warm.explanation(2) == "ran: b.txt is there now")
  }

  @Test func anInputThatIsDeclaredLaterCounts() throws {
    let warm = try WarmSession()
    try warm.write("one", to: "data.txt")
    try warm.run(["print(\"ran\")"])
    #expect(try warm.run(["//| inputs: [data.txt]\nprint(\"ran\")"]).ran == [1])
    try warm.write("two", to: "data.txt")
    #expect(try warm.run(["//| inputs: [data.txt]\nprint(\"ran\")"]).ran == [1])
  }

  @Test(arguments: [
    "Thread.detachNewThread { sleep(100) }", "DispatchQueue.global().asyncAfter(deadline: .now() + 100) {}",
    "Task.detached { try? await Task.sleep(for: .seconds(100)) };", "DispatchQueue.global().async { sleep(100) }",
  ])
  func whatGoesOnAfterItsCellIsNotTakenForDone(source: String) throws {
    let warm = try WarmSession()
    try warm.run([source, "print(1)"])
    try warm.restart()
    #expect(try warm.run([source, "print(1)"]).ran == [1, 2])
    #expect(warm.explanation(2) == "ran: what cell-1 began still goes on")
  }

  @Test(arguments: [
    "let t = Task.detached { 5 }\nprint(await t.value)", "DispatchQueue.concurrentPerform(iterations: 9) { _ in usleep(10) }",
    "let g = DispatchGroup()\nfor _ in 0..<9 { DispatchQueue.global().async(group: g) { usleep(10) } }\ng.wait()",
    "try await Task.sleep(for: .milliseconds(5))",
  ])
  func whatHasEndedWithItsCellIsReused(source: String) throws {
    let warm = try WarmSession()
    try warm.run([source, "print(1)"])
    try warm.restart()
    #expect(try warm.run([source, "print(1)"]).ran == [])
  }

  @Test(arguments: [
    ["let h = fopen(\"x.txt\", \"w\")!", "fputs(\"two\", h)\nfflush(h)"],
    [
      "FileManager.default.createFile(atPath: \"x.txt\", contents: nil)\nlet h = FileHandle(forWritingAtPath: \"x.txt\")!",
      "h.write(Data(\"two\".utf8))",
    ],
    ["let h = open(\"x.txt\", O_RDWR | O_CREAT | O_TRUNC, 0o600)", "write(h, \"two\", 3);"],
  ])
  func aFileThatStaysOpenIsWrittenByWhomeverWrites(cells: [String]) throws {
    let warm = try WarmSession()
    let all = cells + ["print(try String(contentsOfFile: \"x.txt\", encoding: .utf8))"]
    #expect(try last(warm.run(all)) == "two")
    try warm.restart()
    #expect(try last(warm.run(all)) == "two")
    try warm.restart()
    #expect(try last(warm.run([all[0], all[1].replacing("two", with: "six"), all[2]])) == "six")
  }

  @Test func theEndsOfAStreamAreOneThing() throws {
    let warm = try WarmSession()
    let cells = [
      "let (stream, continuation) = AsyncStream<Int>.makeStream()", "continuation.yield(5);", "continuation.finish()",
      "for await x in stream { print(x) }",
    ]
    #expect(try last(warm.run(cells)) == "5")
    try warm.restart()
    #expect(try last(warm.run([cells[0], "continuation.yield(9);", cells[2], cells[3]])) == "9")
  }

  @Test func whatAFormerVersionsObjectsDoAtTheirEndReachesNobody() throws {
    let warm = try WarmSession()
    let cells = ["var n = 0\nclass D { deinit { n += 1 } }", "var d: D? = D()", "d = D()", "print(n)"]
    #expect(try last(warm.run(cells)) == "1")
    #expect(try last(warm.run([cells[0], cells[1], "d = D() // again", cells[3]])) == "1")
  }

  @Test func operatorsAndMacrosLeaveATypesCell() throws {
    let warm = try WarmSession()
    let run = try warm.run([
      "struct V { var x: Int; static func + (a: V, b: V) -> V { V(x: a.x + b.x) } }", "(V(x: 1) + V(x: 2)).x",
      "precedencegroup P { higherThan: AdditionPrecedence }",
      "infix operator <+>: P", "func <+> (a: Int, b: Int) -> Int { 10 * a + b }", "1 <+> 2",
    ])
    #expect(run.values(2) == ["3"])
    #expect(run.values(6) == ["12"])
  }

  @Test func memoFollowsTheCodeOfItsOwnCell() throws {
    let warm = try WarmSession { $0.isForced = true }
    func value(_ factor: Int) throws -> [String] {
      try warm.run([
        "let c = \(factor)\nfunc helper(_ x: Int) -> Int { expensive(x) }\nfunc expensive(_ x: Int) -> Int { x * c }\ntry memo(\"m\", keyedBy: 3) { helper(3) }"
      ]).values(1)
    }
    #expect(try value(10) == ["30"])
    #expect(try value(100) == ["300"])
  }

  @Test func aThrowBehindAVariableIsTheCellsError() throws {
    let record = try run(cells: ["let limit = 3\nthrow CancellationError()"])
    #expect(record.cells[0].error?.kind == .thrown)
  }
}
