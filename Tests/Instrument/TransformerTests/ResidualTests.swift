import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

/// The parts of the residual stream: against the fixture's activations, their sums, and TransformerLens's own functions.
@Suite struct ResidualTests {
  static let cases = ["tiny-gemma", "tiny-gemma-gqa"]
  /// In the middle of the prompt, so that a wrong position would be noticed.
  static let positions = 270..<275

  static func run(_ name: String, _ capture: Capture, logits: LogitPositions = .none) throws -> ModelRun {
    let fixture = try ModelFixture.named(name)
    return try fixture.model.run(fixture.expectations.tokensClean, capturing: capture, logits: logits)
  }

  static func cache(_ name: String, _ capture: Capture) throws -> ActivationCache { try run(name, capture).cache }

  /// The largest difference over the largest expected number.
  static func distance(_ actual: Tensor, _ expected: Tensor) -> Float {
    guard actual.shape == expected.shape else { return .infinity }
    return largestDifference(actual, expected) / expected.magnitude().max()
  }

  // MARK: - Parts and their sums

  @Test(arguments: cases)
  func theAccumulatedResidualIsTheStreamBeforeEachLayerInItsMiddleAndAtTheEnd(name: String) throws {
    let (fixture, cache) = (try ModelFixture.named(name), try Self.cache(name, .accumulatedResidual.atLast(32)))
    let layers = fixture.model.config.layers
    let (plain, whole) = (try cache.accumulatedResidual(), try cache.accumulatedResidual(includingMid: true))
    #expect(plain.labels == (0..<layers).map { "\($0)_pre" } + ["final_post"])
    #expect(whole.labels == (0..<layers).flatMap { ["\($0)_pre", "\($0)_mid"] } + ["final_post"])
    #expect(plain.values.shape == [layers + 1, 32, 64] && whole.values.shape == [2 * layers + 1, 32, 64])
    #expect(whole.count == 2 * layers + 1 && whole.positionCount == 32 && whole.byteCount == 4 * whole.values.count)
    for layer in 0..<layers {
      for (label, key) in [("\(layer)_pre", "act_resid_pre"), ("\(layer)_mid", "act_resid_mid")] {
        let expected = try fixture.tensor(key).select(layer)
        #expect(largestDifference(try whole[label], expected[(expected.shape[0] - 32)...]) <= 1e-4, "\(label) of \(name)")
      }
      #expect(try plain["\(layer)_pre"] == whole["\(layer)_pre"])
    }
    let last = try fixture.tensor("act_resid_post").select(layers - 1)
    #expect(largestDifference(try plain["final_post"], last[(last.shape[0] - 32)...]) <= 1e-4)
    #expect(try cache.accumulatedResidual(upTo: 1, includingMid: true).labels == ["0_pre", "0_mid", "1_pre"])
    #expect(try cache.accumulatedResidual(upTo: 1, mlpInput: true).labels == ["0_pre", "1_pre", "1_mid"])
  }

  @Test(arguments: cases)
  func whatEmbeddingAttentionsAndMLPsWriteSumsToTheStreamAtEveryPlace(name: String) throws {
    let all = try Self.cache(name, .all.at(positions: Self.positions))
    let cache = try Self.cache(name, .decomposedResidual.at(positions: Self.positions))
    let layers = cache.model.config.layers
    for layer in 0..<layers {
      #expect(Self.distance(try cache.decomposedResidual(upTo: layer).sum(), try all[.residualPre(layer: layer)]) <= 1e-6)
      let middle = try cache.decomposedResidual(upTo: layer, mlpInput: true)
      #expect(Self.distance(middle.sum(), try all[.residualMid(layer: layer)]) <= 1e-6)
      #expect(middle.labels.last == "\(layer)_attn_out" && middle.count == 2 * layer + 2)
    }
    let whole = try cache.decomposedResidual()
    #expect(Self.distance(whole.sum(), try all[.residualPost(layer: layers - 1)]) <= 1e-6)
    #expect(whole.labels == ["embed"] + (0..<layers).flatMap { ["\($0)_attn_out", "\($0)_mlp_out"] })
    #expect(try whole["1_mlp_out"] == all[.mlpOutput(layer: 1)] && whole["embed"] == all[.embedding])
    let attentions = try cache.decomposedResidual(of: .attention, includingEmbedding: false)
    let mlps = try cache.decomposedResidual(of: .mlp)
    #expect(attentions.labels == (0..<layers).map { "\($0)_attn_out" })
    #expect(mlps.labels == ["embed"] + (0..<layers).map { "\($0)_mlp_out" })
    #expect(Self.distance(attentions.sum() + mlps.sum(), whole.sum()) <= 1e-6)
  }

