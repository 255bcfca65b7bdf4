import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// Windows: what a query sees, up to their edges, in prompts that are longer than several windows and than a block of queries.
@Suite struct FamilyWindowTests {
  static let variant = ModelVariant.families[1]

  static func tokens(_ count: Int, seed: UInt64 = 61) -> [Int] {
    var random = SeededGenerator(seed: seed)
    return [2] + (1..<count).map { _ in Int.random(in: 3..<40, using: &random) }
  }

  @Test(arguments: [1, 2, 5, 64, 127, 128, 129, 300] as [Int], [1, 129, 290])
  func logitsPatternsAndValuesOfLongPromptsAreTheTwins(window: Int, count: Int) throws {
    let pair = try DoubleTwinTests.Pair(Self.variant.with(windows: [window, nil]).random(seed: 62, contextLength: 512))
    let tokens = Self.tokens(count)
    let run = try pair.model.run(tokens, capturing: .components([.pattern, .attentionScores, .z]), logits: .all)
    let expected = pair.twin.run(tokens)
    #expect(relativeError(run.logits.elements, expected.logits.flatMap(\.self)) < 3e-6)
    for point in run.cache.points {
      #expect(relativeError(try run.cache[point].elements, try #require(expected.activations[point])) < 3e-6, "\(point)")
    }
  }

  @Test(arguments: [1, 3, 128])
  func aQuerySeesAsManyPositionsAsItsWindowHasAndNoneThatIsFarther(window: Int) throws {
    let model = try Self.variant.with(windows: [window, window]).random(seed: 63, contextLength: 512).model()
    let pattern = try model.run(Self.tokens(260), capturing: [.pattern(layer: 1)]).cache[.pattern(layer: 1)]
    for head in 0..<model.config.heads {
      for (query, row) in pattern.select(head).rows.enumerated() {
        let seen = row.indices.filter { row[$0] > 0 }
        #expect(seen == Array(max(0, query - window + 1)...query))
      }
    }
  }

  @Test
  func whatAllLayersWindowsTogetherDoNotReachChangesNoBit() throws {
    let model = try Self.variant.with(windows: [4, 6]).random(seed: 64, contextLength: 512).model()
    let tokens = Self.tokens(200)
    // The last position sees 6 positions, of which the first sees 4: 9 together.
    var other = tokens
    for position in 0..<191 { other[position] = 3 + (tokens[position] + 7) % 37 }
    #expect(try model.run(tokens).logits == model.run(other).logits)
    other[191] = 3 + (tokens[191] + 7) % 37
    #expect(try model.run(tokens).logits != model.run(other).logits)
  }

  @Test
  func whereALayerSlidesATextThatGoesOnKeepsNoMoreThanTwiceItsWindow() throws {
    let model = try Self.variant.with(windows: [8, 8]).random(seed: 66, contextLength: 512).model()
    let tokens = Self.tokens(200)
    var past = model.emptyCache
    _ = try model.run(Array(tokens[..<40]), continuing: &past)
    let whole = past.byteCount
    var decoder = TokenDecoder(model, [past])
    for token in tokens[40...] { _ = try decoder.step([token]) }
    // Of 200 positions, at most 16 and the room that a buffer grows by.
    #expect(decoder.caches[0].count == 200)
    #expect(decoder.caches[0].byteCount <= whole)
  }

  @Test(arguments: [[3, nil], [1, 2], [5, 4], [130, 7]] as [[Int?]])
  func aTextThatIsLongerThanItsWindowsGoesOnAsInFullPasses(windows: [Int?]) throws {
    let random = try Self.variant.with(windows: windows).random(seed: 65, contextLength: 512)
    let (model, fresh) = (try random.model(), try random.model())
    fresh.prefixes.byteBudget = 0
    for count in [2, 20, 140] {
      let generation = try model.generate(Self.tokens(count), until: [Int](), maxNewTokens: 24)
      var tokens = Self.tokens(count)
      for _ in 0..<24 { tokens.append(try fresh.run(tokens).logits.select(0).argmax()) }
      #expect(generation.tokens == tokens)
    }
  }
}
