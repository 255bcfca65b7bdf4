import Attribution
import Circuits
import ModelFixture
import Randomness
import Tensors
import Testing
import Transformer

/// Scores of edges: against the EAP-IG package, against derivatives and patches in Double, of every family.
@Suite struct EdgeAttributionTests {
  static let variants = ModelVariant.families + ModelVariant.combinations

  // MARK: - Against the reference

  @Test(arguments: [
    ("EAP", EdgeMethod.attributionPatching, nil), ("EAP-IG-inputs", .integratedGradients(steps: 5), Quadrature.leftEnds(5)),
    ("EAP-IG-activations", .activationGradients(steps: 3), Quadrature.rightEnds(3)), ("exact", .patched, nil),
  ])
  func scoresAreThoseOfTheReference(_ name: String, _ method: EdgeMethod, _ rule: Quadrature?) throws {
    let fixture = try EAPFixture.load()
    let model = try fixture.model()
    let scores = try model.edgeAttribution(on: fixture.examples(model), method: method, rule: rule)
    let difference = relativeDifference(scores.values, try fixture.expected(name, scores.graph))
    #expect(difference <= 1e-4, "\(name): \(difference)")
    #expect(scores.examples.count == 3)
    #expect(zip(scores.metric, fixture.clean).allSatisfy { abs($0 - $1) < 2e-5 })
  }

  @Test
  func ablatedByZeroOrByMeansTheyAreThoseOfTheReferenceToo() throws {
    let fixture = try EAPFixture.load()
    let model = try fixture.model()
    let means = try model.senderMeans(over: fixture.meanPrompts, byPosition: true)
    for (name, ablation) in [("EAP zero", EdgeAblation.zero), ("EAP positional mean", .mean(means))] {
      let scores = try model.edgeAttribution(on: fixture.examples(model), method: .attributionPatching, by: ablation)
      let difference = relativeDifference(scores.values, try fixture.expected(name, scores.graph))
      #expect(difference <= 1e-4, "\(name): \(difference)")
    }
  }

  // MARK: - Against the twin

  /// Of each receiver, one sender.
  private func sampledEdges(_ graph: CircuitGraph, seed: UInt64) -> [CircuitEdge] {
    var random = SeededGenerator(seed: seed)
    return Dictionary(grouping: graph.edges, by: \.receiver).values.compactMap {
      $0.sorted { $0.name < $1.name }.randomElement(using: &random)
    }
  }

