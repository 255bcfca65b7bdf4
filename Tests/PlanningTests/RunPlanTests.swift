import Document
import Planning
import Store
import Testing

/// Plans for notebooks whose cells all define plain values, unless the name of a variable begins with "object".
@Suite struct RunPlanTests {
  private struct Notebook {
    var graph: NotebookGraph
    /// A key stands for a cell's source here.
    var keys: [Int: Key]

    init(_ cells: [String]) {
      graph = NotebookGraphTests.graph(cells)
      keys = Dictionary(uniqueKeysWithValues: ([""] + cells).enumerated().map { ($0, Self.key("\($0) \($1)")) })
    }

    static func key(_ text: String) -> Key {
      var builder = KeyBuilder("test")
      builder.add("text", text)
      return builder.key
    }

    func facts(unknown: Set<Int>) -> RunPlan.Facts {
      let holdsValue: (NotebookGraph.Variable) -> Bool = { !$0.name.hasPrefix("object") }
      return .init(
        graph: graph, modules: graph.nodes.indices.map { "Cell\(keys[$0]?.short ?? "")" },
        known: keys.filter { !unknown.contains($0.key) },
        touches: graph.nodes.indices.map { graph.touches($0, holdsValue: holdsValue) }, holdsValue: holdsValue, leftOut: [])
    }

    /// What a worker holds when these cells have run.
    func live(_ cells: Set<Int>) -> LiveState {
      var state = LiveState()
      for cell in graph.nodes.indices where cells.contains(cell) {
        let facts = facts(unknown: [])
        state.run(cell, mark: facts.mark(cell), facts)
      }
      return state
    }
  }

  private func plan(_ cells: [String], changed: Set<Int>, live: Set<Int>? = nil) -> [Int] {
    let notebook = Notebook(cells)
    return RunPlan(notebook.facts(unknown: changed), live: notebook.live(live ?? Set(notebook.graph.nodes.indices))).cells
  }

  private let chain = ["let a = 1", "let b = a", "let c = b", "let d = c"]
  private let diamond = ["let a = 1", "let b = a", "let c = a", "let d = b + c"]

  @Test func whereAllIsKnownNothingRuns() { #expect(plan(chain, changed: [], live: []).isEmpty) }

  @Test func inALiveSessionOnlyWhatChangedRuns() {
    #expect(plan(chain, changed: [4]) == [4])
    #expect(plan(diamond, changed: [3, 4]) == [3, 4])
  }

  @Test func inAFreshSessionWhatTheyNeedRunsToo() {
    #expect(plan(chain, changed: [3], live: []) == [1, 2, 3])
    #expect(plan(diamond, changed: [3], live: []) == [1, 3])
    #expect(plan(chain + ["print(1)"], changed: [5], live: []) == [5])
  }

  @Test func aMutatedVariableIsMadeAnewForItsFormerMutator() {
    let cells = ["var xs = [1]", "xs.append(2)", "xs.append(3)", "xs.count"]
    // The former version of 3 has appended already: back to the beginning.
    let old = Notebook(["var xs = [1]", "xs.append(2)", "xs.append(33)", "xs.count"]).live([0, 1, 2, 3, 4])
    let new = Notebook(cells)
    #expect(RunPlan(new.facts(unknown: [3, 4]), live: old).cells == [1, 2, 3, 4])
  }

  @Test func aCellThatOnlyReadsAVariableLeavesItAsItIs() {
    #expect(plan(["var xs = [1]", "xs.append(2)", "print(xs)", "xs.count"], changed: [3]) == [3])
    // To run what stands before a mutator, the variable must be as it was then.
    #expect(plan(["var xs = [1]", "print(xs)", "xs.append(2)"], changed: [2]) == [1, 2])
  }

  @Test func inAFreshSessionTheMutatorsOfAVariableRunToo() {
    #expect(plan(["var xs = [1]", "xs.append(2)", "print(1)", "xs.count"], changed: [4], live: []) == [1, 2, 4])
  }

  @Test func whatHoldsOnToAnObjectIsMadeAnewWithIt() {
    let cells = ["let object = Model()\nlet n = 1", "let objectAlias = object", "print(n)", "print(objectAlias)"]
    let notebook = Notebook(cells)
    var live = notebook.live([0, 1, 2, 3])
    let facts = notebook.facts(unknown: [])
    live.run(1, mark: facts.mark(1), facts)
    #expect(RunPlan(notebook.facts(unknown: [3]), live: live).cells == [3])
    #expect(RunPlan(notebook.facts(unknown: [4]), live: live).cells.contains(2))
  }

  @Test func aFailedRunLeavesNothingToBuildOn() {
    let notebook = Notebook(["var xs = [1]", "xs.append(2)", "xs.count"])
    var live = notebook.live([0, 1])
    let facts = notebook.facts(unknown: [2, 3])
    live.run(2, mark: .failed(2), facts)
    #expect(RunPlan(facts, live: live).cells == [1, 2, 3])
  }
}
