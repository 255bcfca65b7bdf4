import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

/// The forward pass against TransformerLens and Hugging Face. Tolerances are the fixture's: fp32 references were computed with other
/// orders of addition; the Double reference uses the same fp32 rotary angles, so that only our own rounding is left.
@Suite struct ForwardTests {
  static let cases = ["tiny-gemma", "tiny-gemma-gqa"]

  static func model(_ name: String, _ variant: String) throws -> LanguageModel {
    try LanguageModel(folder: ModelFixture.folder.appending(path: name).appending(path: variant))
  }

  @Test(arguments: cases, ["", "sharded"])
  func logitsAreHuggingFacesFromOneFileAndFromShards(name: String, variant: String) throws {
    let fixture = try ModelFixture.named(name)
    let model = try Self.model(name, variant)
    let last = try model.run(fixture.expectations.tokensClean).logits
    #expect(last.shape == [1, model.config.vocabulary])
    #expect(largestDifference(last, try fixture.tensor("logits_hf_last")) <= 3e-4)
    #expect(largestDifference(last, try fixture.tensor("logits_tl_raw_last")) <= 3e-4)
    #expect(largestDifference(last, try fixture.tensor("logits_hf64_last")) <= 2e-5)
    let corrupted = try model.run(fixture.expectations.tokensCorr).logits
    #expect(largestDifference(corrupted, try fixture.tensor("logits_hf_last_corr")) <= 3e-4)
  }

  @Test(arguments: cases)
  func logitsLessTheirMeanAreThoseOfTransformerLenssProcessedWeights(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let last = try fixture.model.run(fixture.expectations.tokensClean).logits
    #expect(largestDifference(last - last.mean(), try fixture.tensor("logits_tl_processed_last")) <= 3e-4)
  }

  @Test
  func logitsOfAllPositionsAreHuggingFacesAndTheLastRowIsThatOfTheLastPosition() throws {
    let fixture = try ModelFixture.named("tiny-gemma")
    let tokens = fixture.expectations.tokensClean
    let all = try fixture.model.run(tokens, logits: .all).logits
    #expect(all.shape == [tokens.count, 1000])
    #expect(largestDifference(all, try fixture.tensor("logits_hf_all")) <= 3e-4)
    #expect(largestDifference(all.select(tokens.count - 1), try fixture.model.run(tokens).logits) <= 2e-5)
    #expect(try fixture.model.run(tokens, logits: .none).logits.shape == [0, 1000])
  }

  @Test(arguments: cases)
  func activationsOfEveryLayerAreTransformerLenss(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let cache = try fixture.model.run(fixture.expectations.tokensClean, capturing: .all).cache
    let components: [(String, HookPoint.Component)] = [
      ("resid_pre", .residualPre), ("resid_mid", .residualMid), ("resid_post", .residualPost), ("attn_out", .attentionOutput),
      ("mlp_out", .mlpOutput), ("q", .query), ("k", .key), ("v", .value), ("z", .z), ("rot_q", .rotatedQuery),
      ("rot_k", .rotatedKey),
    ]
    for (key, component) in components {
      let expected = try fixture.tensor("act_" + key)
      let actual = try cache.stacked(component)
      let part = Tensor.stack((0..<actual.shape[0]).map { actual.select($0)[(actual.shape[1] - expected.shape[1])...] })
      #expect(part.shape == expected.shape)
      #expect(largestDifference(part, expected) <= 1e-4, "\(key) of \(name)")
    }
  }

