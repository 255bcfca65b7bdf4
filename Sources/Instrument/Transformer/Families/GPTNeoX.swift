import Checkpoints

/// GPT-NeoX and Pythia (Black et al. 2022, arXiv:2204.06745; Biderman et al. 2023, arXiv:2304.01373), in the form of Hugging Face's
/// `modeling_gpt_neox.py`: layer norms, biases, an MLP without a gate beside the attention or behind it, and a part of each head turned.
enum GPTNeoX: Family {
  static let title = "GPT-NeoX"
  static let modelType = "gpt_neox"
  static let architecture = "GPTNeoXForCausalLM"
  static let neutral: [NeutralKey] = [
    ("attention_probs_dropout_prob", [.number("0")]), ("hidden_dropout", [.number("0")]), ("hidden_dropout_prob", [.number("0")]),
  ]
  /// Of a head that classifies.
  static let harmless: Set<String> = ["classifier_dropout"]
  static let spares = [
    SpareTensor("embed_out.weight", .embedding), SpareTensor("gpt_neox.layers.#.attention.bias", .causalMask),
    SpareTensor("gpt_neox.layers.#.attention.masked_bias", .maskedScore),
    SpareTensor("gpt_neox.layers.#.attention.rotary_emb.inv_freq", .frequencies),
  ]
  private static let sizes = SharedKeys(
    keyValueHeads: nil, headWidth: nil, normEpsilon: "layer_norm_eps", missing: ["max_position_embeddings": 2048],
    missingNormEpsilon: 1e-5, bos: 0, eos: [2])

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    let activation = try keys.activation("hidden_act", missing: .gelu)
    var c = try keys.description(
      GPTNeoX.self, sizes, norm: .layer, mlp: MLPForm(isGated: false, activation: activation, hasBias: true))
    c.block = try keys.flag("use_parallel_residual") ?? true ? .parallel : .sequential
    c.attention.hasInputBias = try keys.flag("attention_bias") ?? true
    c.attention.hasOutputBias = c.attention.hasInputBias
    c.positions = try keys.rotaryPositions(
      c,
      RotationKeys(
        base: ["rotary_emb_base", "rope_theta"], share: ["rotary_pct", "partial_rotary_factor"], missingShare: 0.25))
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = c.settings(sizes).merging(c.rotationSettings) { _, new in new }
    settings["rotary_emb_base"] = settings["rope_theta"]
    if case .rotary(let rotations) = c.positions, let first = rotations.first {
      settings["rotary_pct"] = share(first.width, of: c.headWidth)
    }
    settings["hidden_act"] = c.mlp.activation.setting
    settings["use_parallel_residual"] = .flag(c.block == .parallel)
    settings["attention_bias"] = .flag(c.attention.hasOutputBias)
    return settings
  }

  /// The part of a head that is turned, so that as many numbers come out of it when it is multiplied with the head's width and cut off.
  private static func share(_ turned: Int, of width: Int) -> Setting {
    let share = Double(turned) / Double(width)
    return .number(Int(share * Double(width)) == turned ? share : share.nextUp)
  }

  /// Rows of queries, keys and values are stored head by head: those of the first head's query, key and value, then of the second's.
  static func stored(_ weight: WeightName, _ c: ModelConfiguration) -> StoredWeight {
    switch weight {
    case .embedding: return StoredWeight("gpt_neox.embed_in.weight")
    case .positionEmbedding: return StoredWeight("gpt_neox.embed_positions.weight")
    case .finalNorm: return StoredWeight("gpt_neox.final_layer_norm.weight")
    case .finalNormBias: return StoredWeight("gpt_neox.final_layer_norm.bias")
    case .unembedding: return StoredWeight("embed_out.weight")
    case .layer(let layer, let weight):
      let (name, part) = name(weight)
      let tensor = "gpt_neox.layers.\(layer).\(name)"
      guard let part else { return StoredWeight(tensor) }
      let rows = (0..<c.heads).map { head in
        let first = (3 * head + part) * c.headWidth
        return first..<first + c.headWidth
      }
      return StoredWeight(tensor, .rows(rows, count: 3 * c.heads * c.headWidth))
    }
  }

  /// The tensor of a weight, and which of three parts of each head's rows the weight has.
  private static func name(_ weight: LayerWeight) -> (name: String, part: Int?) {
    switch weight {
    case .attentionNorm: ("input_layernorm.weight", nil)
    case .attentionNormBias: ("input_layernorm.bias", nil)
    case .query: ("attention.query_key_value.weight", 0)
    case .queryBias: ("attention.query_key_value.bias", 0)
    case .key: ("attention.query_key_value.weight", 1)
    case .keyBias: ("attention.query_key_value.bias", 1)
    case .value: ("attention.query_key_value.weight", 2)
    case .valueBias: ("attention.query_key_value.bias", 2)
    case .output: ("attention.dense.weight", nil)
    case .outputBias: ("attention.dense.bias", nil)
    case .mlpNorm: ("post_attention_layernorm.weight", nil)
    case .mlpNormBias: ("post_attention_layernorm.bias", nil)
    case .up: ("mlp.dense_h_to_4h.weight", nil)
    case .upBias: ("mlp.dense_h_to_4h.bias", nil)
    case .down: ("mlp.dense_4h_to_h.weight", nil)
    case .downBias: ("mlp.dense_4h_to_h.bias", nil)
    case .queryNorm, .keyNorm, .attentionPostNorm, .gate, .gateBias, .mlpPostNorm: (weight.rawValue, nil)
    }
  }
}
