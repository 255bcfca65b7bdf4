import Attribution
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

/// The names that the fixture gives to components.
let fixtureComponents: [String: HookPoint.Component] = [
  "q": .query, "k": .key, "v": .value, "z": .z, "result": .result, "resid_pre": .residualPre, "mlp_out": .mlpOutput,
  "attn_out": .attentionOutput,
]

extension ModelFixture {
  var answer: LogitDifference { LogitDifference(clean: expectations.aClean, corrupted: expectations.aCorr) }
}

/// The largest difference relative to the largest expected number.
func relativeDifference(_ actual: Tensor, _ expected: Tensor) -> Float {
  largestDifference(actual, expected) / expected.magnitude().max()
}

@Suite
struct AttributionPatchingTests {
  @Test(arguments: try ModelFixture.all.get())
  func agreesWithTransformerLensForEveryComponent(_ fixture: ModelFixture) throws {
    let names = ["q", "k", "v", "z", "result", "resid_pre", "mlp_out", "attn_out"]
    let results = try fixture.model.attributionPatching(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      components: names.map { fixtureComponents[$0]! })
    for (name, result) in zip(names, results) {
      let expected = try fixture.tensor("atp_" + name)
      #expect(result.rows.shape == expected.shape)
      #expect(relativeDifference(result.rows, expected) < 1e-4, "\(name): \(relativeDifference(result.rows, expected))")
      #expect(result.rowLabels.count == expected.shape[0])
    }
  }

  @Test
  func givesTheNumbersOfTheFullComputationBitForBitFromAColdAndFromAWarmSession() throws {
    let fixture = try ModelFixture.all.get()[0]
    let model = try LanguageModel(folder: ModelFixture.folder.appending(path: "tiny-gemma"))
    func values() throws -> [Tensor] {
      try model.attributionPatching(
        clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
        components: [.query, .key, .residualPre, .pattern]
      ).map(\.values)
    }
    let cold = try values()
    let warm = try values()
    model.prefixes.byteBudget = 0
    let forgetful = try values()
    #expect(cold == warm)
    #expect(cold == forgetful)
    // The whole way back, over every position, agrees where the prompts differ, and the difference is 0 elsewhere.
    let full = try model.gradients(fixture.expectations.tokensClean, of: fixture.answer, at: .components([.query]))
    let other = try model.run(fixture.expectations.tokensCorr, capturing: .components([.query]))
    for layer in 0..<model.config.layers {
      let point = HookPoint.query(layer: layer)
      let product = try full.gradients[point] * (full.activations[point] - other.cache[point])
      #expect(product.sum(axis: 2).transposed() == cold[0].select(layer))
    }
  }

  @Test
  func exchangingCleanAndCorruptedKeepsTheSignTheOtherPromptsComponentsSpeakForTheOtherAnswer() throws {
    let fixture = try ModelFixture.all.get()[0]
    let (clean, corrupted) = (fixture.expectations.tokensClean, fixture.expectations.tokensCorr)
    let there = try fixture.model.activationPatching(
      clean: clean, corrupted: corrupted, toward: fixture.answer, component: .residualPre, layers: 1..<2)
    let back = LogitDifference(clean: fixture.expectations.aCorr, corrupted: fixture.expectations.aClean)
    let here = try fixture.model.activationPatching(
      clean: corrupted, corrupted: clean, toward: back, component: .residualPre, direction: .denoising, layers: 1..<2)
    // M and the roles change their signs together: the same runs, the same numbers.
    #expect(largestDifference(there.values, here.values) < 1e-5)
    #expect(there.metric.clean == -here.metric.corrupted)
  }

  @Test
  func aPatternsValuesAreThoseOfItsQueriesAnd0BeforeThePromptsDiffer() throws {
    let fixture = try ModelFixture.all.get()[1]
    let result = try fixture.model.attributionPatching(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      component: .pattern)
    let count = fixture.expectations.tokensClean.count
    #expect(result.values.shape == [fixture.model.config.layers, fixture.model.config.heads, count])
    #expect(result.values.magnitude().max() > 0)
    #expect(result.rows.rows.allSatisfy { $0[..<result.firstPosition].allSatisfy { $0 == 0 } })
    #expect(result.rowLabels[5] == "L1H1")
  }

  @Test
  func theCheckExchangesActivationsInTruthAndReportsHowWellTheEstimateFits() throws {
    let fixture = try ModelFixture.all.get()[0]
    let result = try fixture.model.attributionPatching(
      clean: fixture.expectations.tokensClean, corrupted: fixture.expectations.tokensCorr, toward: fixture.answer,
      component: .key, checking: 40, seed: 3)
    let check = try #require(result.check)
    let brute = try fixture.tensor("brute_k")
    #expect(check.nodes.count == 40)
    for node in check.nodes {
      #expect(abs(node.patched - brute[node.layer, node.position]) < 1e-4)
      #expect(node.estimate == result.rows[node.layer, node.position])
    }
    #expect(check.correlation > 0.7 && check.correlation <= 1)
    #expect(check.largestError == check.nodes.map { abs($0.estimate - $0.patched) }.max())
    #expect(check.recall(top: 40) == 1)
    #expect([0, 0.2, 0.4, 0.6, 0.8, 1].contains(check.recall(top: 5)))
  }

  @Test
  func promptsOfDifferentLengthsAreAnErrorThatShowsWhereTheyPart() throws {
    let fixture = try ModelFixture.all.get()[0]
    let answer = fixture.answer
    let error = #expect(throws: AttributionError.self) {
      try fixture.model.attributionPatching(
        clean: "Fae is a grimpus.", corrupted: "Fae is not a grimpus.", toward: answer, component: .query)
    }
    let text = "\(try #require(error))"
    #expect(text.contains("“ a”") && text.contains("“ not”") && text.contains("They part at position"), "\(text)")
    #expect(throws: AttributionError.samePrompts) {
      try fixture.model.attributionPatching(clean: "Fae", corrupted: "Fae", toward: answer, component: .query)
    }
    #expect(throws: AttributionError.badComponent("mlpPre")) {
      try fixture.model.attributionPatching(clean: "Fae", corrupted: "Rex", toward: answer, component: .mlpPre)
    }
  }

  @Test
  func anAnswerOfSeveralTokensIsAnErrorThatShowsItsPieces() throws {
    let model = try ModelFixture.all.get()[0].model
    let error = #expect(throws: ModelError.self) {
      try model.attributionPatching(
        clean: "Fae", corrupted: "Rex", toward: LogitDifference(clean: " xylophone", corrupted: " a"), component: .query)
    }
    #expect("\(try #require(error))".contains("is not one token"))
  }
}
