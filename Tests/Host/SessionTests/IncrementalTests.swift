import Document
import Foundation
import Record
import Session
import Store
import TestSupport
import Testing

/// What runs after a change, in a session that lives on and in a fresh one that has only the store.
@Suite struct IncrementalTests {
  private let chain = ["let a = 1", "let b = a + 1", "let c = b + 1\nc", "print(\"apart\")"]

  @Test func whatIsKnownIsNotRunAgain() throws {
    let warm = try WarmSession()
    #expect(try warm.run(chain).ran == [1, 2, 3, 4])
    #expect(try warm.run(chain).ran == [])
    try warm.restart()
    let again = try warm.run(chain)
    #expect(again.ran == [])
    #expect(again.values(3) == ["3"])
    #expect(again.record.cells[3].standardOutput == "apart\n")
  }

  @Test func aChangeInAChainRunsWhatFollows() throws {
    let warm = try WarmSession()
    try warm.run(chain)
    let changed = [chain[0], "let b = a + 10", chain[2], chain[3]]
    let run = try warm.run(changed)
    #expect(run.ran == [2, 3])
    #expect(run.values(3) == ["12"])
    #expect(warm.explanation(2) == "ran: source changed")
    #expect(warm.explanation(3) == "ran: b changed by cell-2")
    #expect(warm.explanation(1) == "reused")
    try warm.restart()
    let last = try warm.run([chain[0], "let b = a + 10", "let c = b + 2\nc", chain[3]])
    #expect(last.ran == [1, 2, 3])
    #expect(last.values(3) == ["13"])
    #expect(warm.explanation(1) == "ran: needed by cell-3")
    #expect(warm.explanation(4) == "reused")
  }

  @Test func anotherPlaceOrLabelRunsNothing() throws {
    let warm = try WarmSession()
    try warm.run(chain)
    let moved = try warm.run(["print(0)"] + chain)
    #expect(moved.ran == [1])
    #expect(moved.record.cells.map(\.id) == ["cell-1", "cell-2", "cell-3", "cell-4", "cell-5"])
    let labelled = try warm.run(["//| label: first\n" + chain[0]] + chain[1...])
    #expect(labelled.ran == [])
    #expect(labelled.record.cells[0].id == "first")
    #expect(labelled.values(3) == ["3"])
    try warm.restart()
    #expect(try warm.run(["print(0)"] + chain).ran == [])
  }

  @Test func aChangeInADiamondRunsItsSideOnly() throws {
    let warm = try WarmSession()
    let diamond = ["let a = 1", "let b = a + 1", "let c = a * 10", "b + c"]
    #expect(try warm.run(diamond).values(4) == ["12"])
    let run = try warm.run([diamond[0], diamond[1], "let c = a * 20", diamond[3]])
    #expect(run.ran == [3, 4])
    #expect(run.values(4) == ["22"])
  }

  @Test func aVariableThatIsMutatedIsNeverMutatedTwice() throws {
    let warm = try WarmSession()
    let cells = ["var xs = [1]", "xs.append(2)", "xs"]
    #expect(try warm.run(cells).values(3) == ["[1, 2]"])
    let edited = try warm.run(["var xs = [1]", "xs.append(3)", "xs"])
    #expect(edited.values(3) == ["[1, 3]"])
    #expect(edited.ran == [1, 2, 3])
    #expect(try warm.run(["var xs = [1]", "xs.append(3)", "xs.count"]).values(3) == ["2"])
    // A cell between that changes it is a part of what a later cell sees.
    let inserted = try warm.run(["var xs = [1]", "xs.append(3)", "xs += [4]", "xs"])
    #expect(inserted.values(4) == ["[1, 3, 4]"])
    try warm.restart()
    #expect(try warm.run(["var xs = [1]", "xs.append(3)", "xs += [5]", "xs"]).values(4) == ["[1, 3, 5]"])
  }

  @Test func aChangedFunctionRunsAllWhoCallIt() throws {
    let warm = try WarmSession()
    let cells = ["func f(_ x: Int) -> Int { x + 1 }", "f(1)", "func g() -> Int { f(2) }", "g()", "7"]
    #expect(try warm.run(cells).values(4) == ["3"])
    let run = try warm.run(["func f(_ x: Int) -> Int { x + 2 }"] + cells[1...])
    #expect(run.ran == [1, 2, 3, 4])
    #expect(run.values(2) == ["3"])
    #expect(run.values(4) == ["4"])
  }

