import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// A row's bits do not depend on the rows beside it, on what is remembered, or on what is looked at, whatever the description says.
@Suite struct FamilyInvarianceTests {
  static let variants = ModelVariant.families + ModelVariant.combinations
  /// The first layer of these looks back 3 positions or 4: prompts are longer than several windows, and than a block of queries.
  static let tokens = FamilyWindowTests.tokens(150, seed: 71)

  private func random(_ variant: ModelVariant) throws -> RandomTransformer {
    try variant.random(seed: 72, contextLength: 256)
  }

  /// A model that remembers nothing.
  private func forgetful(_ random: RandomTransformer) throws -> LanguageModel {
    let model = try random.model()
    model.prefixes.byteBudget = 0
    return model
  }

  @Test(arguments: variants)
  func aRowsLogitsAreTheSameComputedAloneAtTheEndOfItsPromptOrAmongOthers(_ variant: ModelVariant) throws {
    let model = try forgetful(random(variant))
    let all = try model.run(Self.tokens, logits: .all).logits
    for count in [1, 2, 3, 5, 17, 127, 128, 129, 150] {
      let logits = try model.run(Array(Self.tokens.prefix(count))).logits
      #expect(logits == all[count - 1..<count], "\(count)")
    }
    #expect(try model.run(Self.tokens, logits: .at([149, 4, 60])).logits.select(1) == all.select(4))
  }

  @Test(arguments: variants)
  func aRunGivesTheSameBitsWhateverWasReadBeforeInAnyOrderAndForgotten(_ variant: ModelVariant) throws {
    let random = try random(variant)
    let (warm, cold) = (try random.model(), try forgetful(random))
    var generator = SeededGenerator(seed: 73)
    let capture = Capture.matching { [.residualPost, .pattern, .value, .attentionScores].contains($0.component) }
    for turn in 0..<10 {
      var prompt = Array(Self.tokens.prefix(Int.random(in: 1...140, using: &generator)))
      if turn % 2 == 1 { prompt += [Int.random(in: 3..<40, using: &generator), 7, 9] }
      if turn == 6 { warm.prefixes.byteBudget = warm.prefixes.byteCount / 2 }
      let logits: LogitPositions = turn % 3 == 0 ? .all : .last
      let (a, b) = (
        try warm.run(prompt, capturing: capture.atLast(1), logits: logits),
        try cold.run(prompt, capturing: capture.atLast(1), logits: logits)
      )
      #expect(a.logits == b.logits, "turn \(turn)")
      for point in b.cache.points { #expect(try a.cache[point] == b.cache[point], "\(point) in turn \(turn)") }
    }
  }

  @Test(arguments: variants)
  func lookingChangesNoBitAndWhatIsCapturedAtSomePositionsIsWhatIsCapturedAtAll(_ variant: ModelVariant) throws {
    let model = try forgetful(random(variant))
    let alone = try model.run(Self.tokens, logits: .all).logits
    let whole = try model.run(Self.tokens, capturing: .all, logits: .all)
    #expect(whole.logits == alone)
    let part = try model.run(Self.tokens, capturing: .all.at(positions: 60..<64), logits: .all)
    #expect(part.logits == alone && part.cache.points == whole.cache.points)
    for point in whole.cache.points {
      let (all, some) = (try whole.cache[point], try part.cache[point])
      let expected = point.component.isSquare ? Tensor.stack((0..<all.shape[0]).map { all.select($0)[60..<64] }) : all[60..<64]
      // Of squares, keys behind the last captured query may be left out.
      #expect(some == expected, "\(point)")
      let observed = try model.run(Self.tokens, hooks: [Observation(point) { _ in }], logits: .all).logits
      #expect(observed == alone, "\(point)")
      let replaced = try model.run(Self.tokens, hooks: [Replacement(point) { $0 }], logits: .all).logits
      #expect(largestDifference(replaced, alone) <= 3e-6 * max(1, alone.magnitude().max()), "\(point)")
    }
  }

  @Test(arguments: variants)
  func promptsReadSideBySideGiveWhatEachGivesAlone(_ variant: ModelVariant) throws {
    let model = try forgetful(random(variant))
    let prompts = [Self.tokens, Array(Self.tokens[3..<40]), [2], Array(Self.tokens.prefix(9))]
    let together = try model.run(batch: prompts, capturing: .all.atLast(1), logits: .all)
    for (prompt, run) in zip(prompts, together) {
      let alone = try model.run(prompt, capturing: .all.atLast(1), logits: .all)
      #expect(run.logits == alone.logits)
      for point in alone.cache.points { #expect(try run.cache[point] == alone.cache[point], "\(point)") }
    }
  }

  @Test(arguments: variants, [1, 2, 7, 64, 140])
  func aPromptReadInPiecesHoweverTheyAreCutGivesWhatItGivesAsAWhole(_ variant: ModelVariant, size: Int) throws {
    let model = try forgetful(random(variant))
    let whole = try model.run(Self.tokens, capturing: .components([.value, .residualPost]), logits: .all)
    var past = model.emptyCache
    for start in stride(from: 0, to: Self.tokens.count, by: size) {
      let part = start..<min(start + size, Self.tokens.count)
      let run = try model.run(
        Array(Self.tokens[part]), continuing: &past, capturing: .components([.value, .residualPost]), logits: .all)
      #expect(run.logits == whole.logits[part])
      for point in whole.cache.points { #expect(try run.cache[point] == whole.cache[point][part], "\(point)") }
    }
    #expect(past.count == Self.tokens.count)
  }

  @Test(arguments: variants)
  func aCopyOfWhatWasReadIsAForkFromWhichTwoTextsGoOn(_ variant: ModelVariant) throws {
    let model = try forgetful(random(variant))
    var past = model.emptyCache
    _ = try model.run(Array(Self.tokens.prefix(30)), continuing: &past)
    var other = past
    let first = try model.run([5, 6, 7, 8, 9], continuing: &past, logits: .all).logits
    let second = try model.run([19, 18, 17], continuing: &other, logits: .all).logits
    #expect(first == (try model.run(Array(Self.tokens.prefix(30)) + [5, 6, 7, 8, 9], logits: .all).logits)[30...])
    #expect(second == (try model.run(Array(Self.tokens.prefix(30)) + [19, 18, 17], logits: .all).logits)[30...])
  }

  @Test(arguments: variants)
  func greedyTextsAreTheArgmaxOfFullPassesOneByOneAndSideBySide(_ variant: ModelVariant) throws {
    let random = try random(variant)
    let (model, fresh) = (try random.model(), try forgetful(random))
    let prompts = [1, 5, 12, 130].map { Array(Self.tokens.prefix($0)) }
    let together = try model.generate(batch: prompts, until: [Int](), maxNewTokens: 12)
    for (prompt, generation) in zip(prompts, together) {
      var tokens = prompt
      for _ in 0..<12 { tokens.append(try fresh.run(tokens).logits.select(0).argmax()) }
      #expect(generation.tokens == tokens)
      #expect(try model.generate(prompt, until: [Int](), maxNewTokens: 12).tokens == tokens)
    }
  }
}
