import Document
import Planning
import Testing

@Suite struct NotebookGraphTests {
  private func graph(_ cells: String...) -> NotebookGraph { Self.graph(cells) }

  static func graph(_ cells: [String]) -> NotebookGraph {
    NotebookGraph(
      Notebook(
        file: "n.md", frontMatter: FrontMatter(),
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) }))
  }

  private func uses(_ graph: NotebookGraph, by cell: Int, values: Set<String>) -> [String: NotebookGraph.PossibleUse] {
    let uses = graph.possibleUses(of: cell) { values.contains($0.name) }
    return Dictionary(uniqueKeysWithValues: uses.map { ($0.key.name, $0.value) })
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
    let document = Notebook(
      file: "n.md", frontMatter: FrontMatter(),
      blocks: ["let a = 1", "let a = 2", "a"].enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: 1)) })
    #expect(NotebookGraph(document, leavingOut: [2]).nodes[3].needs == [1])
  }

  @Test func constantsAndVariablesAreToldApart() {
    let graph = graph("let a = [1]\nvar b = [1]", "print(a, b)\nb.append(1)")
    #expect(uses(graph, by: 2, values: ["a", "b"]) == ["a": .constant, "b": .observed])
  }

  @Test func objectsMayBeChangedByAnyUse() {
    #expect(uses(graph("let model = Model()", "print(model)"), by: 2, values: []) == ["model": .opaque])
  }

  @Test func whatACalledFunctionTouchesIsTouched() {
    let graph = graph(
      "var total = 0", "func add() { total += 1 }\nfunc show() { print(total) }", "add()", "show()", "let f = add", "f()")
    #expect(uses(graph, by: 2, values: ["total"]).isEmpty)
    #expect(uses(graph, by: 3, values: ["total"]) == ["total": .observed])
    #expect(uses(graph, by: 4, values: ["total"]) == ["total": .observed])
    // A closure may call what it was made of.
    #expect(uses(graph, by: 6, values: ["total"]) == ["f": .opaque, "total": .observed])
  }

  @Test func aValuesTypeBringsItsMethodsAlong() {
    let graph = graph(
      "var log = [1]", "struct P { func p() { log.append(1) } }\nfunc make() -> P { P() }", "let p = make()", "p.p()")
    #expect(uses(graph, by: 4, values: ["log", "p"])["log"] == .observed)
  }

  @Test func extensionsMayRunInEveryLaterCell() {
    let graph = graph("var n = 0", "extension Int { func f() { n += 1 } }", "3.f()")
    #expect(graph.nodes[3].needs == [2])
    #expect(uses(graph, by: 3, values: ["n"]) == ["n": .observed])
  }

  @Test func aTypeBringsItsStaticMembersAlong() {
    let graph = graph(
      "enum K { static let a = 1; static var b = 2; enum I { static let c = Model() }; static var d: Int { 1 } }", "K.self")
    #expect(uses(graph, by: 2, values: ["K.a", "K.b"]) == ["K.a": .constant, "K.b": .observed, "K.I.c": .opaque])
  }

  @Test func anObjectMayCallWhatLaterCellsPutIntoIt() {
    let graph = graph("var hook: () -> Void = {}", "let n = Model()", "hook = { n.f() }", "hook()")
    #expect(uses(graph, by: 4, values: []) == ["hook": .opaque, "n": .opaque])
  }

  @Test func codeIsItsSourceAndTheCodeThatItUses() {
    func code(_ cells: String...) -> String { Self.graph(cells).nodes.last?.code.description ?? "" }
    let one = code("func f() -> Int { 1 }", "let a = 1", "f() + a")
    #expect(code("func f() -> Int { 2 }", "let a = 1", "f() + a") != one)
    #expect(code("func f() -> Int { 1 }", "let a = 2", "f() + a") == one)
    #expect(code("let a = 0", "func f() -> Int { 1 }", "let a = 1", "f() + a") != one)
    let observed = code("func g() -> Int { 1 }", "var a = 1 { didSet { g() } }", "a = 2")
    #expect(code("func g() -> Int { 2 }", "var a = 1 { didSet { g() } }", "a = 2") != observed)
  }

  @Test func operatorsAreVisibleWithoutAName() {
    let graph = graph(
      "struct V { static func + (a: V, b: V) -> V { a } }", "infix operator <+>", "precedencegroup P {}",
      "func <+> (a: Int, b: Int) -> Int { a }",
      "1 <+> 2")
    #expect(graph.nodes[5].needs == [1, 2, 3, 4])
  }

  @Test func whatStillCallsAnOlderDefinitionIsNamed() {
    let older = graph("func f() {}", "func g() { f() }\nlet x = f()", "func f() {}", "g()").olderDefinitions
    #expect(older.map(\.user.name) == ["g"])
    #expect(older.map(\.user.cell) == [2])
    #expect(older.map(\.used.name) == ["f"])
    #expect(older.map(\.newer) == [3])
    #expect(graph("func f() {}", "func g() { f() }", "func f() {}\nfunc g() { f() }").olderDefinitions.isEmpty)
    #expect(graph("func f() {}", "func g() { f() }", "func f(_ x: Int) {}").olderDefinitions.isEmpty)
    #expect(graph("let x = 1; func f() -> Int { x }", "let x = 2", "f()").olderDefinitions.map(\.user.name) == ["f"])
  }
}