  @Test func objectsThatAreChangedBehindANameAreFollowed() throws {
    let warm = try WarmSession()
    let cells = ["final class Box { var n = 0 }", "let box = Box()", "func add(_ k: Int) { box.n += k }", "add(1)", "box.n"]
    #expect(try warm.run(cells).values(5) == ["1"])
    let run = try warm.run(Array(cells[..<3]) + ["add(5)", "box.n"])
    #expect(run.values(5) == ["5"])
  }

  @Test func aFileThatIsReadCountsByItsContent() throws {
    let warm = try WarmSession()
    try warm.write("one", to: "data.txt")
    let cells = ["let text = try String(contentsOfFile: \"data.txt\", encoding: .utf8)", "text", "1"]
    #expect(try warm.run(cells).values(2) == ["one"])
    try warm.write("one", to: "data.txt")
    #expect(try warm.run(cells).ran == [])
    try warm.write("two", to: "data.txt")
    let changed = try warm.run(cells)
    #expect(changed.ran == [1, 2])
    #expect(changed.values(2) == ["two"])
    #expect(warm.explanation(1) == "ran: data.txt changed")
    try warm.write("one", to: "data.txt")
    try warm.restart()
    let back = try warm.run(cells)
    #expect(back.ran == [])
    #expect(back.values(2) == ["one"])
  }

  @Test(arguments: [
    "FileManager.default.contents(atPath: \"in.txt\").map { String(decoding: $0, as: UTF8.self) }",
    "try? String(contentsOf: URL(fileURLWithPath: \"in.txt\"), encoding: .utf8)",
    "FileHandle(forReadingAtPath: \"in.txt\").map { String(decoding: $0.readDataToEndOfFile(), as: UTF8.self) }",
    "fopen(\"in.txt\", \"r\").map { file in var line = [CChar](repeating: 0, count: 9); fgets(&line, 9, file); fclose(file); return String(cString: line) }",
  ])
  func filesAreNoticedByWhateverTheyAreRead(source: String) throws {
    let warm = try WarmSession()
    #expect(try warm.run([source]).values(1) == ["nil"])
    #expect(try warm.run([source]).ran == [])
    try warm.write("here", to: "in.txt")
    #expect(try warm.run([source]).values(1) == ["here"])
    #expect(warm.explanation(1) == "ran: in.txt is there now")
    try FileManager.default.removeItem(atPath: warm.folder + "/in.txt")
    #expect(try warm.run([source]).values(1) == ["nil"])
  }

  @Test func anInputThatIsDeclaredCounts() throws {
    let warm = try WarmSession()
    try warm.write("one", to: "data.txt")
    let cells = ["//| inputs: [data.txt]\nprint(\"ran\")"]
    try warm.run(cells)
    #expect(try warm.run(cells).ran == [])
    try warm.write("two", to: "data.txt")
    #expect(try warm.run(cells).ran == [1])
  }

  @Test func aFileThatACellWritesIsMadeAgain() throws {
    let warm = try WarmSession()
    let cells = ["try \"x\".write(toFile: \"out.txt\", atomically: true, encoding: .utf8)", "2"]
    try warm.run(cells)
    #expect(try warm.run(cells).ran == [])
    try FileManager.default.removeItem(atPath: warm.folder + "/out.txt")
    #expect(try warm.run(cells).ran == [1])
    #expect(warm.explanation(1) == "ran: out.txt, which it writes, changed")
    #expect(FileManager.default.fileExists(atPath: warm.folder + "/out.txt"))
  }

  @Test func onlyTheParametersThatACellReadsCount() throws {
    let warm = try WarmSession()
    let cells = ["params.idx * 2", "params.name", "3"]
    try warm.run(cells, parameters: "idx: 2, name: a")
    let run = try warm.run(cells, parameters: "idx: 3, name: a")
    #expect(run.ran == [1], "\(run.record.cells[0])")
    #expect(run.values(1) == ["6"], "\(run.record.cells[0])")
    #expect(warm.explanation(1) == "ran: params.idx 2 -> 3")
    let other = try warm.run(cells, parameters: "idx: 3, name: b, new: 1")
    #expect(other.ran == [2])
    #expect(other.values(2) == ["b"])
  }

  @Test func theModelCountsByItsContent() throws {
    let warm = try WarmSession()
    try FileManager.default.copyItem(atPath: Repository.model, toPath: warm.folder + "/model")
    let cells = ["let model = try LanguageModel.load(\"model\")", "try model.run(\"Fae is a\").logits.argmax()", "1"]
    #expect(try warm.run(cells).record.cells.allSatisfy { $0.outcome == .succeeded })
    try warm.restart()
    #expect(try warm.run(cells).ran == [])
    let file = try #require(FileHandle(forUpdatingAtPath: warm.folder + "/model/model.safetensors"))
    try file.seek(toOffset: file.seekToEnd() - 2)
    try file.write(contentsOf: Data([0x12]))
    try file.close()
    #expect(try warm.run(cells).ran == [1, 2])
    #expect(warm.explanation(1) == "ran: model/model.safetensors changed")
  }

