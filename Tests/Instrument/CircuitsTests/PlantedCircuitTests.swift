import Attribution
import Circuits
import Testing
import Transformer

/// A model whose circuit is planted: each method finds its edges and no others, and where one gradient cannot, it is said.
@Suite struct PlantedCircuitTests {
  static let planted = Result {
    let planted = try PlantedInduction()
    return (planted.model, try planted.examples(4))
  }

  /// What the corrupted prompts change: which token stands before the answer, which the previous-token head carries to the induction head's key.
  static let edges = ["embedding → L0V1", "L0H1 → L1K2", "L1H2 → logits"]

  private func found(_ scores: EdgeScores, _ count: Int) -> Set<String> { Set(scores.strongest(count).map(\.edge.description)) }

  @Test
  func patchingEachEdgeFindsThePlantedOnesAndNoOther() throws {
    let (model, examples) = try Self.planted.get()
    let scores = try model.edgeAttribution(on: examples, method: .patched)
    #expect(found(scores, 3) == Set(Self.edges))
    for item in scores.strongest(3) { #expect(item.score > 3, "\(item)") }
    for item in scores.strongest(scores.graph.edgeCount).dropFirst(3) { #expect(abs(item.score) < 0.2, "\(item)") }
  }

  @Test
  func oneGradientMissesTheEdgesBehindWhichAttentionIsSaturatedAndIntegratedGradientsFindThem() throws {
    let (model, examples) = try Self.planted.get()
    let one = try model.edgeAttribution(on: examples, method: .attributionPatching)
    let many = try model.edgeAttribution(on: examples, method: .integratedGradients(steps: 64))
    for name in Self.edges.prefix(2) {
      let edge = try CircuitEdge(name)
      let (saturated, integrated) = (try one[edge], try many[edge])
      #expect(saturated < 0.2, "\(name): \(saturated)")
      #expect(integrated > 2, "\(name): \(integrated)")
    }
    #expect(found(one, 3) != Set(Self.edges))
    #expect(found(many, 3) == Set(Self.edges))
  }

  @Test
  func pathPatchingTracesTheAnswerBack() throws {
    let (model, examples) = try Self.planted.get()
    let end = try model.pathPatching(on: examples, to: [.logits])
    #expect(end.strongest(1)[0].sender == .head(layer: 1, head: 2) && end.strongest(2)[1].effect < 0.2)
    let key = try model.pathPatching(on: examples, to: [.key(layer: 1, head: 2)])
    #expect(key.strongest(1)[0].sender == .head(layer: 0, head: 1) && key.strongest(2)[1].effect < 0.2)
  }

  @Test
  func thePlantedEdgesAreTheWholeBehaviourAndWithoutThemNothingIsLeft() throws {
    let (model, examples) = try Self.planted.get()
    // What the heads read besides is the same in both prompts, but the query's own token and the values of the answer.
    let edges = Self.edges + ["embedding → L0Q1", "embedding → L0K1", "embedding → L1Q2", "embedding → L1V2"]
    let circuit = try Circuit(edges.map { try CircuitEdge($0) }, of: model.circuitGraph)
    let kept = try model.faithfulness(of: circuit, on: examples, controls: 20)
    #expect(abs(kept.value - 1) < 0.05)
    #expect(try #require(kept.comparison).rank == 1)
    #expect(abs(try model.faithfulness(of: circuit, on: examples, ablating: .inside).value) < 0.05)
    let scores = try model.edgeAttribution(on: examples, method: .patched)
    #expect(try model.faithfulness(of: scores.circuit(greedy: 3), on: examples).value > 0.9)
  }
}
