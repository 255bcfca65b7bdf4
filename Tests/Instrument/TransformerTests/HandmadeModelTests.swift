import Checkpoints
import ModelFixture
import Tensors
import Testing
import Transformer

/// A model whose weights are given by TransformerLens's names.
@Suite struct HandmadeModelTests {
  /// All weights of a model by these names, as its public views give them.
  static func weights(_ model: LanguageModel) throws -> [String: Tensor] {
    let c = model.config
    var weights = ["embed.W_E": model.W_E.tensor, "ln_final.w": model.ln_final_w]
    if c.positions == .learned { weights["pos_embed.W_pos"] = try model.W_pos.tensor }
    if !c.tiesUnembedding { weights["unembed.W_U"] = try model.W_U.tensor }
    if c.norm == .layer { weights["ln_final.b"] = model.weights.tensor(.finalNormBias) }
    for layer in 0..<c.layers {
      func give(_ name: String, _ tensor: Tensor) { weights["blocks.\(layer).\(name)"] = tensor }
      func heads(_ count: Int, _ tensor: (Int) throws -> Tensor) rethrows -> Tensor { Tensor.stack(try (0..<count).map(tensor)) }
      give("attn.W_Q", try heads(c.heads) { try model.W_Q[layer, $0].tensor })
      give("attn.W_K", try heads(c.keyValueHeads) { try model.W_K[layer, $0].tensor })
      give("attn.W_V", try heads(c.keyValueHeads) { try model.W_V[layer, $0].tensor })
      give("attn.W_O", try heads(c.heads) { try model.W_O[layer, $0].tensor })
      if c.attention.hasInputBias {
        give("attn.b_Q", try heads(c.heads) { try model.b_Q[layer, $0] })
        give("attn.b_K", try heads(c.keyValueHeads) { try model.b_K[layer, $0] })
        give("attn.b_V", try heads(c.keyValueHeads) { try model.b_V[layer, $0] })
      }
      if c.attention.hasOutputBias { give("attn.b_O", try model.b_O[layer]) }
      give("mlp.W_in", try model.W_in[layer].tensor)
      give("mlp.W_out", try model.W_out[layer].tensor)
      if c.mlp.isGated { give("mlp.W_gate", try model.W_gate[layer].tensor) }
      if c.mlp.hasBias {
        give("mlp.b_in", try model.b_in[layer])
        give("mlp.b_out", try model.b_out[layer])
        if c.mlp.isGated { give("mlp.b_gate", try model.b_gate[layer]) }
      }
      give("ln1.w", try model.ln1_w[layer])
      give("ln2.w", try model.ln2_w[layer])
      if c.norm == .layer {
        give("ln1.b", try model.ln1_b[layer])
        give("ln2.b", try model.ln2_b[layer])
      }
      let parts = model.weights.layers[layer]
      for (name, norm) in [
        ("attn.q_norm.w", parts.queryNorm), ("attn.k_norm.w", parts.keyNorm), ("ln1_post.w", parts.attentionPostNorm),
        ("ln2_post.w", parts.mlpPostNorm),
      ] {
        if let norm { give(name, norm.factors) }
      }
    }
    return weights
  }

  @Test(arguments: ModelVariant.families)
  func aModelOfAnothersWeightsComputesWhatThatComputes(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 81).model()
    let made = try LanguageModel(model.config, weights: Self.weights(model))
    let expected = try model.run(FamilyPartsTests.tokens, logits: .all).logits
    let logits = try made.run(FamilyPartsTests.tokens, logits: .all).logits
    #expect(relativeError(logits.elements, expected.elements.map(Double.init)) < 1e-6)
  }

  @Test
  func whatIsNotGivenIs0AndTheFactorsOfNormsAre1() throws {
    for variant in ModelVariant.families {
      let config = try variant.config()
      let model = try LanguageModel(config, weights: [:])
      #expect(try model.W_in[1].tensor.elements.allSatisfy { $0 == 0 })
      #expect(try model.ln1_w[0].elements.allSatisfy { $0 == 1 }, "\(variant)")
      #expect(try model.run([3, 4]).logits.elements.allSatisfy { $0 == 0 })
    }
  }

  @Test
  func namesShapesAndNumbersThatDoNotFitAreErrorsThatSayWhatThereIs() throws {
    let config = try ModelConfiguration(
      json: #"{"model_type": "gpt2", "n_layer": 1, "n_embd": 8, "n_head": 2, "vocab_size": 5, "n_positions": 4}"#)
    let unknown = #expect(throws: ModelError.self) { try LanguageModel(config, weights: ["blocks.0.attn.W_q": Tensor([1])]) }
    #expect(unknown?.description.contains("Did you mean “blocks.0.attn.W_Q”? It has embed.W_E, pos_embed.W_pos, ") == true)
    let shape = #expect(throws: ModelError.self) { try LanguageModel(config, weights: ["embed.W_E": .zeros([8, 5])]) }
    #expect(shape?.description.contains("has the shape [8, 5], and the model's has [5, 8]") == true)
    #expect(throws: ModelError.self) {
      try LanguageModel(config, weights: ["embed.W_E": Tensor(repeating: .nan, shape: [5, 8])])
    }
    #expect(throws: ModelError.self) { try LanguageModel(config, weights: ["unembed.W_U": .zeros([8, 5])]) }
    #expect(throws: ModelError.self) { try ModelConfiguration(json: "{") }
  }
}
