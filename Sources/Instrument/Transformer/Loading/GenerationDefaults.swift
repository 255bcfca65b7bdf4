import Checkpoints
import Foundation

/// What a checkpoint's `generation_config.json` says of going on with a text.
///
/// Folio's `generate` takes what it does from its arguments, so that a notebook shows it: a file's sampling is not applied unless the
/// notebook asks for it (`sampling: model.generationDefaults.sampling(seed: 1)`). Three kinds of settings are told apart:
/// - Tokens that end a text are used: they are the model's `config.eos`.
/// - Sampling and lengths are kept here, and the arguments of `generate` stand in their place.
/// - Every other setting that changes which tokens come out, and every one that Folio does not know, is something that `generate` does
///   not compute. It is an error of `generate` that names the key; what does not generate is not touched by it.
///
/// Older checkpoints have the same keys in `config.json`, where they count if the folder has no `generation_config.json`.
public struct GenerationDefaults: Sendable {
  /// Whether tokens are drawn at random, `do_sample`.
  public let samples: Bool
  /// What logits are divided by when tokens are drawn.
  public let temperature: Double
  /// Only so many of the likeliest tokens are drawn from; all if nil.
  public let topK: Int?
  /// Only the likeliest tokens are drawn from, as few as together have this probability.
  public let topP: Double
  /// How many tokens are written at most, `max_new_tokens`; nil if the file does not say.
  public let maxNewTokens: Int?
  /// The tokens that end a text; nil if the file names none.
  let eos: [Int]?
  /// What `generate` cannot do as the file says.
  let problem: ModelError?
  /// The file that it was read from, whole.
  let serialized: Data?

  /// How the file says that tokens are chosen: `.greedy` unless it says `do_sample`.
  public func sampling(seed: UInt64 = 0) throws(ModelError) -> Sampling {
    samples ? try Sampling(temperature: temperature, topK: topK, topP: topP, seed: seed) : .greedy
  }

  /// What holds for a model without such a file.
  static let none = GenerationDefaults()

  private init() {
    (samples, temperature, topK, topP, maxNewTokens) = (false, 1, nil, 1, nil)
    (eos, problem, serialized) = (nil, nil, nil)
  }

  /// Reads a folder's `generation_config.json`; without that file, the same keys of its `config.json`.
  init(folder: URL, _ configuration: ModelConfiguration) throws(ModelError) {
    let file = folder.appending(path: "generation_config.json")
    if ModelFile.exists(file) || ModelFile.deadLink(file) != nil {
      let data = try ModelFile.read(file)
      try self.init(SettingsReader(json: data, file: file.path), configuration, serialized: data)
    } else {
      try self.init(
        SettingsReader(contentsOf: folder.appending(path: "config.json"), only: Self.keys), configuration, serialized: nil)
    }
  }

  private init(_ keys: SettingsReader, _ configuration: ModelConfiguration, serialized: Data?) throws(ModelError) {
    let tokens = 0...(configuration.vocabulary - 1)
    samples = keys.has("do_sample") ? try keys.flag("do_sample") ?? false : false
    temperature = keys.has("temperature") ? try keys.number("temperature", in: 0...1e6) : 1
    // transformers draws from 50 tokens if the file does not say; 0 is all.
    let topK = keys.node("top_k") == nil ? 50 : keys.has("top_k") ? try keys.integer("top_k", in: 0...Int.max) : 0
    self.topK = topK == 0 ? nil : topK
    topP = keys.has("top_p") ? try keys.number("top_p", in: 0...1) : 1
    maxNewTokens = keys.has("max_new_tokens") ? try keys.integer("max_new_tokens", in: 1...Int.max) : nil
    eos = try keys.integers("eos_token_id", in: tokens)
    _ = try keys.integers("pad_token_id", in: tokens)
    if let bos = try keys.integers("bos_token_id", in: tokens), bos != [configuration.bos] {
      throw keys.error(
        "bos_token_id",
        "is \(bos.first.map(String.init) ?? "an empty list"), and config.json's is "
          + (configuration.bos.map(String.init) ?? "none"),
        "Both must name the token that begins a text.")
    }
    problem = Self.problem(keys)
    self.serialized = serialized
  }

  /// The first setting that changes which tokens come out, as `generate` does not.
  private static func problem(_ keys: SettingsReader) -> ModelError? {
    let advice = "Folio's generate does not compute that. Remove the key, to go on with texts without it."
    do throws(ModelError) {
      for (key, value) in neutral { try keys.require(key, toBe: [value, .null], else: advice) }
      try keys.finish(ignoring: harmless, else: advice)
      return nil
    } catch { return error }
  }
}

// MARK: - The keys of transformers' GenerationConfig

extension GenerationDefaults {
  /// Every key of generation that is known, to tell them apart in a `config.json`.
  static let keys = harmless.union(neutral.map(\.key)).union([
    "do_sample", "temperature", "top_k", "top_p", "max_new_tokens", "eos_token_id", "pad_token_id", "bos_token_id",
  ])

  /// Keys that change which tokens come out, with the value with which they do not. All of them may be null.
  private static let neutral: [(key: String, value: JSONNode.Value)] = [
    ("bad_words_ids", .array([])), ("begin_suppress_tokens", .array([])), ("constraints", .array([])), ("dola_layers", .null),
    ("encoder_no_repeat_ngram_size", .number("0")), ("encoder_repetition_penalty", .number("1")),
    ("epsilon_cutoff", .number("0")),
    ("eta_cutoff", .number("0")), ("exponential_decay_length_penalty", .null), ("force_words_ids", .array([])),
    ("forced_bos_token_id", .null), ("forced_eos_token_id", .null), ("guidance_scale", .number("1")), ("max_time", .null),
    ("min_length", .number("0")), ("min_new_tokens", .number("0")), ("min_p", .number("0")),
    ("no_repeat_ngram_size", .number("0")),
    ("num_beam_groups", .number("1")), ("num_beams", .number("1")), ("penalty_alpha", .number("0")),
    ("repetition_penalty", .number("1")), ("sequence_bias", .null), ("stop_strings", .array([])), ("suppress_tokens", .array([])),
    ("token_healing", .bool(false)), ("typical_p", .number("1")), ("watermarking_config", .null),
  ]

  /// Keys that change no token where `num_beams` is 1: how caches are kept, what is returned besides, how a smaller model helps, and
  /// `max_length`, in whose place `maxNewTokens` stands.
  private static let harmless: Set<String> = [
    "_commit_hash", "_from_model_config", "_original_object_hash", "assistant_confidence_threshold", "assistant_early_exit",
    "assistant_lookbehind", "cache_config", "cache_implementation", "compile_config", "continuous_batching_config",
    "decoder_start_token_id", "disable_compile",
    "diversity_penalty", "early_stopping", "is_assistant", "length_penalty", "low_memory", "max_cache_len", "max_length",
    "max_matching_ngram_size",
    "num_assistant_tokens", "num_assistant_tokens_schedule", "num_return_sequences", "output_attentions", "output_hidden_states",
    "output_logits", "output_scores", "prefill_chunk_size", "prompt_lookup_num_tokens", "remove_invalid_values",
    "renormalize_logits", "return_dict_in_generate", "return_legacy_cache", "target_lookbehind", "transformers_version",
    "use_cache",
  ]
}