  @Test(arguments: cases)
  func headsResultsAreComputedFromZAsTheyAreCapturedAndTheirRemainderIsTheRestOfTheStream(name: String) throws {
    let all = try Self.cache(name, .all.at(positions: Self.positions))
    let cache = try Self.cache(name, .headResults.at(positions: Self.positions))
    let config = cache.model.config
    let heads = try cache.headResults()
    #expect(heads.labels == (0..<config.layers).flatMap { layer in (0..<config.heads).map { "L\(layer)H\($0)" } })
    #expect(heads.values.shape == [config.layers * config.heads, 5, 64])
    #expect(Self.distance(heads.values, try all.headResults().values) <= 1e-6)
    #expect(try all.headResults()["L1H2"] == all[.result(layer: 1)].select(2, axis: 1))
    let attentions = try all.decomposedResidual(of: .attention, includingEmbedding: false)
    #expect(Self.distance(heads.sum(), attentions.sum()) <= 1e-5)
    for layer in 1...config.layers {
      let stack = try cache.headResults(upTo: layer, includingRemainder: true)
      #expect(stack.labels == Array(heads.labels.prefix(layer * config.heads)) + ["remainder"])
      #expect(Self.distance(stack.sum(), try all[.residualPost(layer: layer - 1)]) <= 1e-6)
      let rest = try all.decomposedResidual(upTo: layer, of: .mlp)
      #expect(Self.distance(try stack["remainder"], rest.sum()) <= 1e-5)
    }
  }

