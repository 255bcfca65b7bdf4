import Document
import Keys
import Planning
import Store
import Testing

@Suite struct CellUnitTests {
  private func modules(_ cells: String..., firstLine: Int = 1) -> [String] {
    let graph = NotebookGraph(
      Notebook(
        file: "n.md", frontMatter: FrontMatter(),
        blocks: cells.enumerated().map { .cell(Cell(number: $0 + 1, source: $1, line: firstLine + 10 * $0)) }))
    return CellUnit.all(graph, file: "n.md", environment: KeyBuilder("test").key).dropFirst().map(\.module)
  }

  @Test func theNameDependsOnTheCodeAndNotOnThePlace() {
    let there = modules("let a = 1", "print(a)")
    #expect(modules("let a = 1", "print(a)", firstLine: 7) == there)
    #expect(modules("print(0)", "let a = 1", "print(a)").suffix(2) == there[...])
    #expect(modules("print(#line)") != modules("print(#line)", firstLine: 7))
  }

  @Test func anotherDefinitionMakesAnotherUser() {
    let one = modules("let a = 1", "func f() { print(a) }", "f()", "print(1)")
    let two = modules("let a = 2", "func f() { print(a) }", "f()", "print(1)")
    #expect(one[0] != two[0])
    #expect(one[1] != two[1])
    #expect(one[2] != two[2])
    #expect(one[3] == two[3])
  }

  @Test func theSameCodeTwiceIsTwoCells() {
    let all = modules("var a = 1", "var a = 1", "var a = 1")
    #expect(Set(all).count == 3)
  }

  @Test func aMemoCallKnowsTheCodeThatItNames() {
    func code(_ cells: String...) -> String? {
      let graph = NotebookGraphTests.graph(cells)
      let text = CellUnit.all(graph, file: "n.md", environment: KeyBuilder("test").key).last?.source.text
      return text?.firstMatch(of: /memo\(_code: "([0-9a-f]+)", "x"/).map { String($0.1) }
    }
    let one = code("func f() -> Int { 1 }", "let y = 1", "let z = memo(\"x\", keyedBy: 1) { f() }")
    #expect(one != nil)
    #expect(code("func f() -> Int { 1 }", "let y = 2", "let z = memo(\"x\", keyedBy: 1) { f() }\nprint(z)") == one)
    #expect(code("func f() -> Int { 2 }", "let y = 1", "let z = memo(\"x\", keyedBy: 1) { f() }") != one)
    #expect(code("func f() -> Int { 1 }", "let y = 1", "let z = memo(\"x\", keyedBy: 1) { f() + 1 }") != one)
  }

  @Test func readersSeeNoModules() {
    #expect(CellUnit.readable("Cell_0123456789abcdef.Point(x: 1) of Cell_0123456789abcdef") == "Point(x: 1) of Cell")
    #expect(CellUnit.readable("Cell_12 stays") == "Cell_12 stays")
  }
}
