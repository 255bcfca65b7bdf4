import Attribution
import Circuits
import ModelFixture
import Randomness
import Tensors
import Testing
import Transformer

/// Circuits that are kept or ablated: against the EAP-IG package, and against passes in Double, of every family.
@Suite struct FaithfulnessTests {
  @Test(arguments: CircuitSelection.allCases)
  func theMetricWithTheOtherEdgesAblatedIsTheReferences(_ selection: CircuitSelection) throws {
    let (fixture, model, scores) = try CircuitTests.scored.get()
    let examples = try fixture.examples(model)
    let means = try model.senderMeans(over: fixture.meanPrompts, byPosition: true)
    let ablations: [String: EdgeAblation] = ["patching": .patching, "zero": .zero, "mean-positional": .mean(means)]
    for count in [10, 40, 90] {
      let expected = try #require(fixture.circuits["\(selection.rawValue) magnitude \(count)"]?.values)
      #expect(expected.count == 3)
      for (name, ablation) in ablations {
        let result = try model.faithfulness(of: scores.circuit(of: count, selection), on: examples, by: ablation)
        let difference = relativeDifference(Tensor(result.metric), Tensor(try #require(expected[name])))
        #expect(difference <= 1e-4, "\(count) \(name): \(difference)")
      }
    }
  }

  private func randomCircuit(_ graph: CircuitGraph, seed: UInt64) throws -> Circuit {
    var random = SeededGenerator(seed: seed)
    return try Circuit(graph.edges.filter { _ in random.unit() < 0.5 }, of: graph)
  }

  @Test(arguments: EdgeAttributionTests.variants)
  func aCutPassIsThatOfTheDefinitionEdgeByEdge(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 211)
    let (model, twin) = (try random.model(), random.twin)
    let example = try CircuitPrompts.example(model)
    let circuit = try randomCircuit(model.circuitGraph, seed: 4)
    let corrupted = TwinCuts.outputs(twin, CircuitPrompts.corrupted)
    let zero = corrupted.mapValues { $0.map { _ in 0.0 } }
    let others = CircuitPrompts.others.map { TwinCuts.outputs(twin, $0) }
    let byPosition = corrupted.keys.reduce(into: TwinCuts.Outputs()) { means, sender in
      means[sender] = corrupted[sender]?.indices.map { index in others.reduce(0) { $0 + ($1[sender]?[index] ?? 0) } / 3 }
    }
    let width = twin.config.width
    let overall = byPosition.mapValues { mean in
      let positions = mean.count / width
      let shared = (0..<width).map { i in (0..<positions).reduce(0) { $0 + mean[$1 * width + i] } / Double(positions) }
      return (0..<positions).flatMap { _ in shared }
    }
    let ablations: [(EdgeAblation, TwinCuts.Outputs)] = [
      (.patching, corrupted), (.zero, zero),
      (.mean(try model.senderMeans(over: CircuitPrompts.others, byPosition: true)), byPosition),
      (.mean(try model.senderMeans(over: CircuitPrompts.others)), overall),
    ]
    for (ablation, outputs) in ablations {
      let kept = try model.faithfulness(of: circuit, on: [example], by: ablation)
      let ablated = try model.faithfulness(of: circuit, on: [example], ablating: .inside, by: ablation)
      let pruned = circuit.pruned
      let expected = [
        TwinCuts.value(twin, ablated: outputs) { pruned.contains($0) ? 0 : 1 },
        TwinCuts.value(twin, ablated: outputs) { circuit.contains($0) ? 1 : 0 },
        TwinCuts.value(twin, ablated: outputs) { _ in 1 },
      ]
      let actual = [kept.metric[0], ablated.metric[0], kept.ablated[0]].map(Double.init)
      for (actual, expected) in zip(actual, expected) {
        #expect(abs(actual - expected) <= 1e-4 * max(1, abs(expected)), "\(ablation): \(actual), \(expected)")
      }
    }
  }

  @Test
  func theWholeModelKeepsAllAndNoEdgeKeepsNothing() throws {
    let (fixture, model, _) = try CircuitTests.scored.get()
    let examples = try fixture.examples(model)
    let whole = Circuit.whole(model.circuitGraph)
    #expect(try model.faithfulness(of: whole, on: examples).value == 1)
    #expect(abs(try model.faithfulness(of: whole.complement, on: examples).value) < 1e-6)
    #expect(abs(try model.faithfulness(of: whole, on: examples, ablating: .inside).value) < 1e-6)
    let none = try model.faithfulness(of: whole.complement, on: examples)
    #expect(relativeDifference(Tensor(none.ablated), Tensor(fixture.corrupted)) < 1e-5)
    #expect(zip(none.clean, fixture.clean).allSatisfy { abs($0 - $1) < 2e-5 })
    #expect("\(none)".contains("0 of 110 edges"))
  }

  @Test
  func theCurveHasThePartOfEachCircuitAndItsAreas() throws {
    let (fixture, model, scores) = try CircuitTests.scored.get()
    let examples = try fixture.examples(model)
    let curve = try model.faithfulnessCurve(of: scores, on: examples, fractions: [0.1, 0.3, 1], selection: .greedy)
    #expect(curve.points.map(\.edgeCount) == [11, 33, 110])
    for point in curve.points {
      let single = try model.faithfulness(of: scores.circuit(greedy: point.edgeCount), on: examples)
      #expect(abs(point.faithfulness.value - single.value) < 1e-6)
    }
    let values = curve.points.map(\.faithfulness.value)
    let cpr = 0.2 * (values[0] + values[1]) / 2 + 0.7 * (values[1] + values[2]) / 2
    let cmd = 0.2 * (abs(1 - values[0]) + abs(1 - values[1])) / 2 + 0.7 * (abs(1 - values[1]) + abs(1 - values[2])) / 2
    #expect(abs(try #require(curve.circuitPerformanceRatio) - cpr) < 1e-9)
    #expect(abs(try #require(curve.circuitModelDistance) - cmd) < 1e-9)
    #expect(values[2] == 1)
    #expect(FaithfulnessCurve.mibFractions.first == 0.001 && FaithfulnessCurve.mibFractions.contains(0.5))
  }

  @Test(arguments: [[0.1, 0.3], [1.0]])
  func aCurveThatDoesNotReachTheWholeModelHasNoAreas(_ fractions: [Double]) throws {
    let (fixture, model, scores) = try CircuitTests.scored.get()
    let curve = try model.faithfulnessCurve(of: scores, on: fixture.examples(model), fractions: fractions)
    #expect(curve.circuitPerformanceRatio == nil)
    #expect(curve.circuitModelDistance == nil)
    #expect("\(curve)".contains("no CPR and CMD"))
  }

  @Test
  func randomCircuitsOfAsManyEdgesStandBesideIt() throws {
    let (fixture, model, scores) = try CircuitTests.scored.get()
    let examples = try fixture.examples(model)
    let circuit = try scores.circuit(greedy: 60)
    let result = try model.faithfulness(of: circuit, on: examples, controls: 5, seed: 7)
    let comparison = try #require(result.comparison)
    #expect(comparison.controls.count == 5 && comparison.value == result.value)
    for (draw, control) in comparison.controls.enumerated() {
      let random = try Circuit.random(60, of: model.circuitGraph, seed: 7 + UInt64(draw))
      #expect(random.edgeCount == 60)
      #expect(abs(try model.faithfulness(of: random, on: examples).value - control) < 1e-6)
    }
    #expect(Set(comparison.controls).count == 5)
    let left = try comparison.controls.indices.map {
      try Circuit.random(60, of: model.circuitGraph, seed: 7 + UInt64($0)).pruned.edgeCount
    }
    #expect(
      "\(result)".contains("5 random circuits of 60 edges, of which a median of \(left.sorted()[2]) remain behind pruning"))
    let ablated = try model.faithfulness(of: circuit, on: examples, ablating: .inside, controls: 2)
    #expect(ablated.comparison?.controlName == "random circuits of 60 edges", "what is ablated is not pruned")
    #expect(try result.estimate(resamples: 1000).value == result.value)
    #expect(try result.evidence().examples.map(\.name) == ["pair 0", "pair 1", "pair 2"])
  }

