import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct HookTests {
  private static let fixtures = Result { try ModelFixture.all.get() }
  private struct Stop: Error {}

  @Test(arguments: ["blocks.1.hook_attn_in"])
  func aNameForWhatOneReaderSeesCanBeLookedAtAndNeitherReplacedNorBeWhatAGradientIsTakenOf(name: String) throws {
    let fixture = try Self.fixtures.get()[0]
    let tokens = Array(fixture.expectations.tokensClean.prefix(9))
    let point = try HookPoint(name)
    let whole = point.name
    #expect(
      try fixture.model.run(tokens, capturing: [point]).cache[name]
        == fixture.model.run(tokens, capturing: .names([whole])).cache[whole])
    let replacing = #expect(throws: ModelError.self) {
      try fixture.model.run(tokens, hooks: [Replacement(point) { $0 * 0 }])
    }
    #expect(replacing?.description.contains("“\(name)” can only be looked at") == true)
    for capture in [Capture.names([name]), [point]] {
      let gradient = #expect(throws: ModelError.self) {
        try fixture.model.gradients(tokens, of: LogProbability(of: 5), at: capture)
      }
      #expect(gradient?.description.contains("Name “\(whole)” if you mean that") == true)
    }
  }

  @Test(arguments: try ModelFixture.all.get())
  func observingEveryHookPointChangesNoBitOfTheLogitsAndShowsWhatACaptureKeeps(_ fixture: ModelFixture) throws {
    let tokens = fixture.expectations.tokensClean
    let plain = try fixture.model.run(tokens, logits: .all)
    let captured = try fixture.model.run(tokens, capturing: .all, logits: .all)
    var seen: [HookPoint: Tensor] = [:]
    let points = captured.cache.points
    let watched = try fixture.model.run(
      tokens, hooks: points.map { point in Observation(point) { seen[point] = $0 } }, logits: .all)
    #expect(plain.logits == captured.logits)
    #expect(plain.logits == watched.logits)
    #expect(seen.count == points.count)
    for point in points { #expect(try seen[point] == captured.cache[point], "\(point)") }
  }

  @Test(arguments: try ModelFixture.all.get())
  func replacingAnActivationByItselfChangesNothing(_ fixture: ModelFixture) throws {
    let tokens = fixture.expectations.tokensClean
    let run = try fixture.model.run(tokens, capturing: .all)
    for point in run.cache.points {
      let value = try run.cache[point]
      let patched = try fixture.model.run(tokens, hooks: [Replacement(point, with: value)])
      // Heads' results are added up one by one where one is replaced, in another order than the projection adds.
      let tolerance: Float = point.component == .result ? 1e-4 : 0
      #expect(largestDifference(patched.logits, run.logits) <= tolerance, "\(point)")
    }
  }

  @Test(arguments: try ModelFixture.all.get())
  func replacingAnyHookPointBySomethingElseChangesTheLogits(_ fixture: ModelFixture) throws {
    let tokens = Array(fixture.expectations.tokensClean.prefix(30))
    let plain = try fixture.model.run(tokens)
    for point in try fixture.model.run(tokens, capturing: .all).cache.points {
      // Not a mere factor of the scores or of the norms' input, which norms would undo.
      let hook = Replacement(point) { x in
        Tensor(x.elements.enumerated().map { $1 == -.infinity ? $1 : $1 * (1 + 0.25 * Float($0 % 3)) }, shape: x.shape)
      }
      let patched = try fixture.model.run(tokens, hooks: [hook])
      #expect(largestDifference(patched.logits, plain.logits) > 1e-4, "\(point)")
    }
  }

  @Test
  func aPartIsReplacedByPositionsAndHeadAndNothingElse() throws {
    let model = try Self.fixtures.get()[1].model
    let tokens = Array(try Self.fixtures.get()[1].expectations.tokensClean.prefix(20))
    let point = HookPoint.z(layer: 1)
    var seen: Tensor?
    let run = try model.run(
      tokens, capturing: [point],
      hooks: [
        Replacement(point, positions: 5..<7, head: 2) { part in
          seen = part
          return part * 0 + 7
        }
      ])
    let (before, after) = (try model.run(tokens, capturing: [point]).cache[point], try run.cache[point])
    #expect(seen?.shape == [2, model.config.headWidth])
    for position in 0..<20 {
      for head in 0..<model.config.heads {
        let row = after[position, head, 0]
        #expect((5..<7).contains(position) && head == 2 ? row == 7 : row == before[position, head, 0])
      }
    }
  }

  @Test
  func hooksAtOnePointActInTheirOrderObservationsToo() throws {
    let fixture = try Self.fixtures.get()[0]
    let tokens = Array(fixture.expectations.tokensClean.prefix(9))
    let point = HookPoint.z(layer: 1)
    let plain = try fixture.model.run(tokens, capturing: [point]).cache[point]
    var seen: [Tensor] = []
    _ = try fixture.model.run(
      tokens,
      hooks: [
        Observation(point) { seen.append($0) }, Replacement.scale(by: 0, at: point), Observation(point) { seen.append($0) },
      ])
    #expect(seen.count == 2)
    #expect(seen[0] == plain)
    #expect(seen[1].elements.allSatisfy { $0 == 0 })
  }

  @Test
  func hooksEndWithTheirRunAlsoWhenOneOfThemThrows() throws {
    let fixture = try Self.fixtures.get()[0]
    let tokens = Array(fixture.expectations.tokensClean.prefix(20))
    let plain = try fixture.model.run(tokens)
    #expect(throws: Stop.self) {
      try fixture.model.run(
        tokens, hooks: [Replacement(.mlpOutput(layer: 0)) { $0 * 0 }, Observation(.z(layer: 2)) { _ in throw Stop() }])
    }
    _ = try fixture.model.run(tokens, hooks: [Replacement(.mlpOutput(layer: 0)) { $0 * 0 }])
    #expect(try fixture.model.run(tokens).logits == plain.logits)
  }

  @Test
  func whatAReplacementChangedIsNotRememberedForOtherRuns() throws {
    let model = try LanguageModel(folder: ModelFixture.folder.appending(path: "tiny-gemma"))
    let tokens = Array(try Self.fixtures.get()[0].expectations.tokensClean.prefix(40))
    let longer = tokens + [tokens[3]]
    _ = try model.run(tokens, hooks: [Replacement(.embedding) { $0 * 0.5 }])
    #expect(try model.run(longer).logits == Self.fixtures.get()[0].model.run(longer).logits)
  }

  @Test
  func promptsSideBySideGiveWhatEachGivesAloneWithHooksAndCaptures() throws {
    let fixture = try Self.fixtures.get()[1]
    let prompts = [Array(fixture.expectations.tokensClean.prefix(50)), Array(fixture.expectations.tokensCorr), [2, 306, 337]]
    let hooks = [Replacement(.query(layer: 0), positions: 1..<2) { $0 * 2 }, Replacement(.pattern(layer: 1)) { $0 }]
    let capture = Capture.all.atLast(2)
    let together = try fixture.model.run(batch: prompts, capturing: capture, hooks: hooks, logits: .all)
    for (prompt, run) in zip(prompts, together) {
      let alone = try fixture.model.run(prompt, capturing: capture, hooks: hooks, logits: .all)
      #expect(alone.logits == run.logits)
      for point in run.cache.points { #expect(try alone.cache[point] == run.cache[point], "\(point)") }
    }
  }

  @Test
  func positionsHeadsShapesAndLayersThatAreNotThereAreErrorsThatSayWhichAre() throws {
    let model = try Self.fixtures.get()[0].model
    let value = Tensor(repeating: 0, shape: [1, 64])
    func run(_ hook: any Hook) throws { _ = try model.run([2, 306, 337], hooks: [hook]) }
    #expect(throws: ModelError.positionsOutOfRange(positions: 2..<4, tokens: 3)) {
      try run(Replacement(.mlpOutput(layer: 0), positions: 2..<4, with: value))
    }
    #expect(throws: ModelError.headOutOfRange(point: "blocks.0.hook_mlp_out", head: 1, heads: 0)) {
      try run(Replacement(.mlpOutput(layer: 0), head: 1, with: value))
    }
    #expect(throws: ModelError.headOutOfRange(point: "blocks.0.attn.hook_k", head: 1, heads: 1)) {
      try run(Replacement(.key(layer: 0), head: 1, with: value))
    }
    #expect(throws: ModelError.badReplacement(point: "blocks.0.hook_mlp_out", expected: [3, 64], found: [1, 64])) {
      try run(Replacement(.mlpOutput(layer: 0), with: value))
    }
    #expect(throws: ModelError.layerOutOfRange(point: "blocks.9.attn.hook_z", layers: 4)) {
      try run(Observation(.z(layer: 9)) { _ in })
    }
    #expect(throws: ModelError.unknownHookPoint(name: "blocks.0.attn.hook_Q", nearest: "blocks.0.attn.hook_q")) {
      try run(try Replacement("blocks.0.attn.hook_Q") { $0 })
    }
    #expect(throws: ModelError.notFinite(where: "The logits")) { try run(Replacement(.mlpOutput(layer: 0)) { $0 + .nan }) }
  }
}
