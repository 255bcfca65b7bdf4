import Attribution
import Checkpoints
import Foundation
import Lenses
import ModelFixture
import Randomness
import Tensors
import Testing
import Transformer

@Suite struct HeadScoresTests {
  @Test func whatHeadsMayLookAtFollowsFromTheTokens() {
    //            0  1  2  3  4  5
    let tokens = [9, 5, 6, 5, 6, 6]
    #expect(AttentionBehaviour.previousToken.sources(in: tokens) == [[], [0], [1], [2], [3], [4]])
    #expect(AttentionBehaviour.duplicateToken.sources(in: tokens) == [[], [], [], [1], [2], [2, 4]])
    // Behind the 6 at position 4 stands position 5 itself.
    #expect(AttentionBehaviour.induction.sources(in: tokens) == [[], [], [], [2], [3], [3]])
  }

  @Test(arguments: [ModelVariant.families[0], ModelVariant.families[1], ModelVariant.families[3]])
  func scoresAreTheMeanAttentionOfTheQueriesThatHaveASource(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 7).model()
    let prompts = [[2, 9, 5, 6, 5, 6, 6], [2, 3, 4, 3]]
    for behaviour in AttentionBehaviour.allCases {
      let scores = try model.headScores(behaviour, on: prompts)
      for (prompt, example) in zip(prompts, scores.examples) {
        let cache = try model.run(prompt, capturing: .components([.pattern])).cache
        let sources = behaviour.sources(in: prompt)
        let queries = sources.indices.filter { !sources[$0].isEmpty }
        for layer in 0..<2 {
          let pattern = try cache[.pattern(layer: layer)]
          for head in 0..<model.config.heads {
            var sum: Float = 0
            for query in queries { for key in sources[query] { sum += pattern[head, query, key] } }
            #expect(abs(example[layer, head] - sum / Float(queries.count)) < 1e-6)
          }
        }
      }
      #expect(largestDifference(scores.values, (scores.examples[0] + scores.examples[1]) / 2) < 1e-6)
    }
  }

  @Test func onRepeatedTokensTheyAreTheDiagonalsOfTheSecondHalf() throws {
    let model = try ModelVariant.families[0].random(seed: 7).model()
    let scores = try model.repeatedTokenScores(length: 12, sequences: 3, seed: 5)
    #expect(scores.prompts.count == 3 && scores.induction.examples.count == 3)
    for (index, prompt) in scores.prompts.enumerated() {
      let run = try model.run(prompt, capturing: .components([.pattern]), logits: .all)
      let pattern = try run.cache[.pattern(layer: 1)]
      for head in 0..<4 {
        func mean(_ distance: Int, from first: Int) -> Float {
          (first..<25).map { pattern[head, $0, $0 - distance] }.reduce(0, +) / Float(25 - first)
        }
        #expect(abs(scores.induction.examples[index][1, head] - mean(11, from: 13)) < 1e-6)
        #expect(abs(scores.duplicateToken.examples[index][1, head] - mean(12, from: 13)) < 1e-6)
        #expect(abs(scores.previousToken.examples[index][1, head] - mean(1, from: 1)) < 1e-6)
      }
      func loss(_ positions: Range<Int>) -> Double {
        let losses = positions.map { position in
          let row = run.logits.select(position - 1).elements.map(Double.init)
          return log(row.reduce(0) { $0 + exp($1) }) - row[prompt[position]]
        }
        return losses.reduce(0, +) / Double(positions.count)
      }
      #expect(abs(scores.firstLosses[index] - loss(2..<13)) < 1e-5)
      #expect(abs(scores.secondLosses[index] - loss(14..<25)) < 1e-5)
    }
  }

  @Test func aHeadThatSpreadsItsAttentionHasTheScoreOfChance() throws {
    let variant = ModelVariant("even attention") { $0.attention.scale = 0 }
    let scores = try variant.random(seed: 7).model().repeatedTokenScores(length: 10, sequences: 2)
    for behaviour in scores.all {
      #expect(abs(Double(behaviour.values[0, 2]) - behaviour.chance) < 1e-6)
    }
  }

  @Test func repeatedTokensAreDifferentOrdinaryOnesOfTheSeed() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    let prompts = try model.repeatedTokens(length: 30, sequences: 4, seed: 1)
    let special = Set([model.config.bos, model.config.pad].compactMap(\.self) + model.config.eos)
    for prompt in prompts {
      #expect(prompt[0] == model.config.bos)
      let block = prompt[1...30]
      #expect(Array(block) == Array(prompt[31...]))
      #expect(Set(block).count == 30)
      #expect(special.isDisjoint(with: block))
    }
    #expect(Set(prompts).count == 4)
    #expect(try model.repeatedTokens(length: 30, sequences: 4, seed: 1) == prompts)
    #expect(try model.repeatedTokens(length: 30, sequences: 4, seed: 2) != prompts)
  }

  @Test func theStrongestHeadsComeFirst() throws {
    let model = try ModelVariant.families[0].random(seed: 7).model()
    let scores = try model.repeatedTokenScores(length: 8, sequences: 2).previousToken
    let best = scores.strongest(3)
    #expect(best.count == 3)
    #expect(best[0].value == scores.values.max())
    #expect(best[0].value >= best[1].value && best[1].value >= best[2].value)
    let values = try scores.values(of: best[0].head)
    #expect(abs(values.reduce(0, +) / 2 - Double(best[0].value)) < 1e-6)
    #expect(throws: AttributionError.headOutOfRange(head: "L2H0", layers: 2, heads: 4)) { try scores.values(of: "L2H0") }
  }

  @Test func whatCannotBeScoredIsAnError() throws {
    let model = try ModelVariant.families[0].random(seed: 7).model()
    #expect(throws: LensError.nothingToAttend(behaviour: "induction head", prompts: 1)) {
      try model.headScores(.induction, on: [[2, 3, 4]])
    }
    #expect(throws: LensError.nothingToAttend(behaviour: "induction head", prompts: 0)) {
      try model.headScores(.induction, on: [[Int]]())
    }
    // 40 tokens, of which three are special.
    #expect(throws: LensError.tooFewTokens(wanted: 38, available: 37)) { try model.repeatedTokenScores(length: 38) }
    #expect(throws: LensError.tooLong(tokens: 65, context: 64)) { try model.repeatedTokenScores(length: 32) }
    #expect(throws: LensError.self) { try model.repeatedTokenScores(length: 1) }
    #expect(throws: LensError.self) { try model.repeatedTokenScores(sequences: 0) }
  }
}