  @Test
  func whatCannotBeJudgedIsAnErrorThatSaysWhy() throws {
    let (fixture, model, scores) = try CircuitTests.scored.get()
    let examples = try fixture.examples(model)
    let other = CircuitGraph(try ModelVariant("plain") { _ in }.config())
    func text(_ body: () throws -> some Any) -> String {
      do { _ = try body() } catch { return "\(error)" }
      return ""
    }
    #expect(text { try model.faithfulness(of: Circuit.whole(other), on: examples) }.contains("belong to the model"))
    #expect(text { try model.faithfulness(of: Circuit.whole(model.circuitGraph), on: []) }.contains("no examples"))
    #expect(text { try model.faithfulnessCurve(of: scores, on: examples, fractions: []) }.contains("no fractions"))
    for fractions in [[0.0], [1.5], [0.5, 0.2], [.nan]] {
      #expect(
        text { try model.faithfulnessCurve(of: scores, on: examples, fractions: fractions) }.contains("no part of all edges"))
    }
    // A metric that does not look at what differs.
    let constant = LogitFunction(positions: [0], columns: [5]) { (Double($0[0, 0]), Tensor(rows: [[1]])) }
    let example = try PromptExample(
      "constant", clean: fixture.pairs[0][0], corrupted: fixture.pairs[0][1], metric: constant, model: model)
    #expect(text { try model.faithfulness(of: Circuit.whole(model.circuitGraph), on: [example]) }.contains("change of 0"))
  }
}