  @Test(arguments: cases)
  func activationsWithinALayerAndAtTheEndAreTransformerLenss(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let cache = try fixture.model.run(fixture.expectations.tokensClean, capturing: .all).cache
    let pairs: [(String, String, Int)] = [
      ("act_mlp_pre_L0_last4", "blocks.0.mlp.hook_pre", 4), ("act_mlp_pre_linear_L0_last4", "blocks.0.mlp.hook_pre_linear", 4),
      ("act_mlp_post_L0_last4", "blocks.0.mlp.hook_post", 4), ("act_ln_final_scale", "ln_final.hook_scale", 294),
      ("act_ln_final_normalized_raw_last", "ln_final.hook_normalized", 1),
    ]
    for (key, hook, positions) in pairs {
      let actual = try cache[hook]
      let part = actual[(actual.shape[0] - positions)...]
      #expect(largestDifference(part, try fixture.tensor(key)) <= 1e-4, "\(hook) of \(name)")
    }
    // TransformerLens repeats this one for each key and value head.
    let normalized = try fixture.tensor("act_ln1_normalized_raw_L0_last4")
    let ours = try cache["blocks.0.ln1.hook_normalized"][290...]
    for head in 0..<normalized.shape[1] { #expect(largestDifference(ours, normalized.select(head, axis: 1)) <= 1e-4) }
    let results = try cache.stacked(.result).select(293, axis: 1)
    #expect(largestDifference(results, try fixture.tensor("act_result_last")) <= 1e-4)
  }

  @Test(arguments: cases)
  func patternsAndScoresAreTransformerLenss(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let capture = Capture.components([.pattern, .attentionScores])
    let whole = try fixture.model.run(fixture.expectations.tokensClean, capturing: capture).cache
    let lastEight = try fixture.model.run(fixture.expectations.tokensClean, capturing: capture.atLast(8)).cache
    let pattern = try lastEight.stacked(.pattern)
    #expect(pattern.shape == [fixture.model.config.layers, 4, 8, 294])
    #expect(largestDifference(pattern, try fixture.tensor("pattern_last8")) <= 1e-4)
    let scores = try lastEight[.attentionScores(layer: 0)].map { $0 == -.infinity ? -1e30 : $0 }
    #expect(largestDifference(scores, try fixture.tensor("attn_scores_L0_last8")) <= 1e-4)
    for head in 0..<4 {
      #expect(try whole[.pattern(layer: 0)].select(head)[286...] == lastEight[.pattern(layer: 0)].select(head))
    }
    if name == "tiny-gemma" {
      #expect(largestDifference(try whole[.pattern(layer: 1)].select(0), try fixture.tensor("pattern_L1H0")) <= 1e-4)
    }
  }

  @Test(arguments: cases)
  func theResidualStreamIsTheSumOfWhatIsWrittenIntoIt(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let cache = try fixture.model.run(fixture.expectations.tokensClean, capturing: .all).cache
    var stream = try cache[.embedding]
    for layer in 0..<fixture.model.config.layers {
      #expect(try cache[.residualPre(layer: layer)] == stream)
      let heads = try cache[.result(layer: layer)].sum(axis: 1)
      #expect(largestDifference(heads, try cache[.attentionOutput(layer: layer)]) <= 1e-5)
      stream = stream + (try cache[.attentionOutput(layer: layer)])
      #expect(try cache[.residualMid(layer: layer)] == stream)
      stream = stream + (try cache[.mlpOutput(layer: layer)])
      #expect(try cache[.residualPost(layer: layer)] == stream)
    }
  }

  @Test(arguments: cases)
  func observingChangesNoBitOfTheLogits(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let tokens = fixture.expectations.tokensClean
    let alone = try fixture.model.run(tokens, logits: .all).logits
    for capture in [Capture.all, .all.atLast(3), [.result(layer: 1)], .components([.pattern, .attentionScores])] {
      #expect(try fixture.model.run(tokens, capturing: capture, logits: .all).logits == alone)
    }
  }

  @Test(arguments: cases)
  func bf16WeightsComputeWhatFp32WeightsOfTheSameValuesCompute(name: String) throws {
    let tokens = try ModelFixture.named(name).expectations.tokensClean
    let model = try Self.model(name, "bf16")
    let widened = try TemporaryModel(copying: name + "/bf16") { try $0.rewritten(as: "F32") }
    let rounded = try TemporaryModel(copying: name) { try $0.rewritten(as: "BF16") }
    let logits = try model.run(tokens).logits
    #expect(try LanguageModel(folder: widened.folder).run(tokens).logits == logits)
    #expect(try LanguageModel(folder: rounded.folder).run(tokens).logits == logits)
    #expect(largestDifference(logits, try ModelFixture.named(name).tensor("logits_hf_last")) <= 0.13)
  }

  @Test
  func fp16WeightsComputeWhatFp32WeightsOfTheSameValuesCompute() throws {
    let half = try TemporaryModel(copying: "tiny-gemma") { try $0.rewritten(as: "F16") }
    let widened = try TemporaryModel(copying: "tiny-gemma") { try $0.rewritten(as: "F16").rewritten(as: "F32") }
    let tokens = [2, 306, 337, 358]
    #expect(try LanguageModel(folder: half.folder).run(tokens).logits == LanguageModel(folder: widened.folder).run(tokens).logits)
  }

  @Test
  func aChecksumIsThatOfTheContentEqualForACopyAnotherForOneChangedByte() throws {
    let copy = try TemporaryModel(copying: "tiny-gemma")
    let original = try ModelFixture.named("tiny-gemma").model.checksum
    #expect(try LanguageModel(folder: copy.folder).checksum == original)
    try copy.changeWeights { $0.flipBit(at: $0.count - 3) }
    #expect(try LanguageModel(folder: copy.folder).checksum != original)
  }

  @Test
  func promptsThatCannotBeRunAreErrorsThatSayWhy() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    #expect(throws: ModelError.emptyPrompt) { try model.run([Int]()) }
    #expect(throws: ModelError.tokenOutOfRange(token: 1000, vocabulary: 1000)) { try model.run([2, 1000]) }
    #expect(throws: ModelError.tokenOutOfRange(token: -1, vocabulary: 1000)) { try model.run([-1]) }
    #expect(throws: ModelError.contextTooLong(tokens: 8193, limit: 8192)) { try model.run(Array(repeating: 5, count: 8193)) }
  }
}
