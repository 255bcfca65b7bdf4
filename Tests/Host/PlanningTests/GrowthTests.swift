import Document
import Keys
import Planning
import Store
import Testing

/// What planning costs grows as the notebook does, counted without a clock.
@Suite struct GrowthTests {
  /// How often a plan asks what a cell needs, where each of so many cells changes what the one before it left.
  private func questions(cells count: Int) -> Int {
    let graph = NotebookGraphTests.graph(["var xs: [Int] = []"] + (1..<count).map { "xs.append(\($0))" })
    let xs = MemoryLocation.variable(.init(cell: 1, name: "xs"))
    var timeline = Timeline()
    for cell in 1...count {
      timeline.set(
        cell, Trace(reads: [xs: timeline.version(of: xs, before: cell)], writes: [xs: .digest(type: "[Int]", "\(cell)")]))
    }
    var asked = 0
    let plan = RunPlan(graph: graph, modules: graph.nodes.indices.map { "Cell\($0)" }, timeline: timeline) { _ in
      asked += 1
      return [xs]
    }
    #expect(plan.cells(for: count, live: LiveState()) == Array(1...count))
    return asked
  }

  @Test func aPlanAsksEachCellAFixedNumberOfTimes() {
    #expect(questions(cells: 40) <= 3 * 40)
    #expect(questions(cells: 400) <= 3 * 400)
  }

  @Test(arguments: ["extension Int { var p#: Int { # } }", "struct S# { static func + (a: S#, b: S#) -> S# { a } }"])
  func whatEveryCellSeesIsImportedByWayOfAFew(source: String) throws {
    let cells = (0..<300).map { source.replacing("#", with: "\($0)") } + ["print(1)"]
    let graph = NotebookGraphTests.graph(cells)
    let mostNeeds = graph.nodes.map(\.needs.count).max() ?? 0
    #expect(mostNeeds <= 40)
    #expect(graph.ancestors(of: 301) == Set(1...300))
    let units = CellUnit.all(graph, file: "n.md", environment: KeyBuilder("test").key)
    let mostImports = units.map { $0.source.text.split(separator: "\n").count { $0.contains("import Cell_") } }.max() ?? 0
    #expect(mostImports <= 40)
  }

  @Test func whatEveryCellSeesIsHandedOnByThoseThatOthersImport() throws {
    let graph = NotebookGraphTests.graph((0..<70).map { "extension Int { var p\($0): Int { \($0) } }" })
    let units = CellUnit.all(graph, file: "n.md", environment: KeyBuilder("test").key)
    let relays = units.filter { $0.source.text.contains("@_exported import") }.map(\.number)
    #expect(relays == [33, 65])
    for unit in units.dropFirst(34) { #expect(unit.imports.contains { relays.contains($0) }) }
  }

  @Test func parametersAreReadThroughALongWayOfFunctions() throws {
    let cells = ["func f0() -> Int { params.a }"] + (1..<100).map { "func f\($0)() -> Int { f\($0 - 1)() }" } + ["print(f99())"]
    let markdown = "---\nparams:\n  a: 1\n  b: 2\n---\n" + cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\n")
    let graph = NotebookGraph(try Notebook(markdown: markdown, file: "n.md"))
    #expect(graph.parameters(of: 101).map(\.name) == ["a"])
  }

  @Test func aCellOfManyDeclarationsMayRememberWhatAllOfThemMake() throws {
    let chain = (1..<200).map { "let x\($0) = x\($0 - 1) + 1" }.joined(separator: "\n")
    let source = "let x0 = 1\n\(chain)\nlet m = try memo(\"m\", keyedBy: 1) { x199 }"
    func key(_ source: String) -> String {
      CellUnit.all(NotebookGraphTests.graph([source]), file: "n.md", environment: KeyBuilder("test").key)[1].source.text
        .split(separator: "\n").first { $0.contains("_code: ") }.map(String.init) ?? ""
    }
    #expect(key(source) != key(source.replacing("let x0 = 1", with: "let x0 = 2")))
    #expect(key(source) == key(source + "\nlet other = 5"))
  }
}
