import Checkpoints
import Tensors

/// Gemma 1 (Gemma Team 2024, arXiv:2403.08295), in the form of Hugging Face's `modeling_gemma.py`.
enum Gemma: Family {
  static let title = "Gemma 1"
  static let modelType = "gemma"
  static let architecture = "GemmaForCausalLM"
  static let neutral = GemmaKeys.neutral

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try GemmaKeys.description(Gemma.self, keys, GemmaKeys.sizes)
    c.positions = try keys.rotaryPositions(c)
    try keys.requireFullAttention(c)
    try keys.require(
      "query_pre_attn_scalar", toBe: [.number("\(c.headWidth)"), .null],
      else: "Folio divides attention scores by the root of the head width, \(c.headWidth).")
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    GemmaKeys.settings(c).merging(c.rotationSettings) { _, new in new }
  }
}

/// What the families of Gemma have in common: norms that hold by how much a factor differs from 1, an embedding that is scaled, and
/// GELU with tanh.
enum GemmaKeys {
  static let sizes = SharedKeys(
    missing: ["max_position_embeddings": 8192], derivesHeads: false, bos: 2, eos: [1], pad: 0, tiesUnembedding: true)

  static let neutral: [NeutralKey] = [("attention_bias", [.bool(false)]), ("mlp_bias", [.bool(false)])]

  static func description(
    _ family: (some Family).Type, _ keys: SettingsReader, _ sizes: SharedKeys
  ) throws(ModelError) -> ModelConfiguration {
    try requireTanhGELU(keys)
    var c = try keys.description(
      family, sizes, norm: .rootMeanSquare(offset: 1), mlp: MLPForm(isGated: true, activation: .geluTanh))
    c.embeddingScale = Float(c.width).squareRoot()
    return c
  }

  /// `hidden_act` is “gelu” in Gemma's first releases and means the form with tanh (Google's own code, and transformers since 4.38.2);
  /// there, `hidden_activation` goes before it if it is given. What transformers makes of two keys that disagree depends on its version.
  private static func requireTanhGELU(_ keys: SettingsReader) throws(ModelError) {
    let names: [JSONNode.Value] = Activation.geluTanh.names.map { .string($0) }
    let advice = "Folio computes Gemma's MLP with gelu_pytorch_tanh only."
    try keys.require("hidden_activation", toBe: names + [.null], else: advice)
    try keys.require("hidden_act", toBe: names + [.string("gelu"), .null], else: advice)
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = c.settings(sizes)
    settings["hidden_activation"] = Activation.geluTanh.setting
    return settings
  }

  // MARK: What Gemma 2 brought

  /// Norms behind attention and MLP, a scale of its own, and a cap of the logits.
  static func readSecond(
    _ keys: SettingsReader, into c: inout ModelConfiguration, missingCap: Float?
  ) throws(ModelError) {
    c.normsOutputs = true
    c.attention.scale = .overRoot(try keys.number("query_pre_attn_scalar", in: 1e-3...1e6, default: 256))
    c.logitSoftCap = try keys.cap("final_logit_softcapping", missing: missingCap)
  }

  static func secondSettings(_ c: ModelConfiguration) -> [String: Setting] {
    settings(c).merging([
      "query_pre_attn_scalar": scalar(c.attention.scale), "final_logit_softcapping": c.logitSoftCap.map { .decimal($0) } ?? .null,
      "attn_logit_softcapping": c.attention.softCap.map { .decimal($0) } ?? .null, "layer_types": c.layerTypes,
      "sliding_window": c.slidingWindow,
    ]) { _, new in new }
  }

  /// The whole number whose root the scores are divided by, or one that is rounded to the same scale.
  private static func scalar(_ scale: Float) -> Setting {
    let scalar = 1 / (Double(scale) * Double(scale))
    return Float.overRoot(scalar.rounded()) == scale ? .integer(Int(scalar.rounded())) : .number(scalar)
  }
}
