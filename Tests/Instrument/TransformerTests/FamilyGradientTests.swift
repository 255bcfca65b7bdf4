import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// The backward pass of each way in which families differ, against central differences of the twin in Double.
@Suite struct FamilyGradientTests {
  static let tokens = FamilyPartsTests.tokens

  /// The hook points of a model, in no order that matters.
  static func points(_ pair: DoubleTwinTests.Pair) -> [HookPoint] {
    pair.twin.run(Self.tokens).activations.keys.sorted { $0.name < $1.name }
  }

  @Test(arguments: ModelVariant.all)
  func theGradientAtEveryHookPointIsWhatCentralDifferencesInDoubleGive(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 41)
    try Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 3).check(Self.points(pair), at: .all)
  }

  @Test(arguments: ModelVariant.families)
  func soIsThatOfALogitDifferenceAndOfAModelWhoseTapeIsNotKept(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 42)
    let metric = LinearMetric(positions: [8], columns: [23, 4, 12], weights: [1, -0.5, -0.5])
    var comparison = Comparison(pair, metric, tokens: Self.tokens, samples: 2)
    comparison.tapeBudget = 0
    try comparison.check(Self.points(pair), at: .all)
  }

  @Test(arguments: ModelVariant.combinations + ModelVariant.families)
  func whereAPartIsReplacedTheGradientIsThatOfTheNewNumbersAndEndsThere(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 43)
    let points = Self.points(pair)
    let cache = try pair.model.run(Self.tokens, capturing: .all).cache
    for point in points {
      let (shape, old) = (try cache[point].shape, try cache[point].elements.map(Double.init))
      let isReplaced = { (index: Int) in (2..<6).contains(EntryPlace(index, shape, point).position) }
      // Given numbers, so that nothing before them matters; what is masked stays so.
      let new = old.indices.map { isReplaced($0) && old[$0].isFinite ? old[$0] * (0.7 + 0.05 * Double($0 % 7)) : old[$0] }
      let numbers = Tensor(new.map(Float.init), shape: shape)
      let isSquare = point.component.isSquare
      let part = isSquare ? Tensor.stack((0..<shape[0]).map { numbers.select($0)[2..<6] }) : numbers[2..<6]
      var comparison = Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 1)
      comparison.hooks = [Replacement(point, positions: 2..<6, with: part)]
      comparison.replacing = [
        point: { computed in computed.indices.map { isReplaced($0) ? Double(numbers.elements[$0]) : computed[$0] } }
      ]
      comparison.label = "with \(point) replaced"
      // Few points are captured: the pass must not depend on what is looked at. A divisor's gradient is measured by its quotients'.
      let norm = point.name.replacing("hook_scale", with: "hook_normalized")
      let looked: [HookPoint] = [point, .embedding, .query(layer: 0), .value(layer: 1), .pattern(layer: 1), .mlpOutput(layer: 0)]
      try comparison.check(looked, at: .points(looked + [HookPoint(norm)]))
    }
  }

  @Test(arguments: ["Gemma 1", "Gemma 2", "Gemma 3", "Mistral", "GPT-NeoX"], [[5, nil], [127, 128], [129, 1]] as [[Int?]])
  func soAreThoseOfAPromptThatAttentionReadsInSeveralBlocksWithWindowsShorterAndLongerThanOne(name: String, windows: [Int?])
    throws
  {
    let family = try #require(ModelVariant.families.first { $0.description == name })
    let variant = family.with(windows: windows)
    let pair = try DoubleTwinTests.Pair(variant.random(seed: 44, contextLength: 512))
    var random = SeededGenerator(seed: 45)
    let tokens = [2] + (0..<139).map { _ in Int.random(in: 3..<40, using: &random) }
    let metric = SmoothMetric(positions: [139, 127, 60], columns: [4, 8, 15])
    var comparison = Comparison(pair, metric, tokens: tokens, samples: 1)
    let components: Set<HookPoint.Component> = [.residualPre, .query, .rotatedKey, .value, .attentionScores, .pattern, .z]
    let points = Self.points(pair).filter { components.contains($0.component) && ($0.layer == 0 || $0.component.isSquare) }
    // Squares are kept block by block, or, where somebody observes them, computed as a whole.
    try comparison.check(points, at: .all)
    comparison.hooks = [Observation(.pattern(layer: 0)) { _ in }]
    let read: [HookPoint] = [.query(layer: 0), .rotatedKey(layer: 0), .value(layer: 0)]
    try comparison.check(read, at: .points(read))
  }

  @Test
  func whereAReplacementLiftsAWindowGradientsOutsideOfItAreThoseOfWhatIsSeenThere() throws {
    let variant = try #require(ModelVariant.families.first { $0.description == "Gemma 2" })
    let pair = try FamilyPartsTests.pair(variant, seed: 46)
    let point = HookPoint.attentionScores(layer: 0)
    let scores = try pair.model.run(Self.tokens, capturing: [point]).cache[point].map { $0.isFinite ? $0 : 0.25 }
    var comparison = Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 12)
    comparison.hooks = [Replacement(point, with: scores)]
    comparison.replacing = [point: { _ in scores.elements.map(Double.init) }]
    comparison.sees = { _ in true }
    try comparison.check([point, .pattern(layer: 0), .value(layer: 0), .z(layer: 0), .embedding], at: .all)
  }

  @Test
  func outsideOfAWindowTheGradientsOfScoresAndPatternsAre0() throws {
    let variant = try #require(ModelVariant.families.first { $0.description == "Mistral" })
    let pair = try FamilyPartsTests.pair(variant, seed: 47)
    let run = try pair.model.gradients(
      Self.tokens, of: FamilyPartsTests.metric.function, at: .components([.pattern, .attentionScores]))
    for point in run.gradients.points {
      let square = try run.gradients[point]
      let outside = square.elements.indices.filter { !EntryPlace($0, square.shape, point, window: 4).isVisible }
      #expect(outside.allSatisfy { square.elements[$0] == 0 }, "\(point)")
    }
  }
}
