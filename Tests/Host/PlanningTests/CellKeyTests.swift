import Document
import Planning
import Store
import Testing

@Suite struct CellKeyTests {
  private func key(_ parts: CellKey.Part...) -> CellKey {
    var key = CellKey()
    key.add(reads: parts)
    return key
  }

  @Test(arguments: [
    (CellKey.Part.Kind.source, "", "a", "b", "source changed"), (.parameter, "idx", "Int 2", "Int 3", "params.idx 2 -> 3"),
    (.file, "results/x.csv", "1", "2", "results/x.csv changed"), (.file, "x", "1", "missing", "x is gone"),
    (.file, "x", "missing", "1", "x is there now"), (.folder, "data", "1", "2", "the names in data changed"),
    (.code, "s1-tokens", "1", "2", "the code of cell s1-tokens changed"),
    (.code, "cell-4", "1", "2", "the code of cell-4 changed"),
    (.memory, "variable 1 Knobs.t", "1", "2", "Knobs.t changed by cell-2"),
    (.memory, "objects 0", "1", "2", "an object changed by cell-2"),
    (.process, "other the locale", "1", "2", "the locale changed by cell-2"),
    (.scope, "", "1", "2", "a name in it means another definition now"),
    (.toolchain, "", "1", "2", "another Swift toolchain"), (.folio, "", "1", "2", "another build of Folio"),
    (.device, "", "cpu", "NVIDIA H200", "the device cpu -> NVIDIA H200"),
  ])
  func aDifferenceIsNamed(kind: CellKey.Part.Kind, name: String, old: String, new: String, words: String) {
    let (before, after) = (key(.init(kind, name, value: old)), key(.init(kind, name, value: new, writer: "cell-2")))
    #expect(after.changes(since: before) == [words])
    #expect(after.changes(since: after).isEmpty)
    #expect(after.key != before.key)
  }

  @Test func whatComesAndGoesIsNamed() {
    #expect(
      key(.init(.code, "b", value: "1")).changes(since: key(.init(.code, "a", value: "1"))).sorted()
        == ["it uses the code of cell a no longer", "it uses the code of cell b now"])
    #expect(key(.init(.memory, "variable 1 x", value: "1")).changes(since: key()) == ["reads x"])
  }

  @Test func ofAKeyWithoutWhatARunReadsNothingIsSaidOfThat() {
    #expect(CellKey().changes(since: key(.init(.memory, "variable 1 x", value: "1"))).isEmpty)
  }

  @Test func whoLeftAValueIsNoPartOfAKey() {
    let value = CellKey.Part(.memory, "variable 1 x", value: "1", writer: "cell-2")
    #expect(key(value).key == key(.init(.memory, "variable 1 x", value: "1", writer: "other")).key)
  }

  @Test func aCellReadsOnlyTheParametersThatItNames() {
    var frontMatter = FrontMatter()
    frontMatter.parameters = [
      Parameter(name: "a", value: .int(1), line: 1), Parameter(name: "b", value: .string("x y"), line: 1),
    ]
    let cells = ["print(params.b)", "print(params)", "print(1)"]
    let graph = NotebookGraph(
      Notebook(
        file: "n.md", frontMatter: frontMatter,
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) }))
    let parts = (1...3).map { number in
      CellKey(number, in: graph, file: "n.md", environment: []).parts.filter { $0.kind == .parameter }
    }
    #expect(
      parts == [
        [.init(.parameter, "b", value: "String \"x y\"")],
        [.init(.parameter, "a", value: "Int 1"), .init(.parameter, "b", value: "String \"x y\"")],
        [],
      ])
  }
}
