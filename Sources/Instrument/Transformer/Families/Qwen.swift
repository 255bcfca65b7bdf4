import Checkpoints

/// Qwen 2 and 2.5 (Qwen Team 2024, arXiv:2407.10671, arXiv:2412.15115), in the form of Hugging Face's `modeling_qwen2.py`: Llama with
/// biases of queries, keys and values.
enum Qwen2: Family {
  static let title = "Qwen 2"
  static let modelType = "qwen2"
  static let architecture = "Qwen2ForCausalLM"
  static let neutral: [NeutralKey] = [("mlp_bias", [.bool(false)])]

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try QwenKeys.description(Qwen2.self, keys, QwenKeys.sizes)
    c.attention.hasInputBias = true
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] { QwenKeys.settings(c) }
}

/// Qwen 3 (Qwen Team 2025, arXiv:2505.09388), in the form of Hugging Face's `modeling_qwen3.py`: Llama with normed queries and keys.
enum Qwen3: Family {
  static let title = "Qwen 3"
  static let modelType = "qwen3"
  static let architecture = "Qwen3ForCausalLM"
  static let neutral: [NeutralKey] = [("mlp_bias", [.bool(false)])]

  private static var sizes: SharedKeys {
    var keys = QwenKeys.sizes
    keys.missing["head_dim"] = 128
    return keys
  }

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try QwenKeys.description(Qwen3.self, keys, sizes)
    try LlamaKeys.readAttentionBias(keys, into: &c)
    c.attention.normsQueriesAndKeys = true
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = QwenKeys.settings(c)
    settings["attention_bias"] = .flag(c.attention.hasOutputBias)
    return settings
  }
}

/// What both have in common: windows in the upper layers, which are off unless `use_sliding_window` says so.
private enum QwenKeys {
  static let sizes = SharedKeys(missing: ["max_position_embeddings": 32_768])

  static func description(
    _ family: (some Family).Type, _ keys: SettingsReader, _ sizes: SharedKeys
  ) throws(ModelError) -> ModelConfiguration {
    var c = try LlamaKeys.description(family, keys, sizes)
    let types = try keys.slidingLayers(c.layers)
    let window = try keys.window(missing: 4096)
    // The number that a family has in its place names no layer of a smaller model, and is written to its file all the same.
    let first = keys.has("max_window_layers") ? try keys.integer("max_window_layers", in: 0...1000) : 28
    guard try keys.flag("use_sliding_window") ?? false else {
      if types?.contains(true) ?? false {
        throw keys.error("layer_types", "has layers that slide, and “use_sliding_window” is not true", "Both must say the same.")
      }
      return c
    }
    let slides = (0..<c.layers).map { $0 >= first }
    if let types, types != slides, first < c.layers {
      throw keys.error("layer_types", "says otherwise than “max_window_layers”, \(first)", "Both must say the same.")
    }
    guard window != nil else {
      throw keys.error("sliding_window", "is null, and “use_sliding_window” is true", "Both must say the same.")
    }
    c.windows = try keys.windows(types ?? slides, window)
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    let first = c.windows.firstIndex { $0 != nil } ?? c.layers
    let isUpper = c.windows[first...].allSatisfy { $0 != nil }
    return LlamaKeys.settings(c, sizes).merging([
      "use_sliding_window": .flag(first < c.layers), "sliding_window": c.slidingWindow, "layer_types": c.layerTypes,
      "max_window_layers": .integer(isUpper ? first : c.layers),
    ]) { _, new in new }
  }
}
