import Document
import Planning
import Store
import Testing

@Suite struct CellKeyTests {
  private func key(_ parts: (CellKey.Part.Kind, String, String)...) -> CellKey {
    var key = CellKey()
    for part in parts { key.add(part.0, part.1, part.2) }
    return key
  }

  @Test(arguments: [
    (CellKey.Part.Kind.source, "", "a", "b", "source changed"), (.parameter, "idx", "Int 2", "Int 3", "params.idx 2 -> 3"),
    (.file, "results/x.csv", "1", "2", "results/x.csv changed"), (.file, "x", "1", "missing", "x is gone"),
    (.file, "x", "missing", "1", "x is there now"), (.cell, "s1-tokens", "1", "2", "cell s1-tokens ran"),
    (.cell, "cell-4", "1", "2", "cell-4 ran"), (.toolchain, "", "1", "2", "another Swift toolchain"),
    (.folio, "", "1", "2", "another build of Folio"),
  ])
  func aDifferenceIsNamed(kind: CellKey.Part.Kind, name: String, old: String, new: String, words: String) {
    let (before, after) = (key((kind, name, old)), key((kind, name, new)))
    #expect(after.changes(since: before) == [words])
    #expect(after.changes(since: after).isEmpty && after.key != before.key)
  }

  @Test func whatComesAndGoesIsNamed() {
    #expect(
      key((.cell, "b", "1")).changes(since: key((.cell, "a", "1"))).sorted()
        == ["it depends no longer on cell a", "it depends on cell b now"])
  }

  @Test func aCellReadsOnlyTheParametersThatItNames() {
    var frontMatter = FrontMatter()
    frontMatter.parameters = [
      Parameter(name: "a", value: .int(1), line: 1), Parameter(name: "b", value: .string("x y"), line: 1),
    ]
    let cells = ["print(params.b)", "print(params)", "print(1)"]
    let graph = NotebookGraph(
      Document(
        file: "n.md", frontMatter: frontMatter,
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) }))
    let parts = (1...3).map { number in
      CellKey(number, in: graph, file: "n.md", environment: [], mutators: []) { _ in nil }.parts.filter { $0.kind == .parameter }
    }
    #expect(
      parts == [
        [.init(.parameter, "b", "String \"x y\"")], [.init(.parameter, "a", "Int 1"), .init(.parameter, "b", "String \"x y\"")],
        [],
      ])
  }
}