@Suite struct AttentionViewTests {
  private let model: LanguageModel
  private let tokens = [2, 9, 5, 6, 5]

  init() throws { model = try ModelVariant.families[0].random(seed: 7).model() }

  @Test func layersHaveThePatternsOfAllTheirHeads() throws {
    let patterns = try model.attentionPatterns(tokens, layers: 1...)
    #expect(patterns.heads.map(\.description) == ["L1H0", "L1H1", "L1H2", "L1H3"])
    let pattern = try model.run(tokens, capturing: [.pattern(layer: 1)]).cache[.pattern(layer: 1)]
    #expect(patterns.patterns[2] == pattern.select(2))
    #expect(throws: ModelError.self) { try model.attentionPatterns(tokens, layers: 1..<3) }
    #expect(throws: ModelError.self) { try model.attentionPatterns(tokens, layers: 1..<1) }
  }

  @Test func attentionFromAPositionIsARowOfThePattern() throws {
    let patterns = try model.attentionPatterns(tokens, layers: 0..<1, from: 2)
    let row = try patterns.attention(of: "L0H3", from: 3)
    #expect(row.map(Float.init) == patterns.patterns[3].select(1).elements)
    #expect(abs(row.reduce(0, +) - 1) < 1e-6)
    let last = try patterns.attention(of: "L0H3")
    #expect(last.map(Float.init) == patterns.patterns[3].select(2).elements)
    #expect(throws: LensError.self) { try patterns.attention(of: "L1H0") }
    #expect(throws: ModelError.positionsOutOfRange(positions: 1..<2, tokens: 5)) {
      try patterns.attention(of: "L0H3", from: 1)
    }
  }
}
