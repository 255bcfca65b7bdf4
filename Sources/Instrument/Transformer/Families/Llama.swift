import Checkpoints

/// Llama 1 to 3 (Touvron et al. 2023, arXiv:2302.13971; Llama Team 2024, arXiv:2407.21783), and SmolLM2 (Allal et al. 2025,
/// arXiv:2502.02737), in the form of Hugging Face's `modeling_llama.py`.
enum Llama: Family {
  static let title = "Llama"
  static let modelType = "llama"
  static let architecture = "LlamaForCausalLM"
  // SmolLM2 says of itself that pairs are turned half against half, as in every Llama, and that it is one.
  static let neutral: [NeutralKey] = [("rope_interleaved", [.bool(false)]), ("is_llama_config", [.bool(true)])]
  private static let sizes = SharedKeys(missing: ["max_position_embeddings": 2048], bos: 1, eos: [2])

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try LlamaKeys.description(Llama.self, keys, sizes)
    try LlamaKeys.readAttentionBias(keys, into: &c)
    c.mlp.hasBias = try keys.flag("mlp_bias") ?? false
    try keys.requireFullAttention(c)
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = LlamaKeys.settings(c, sizes)
    settings["attention_bias"] = .flag(c.attention.hasOutputBias)
    settings["mlp_bias"] = .flag(c.mlp.hasBias)
    return settings
  }
}

/// What Llama has in common with the families that follow it: norms that hold their factors, rotary positions, and a gated MLP.
enum LlamaKeys {
  static let withoutBiases: [NeutralKey] = [("attention_bias", [.bool(false)]), ("mlp_bias", [.bool(false)])]

  static func description(
    _ family: (some Family).Type, _ keys: SettingsReader, _ sizes: SharedKeys
  ) throws(ModelError) -> ModelConfiguration {
    let mlp = MLPForm(isGated: true, activation: try keys.activation("hidden_act", missing: .silu))
    var c = try keys.description(family, sizes, norm: .rootMeanSquare(offset: 0), mlp: mlp)
    c.positions = try keys.rotaryPositions(c)
    return c
  }

  /// `attention_bias` gives one to the output too.
  static func readAttentionBias(_ keys: SettingsReader, into c: inout ModelConfiguration) throws(ModelError) {
    c.attention.hasInputBias = try keys.flag("attention_bias") ?? false
    c.attention.hasOutputBias = c.attention.hasInputBias
  }

  static func settings(_ c: ModelConfiguration, _ sizes: SharedKeys) -> [String: Setting] {
    var settings = c.settings(sizes).merging(c.rotationSettings) { _, new in new }
    settings["hidden_act"] = c.mlp.activation.setting
    return settings
  }
}
