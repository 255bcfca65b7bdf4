import Foundation

// MARK: - Settings that several architectures have

extension GGUFArchitecture {
  /// The sizes of a decoder with gated MLPs, RMS norms and rotary embedding.
  fileprivate static func decoder(
    _ keys: GGUFSettings, activation: (key: String, function: String) = ("hidden_act", "silu")
  ) throws(ModelError) -> [(String, JSONNode.Value)] {
    let (width, heads) = (try keys.requiredCount("embedding_length"), try keys.heads())
    let head = try headWidth(keys, width / heads.queries)
    if let turned = try keys.count("rope.dimension_count"), turned != head {
      throw keys.bad(
        "rope.dimension_count", "is \(turned), and a head has \(head) numbers", advice: "Folio turns whole heads here.")
    }
    let base = try keys.number("rope.freq_base") ?? .number("10000.0")
    return [
      ("num_hidden_layers", .number("\(try keys.layers())")), ("hidden_size", .number("\(width)")),
      ("intermediate_size", .number("\(try keys.requiredCount("feed_forward_length"))")),
      ("num_attention_heads", .number("\(heads.queries)")), ("num_key_value_heads", .number("\(heads.keys)")),
      ("head_dim", .number("\(head)")), ("max_position_embeddings", .number("\(try keys.requiredCount("context_length"))")),
      ("rms_norm_eps", try keys.requiredNumber("attention.layer_norm_rms_epsilon")),
      (activation.key, .string(activation.function)), ("rope_theta", base),
      ("rope_scaling", try GGUFRotary.scaling(keys, base: Self.double(base), headWidth: head)),
    ]
  }

  fileprivate static func headWidth(_ keys: GGUFSettings, _ fallback: Int) throws(ModelError) -> Int {
    let (key, value) = (try keys.count("attention.key_length") ?? fallback, try keys.count("attention.value_length") ?? fallback)
    guard key == value else {
      throw keys.bad("attention.value_length", "is \(value), and keys have \(key)", advice: "Folio computes them of one width.")
    }
    return key
  }

  fileprivate static func double(_ value: JSONNode.Value) -> Double {
    if case .number(let digits) = value { Double(digits) ?? 0 } else { 0 }
  }

  fileprivate static func hasTensor(_ keys: GGUFSettings, _ part: String) -> Bool { keys.file.entries["blk.0.\(part)"] != nil }

  fileprivate static let decoderOuter = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
  ]
  fileprivate static let decoderLayer = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
}

// MARK: - The architectures

extension GGUFArchitecture {
  /// Llama, and what is computed as it is. Its converter interleaves the halves of each head's queries and keys.
  static let llama = GGUFArchitecture(
    name: "llama", family: ("llama", "LlamaForCausalLM"), outer: decoderOuter, layer: ("model.layers", decoderLayer),
    changes: ["attn_q": .interleavedQueries, "attn_k": .interleavedKeys]
  ) { keys throws(ModelError) in
    // Old files say in which order their rows lie; it is the one that every file has.
    try keys.require("tensor_data_layout", toBe: "“Meta AI original pth”", else: "Folio does not know this order of rows.")
    try keys.require("attention.sliding_window", toBe: "0", else: "Folio does not know how layers of this file slide.")
    return try decoder(keys) + [
      ("attention_bias", .bool(hasTensor(keys, "attn_q.bias"))), ("mlp_bias", .bool(hasTensor(keys, "ffn_up.bias"))),
    ]
  }

  static let qwen2 = GGUFArchitecture(
    name: "qwen2", family: ("qwen2", "Qwen2ForCausalLM"), outer: decoderOuter, layer: ("model.layers", decoderLayer)
  ) { keys throws(ModelError) in try decoder(keys) + [("use_sliding_window", .bool(false))] }

  static let qwen3 = GGUFArchitecture(
    name: "qwen3", family: ("qwen3", "Qwen3ForCausalLM"), outer: decoderOuter,
    layer: ("model.layers", merged(["attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"]))
  ) { keys throws(ModelError) in
    try decoder(keys) + [("attention_bias", .bool(hasTensor(keys, "attn_q.bias"))), ("use_sliding_window", .bool(false))]
  }

