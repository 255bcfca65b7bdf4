import Document
import Planning
import Testing

@Suite struct NotebookGraphTests {
  private func graph(_ cells: String...) -> NotebookGraph { Self.graph(cells) }

  static func graph(_ cells: [String]) -> NotebookGraph {
    NotebookGraph(
      Document(
        file: "n.md", frontMatter: FrontMatter(),
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) }))
  }

  private func touched(_ graph: NotebookGraph, by cell: Int, values: Set<String>) -> [String: References.Access] {
    let touches = graph.touches(cell) { values.contains($0.name) }
    return Dictionary(uniqueKeysWithValues: touches.map { ($0.key.name, $0.value) })
  }

  @Test func aCellNeedsWhatItNames() {
    let graph = graph("let a = 1", "func f() { print(a) }", "f()", "print(1)")
    #expect(graph.nodes.map(\.needs) == [[], [], [1], [2], []])
    #expect(graph.ancestors(of: 3) == [1, 2])
  }

  @Test func itsOwnDefinitionsHideEarlierOnes() {
    #expect(graph("let a = 1", "let a = 2\nprint(a)").nodes[2].needs.isEmpty)
    #expect(graph("func f(_ x: Int) {}", "func f(_ x: String) {}\nf(1)").nodes[2].needs == [1])
  }

  @Test func aLeftOutCellDefinesNothing() {
    let document = Document(
      file: "n.md", frontMatter: FrontMatter(),
      blocks: ["let a = 1", "let a = 2", "a"].enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) })
    #expect(NotebookGraph(document, leavingOut: [2]).nodes[3].needs == [1])
  }

  @Test func constantValuesAreNotTouched() {
    let graph = graph("let a = [1]\nvar b = [1]", "print(a, b)\nb.append(1)")
    #expect(touched(graph, by: 2, values: ["a", "b"]) == ["b": .mayChange])
  }

  @Test func objectsMayBeChangedByAnyUse() {
    #expect(touched(graph("let model = Model()", "print(model)"), by: 2, values: []) == ["model": .mayChange])
  }

  @Test func whatACalledFunctionTouchesIsTouched() {
    let graph = graph(
      "var total = 0", "func add() { total += 1 }\nfunc show() { print(total) }", "add()", "show()", "let f = add", "f()")
    #expect(touched(graph, by: 2, values: ["total"]).isEmpty)
    #expect(touched(graph, by: 3, values: ["total"]) == ["total": .mayChange])
    #expect(touched(graph, by: 4, values: ["total"]) == ["total": .reads])
    // A closure may call what it was made of.
    #expect(touched(graph, by: 6, values: ["total"]) == ["f": .mayChange, "total": .mayChange])
  }

  @Test func aValuesTypeBringsItsMethodsAlong() {
    let graph = graph(
      "var log = [1]", "struct P { func p() { log.append(1) } }\nfunc make() -> P { P() }", "let p = make()", "p.p()")
    #expect(touched(graph, by: 4, values: ["log", "p"])["log"] == .mayChange)
  }

  @Test func extensionsMayRunInEveryLaterCell() {
    let graph = graph("var n = 0", "extension Int { func f() { n += 1 } }", "3.f()")
    #expect(graph.nodes[3].needs == [2] && touched(graph, by: 3, values: ["n"]) == ["n": .mayChange])
  }

  @Test func whatStillCallsAnOlderDefinitionIsNamed() {
    let older = graph("func f() {}", "func g() { f() }\nlet x = f()", "func f() {}", "g()").olderDefinitions
    #expect(older.map(\.user.name) == ["g"] && older.map(\.user.cell) == [2])
    #expect(older.map(\.used.name) == ["f"] && older.map(\.newer) == [3])
    #expect(graph("func f() {}", "func g() { f() }", "func f() {}\nfunc g() { f() }").olderDefinitions.isEmpty)
    #expect(graph("func f() {}", "func g() { f() }", "func f(_ x: Int) {}").olderDefinitions.isEmpty)
  }
}
