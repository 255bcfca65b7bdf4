import Checkpoints

/// The language model of a Gemma 3 that reads images too. Its configuration is the `text_config` of the whole one; what is computed is
/// Gemma 3 without images, and so it is saved.
enum Gemma3Multimodal: Family {
  static let title = "Gemma 3"
  static let modelType = "gemma3"
  static let architecture = "Gemma3ForConditionalGeneration"
  /// How images are read, and which tokens stand for them.
  static let harmless: Set<String> = [
    "boi_token_index", "eoi_token_index", "image_token_index", "boi_token_id", "eoi_token_id", "image_token_id", "mm_tokens_per_image",
    "vision_config",
  ]

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    guard let text = try keys.object("text_config") else {
      throw keys.error("text_config", "is missing", "It describes the language model.")
    }
    try text.require("model_type", toBe: [.string(Gemma3.modelType), .null], else: "It must be “\(Gemma3.modelType)”.")
    try text.require("architectures", toBe: [.array([JSONNode(.string(Gemma3.architecture))]), .null], else: "It must be Gemma 3's.")
    var c = try Gemma3.configuration(text)
    try text.finishModel(Gemma3.self)
    if let ties = try keys.flag("tie_word_embeddings"), ties != c.tiesUnembedding {
      throw keys.error(
        "tie_word_embeddings", "is \(ties), and in “text_config” it is \(c.tiesUnembedding)", "Both must say the same.")
    }
    // Where both name tokens, generation goes by the outer ones.
    let tokens = 0...(c.vocabulary - 1)
    c.eos = try keys.integers("eos_token_id", in: tokens) ?? c.eos
    if keys.has("bos_token_id") { c.bos = try keys.integer("bos_token_id", in: tokens) }
    if keys.has("pad_token_id") { c.pad = try keys.integer("pad_token_id", in: tokens) }
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] { Gemma3.settings(c) }
}