  @Test(arguments: cases)
  func neuronsSumToTheirMLPsOutputAndThoseChosenAreThoseOfAll(name: String) throws {
    let all = try Self.cache(name, .all.at(positions: Self.positions))
    let cache = try Self.cache(name, .neuronResults.at(positions: Self.positions))
    let (layers, width) = (cache.model.config.layers, cache.model.config.mlpWidth)
    let neurons = try cache.neuronResults()
    #expect(neurons.values.shape == [layers * width, 5, 64] && neurons.labels[width + 3] == "L1N3")
    for layer in 0..<layers {
      let own = neurons.values[layer * width..<(layer + 1) * width].sum(axis: 0)
      #expect(Self.distance(own, try all[.mlpOutput(layer: layer)]) <= 1e-5)
    }
    let some = try cache.neuronResults(upTo: 2, neurons: [7, 8, 9, 127, 0], includingRemainder: true)
    #expect(some.labels == [0, 1].flatMap { l in [7, 8, 9, 127, 0].map { "L\(l)N\($0)" } } + ["remainder"])
    for label in some.labels.dropLast() { #expect(try some[label] == neurons[label]) }
    #expect(Self.distance(some.sum(), try all[.residualPost(layer: 1)]) <= 1e-6)
    #expect(try cache.neuronResults(neurons: 5..<7).values.shape == [2 * layers, 5, 64])
  }

  @Test(arguments: cases)
  func neuronsAlongDirectionsAreTheirResultsDotProductsWithoutTheResults(name: String) throws {
    let cache = try Self.cache(name, Capture.neuronResults.at(positions: Self.positions))
    let one = try cache.model.logitDirection(of: 306, against: 337)
    let two = Tensor.stack([one, try cache.model.logitDirection(of: 358)]).transposed()
    for (layer, normalized) in [(nil, false), (nil, true), (1, true), (2, false)] {
      let stack = try cache.neuronResults(upTo: layer, includingRemainder: true, normalized: normalized)
      for direction in [one, two] {
        let projected = try cache.neuronResults(
          upTo: layer, includingRemainder: true, normalized: normalized, projectedOn: direction)
        #expect(projected.labels == stack.labels)
        #expect(projected.values.shape == [stack.count, 5] + direction.shape.dropFirst())
        #expect(Self.distance(projected.values, try stack.projected(on: direction)) <= 1e-5)
      }
    }
    let some = try cache.neuronResults(neurons: [127, 3], projectedOn: one)
    #expect(Self.distance(try some["L1N3"], try cache.neuronResults(projectedOn: one)["L1N3"]) <= 1e-6)
    let stack = try cache.neuronResults(neurons: [3])
    let dot = (0..<64).reduce(0) { $0 + stack.values[1, 4, $1] * one[$1] }
    #expect(abs(try some["L1N3"].elements[4] - dot) <= 1e-6)
  }

  @Test(arguments: cases)
  func aFullDecompositionHasEveryHeadNeuronAndTheEmbeddingAndSumsToTheStream(name: String) throws {
    let all = try Self.cache(name, .all.at(positions: Self.positions))
    let cache = try Self.cache(name, Capture.fullDecomposition().at(positions: Self.positions))
    let whole = try Self.cache(name, Capture.fullDecomposition(expandingNeurons: false).at(positions: Self.positions))
    let layers = cache.model.config.layers
    #expect(Self.distance(try cache.fullDecomposition().sum(), try all[.residualPost(layer: layers - 1)]) <= 1e-5)
    let parts = try whole.fullDecomposition(expandingNeurons: false)
    #expect(Self.distance(parts.sum(), try all[.residualPost(layer: layers - 1)]) <= 1e-5)
    #expect(parts.labels.suffix(3) == ["\(layers - 2)_mlp_out", "\(layers - 1)_mlp_out", "embed"])
    #expect(try cache.fullDecomposition().count == layers * (4 + 128) + 1 && parts.count == layers * 5 + 1)
    let middle = try cache.fullDecomposition(upTo: 1, mlpInput: true)
    #expect(Self.distance(middle.sum(), try all[.residualMid(layer: 1)]) <= 1e-5)
    #expect(try cache.fullDecomposition(upTo: 0).labels == ["embed"])
  }

  @Test(arguments: cases)
  func stackedActivationsBearTheirLayersLabels(name: String) throws {
    let cache = try Self.cache(name, .components([.pattern, .embedding], layers: nil).atLast(2))
    let patterns = try cache.stackedActivations(.pattern)
    #expect(patterns.labels == (0..<cache.model.config.layers).map { "L\($0)" })
    #expect(try patterns["L2"] == cache[.pattern(layer: 2)] && patterns.values == cache.stacked(.pattern))
    #expect(try cache.stackedActivations(.embedding).labels == ["hook_embed"])
    #expect(try Self.cache(name, [.z(layer: 2)]).stackedActivations(.z).labels == ["L2"])
  }

  @Test(arguments: cases)
  func bf16WeightsAreReadWhereTheyLieAndThePartsStillSum(name: String) throws {
    let model = try LanguageModel(folder: ModelFixture.folder.appending(path: name).appending(path: "bf16"))
    let cache = try model.run(ModelFixture.named(name).expectations.tokensClean, capturing: .all.atLast(2)).cache
    let stream = try cache[.residualPost(layer: model.config.layers - 1)]
    #expect(Self.distance(try cache.fullDecomposition().sum(), stream) <= 1e-5)
    let direction = try model.logitDirection(of: 306)
    let projected = try cache.neuronResults(projectedOn: direction)
    #expect(Self.distance(projected.values, try cache.neuronResults().projected(on: direction)) <= 1e-5)
  }

  // MARK: - Norms and logits

  @Test(arguments: cases)
  func normalizedPartsSumToWhatAttentionMLPAndUnembeddingRead(name: String) throws {
    let cache = try Self.cache(name, .all.at(positions: Self.positions))
    let weights = cache.model.weights
    for layer in 0..<cache.model.config.layers {
      let attention = try cache.decomposedResidual(upTo: layer, normalized: true)
      let read = try cache[.attentionNormalized(layer: layer)].scaledColumns(by: weights.layers[layer].attentionNorm.weight + 1)
      #expect(attention.norm == .attention(layer: layer) && Self.distance(attention.sum(), read) <= 1e-6)
      let mlp = try cache.decomposedResidual(upTo: layer, mlpInput: true, normalized: true)
      let mlpRead = try cache[.mlpNormalized(layer: layer)].scaledColumns(by: weights.layers[layer].mlpNorm.weight + 1)
      #expect(mlp.norm == .mlp(layer: layer) && Self.distance(mlp.sum(), mlpRead) <= 1e-6)
    }
    let read = try cache[.finalNormalized].scaledColumns(by: weights.finalNorm.weight + 1)
    for stack in [
      try cache.decomposedResidual(normalized: true), try cache.headResults(includingRemainder: true, normalized: true),
      try cache.neuronResults(includingRemainder: true, normalized: true), try cache.fullDecomposition(normalized: true),
      try cache.normalized(cache.decomposedResidual()),
    ] { #expect(stack.norm == .final && Self.distance(stack.sum(), read) <= 1e-5) }
    #expect(Self.distance(try cache.accumulatedResidual(normalized: true)["final_post"], read) <= 1e-6)
  }

  @Test(arguments: cases)
  func logitAttributionsOfAFullDecompositionSumToTheLogitsAndTheirDifferences(name: String) throws {
    let run = try Self.run(name, .all.at(positions: Self.positions), logits: .all)
    let (cache, logits) = (run.cache, run.logits[Self.positions])
    let expectations = try ModelFixture.named(name).expectations
    let (right, wrong) = (expectations.aClean, expectations.aCorr)
    let stacks = [try cache.fullDecomposition(), try cache.decomposedResidual(), try cache.fullDecomposition(normalized: true)]
    for stack in stacks {
      let one = try cache.logitAttributions(of: stack, tokens: right[0])
      #expect(one.shape == [stack.count, 5])
      let difference = try cache.logitAttributions(of: stack, tokens: right, against: [wrong[0], 306])
      for row in 0..<5 {
        let mean = (logits[row, wrong[0]] + logits[row, 306]) / 2
        // Relative to the largest logit, of which the sums are made.
        let scale = logits.select(row).magnitude().max()
        #expect(abs(one.sum(axis: 0).elements[row] - logits[row, right[0]]) <= 1e-5 * scale)
        #expect(abs(difference.sum(axis: 0).elements[row] - (logits[row, right[0]] - mean)) <= 1e-5 * scale)
      }
    }
    #expect(
      Self.distance(
        try cache.logitAttributions(of: stacks[0], tokens: 306), try cache.logitAttributions(of: stacks[2], tokens: 306)) <= 1e-5)
    let neurons = try cache.neuronResults(normalized: true, projectedOn: cache.model.logitDirection(of: " is", against: " are"))
    let attributions = try cache.logitAttributions(of: cache.neuronResults(), tokens: " is", against: " are")
    #expect(Self.distance(neurons.values, attributions) <= 1e-5)
  }

  @Test(arguments: cases)
  func directLogitAttributionIsTheFixtures(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let cache = try Self.cache(name, .all.atLast(1))
    let stacks = [
      ("result", try cache.headResults()), ("mlp_out", try cache.decomposedResidual(of: .mlp, includingEmbedding: false)),
      ("resid_pre", try cache.accumulatedResidual(upTo: fixture.model.config.layers - 1)),
    ]
    for (key, stack) in stacks {
      let actual = try cache.logitAttributions(
        of: stack, tokens: fixture.expectations.aClean, against: fixture.expectations.aCorr)
      for prefix in ["dla_ln_", "dla_ln_raw_"] {
        let expected = try fixture.tensor(prefix + key)
        #expect(Self.distance(actual.reshaped(expected.shape), expected) <= 1e-4, "\(prefix)\(key)")
      }
    }
  }

  // MARK: - TransformerLens's own numbers

  /// What TransformerLens's functions give at the last position of `tiny-gemma-gqa`'s prompt, as the fixtures' README.md says.
  static func reference(_ key: String) throws -> Tensor {
    let file = try SafetensorsFile(ModelFixture.folder.appending(path: "residual.expected.safetensors"))
    return try file.tensor(#require(file.entries[key]))
  }

  @Test
  func stacksAreTransformerLenssInItsOrder() throws {
    let cache = try Self.cache("tiny-gemma-gqa", .all.atLast(1))
    let decomposed = try cache.decomposedResidual()
    let stacks: [(String, ResidualStack)] = [
      ("accumulated", try cache.accumulatedResidual(includingMid: true)),
      ("accumulated_2_mlp", try cache.accumulatedResidual(upTo: 2, mlpInput: true)),
      ("decomposed", decomposed), ("decomposed_attn", try cache.decomposedResidual(of: .attention)),
      ("decomposed_1_mlp", try cache.decomposedResidual(upTo: 1, mlpInput: true)),
      ("heads", try cache.headResults(includingRemainder: true)),
      ("heads_2", try cache.headResults(upTo: 2, includingRemainder: true)),
      ("neurons_2_10_20", try cache.neuronResults(upTo: 2, neurons: 10..<20, includingRemainder: true)),
      ("normed_final", try cache.normalized(decomposed)), ("normed_1", try cache.normalized(decomposed, at: 1)),
      ("normed_1_mlp", try cache.normalized(decomposed, at: 1, mlpInput: true)),
    ]
    for (key, stack) in stacks {
      let expected = try Self.reference(key)
      #expect(stack.values.shape == [expected.shape[0], 1, 64])
      #expect(largestDifference(stack.values, expected) <= 1e-4, "\(key)")
    }
    // TransformerLens ends a full decomposition with the sum of biases, of which Gemma has none.
    let full = try Self.reference("full_unexpanded")
    #expect(largestDifference(try cache.fullDecomposition(expandingNeurons: false).values, full[..<16]) <= 1e-4)
    #expect(full.select(16).magnitude().max() == 0)
    #expect(stacks.map(\.1.labels).prefix(5) == Self.labels[...])
  }

  static let labels = [
    ["0_pre", "0_mid", "1_pre", "1_mid", "2_pre", "2_mid", "final_post"], ["0_pre", "1_pre", "2_pre", "2_mid"],
    ["embed", "0_attn_out", "0_mlp_out", "1_attn_out", "1_mlp_out", "2_attn_out", "2_mlp_out"],
    ["embed", "0_attn_out", "1_attn_out", "2_attn_out"], ["embed", "0_attn_out", "0_mlp_out", "1_attn_out"],
  ]

  @Test
  func projectionsAndLogitAttributionsAreTransformerLenssOfItsProcessedWeightsToo() throws {
    let (fixture, cache) = (try ModelFixture.named("tiny-gemma-gqa"), try Self.cache("tiny-gemma-gqa", .all.atLast(1)))
    let (right, wrong) = (fixture.expectations.aClean[0], fixture.expectations.aCorr[0])
    let directions = Tensor.stack(try [right, wrong].map { try cache.model.logitDirection(of: $0) }).transposed()
    let neurons = try cache.neuronResults(includingRemainder: true, projectedOn: directions)
    #expect(largestDifference(neurons.values, try Self.reference("neurons_projected")) <= 1e-4)
    let full = try cache.fullDecomposition()
    let projected = try Self.reference("full_projected")
    #expect(largestDifference(try full.projected(on: directions), projected[..<(projected.shape[0] - 1)]) <= 1e-4)
    let stacks = [("decomposed", try cache.decomposedResidual()), ("heads", try cache.headResults(includingRemainder: true))]
    for (key, stack) in stacks + [("full", full)] {
      let expected = try Self.reference("attrs_" + key)
      let actual = try cache.logitAttributions(of: stack, tokens: right, against: wrong)
      #expect(largestDifference(actual, expected[..<stack.count]) <= 1e-4, "\(key)")
    }
    let one = try cache.logitAttributions(of: stacks[0].1, tokens: right)
    #expect(largestDifference(one, try Self.reference("attrs_raw_one_token")) <= 1e-4)
  }

  // MARK: - What goes wrong

  @Test
  func eachPresetOfCaptureHoldsWhatItsFunctionNeedsAndWhatIsMissingIsNamed() throws {
    let (z, other) = ("blocks.0.attn.hook_z", try Self.cache("tiny-gemma-gqa", [.pattern(layer: 1)]))
    let functions: [(Capture, String, (ActivationCache) throws -> ResidualStack)] = [
      (.accumulatedResidual, "blocks.0.hook_resid_pre", { try $0.accumulatedResidual(includingMid: true, normalized: true) }),
      (.decomposedResidual, "hook_embed", { try $0.decomposedResidual(normalized: true) }),
      (.headResults, z, { try $0.headResults(includingRemainder: true, normalized: true) }),
      (.neuronResults, "blocks.0.mlp.hook_post", { try $0.neuronResults(includingRemainder: true, normalized: true) }),
      (.fullDecomposition(), z, { try $0.fullDecomposition(normalized: true) }),
      (.fullDecomposition(expandingNeurons: false), z, { try $0.fullDecomposition(expandingNeurons: false, normalized: true) }),
    ]
    for (capture, first, function) in functions {
      let stack = try function(Self.cache("tiny-gemma-gqa", capture.atLast(2)))
      #expect(stack.positionCount == 2 && stack.norm == .final && Set(stack.labels).count == stack.count)
      #expect(throws: ModelError.notCaptured(point: first, captured: ["blocks.1.attn.hook_pattern"])) { try function(other) }
    }
    let unscaled = try Self.cache("tiny-gemma-gqa", .components([.embedding, .attentionOutput, .mlpOutput]))
    for function in [
      { try unscaled.logitAttributions(of: unscaled.decomposedResidual(upTo: 1), tokens: 306) },
      { try unscaled.decomposedResidual(normalized: true).values },
    ] {
      #expect(Self.problem(function).contains("“ln_final.hook_scale” was not captured"))
    }
    let heads = try Self.cache("tiny-gemma-gqa", Capture.components([.z]).atLast(1))
    #expect(throws: ModelError.notCaptured(point: "blocks.1.hook_resid_post", captured: heads.points.map(\.name))) {
      try heads.headResults(upTo: 2, includingRemainder: true)
    }
  }

  /// What an error says.
  static func problem(_ body: () throws -> Any) -> String {
    do { return "no error, but \(try body())" } catch { return "\(error)" }
  }

  @Test
  func aQuestionThatMakesNoSenseIsAnErrorThatSaysWhatToAsk() throws {
    let cache = try Self.cache("tiny-gemma-gqa", .all.atLast(1))
    let stack = try cache.decomposedResidual()
    let twoPositions = try Self.cache("tiny-gemma-gqa", .decomposedResidual.atLast(2)).decomposedResidual()
    let early = try cache.decomposedResidual(upTo: 1, normalized: true)
    let narrow = try ResidualStack(labels: ["a"], values: Tensor(repeating: 1, shape: [1, 1, 63]))
    let direction = { Tensor(repeating: 1, shape: $0) }
    let problems: [(String, () throws -> Any)] = [
      ("layer 4 is no place", { try cache.accumulatedResidual(upTo: 4) }),
      ("Use 0 to 3", { try cache.decomposedResidual(upTo: -1) }),
      ("Use 1 to 3", { try cache.headResults(upTo: 0) }), ("Use 1 to 3", { try cache.neuronResults(upTo: 0) }),
      ("Use 0 to 3", { try cache.fullDecomposition(upTo: 4) }), ("Use 0 to 3", { try cache.normalized(stack, at: 9) }),
      ("Say of which layer", { try cache.decomposedResidual(mlpInput: true) }),
      ("Say of which layer", { try cache.normalized(stack, at: 3, mlpInput: true) }),
      ("no part to stack", { try cache.decomposedResidual(upTo: 0, includingEmbedding: false) }),
      ("no neuron 128", { try cache.neuronResults(neurons: 120..<129) }),
      ("asked for twice", { try cache.neuronResults(neurons: [1, 1]) }),
      ("No neuron is asked for", { try cache.neuronResults(neurons: [], projectedOn: direction([64])) }),
      ("several have [64, k]; this one has [63]", { try cache.neuronResults(projectedOn: direction([63])) }),
      ("this one has [2, 64]", { try stack.projected(on: direction([2, 64])) }),
      ("this one has [64, 1, 1]", { try stack.projected(on: direction([64, 1, 1])) }),
      ("“3_mlp_out”. The labels are: embed, 0_attn_out", { try stack["3_mlp_out"] }),
      ("“H0”. The labels are: L0", { try cache.stackedActivations(.z)["H0"] }),
      ("(97 in all)", { try cache.neuronResults(upTo: 1, neurons: 0..<96, includingRemainder: true)["L1N0"] }),
      ("2 positions, and this cache 1", { try cache.normalized(twoPositions) }),
      ("2 positions, and this cache 1", { try cache.logitAttributions(of: twoPositions, tokens: 306) }),
      ("ln1 was applied to this stack", { try cache.logitAttributions(of: early, tokens: 306) }),
      ("blocks.1.ln1 was applied to this stack already", { try cache.normalized(early) }),
      ("63 wide", { try cache.normalized(narrow) }),
      ("[63, k]; this one has [64]", { try cache.logitAttributions(of: narrow, tokens: 306) }),
      ("No token is named", { try cache.logitAttributions(of: stack, tokens: [Int]()) }),
      ("not in the vocabulary", { try cache.logitAttributions(of: stack, tokens: 306, against: 1000) }),
      ("is not one token", { try cache.logitAttributions(of: stack, tokens: " is are") }),
      ("[2, position, width]", { try ResidualStack(labels: ["a", "b"], values: direction([1, 1, 64])) }),
      ("the same label", { try ResidualStack(labels: ["a", "a"], values: direction([2, 1, 64])) }),
    ]
    for (text, body) in problems {
      let problem = Self.problem(body)
      #expect(problem.contains(text), "\(problem)")
    }
  }

  @Test
  func neuronsBeyondTheFreeMemoryAreRefusedWithTheirSizeAndTheirProjectionsAreNot() async {
    await #expect(processExitsWith: .success) {
      let model = try LanguageModel(folder: ModelFixture.folder.appending(path: "tiny-gemma"))
      let tokens = [2] + (0..<599).map { 300 + $0 % 50 }
      let cache = try model.run(tokens, capturing: .neuronResults, logits: .none).cache
      setenv("FOLIO_MEMORY_LIMIT", "1000", 1)
      let bytes = 4 * 4 * 128 * 600 * 64
      do {
        _ = try cache.neuronResults()
        exit(1)
      } catch ModelError.captureTooLarge(bytes, 0, 600, let advice) {
        guard advice.contains("neuronResults(projectedOn:)") else { exit(2) }
      }
      _ = try cache.neuronResults(neurons: 0..<8)
      _ = try cache.neuronResults(projectedOn: Tensor(repeating: 1, shape: [64]))
    }
  }
}
