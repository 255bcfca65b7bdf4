import Transformer
import ModelFixture
import Tensors
import TestSupport
import Testing

@Suite
struct PrefixCacheTests {
  private func model(_ name: String = "tiny-gemma") throws -> LanguageModel {
    try LanguageModel(folder: ModelFixture.folder.appending(path: name))
  }

  /// With a budget of 120 tokens, most of what was read is forgotten, and its room is used again.
  @Test(arguments: 0..<6, [nil, 120])
  func aRunGivesTheSameBitsWhateverWasReadBeforeInAnyOrderAndForgotten(_ seed: Int, budget: Int?) throws {
    let fixture = try ModelFixture.all.get()[seed % 2]
    let base = fixture.expectations.tokensClean
    var random = SeededGenerator(seed: UInt64(seed))
    // Prompts that share beginnings of all lengths.
    let prompts = (0..<12).map { _ in
      var prompt = Array(base.prefix(Int.random(in: 1...90, using: &random)))
      if Bool.random(using: &random) { prompt += [Int.random(in: 4..<900, using: &random), 306] }
      return prompt
    }
    let warm = try model(fixture.name)
    let (config, numbers) = (warm.config, MemoryLayout<Float>.stride * 2)
    if let budget {
      warm.prefixes.byteBudget = budget * numbers * config.layers * config.keyValueHeads * config.headWidth
    }
    let capture = Capture.components([.residualPost, .pattern, .result]).atLast(1)
    for prompt in prompts {
      let cold = try model(fixture.name)
      let logits: LogitPositions = Bool.random(using: &random) ? .last : .all
      let (a, b) = (
        try warm.run(prompt, capturing: capture, logits: logits), try cold.run(prompt, capturing: capture, logits: logits)
      )
      #expect(a.logits == b.logits)
      for point in a.cache.points { #expect(try a.cache[point] == b.cache[point]) }
    }
  }

  @Test
  func commonBeginningsAreHeldOnce() throws {
    let model = try model()
    let base = Array(4..<60)
    _ = try model.run(base)
    #expect(model.prefixes.count == 56)
    _ = try model.run(Array(base.prefix(30)) + [700, 701])
    #expect(model.prefixes.count == 58)
    _ = try model.run(base + [800])
    _ = try model.run(base)
    #expect(model.prefixes.count == 59)
    #expect(model.prefixes.byteCount == 59 * 2 * 4 * 16 * 4)
    model.prefixes.removeAll()
    #expect(model.prefixes.count == 0)
  }

  @Test
  func theBudgetHoldsAndWhatWasUsedLastStays() throws {
    let model = try model()
    let bytesPerToken = 2 * 4 * 16 * 4
    model.prefixes.byteBudget = 100 * bytesPerToken
    for start in 0..<5 { _ = try model.run(Array((4 + 40 * start)..<(44 + 40 * start))) }
    #expect(model.prefixes.count <= 100 && model.prefixes.count >= 40)
    model.prefixes.byteBudget = 0
    #expect(model.prefixes.count == 0)
    _ = try model.run([2, 306])
    #expect(model.prefixes.count == 0)
  }

  @Test
  func runsOnSeveralThreadsAtOnceAgree() async throws {
    let model = try model()
    let tokens = try ModelFixture.all.get()[0].expectations.tokensClean
    let expected = try (1...8).map { try self.model().run(Array(tokens.prefix(20 * $0))).logits }
    try await withThrowingTaskGroup(of: (Int, Tensor).self) { group in
      for index in 0..<24 { group.addTask { (index % 8, try model.run(Array(tokens.prefix(20 * (index % 8 + 1)))).logits) } }
      for try await (index, logits) in group { #expect(logits == expected[index]) }
    }
  }
}
