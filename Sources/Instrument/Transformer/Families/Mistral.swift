import Checkpoints

/// Mistral 7B (Jiang et al. 2023, arXiv:2310.06825), in the form of Hugging Face's `modeling_mistral.py`: Llama with a window in every
/// layer, which later releases leave out again.
enum Mistral: Family {
  static let title = "Mistral"
  static let modelType = "mistral"
  static let architecture = "MistralForCausalLM"
  static let neutral = LlamaKeys.withoutBiases
  private static let sizes = SharedKeys(missing: ["max_position_embeddings": 131_072], bos: 1, eos: [2])

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try LlamaKeys.description(Mistral.self, keys, sizes)
    let window = try keys.window(missing: 4096)
    c.windows = Array(repeating: window, count: c.layers)
    if let slides = try keys.slidingLayers(c.layers), slides != c.windows.map({ $0 != nil }) {
      throw keys.error("layer_types", "says otherwise than “sliding_window”", "A Mistral slides in all of its layers, or in none.")
    }
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = LlamaKeys.settings(c, sizes)
    settings["sliding_window"] = c.slidingWindow
    return settings
  }
}
