import Checkpoints
import Foundation

/// The sizes and constants of a Gemma checkpoint, from its `config.json`.
///
/// `head_dim` stands on its own: heads times head width need not be the width of the residual stream.
public struct ModelConfiguration: Hashable, Sendable {
  /// How many transformer blocks.
  public let layers: Int
  /// The width of the residual stream, `hidden_size`.
  public let width: Int
  /// Query heads of each layer.
  public let heads: Int
  /// Key and value heads of each layer: 1 (multi-query), `heads`, or a divisor of it (grouped-query).
  public let keyValueHeads: Int
  /// The width of one head, `head_dim`; even.
  public let headWidth: Int
  /// The width of the MLP's inner layer, `intermediate_size`.
  public let mlpWidth: Int
  /// How many tokens there are.
  public let vocabulary: Int
  /// The longest sequence, in tokens.
  public let contextLength: Int
  /// What RMSNorm adds to the mean square.
  public let normEpsilon: Float
  /// The base of the rotary frequencies.
  public let ropeBase: Float
  /// The token that begins a sequence.
  public let bos: Int
  /// The tokens that end one: those of `generation_config.json`, or of `config.json` where that file names none.
  public internal(set) var eos: [Int]
  /// The token that fills up a batch; never part of a text.
  public let pad: Int

  /// Query heads that share one key and value head.
  public var headsPerKeyValueHead: Int { heads / keyValueHeads }
}

extension ModelConfiguration {
  /// Reads and checks a `config.json`, which must describe a Gemma that Folio computes.
  ///
  /// Every key is used, or has the value with which it changes no number, or is known to change none whatever its value. Every other
  /// key is an error that names it, its value and its line.
  public init(contentsOf file: URL) throws(ModelError) { try self.init(SettingsReader(contentsOf: file)) }

  init(json: Data, file: String, hasLines: Bool = true) throws(ModelError) {
    try self.init(SettingsReader(json: json, file: file, hasLines: hasLines))
  }

  init(_ keys: SettingsReader) throws(ModelError) {
    try keys.requireGemma()
    layers = try keys.integer("num_hidden_layers", in: 1...1000)
    width = try keys.integer("hidden_size", in: 1...1_000_000)
    heads = try keys.integer("num_attention_heads", in: 1...10_000)
    keyValueHeads = try keys.integer("num_key_value_heads", in: 1...10_000)
    headWidth = try keys.integer("head_dim", in: 2...100_000)
    mlpWidth = try keys.integer("intermediate_size", in: 1...10_000_000)
    vocabulary = try keys.integer("vocab_size", in: 1...10_000_000)
    // What is missing here has the value that transformers' GemmaConfig gives it.
    contextLength = try keys.integer("max_position_embeddings", in: 1...100_000_000, default: 8192)
    normEpsilon = Float(try keys.number("rms_norm_eps", in: 1e-12...0.1, default: 1e-6))
    ropeBase = Float(try keys.ropeBase())
    bos = try keys.integer("bos_token_id", in: 0...(vocabulary - 1), default: 2)
    pad = keys.has("pad_token_id") ? try keys.integer("pad_token_id", in: 0...(vocabulary - 1)) : 0
    eos = keys.node("eos_token_id") == nil ? [1] : try keys.integers("eos_token_id", in: 0...(vocabulary - 1)) ?? []
    guard headWidth.isMultiple(of: 2) else {
      throw keys.error(
        "head_dim", "is \(headWidth), an odd number", "Rotary embedding turns pairs: the head width must be even.")
    }
    guard heads.isMultiple(of: keyValueHeads) else {
      throw keys.error(
        "num_key_value_heads", "is \(keyValueHeads), which does not divide the \(heads) query heads",
        "Each key and value head serves the same number of query heads.")
    }
    try keys.requireNeutral(headWidth: headWidth, layers: layers)
    try keys.finish(
      ignoring: SettingsReader.harmless.union(GenerationDefaults.keys),
      else: "Folio does not know this key, and so not what would be computed with it. If it changes no number, remove it.")
  }
}

// MARK: - What a Gemma's config.json says

extension SettingsReader {
  /// Keys that change no number of a run, whatever their value: where the checkpoint came from, what training and other programs want
  /// to know, labels of classifiers, whose weights would be refused. `dtype` says how the weights are stored, which their own file says
  /// too; Folio computes in fp32.
  fileprivate static let harmless: Set<String> = [
    "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal", "_commit_hash", "_name_or_path",
    "attn_implementation", "chunk_size_feed_forward", "dtype", "finetuning_task", "gradient_checkpointing", "id2label",
    "initializer_range", "is_decoder", "label2id", "name_or_path", "num_labels", "output_attentions", "output_hidden_states",
    "problem_type", "return_dict", "sep_token_id", "task_specific_params", "tf_legacy_loss", "torch_dtype",
    "torchscript", "transformers_version", "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",
  ]

