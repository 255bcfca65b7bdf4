import Checkpoints
import ModelFixture
import Tensors
import TestSupport
import Testing
import Transformer

/// The weights that notebooks see are those that the passes use: what a run computes is what they make of its activations.
@Suite struct WeightViewTests {
  private let prompt = Array(3..<11)

  /// Two layers of four heads, two of which share a key head each.
  private func plain() throws -> LanguageModel {
    try RandomTransformer(ModelVariant("plain") { _ in }.config(), seed: 1).model()
  }

  private func close(_ result: Tensor, _ expected: Tensor, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
      result.isClose(to: expected, absolute: 1e-4 * max(expected.magnitude().max(), 1e-3), relative: 0),
      "\(result)\n\(expected)", sourceLocation: sourceLocation)
  }

  @Test(arguments: FamilyFixture.all)
  func queriesKeysValuesAndResultsAreMadeWithThem(fixture: FamilyFixture) throws {
    let model = try fixture.model()
    let config = model.config
    for layer in 0..<config.layers {
      let cache = try model.run(
        prompt,
        capturing: [
          .normalized1(layer), .query(layer: layer), .key(layer: layer), .value(layer: layer), .z(layer: layer),
          .result(layer: layer),
        ]
      ).cache
      let normed = try cache[.normalized1(layer)] * model.ln1_w[layer] + model.ln1_b[layer]
      for head in 0..<config.heads {
        close(
          try normed.multiplied(by: model.W_Q[layer, head]) + model.b_Q[layer, head],
          try cache[.query(layer: layer)].select(head, axis: 1))
        close(
          try cache[.z(layer: layer)].select(head, axis: 1).multiplied(by: model.W_O[layer, head]),
          try cache[.result(layer: layer)].select(head, axis: 1))
      }
      for head in 0..<config.keyValueHeads {
        close(
          try normed.multiplied(by: model.W_K[layer, head]) + model.b_K[layer, head],
          try cache[.key(layer: layer)].select(head, axis: 1))
        close(
          try normed.multiplied(by: model.W_V[layer, head]) + model.b_V[layer, head],
          try cache[.value(layer: layer)].select(head, axis: 1))
      }
    }
  }

  @Test(arguments: FamilyFixture.all)
  func theMLPAndTheEndsAreMadeWithThem(fixture: FamilyFixture) throws {
    let model = try fixture.model()
    let config = model.config
    let run = try model.run(
      prompt,
      capturing: .matching {
        [.embedding, .positionEmbedding, .mlpPost, .mlpOutput, .mlpOutputRaw, .finalNormalized].contains($0.component)
      })
    var embedded = model.W_E.rows(prompt) * config.embeddingScale
    if config.positions == .learned { close(try run.cache[.positionEmbedding], try model.W_pos.rows(0..<prompt.count)) }
    close(try run.cache[.embedding], embedded)
    embedded = try run.cache[.finalNormalized] * model.ln_final_w + model.ln_final_b
    if config.logitSoftCap == nil {
      close(run.logits.select(0), embedded[(prompt.count - 1)...].multiplied(by: model.W_U).select(0) + model.b_U)
    }
    let layer = config.layers - 1
    let output = try run.cache[config.normsOutputs ? .mlpOutputRaw(layer: layer) : .mlpOutput(layer: layer)]
    close(output, try run.cache[.mlpPost(layer: layer)].multiplied(by: model.W_out[layer]) + model.b_out[layer])
  }

  @Test
  func aViewHasTheNumbersOfItsTensorInAnyDirection() throws {
    let model = try plain()
    let view = try model.W_O[1, 2]
    let tensor = view.tensor
    #expect(view.shape == [6, 12] && tensor.shape == [6, 12] && view.transposed.tensor == tensor.transposed())
    #expect(view.row(3) == tensor.select(3) && view.column(4) == tensor.select(4, axis: 1))
    #expect(view.columns([4, 0]).rows == tensor.rows.map { [$0[4], $0[0]] })
    let (left, right) = (
      Tensor.linearSpace(from: -1, to: 1, count: 12).reshaped([2, 6]), Tensor.linearSpace(from: 0, to: 1, count: 12)
    )
    close(left.multiplied(by: view), left.multiplied(by: tensor))
    close(left.select(0).multiplied(by: view), left.select(0).multiplied(by: tensor))
    close(view.multiplied(by: right), tensor.multiplied(by: right))
    close(view.multiplied(by: right.reshaped([12, 1])), tensor.multiplied(by: right.reshaped([12, 1])))
    #expect(abs(view.frobeniusNorm - tensor.norm()) < 1e-5 && "\(view)" == "W_O[1, 2] [6, 12]")
    #expect(try model.W_K[0].map(\.shape) == [[12, 6], [12, 6]])
  }

  @Test(arguments: FamilyFixture.all)
  func whatAHeadWritesAndSeeksIsTheProductOfItsFactors(fixture: FamilyFixture) throws {
    let model = try fixture.model()
    let (layer, head) = (model.config.layers - 1, model.config.heads - 1)
    let shared = model.config.keyValueHeads - 1
    let ov = try model.W_V[layer, shared].tensor.multiplied(by: model.W_O[layer, head].tensor)
    close(try model.W_OV[layer, head].tensor, ov)
    close(
      try model.W_QK[layer, head].tensor,
      try model.W_Q[layer, head].tensor.multipliedByTransposed(model.W_K[layer, shared].tensor))
    let (_, s, _) = try ov.svd()
    let (u, factored, vt) = try model.W_OV[layer, head].svd()
    close(factored, s[..<factored.count])
    close((u * factored).multiplied(by: vt), ov)
    close(u.transposed().multiplied(by: u), .identity(factored.count))
    #expect(abs(try model.W_OV[layer, head].frobeniusNorm / ov.norm() - 1) < 1e-4)
    #expect(abs(try model.W_OV[layer, head].trace - ov.trace()) < 1e-4 * ov.norm())
  }

  @Test
  func productsOfFactorsAreThoseOfTheWholes() throws {
    let model = try plain()
    let (a, b) = (try model.W_OV[0, 3], try model.W_QK[1, 1])
    close(a.multiplied(by: b).tensor, a.tensor.multiplied(by: b.tensor))
    close(a.transposed.tensor, a.tensor.transposed())
    close(a.row(3), a.tensor.select(3))
    close(a.column(3), a.tensor.select(3, axis: 1))
    close((a * 2).tensor, a.tensor * 2)
    close(a.multiplied(by: model.W_U).tensor, a.tensor.multiplied(by: model.W_U.tensor))
    close(Tensor.ones(2, 12).multiplied(by: a), Tensor.ones(2, 12).multiplied(by: a.tensor))
    close(a.multiplied(by: Tensor.ones(12)), a.tensor.multiplied(by: Tensor.ones(12)))
    // The eigenvalues that are not 0 are those of the whole.
    let (whole, parts) = (try a.tensor.eigenvalues(), try a.eigenvalues())
    close(parts.real.squared() + parts.imaginary.squared(), (whole.real.squared() + whole.imaginary.squared())[..<6])
  }

  @Test
  func aCardHoldsTheSameWeights() throws {
    let home = try plain()
    let (ov, product) = (try home.W_OV[1, 3].tensor, Tensor.ones(2, 12).multiplied(by: home.W_U))
    try TestDevice.onCard {
      let card = try plain()
      #expect(card.device != .cpu)
      close(try card.W_OV[1, 3].tensor, ov)
      close(Tensor.ones(2, 12).multiplied(by: card.W_U), product)
      close(card.W_U.multiplied(by: Tensor.ones(40)), home.W_U.multiplied(by: Tensor.ones(40)))
    }
  }

  @Test
  func whatThereIsNotIsAnErrorThatSaysWhatThereIs() throws {
    let model = try plain()
    func message(_ body: () throws -> Void) -> String? {
      do { try body() } catch { return "\(error)" }
      return nil
    }
    expect(
      message { _ = try model.W_Q[2, 0] }, contains: "“W_Q[2]” does not exist: the model has 2 layers, numbered from 0 to 1.")
    expect(message { _ = try model.W_Q[1, 4] }, contains: "“W_Q[1]” has heads 0 to 3, and 4 is none of them.")
    expect(
      message { _ = try model.W_K[1, 3] },
      contains: "“W_K[1]” has heads 0 to 1, and 3 is none of them: 4 heads share them, head h reads key and value head h / 2.")
    expect(message { _ = try model.b_V[0, -1] }, contains: "“b_V[0]” has heads 0 to 1, and -1 is none of them.")
    expect(message { _ = try model.W_OV[0, 4] }, contains: "“W_OV[0]” has heads 0 to 3")
    expect(message { _ = try model.b_in[7] }, contains: "“b_in[7]” does not exist")
    expect(message { _ = try model.W_pos }, contains: "The model has no W_pos: its positions turn queries and keys")
    let plain = try #require(FamilyFixture.all.first { $0.name.contains("gpt2") }).model()
    expect(message { _ = try plain.W_gate[0] }, contains: "The model has no W_gate: its MLPs are not gated.")
    #expect(try model.b_Q[0, 1] == .zeros([6]) && model.b_out[1] == .zeros([12]))
  }
}

extension HookPoint {
  fileprivate static func normalized1(_ layer: Int) -> HookPoint { NormPoint.attention(layer: layer).normalized }
}
