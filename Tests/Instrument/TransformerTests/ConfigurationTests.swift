import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

@Suite struct ConfigurationTests {
  @Test
  func theKeysOfACheckpointAreRead() throws {
    let config = try ModelFixture.named("tiny-gemma-gqa").model.config
    #expect(config.layers == 3 && config.width == 64 && config.heads == 4 && config.keyValueHeads == 2 && config.headWidth == 32)
    #expect(config.mlpWidth == 128 && config.vocabulary == 1000 && config.contextLength == 8192 && config.normEpsilon == 1e-6)
    #expect(config.norm == .rootMeanSquare(offset: 1) && config.bos == 2 && config.eos == [1] && config.headsPerKeyValueHead == 2)
  }

  @Test
  func severalEndTokensAreRead() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"eos_token_id\": 1", by: "\"eos_token_id\": [1, 107]", in: "config.json")
    #expect(try ModelConfiguration(contentsOf: model.file("config.json")).eos == [1, 107])
    try model.replace("\"eos_token_id\": [1, 107]", by: "\"eos_token_id\": null", in: "config.json")
    #expect(try ModelConfiguration(contentsOf: model.file("config.json")).eos == [])
  }

  @Test(
    arguments: [
      (
        "\"model_type\": \"gemma\"", "\"model_type\": \"mamba\"",
        "“model_type” is “mamba”. Folio runs the families gemma, gemma2,"
      ),
      ("\"model_type\": \"gemma\"", "\"x\": 1", "“model_type” is missing"),
      ("\"num_hidden_layers\": 4", "\"x\": 1", "“num_hidden_layers” is missing"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 0", "“num_hidden_layers” is 0"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": -3", "“num_hidden_layers” is -3"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 4.5", "“num_hidden_layers” is 4.5. It must be a whole number."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 4.0", "“num_hidden_layers” is 4.0. It must be a whole number."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": \"4\"", "“num_hidden_layers” is “4”. It must be a whole number."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": true", "“num_hidden_layers” is true. It must be a whole number."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 9223372036854775807", "“num_hidden_layers” is 9223372036854775807."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 99999999999999999999", "“num_hidden_layers” is 99999999999999999999."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 1e300", "“num_hidden_layers” is 1e300. It must be a whole number."),
      ("\"hidden_size\": 64", "\"hidden_size\": null", "“hidden_size” is null"),
      ("\"head_dim\": 16", "\"head_dim\": 15", "“head_dim” is 15, an odd number"),
      ("\"head_dim\": 16,", "", "“head_dim” is missing"),
      ("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3", "“num_key_value_heads” is 3, which does not divide the 4"),
      ("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": -1", "“rms_norm_eps” is -1"),
      ("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": \"1e-06\"", "“rms_norm_eps” is “1e-06”. It must be a number."),
      ("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": NaN", "is not JSON: “NaN” is no value"),
      ("\"rope_theta\": 10000.0", "\"rope_theta\": 0", "“rope_theta” is 0"),
      ("\"rope_theta\": 10000.0", "\"rope_theta\": null", "“rope_theta” is null"),
      ("\"bos_token_id\": 2", "\"bos_token_id\": 1000", "“bos_token_id” is 1000"),
      ("\"eos_token_id\": 1", "\"eos_token_id\": [1, -1]", "“eos_token_id” is -1"),
      ("\"eos_token_id\": 1", "\"eos_token_id\": \"</s>\"", "“eos_token_id” is “</s>”"),
      ("\"use_cache\": true", "\"tie_word_embeddings\": false", "the tensor “lm_head.weight” is missing"),
      ("\"use_cache\": true", "\"tie_word_embeddings\": null", "“tie_word_embeddings” is null. It must be true or false."),
      ("\"vocab_size\": 1000", "\"vocab_size\": 999", "has 1000 pieces, and the model's vocabulary has 999"),
      ("\"vocab_size\": 1000", "\"vocab_size\": 2000", "has the shape [1000, 64], and config.json asks for [2000, 64]"),
      ("\"intermediate_size\": 128", "\"intermediate_size\": 256", "has the shape [128, 64], and config.json asks for [256, 64]"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5", "“model.layers.4.input_layernorm.weight” is missing"),
      ("{", "[", "is not JSON: “]” is missing"),
      ("\"use_cache\": true", "\"use_cache\": true,", "is not JSON"),
    ])
  func aWrongValueIsAnErrorThatNamesFileKeyAndProblem(old: String, new: String, problem: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace(old, by: new, in: "config.json")
    #expect(model.loadingError.contains(problem), "\(model.loadingError)")
    #expect(model.loadingError.contains(model.folder.lastPathComponent))
  }

  @Test
  func anErrorNamesTheLineOfItsKey() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"head_dim\": 16", by: "\"head_dim\": 15", in: "config.json")
    #expect(model.loadingError.contains("/config.json:9: “head_dim” is 15"), "\(model.loadingError)")
    try model.replace("\"head_dim\": 15", by: "\"head_dim\": 1..5", in: "config.json")
    #expect(model.loadingError.contains("/config.json:9: the file is not JSON"), "\(model.loadingError)")
  }

  @Test(arguments: ["01", "+1", ".5", "1.", "1e", "0x1", "1_0", "Infinity", "-", "1 // a", "1,,"])
  func whatIsNoNumberInJSONIsAnError(value: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"rms_norm_eps\": 1e-06", by: "\"rms_norm_eps\": \(value)", in: "config.json")
    #expect(model.loadingError.contains("/config.json:21: the file is not JSON"), "\(model.loadingError)")
  }

  @Test
  func aKeyThatStandsTwiceIsAnErrorThatNamesBothLinesAlsoWithinAnother() throws {
    #expect(Self.error(adding: "\"head_dim\": 16").contains("“head_dim” stands there twice, also in line 9."))
    let inner = Self.error(adding: "\"rope_parameters\": {\"rope_theta\": 1e4, \"rope_theta\": 1e4}")
    #expect(inner.contains("“rope_parameters.rope_theta” stands there twice"), "\(inner)")
  }

  // MARK: Keys that change the arithmetic

  /// The error of the fixture with a further line in its config.json; empty if it loads.
  static func error(adding line: String, without removed: [String] = []) -> String {
    do {
      let model = try TemporaryModel(copying: "tiny-gemma")
      for key in removed { try model.replace(key, by: "", in: "config.json") }
      try model.replace("\"vocab_size\": 1000", by: "\"vocab_size\": 1000,\n  \(line)", in: "config.json")
      return model.loadingError
    } catch { return "The fixture cannot be changed: \(error)" }
  }

  @Test(
    arguments: [
      ("attention_bias", "true"), ("mlp_bias", "true"), ("attention_dropout", "0.1"), ("attn_logit_softcapping", "50.0"),
      ("final_logit_softcapping", "30.0"), ("sliding_window", "4096"), ("use_sliding_window", "true"),
      ("query_pre_attn_scalar", "24"), ("use_bidirectional_attention", "true"), ("is_causal", "false"),
      ("partial_rotary_factor", "0.25"), ("quantization_config", "{\"quant_method\": \"bitsandbytes\"}"),
      ("num_local_experts", "8"), ("text_config", "{\"hidden_size\": 64}"), ("pruned_heads", "{\"0\": [1]}"),
      ("auto_map", "{\"AutoModel\": \"modeling_x.X\"}"), ("is_encoder_decoder", "true"), ("prefix", "\"Answer: \""),
      ("layer_types", "[\"sliding_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]"),
      ("layer_types", "[\"full_attention\"]"), ("residual_multiplier", "0.22"), ("logit_scale", "1"), ("a_new_key", "false"),
      ("a_new_key", "0"), ("per_layer_config", "{\"1\": {\"head_dim\": 8}}"), ("rms_norm_add_unit_offset", "true"),
      ("rope_scaling", "\"linear\""), ("rope_local_base_freq", "10000.0"), ("pretraining_tp", "2"),
      ("tokenizer_class", "\"BertTokenizer\""),
    ])
  func aKeyWithWhichSomethingElseWouldBeComputedIsRefusedByItsNameValueAndLine(key: String, value: String) throws {
    // attention_bias and attention_dropout stand in the fixture with the value that changes nothing.
    let present = ["attention_bias": "\"attention_bias\": false,", "attention_dropout": "\"attention_dropout\": 0.0,"][key]
    let error = Self.error(adding: "\"\(key)\": \(value)", without: present.map { [$0] } ?? [])
    #expect(error.contains("/config.json:27: “\(key)”"), "\(error)")
  }

  @Test(
    arguments: [
      "\"attn_logit_softcapping\": null", "\"sliding_window\": null", "\"query_pre_attn_scalar\": 16", "\"is_causal\": true",
      "\"rope_scaling\": null", "\"rope_scaling\": {}", "\"rope_scaling\": {\"type\": \"default\"}", "\"rope_parameters\": null",
      "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 10000}", "\"quantization_config\": null",
      "\"partial_rotary_factor\": 1.0", "\"tie_word_embeddings\": true", "\"use_bidirectional_attention\": null",
      "\"mlp_bias\": false",
      "\"_name_or_path\": \"google/gemma-2b\"", "\"dtype\": \"bfloat16\"", "\"unsloth_version\": \"2024.9\"",
      "\"a_new_key\": null",
      "\"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]",
      "\"temperature\": 0.7", "\"repetition_penalty\": 1.3", "\"id2label\": {\"0\": \"LABEL_0\"}", "\"pretraining_tp\": 1",
      "\"tokenizer_class\": \"GemmaTokenizer\"",
    ])
  func aKeyThatChangesNoNumberOrHasTheValueWithWhichItDoesNotPasses(line: String) { #expect(Self.error(adding: line) == "") }

  @Test
  func googleGemma2bsOwnConfigJsonIsReadInItsFirstAndInLaterRevisions() throws {
    let first = """
      {"architectures": ["GemmaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 2, "eos_token_id": 1,
       "head_dim": 256, "hidden_act": "gelu", "hidden_size": 2048, "initializer_range": 0.02, "intermediate_size": 16384,
       "max_position_embeddings": 8192, "model_type": "gemma", "num_attention_heads": 8, "num_hidden_layers": 18,
       "num_key_value_heads": 1, "pad_token_id": 0, "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 10000.0,
       "torch_dtype": "bfloat16", "transformers_version": "4.38.0.dev0", "use_cache": true, "vocab_size": 256000}
      """
    let later = first.replacing("\"gelu\"", with: "\"gelu\", \"hidden_activation\": \"gelu_pytorch_tanh\"")
    let five = first.replacing("\"gelu\"", with: "\"gelu_pytorch_tanh\", \"use_bidirectional_attention\": null")
      .replacing(
        "\"rope_scaling\": null, \"rope_theta\": 10000.0",
        with: "\"rope_parameters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"}, \"tie_word_embeddings\": true"
      ).replacing("\"torch_dtype\"", with: "\"dtype\"")
    for text in [first, later, five] {
      let config = try Self.configuration(text)
      #expect(config.layers == 18 && config.width == 2048 && config.headWidth == 256 && config.norm == .rootMeanSquare(offset: 1))
    }
  }

  @Test
  func aConfigJsonIntoWhichTransformersWroteAllOfItsDefaultsIsRead() {
    let lines = """
      "_name_or_path": "google/gemma-2b", "add_cross_attention": false, "bad_words_ids": null, "begin_suppress_tokens": null,
      "chunk_size_feed_forward": 0, "cross_attention_hidden_size": null, "decoder_start_token_id": null, "diversity_penalty": 0.0,
      "do_sample": false, "early_stopping": false, "encoder_no_repeat_ngram_size": 0, "exponential_decay_length_penalty": null,
      "finetuning_task": null, "forced_bos_token_id": null, "forced_eos_token_id": null, "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
      "is_decoder": false, "is_encoder_decoder": false, "label2id": {"LABEL_0": 0, "LABEL_1": 1}, "length_penalty": 1.0,
      "max_length": 20, "min_length": 0, "no_repeat_ngram_size": 0, "num_beam_groups": 1, "num_beams": 1, "num_return_sequences": 1,
      "output_attentions": false, "output_hidden_states": false, "output_scores": false, "prefix": null, "problem_type": null,
      "pruned_heads": {}, "remove_invalid_values": false, "repetition_penalty": 1.0, "return_dict": true,
      "return_dict_in_generate": false, "rope_scaling": null, "sep_token_id": null, "suppress_tokens": null,
      "task_specific_params": null, "temperature": 1.0, "tf_legacy_loss": false, "tie_encoder_decoder": false,
      "tie_word_embeddings": true, "tokenizer_class": null, "top_k": 50, "top_p": 1.0, "torchscript": false, "typical_p": 1.0,
      "use_bfloat16": false
      """
    #expect(Self.error(adding: lines) == "")
  }

  private static func configuration(_ text: String) throws -> ModelConfiguration {
    let url = FileManager.default.temporaryDirectory.appending(path: "folio-config-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(text.utf8).write(to: url)
    return try ModelConfiguration(contentsOf: url)
  }

  // MARK: Activation and rotary embedding

  @Test(
    arguments: [
      (["\"hidden_act\": \"gelu\""], ""), ([], ""), (["\"hidden_act\": \"gelu\"", "\"hidden_activation\": null"], ""),
      (["\"hidden_act\": \"gelu\"", "\"hidden_activation\": \"gelu_pytorch_tanh\""], ""), (["\"hidden_act\": \"gelu_new\""], ""),
      (["\"hidden_activation\": \"gelu\""], "“hidden_activation” is “gelu”"),
      (["\"hidden_act\": \"silu\""], "“hidden_act” is “silu”"),
      (["\"hidden_act\": \"silu\"", "\"hidden_activation\": \"gelu_pytorch_tanh\""], "“hidden_act” is “silu”"),
      (["\"hidden_act\": \"gelu\"", "\"hidden_activation\": \"silu\""], "“hidden_activation” is “silu”"),
      (["\"hidden_act\": \"relu\"", "\"hidden_activation\": null"], "“hidden_act” is “relu”"),
      (["\"hidden_act\": 3"], "“hidden_act” is 3"),
    ])
  func theActivationIsGELUWithTanhUnderEachNameThatTransformersReadsAsThat(lines: [String], problem: String) {
    let present = ["\"hidden_act\": \"gelu_pytorch_tanh\",", "\"hidden_activation\": \"gelu_pytorch_tanh\","]
    let error = Self.error(adding: (lines + ["\"use_bfloat16\": false"]).joined(separator: ", "), without: present)
    #expect(problem.isEmpty ? error == "" : error.contains(problem), "\(error)")
  }

  @Test
  func theBaseOfRotaryEmbeddingIsReadInTheFormOfTransformers4AndOf5AndGivesTheSameNumbers() throws {
    let logits = try ["\"rope_theta\": 1e6", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 1000000}"].map {
      line in
      let model = try TemporaryModel(copying: "tiny-gemma")
      try model.replace("\"rope_theta\": 10000.0", by: line, in: "config.json")
      let loaded = try LanguageModel(folder: model.folder)
      #expect(loaded.config.positions == .rotary(Array(repeating: Rotation(width: 16, base: 1e6), count: loaded.config.layers)))
      let tokens = Array(try ModelFixture.named("tiny-gemma").expectations.tokensClean.prefix(24))
      let (twin, own) = (
        try DoubleTwin(folder: model.folder).run(tokens).logits.last ?? [], try loaded.run(tokens).logits.elements
      )
      let largest = twin.map(abs).max() ?? 0
      #expect(zip(twin, own).allSatisfy { abs($0 - Double($1)) <= 5e-5 * largest })
      return try loaded.run("Every grimpus is a zumpus.").logits
    }
    #expect(logits[0] == logits[1])
    #expect(try logits[0] != ModelFixture.named("tiny-gemma").model.run("Every grimpus is a zumpus.").logits)
  }

  @Test(
    arguments: [
      ("\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2.0}", "“rope_scaling.type” is “dynamic”"),
      ("\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 2.0}", "“rope_parameters.rope_type” is “yarn”"),
      ("\"rope_parameters\": {\"rope_type\": \"default\", \"factor\": 2.0}", "“rope_parameters.factor” is 2.0"),
      (
        "\"rope_parameters\": {\"rope_theta\": 500000.0}", "“rope_theta” is 10000.0, and “rope_parameters.rope_theta” is 500000.0"
      ),
      ("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1e4}}", "“rope_parameters.full_attention” is {"),
      ("\"rope_parameters\": {\"partial_rotary_factor\": 0.5}", "“rope_parameters.partial_rotary_factor” is 0.5"),
    ])
  func rotaryEmbeddingOfAnotherKindOrOfTwoBasesIsRefusedByTheKey(line: String, problem: String) {
    let error = Self.error(adding: line)
    #expect(error.contains(problem), "\(error)")
  }

  @Test(arguments: ["GemmaForSequenceClassification", "LanguageModel", "Gemma2ForCausalLM"])
  func anotherArchitectureIsRefusedByItsName(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("GemmaForCausalLM", by: name, in: "config.json")
    #expect(model.loadingError.contains("“architectures” is [“\(name)”]"), "\(model.loadingError)")
  }
}