  /// Keys that change what is computed, with the values with which they do not. All of them may be null, which sets nothing.
  private static let neutral: [(key: String, values: [JSONNode.Value])] = [
    ("add_cross_attention", [.bool(false)]), ("attention_bias", [.bool(false)]), ("attention_dropout", [.number("0")]),
    ("attn_logit_softcapping", [.null]), ("auto_map", [.null]), ("cross_attention_hidden_size", [.null]),
    ("final_logit_softcapping", [.null]), ("is_causal", [.bool(true)]), ("is_encoder_decoder", [.bool(false)]),
    ("mlp_bias", [.bool(false)]), ("partial_rotary_factor", [.number("1")]), ("prefix", [.null, .string("")]),
    ("pretraining_tp", [.number("1")]), ("pruned_heads", [.object([])]), ("quantization_config", [.null]),
    ("sliding_window", [.null]), ("tokenizer_class", TokenizerSettings.classes), ("tie_encoder_decoder", [.bool(false)]),
    ("use_bidirectional_attention", [.bool(false)]),
    ("use_sliding_window", [.bool(false)]),
  ]

  fileprivate func requireGemma() throws(ModelError) {
    let advice = "Folio runs Gemma 1 checkpoints, as google/gemma-2b and google/gemma-7b."
    guard let kind = try string("model_type") else { throw error("model_type", "is missing", advice) }
    guard kind == "gemma" else { throw error("model_type", "is “\(kind)”, not “gemma”", advice) }
    try require("architectures", toBe: [.array([JSONNode(.string("GemmaForCausalLM"))]), .null], else: advice)
    try requireTanhGELU()
    guard try flag("tie_word_embeddings") ?? true else {
      throw error("tie_word_embeddings", "is false", "Gemma's unembedding is its embedding; another one is not supported.")
    }
  }

  fileprivate func requireNeutral(headWidth: Int, layers: Int) throws(ModelError) {
    for (key, values) in Self.neutral {
      let advice = "Folio computes Gemma 1 as it was published, where that is \(text(JSONNode(values[0]))), or missing."
      try require(key, toBe: values + [.null], else: advice)
    }
    try require(
      "query_pre_attn_scalar", toBe: [.number("\(headWidth)"), .null],
      else: "Folio divides attention scores by the root of the head width, \(headWidth).")
    try require(
      "layer_types", toBe: [.array(Array(repeating: JSONNode(.string("full_attention")), count: layers)), .null],
      else: "Folio computes full attention in each of the \(layers) layers.")
  }

  /// The activation must be GELU with tanh.
  ///
  /// `hidden_act` is “gelu” in Gemma's first releases and means the form with tanh (Google's own code, and transformers since 4.38.2);
  /// there, `hidden_activation` goes before it if it is given. What transformers makes of two keys that disagree depends on its version.
  private func requireTanhGELU() throws(ModelError) {
    // Three names of one formula.
    let names: [JSONNode.Value] = ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"].map { .string($0) }
    let advice = "Folio computes Gemma's MLP with gelu_pytorch_tanh only."
    try require("hidden_activation", toBe: names + [.null], else: advice)
    try require("hidden_act", toBe: names + [.string("gelu"), .null], else: advice)
  }

  /// The base of the rotary frequencies. transformers 4 writes it as `rope_theta`, with a scaling in `rope_scaling` or none;
  /// transformers 5 writes both into `rope_parameters`.
  fileprivate func ropeBase() throws(ModelError) -> Double {
    let range = 1.0...1e12
    var base = node("rope_theta") == nil ? nil : try number("rope_theta", in: range)
    for key in ["rope_parameters", "rope_scaling"] {
      guard let rope = try object(key) else { continue }
      let advice = "Folio computes rotary embedding without scaling, of all of a head."
      for kind in ["rope_type", "type"] { try rope.require(kind, toBe: [.string("default"), .null], else: advice) }
      try rope.require("partial_rotary_factor", toBe: [.number("1"), .null], else: advice)
      if rope.has("rope_theta") {
        let inner = try rope.number("rope_theta", in: range)
        guard inner == base ?? inner else {
          throw error(
            "rope_theta", "is \(base ?? inner), and “\(key).rope_theta” is \(inner)",
            "Which one counts differs between versions of transformers; remove the wrong one.")
        }
        base = inner
      }
      try rope.finish(ignoring: [], else: advice)
    }
    return base ?? 10_000
  }
}
