import Checkpoints
import Foundation
import Tensors
import Testing
import Transformer

/// No key of a `config.json` is passed over: it is used, or it is an error that names it, or it is known to change no number.
@Suite struct FamilyStrictnessTests {
  /// Keys of the reference checkpoints that change no number there. Some of them do elsewhere: a window where windows are off, and what
  /// transformers says of a pattern that `layer_types` has replaced.
  private static let changesNothing: [String: Set<String>] = [
    "": ["dtype", "initializer_range", "transformers_version", "use_cache"],
    "gemma3": ["_sliding_window_pattern"], "gemma3-scaled": ["_sliding_window_pattern"],
    "gpt-neox": ["classifier_dropout"], "gpt-neox-serial": ["classifier_dropout"],
    "gpt2": [
      "attn_pdrop", "embd_pdrop", "resid_pdrop", "reorder_and_upcast_attn", "summary_activation", "summary_first_dropout",
      "summary_proj_to_labels", "summary_type", "summary_use_proj",
    ],
    "qwen2": ["max_window_layers", "sliding_window"], "qwen3": ["max_window_layers", "sliding_window"],
  ]

  /// Another value of the same kind, in a file's words.
  private static func other(_ node: JSONNode) -> String {
    switch node.value {
    case .number(let digits):
      if let whole = Int(digits) {
        "\(whole == 0 ? 1 : 2 * whole)"
      } else {
        "\((Double(digits) ?? 0) == 0 ? 0.5 : 2 * (Double(digits) ?? 0))"
      }
    case .bool(let flag): "\(!flag)"
    case .string: "\"another\""
    case .null: "7"
    case .array: "[\"another\"]"
    case .object: "{\"another\": 1}"
    }
  }

