import Foundation
import Transformer
import ModelFixture
import Tensors
import TestSupport
import Testing

/// The backward pass against central differences of the twin in Double. fp32 rounds at about 6e-8; what adds up along two layers and back
/// stays below a few 1e-6 of a gradient's length, and a wrong term would show as 1e-2 or more.
@Suite struct GradientTests {
  static let tokens = DoubleTwinTests.tokens
  static let tolerance = 1e-5

  static func pair(_ keyValueHeads: Int, seed: UInt64 = 21) throws -> DoubleTwinTests.Pair {
    try DoubleTwinTests.Pair(RandomModel(keyValueHeads: keyValueHeads, seed: seed))
  }

  @Test(arguments: DoubleTwinTests.groupings)
  func theGradientAtEveryHookPointIsWhatCentralDifferencesInDoubleGive(keyValueHeads: Int) throws {
    let comparison = Comparison(try Self.pair(keyValueHeads), SmoothMetric(), samples: 6)
    try comparison.check(HookPoint.all(layers: 2), at: .all)
  }

  @Test(arguments: DoubleTwinTests.groupings)
  func soIsThatOfALogitDifferenceAtTheLastPosition(keyValueHeads: Int) throws {
    let metric = LinearMetric(positions: [6], columns: [235, 476, 12], weights: [1, -0.5, -0.5])
    try Comparison(try Self.pair(keyValueHeads), metric, samples: 6).check(HookPoint.all(layers: 2), at: .all)
  }

  @Test
  func soAreThoseOfTheLossAndOfALogProbabilityWhichReadTheWholeVocabulary() throws {
    let pair = try Self.pair(2)
    func logProbability(_ logits: [Double], _ token: Int) -> Double { logits[token] - log(logits.reduce(0) { $0 + exp($1) }) }
    let loss = Comparison(pair, Loss(), samples: 3) { logits in
      -(0..<6).reduce(0) { $0 + logProbability(logits[$1], Self.tokens[$1 + 1]) } / 6
    }
    try loss.check(HookPoint.all(layers: 2), at: .all)
    let probability = Comparison(pair, LogProbability(of: 77), samples: 3) { logProbability($0[6], 77) }
    try probability.check(HookPoint.all(layers: 2), at: .all)
  }

  @Test
  func soAreThoseOfAModelInBf16OfThreeLayersWhoseWidthsAreNoRoundNumbers() throws {
    let random = RandomModel(layers: 3, width: 23, heads: 6, keyValueHeads: 3, headWidth: 10, mlpWidth: 37, seed: 22)
    let pair = try DoubleTwinTests.Pair(random, .bfloat16, shards: 2)
    try Comparison(pair, SmoothMetric(), samples: 3).check(HookPoint.all(layers: 3), at: .all)
  }

  @Test
  func soAreThoseOfAPromptThatAttentionReadsInSeveralBlocks() throws {
    var random = SeededGenerator(seed: 23)
    let tokens = [2] + (0..<139).map { _ in Int.random(in: 3..<1000, using: &random) }
    let metric = SmoothMetric(positions: [139, 127, 60], columns: [4, 8, 15])
    var comparison = Comparison(try Self.pair(2), metric, tokens: tokens, samples: 2)
    let components: Set<HookPoint.Component> = [
      .residualPre, .query, .rotatedKey, .value, .attentionScores, .pattern, .result, .mlpPost,
    ]
    let points = HookPoint.all(layers: 2).filter { point in
      components.contains(point.component) && (point.layer == 0 || point.component.isSquare)
    }
    // Squares are kept block by block, or, where somebody observes them, computed as a whole.
    try comparison.check(points, at: .all)
    comparison.hooks = [Observation(.pattern(layer: 0)) { _ in }]
    let read: [HookPoint] = [.query(layer: 0), .rotatedKey(layer: 0), .value(layer: 0)]
    try comparison.check(read, at: .points(read))
  }

