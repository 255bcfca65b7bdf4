import Attribution
import Lenses
import ModelFixture
import Tensors
import Testing
import Transformer

/// On the model whose circuit was planted by hand, each verb finds what is there: a previous-token head, and an induction head that reads it
/// through its keys.
@Suite struct PlantedCircuitTests {
  private let planted: PlantedInduction

  init() throws { planted = try PlantedInduction() }

  /// Whether one head has the highest score, and no other comes near.
  private func stands(_ head: HeadReference, out scores: HeadScores) -> Bool {
    let best = scores.strongest(2)
    return best[0].head == head && best[0].value > 0.99 && best[1].value < 0.6
  }

  @Test func theTwoHeadsAreToldByWhereTheyLook() throws {
    let scores = try planted.model.repeatedTokenScores(length: 11, sequences: 4)
    #expect(stands(planted.previousTokenHead, out: scores.previousToken))
    #expect(stands(planted.inductionHead, out: scores.induction))
    #expect(scores.duplicateToken.values.max() < 0.6)
    // The second half is known from the first.
    #expect(zip(scores.firstLosses, scores.secondLosses).allSatisfy { $1 < $0 - 1 })
  }

  @Test func theInductionHeadReadsThePreviousTokenHeadThroughItsKeys() throws {
    let key = try planted.model.compositionScores(.key)
    let best = key.strongest(2)
    #expect(best[0].sender == planted.previousTokenHead && best[0].receiver == planted.inductionHead)
    #expect(best[0].value > 2 * best[1].value)
    #expect(best[0].value > 2 * (key.random.max() ?? 1))
    // Its queries and values read the token, and not what the other has written.
    for mode in [CompositionMode.query, .value] {
      let score = try planted.model.compositionScores(mode)[planted.previousTokenHead, planted.inductionHead]
      #expect(score < best[0].value / 4, "\(mode)")
    }
  }

  @Test func theInductionHeadCopies() throws {
    let scores = try planted.model.copyingScores()
    #expect(scores.values[1, 2] > 0.99)
  }

  @Test func theAnswerStandsOnlyBehindTheInductionHead() throws {
    for example in try planted.examples(4) {
      let reading = try planted.model.logitLens(example.clean)
      #expect(reading.targets == (try planted.model.run(example.clean).logits.argmax(axis: -1).elements))
      #expect(reading.targetProbability[1, 0] < 0.2)
      #expect(reading.targetProbability[2, 0] > 5 * reading.targetProbability[1, 0])
    }
  }
}
