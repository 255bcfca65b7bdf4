import ModelFixture
import Tensors
import Testing
import Transformer

/// Checkpoints of every family against Hugging Face's transformers in fp64. The tolerances are the fixtures': 2e-5 for logits, and 1e-4 of
/// the largest number for the rest.
@Suite struct FamilyForwardTests {
  @Test
  func thereAreCheckpointsOfEveryFamilyThatFolioRuns() throws {
    let types = Set(try FamilyFixture.all.map { try $0.model().config.modelType })
    #expect(types.isSuperset(of: ["gemma2", "gemma3_text", "llama", "mistral", "qwen2", "qwen3", "gpt2", "gpt_neox"]))
  }

  @Test(arguments: FamilyFixture.all)
  func logitsAreTransformerssOnBothPrompts(_ fixture: FamilyFixture) throws {
    let (model, expectations, expected) = (try fixture.model(), try fixture.expectations(), try fixture.expected())
    let logits = try #require(expected["logits"])
    let clean = try model.run(expectations.tokensClean, logits: .all).logits
    #expect(largestDifference(clean[(clean.shape[0] - logits.shape[0])...], logits) <= 2e-5)
    let corrupted = try model.run(expectations.tokensCorr).logits
    #expect(largestDifference(corrupted, try #require(expected["logits_corr_last"])) <= 2e-5)
    #expect(largestDifference(try model.run(expectations.tokensClean).logits, clean[(clean.shape[0] - 1)...]) == 0)
  }

  @Test(arguments: FamilyFixture.all)
  func everyActivationIsTransformerss(_ fixture: FamilyFixture) throws {
    let (model, tokens) = (try fixture.model(), try fixture.expectations().tokensClean)
    let cache = try model.run(tokens, capturing: .all).cache
    try check(fixture, FamilyReading(model, positions: tokens.count) { try cache[$0].elements })
  }

  @Test(arguments: FamilyFixture.all)
  func theTwinsLogitsAndActivationsAreTransformerss(_ fixture: FamilyFixture) throws {
    let (model, tokens) = (try fixture.model(), try fixture.expectations().tokensClean)
    let run = try fixture.twin().run(tokens)
    let logits = try #require(fixture.expected()["logits"])
    let last = run.logits.suffix(logits.shape[0]).flatMap { $0.map(Float.init) }
    #expect(largestDifference(Tensor(last), logits.reshaped([-1])) <= 5e-6)
    try check(
      fixture,
      FamilyReading(model, positions: tokens.count) { point in
        try #require(run.activations[point], "\(point)").map(Float.init)
      })
  }

  /// Every key of a file that names an activation.
  private func check(_ fixture: FamilyFixture, _ reading: FamilyReading) throws {
    let expected = try fixture.expected()
    let keys = expected.keys.filter { !$0.hasPrefix("grad.") && !$0.hasPrefix("atp.") && !$0.hasPrefix("logits") }
    #expect(keys.count >= 8)
    for key in keys.sorted() {
      let tensor = try #require(expected[key])
      #expect(try relativeToLargest(reading(key, shape: tensor.shape), tensor) <= 1e-4, "\(key) of \(fixture)")
    }
  }

  @Test(arguments: FamilyFixture.all)
  func gradientsOfALogitDifferenceAreTransformerssAtEveryPoint(_ fixture: FamilyFixture) throws {
    let (model, expectations, expected) = (try fixture.model(), try fixture.expectations(), try fixture.expected())
    let tokens = expectations.tokensClean
    let metric = LinearMetric(
      positions: [tokens.count - 1], columns: [expectations.aClean, expectations.aCorr], weights: [1, -1])
    let run = try model.gradients(tokens, of: metric.function, at: .all)
    #expect(abs(Double(run.value) - expectations.logitDifference) <= 2e-5)
    let reading = FamilyReading(model, positions: tokens.count, isGradient: true) { try run.gradients[$0].elements }
    let keys = expected.keys.filter { $0.hasPrefix("grad.") }
    #expect(keys.count >= 8)
    for key in keys.sorted() {
      let tensor = try #require(expected[key])
      let actual = try reading(String(key.dropFirst("grad.".count)), shape: tensor.shape)
      #expect(relativeToLargest(actual, tensor) <= 1e-4, "\(key) of \(fixture)")
    }
  }

  @Test(arguments: FamilyFixture.all)
  func aTextGoesOnGreedilyAsWithTransformers(_ fixture: FamilyFixture) throws {
    let (model, expectations) = (try fixture.model(), try fixture.expectations())
    let prompt = Array(expectations.tokensClean.prefix(24))
    let generation = try model.generate(prompt, until: [Int](), maxNewTokens: expectations.greedyFrom24.count)
    #expect(generation.newTokens == expectations.greedyFrom24)
  }
}

/// The largest difference over the largest number that is expected. NaN, or another count, is infinitely far.
func relativeToLargest(_ actual: [Float], _ expected: Tensor) -> Float {
  let largest = expected.magnitude().max()
  let difference = largestDifference(Tensor(actual), expected.reshaped([-1]))
  return difference == 0 ? 0 : difference / largest
}