  @Test(arguments: FamilyTexts.all.keys.sorted())
  func everyKeyThatIsChangedChangesTheDescriptionOrIsRefusedByItsName(name: String) throws {
    let text = SettingsText(try #require(FamilyTexts.all[name]))
    let described = try text.configuration()
    let harmless = (Self.changesNothing[""] ?? []).union(Self.changesNothing[name] ?? [])
    for key in text.keys {
      let changed = text.setting(key, Self.other(try #require(text.value(key))))
      let isTheSame = try? changed.configuration() == described
      if harmless.contains(key) {
        #expect(isTheSame == true, "\(key): \(changed.error)")
      } else {
        #expect(isTheSame != true, "“\(key)” is passed over in \(changed)")
        // Another number of layers is told by the list of their kinds.
        let names = key == "num_hidden_layers" ? ["“layer_types”", "“num_hidden_layers”"] : ["\(key)”", "“\(key)."]
        if isTheSame == nil { #expect(names.contains { changed.error.contains($0) }, "\(key): \(changed.error)") }
      }
    }
  }

  @Test
  func everyKeyOfTheRotaryEmbeddingsScalingIsUsedOrRefused() throws {
    let text = SettingsText(FamilyTexts.llama)
    let described = try text.configuration()
    let inner = SettingsText(
      #"{"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 32, "rope_type": "llama3"}"#
    )
    #expect(try text.setting("rope_scaling", inner.text).configuration() == described)
    for key in inner.keys {
      let changed = text.setting("rope_scaling", inner.setting(key, Self.other(try #require(inner.value(key)))).text)
      #expect((try? changed.configuration()) != described, "\(key)")
      if !changed.error.isEmpty { #expect(changed.error.contains("“rope_scaling.\(key)”"), "\(changed.error)") }
      #expect(text.setting("rope_scaling", inner.without(key).text).error.contains("rope_scaling."), "\(key)")
    }
    #expect(text.setting("rope_scaling", inner.setting("high_freq_factor", "1.0").text).error.contains("is not larger than"))
  }

  /// Keys that other models have, with values with which something else would be computed.
  private static let foreign: [(key: String, value: String)] = [
    ("add_cross_attention", "true"), ("attention_dropout", "0.1"), ("auto_map", "{\"AutoModel\": \"m.py\"}"),
    ("is_causal", "false"),
    ("is_encoder_decoder", "true"), ("pretraining_tp", "2"), ("pruned_heads", "{\"0\": [1]}"),
    ("quantization_config", "{\"bits\": 4}"), ("use_bidirectional_attention", "true"), ("a_new_key", "1"),
    ("num_local_experts", "8"),
    ("logits_scaling", "8.0"), ("residual_multiplier", "0.2"), ("clip_qkv", "8.0"), ("qk_layernorm", "true"), ("alibi", "true"),
    ("rope_interleaved", "true"), ("no_rope_layers", "[1]"), ("attention_multiplier", "0.1"), ("use_mrope", "true"),
    ("hidden_dropout", "0.1"), ("tie_encoder_decoder", "true"), ("n_ctx", "7"), ("n_special", "1"),
  ]

  @Test(arguments: FamilyTexts.all.keys.sorted())
  func aKeyThatNoFamilyKnowsIsRefusedInEach(name: String) throws {
    let text = SettingsText(try #require(FamilyTexts.all[name]))
    for (key, value) in Self.foreign {
      let error = text.setting(key, value).error
      #expect(error.hasPrefix("config.json:") && error.contains(": “\(key)” is "), "\(key): \(error)")
      #expect(!error.contains("Gemma 1"), "\(error)")
    }
  }

  /// Keys that some families use, in those that do not.
  private static let elsewhere: [(family: String, key: String, value: String)] = [
    ("llama", "sliding_window", "16"), ("llama", "use_sliding_window", "true"), ("llama", "partial_rotary_factor", "0.5"),
    ("llama", "layer_types", "[\"sliding_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]"),
    ("llama", "attn_logit_softcapping", "50.0"), ("llama", "final_logit_softcapping", "30.0"),
    ("llama", "query_pre_attn_scalar", "24"), ("llama", "rope_local_base_freq", "10000.0"), ("llama", "is_llama_config", "false"),
    ("mistral", "attention_bias", "true"), ("mistral", "mlp_bias", "true"), ("mistral", "partial_rotary_factor", "0.5"),
    ("mistral", "layer_types", "[\"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]"),
    ("qwen2", "attention_bias", "true"), ("qwen2", "mlp_bias", "true"), ("qwen3", "mlp_bias", "true"),
    ("gemma2", "attention_bias", "true"), ("gemma2", "mlp_bias", "true"), ("gemma2", "hidden_act", "\"silu\""),
    ("gemma3", "attn_logit_softcapping", "50.0"), ("gemma3", "partial_rotary_factor", "0.5"),
    ("gemma3", "attention_bias", "true"),
    ("gpt2", "hidden_size", "48"), ("gpt2", "rope_theta", "10000.0"), ("gpt2", "sliding_window", "16"),
    ("gpt2", "scale_attn_by_inverse_layer_idx", "true"), ("gpt-neox", "sliding_window", "16"), ("gpt-neox", "head_dim", "32"),
    ("gpt-neox", "num_key_value_heads", "2"), ("gpt-neox", "rms_norm_eps", "1e-6"),
  ]

  @Test(arguments: elsewhere.indices)
  func aKeyThatAnotherFamilyUsesIsRefusedByItsName(index: Int) throws {
    let (family, key, value) = Self.elsewhere[index]
    let error = SettingsText(try #require(FamilyTexts.all[family])).setting(key, value).error
    #expect(error.contains("“\(key)” "), "\(error)")
  }

  /// Settings that say two things, and both keys as the error names them.
  private static let contradictions: [(family: String, settings: [(String, String)], names: [String])] = [
    (
      "llama", [("rope_parameters", #"{"rope_theta": 10000.0}"#)],
      ["“rope_theta” is 500000.0", "“rope_parameters.rope_theta” is 10000.0"]
    ),
    ("llama", [("rope_parameters", #"{"rope_type": "default"}"#)], ["“rope_parameters” is {", "“rope_scaling” is {"]),
    (
      "llama-tied", [("rope_scaling", #"{"rope_type": "linear", "type": "llama3", "factor": 2}"#)],
      ["“rope_scaling.rope_type” is “linear”", "“rope_scaling.type” is “llama3”"]
    ),
    ("gpt-neox", [("rotary_pct", "0.5")], ["“rotary_pct” is 0.5", "“partial_rotary_factor” is 0.25"]),
    ("gpt-neox", [("rotary_emb_base", "20000")], ["“rotary_emb_base” is 20000", "“rope_theta” is 10000"]),
    (
      "gpt-neox", [("rope_parameters", #"{"partial_rotary_factor": 1.0}"#)],
      ["“rotary_pct” is 0.25", "“rope_parameters.partial_rotary_factor” is 1.0"]
    ),
    ("gpt2", [("n_ctx", "64")], ["“n_ctx” is 64", "“n_positions” is 128"]),
    ("gemma2", [("sliding_window_size", "8")], ["“sliding_window_size” is 8", "“sliding_window” is 16"]),
    ("gemma2", [("sliding_window", "null")], ["“sliding_window” is null"]),
    ("gemma3", [("sliding_window_pattern", "2")], ["“sliding_window_pattern” is 2", "“layer_types” says otherwise"]),
    (
      "gemma3", [("layer_types", "null"), ("_sliding_window_pattern", "3")], ["“_sliding_window_pattern” is 3", "“layer_types”"]
    ),
    (
      "gemma3", [("rope_parameters", #"{"sliding_attention": {"rope_theta": 20000.0}}"#)],
      ["“rope_local_base_freq” is 10000.0", "“rope_parameters.sliding_attention.rope_theta” is 20000.0"]
    ),
    ("gemma3", [("rope_parameters", #"{"rope_theta": 1000000.0}"#)], ["“rope_parameters.rope_theta” is 1000000.0"]),
    (
      "gemma3-scaled", [("rope_parameters", #"{"full_attention": {"rope_type": "default"}}"#)],
      ["“rope_parameters.full_attention” is {", "“rope_scaling” is {"]
    ),
    (
      "qwen2", [("layer_types", "[\"sliding_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]")],
      ["“layer_types”", "“use_sliding_window” is not true"]
    ),
    ("qwen2", [("use_sliding_window", "true")], ["“sliding_window” is null", "“use_sliding_window” is true"]),
    (
      "qwen2", [("use_sliding_window", "true"), ("sliding_window", "16"), ("max_window_layers", "2")],
      ["“layer_types”", "“max_window_layers”, 2"]
    ),
    (
      "mistral", [("layer_types", "[\"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]")],
      ["“layer_types” says otherwise than “sliding_window”"]
    ),
  ]

  @Test(arguments: contradictions.indices)
  func twoKeysThatSayDifferentThingsAreRefusedByBothNames(index: Int) throws {
    let (family, settings, names) = Self.contradictions[index]
    let error = SettingsText(try #require(FamilyTexts.all[family])).setting(settings).error
    for name in names { #expect(error.contains(name), "\(error)") }
  }

  @Test
  func keysThatSayTheSameInSeveralWordsPass() throws {
    let five = SettingsText(FamilyTexts.llama).setting(
      "rope_parameters",
      #"{"factor": 8, "high_freq_factor": 4, "low_freq_factor": 1, "original_max_position_embeddings": 32, "rope_type": "llama3", "rope_theta": 5e5}"#
    )
    #expect(try five.configuration() == SettingsText(FamilyTexts.llama).configuration())
    let gemma3 = SettingsText(FamilyTexts.gemma3).setting("sliding_window_pattern", "3")
    #expect(try gemma3.configuration() == SettingsText(FamilyTexts.gemma3).configuration())
    #expect(
      try SettingsText(FamilyTexts.gpt2).setting("n_ctx", "128").configuration() == SettingsText(FamilyTexts.gpt2).configuration()
    )
  }

  @Test
  func rotaryEmbeddingTurnsPairsOfAPartOfAHeadAnotherNumberIsRefusedByTheKeyThatGivesIt() {
    let text = SettingsText(FamilyTexts.gptNeoX).without("partial_rotary_factor")
    #expect(text.setting("rotary_pct", "0.2").error.contains("“rotary_pct” is 0.2. With it, 3 numbers of a head of 16"))
    #expect(text.setting("rotary_pct", "0.0").error.contains("“rotary_pct” is 0.0. With it, 0 numbers"))
    #expect(text.setting("rotary_pct", "1.5").error.contains("“rotary_pct” is 1.5. It must lie between 0.0 and 1.0"))
    #expect(SettingsText(FamilyTexts.llama).setting("head_dim", "15").error.contains("“head_dim” is 15"))
  }

  @Test(arguments: ["dynamic", "yarn", "longrope", "ntk"])
  func scalingsThatFolioDoesNotComputeAreRefusedByTheirName(kind: String) {
    for text in [FamilyTexts.llama, FamilyTexts.qwen2, FamilyTexts.mistral, FamilyTexts.gptNeoX, FamilyTexts.gemma3] {
      let error = SettingsText(text).setting("rope_scaling", "{\"rope_type\": \"\(kind)\", \"factor\": 2.0}").error
      #expect(error.contains("“rope_scaling.rope_type” is “\(kind)”. Folio scales"), "\(error)")
    }
  }

  @Test
  func activationsHaveSeveralNamesAndOthersAreRefusedWithAList() throws {
    let text = SettingsText(FamilyTexts.gptNeoX)
    for (names, activation) in [
      (["gelu_new", "gelu_fast", "gelu_pytorch_tanh"], Activation.geluTanh), (["gelu", "gelu_python"], .gelu),
      (["silu", "swish"], .silu),
    ] {
      for name in names { #expect(try text.setting("hidden_act", "\"\(name)\"").configuration().mlp.activation == activation) }
    }
    #expect(text.setting("hidden_act", "\"relu\"").error.contains("“hidden_act” is “relu”. Folio computes MLPs with gelu, "))
    #expect(text.setting("hidden_act", "null").error.contains("“hidden_act” is null"))
    #expect(
      SettingsText(FamilyTexts.gpt2).setting("activation_function", "\"relu\"").error.contains("“activation_function” is “relu”"))
  }

  @Test
  func theLanguageModelOfAGemma3WithImagesIsItsTextConfigOfWhichEachKeyCounts() throws {
    let text = SettingsText(FamilyTexts.gemma3Multimodal)
    let c = try text.configuration()
    #expect(c.modelType == "gemma3_text" && c.layers == 34 && c.width == 2560 && c.heads == 8 && c.keyValueHeads == 4)
    #expect(c.headWidth == 256 && c.vocabulary == 262_208 && c.contextLength == 131_072 && c.eos == [1, 106] && c.bos == 2)
    #expect(c.windows.prefix(7) == [1024, 1024, 1024, 1024, 1024, nil, 1024] && c.attention.scale == 1 / 16)
    let inner = #"{"hidden_size": 2560, "num_hidden_layers": 34, "#
    #expect(text.setting("text_config", inner + #""a_new_key": 1}"#).error.contains("“text_config.a_new_key” is 1"))
    #expect(
      text.setting("text_config", inner + #""attn_logit_softcapping": 50.0}"#).error.contains(
        "“text_config.attn_logit_softcapping” is 50.0"))
    #expect(text.setting("text_config", inner + #""model_type": "llama"}"#).error.contains("“text_config.model_type” is “llama”"))
    #expect(
      text.setting("tie_word_embeddings", "false").error.contains(
        "“tie_word_embeddings” is false, and in “text_config” it is true"))
    #expect(text.without("text_config").error.contains("“text_config” is missing"))
    #expect(text.setting("a_new_key", "1").error.contains("“a_new_key” is 1"))
  }
}