  /// What is replaced: head 1, or all, at positions 2 to 4. The new numbers are given ones, so that nothing before them matters.
  private static func replacement(_ point: HookPoint, _ cache: ActivationCache) throws -> (Replacement, [Double]) {
    let hasHeads = try cache[point].shape.count == 3
    let old = try cache[point]
    var new: [Double] = old.elements.map(Double.init)
    for index in new.indices where new[index].isFinite {
      let place = EntryPlace(index, old.shape, point)
      if (2..<5).contains(place.position) && (!hasHeads || place.head == 1) { new[index] *= 0.7 + 0.05 * Double(index % 7) }
    }
    let numbers = Tensor(new.map(Float.init), shape: old.shape)
    let part: Tensor =
      switch (point.component.isSquare, hasHeads) {
      case (true, _): numbers.select(1)[2..<5]
      case (_, true): numbers[2..<5].select(1, axis: 1)
      default: numbers[2..<5]
      }
    return (Replacement(point, positions: 2..<5, head: hasHeads ? 1 : nil, with: part), numbers.elements.map(Double.init))
  }

  @Test(arguments: [2_000_000_000, 0])
  func whereAPartIsReplacedTheGradientIsThatOfTheNewNumbersAndEndsThere(tapeBudget: Int) throws {
    let pair = try Self.pair(2)
    let cache = try pair.model.run(Self.tokens, capturing: .all).cache
    for point in HookPoint.all(layers: 2) {
      let (hook, numbers) = try Self.replacement(point, cache)
      let shape = try cache[point].shape
      // The rest of the activation is computed, and follows what comes before it.
      let replacing: DoubleTwin.Replacements = [
        point: { computed in
          computed.indices.map { index in
            let place = EntryPlace(index, shape, point)
            return (2..<5).contains(place.position) && (shape.count < 3 || place.head == 1) ? numbers[index] : computed[index]
          }
        }
      ]
      var comparison = Comparison(pair, SmoothMetric(), samples: 2)
      (comparison.hooks, comparison.replacing, comparison.tapeBudget) = ([hook], replacing, tapeBudget)
      comparison.label = "with \(point) replaced"
      // Few points are captured: the pass must not depend on what is looked at.
      let points = [point, .embedding, .query(layer: 0), .value(layer: 1), .pattern(layer: 1), .residualMid(layer: 1)]
      let norms: Set<HookPoint.Component> = [.attentionNormScale, .mlpNormScale, .finalNormScale]
      let quotients = HookPoint.all(layers: 2).filter {
        norms.contains(point.component) && $0.component.rawValue.hasSuffix("hook_normalized")
      }
      try comparison.check(points, at: .points(points + quotients))
    }
  }

