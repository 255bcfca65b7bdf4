import Document
import Keys
import Planning
import Store
import Testing

/// Plans for notebooks whose cells read and write as the tests say, the value of a variable being its writer's number.
@Suite struct RunPlanTests {
  /// What a cell reads and writes: names of variables, each of the cell that first writes it.
  private struct Effect {
    var reads: [String] = []
    var writes: [String] = []
    /// Whether what it writes leads to objects.
    var isIdentity = false
  }

  private struct Notebook {
    var plan: RunPlan
    var live = LiveState()

    init(_ effects: [Effect]) {
      // What is read must be compiled against its cell.
      let cells = effects.map { effect in
        (effect.writes.map { "var \($0) = 0" } + effect.reads.map { "_ = \($0)" }).joined(separator: "\n")
      }
      let graph = NotebookGraphTests.graph(cells)
      var owners: [String: Int] = [:]
      var timeline = Timeline()
      for (index, effect) in effects.enumerated() {
        for name in effect.writes where owners[name] == nil { owners[name] = index + 1 }
        func location(_ name: String) -> MemoryLocation { .variable(.init(cell: owners[name] ?? 0, name: name)) }
        let key = Self.key("\(index + 1)")
        var trace = Trace()
        for name in effect.reads { trace.reads[location(name)] = .some(timeline.version(of: location(name), before: index + 1)) }
        for name in effect.writes {
          trace.writes[location(name)] = effect.isIdentity ? .run(key) : .digest(type: "Int", "\(index + 1)")
        }
        trace.writes[.objects(key)] = .run(key)
        timeline.set(index + 1, trace)
      }
      let known = timeline
      plan = RunPlan(graph: graph, modules: graph.nodes.indices.map { "Cell\($0)" }, timeline: timeline) { cell in
        Set(known.traces[cell]?.reads.keys ?? [:].keys)
      }
    }

    static func key(_ text: String) -> Key {
      var builder = KeyBuilder("test")
      builder.add("text", text)
      return builder.key
    }

    /// Lets cells run in the worker.
    func running(_ cells: [Int], from number: Int = 100) -> Notebook {
      var notebook = self
      for (index, cell) in cells.enumerated() {
        guard let trace = plan.timeline.traces[cell] else { continue }
        plan.note(trace, of: cell, run: number + index, key: Self.key("\(cell)"), in: &notebook.live)
      }
      return notebook
    }

    func cells(for wanted: Int) -> [Int]? { plan.cells(for: wanted, live: live) }
  }

  /// `a`, then `b` of `a`, and so on.
  private let chain = Notebook([
    Effect(writes: ["a"]), Effect(reads: ["a"], writes: ["b"]), Effect(reads: ["b"], writes: ["c"]), Effect(writes: ["d"]),
  ])

  /// `xs`, two that append, and one that reads.
  private let appending = Notebook([
    Effect(writes: ["xs"]), Effect(reads: ["xs"], writes: ["xs"]), Effect(reads: ["xs"], writes: ["xs"]), Effect(reads: ["xs"]),
  ])

  @Test func inALiveSessionOnlyTheCellRuns() { #expect(chain.running([1, 2, 3, 4]).cells(for: 3) == [3]) }

  @Test func inAFreshSessionWhatItNeedsRunsToo() {
    #expect(chain.cells(for: 3) == [1, 2, 3])
    #expect(chain.cells(for: 4) == [4])
    #expect(appending.cells(for: 4) == [1, 2, 3, 4])
  }

  @Test func aChangedVariableIsMadeAnewForItsFormerWriter() {
    #expect(appending.running([1, 2, 3]).cells(for: 3) == [1, 2, 3])
    #expect(appending.running([1, 2]).cells(for: 3) == [3])
  }

  @Test func whatStandsBeforeAWriterFindsTheVariableAsItWasThen() {
    #expect(appending.running([1, 2, 3, 4]).cells(for: 2) == [1, 2])
  }

  @Test func whatHoldsOnToAnObjectIsMadeAnewWithIt() {
    let notebook = Notebook([
      Effect(writes: ["box"], isIdentity: true), Effect(reads: ["box"], writes: ["alias"], isIdentity: true),
      Effect(reads: ["alias"]),
    ]).running([1, 2, 3])
    #expect(notebook.cells(for: 3) == [3])
    #expect(notebook.running([1], from: 200).cells(for: 3) == [2, 3])
  }

  @Test func whatHoldsAValueOutlivesWhatItWasMadeOf() {
    #expect(chain.running([1, 2, 3]).running([1], from: 200).cells(for: 3) == [3])
  }

  @Test func aFailedRunLeavesNothingToBuildOn() {
    var notebook = appending.running([1, 2])
    let xs = LiveLocation.variable(module: "Cell1", name: "xs")
    notebook.live.run(300, module: "Cell3", key: nil, isComplete: false, reads: [xs], writes: [xs: .spoiled(300)])
    #expect(notebook.cells(for: 4) == [1, 2, 3, 4])
  }

  @Test func whatNoCellCanMakeNeedsANewWorker() {
    var notebook = chain.running([1, 2, 3, 4])
    notebook.plan.requirements = { _ in [.other("'optind' of libc")] }
    notebook.live.run(
      400, module: "Cell4", key: nil, isComplete: true, reads: [],
      writes: [.other("'optind' of libc"): .run(Notebook.key("former"))])
    #expect(notebook.cells(for: 4) == nil)
    notebook.live = LiveState()
    #expect(notebook.cells(for: 4) == [4])
  }
}
