import Checkpoints
import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// The verbs of intervention: in runs, in gradients and while a text is written.
@Suite struct InterventionTests {
  static let tokens = FamilyPartsTests.tokens
  static let point = HookPoint.residualPost(layer: 0)
  static let width = 12
  static let direction = Tensor((0..<width).map { Float($0 % 5) - 1.5 })
  static let other = Tensor((0..<width).map { Float($0 * $0 % 7) - 2 })

  static func pair(seed: UInt64 = 61) throws -> DoubleTwinTests.Pair {
    try FamilyPartsTests.pair(ModelVariant.families[0], seed: seed)
  }

  /// What a function makes of the rows 2 to 5 of an activation.
  static func rows(_ function: @escaping ([Double]) -> [Double]) -> ([Double]) -> [Double] {
    { x in
      (0..<x.count / width).flatMap { row in
        let numbers = Array(x[row * width..<(row + 1) * width])
        return (2..<6).contains(row) ? function(numbers) : numbers
      }
    }
  }

  static func along(_ x: [Double], _ direction: Tensor) -> (coefficient: Double, unit: [Double]) {
    let d = direction.elements.map(Double.init)
    let length = d.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let unit = d.map { $0 / length }
    return (zip(x, unit).reduce(0) { $0 + $1.0 * $1.1 }, unit)
  }

  /// Each verb, and what it is, written out in Double.
  static func verbs() throws -> [(name: String, hook: Replacement, twin: ([Double]) -> [Double])] {
    let clamped = { (low: Double, high: Double) in
      rows { x in
        let (coefficient, unit) = along(x, direction)
        return zip(x, unit).map { $0 + (min(max(coefficient, low), high) - coefficient) * $1 }
      }
    }
    // At right angles to both: first to one, then to what the other has beside it.
    let second =
      other - direction * Float(along(other.elements.map(Double.init), direction).coefficient)
      / direction.map { $0 * $0 }.sum().squareRoot()
    return [
      (
        "add", .add(direction, times: -0.5, at: point, positions: 2..<6),
        rows { x in zip(x, direction.elements).map { $0 - 0.5 * Double($1) } }
      ),
      ("scale", .scale(by: -1.25, at: point, positions: 2...5), rows { $0.map { -1.25 * $0 } }),
      (
        "project", try .project(out: Tensor.stack([direction, other]), at: point, positions: 2..<6),
        rows { x in
          [direction, second].reduce(x) { x, d in
            let (coefficient, unit) = along(x, d)
            return zip(x, unit).map { $0 - coefficient * $1 }
          }
        }
      ),
      ("clamp to a value", try .clamp(direction, to: 3, at: point, positions: 2..<6), clamped(3, 3)),
      (
        "clamp within limits", try .clamp(direction, to: -0.4...0.3, at: point, positions: 2..<6),
        clamped(Double(Float(-0.4)), Double(Float(0.3)))
      ),
    ]
  }

  @Test
  func aVerbMakesTheLogitsThatItsDefinitionWrittenOutInDoubleMakes() throws {
    let pair = try Self.pair()
    for verb in try Self.verbs() {
      let actual = try pair.model.run(Self.tokens, hooks: [verb.hook], logits: .all).logits
      let expected = pair.twin.run(Self.tokens, replacing: [Self.point: verb.twin]).logits
      #expect(relativeError(actual.elements, expected.flatMap(\.self)) < 6e-6, "\(verb.name)")
    }
  }