  @Test
  func anActivationThatIsReplacedAsAWholeHidesWhatItWasComputedFrom() throws {
    let pair = try Self.pair(2)
    let old = try pair.model.run(Self.tokens, capturing: [.residualPre(layer: 1)]).cache[.residualPre(layer: 1)]
    let hook = Replacement(.residualPre(layer: 1), with: old)
    let run = try pair.model.gradients(Self.tokens, of: SmoothMetric().function, at: .all, hooks: [hook])
    let free = try pair.model.gradients(Self.tokens, of: SmoothMetric().function, at: .all)
    for point in HookPoint.all(layers: 2) {
      let hides = point.layer == 0 || point == .embedding
      #expect(try run.gradients[point].elements.allSatisfy { $0 == 0 } == hides, "\(point)")
      // Replaced by itself, it changes no other gradient.
      if !hides { #expect(try run.gradients[point] == free.gradients[point], "\(point)") }
    }
  }

  @Test
  func whereAReplacementLiftsTheMaskGradientsBehindTheDiagonalAreThoseOfWhatIsSeenThere() throws {
    let pair = try Self.pair(2)
    let point = HookPoint.attentionScores(layer: 0)
    let scores = try pair.model.run(Self.tokens, capturing: [point]).cache[point].map { $0.isFinite ? $0 : 0.25 }
    var comparison = Comparison(pair, SmoothMetric(), samples: 20)
    comparison.hooks = [Replacement(point, with: scores)]
    comparison.replacing = [point: { _ in scores.elements.map(Double.init) }]
    comparison.sees = { _ in true }
    try comparison.check([point, .pattern(layer: 0), .value(layer: 0), .z(layer: 0), .embedding], at: .all)
    let patterns = Tensor((0..<4 * 49).map { 0.05 + 0.01 * Float($0 * 5 % 31) }, shape: [4, 7, 7])
    comparison.hooks = [Replacement(.pattern(layer: 0), with: patterns)]
    comparison.replacing = [.pattern(layer: 0): { _ in patterns.elements.map(Double.init) }]
    try comparison.check([.pattern(layer: 0), .value(layer: 0), .z(layer: 0), .embedding], at: .all)
  }

  @Test
  func behindTheDiagonalTheGradientsOfScoresAndPatternsAre0AlsoWhereSomebodyObservesThem() throws {
    let pair = try Self.pair(2)
    let observations: [any Hook] = [Observation(.pattern(layer: 0)) { _ in }, Observation(.attentionScores(layer: 1)) { _ in }]
    for hooks in [[], observations] {
      let run = try pair.model.gradients(
        Self.tokens, of: SmoothMetric().function, at: .components([.pattern, .attentionScores]), hooks: hooks)
      for point in run.gradients.points {
        let square = try run.gradients[point]
        let behind = square.elements.indices.filter { !EntryPlace($0, square.shape, point).isVisible }
        #expect(behind.allSatisfy { square.elements[$0] == 0 }, "\(point)")
      }
    }
  }

  @Test
  func noPositionHasAGradientBehindTheLastOneThatTheMetricReads() throws {
    let metric = LinearMetric(positions: [3], columns: [5, 6], weights: [1, -1])
    let run = try Self.pair(2).model.gradients(Self.tokens, of: metric.function, at: .all)
    for point in HookPoint.all(layers: 2) where !point.component.isSquare {
      let gradient = try run.gradients[point]
      #expect(gradient[4...].elements.allSatisfy { $0 == 0 } && gradient[...3].elements.contains { $0 != 0 }, "\(point)")
    }
  }

  @Test
  func aGradientIsTheSameWhateverElseIsAskedForObservedKeptForTheWayBackOrKnownOfThePrompt() throws {
    let pair = try Self.pair(1)
    for metric in [SmoothMetric().function, LinearMetric(positions: [6], columns: [5, 6], weights: [1, -1]).function] {
      let all = try pair.model.gradients(Self.tokens, of: metric, at: .all)
      for point in HookPoint.all(layers: 2) {
        let alone = try pair.model.gradients(Self.tokens, of: metric, at: [point], tapeBudget: 0)
        let observed = try pair.model.gradients(Self.tokens, of: metric, at: [point], hooks: [Observation(point) { _ in }])
        let expected = try all.gradients[point]
        for run in [alone, observed] {
          #expect(run.value == all.value)
          #expect(try run.activations[point] == all.activations[point])
          #expect(relativeError(try run.gradients[point].elements, expected.elements.map(Double.init)) < 1e-6, "\(point)")
        }
        // What comes before these positions is known, and not computed backward.
        let last = try pair.model.gradients(Self.tokens, of: metric, at: Capture.all.at(positions: 5..<7)).gradients[point]
        let part = point.component.isSquare ? Tensor.stack((0..<4).map { expected.select($0)[5...] }) : expected[5...]
        #expect(relativeError(last.elements, part.elements.map(Double.init)) < 1e-6, "\(point)")
      }
    }
  }

  @Test
  func aPromptSoLongThatItsMLPsAreComputedInPartsHasTheSameGradientAsOneWhoseNeuronsAreCaptured() throws {
    let tokens = [2] + (0..<1100).map { 3 + $0 * 37 % 997 }
    let metric = SmoothMetric(positions: [1100, 512], columns: [4, 8]).function
    let model = try Self.pair(2).model
    let whole = try model.gradients(tokens, of: metric, at: .components([.residualPre, .mlpPre, .mlpPost, .mlpPreLinear]))
    for budget in [2_000_000_000, 0] {
      let parts = try model.gradients(tokens, of: metric, at: .components([.residualPre]), tapeBudget: budget)
      for layer in 0..<2 {
        let expected = try whole.gradients[.residualPre(layer: layer)].elements.map(Double.init)
        #expect(relativeError(try parts.gradients[.residualPre(layer: layer)].elements, expected) < 1e-6)
      }
    }
  }
}
