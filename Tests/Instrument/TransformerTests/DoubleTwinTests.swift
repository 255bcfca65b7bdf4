import Foundation
import Transformer
import ModelFixture
import Tensors
import Testing

/// The twin in Double: that it is Gemma, that every hook point acts, and that the model computes the same in fp32, hooks included.
@Suite struct DoubleTwinTests {
  static let tokens = [2, 306, 337, 358, 17, 901, 44]

  /// A random model and its twin.
  struct Pair {
    let model: LanguageModel
    let twin: DoubleTwin

    init(_ random: RandomModel, _ format: RandomModel.Format = .float32, shards: Int = 1) throws {
      let folder = try random.write(format, shards: shards)
      defer { try? FileManager.default.removeItem(at: folder) }
      (model, twin) = (try LanguageModel(folder: folder), try DoubleTwin(folder: folder))
    }

    init(_ random: RandomTransformer) throws { (model, twin) = (try random.model(), random.twin) }
  }

  @Test(arguments: ForwardTests.cases)
  func theTwinsLogitsAreThoseOfHuggingFaceInFp64(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let twin = try DoubleTwin(folder: ModelFixture.folder.appending(path: name))
    let last = try #require(twin.run(fixture.expectations.tokensClean).logits.last)
    #expect(largestDifference(Tensor(last.map(Float.init)), try fixture.tensor("logits_hf64_last")) <= 5e-6)
  }

  @Test(arguments: ForwardTests.cases)
  func theTwinsActivationsAreTransformerLenss(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let config = fixture.model.config
    let twin = try DoubleTwin(folder: ModelFixture.folder.appending(path: name))
    let activations = twin.run(fixture.expectations.tokensClean).activations
    let components: [(String, (Int) -> HookPoint)] = [
      ("resid_pre", HookPoint.residualPre), ("resid_mid", HookPoint.residualMid), ("resid_post", HookPoint.residualPost),
      ("attn_out", HookPoint.attentionOutput), ("mlp_out", HookPoint.mlpOutput), ("q", HookPoint.query), ("k", HookPoint.key),
      ("v", HookPoint.value), ("z", HookPoint.z), ("rot_q", HookPoint.rotatedQuery), ("rot_k", HookPoint.rotatedKey),
    ]
    for (key, point) in components {
      let expected = try fixture.tensor("act_" + key)
      for layer in 0..<config.layers { try check(activations, point(layer), expected.select(layer)) }
    }
    try check(activations, .mlpPre(layer: 0), fixture.tensor("act_mlp_pre_L0_last4"))
    try check(activations, .mlpPreLinear(layer: 0), fixture.tensor("act_mlp_pre_linear_L0_last4"))
    try check(activations, .mlpPost(layer: 0), fixture.tensor("act_mlp_post_L0_last4"))
    try check(activations, .finalNormScale, fixture.tensor("act_ln_final_scale"))
    try check(activations, .finalNormalized, fixture.tensor("act_ln_final_normalized_raw_last"))
    let results = try fixture.tensor("act_result_last")
    for layer in 0..<config.layers { try check(activations, .result(layer: layer), results.select(layer)) }
    // TransformerLens repeats this one for each key and value head.
    let normalized = try fixture.tensor("act_ln1_normalized_raw_L0_last4")
    for position in 0..<4 {
      let all = try #require(activations[.attentionNormalized(layer: 0)])
      let row = all[(290 + position) * config.width..<(291 + position) * config.width]
      #expect(largestDifference(Tensor(row.map(Float.init)), normalized.select(position).select(0)) <= 1e-4)
    }
  }

  /// The last numbers of an activation, as many as are expected, are the expected ones.
  private func check(_ activations: [HookPoint: [Double]], _ point: HookPoint, _ expected: Tensor) throws {
    let all = try #require(activations[point])
    #expect(largestDifference(Tensor(all.suffix(expected.count).map(Float.init)), expected) <= 1e-4, "\(point)")
  }

