import ModelFixture
import Tensors
import Testing
import Transformer

/// Each way in which families differ, alone and together with others: the model in fp32 computes what its twin computes in Double.
@Suite struct FamilyPartsTests {
  static let tokens = [2, 5, 9, 31, 17, 8, 5, 22, 39]
  static let metric = SmoothMetric(positions: [8, 3, 6, 3], columns: [7, 3, 38])

  static func pair(_ variant: ModelVariant, seed: UInt64 = 31) throws -> DoubleTwinTests.Pair {
    try DoubleTwinTests.Pair(variant.random(seed: seed))
  }

  @Test(arguments: ModelVariant.all)
  func theModelsHookPointsAreTheTwinsAndHoldItsNumbers(_ variant: ModelVariant) throws {
    let pair = try Self.pair(variant)
    let run = try pair.model.run(Self.tokens, capturing: .all, logits: .all)
    let expected = pair.twin.run(Self.tokens)
    #expect(relativeError(run.logits.elements, expected.logits.flatMap(\.self)) < 3e-6)
    #expect(Set(run.cache.points) == Set(expected.activations.keys))
    for point in run.cache.points {
      let numbers = try #require(expected.activations[point])
      #expect(relativeError(try run.cache[point].elements, numbers) < 3e-6, "\(point)")
    }
  }

  @Test(arguments: ModelVariant.all)
  func aReplacementChangesTheModelsLogitsAsItChangesTheTwinsAtEveryHookPoint(_ variant: ModelVariant) throws {
    let pair = try Self.pair(variant, seed: 32)
    for point in pair.twin.run(Self.tokens).activations.keys {
      let replacement = Replacement(point) { Tensor(changed($0.elements.map(Double.init)).map(Float.init), shape: $0.shape) }
      let actual = try pair.model.run(Self.tokens, hooks: [replacement], logits: .all).logits
      let expected = pair.twin.run(Self.tokens, replacing: [point: changed]).logits
      #expect(relativeError(actual.elements, expected.flatMap(\.self)) < 6e-6, "\(point)")
    }
  }

  /// Grouping changes the weights' shapes, and can share none with the plain model.
  static let sharing = ModelVariant.parts.filter { (try? $0.config().keyValueHeads) == 2 }

  @Test(arguments: sharing)
  func aPartOfADescriptionChangesWhatIsComputedWithTheSameWeights(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 33)
    let logits = random.twin.run(Self.tokens).logits.flatMap(\.self)
    // The plain model, with those of the weights that it has.
    let plain = try ModelVariant.families[0].random(seed: 34)
    let weights = plain.weights.merging(random.weights) { $1 }.filter { plain.weights[$0.key] != nil }
    let other = DoubleTwin(plain.config, weights.mapValues { $0.elements.map(Double.init) }).run(Self.tokens).logits
    #expect(zip(logits, other.flatMap(\.self)).contains { abs($0 - $1) > 1e-3 })
  }

  @Test(
    arguments: [
      ("Gemma 1", HookPoint.Component.positionEmbedding), ("Gemma 1", .attentionOutputRaw), ("Gemma 1", .mlpOutputRaw),
      ("Gemma 1", .queryNormScale), ("Gemma 1", .keyNormalized), ("Gemma 1", .mlpPostNormScale), ("GPT-2", .rotatedQuery),
      ("GPT-2", .rotatedKey), ("GPT-2", .mlpPreLinear), ("GPT-NeoX", .residualMid), ("Llama 3", .attentionPostNormalized),
    ])
  func whatAModelLacksIsAnErrorThatNamesWhatItHas(name: String, component: HookPoint.Component) throws {
    let variant = try #require(ModelVariant.families.first { $0.description == name })
    let model = try Self.pair(variant).model
    let point = try HookPoint(component.isInLayer ? "blocks.1." + component.rawValue : component.rawValue)
    let attempts: [() throws -> Void] = [
      { _ = try model.run(Self.tokens, capturing: [point]) },
      { _ = try model.run(Self.tokens, capturing: .names([point.name])) },
      { _ = try model.run(Self.tokens, hooks: [Observation(point) { _ in }]) },
      { _ = try model.run(Self.tokens, hooks: [Replacement(point) { $0 }]) },
      { _ = try model.gradients(Self.tokens, of: Self.metric.function, at: [point]) },
    ]
    let had = component.isInLayer ? "hook_resid_post" : "hook_embed"
    for attempt in attempts {
      let error = #expect(throws: (any Error).self) { try attempt() }
      let text = "\(try #require(error))"
      #expect(text.contains(component.rawValue) && text.contains(had), "\(text)")
    }
  }
}

/// Other numbers than those of an activation, which depend on the place.
func changed(_ x: [Double]) -> [Double] { x.indices.map { x[$0] * (0.75 + 0.01 * Double($0 % 37)) } }
