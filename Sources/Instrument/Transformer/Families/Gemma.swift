import Checkpoints
import Foundation

/// Gemma 1 (Gemma Team 2024, arXiv:2403.08295), in the form of Hugging Face's `modeling_gemma.py`.
enum Gemma: Family {
  static let modelTypes = ["gemma"]
  static let architectures = ["GemmaForCausalLM"]

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    let heads = try keys.integer("num_attention_heads", in: 1...10_000)
    let headWidth = try keys.integer("head_dim", in: 2...100_000)
    let vocabulary = try keys.integer("vocab_size", in: 1...10_000_000)
    let layers = try keys.integer("num_hidden_layers", in: 1...1000)
    let width = try keys.integer("hidden_size", in: 1...1_000_000)
    // What is missing here has the value that transformers' GemmaConfig gives it.
    var configuration = ModelConfiguration(
      modelType: "gemma", layers: layers, width: width, heads: heads,
      keyValueHeads: try keys.integer("num_key_value_heads", in: 1...10_000), headWidth: headWidth,
      mlpWidth: try keys.integer("intermediate_size", in: 1...10_000_000), vocabulary: vocabulary,
      contextLength: try keys.integer("max_position_embeddings", in: 1...100_000_000, default: 8192),
      norm: .rootMeanSquare(offset: 1), normEpsilon: Float(try keys.number("rms_norm_eps", in: 1e-12...0.1, default: 1e-6)),
      attention: AttentionForm(scale: 1 / Float(headWidth).squareRoot()), windows: Array(repeating: nil, count: layers),
      positions: .rotary(Array(repeating: try keys.rotation(width: headWidth), count: layers)),
      mlp: MLPForm(isGated: true, activation: .geluTanh), embeddingScale: Float(width).squareRoot(), tiesUnembedding: true)
    configuration.bos = try keys.token("bos_token_id", vocabulary: vocabulary) ?? 2
    configuration.pad = try keys.token("pad_token_id", vocabulary: vocabulary) ?? 0
    configuration.eos =
      keys.node("eos_token_id") == nil ? [1] : try keys.integers("eos_token_id", in: 0...(vocabulary - 1)) ?? []
    try requireGemma(keys, configuration)
    return configuration
  }

  private static func requireGemma(_ keys: SettingsReader, _ c: ModelConfiguration) throws(ModelError) {
    try requireTanhGELU(keys)
    guard try keys.flag("tie_word_embeddings") ?? true else {
      throw keys.error("tie_word_embeddings", "is false", "Gemma's unembedding is its embedding; another one is not supported.")
    }
    try keys.requireNeutral([
      ("attention_bias", [.bool(false)]), ("attn_logit_softcapping", [.null]), ("final_logit_softcapping", [.null]),
      ("mlp_bias", [.bool(false)]), ("partial_rotary_factor", [.number("1")]), ("sliding_window", [.null]),
      ("use_sliding_window", [.bool(false)]),
    ])
    try keys.require(
      "query_pre_attn_scalar", toBe: [.number("\(c.headWidth)"), .null],
      else: "Folio divides attention scores by the root of the head width, \(c.headWidth).")
    try keys.require(
      "layer_types", toBe: [.array(Array(repeating: JSONNode(.string("full_attention")), count: c.layers)), .null],
      else: "Folio computes full attention in each of the \(c.layers) layers.")
  }

  /// The activation must be GELU with tanh.
  ///
  /// `hidden_act` is “gelu” in Gemma's first releases and means the form with tanh (Google's own code, and transformers since 4.38.2);
  /// there, `hidden_activation` goes before it if it is given. What transformers makes of two keys that disagree depends on its version.
  private static func requireTanhGELU(_ keys: SettingsReader) throws(ModelError) {
    // Three names of one formula.
    let names: [JSONNode.Value] = ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"].map { .string($0) }
    let advice = "Folio computes Gemma's MLP with gelu_pytorch_tanh only."
    try keys.require("hidden_activation", toBe: names + [.null], else: advice)
    try keys.require("hidden_act", toBe: names + [.string("gelu"), .null], else: advice)
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var base: Float = 10_000
    if case .rotary(let rotations) = c.positions, let first = rotations.first { base = first.base }
    return [
      "hidden_activation": .text("gelu_pytorch_tanh"), "attention_bias": .flag(false), "attention_dropout": .integer(0),
      "tie_word_embeddings": .flag(true), "num_hidden_layers": .integer(c.layers), "hidden_size": .integer(c.width),
      "num_attention_heads": .integer(c.heads), "num_key_value_heads": .integer(c.keyValueHeads),
      "head_dim": .integer(c.headWidth), "intermediate_size": .integer(c.mlpWidth), "vocab_size": .integer(c.vocabulary),
      "max_position_embeddings": .integer(c.contextLength), "rms_norm_eps": .decimal(c.normEpsilon), "rope_theta": .decimal(base),
      "bos_token_id": c.bos.map { .integer($0) } ?? .null, "eos_token_id": .tokens(c.eos),
      "pad_token_id": c.pad.map { .integer($0) } ?? .null,
    ]
  }

  static func stored(_ weight: WeightName, _ c: ModelConfiguration) -> StoredWeight { LlamaNames.stored(weight) }
}

/// The names of tensors that most families share, as Llama's checkpoints have them.
enum LlamaNames {
  static func stored(_ weight: WeightName) -> StoredWeight {
    switch weight {
    case .embedding: StoredWeight("model.embed_tokens.weight")
    case .positionEmbedding: StoredWeight("model.embed_positions.weight")
    case .layer(let layer, let weight): StoredWeight("model.layers.\(layer).\(name(weight))")
    case .finalNorm: StoredWeight("model.norm.weight")
    case .finalNormBias: StoredWeight("model.norm.bias")
    case .unembedding: StoredWeight("lm_head.weight")
    }
  }

  private static func name(_ weight: LayerWeight) -> String {
    switch weight {
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
    case .mlpNorm: "post_attention_layernorm.weight"
    case .mlpNormBias: "post_attention_layernorm.bias"
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