  static let gemma = GGUFArchitecture(
    name: "gemma", family: ("gemma", "GemmaForCausalLM"), outer: decoderOuter, layer: ("model.layers", decoderLayer),
    changes: gemmaNorms
  ) { keys throws(ModelError) in try decoder(keys, activation: gelu) }

  static let gemma2 = GGUFArchitecture(
    name: "gemma2", family: ("gemma2", "Gemma2ForCausalLM"), outer: decoderOuter, layer: ("model.layers", sandwich),
    changes: gemmaNorms
  ) { keys throws(ModelError) in
    let layers = try keys.layers()
    return try decoder(keys, activation: gelu) + [
      ("query_pre_attn_scalar", try attentionScale(keys, layersOfLargest: 46)),
      ("attn_logit_softcapping", try keys.requiredNumber("attn_logit_softcapping")),
      ("final_logit_softcapping", try keys.requiredNumber("final_logit_softcapping")),
      ("sliding_window", .number("\(try keys.requiredCount("attention.sliding_window"))")),
      ("layer_types", layerTypes((0..<layers).map { $0 % 2 == 0 })),
    ]
  }

  /// The base of the layers that slide is not in the file, nor which these are; in every Gemma 3 it is 10 000, and every sixth layer sees
  /// all.
  static let gemma3 = GGUFArchitecture(
    name: "gemma3", family: ("gemma3_text", "Gemma3ForCausalLM"), outer: decoderOuter, layer: ("model.layers", sandwich),
    changes: gemmaNorms
  ) { keys throws(ModelError) in
    let slides = try slidingLayers(keys, every: 6)
    return try decoder(keys, activation: gelu) + [
      ("query_pre_attn_scalar", try attentionScale(keys, layersOfLargest: 62)),
      ("attn_logit_softcapping", .null), ("final_logit_softcapping", try keys.number("final_logit_softcapping") ?? .null),
      ("rope_local_base_freq", try keys.number("rope.freq_base_swa") ?? .number("10000.0")),
      ("sliding_window", try keys.count("attention.sliding_window").map { .number("\($0)") } ?? .null),
      ("layer_types", layerTypes(slides)),
    ]
  }

  /// Its converter turns the weights of what transformers calls Conv1D.
  static let gpt2 = GGUFArchitecture(
    name: "gpt2", family: ("gpt2", "GPT2LMHeadModel"),
    outer: [
      "token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output_norm": "transformer.ln_f", "output": "lm_head",
    ],
    layer: (
      "transformer.h",
      [
        "attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc",
        "ffn_down": "mlp.c_proj",
      ]
    ),
    changes: ["attn_qkv": .transposed, "attn_output": .transposed, "ffn_up": .transposed, "ffn_down": .transposed]
  ) { keys throws(ModelError) in
    let (width, inner) = (try keys.requiredCount("embedding_length"), try keys.requiredCount("feed_forward_length"))
    return [
      ("activation_function", .string("gelu_new")), ("n_layer", .number("\(try keys.layers())")),
      ("n_positions", .number("\(try keys.requiredCount("context_length"))")), ("n_embd", .number("\(width)")),
      ("n_head", .number("\(try keys.heads().queries)")), ("n_inner", inner == 4 * width ? .null : .number("\(inner)")),
      ("layer_norm_epsilon", try keys.requiredNumber("attention.layer_norm_epsilon")),
    ]
  }

