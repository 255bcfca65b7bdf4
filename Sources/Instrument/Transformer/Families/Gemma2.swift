import Checkpoints

/// Gemma 2 (Gemma Team 2024, arXiv:2408.00118), in the form of Hugging Face's `modeling_gemma2.py`: norms on both sides of attention and
/// MLP, soft caps of scores and logits, and a window in every other layer.
enum Gemma2: Family {
  static let title = "Gemma 2"
  static let modelType = "gemma2"
  static let architecture = "Gemma2ForCausalLM"
  static let neutral = GemmaKeys.neutral

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try GemmaKeys.description(Gemma2.self, keys, GemmaKeys.sizes)
    try GemmaKeys.readSecond(keys, into: &c, missingCap: 30)
    c.attention.softCap = try keys.cap("attn_logit_softcapping", missing: 50)
    c.positions = try keys.rotaryPositions(c)
    // The first releases have the width of the window twice.
    var windows: [Said<Int>] = []
    if keys.has("sliding_window_size") {
      windows.append(keys.said("sliding_window_size", try keys.integer("sliding_window_size", in: 1...100_000_000)))
    }
    let window = try keys.window(missing: 4096)
    if let window { windows.append(keys.said("sliding_window", window)) }
    _ = try agreed(windows)
    c.windows = try keys.windows(keys.slidingLayers(c.layers) ?? (0..<c.layers).map { $0.isMultiple(of: 2) }, window)
    return c
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    GemmaKeys.secondSettings(c).merging(c.rotationSettings) { _, new in new }
  }
}
