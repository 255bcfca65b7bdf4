import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite struct GenerationTests {
  @Test(arguments: ForwardTests.cases)
  func generatedTextIsTheOriginalsWhoseMaxTokensKWritesK1Tokens(name: String) throws {
    let fixture = try ModelFixture.named(name)
    for (stop, limit, key) in [(" a", 12, "[' a']|max_tokens=12"), (":", 6, "[':']|max_tokens=6")] {
      let expected = try #require(fixture.expectations.generateUntilStop[key])
      let generation = try fixture.model.generate(fixture.expectations.prompt, until: [stop], maxNewTokens: limit + 1)
      #expect(generation.newText == expected)
      #expect(generation.text == "<bos>" + fixture.expectations.prompt + expected)
      #expect(generation.newTokens.count == limit + 1)
      #expect(generation.end == .limit)
    }
  }

  @Test(arguments: ForwardTests.cases)
  func decodingWithTheCacheIsRecomputingThePrompt(name: String) throws {
    let fixture = try ModelFixture.named(name)
    let tokens = Array(fixture.expectations.tokensClean.prefix(60))
    let whole = try fixture.model.run(tokens, capturing: .all, logits: .all)
    var past = fixture.model.emptyCache
    // In uneven pieces, the last ones single tokens as in generation.
    for part in [0..<1, 1..<30, 30..<57, 57..<58, 58..<59, 59..<60] {
      let run = try fixture.model.run(Array(tokens[part]), continuing: &past, capturing: .all, logits: .all)
      #expect(largestDifference(run.logits, whole.logits[part]) <= 2e-5)
      for layer in 0..<fixture.model.config.layers {
        #expect(
          largestDifference(try run.cache[.residualPost(layer: layer)], try whole.cache[.residualPost(layer: layer)][part])
            <= 2e-5)
        for head in 0..<fixture.model.config.heads {
          let pattern = try whole.cache[.pattern(layer: layer)].select(head)[part].transposed()[..<part.upperBound].transposed()
          #expect(largestDifference(try run.cache[.pattern(layer: layer)].select(head), pattern) <= 1e-5)
        }
      }
    }
    #expect(past.count == 60)
  }

  @Test
  func eachGeneratedTokenIsTheLikeliestOfTheRecomputedPrompt() throws {
    let fixture = try ModelFixture.named("tiny-gemma-gqa")
    let generation = try fixture.model.generate(fixture.expectations.prompt, until: [" a"], maxNewTokens: 6)
    for position in generation.promptCount..<generation.tokens.count {
      #expect(try fixture.model.run(Array(generation.tokens[..<position])).logits.argmax() == generation.tokens[position])
    }
  }

  @Test
  func aCacheIsAValueTwoContinuationsOfOnePrefixDoNotSeeEachOther() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    var past = model.emptyCache
    _ = try model.run([2, 306, 337], continuing: &past)
    var other = past
    let first = try model.run([358, 340], continuing: &past).logits
    let second = try model.run([374, 323], continuing: &other).logits
    #expect(largestDifference(first, try model.run([2, 306, 337, 358, 340]).logits) <= 2e-5)
    #expect(largestDifference(second, try model.run([2, 306, 337, 374, 323]).logits) <= 2e-5)
    past.truncate(to: 3)
    #expect(try model.run([374, 323], continuing: &past).logits == second)
  }

  @Test
  func theStopTokenIsPartOfTheTextAndSaidToBeTheEnd() throws {
    let fixture = try ModelFixture.named("tiny-gemma-gqa")
    let free = try fixture.model.generate(fixture.expectations.prompt, until: [Int](), maxNewTokens: 12)
    let last = try #require(free.newTokens.last)
    let first = try #require(free.newTokens.firstIndex(of: last))
    let stopped = try fixture.model.generate(fixture.expectations.prompt, until: last, maxNewTokens: 12)
    #expect(stopped.newTokens == Array(free.newTokens[...first]))
    #expect(stopped.end == .stopToken(last))
  }

  @Test
  func streamedPiecesAreTheNewTextAndTheWholeTextReadsBackAsTheTokens() throws {
    let fixture = try ModelFixture.named("tiny-gemma-gqa")
    var pieces: [String] = []
    let generation = try fixture.model.generate(fixture.expectations.prompt, maxNewTokens: 20) { pieces.append($0) }
    #expect(pieces.joined() == generation.newText)
    #expect(generation.text.hasSuffix(generation.newText))
    #expect(Array(generation.tokens[..<generation.promptCount]) == (try fixture.model.toTokens(fixture.expectations.prompt)))
  }

  @Test
  func noNewTokenIsAskedForNoneIsWritten() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    let generation = try model.generate("Fae is", until: [" a"], maxNewTokens: 0)
    #expect(generation.newTokens.isEmpty && generation.newText.isEmpty && generation.end == .limit)
  }

  @Test
  func aLimitBelowZeroAndAStopOfSeveralTokensAreErrors() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    #expect(throws: ModelError.badTokenLimit(-1)) { try model.generate("Fae", maxNewTokens: -1) }
    #expect(throws: ModelError.notASingleToken(text: "grimpus is", pieces: ["g", "rimpus", " is"], near: nil)) {
      try model.generate("Fae", until: [" a", "grimpus is"])
    }
    #expect(throws: ModelError.emptyPrompt) { try model.generate([Int](), until: [" a"]) }
  }

  @Test
  func aFullContextEndsTheText() throws {
    let small = try TemporaryModel(copying: "tiny-gemma")
    try small.replace("\"max_position_embeddings\": 8192", by: "\"max_position_embeddings\": 6", in: "config.json")
    let generation = try LanguageModel(folder: small.folder).generate([2, 306, 337, 358], until: [Int](), maxNewTokens: 64)
    #expect(generation.end == .contextFull)
    #expect(generation.tokens.count == 6)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: ModelFixture.standIn.appending(path: "config.json").path)))
  func theNotebooksStandInModelReasonsStepByStep() throws {
    let prompt = """
      Answer True or False to the following question. Answer as in the examples.

      Wumpuses are shumpuses. Every zumpus is not loud. Each grimpus is sunny. Shumpuses are bitter. Fae is a zumpus. Fae is a grimpus.
      Question: Is Fae sunny?
      Think step-by-step.


      """
    let generation = try LanguageModel(folder: ModelFixture.standIn).generate(prompt, maxNewTokens: 64)
    #expect(generation.newText == "(1) Fae is a grimpus.\n(2) Each grimpus is sunny.\n(3) Fae is sunny.\nAnswer: True<eos>")
    #expect(generation.end == .stopToken(1))
  }
}
