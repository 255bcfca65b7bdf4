import Record
import Session
import Testing

@Suite struct SessionTests {
  @Test func outputsArriveInTheOrderOfTheirMaking() throws {
    let record = try run(
      cells: [
        """
        print("a", terminator: "")
        fputs("b\\n", stderr)
        FileHandle.standardOutput.write(Data("c\\n".utf8))
        FileHandle.standardError.write(Data("d\\n".utf8))
        display(1)
        print("e")
        for x in progress([1, 2], "Counting") { print(x) }
        "last"
        """
      ])
    #expect(
      record.cells[0].outputs == [
        .text(.standardOutput, "a"), .text(.standardError, "b\n"), .text(.standardOutput, "c\n"), .text(.standardError, "d\n"),
        .value("1"), .text(.standardOutput, "e\n1\n2\n"), .progress(.init(title: "Counting", completed: 2, total: 2)),
        .value("last"),
      ])
  }

  @Test func manyPrintsAndDisplaysStayInOrder() throws {
    let record = try run(
      cells: [
        "for i in 0..<300 {\n  print(\"p\\(i)\")\n  FileHandle.standardOutput.write(Data(\"r\\(i)\\n\".utf8))\n  display(i)\n}"
      ])
    let expected = (0..<300).flatMap { [Output.text(.standardOutput, "p\($0)\nr\($0)\n"), .value("\($0)")] }
    #expect(record.cells[0].outputs == expected)
  }

  @Test func printsCannotForgeOutputs() throws {
    let frame = "let frame: [UInt8] = [3, 20, 0, 0, 0] + Array(#\"{\"value\":{\"_0\":\"no\"}}\"#.utf8)"
    let record = try run(
      cells: [
        "\(frame)\nfor fd in Int32(1)...20 { _ = frame.withUnsafeBytes { write(fd, $0.baseAddress, $0.count) } }\nprint(\"end\")",
        "1",
      ])
    #expect(record.cells[0].values == [])
    #expect(record.cells[0].standardOutput.hasSuffix("end\n"))
    #expect(record.cells[1].values == ["1"])
  }

  @Test func definitionsLiveOn() throws {
    let record = try run(
      cells: [
        "import Dispatch\nvar count = 1\nlet bump = { (by: Int) in count += by }\nstruct Point { var x = 1 }\nenum Side { case left, right }\nclass Box { var v = 0 }",
        "extension Point: CustomStringConvertible, Equatable { var description: String { \"<\\(x)>\" }\n  static func == (l: Self, r: Self) -> Bool { l.x == r.x } }\nbump(4)\ncount",
        "class Special: Box { override var v: Int { get { 7 } set {} } }\nlet any: Any = Point(x: 3)\nprint(any, Point() == Point(x: 2))\ncount *= 2\nswitch Side.left { case .left: print(\"left\"); case .right: print(\"right\") }",
        "print(DispatchQueue.main.label)\n(count, Special().v)",
      ])
    #expect(record.cells.allSatisfy { $0.outcome == .succeeded }, "\(record.cells.compactMap(\.diagnostic))")
    #expect(record.cells[1].values == ["5"])
    #expect(record.cells[2].standardOutput == "<3> false\nleft\n")
    #expect(record.cells[3].values == ["(10, 7)"])
  }

  @Test func aRedefinitionWinsAlsoWithAnotherType() throws {
    let record = try run(
      cells: [
        "let name = 1\nfunc f() -> Int { 1 }\nstruct S { var a = 1 }\nfunc g(_ x: Int) -> String { \"int\" }",
        "let name = \"two\"\nfunc f() -> String { \"2\" }\nstruct S { var b = \"b\" }\nfunc g(_ x: String) -> String { \"string\" }",
        "print(name.uppercased(), f(), S().b, g(1), g(\"\"))", "let name = [3]", "name + [4]",
      ])
    #expect(record.cells[2].standardOutput == "TWO 2 b int string\n", "\(record.cells.compactMap(\.diagnostic))")
    #expect(record.cells[4].values == ["[3, 4]"])
  }

  @Test func whatACellDeclaresIsVisibleWhateverItsAccess() throws {
    let record = try run(
      cells: [
        "private let secret = 42\nfileprivate struct S { private(set) var x = 1; private func f() -> Int { 7 } }",
        "infix operator <+>\nfunc <+> (l: Int, r: Int) -> Int { l * 10 + r }\nprint(\"ab\".firstMatch(of: /a(.)/)!.1)",
        "var s = S()\ns.x = 5\n(secret, s.x, s.f(), 1 <+> 2)",
      ])
    #expect(record.cells[2].values == ["(42, 5, 7, 12)"], "\(record.cells.compactMap(\.diagnostic))")
  }

  @Test func anAuthorsNameWinsOverALibrarys() throws {
    let record = try run(
      cells: [
        "struct Figure { var a = 1 }\nstruct Data { var b = 2 }\nlet params = 3\nfunc describe() -> String { \"mine\" }",
        "func display(_ value: Any) { print(\"mine:\", value) }\nfunc abs(_ x: Int) -> Int { 99 }",
        "display(Figure().a + Data().b + params)\nprint(describe(), abs(-1), abs(-1.5))",
      ])
    #expect(record.cells[2].standardOutput == "mine: 6\nmine 99 1.5\n", "\(record.cells.compactMap(\.diagnostic))")
  }

  @Test func aClosureKeepsItsVariables() throws {
    let record = try run(
      cells: [
        "func counter() -> () -> Int { var n = 0; return { n += 1; return n } }\nlet next = counter()\nnext()", "next()",
        "let next = 0\nnext", "next",
      ])
    #expect(record.cells.map(\.values) == [["1"], ["2"], ["0"], ["0"]])
  }

  @Test func aCellMayAwait() throws {
    let record = try run(
      cells: [
        "func slow(_ n: Int) async throws -> Int { try await Task.sleep(for: .milliseconds(5)); return n }\nlet a = try await slow(20)\nprint(a)",
        "func later() -> Int { a + 1 }\nlater()",
        "@MainActor func onMain() -> Int { a * 2 }\nlet b = await onMain()\nlet sum = await withTaskGroup(of: Int.self) { g in for i in 0..<4 { g.addTask { i } }; return await g.reduce(0, +) }\n(b, sum)",
        "struct Late: Error {}\ntry await slow(1)\nthrow Late()",
        "let task = Task { try await slow(3) }\ntry await task.value",
      ], keepGoing: true)
    #expect(record.cells[0].standardOutput == "20\n", "\(record.cells.compactMap(\.diagnostic))")
    #expect(record.cells[1].values == ["21"])
    #expect(record.cells[2].values == ["(40, 6)"])
    #expect(record.cells[3].diagnostic?.message == "Error raised at top level: Late()")
    #expect(record.cells[4].values == ["3"])
  }

  @Test func aMissingAwaitIsExplained() throws {
    let record = try run(cells: ["func slow() async -> Int { 1 }", "let x = slow()"])
    #expect(record.cells[1].diagnostic?.message == "'async' call in a function that does not support concurrency")
    #expect(record.cells[1].diagnostic?.advice?.contains("await") == true)
    #expect(record.cells[1].diagnostic?.place?.line == 5)
  }

  @Test func unicodeIsWelcomeEverywhere() throws {
    let record = try run(
      cells: [
        "let größe = \"🌍 e\u{301} 日本\"\nfunc 関数(_ 値: Int) -> String { \"\\(値)→\\(größe)\" }",
        "print(関数(1))\nfputs(größe, stderr)\n関数(2)",
      ])
    #expect(record.cells[1].standardOutput == "1→🌍 e\u{301} 日本\n")
    #expect(record.cells[1].standardError == "🌍 e\u{301} 日本")
    #expect(record.cells[1].values == ["2→🌍 e\u{301} 日本"])
  }

  @Test func tenMegabytesOfPrintsArriveWhole() throws {
    let record = try run(cells: [
      "for i in 0..<200_000 { print(\"line \\(i) of very many lines that a loop has printed\") }\n\"end\""
    ])
    let expected = (0..<200_000).map { "line \($0) of very many lines that a loop has printed\n" }.joined()
    #expect(record.cells[0].outputs.count == 2)
    #expect(record.cells[0].standardOutput == expected)
  }

  @Test func parametersAreTyped() throws {
    let record = try run(
      "---\nparams:\n  idx: 2\n  rate: 0.5\n  model: \"a \\\"b\\\"\"\n  on: true\n  names: [x, y]\n---\n```swift\n(params.idx + 1, params.rate * 2, params.model, !params.on, params.names.count)\n```"
    )
    #expect(record.cells[0].values == ["(3, 1.0, \"a \\\"b\\\"\", false, 2)"], "\(record.cells[0].outputs)")
  }

  @Test func dictionariesPrintAlikeInEveryRun() throws {
    let cells = ["print(Dictionary(uniqueKeysWithValues: (0..<50).map { (\"k\\($0)\", $0) }))"]
    #expect(try run(cells: cells) == run(cells: cells))
  }
}
