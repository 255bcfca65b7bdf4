import Attribution
import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

/// Direct logit attribution against TransformerLens, and against what must hold by definition. Differences are relative to the largest
/// expected value, as the fixture states them.
@Suite struct DirectLogitAttributionTests {
  static let cases = ["tiny-gemma", "tiny-gemma-gqa"]

  private func answer(_ fixture: ModelFixture) -> LogitDifference {
    LogitDifference(clean: fixture.expectations.aClean, corrupted: fixture.expectations.aCorr)
  }

  private func relative(_ actual: Tensor, _ expected: Tensor) -> Float {
    largestDifference(actual, expected) / expected.magnitude().max()
  }

  @Test(arguments: cases)
  func withTheFinalNormsScaleItIsWhatTransformerLensGives(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let dla = try fixture.model.directLogitAttribution(fixture.expectations.tokensClean, toward: answer(fixture))
    for prefix in ["dla_ln_", "dla_ln_raw_"] {
      #expect(relative(dla.residualStream, try fixture.tensor(prefix + "resid_pre")) <= 1e-4)
      #expect(relative(dla.mlps, try fixture.tensor(prefix + "mlp_out")) <= 1e-4)
      #expect(relative(dla.heads, try fixture.tensor(prefix + "result")) <= 1e-4)
    }
    let expected = fixture.expectations.dlaCompleteness
    #expect(abs(Double(dla.embedding) - (try #require(expected["embed"]))) <= 1e-5)
    #expect(abs(Double(dla.logitDifference) - (try #require(expected["logit_diff"]))) <= 1e-5)
    #expect(dla.heads.shape == [fixture.model.config.layers, 4] && dla.mlps.shape == [fixture.model.config.layers])
  }

  @Test(arguments: cases)
  func withoutItItIsWhatTheOriginalNotebookGives(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let dla = try fixture.model.directLogitAttribution(
      fixture.expectations.tokensClean, toward: answer(fixture), normalized: false)
    #expect(relative(dla.residualStream, try fixture.tensor("dla_seed_processed_resid_pre")) <= 1e-4)
    #expect(relative(dla.mlps, try fixture.tensor("dla_seed_processed_mlp_out")) <= 1e-4)
    #expect(relative(dla.heads, try fixture.tensor("dla_seed_processed_result")) <= 1e-4)
    #expect(dla.remainder == nil)
  }

  @Test(arguments: cases)
  func thePartsSumToTheLogitDifferenceForAnyAnswers(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let answers = [
      answer(fixture), LogitDifference(clean: " a", corrupted: [" is", " are", "."]),
      LogitDifference(clean: [5, 6, 7], corrupted: 999),
    ]
    for answer in answers {
      let dla = try fixture.model.directLogitAttribution(fixture.expectations.tokensClean, toward: answer)
      #expect(abs(try #require(dla.remainder)) <= 2e-6 * (dla.heads.magnitude().max() + dla.mlps.magnitude().max() + 1))
      let logits = try fixture.model.run(fixture.expectations.tokensClean, logits: .all).logits
      #expect(abs(try answer.value(logits, tokenizer: fixture.model.tokenizer) - dla.logitDifference) <= 2e-5)
    }
  }

  @Test
  func theTextOfAPromptAndItsTokensGiveTheSameAndExchangedAnswersTheNegative() throws {
    let fixture = try ModelFixture.named("tiny-gemma")
    let (clean, corrupted) = (fixture.expectations.species[0], fixture.expectations.species.removing(at: 0))
    let text = try fixture.model.directLogitAttribution(
      fixture.expectations.cleanOut, toward: .init(clean: clean, corrupted: corrupted))
    let tokens = try fixture.model.directLogitAttribution(fixture.expectations.tokensClean, toward: answer(fixture))
    let exchanged = try fixture.model.directLogitAttribution(
      fixture.expectations.tokensClean, toward: .init(clean: corrupted, corrupted: clean))
    #expect(text.heads == tokens.heads && text.residualStream == tokens.residualStream && text.tokens == tokens.tokens)
    #expect(exchanged.heads == -tokens.heads && exchanged.logitDifference == -tokens.logitDifference)
  }

  @Test(arguments: cases)
  func aHeadsContributionIsItsResultAlongTheAnswersDirection(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let dla = try fixture.model.directLogitAttribution(
      fixture.expectations.tokensClean, toward: answer(fixture), normalized: false)
    let cache = try fixture.model.run(fixture.expectations.tokensClean, capturing: .components([.result]).atLast(1)).cache
    let direction = try fixture.model.direction(of: answer(fixture))
    for layer in 0..<fixture.model.config.layers {
      for head in 0..<4 {
        let result = try cache[.result(layer: layer)].select(0).select(head)
        #expect(abs((result * direction).sum() - dla.heads[layer, head]) <= 1e-4 * dla.heads.magnitude().max())
      }
    }
  }

  @Test
  func theStrongestHeadsComeFirstWithTheirSigns() throws {
    let fixture = try ModelFixture.named("tiny-gemma")
    let dla = try fixture.model.directLogitAttribution(fixture.expectations.tokensClean, toward: answer(fixture))
    let all = dla.strongestHeads(100)
    #expect(all.count == 16)
    #expect(all.map { abs($0.value) } == all.map { abs($0.value) }.sorted(by: >))
    #expect(
      all.allSatisfy { ($0.value < 0) == ($0.head.sign == .negative) && dla.heads[$0.head.layer, $0.head.head] == $0.value })
    #expect(dla.strongestHeads(-1).isEmpty)
    #expect(dla.layerLabels == ["L0", "L1", "L2", "L3"] && dla.headLabels == ["H0", "H1", "H2", "H3"])
  }

  @Test
  func answersThatCannotBeComparedAreErrors() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    #expect(throws: ModelError.notASingleToken(text: "grimpus", pieces: ["g", "rimpus"], near: " grimpus")) {
      try model.directLogitAttribution("Fae is a", toward: .init(clean: "grimpus", corrupted: " zumpus"))
    }
    #expect(throws: AttributionError.noAnswerTokens(side: "corrupted")) {
      try model.directLogitAttribution("Fae is a", toward: .init(clean: " grimpus", corrupted: [String]()))
    }
    #expect(throws: AttributionError.sameAnswers(tokens: "' grimpus'")) {
      try model.directLogitAttribution("Fae is a", toward: .init(clean: " grimpus", corrupted: [" grimpus"]))
    }
    #expect(throws: ModelError.tokenOutOfRange(token: 1000, vocabulary: 1000)) {
      try model.directLogitAttribution("Fae is a", toward: .init(clean: 1000, corrupted: 3))
    }
  }
}
