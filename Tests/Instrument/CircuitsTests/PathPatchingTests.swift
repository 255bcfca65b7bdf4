import Circuits
import ModelFixture
import Tensors
import Testing
import Transformer

/// Paths from senders to receivers, against passes in Double, of every family.
@Suite struct PathPatchingTests {
  static let receivers: [CircuitReceiver] = [.query(layer: 1, head: 2), .value(layer: 1, head: 0), .mlp(layer: 1)]

  @Test(arguments: EdgeAttributionTests.variants)
  func directPathsAreEdgesCutTogether(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 221)
    let (model, twin) = (try random.model(), random.twin)
    let ablated = TwinCuts.outputs(twin, CircuitPrompts.corrupted)
    let effects = try model.pathPatching(on: [CircuitPrompts.example(model)], to: Self.receivers, route: .direct)
    let graph = model.circuitGraph
    #expect(effects.senders == graph.senders.filter { graph.contains(CircuitEdge(from: $0, to: .mlp(layer: 1))) })
    let whole = TwinCuts.value(twin, ablated: ablated) { _ in 0 }
    for (sender, value) in zip(effects.senders, effects.values) {
      let expected =
        whole - TwinCuts.value(twin, ablated: ablated) { $0.sender == sender && Self.receivers.contains($0.receiver) ? 1 : 0 }
      #expect(abs(Double(value) - expected) <= 1e-4, "\(sender): \(value), \(expected)")
    }
  }

  /// The metric when receivers read what a pass with one sender ablated, all other heads held and MLPs computing gives them.
  private func throughMLPs(_ twin: DoubleTwin, _ sender: CircuitNode, _ receivers: [CircuitReceiver]) throws -> Double {
    let (clean, corrupted) = (TwinCuts.outputs(twin, CircuitPrompts.clean), TwinCuts.outputs(twin, CircuitPrompts.corrupted))
    let activations = twin.run(CircuitPrompts.clean).activations
    let old = try #require(clean[sender]), new = try #require(corrupted[sender])
    func moved(_ x: [Double]) -> [Double] { x.indices.map { x[$0] + new[$0] - old[$0] } }
    var holding: DoubleTwin.Replacements = [:]
    for layer in 0..<twin.config.layers {
      let output = try #require(activations[.attentionOutput(layer: layer)])
      let isSender = if case .head(layer, _) = sender { true } else { false }
      holding[.attentionOutput(layer: layer)] = { _ in isSender ? moved(output) : output }
    }
    if case .mlp(let layer) = sender { holding[.mlpOutput(layer: layer)] = moved }
    if sender == .embedding { holding[.embedding] = moved }
    let streams = twin.run(CircuitPrompts.clean, replacing: holding).activations
    var reading: DoubleTwin.Replacements = [:]
    let width = twin.config.width
    func read(_ point: HookPoint, _ stream: HookPoint, heads: Int, head: Int) throws {
      let stream = try #require(streams[stream])
      let earlier = reading[point]
      reading[point] = { x in
        var x = earlier?(x) ?? x
        for index in stream.indices { x[(index / width * heads + head) * width + index % width] = stream[index] }
        return x
      }
    }
    for receiver in receivers {
      switch receiver {
      case .query(let layer, let head):
        try read(.queryInput(layer: layer), .residualPre(layer: layer), heads: twin.config.heads, head: head)
      case .key(let layer, let head):
        try read(.keyInput(layer: layer), .residualPre(layer: layer), heads: twin.config.keyValueHeads, head: head)
      case .value(let layer, let head):
        try read(.valueInput(layer: layer), .residualPre(layer: layer), heads: twin.config.keyValueHeads, head: head)
      case .mlp(let layer):
        let source: HookPoint = twin.config.block == .parallel ? .residualPre(layer: layer) : .residualMid(layer: layer)
        try read(.mlpInput(layer: layer), source, heads: 1, head: 0)
      case .logits:
        let last = HookPoint.residualPost(layer: twin.config.layers - 1)
        try read(last, last, heads: 1, head: 0)
      }
    }
    return CircuitPrompts.answer(twin.run(CircuitPrompts.clean, replacing: reading).logits)
  }

  @Test(arguments: EdgeAttributionTests.variants)
  func pathsThroughMLPsAreThoseOfTheDefinition(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 222)
    let (model, twin) = (try random.model(), random.twin)
    let whole = CircuitPrompts.answer(twin.run(CircuitPrompts.clean).logits)
    for receivers in [[.query(layer: 1, head: 2), .key(layer: 1, head: 0)], [CircuitReceiver.logits], Self.receivers] {
      let effects = try model.pathPatching(on: [CircuitPrompts.example(model)], to: receivers)
      #expect(effects.route == .throughMLPs)
      #expect((effects.values.map(abs).max() ?? 0) > 1e-3)
      for (sender, value) in zip(effects.senders, effects.values) {
        let expected = whole - (try throughMLPs(twin, sender, receivers))
        #expect(abs(Double(value) - expected) <= 1e-4, "\(sender) to \(receivers): \(value), \(expected)")
      }
    }
  }

  @Test
  func theEffectsOfHeadsAreAMapOfTheModel() throws {
    let model = try ModelVariant.families[0].random(seed: 223).model()
    let effects = try model.pathPatching(
      on: [CircuitPrompts.example(model)], from: [.head(layer: 0, head: 1), .head(layer: 1, head: 3), .embedding], to: [.logits])
    let heads = effects.heads
    #expect(heads.shape == [2, 4])
    #expect(heads[0, 1] == effects[.head(layer: 0, head: 1)] && heads[1, 3] == effects.values[1])
    #expect(heads[0, 0] == 0 && effects[.mlp(layer: 0)] == nil)
    #expect(abs(effects.strongest(1)[0].effect) == effects.values.map(abs).max())
    #expect(effects.mlps == Tensor(repeating: 0, shape: [2]))
    #expect("\(effects)".contains("3 senders to logits"))
    let evidence = try effects.evidence(of: .embedding)
    #expect(abs(evidence.estimate.value + Double(effects.values[2])) < 1e-5)
    #expect(throws: CircuitError.self) { try effects.evidence(of: .mlp(layer: 0)) }
  }

  @Test
  func aPathThatDoesNotExistIsAnErrorThatSaysWhy() throws {
    let model = try ModelVariant.families[0].random(seed: 224).model()
    let examples = [try CircuitPrompts.example(model)]
    func text(_ senders: [CircuitNode]?, _ receivers: [CircuitReceiver]) -> String {
      do { _ = try model.pathPatching(on: examples, from: senders, to: receivers) } catch { return "\(error)" }
      return ""
    }
    #expect(text(nil, []).contains("no receivers"))
    #expect(text([], [.logits]).contains("no senders"))
    #expect(text([.head(layer: 1, head: 0)], [.query(layer: 1, head: 0)]).contains("before L1H0 writes"))
    #expect(text([.head(layer: 2, head: 0)], [.logits]).contains("layers 0 to 1"))
    #expect(text([.logits], [.logits]).contains("sends nothing"))
    #expect(text(nil, [.key(layer: 1, head: 2)]).contains("key and value heads 0 to 1"))
  }
}
