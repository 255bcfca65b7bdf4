import Checkpoints

/// GPT-2 (Radford et al. 2019), in the form of Hugging Face's `modeling_gpt2.py`: layer norms, learned positions, biases everywhere, and
/// an MLP without a gate.
enum GPT2: Family {
  static let title = "GPT-2"
  static let modelType = "gpt2"
  static let architecture = "GPT2LMHeadModel"
  static let neutral: [NeutralKey] = [("n_special", [.number("0")])]
  /// Dropout, which acts in training only, and with which GPT-2 was published; heads that classify; `reorder_and_upcast_attn`, which says
  /// how half precision is computed, and changes nothing in fp32.
  static let harmless: Set<String> = [
    "_num_labels", "attn_pdrop", "embd_pdrop", "output_past", "predict_special_tokens", "reorder_and_upcast_attn", "resid_pdrop",
    "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
  ]
  /// OpenAI's own files have no prefix; transformers writes one.
  static let layouts: [TensorLayout] = [.plain, TensorLayout(["transformer.": ""])]
  static let spares = [
    SpareTensor("lm_head.weight", .embedding), SpareTensor("transformer.h.#.attn.bias", .causalMask),
    SpareTensor("transformer.h.#.attn.masked_bias", .maskedScore),
  ]
  private static let sizes = SharedKeys(
    layers: "n_layer", width: "n_embd", heads: "n_head", keyValueHeads: nil, headWidth: nil, mlpWidth: "n_inner",
    contextLength: "n_positions", normEpsilon: "layer_norm_epsilon", missing: ["n_positions": 1024], mlpFactor: 4,
    missingNormEpsilon: 1e-5, bos: 50_256, eos: [50_256], tiesUnembedding: true)

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    let activation = try keys.activation("activation_function", missing: .geluTanh)
    var c = try keys.description(
      GPT2.self, sizes, norm: .layer, mlp: MLPForm(isGated: false, activation: activation, hasBias: true))
    (c.attention.hasInputBias, c.attention.hasOutputBias) = (true, true)
    if try keys.flag("scale_attn_weights") == false { c.attention.scale = 1 }
    try keys.require(
      "scale_attn_by_inverse_layer_idx", toBe: [.bool(false)], else: "Folio computes attention with one scale for all layers.")
    try keys.require(
      "n_ctx", toBe: [.number("\(c.contextLength)"), .null], else: "“n_positions” is \(c.contextLength); both must say the same.")
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = c.settings(sizes)
    settings["activation_function"] = c.mlp.activation.setting
    settings["scale_attn_weights"] = .flag(c.attention.scale != 1)
    for key in ["attn_pdrop", "embd_pdrop", "resid_pdrop"] { settings[key] = .integer(0) }
    return settings
  }

  /// Matrices are stored `[in, out]`, and those of queries, keys and values beside each other.
  static func stored(_ weight: WeightName, _ c: ModelConfiguration) -> StoredWeight {
    switch weight {
    case .embedding: return StoredWeight("transformer.wte.weight")
    case .positionEmbedding: return StoredWeight("transformer.wpe.weight")
    case .finalNorm: return StoredWeight("transformer.ln_f.weight")
    case .finalNormBias: return StoredWeight("transformer.ln_f.bias")
    case .unembedding: return StoredWeight("lm_head.weight")
    case .layer(let layer, let weight):
      let (name, part, parts) = name(weight)
      let tensor = "transformer.h.\(layer).\(name)"
      let shape = WeightName.layer(layer, weight).shape(c)
      guard weight.kind == .matrix || parts > 1 else { return StoredWeight(tensor) }
      return StoredWeight(tensor, .columns(part * shape[0]..<(part + 1) * shape[0], count: parts * shape[0]))
    }
  }

  /// The tensor of a weight, and which part of how many of it the weight is.
  private static func name(_ weight: LayerWeight) -> (name: String, part: Int, parts: Int) {
    switch weight {
    case .attentionNorm: ("ln_1.weight", 0, 1)
    case .attentionNormBias: ("ln_1.bias", 0, 1)
    case .query: ("attn.c_attn.weight", 0, 3)
    case .queryBias: ("attn.c_attn.bias", 0, 3)
    case .key: ("attn.c_attn.weight", 1, 3)
    case .keyBias: ("attn.c_attn.bias", 1, 3)
    case .value: ("attn.c_attn.weight", 2, 3)
    case .valueBias: ("attn.c_attn.bias", 2, 3)
    case .output: ("attn.c_proj.weight", 0, 1)
    case .outputBias: ("attn.c_proj.bias", 0, 1)
    case .mlpNorm: ("ln_2.weight", 0, 1)
    case .mlpNormBias: ("ln_2.bias", 0, 1)
    case .up: ("mlp.c_fc.weight", 0, 1)
    case .upBias: ("mlp.c_fc.bias", 0, 1)
    case .down: ("mlp.c_proj.weight", 0, 1)
    case .downBias: ("mlp.c_proj.bias", 0, 1)
    case .queryNorm, .keyNorm, .attentionPostNorm, .gate, .gateBias, .mlpPostNorm: (weight.rawValue, 0, 1)
    }
  }
}
