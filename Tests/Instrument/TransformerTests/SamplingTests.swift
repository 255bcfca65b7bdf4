import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct SamplingTests {
  private static let fixture = Result { try ModelFixture.all.get()[1] }

  private func prompt(_ count: Int) throws -> [Int] { Array(try Self.fixture.get().expectations.tokensClean.prefix(count)) }

  @Test
  func equalSeedsGiveEqualTextsAndOtherSeedsOtherTexts() throws {
    let model = try Self.fixture.get().model
    func text(_ seed: UInt64) throws -> [Int] {
      try model.generate(prompt(20), until: [Int](), maxNewTokens: 12, sampling: Sampling(temperature: 2, seed: seed)).newTokens
    }
    #expect(try text(1) == text(1))
    #expect(try Set((1...5).map { try text(UInt64($0)) }).count == 5)
  }

  @Test
  func oneTokenToDrawFromIsTheLikeliestOne() throws {
    let model = try Self.fixture.get().model
    let greedy = try model.generate(prompt(20), until: [Int](), maxNewTokens: 12).newTokens
    for sampling in [try Sampling(temperature: 3, topK: 1, seed: 4), try Sampling(temperature: 1, topP: 1e-9, seed: 4)] {
      #expect(try model.generate(prompt(20), until: [Int](), maxNewTokens: 12, sampling: sampling).newTokens == greedy)
    }
    // A low temperature is nearly greedy.
    let cold = try model.generate(prompt(20), until: [Int](), maxNewTokens: 12, sampling: Sampling(temperature: 1e-4, seed: 9))
    #expect(cold.newTokens == greedy)
  }

  @Test
  func tokensComeAsOftenAsTheModelsProbabilitiesSayWithinTopKAndTopP() throws {
    let model = try Self.fixture.get().model
    let logits = try model.run(prompt(30)).logits.elements.map(Double.init)
    let order = logits.indices.sorted { logits[$0] > logits[$1] }
    let (temperature, draws) = (1.5, 4000)
    for (topK, topP) in [(5, 1.0), (1000, 0.3), (6, 0.8)] {
      // The definition, in plain words: the k largest, then as few of those as reach p.
      var kept = Array(order.prefix(topK))
      let weights = kept.map { exp((logits[$0] - logits[order[0]]) / temperature) }
      var (sum, count) = (0.0, 0)
      while sum < topP * weights.reduce(0, +), count < kept.count { (sum, count) = (sum + weights[count], count + 1) }
      kept = Array(kept.prefix(count))
      let texts = try model.generate(
        batch: Array(repeating: prompt(30), count: draws), until: [Int](), maxNewTokens: 1,
        sampling: Sampling(temperature: temperature, topK: topK, topP: topP, seed: 77))
      let counts = Dictionary(grouping: texts.map { $0.newTokens[0] }, by: \.self).mapValues(\.count)
      #expect(Set(counts.keys).isSubset(of: kept))
      for (token, weight) in zip(kept, weights) {
        let expected = weight / sum * Double(draws)
        // Five standard deviations of a binomial count.
        #expect(abs(Double(counts[token] ?? 0) - expected) < 5 * expected.squareRoot() + 1, "\(token)")
      }
    }
  }

  @Test
  func aBatchGivesWhatEachPromptAloneGivesBitForBit() throws {
    let model = try Self.fixture.get().model
    let prompts = try [prompt(40), prompt(7), prompt(294), [2, 700, 701], prompt(41)]
    for sampling in [Sampling.greedy, try Sampling(temperature: 1.2, topK: 50, seed: 3)] {
      var pieces = Array(repeating: "", count: prompts.count)
      let together = try model.generate(batch: prompts, until: [341, 306], maxNewTokens: 9, sampling: sampling) {
        pieces[$0] += $1
      }
      #expect(pieces == together.map(\.newText))
      if sampling == .greedy {
        for (prompt, text) in zip(prompts, together) {
          let alone = try model.generate(prompt, until: [341, 306], maxNewTokens: 9)
          #expect(alone.tokens == text.tokens && alone.logProbabilities == text.logProbabilities && alone.end == text.end)
        }
      } else {
        let first = try model.generate(prompts[0], until: [341, 306], maxNewTokens: 9, sampling: sampling)
        #expect(first.tokens == together[0].tokens)
      }
    }
    #expect(try model.generate(batch: [[Int]](), until: [1]).isEmpty)
  }

  @Test
  func logProbabilitiesAreThoseOfARunOverTheWholeText() throws {
    let model = try Self.fixture.get().model
    let text = try model.generate(prompt(25), until: [Int](), maxNewTokens: 10, sampling: Sampling(temperature: 2, seed: 5))
    let run = try model.run(text.tokens, logits: .all)
    for (place, token) in text.newTokens.enumerated() {
      let row = run.logits.select(24 + place).elements.map(Double.init)
      let expected = row[token] - row.max()! - log(row.reduce(0) { $0 + exp($1 - row.max()!) })
      #expect(abs(text.logProbabilities[place] - expected) < 1e-4)
    }
  }

  @Test
  func aStopTextEndsTheTextOverAsManyTokensAsItTakes() throws {
    let model = try LanguageModel(folder: ModelFixture.standIn)
    let prompt = """
      Answer True or False to the following question. Answer as in the examples.

      Wumpuses are shumpuses. Every zumpus is not loud. Each grimpus is sunny. Shumpuses are bitter. Fae is a zumpus. Fae is a grimpus.
      Question: Is Fae sunny?
      Think step-by-step.


      """
    let text = try model.generate(prompt, untilText: ["nothing", "is sunny.\n(3)"])
    #expect(text.end == .stopText("is sunny.\n(3)"))
    #expect(text.newText.contains("is sunny.\n(3)") && !text.newText.contains("Answer"))
    #expect(throws: ModelError.self) { try model.generate(prompt, untilText: ["a", ""]) }
  }

  @Test
  func theActivationsThatChoseTheNewTokensAreThoseOfARunOverTheWholeText() throws {
    let model = try Self.fixture.get().model
    let text = try model.generate(prompt(25), until: [Int](), maxNewTokens: 5, capturing: .components([.residualPost, .pattern]))
    let cache = try #require(text.cache)
    let run = try model.run(text.tokens, capturing: .components([.residualPost]))
    #expect(try cache[.residualPost(layer: 1)] == run.cache[.residualPost(layer: 1)][24..<29])
    #expect(try cache[.pattern(layer: 0)].shape == [4, 5, 30])
    #expect(try model.generate(prompt(25), until: [Int](), maxNewTokens: 2).cache == nil)
  }

  @Test
  func settingsThatMakeNoSenseAreErrorsThatSayWhatToChange() {
    for (text, make) in [
      ("temperature is 0.0", { try Sampling(temperature: 0) }), ("temperature is nan", { try Sampling(temperature: .nan) }),
      ("topK is 0", { try Sampling(topK: 0) }), ("topP is 1.5", { try Sampling(topP: 1.5) }),
    ] as [(String, () throws -> Sampling)] {
      let error = #expect(throws: ModelError.self) { try make() }
      #expect("\(error!)".contains(text))
    }
  }
}