  /// Its converter puts all queries before all keys and these before all values.
  static let gptneox = GGUFArchitecture(
    name: "gptneox", family: ("gpt_neox", "GPTNeoXForCausalLM"),
    outer: ["token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm", "output": "embed_out"],
    layer: (
      "gpt_neox.layers",
      [
        "attn_norm": "input_layernorm", "attn_qkv": "attention.query_key_value", "attn_output": "attention.dense",
        "ffn_norm": "post_attention_layernorm", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h",
      ]
    ), changes: ["attn_qkv": .gathered]
  ) { keys throws(ModelError) in
    let (width, heads) = (try keys.requiredCount("embedding_length"), try keys.heads())
    let head = max(1, width / heads.queries), turned = try keys.count("rope.dimension_count") ?? head
    let base = try keys.number("rope.freq_base") ?? .number("10000.0")
    return [
      ("num_hidden_layers", .number("\(try keys.layers())")), ("hidden_size", .number("\(width)")),
      ("intermediate_size", .number("\(try keys.requiredCount("feed_forward_length"))")),
      ("num_attention_heads", .number("\(heads.queries)")),
      ("max_position_embeddings", .number("\(try keys.requiredCount("context_length"))")),
      ("layer_norm_eps", try keys.requiredNumber("attention.layer_norm_epsilon")), ("hidden_act", .string("gelu")),
      ("rotary_pct", .number("\(share(turned, of: head))")), ("rotary_emb_base", base),
      ("rope_scaling", try GGUFRotary.scaling(keys, base: double(base), headWidth: turned)),
      ("use_parallel_residual", .bool(try keys.flag("use_parallel_residual") ?? true)), ("attention_bias", .bool(true)),
    ]
  }

  // MARK: Gemma

  private static let gelu = (key: "hidden_activation", function: "gelu_pytorch_tanh")

  /// Gemma 2 and 3 have norms behind attention and MLP too.
  private static let sandwich = merged([
    "ffn_norm": "pre_feedforward_layernorm", "post_attention_norm": "post_attention_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
  ])

  /// Its converter has added 1 to the weights of norms, by which Gemma multiplies plus 1.
  private static let gemmaNorms: [String: GGUFChange] = Dictionary(
    uniqueKeysWithValues: [
      "output_norm", "attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm",
    ].map { ($0, .plusOne) })

  private static func merged(_ names: [String: String]) -> [String: String] { decoderLayer.merging(names) { $1 } }

  /// The number of which attention's scale is the inverse root: the head's width, but in the largest model, which llama.cpp too knows by
  /// its number of layers, the residual stream's width for each head.
  private static func attentionScale(_ keys: GGUFSettings, layersOfLargest largest: Int) throws(ModelError) -> JSONNode.Value {
    let (width, heads) = (try keys.requiredCount("embedding_length"), try keys.heads().queries)
    if let scale = try keys.number("attention.scale") {
      let number = 1 / (double(scale) * double(scale))
      guard number.isFinite, number > 0 else {
        throw keys.bad("attention.scale", "is \(scale)", advice: "Convert the model again.")
      }
      return .number("\(number)")
    }
    let isLargest = try keys.layers() == largest
    return .number("\(isLargest ? width / heads : try headWidth(keys, width / heads))")
  }

  /// Whether each layer slides: as the file says, or all but every so many. Without a window none does.
  private static func slidingLayers(_ keys: GGUFSettings, every usual: Int) throws(ModelError) -> [Bool] {
    let layers = try keys.layers()
    let key = "attention.sliding_window_pattern"
    let pattern = keys.value(key)
    guard try keys.count("attention.sliding_window") != nil else { return Array(repeating: false, count: layers) }
    switch pattern {
    case nil: return (0..<layers).map { ($0 + 1) % usual != 0 }
    case .integer(let period) where period > 0: return (0..<layers).map { ($0 + 1) % period != 0 }
    case .array(let array):
      if array.count == layers, let flags = array.flags { return flags }
      fallthrough
    default: throw keys.bad(key, "is \(pattern.map { "\($0)" } ?? "")", advice: "It must say of each layer whether it slides.")
    }
  }

  private static func layerTypes(_ slides: [Bool]) -> JSONNode.Value {
    .array(slides.map { JSONNode(.string($0 ? "sliding_attention" : "full_attention")) })
  }

  /// The part of a head that is turned: the number by which transformers multiplies the width, and drops the fraction.
  private static func share(_ turned: Int, of head: Int) -> Double {
    let share = Double(turned) / Double(head)
    return Int(share * Double(head)) == turned ? share : share.nextUp
  }
}