  @Test(arguments: ForwardTests.cases)
  func theTwinsPatternsAndScoresAreTransformerLenss(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let (heads, layers, length) = (fixture.model.config.heads, fixture.model.config.layers, 294)
    let twin = try DoubleTwin(folder: ModelFixture.folder.appending(path: name))
    let activations = twin.run(fixture.expectations.tokensClean).activations
    func lastEight(_ point: HookPoint) throws -> Tensor {
      let square = try #require(activations[point]).map { $0 == -.infinity ? -1e30 : Float($0) }
      let whole = Tensor(square, shape: [heads, length, length])
      return Tensor.stack((0..<heads).map { whole.select($0)[(length - 8)...] })
    }
    let patterns = try fixture.tensor("pattern_last8")
    for layer in 0..<layers { #expect(largestDifference(try lastEight(.pattern(layer: layer)), patterns.select(layer)) <= 2e-5) }
    #expect(largestDifference(try lastEight(.attentionScores(layer: 0)), try fixture.tensor("attn_scores_L0_last8")) <= 1e-4)
  }

  @Test
  func replacingAnActivationByItselfChangesNothingAndBySomethingElseTheLogitsAtEveryHookPoint() throws {
    let twin = try Pair(RandomModel()).twin
    let (logits, activations) = twin.run(Self.tokens)
    #expect(Set(activations.keys) == Set(HookPoint.all(layers: 2)))
    for point in HookPoint.all(layers: 2) {
      #expect(twin.run(Self.tokens, replacing: [point: { $0 }]).logits == logits)
      #expect(twin.run(Self.tokens, replacing: [point: { _ in activations[point] ?? [] }]).logits == logits, "\(point)")
      let other = twin.run(Self.tokens, replacing: [point: Self.changed])
      #expect(zip(other.logits[6], logits[6]).contains { abs($0 - $1) > 1e-3 }, "\(point)")
      #expect(other.activations[point] == activations[point].map(Self.changed))
    }
  }

  /// Other numbers than those of an activation, which depend on the place.
  private static func changed(_ x: [Double]) -> [Double] { x.indices.map { x[$0] * (0.75 + 0.01 * Double($0 % 37)) } }

  @Test
  func whatIsComputedBehindAReplacedActivationDependsOnNothingBeforeIt() throws {
    let twin = try Pair(RandomModel()).twin
    let other = twin.run([2, 8, 7, 6, 5, 4, 3])
    // Whatever was read, the logits are those of the residual stream that is put in.
    let point = HookPoint.residualPost(layer: 1)
    let decided = twin.run(Self.tokens, replacing: [point: { _ in other.activations[point] ?? [] }])
    #expect(decided.logits == other.logits)
    // A layer's attention and MLP together, likewise, decide what it adds.
    let (attention, mlp) = (HookPoint.attentionOutput(layer: 1), HookPoint.mlpOutput(layer: 1))
    let before = try #require(twin.run(Self.tokens).activations[.residualPre(layer: 1)])
    let replaced = twin.run(
      Self.tokens,
      replacing: [attention: { _ in other.activations[attention] ?? [] }, mlp: { _ in other.activations[mlp] ?? [] }])
    let middle = zip(before, other.activations[attention] ?? []).map { $0 + $1 }
    let expected = zip(middle, other.activations[mlp] ?? []).map { $0 + $1 }
    #expect(replaced.activations[point] == expected)
  }

  static let groupings = [1, 2, 4]

  @Test(arguments: groupings)
  func theModelsFp32ActivationsAreTheTwinsAtEveryHookPoint(keyValueHeads: Int) throws {
    let pair = try Pair(RandomModel(keyValueHeads: keyValueHeads, seed: 11))
    let run = try pair.model.run(Self.tokens, capturing: .all, logits: .all)
    let expected = pair.twin.run(Self.tokens)
    #expect(relativeError(run.logits.elements, expected.logits.flatMap(\.self)) < 2e-6)
    for point in HookPoint.all(layers: 2) {
      let (actual, expected) = (try run.cache[point].elements, try #require(expected.activations[point]))
      #expect(relativeError(actual, expected) < 2e-6, "\(point)")
    }
  }

  @Test(arguments: groupings)
  func aReplacementChangesTheModelsLogitsAsItChangesTheTwinsAtEveryHookPoint(keyValueHeads: Int) throws {
    let pair = try Pair(RandomModel(keyValueHeads: keyValueHeads, seed: 12))
    for point in HookPoint.all(layers: 2) {
      let replacement = Replacement(point) { Tensor(Self.changed($0.elements.map(Double.init)).map(Float.init), shape: $0.shape) }
      let actual = try pair.model.run(Self.tokens, hooks: [replacement], logits: .all).logits
      let expected = pair.twin.run(Self.tokens, replacing: [point: Self.changed]).logits
      #expect(relativeError(actual.elements, expected.flatMap(\.self)) < 4e-6, "\(point)")
    }
  }

  @Test
  func centralDifferencesGiveAGradientThatIsKnownOfAFinalNormsDivisor1STimesALogitDifference() throws {
    let twin = try Pair(RandomModel()).twin
    let run = twin.run(Self.tokens)
    func difference(_ logits: [[Double]]) -> Double { logits[6][235] - logits[6][476] }
    let expected = -difference(run.logits) / (run.activations[.finalNormScale]?[6] ?? 0)
    let actual = twin.gradient(of: difference, tokens: Self.tokens, at: .finalNormScale, index: 6)
    #expect(abs(actual / expected - 1) < 1e-9)
    #expect(twin.gradient(of: difference, tokens: Self.tokens, at: .finalNormScale, index: 5) == 0)
  }

  @Test(arguments: groupings)
  func centralDifferencesDoNotDependOnTheirStepAtEveryHookPoint(keyValueHeads: Int) throws {
    let twin = try Pair(RandomModel(keyValueHeads: keyValueHeads, seed: 14)).twin
    let activations = twin.run(Self.tokens).activations
    for point in HookPoint.all(layers: 2) {
      let seen = (activations[point] ?? []).enumerated().filter { $0.element.isFinite }.map(\.offset)
      // The last ones: of the last positions, on which everything depends.
      let vectors = [1.0 / 512, 1.0 / 1024].map { step in
        seen.suffix(12).map { index in
          twin.gradient(of: { SmoothMetric()($0) }, tokens: Self.tokens, at: point, index: index, step: step)
        }
      }
      let differences: [Double] = zip(vectors[0], vectors[1]).map { $0 - $1 }
      let difference = differences.map { $0 * $0 }.reduce(0.0, +).squareRoot()
      let length = vectors[1].map { $0 * $0 }.reduce(0.0, +).squareRoot()
      #expect(difference <= 5e-9 * length && length > 0, "\(point)")
    }
  }

  @Test
  func aRandomModelInBf16InOneFileOrInShardsIsTheSameModelToBoth() throws {
    let whole = try Pair(RandomModel(seed: 13), .bfloat16)
    let sharded = try Pair(RandomModel(seed: 13), .bfloat16, shards: 3)
    let logits = try whole.model.run(Self.tokens, logits: .all).logits
    #expect(try sharded.model.run(Self.tokens, logits: .all).logits == logits)
    #expect(relativeError(logits.elements, whole.twin.run(Self.tokens).logits.flatMap(\.self)) < 2e-6)
    #expect(sharded.twin.run(Self.tokens).logits == whole.twin.run(Self.tokens).logits)
    let exact = try Pair(RandomModel(seed: 13)).twin.run(Self.tokens).logits
    #expect((1e-4..<0.1).contains(relativeError(logits.elements, exact.flatMap(\.self))))
  }
}

/// The length of the difference over the length of what is expected, or over `least` if that is more. Infinite if any number is NaN, or
/// infinite in one of them only, or if another number is expected to be nothing.
func relativeError(_ actual: [Float], _ expected: [Double], atLeast least: Double = 0) -> Double {
  guard actual.count == expected.count else { return .infinity }
  let differences = zip(actual, expected).map { Double($0) == $1 ? 0 : Double($0) - $1 }
  let difference = differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
  let length = max(least, expected.reduce(0) { $1.isFinite ? $0 + $1 * $1 : $0 }.squareRoot())
  if difference == 0 { return 0 }
  return difference.isFinite && length > 0 ? difference / length : .infinity
}