  @Test
  func gradientsPassThroughAVerbAsCentralDifferencesInDoubleSay() throws {
    let pair = try Self.pair()
    for verb in try Self.verbs() {
      var comparison = Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 8)
      (comparison.hooks, comparison.replacing, comparison.label) = ([verb.hook], [Self.point: verb.twin], verb.name)
      let looked: [HookPoint] = [.embedding, .residualPre(layer: 0), .mlpOutput(layer: 0), Self.point, .mlpOutput(layer: 1)]
      try comparison.check(looked, at: .points(looked))
    }
  }

  @Test
  func severalVerbsAtOnePointActInTheirOrder() throws {
    let pair = try Self.pair(seed: 62)
    let hooks: [any Hook] = [
      .add(Self.direction, at: Self.point, positions: 2..<6), .scale(by: 2, at: Self.point, positions: 2..<6),
    ]
    let twin = Self.rows { x in zip(x, Self.direction.elements).map { 2 * ($0 + Double($1)) } }
    var comparison = Comparison(pair, FamilyPartsTests.metric, tokens: Self.tokens, samples: 4)
    (comparison.hooks, comparison.replacing) = (hooks, [Self.point: twin])
    try comparison.check([.embedding, Self.point], at: .points([.embedding, Self.point]))
  }

  @Test
  func aDirectionThatPointsNowhereOrDoesNotFitIsAnErrorThatSaysSo() throws {
    let model = try Self.pair().model
    for direction in [Tensor([0, 0]), Tensor([.nan, 1]), Tensor(rows: [[1, 2], [2, 4]]), Tensor([])] {
      #expect(throws: ModelError.self) { try Replacement.project(out: direction, at: Self.point) }
    }
    let wrong: [Replacement] = [
      .add(Tensor([1, 2, 3]), at: Self.point), try .project(out: Tensor([1, 2, 3]), at: Self.point),
      try .clamp(Tensor([1, 2, 3]), to: 0, at: Self.point),
    ]
    for hook in wrong {
      let error = #expect(throws: ModelError.self) { try model.run(Self.tokens, hooks: [hook]) }
      #expect(error?.description.contains("Give a vector of 12 numbers") == true)
    }
  }

  @Test
  func whatAQueryDoesNotSeeItDoesNotSeeWithOtherScoresEither() throws {
    let model = try Self.pair(seed: 67).model
    for hook in [Replacement.scale(by: 0, at: .attentionScores(layer: 0)), .ablate(.attentionScores(layer: 0), by: .zero)] {
      let pattern = try model.run(Self.tokens, capturing: [.pattern(layer: 0)], hooks: [hook]).cache[.pattern(layer: 0)]
      for query in 0..<Self.tokens.count {
        for key in 0..<Self.tokens.count {
          #expect(abs(pattern[1, query, key] - (key <= query ? 1 / Float(query + 1) : 0)) < 1e-6)
        }
      }
    }
  }

  @Test
  func limitsThatAreNoNumbersAndPositionsThatNoTextReachesAreErrors() throws {
    let model = try Self.pair(seed: 68).model
    #expect(throws: ModelError.self) { try Replacement.clamp(Self.direction, to: .nan, at: Self.point) }
    #expect(throws: ModelError.self) { try Replacement.clamp(Self.direction, to: .infinity, at: Self.point) }
    let far: [any PositionChoice] = [Int.max, 0...Int.max - 1, 64, 60..<65, .last(0), .last(Int.min), -1]
    for positions in far {
      #expect(throws: ModelError.self) {
        try model.generate(
          Self.tokens, until: [Int](), maxNewTokens: 0, hooks: [.scale(by: 0, at: Self.point, positions: positions)])
      }
      #expect(throws: ModelError.self) {
        try model.run(Self.tokens, hooks: [.scale(by: 0, at: Self.point, positions: positions)])
      }
    }
    _ = try model.run(Self.tokens, hooks: [.scale(by: 0, at: Self.point, positions: 0...Int.max)])
  }

  // MARK: - While a text is written

  /// What a text would be if each token were chosen by a run of the whole text so far.
  static func recomputed(_ model: LanguageModel, count: Int, _ hooks: (_ prompt: Int) -> [any Hook]) throws -> [Int] {
    var tokens = Self.tokens
    for _ in 0..<count { tokens.append(try model.run(tokens, hooks: hooks(Self.tokens.count)).logits.argmax()) }
    return tokens
  }

  @Test(arguments: ["Gemma 1", "GPT-2", "Gemma 3", "GPT-NeoX"])
  func hooksActWhileATextIsWrittenAsInRunsOfTheWholeText(family: String) throws {
    let variant = try #require(ModelVariant.families.first { $0.description == family })
    let model = try FamilyPartsTests.pair(variant, seed: 63).model
    let steering = Self.direction * 3
    let count = 8
    // Remembered beginnings must not change what hooks see.
    _ = try model.run(Self.tokens)
    let cases: [(given: any Hook, whole: (Int) -> any Hook)] = [
      (.add(steering, at: Self.point), { _ in .add(steering, at: Self.point) }),
      (.add(steering, at: Self.point, positions: .newTokens), { .add(steering, at: Self.point, positions: ($0 - 1)...) }),
      (.scale(by: 0, at: .pattern(layer: 1), head: 1), { _ in .scale(by: 0, at: .pattern(layer: 1), head: 1) }),
      (.scale(by: 3, at: .queryInput(layer: 1), head: 2), { _ in .scale(by: 3, at: .queryInput(layer: 1), head: 2) }),
      (
        .scale(by: -1, at: .mlpPost(layer: 0), positions: .last(2)),
        { .scale(by: -1, at: .mlpPost(layer: 0), positions: $0 - 2..<$0) }
      ),
    ]
    let plain = try model.generate(Self.tokens, until: [Int](), maxNewTokens: count).tokens
    var changed = 0
    for (index, (given, whole)) in cases.enumerated() {
      let generation = try model.generate(Self.tokens, until: [Int](), maxNewTokens: count, hooks: [given])
      #expect(generation.tokens == (try Self.recomputed(model, count: count) { [whole($0)] }), "\(index)")
      changed += generation.tokens == plain ? 0 : 1
    }
    #expect(changed > 0)
    #expect(try model.generate(Self.tokens, until: [Int](), maxNewTokens: count).tokens == plain)
  }

  @Test
  func positionsBehindThePromptAreReachedWhileATextIsWritten() throws {
    let model = try Self.pair(seed: 64).model
    var seen: [Int] = []
    _ = try model.generate(
      Self.tokens, until: [Int](), maxNewTokens: 5,
      hooks: [
        Replacement(Self.point, positions: 10..<12) {
          seen.append($0.shape[0])
          return $0
        }
      ])
    #expect(seen == [1, 1])
  }

  @Test
  func whatIsCapturedOfAWrittenTextIsWhatTheHooksLeft() throws {
    let model = try Self.pair(seed: 65).model
    let hook = Replacement.scale(by: 0, at: .mlpOutput(layer: 1), positions: .newTokens)
    let generation = try model.generate(
      Self.tokens, until: [Int](), maxNewTokens: 4, capturing: [.mlpOutput(layer: 1)], hooks: [hook])
    let captured = try #require(generation.cache)[.mlpOutput(layer: 1)]
    #expect(captured.shape == [4, Self.width])
    #expect(captured.elements.allSatisfy { $0 == 0 })
  }

  @Test
  func textsWrittenSideBySideHaveTheHooksOfEachPrompt() throws {
    let model = try Self.pair(seed: 66).model
    let prompts = [Self.tokens, [2, 7], [2, 30, 12, 4]]
    let hook = Replacement.add(Self.direction * 4, at: Self.point, positions: .last(1))
    let together = try model.generate(batch: prompts, until: [Int](), maxNewTokens: 6, hooks: [hook])
    for (prompt, generation) in zip(prompts, together) {
      #expect(try model.generate(prompt, until: [Int](), maxNewTokens: 6, hooks: [hook]).tokens == generation.tokens)
    }
  }
}