  @Test func optionsAndForceRunWhatIsKnown() throws {
    let warm = try WarmSession()
    let cells = ["//| cache: false\nlet a = Int.random(in: 0..<1_000_000)", "a", "2"]
    let first = try warm.run(cells).values(2)
    let second = try warm.run(cells)
    #expect(second.ran == [1, 2])
    #expect(second.values(2) != first)
    #expect(warm.explanation(1) == "ran: cache: false")
    #expect(warm.explanation(3) == "reused")
    let forced = try WarmSession { $0.isForced = true }
    try forced.run(chain)
    #expect(try forced.run(chain).ran == [1, 2, 3, 4])
    #expect(forced.explanation(1) == "ran: --force")
  }

  @Test func anErrorThatIsExpectedIsKnownToo() throws {
    let warm = try WarmSession()
    let cells = ["let a = 1", "//| expect: error\nlet hidden = a\nfatalError(\"as it should\")", "a"]
    #expect(try warm.run(cells).record.cells[1].outcome == .failedAsExpected)
    try warm.restart()
    let again = try warm.run(cells)
    #expect(again.ran == [])
    #expect(again.record.cells[1].diagnostic?.message.contains("as it should") == true)
    // Its place is part of its output.
    let moved = try warm.run(["let a = 1\n"] + cells[1...])
    #expect(moved.record.cells[1].diagnostic?.place?.line == 11)
  }

  @Test func aFailureIsNotKept() throws {
    let warm = try WarmSession()
    let cells = ["let a = 1", "if getenv(\"NEVER\") == nil { throw CancellationError() }", "a"]
    #expect(try warm.run(cells).record.cells[1].outcome == .failed)
    #expect(try warm.run(cells).ran == [2])
    #expect(warm.explanation(2) == "ran: it failed last time")
  }

  @Test func whatAFailedCellLeftBehindPoisonsNothing() throws {
    let warm = try WarmSession()
    try warm.run(["var xs = [1]", "xs.append(2)\nthrow CancellationError()", "xs"])
    #expect(try warm.run(["var xs = [1]", "print(0)", "xs"]).values(3) == ["[1]"])
  }

  @Test func aDamagedStoreCostsTimeAndNothingElse() throws {
    let warm = try WarmSession()
    let whole = try warm.run(chain).record
    let names = FileManager.default.enumerator(atPath: warm.folder + "/store")?.compactMap { $0 as? String } ?? []
    for (index, name) in names.sorted().enumerated() {
      let path = warm.folder + "/store/" + name
      guard var bytes = FileManager.default.contents(atPath: path), !bytes.isEmpty else { continue }
      if index % 3 == 0 { bytes.removeLast(bytes.count / 2 + 1) } else { bytes[bytes.count / 2] ^= 0xFF }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    try warm.restart()
    let again = try warm.run(chain)
    #expect(again.record == whole)
    #expect(again.ran == [1, 2, 3, 4])
  }

  @Test func aStoreThatCannotBeWrittenIsNoError() throws {
    let warm = try WarmSession { $0.store = "/proc/no/store" }
    #expect(try warm.run(chain).values(3) == ["3"])
    #expect(try warm.run(chain).ran == [])
  }

  @Test func compiledCellsServeOtherNotebooks() throws {
    let warm = try WarmSession()
    try warm.run(chain)
    let store = EntryStore(folder: warm.folder + "/store")
    let before = store.usage()[.cells]?.entries
    try warm.restart()
    try warm.run(["print(\"more\")"] + chain)
    #expect(before != nil)
    #expect(store.usage()[.cells]?.entries == before.map { $0 + 1 })
  }

  @Test func namesOfModulesAreNoPartOfARecord() throws {
    let warm = try WarmSession()
    let run = try warm.run([
      "struct P { var a = 1 }", "dump(P())\nprint(String(reflecting: P.self))\nlet any: Any = 1\nany as! P",
    ])
    #expect(run.record.cells[1].standardOutput == "▿ P\n  - a: 1\nP\n")
    #expect(run.record.cells[1].diagnostic?.message == "Fatal error: Could not cast value of type 'Swift.Int' to 'P'.")
  }
}
