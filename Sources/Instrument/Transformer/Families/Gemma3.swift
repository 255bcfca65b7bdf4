import Checkpoints

/// Gemma 3 without images (Gemma Team 2025, arXiv:2503.19786), in the form of Hugging Face's `modeling_gemma3.py`: as Gemma 2 without
/// caps, with normed queries and keys, five layers with a window for each one without, and another rotary base in these.
enum Gemma3: Family {
  static let title = "Gemma 3"
  static let modelType = "gemma3_text"
  static let architecture = "Gemma3ForCausalLM"
  // transformers reads a cap of the scores and computes none.
  static let neutral = GemmaKeys.neutral + [("attn_logit_softcapping", [.null])]
  static let layouts: [TensorLayout] = [
    .plain,
    TensorLayout(
      ["model.": "language_model.model.", "lm_head.": "language_model.lm_head."],
      others: ["vision_tower.", "multi_modal_projector."]),
    TensorLayout(["model.": "model.language_model."], others: ["model.vision_tower.", "model.multi_modal_projector."]),
  ]

  /// The published checkpoints with images leave out what transformers takes anyway.
  private static var sizes: SharedKeys {
    var keys = GemmaKeys.sizes
    keys.missing = [
      "max_position_embeddings": 131_072, "vocab_size": 262_208, "hidden_size": 2304, "intermediate_size": 9216,
      "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
    ]
    return keys
  }

  static func configuration(_ keys: SettingsReader) throws(ModelError) -> ModelConfiguration {
    var c = try GemmaKeys.description(Gemma3.self, keys, sizes)
    try GemmaKeys.readSecond(keys, into: &c, missingCap: nil)
    c.attention.normsQueriesAndKeys = true
    c.windows = try keys.windows(slidingLayers(keys, c.layers), keys.window(missing: 4096))
    let (full, sliding) = try rotations(keys, width: c.headWidth)
    c.positions = .rotary(c.windows.map { $0 == nil ? full : sliding })
    return c
  }

  /// `layer_types`, or all but every sixth, or what older files have as `sliding_window_pattern`. transformers writes its own 6 as
  /// `_sliding_window_pattern` whatever the layers are, and never reads it.
  private static func slidingLayers(_ keys: SettingsReader, _ layers: Int) throws(ModelError) -> [Bool] {
    func pattern(_ every: Int) -> [Bool] { (1...layers).map { !$0.isMultiple(of: every) } }
    let advice = "Say in “layer_types” which layers slide."
    let types = try keys.slidingLayers(layers)
    let said = keys.has("sliding_window_pattern") ? try keys.integer("sliding_window_pattern", in: 1...1000) : nil
    if let types, let said, types != pattern(said) {
      throw keys.error("sliding_window_pattern", "is \(said), and “layer_types” says otherwise", advice)
    }
    let slides = types ?? pattern(said ?? 6)
    let written = keys.has("_sliding_window_pattern") ? try keys.integer("_sliding_window_pattern", in: 1...1000) : nil
    if types == nil, let written, pattern(written) != slides {
      throw keys.error("_sliding_window_pattern", "is \(written), which transformers does not read", advice)
    }
    return slides
  }

  private static func rotations(
    _ keys: SettingsReader, width: Int
  ) throws(ModelError) -> (full: Rotation, sliding: Rotation) {
    let five = try keys.object("rope_parameters")
    func objects(_ kind: String) -> [(SettingsReader, String)] { five.map { [($0, kind)] } ?? [] }
    let full = try keys.rotation(
      width: width, RotationKeys(missingBase: 1_000_000), objects("full_attention") + [(keys, "rope_scaling")])
    let sliding = try keys.rotation(
      width: width, RotationKeys(base: ["rope_local_base_freq"], missingBase: 10_000), objects("sliding_attention"))
    guard sliding.scaling == .none else {
      throw keys.error("rope_parameters", "scales layers with a window", "Folio scales only those that see everything, as Gemma 3 does.")
    }
    try five?.finish(ignoring: [], else: "Folio reads “full_attention” and “sliding_attention” here, each with its own base.")
    return (full, sliding)
  }

  static func settings(_ c: ModelConfiguration) -> [String: Setting] {
    var settings = GemmaKeys.secondSettings(c)
    guard case .rotary(let rotations) = c.positions else { return settings }
    for (rotation, window) in zip(rotations, c.windows) {
      if window == nil {
        settings["rope_theta"] = .decimal(rotation.base)
        settings["rope_scaling"] = rotation.scaling.setting
      } else {
        settings["rope_local_base_freq"] = .decimal(rotation.base)
      }
    }
    return settings
  }
}