  @Test(arguments: variants)
  func aScoreIsTheDerivativeAlongTheEdge(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 201)
    let (model, twin) = (try random.model(), random.twin)
    let scores = try model.edgeAttribution(on: [CircuitPrompts.example(model)], method: .attributionPatching)
    let ablated = TwinCuts.outputs(twin, CircuitPrompts.corrupted)
    let largest = scores.values.magnitude().max()
    for edge in sampledEdges(scores.graph, seed: 1) {
      let score = try scores[edge]
      func slope(_ step: Double) -> Double {
        let value = { (part: Double) in TwinCuts.value(twin, ablated: ablated) { $0 == edge ? part : 0 } }
        return (value(-step) - value(step)) / (2 * step)
      }
      let expected = (4 * slope(1.0 / 1024) - slope(1.0 / 512)) / 3
      #expect(abs(Double(score) - expected) <= 1e-4 * Double(largest), "\(edge): \(score), \(expected)")
    }
  }

  @Test(arguments: variants)
  func aPatchedEdgeIsWhatThePassWithThatEdgeCutGives(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 202)
    let (model, twin) = (try random.model(), random.twin)
    let ablated = TwinCuts.outputs(twin, CircuitPrompts.corrupted)
    let edges = sampledEdges(model.circuitGraph, seed: 2)
    let patched = try model.patchedEdges(edges, on: [CircuitPrompts.example(model)])
    #expect(patched.map(\.edge) == edges)
    let whole = TwinCuts.value(twin, ablated: ablated) { _ in 0 }
    let largest = patched.map { abs($0.score) }.max() ?? 0
    #expect(largest > 1e-3)
    for item in patched {
      let expected = whole - TwinCuts.value(twin, ablated: ablated) { $0 == item.edge ? 1 : 0 }
      #expect(abs(Double(item.score) - expected) <= 1e-4 * Double(largest), "\(item), \(expected)")
    }
  }

  @Test(arguments: [ModelVariant.families[0], ModelVariant.families[1], ModelVariant.families[8]])
  func integratedGradientsAreMeansOfDerivativesAlongTheWayOfTheEmbedding(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 203)
    let (model, twin) = (try random.model(), random.twin)
    let rule = Quadrature.midpoint(2)
    let scores = try model.edgeAttribution(
      on: [CircuitPrompts.example(model)], method: .integratedGradients(steps: 2), rule: rule)
    let (clean, ablated) = (TwinCuts.outputs(twin, CircuitPrompts.clean), TwinCuts.outputs(twin, CircuitPrompts.corrupted))
    let graph = scores.graph
    for edge in sampledEdges(graph, seed: 3) where edge.sender != .embedding {
      let sender = try #require(ablated[edge.sender]), base = try #require(clean[edge.sender])
      var expected = 0.0
      for (node, weight) in zip(rule.nodes, rule.weights) {
        // A pass from the embedding between the prompts, with the difference of the clean pass's sender added to what the receiver reads.
        func value(_ part: Double) -> Double {
          let between = TwinCuts.outputs(twin, CircuitPrompts.clean, embedding: (clean, ablated, node))
          let moved = between.merging([
            edge.sender: zip(between[edge.sender] ?? [], zip(base, sender)).map { $0 + $1.1 - $1.0 }
          ]) { $1 }
          return TwinCuts.value(twin, ablated: moved, embedding: (clean, ablated, node)) { $0 == edge ? part : 0 }
        }
        expected += weight * (value(-1.0 / 1024) - value(1.0 / 1024)) * 512
      }
      let score = try scores[edge]
      #expect(abs(Double(score) - expected) <= 1e-3 * Double(scores.values.magnitude().max()), "\(edge)")
    }
  }

  // MARK: - What comes with them

  @Test
  func theCheckPatchesTheStrongestEdgesAndOthersInTruth() throws {
    let model = try ModelVariant.families[0].random(seed: 204).model()
    let example = try CircuitPrompts.example(model)
    let scores = try model.edgeAttribution(on: [example], checking: 20, seed: 5)
    let check = try #require(scores.check)
    #expect(check.edges.count == 20)
    #expect(Set(scores.strongest(10).map(\.edge)).isSubset(of: check.edges.map(\.edge)))
    let patched = try model.patchedEdges(check.edges.map(\.edge), on: [example])
    #expect(check.edges.map(\.patched) == patched.map(\.score))
    for item in check.edges {
      let score = try scores[item.edge]
      #expect(score == item.estimate)
    }
    #expect(check.correlation > 0.5 && check.correlation <= 1)
    #expect(check.recall(top: 20) == 1)
  }

  @Test
  func scoresOfSeveralExamplesAreTheirMeanAndKeepEach() throws {
    let fixture = try EAPFixture.load()
    let model = try fixture.model()
    let examples = try fixture.examples(model)
    let all = try model.edgeAttribution(on: examples)
    let each = try examples.map { try model.edgeAttribution(on: [$0]).values }
    #expect(all.examples == each)
    #expect(largestDifference(all.values, Tensor.mean(of: each)) == 0)
    let edge = try CircuitEdge("a0.h1->m1")
    let evidence = try all.evidence(of: edge)
    #expect(evidence.values == (try all.values(of: edge)).map(Double.init) && evidence.values.count == 3)
    #expect(all.names == ["pair 0", "pair 1", "pair 2"])
    #expect("\(all)".contains("n = 3") && "\(all)".contains("EAP-IG of 5 steps"))
  }

  @Test
  func onePairIsTheExampleOfIt() throws {
    let model = try ModelVariant.families[0].random(seed: 205).model()
    let one = try model.edgeAttribution(
      clean: CircuitPrompts.clean, corrupted: CircuitPrompts.corrupted, toward: CircuitPrompts.answer,
      method: .attributionPatching)
    let same = try model.edgeAttribution(on: [CircuitPrompts.example(model)], method: .attributionPatching)
    #expect(one.values == same.values)
    #expect(one.values.magnitude().max() > 0)
  }

  // MARK: - What is refused

  @Test
  func whatCannotBeAskedIsAnErrorThatSaysWhy() throws {
    let model = try ModelVariant.families[0].random(seed: 206).model()
    let example = try CircuitPrompts.example(model)
    let alone = try PromptExample("alone", clean: CircuitPrompts.clean, metric: CircuitPrompts.answer, model: model)
    func text(_ body: () throws -> some Any) -> String {
      do { _ = try body() } catch { return "\(error)" }
      return ""
    }
    #expect(text { try model.edgeAttribution(on: []) }.contains("no examples"))
    #expect(text { try model.edgeAttribution(on: [example], method: .integratedGradients(steps: 0)) }.contains("0 steps"))
    #expect(text { try model.edgeAttribution(on: [example], checking: -3) }.contains("-3 edges to check cannot be taken"))
    #expect(text { try model.edgeAttribution(on: [alone]) }.contains("“alone” has no corrupted prompt"))
    #expect(text { try model.edgeAttribution(on: [alone], by: .zero) } == "")
    #expect(text { try model.patchedEdges([], on: [example]) }.contains("no edges"))
    #expect(text { try model.patchedEdges([CircuitEdge("L0H4 → logits")], on: [example]) }.contains("heads 0 to 3"))
    #expect(text { try model.edgeAttribution(on: [example])[CircuitEdge("MLP 2 → logits")] }.contains("layers 0 to 1"))
    #expect(text { try model.senderMeans(over: [[Int]]()) }.contains("no prompts"))
    #expect(text { try model.senderMeans(over: [[2, 3], [2]], byPosition: true) }.contains("as many tokens"))
    let short = try model.senderMeans(over: [[2, 3]], byPosition: true)
    #expect(text { try model.edgeAttribution(on: [example], by: .mean(short)) }.contains("of 2 positions"))
    let stranger = try ModelVariant.families[0].random(seed: 999).model().senderMeans(over: [[2, 3]])
    #expect(text { try model.edgeAttribution(on: [example], by: .mean(stranger)) }.contains("another model"))
    let other = try ModelVariant("more heads") { $0.keyValueHeads = 4 }.random(seed: 1).model().senderMeans(over: [[2, 3]])
    #expect(text { try model.edgeAttribution(on: [example], by: .mean(other)) }.contains("belong to the model"))
  }
}
