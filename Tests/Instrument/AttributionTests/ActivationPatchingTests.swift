import Attribution
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct ActivationPatchingTests {
  @Test(arguments: try ModelFixture.all.get())
  func agreesWithPatchingEveryNodeInTransformerLens(_ fixture: ModelFixture) throws {
    for key in fixture.keys("brute_") {
      let expected = try fixture.tensor(key)
      let result = try fixture.model.activationPatching(
        clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
        component: fixtureComponents[String(key.dropFirst("brute_".count))]!)
      #expect(result.rows.shape == expected.shape)
      #expect(relativeDifference(result.rows, expected) < 2e-4, "\(key): \(relativeDifference(result.rows, expected))")
    }
  }

  @Test
  func isWhatAReplacingHookInAFullRunGives() throws {
    let fixture = try ModelFixture.all.get()[1]
    let (clean, corrupted) = (fixture.expectations.tokensClean, fixture.expectations.tokensCorr)
    for component in [HookPoint.Component.query, .value, .result, .residualMid, .pattern] {
      let point = HookPoint(component, layer: 1)
      let position = clean.count - 7
      let result = try fixture.model.activationPatching(
        clean: clean, corrupted: corrupted, toward: fixture.answer, component: component, layers: 1..<2,
        positions: position..<position + 1)
      let head = [.residualMid].contains(component) ? nil : 1
      let other = try fixture.model.run(corrupted, capturing: [point]).cache[point]
      let value = component.isSquare ? other.select(1)[position..<position + 1] : other[position..<position + 1]
      let replacement = Replacement(
        point, positions: position..<position + 1, head: head,
        with: component.isSquare ? value : head.map { value.select($0, axis: 1) } ?? value)
      let patched = try fixture.answer.value(
        fixture.model.run(clean, hooks: [replacement]).logits, tokenizer: fixture.model.tokenizer)
      let effect = head.map { result.values[1, $0, position] } ?? result.values[1, position]
      #expect(abs(effect - (result.metric.clean - patched)) < 1e-5, "\(component)")
    }
  }

  @Test
  func onAModelThatIsLinearAttributionPatchingIsActivationPatching() throws {
    // What the last layer's MLP writes reaches the logits through the final norm alone; without that norm's scale it is linear.
    let fixture = try ModelFixture.all.get()[0]
    let (clean, corrupted) = (fixture.expectations.tokensClean, fixture.expectations.tokensCorr)
    let model = fixture.model
    let last = model.config.layers - 1
    let scale = try model.run(clean, capturing: [.finalNormScale]).cache[.finalNormScale]
    let freeze = Replacement(.finalNormScale, with: scale)
    let run = try model.gradients(
      clean, of: fixture.answer, at: [.mlpOutput(layer: last), .attentionOutput(layer: last)], hooks: [freeze])
    let point = HookPoint.mlpOutput(layer: last)
    let other = try model.run(corrupted, capturing: [point]).cache[point]
    let estimate = try (run.gradients[point] * (run.activations[point] - other)).sum()
    let patched = try model.run(clean, hooks: [freeze, Replacement(point, with: other)])
    let effect = run.value - (try fixture.answer.value(patched.logits, tokenizer: model.tokenizer))
    #expect(abs(effect) > 1e-3)
    #expect(abs(estimate - effect) < 2e-6 * max(1, abs(run.value)))
  }

  @Test
  func noisingAndDenoisingAgreeInSignWhereTheEffectIsWhole() throws {
    let fixture = try ModelFixture.all.get()[0]
    let (clean, corrupted) = (fixture.expectations.tokensClean, fixture.expectations.tokensCorr)
    let last = clean.count - 1
    for direction in [PatchingDirection.noising, .denoising] {
      // The residual stream behind the last layer's input, at the last position, decides everything.
      let result = try fixture.model.activationPatching(
        clean: clean, corrupted: corrupted, toward: fixture.answer, component: .residualPost, direction: direction,
        layers: fixture.model.config.layers - 1..<fixture.model.config.layers, positions: last..<last + 1)
      let effect = result.values[fixture.model.config.layers - 1, last]
      #expect(abs(effect - (result.metric.clean - result.metric.corrupted)) < 1e-5)
    }
  }
}

@Suite struct EarlyMetricTests {
  /// A metric of positions before those that are patched, and behind.
  @Test(arguments: [ModelVariant.families[0], ModelVariant.families[1], ModelVariant.families[7]])
  func aMetricMayReadPositionsBeforeThePromptsDiffer(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 131).model()
    let (clean, corrupted) = (FamilyAttributionTests.clean, FamilyAttributionTests.corrupted)
    for metric in [Loss(), Loss(at: 0..<2), Loss(at: 4..<7)] {
      let point = HookPoint.mlpOutput(layer: 0)
      let result = try model.activationPatching(clean: clean, corrupted: corrupted, toward: metric, component: .mlpOutput)
      let other = try model.run(corrupted, capturing: [point]).cache[point]
      for position in [3, 8] {
        let patched = Replacement(point, positions: position..<position + 1, with: other[position..<position + 1])
        let value = try model.gradients(clean, of: metric, at: [.embedding], hooks: [patched]).value
        let effect = result.metric.clean - value
        #expect(abs(result.values[0, position] - effect) < 2e-5, "\(position)")
      }
      let attribution = try model.attributionPatching(clean: clean, corrupted: corrupted, toward: metric, component: .mlpOutput)
      let gradients = try model.gradients(clean, of: metric, at: [point]).gradients[point]
      let clean = try model.run(clean, capturing: [point]).cache[point]
      let expected = (gradients * (clean - other)).sum(axis: 1)
      #expect(largestDifference(attribution.values.select(0), expected) < 2e-5)
    }
  }
}
