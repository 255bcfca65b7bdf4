/// The names of tensors that most families share, as Llama's checkpoints have them.
enum LlamaNames {
  static let spares = [
    SpareTensor("lm_head.weight", .embedding), SpareTensor("model.rotary_emb.inv_freq", .frequencies),
    SpareTensor("model.layers.#.self_attn.rotary_emb.inv_freq", .frequencies),
  ]

  static func stored(_ weight: WeightName, _ c: ModelConfiguration) -> StoredWeight {
    switch weight {
    case .embedding: StoredWeight("model.embed_tokens.weight")
    case .positionEmbedding: StoredWeight("model.embed_positions.weight")
    case .layer(let layer, let weight): StoredWeight("model.layers.\(layer).\(name(weight, c))")
    case .finalNorm: StoredWeight("model.norm.weight")
    case .finalNormBias: StoredWeight("model.norm.bias")
    case .unembedding: StoredWeight("lm_head.weight")
    }
  }

  private static func name(_ weight: LayerWeight, _ c: ModelConfiguration) -> String {
    // Where a norm stands behind the attention, it has taken the name of the one before the MLP.
    let beforeMLP = c.normsOutputs ? "pre_feedforward_layernorm" : "post_attention_layernorm"
    return switch weight {
    case .attentionNorm: "input_layernorm.weight"
    case .attentionNormBias: "input_layernorm.bias"
    case .query: "self_attn.q_proj.weight"
    case .queryBias: "self_attn.q_proj.bias"
    case .key: "self_attn.k_proj.weight"
    case .keyBias: "self_attn.k_proj.bias"
    case .value: "self_attn.v_proj.weight"
    case .valueBias: "self_attn.v_proj.bias"
    case .queryNorm: "self_attn.q_norm.weight"
    case .keyNorm: "self_attn.k_norm.weight"
    case .output: "self_attn.o_proj.weight"
    case .outputBias: "self_attn.o_proj.bias"
    case .attentionPostNorm: "post_attention_layernorm.weight"
    case .mlpNorm: "\(beforeMLP).weight"
    case .mlpNormBias: "\(beforeMLP).bias"
    case .gate: "mlp.gate_proj.weight"
    case .gateBias: "mlp.gate_proj.bias"
    case .up: "mlp.up_proj.weight"
    case .upBias: "mlp.up_proj.bias"
    case .down: "mlp.down_proj.weight"
    case .downBias: "mlp.down_proj.bias"
    case .mlpPostNorm: "post_feedforward_layernorm.weight"
    }
  }
}
