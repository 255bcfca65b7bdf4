import Attribution
import Randomness
import Tensors
import Transformer

extension LanguageModel {
  /// Patches each of some edges in truth, alone: its receiver reads the residual stream with what the sender writes when ablated in place of what it
  /// writes, and everything behind it follows. The score is the metric on the clean prompt less that on the patched one, the mean of the examples.
  ///
  /// Runs are resumed at the receiver's layer, those of one layer side by side.
  ///
  /// - Returns: the edges in the given order.
  /// - Throws: `CircuitError` for no example or edge, or an edge that the model does not have.
  public func patchedEdges(
    _ edges: [CircuitEdge], on examples: [PromptExample], by ablation: EdgeAblation = .patching
  ) throws -> [ScoredEdge] {
    try examples.checkNotEmpty()
    guard !edges.isEmpty else {
      throw CircuitError.nothing("edges to patch", advice: "Name some, as those of `scores.strongest(20)`.")
    }
    for edge in edges { try circuitGraph.check(edge) }
    var sums = [Double](repeating: 0, count: edges.count)
    for example in examples {
      let effects = try patched(edges, AblatedRun(self, example, ablation))
      for (index, effect) in effects.enumerated() { sums[index] += Double(effect) }
    }
    return zip(edges, sums).map { ScoredEdge(edge: $0, score: Float($1 / Double(examples.count))) }
  }

  /// By how much the metric of one example falls with each edge patched alone.
  func patched(_ edges: [CircuitEdge], _ run: AblatedRun) throws -> [Float] {
    let graph = run.graph
    var effects = [Float](repeating: 0, count: edges.count)
    for (layer, indices) in Dictionary(grouping: edges.indices, by: { edges[$0].receiver.place(graph).layer }).sorted(by: {
      $0.key < $1.key
    }) {
      let patches = indices.map { index in
        let row = graph.row(of: edges[index].sender)
        return Patch(
          [edges[index].receiver.reading(less: run.clean.select(row) - run.ablated.select(row), graph)], start: run.base.start)
      }
      for (index, value) in zip(indices, try resume(run.base, at: layer, patches)) { effects[index] = run.base.value - value }
    }
    return effects
  }
}

/// How scores of edges compare with edges that were really patched.
public struct EdgeCheck: Sendable {
  /// One edge.
  public struct Item: Hashable, Sendable {
    /// The edge.
    public let edge: CircuitEdge
    /// What the method says.
    public let estimate: Float
    /// What patching says.
    public let patched: Float
  }

  /// The edges that were compared: the strongest, and others at random.
  public let edges: [Item]

  /// Pearson's correlation of estimates and truth; NaN if either does not vary.
  public var correlation: Double { agreement.correlation }

  /// Which part of the `k` edges with the largest truth is among the `k` with the largest estimates, from 0 to 1. Sizes count, not signs.
  public func recall(top k: Int) -> Double { agreement.recall(top: k) }

  /// The largest difference of an estimate from the truth.
  public var largestError: Float { agreement.largestError }

  private var agreement: Agreement { Agreement(edges.map { ($0.estimate, $0.patched) }) }
}

extension EdgeCheck: CustomStringConvertible {
  /// How many edges were patched, and how well they were estimated.
  public var description: String {
    "\(edges.count) edges patched: correlation \(correlation), largest error \(largestError)"
  }
}

extension EdgeScores {
  /// Edges to compare with the truth: half of them the strongest, the others at random.
  func chosen(_ count: Int, seed: UInt64) -> [ScoredEdge] {
    let (elements, ranked) = (values.elements, ranked(by: .magnitude))
    let strongest = min(count / 2, ranked.count)
    var random = SeededGenerator(seed: seed)
    let drawn = ranked[strongest...].shuffled(using: &random).prefix(count - strongest)
    return (ranked[..<strongest] + drawn).sorted().map { ScoredEdge(edge: graph.edge(at: $0), score: elements[$0]) }
  }
}
