import Attribution
import Foundation
import ModelFixture
import Tensors
import Testing
import Transformer

/// What attributions of each family promise: against transformers, against runs in which activations are exchanged in truth, and in sum.
@Suite struct FamilyAttributionTests {
  static let variants = ModelVariant.families + ModelVariant.combinations
  static let clean = [2, 5, 9, 31, 17, 8, 5, 22, 39, 11]
  /// Differs where the last position still looks, through the shortest window.
  static let corrupted = [2, 5, 9, 30, 17, 8, 5, 22, 14, 11]
  static let answer = LogitDifference(clean: 7, corrupted: [3, 21])

  private func model(_ variant: ModelVariant) throws -> LanguageModel { try variant.random(seed: 101).model() }

  /// What can be exchanged in a model of a description.
  static func components(_ config: ModelConfiguration) -> [HookPoint.Component] {
    var components: [HookPoint.Component] = [
      .residualPre, .residualPost, .mlpOutput, .attentionOutput, .z, .result, .query, .key, .value, .pattern,
    ]
    if config.block == .sequential { components.append(.residualMid) }
    if config.positions != .learned { components += [.rotatedQuery, .rotatedKey] }
    return components
  }

  // MARK: - Against transformers

  @Test(arguments: FamilyFixture.all)
  func attributionPatchingIsTransformerssGradientTimesItsDifference(_ fixture: FamilyFixture) throws {
    let (model, expectations) = (try fixture.model(), try fixture.expectations())
    let expected = try fixture.expected()
    var names: [String: HookPoint.Component] = ["resid_pre": .residualPre, "z": .z, "q": .query, "k": .key, "v": .value]
    for (name, normed, raw) in [
      ("attn_out", HookPoint.Component.attentionOutput, HookPoint.Component.attentionOutputRaw),
      ("mlp_out", .mlpOutput, .mlpOutputRaw),
    ] {
      names[name] = normed
      names[name + "_raw"] = model.config.normsOutputs ? raw : normed
    }
    let answer = LogitDifference(clean: expectations.aClean, corrupted: expectations.aCorr)
    let keys = expected.keys.filter { $0.hasPrefix("atp.") }.sorted()
    #expect(keys.count >= 4 * model.config.layers)
    for (name, component) in names where keys.contains("atp.\(name).0") {
      let result = try model.attributionPatching(
        clean: expectations.tokensClean, corrupted: expectations.tokensCorr, toward: answer, component: component)
      #expect(abs(Double(result.metric.clean) - expectations.logitDifference) <= 2e-5)
      #expect(abs(Double(result.metric.corrupted) - expectations.logitDifferenceCorr) <= 2e-5)
      let sums = result.hasHeads ? result.values.sum(axis: 1) : result.values
      let layers = Tensor.stack(try (0..<model.config.layers).map { try #require(expected["atp.\(name).\($0)"]) })
      // Of the largest of all layers; where no query that differs is seen, all are 0.
      let (difference, largest) = (largestDifference(sums, layers), layers.magnitude().max())
      #expect(difference <= 1e-4 * largest, "\(name): \(difference) of \(largest)")
    }
  }

  // MARK: - In sum

  @Test(arguments: ModelVariant.all)
  func thePartsOfDirectLogitAttributionSumToTheDifferenceOfTheLogitsBeforeTheirCap(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 102)
    let model = try random.model()
    let dla = try model.directLogitAttribution(Self.clean, toward: Self.answer)
    let row = try #require(random.twin.run(Self.clean).logits.last)
    let uncapped = model.config.logitSoftCap.map { cap in row.map { Double(cap) * atanh($0 / Double(cap)) } } ?? row
    let expected = uncapped[7] - (uncapped[3] + uncapped[21]) / 2
    let size = Double(dla.heads.magnitude().max() + dla.mlps.magnitude().max() + 1)
    #expect(abs(Double(dla.logitDifference) - expected) <= 1e-5 * size)
    #expect(abs(Double(try #require(dla.remainder))) <= 5e-6 * size)
  }

  @Test(arguments: variants)
  func aHeadsContributionIsWhatItWritesBehindTheNormThatFollowsItAlongTheAnswer(_ variant: ModelVariant) throws {
    let model = try model(variant)
    let dla = try model.directLogitAttribution(Self.clean, toward: Self.answer)
    let cache = try model.run(Self.clean, capturing: .all.atLast(1)).cache
    let results = try cache.logitAttributions(of: cache.headResults(), tokens: 7, against: [3, 21])
    #expect(relativeDifference(dla.heads.reshaped([-1]), results.reshaped([-1])) <= 2e-5)
    let mlps = try cache.logitAttributions(
      of: cache.decomposedResidual(of: .mlp, includingEmbedding: false), tokens: 7, against: [3, 21])
    #expect(relativeDifference(dla.mlps, mlps.reshaped([-1])) <= 2e-5)
  }

  // MARK: - Against truth

  @Test(arguments: variants)
  func aResumedRunIsTheFullRunWithTheActivationExchangedForEveryComponent(_ variant: ModelVariant) throws {
    let model = try model(variant)
    for component in Self.components(model.config) {
      let result = try model.activationPatching(
        clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, component: component)
      for layer in 0..<model.config.layers {
        let point = HookPoint(component, layer: layer)
        let other = try model.run(Self.corrupted, capturing: [point]).cache[point]
        for position in [3, 8, 9] {
          let head = result.hasHeads ? 1 % result.values.shape[1] : nil
          let value = component.isSquare ? other.select(head ?? 0)[position..<position + 1] : other[position..<position + 1]
          let replacement = Replacement(
            point, positions: position..<position + 1, head: head,
            with: component.isSquare ? value : head.map { value.select($0, axis: 1) } ?? value)
          let patched = try Self.answer.value(
            model.run(Self.clean, hooks: [replacement]).logits, tokenizer: model)
          let effect = head.map { result.values[layer, $0, position] } ?? result.values[layer, position]
          #expect(abs(effect - (result.metric.clean - patched)) < 2e-5, "\(point) at \(position)")
        }
      }
    }
  }

  @Test(arguments: variants)
  func attributionPatchingIsTheGradientTimesTheDifferenceForEveryComponent(_ variant: ModelVariant) throws {
    let model = try model(variant)
    let components = Self.components(model.config)
    let results = try model.attributionPatching(
      clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, components: components)
    let full = try model.gradients(Self.clean, of: Self.answer, at: .components(Set(components)))
    let other = try model.run(Self.corrupted, capturing: .components(Set(components))).cache
    for (component, result) in zip(components, results) {
      for layer in 0..<model.config.layers {
        let point = HookPoint(component, layer: layer)
        let product = try full.gradients[point] * (full.activations[point] - other[point])
        let sums = product.sum(axis: product.rank - 1)
        let expected = component.isSquare || sums.rank == 1 ? sums : sums.transposed()
        #expect(relativeDifference(result.values.select(layer), expected) <= 2e-5, "\(point)")
      }
    }
  }

  @Test(arguments: variants.filter { (try? $0.config().logitSoftCap) == nil })
  func theQKFixIsExactWhereAllBehindThePatternIsLinear(_ variant: ModelVariant) throws {
    let model = try model(variant)
    let layer = model.config.layers - 1
    // The run's own numbers stand for the last MLP and the divisors behind the last attention: only the softmax is left.
    var kept: [HookPoint] = [.mlpOutput(layer: layer), .finalNormScale]
    if model.config.normsOutputs { kept.append(.attentionPostNormScale(layer: layer)) }
    let cache = try model.run(Self.clean, capturing: .points(kept)).cache
    let freeze: [any Hook] = try kept.map { Replacement($0, with: try cache[$0]) }
    let gradient = try model.gradients(Self.clean, of: Self.answer, at: [.pattern(layer: layer)], hooks: freeze)
    let last = Self.clean.count - 1
    let query = HookPoint.query(layer: layer)
    let other = try model.run(Self.corrupted, capturing: [query]).cache[query]
    for head in 0..<model.config.heads {
      let patch = Replacement(query, positions: last..<last + 1, head: head, with: other[last..<last + 1].select(head, axis: 1))
      let patched = try model.run(Self.clean, capturing: [.pattern(layer: layer)], hooks: freeze + [patch])
      let change = try gradient.activations[.pattern(layer: layer)] - patched.cache[.pattern(layer: layer)]
      let estimate = try (gradient.gradients[.pattern(layer: layer)] * change).sum()
      let effect = gradient.value - (try Self.answer.value(patched.logits, tokenizer: model))
      #expect(abs(estimate - effect) < 2e-5, "head \(head): \(estimate), \(effect)")
    }
  }

  @Test(arguments: variants)
  func theQKFixGivesThePatternsGradientTimesTheChangeOfThePatternThatAnExchangedQueryOrKeyMakes(_ variant: ModelVariant) throws {
    let model = try model(variant)
    let fixed = try model.attributionPatching(
      clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, components: [.query, .key], refinement: .qkFix)
    for (component, result) in zip([HookPoint.Component.query, .key], fixed) {
      for layer in 0..<model.config.layers {
        let (point, pattern) = (HookPoint(component, layer: layer), HookPoint.pattern(layer: layer))
        let gradient = try model.gradients(Self.clean, of: Self.answer, at: [pattern])
        let other = try model.run(Self.corrupted, capturing: [point]).cache[point]
        for head in 0..<other.shape[1] {
          for position in 3..<10 {
            let patch = Replacement(
              point, positions: position..<position + 1, head: head, with: other[position..<position + 1].select(head, axis: 1))
            let patched = try model.run(Self.clean, capturing: [pattern], hooks: [patch]).cache[pattern]
            let expected = try (gradient.gradients[pattern] * (gradient.activations[pattern] - patched)).sum()
            #expect(abs(result.values[layer, head, position] - expected) <= 2e-5, "\(point), head \(head) at \(position)")
          }
        }
      }
    }
  }

  @Test(arguments: variants)
  func gradDropRunsInEveryDescriptionAndLeavesTheLastMLPsEffectsAsTheyAre(_ variant: ModelVariant) throws {
    let model = try model(variant)
    let last = model.config.layers - 1
    func values(_ refinement: AttributionRefinement) throws -> [Tensor] {
      try model.attributionPatching(
        clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, components: [.mlpOutput, .residualPre],
        refinement: refinement
      ).map(\.values)
    }
    let (plain, dropped) = (try values([]), try values(.gradDrop))
    #expect(dropped[1].min() >= 0 && dropped[1].magnitude().max() > 0)
    #expect(relativeDifference(dropped[0].select(last), plain[0].select(last).magnitude()) < 1e-5)
  }

  @Test(
    arguments: variants,
    [HookPoint.Component.residualPre, .query, .value, .mlpOutput])
  func integratedGradientsAreCompleteWhatALayerLacksShrinksWithTheSteps(_ variant: ModelVariant, component: HookPoint.Component)
    throws
  {
    let model = try model(variant)
    let result = try model.integratedGradients(
      clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, component: component, steps: 48)
    for layer in try #require(result.completeness) {
      #expect(abs(layer.delta) < 1e-3 * max(1, abs(layer.difference)), "\(layer)")
    }
    let one = try model.integratedGradients(
      clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, component: component, rule: .clean)
    let patching = try model.attributionPatching(
      clean: Self.clean, corrupted: Self.corrupted, toward: Self.answer, component: component)
    #expect(relativeDifference(one.values, patching.values) < 3e-5)
  }

  @Test(
    arguments: [
      ("GPT-NeoX", HookPoint.Component.residualMid), ("GPT-2", .rotatedQuery),
    ])
  func whatAModelLacksCannotBeAttributedToAndTheErrorSaysSo(name: String, component: HookPoint.Component) throws {
    let model = try model(#require(ModelVariant.families.first { $0.description == name }))
    let (clean, corrupted, answer) = (Self.clean, Self.corrupted, Self.answer)
    let attempts: [() throws -> Void] = [
      { _ = try model.activationPatching(clean: clean, corrupted: corrupted, toward: answer, component: component) },
      { _ = try model.attributionPatching(clean: clean, corrupted: corrupted, toward: answer, component: component) },
      { _ = try model.integratedGradients(clean: clean, corrupted: corrupted, toward: answer, component: component) },
    ]
    for attempt in attempts {
      let error = #expect(throws: (any Error).self) { try attempt() }
      #expect("\(try #require(error))".contains(component.rawValue))
    }
  }
}
