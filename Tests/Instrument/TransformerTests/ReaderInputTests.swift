import ModelFixture
import Tensors
import Testing
import Transformer

/// What single readers of the residual stream read, of each way in which families differ, against the twin in Double.
@Suite struct ReaderInputTests {
  static let tokens = FamilyPartsTests.tokens
  static let points = (0..<2).flatMap { layer in
    [HookPoint.queryInput(layer: layer), .keyInput(layer: layer), .valueInput(layer: layer), .mlpInput(layer: layer)]
  }

  @Test(arguments: ModelVariant.all)
  func whatAReaderReadsInsteadChangesTheModelsLogitsAsItChangesTheTwins(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 51)
    for point in Self.points {
      let replacement = Replacement(point) { Tensor(changed($0.elements.map(Double.init)).map(Float.init), shape: $0.shape) }
      let actual = try pair.model.run(Self.tokens, hooks: [replacement], logits: .all).logits
      let expected = pair.twin.run(Self.tokens, replacing: [point: changed]).logits
      #expect(relativeError(actual.elements, expected.flatMap(\.self)) < 6e-6, "\(point)")
    }
  }

  @Test(arguments: ModelVariant.all)
  func theGradientAtAReaderIsWhatCentralDifferencesInDoubleGive(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 52)
    try Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 3).check(Self.points, at: .points(Self.points))
  }

  @Test(arguments: ModelVariant.families)
  func whereOneHeadReadsSomethingElseGradientsAreThoseOfWhatItReadsNow(_ variant: ModelVariant) throws {
    let pair = try FamilyPartsTests.pair(variant, seed: 53)
    for point in Self.points where point.component != .mlpInput {
      let heads = try #require(point.headCount(pair.model.config))
      let (width, head) = (pair.model.config.width, heads - 1)
      let doubled = { (index: Int) in index / width % heads == head && (2..<6).contains(index / width / heads) }
      var comparison = Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 2)
      comparison.hooks = [
        .scale(by: 1.5, at: point, head: head, positions: 2..<6), .scale(by: 1.5, at: point, head: head, positions: 2..<6),
      ]
      comparison.replacing = [point: { x in x.indices.map { x[$0] * (doubled($0) ? 2.25 : 1) } }]
      comparison.label = "with \(point) replaced"
      let looked: [HookPoint] = [point, .embedding, .queryInput(layer: 1), .mlpInput(layer: 0), .residualPre(layer: 1)]
      try comparison.check(looked, at: .points(looked))
    }
  }

  @Test
  func readersTogetherReadWhatTheStreamIsReadBy() throws {
    let model = try FamilyPartsTests.pair(ModelVariant.families[0], seed: 54).model
    let cache = try model.gradients(
      Self.tokens, of: FamilyPartsTests.metric.function,
      at: .points(Self.points + [.residualPre(layer: 1), .residualMid(layer: 1)])
    ).gradients
    let readers = try [HookPoint.queryInput(layer: 1), .keyInput(layer: 1), .valueInput(layer: 1)].map {
      try cache[$0].sum(axis: 1)
    }
    let sum = readers.reduce(try cache[.residualMid(layer: 1)]) { $0 + $1 }
    #expect(relativeError(sum.elements, try cache[.residualPre(layer: 1)].elements.map(Double.init)) < 1e-5)
  }

  @Test
  func readersAreKeptOnlyForThoseWhoNameThemAndHoldTheStream() throws {
    let model = try FamilyPartsTests.pair(ModelVariant.families[0], seed: 55).model
    let all = try model.run(Self.tokens, capturing: .all).cache
    #expect(!all.points.contains { $0.component.isReaderInput })
    let cache = try model.run(Self.tokens, capturing: .components([.queryInput, .mlpInput, .residualPre, .residualMid])).cache
    let read = try cache[.queryInput(layer: 1)]
    #expect(read.shape == [Self.tokens.count, model.config.heads, model.config.width])
    #expect(read.select(2, axis: 1) == (try cache[.residualPre(layer: 1)]))
    #expect(try cache[.mlpInput(layer: 0)] == cache[.residualMid(layer: 0)])
  }

  @Test
  func aReaderThatReadsTheSameChangesNoBit() throws {
    let model = try FamilyPartsTests.pair(ModelVariant.families[0], seed: 56).model
    let plain = try model.run(Self.tokens, logits: .all).logits
    for point in Self.points {
      #expect(try model.run(Self.tokens, hooks: [Replacement(point) { $0 }], logits: .all).logits == plain)
    }
  }

  @Test
  func ofALongPromptOnlyThePositionsThatAreKeptAreCopied() throws {
    let model = try FamilyPartsTests.pair(ModelVariant.families[0], seed: 57).model
    let whole = try model.run(Self.tokens, capturing: .points(Self.points)).cache
    let part = try model.run(Self.tokens, capturing: Capture.points(Self.points).at(positions: 3..<5)).cache
    for point in Self.points { #expect(try part[point] == whole[point][3..<5], "\(point)") }
    #expect(part.positions == 3..<5)
  }
}
