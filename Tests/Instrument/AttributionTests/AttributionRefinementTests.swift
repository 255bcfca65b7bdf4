import Attribution
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct AttributionRefinementTests {
  private func values(
    _ component: HookPoint.Component, _ refinement: AttributionRefinement, _ fixture: ModelFixture
  ) throws -> Tensor {
    try fixture.model.attributionPatching(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      component: component, refinement: refinement
    ).rows
  }

  @Test(arguments: ["q", "k"])
  func theQKFixIsNearerToActivationPatchingOfQueriesAndKeys(_ name: String) throws {
    let fixture = try ModelFixture.all.get()[0]
    let truth = try fixture.tensor("brute_" + name)
    let plain = try values(fixtureComponents[name]!, [], fixture) - truth
    let fixed = try values(fixtureComponents[name]!, .qkFix, fixture) - truth
    #expect(fixed.magnitude().sum() < 0.8 * plain.magnitude().sum(), "\(fixed.magnitude().sum()) of \(plain.magnitude().sum())")
  }

  @Test
  func theQKFixIsExactWhereAllBehindThePatternIsLinear() throws {
    // The last layer, at the last position, as a prompt whose MLP and final scale do not follow: only the softmax is left.
    let fixture = try ModelFixture.all.get()[1]
    let model = fixture.model
    let (clean, corrupted) = (fixture.expectations.tokensClean, fixture.expectations.tokensCorr)
    let layer = model.config.layers - 1
    let kept = try model.run(clean, capturing: [.mlpOutput(layer: layer), .finalNormScale]).cache
    let freeze: [any Hook] = [
      Replacement(.mlpOutput(layer: layer), with: try kept[.mlpOutput(layer: layer)]),
      Replacement(.finalNormScale, with: try kept[.finalNormScale]),
    ]
    let gradient = try model.gradients(clean, of: fixture.answer, at: [.pattern(layer: layer)], hooks: freeze)
    let other = try model.run(corrupted, capturing: [.rotatedQuery(layer: layer)]).cache[.rotatedQuery(layer: layer)]
    let last = clean.count - 1
    for head in 0..<model.config.heads {
      let patch = Replacement(
        .rotatedQuery(layer: layer), positions: last..<last + 1, head: head, with: other[last..<last + 1].select(head, axis: 1))
      let patched = try model.run(clean, capturing: [.pattern(layer: layer)], hooks: freeze + [patch])
      let change = try gradient.activations[.pattern(layer: layer)] - patched.cache[.pattern(layer: layer)]
      let estimate = try (gradient.gradients[.pattern(layer: layer)] * change).sum()
      let effect = gradient.value - (try fixture.answer.value(patched.logits, tokenizer: model.tokenizer))
      #expect(abs(estimate - effect) < 1e-5, "head \(head): \(estimate), \(effect)")
    }
  }

  @Test
  func gradDropsValuesAreSizesOfTheOrderOfThePlainOnesAndWithoutEffectBeforeThePromptsDiffer() throws {
    let fixture = try ModelFixture.all.get()[0]
    for component in [HookPoint.Component.residualPre, .z, .key] {
      let plain = try values(component, [], fixture)
      let dropped = try values(component, component == .key ? .star : .gradDrop, fixture)
      #expect(dropped.min() >= 0)
      #expect(dropped.shape == plain.shape)
      let ratio = dropped.sum() / plain.magnitude().sum()
      #expect(ratio > 0.3 && ratio < 3, "\(component): \(ratio)")
    }
    // What the last layer's MLP writes reaches the logits beside every other layer: leaving those out changes nothing.
    let last = fixture.model.config.layers - 1
    let (plain, dropped) = (try values(.mlpOutput, [], fixture), try values(.mlpOutput, .gradDrop, fixture))
    #expect(relativeDifference(dropped.select(last), plain.select(last).magnitude()) < 1e-6)
    // Below it, effects through the layers left out are missing.
    #expect(relativeDifference(dropped.select(0), plain.select(0).magnitude()) > 1e-3)
  }
}
