import Checkpoints
import Foundation
import Testing
import Transformer

/// What each family's `config.json` describes.
@Suite struct FamilyTests {
  private func configuration(_ text: String) throws -> ModelConfiguration { try SettingsText(text).configuration() }

  private func rotations(_ c: ModelConfiguration) -> [Rotation] {
    if case .rotary(let rotations) = c.positions { rotations } else { [] }
  }

  @Test
  func gemma2NormsOutputsCapsScoresAndLogitsAndSlidesInEveryOtherLayer() throws {
    let c = try configuration(FamilyTexts.gemma2)
    #expect(c.layers == 4 && c.width == 48 && c.heads == 4 && c.keyValueHeads == 2 && c.headWidth == 16 && c.mlpWidth == 96)
    #expect(c.vocabulary == 512 && c.contextLength == 512 && c.bos == 2 && c.eos == [1] && c.pad == 0)
    #expect(c.norm == .rootMeanSquare(offset: 1) && c.normEpsilon == 1e-6 && c.normsOutputs && c.block == .sequential)
    #expect(c.attention.scale == Float(1 / 24.0.squareRoot()) && c.attention.softCap == 4 && c.logitSoftCap == 3)
    #expect(!c.attention.normsQueriesAndKeys && !c.attention.hasInputBias && !c.attention.hasOutputBias)
    #expect(c.windows == [16, nil, 16, nil])
    #expect(rotations(c) == Array(repeating: Rotation(width: 16, base: 10_000), count: 4))
    #expect(c.mlp.isGated && c.mlp.activation == .geluTanh && !c.mlp.hasBias)
    #expect(c.embeddingScale == Float(48).squareRoot() && c.tiesUnembedding)
  }

  @Test
  func gemma3NormsQueriesAndKeysAndTurnsLayersWithAndWithoutAWindowByBasesOfTheirOwn() throws {
    let c = try configuration(FamilyTexts.gemma3)
    #expect(c.modelType == "gemma3_text" && c.normsOutputs && c.attention.normsQueriesAndKeys)
    #expect(c.attention.softCap == nil && c.logitSoftCap == nil)
    #expect(c.windows == [16, 16, nil, 16, 16, nil])
    #expect(rotations(c).map(\.base) == [1e4, 1e4, 1e6, 1e4, 1e4, 1e6])
    let scaled = try configuration(FamilyTexts.gemma3Scaled)
    #expect(scaled.windows == [16, nil, 16])
    #expect(rotations(scaled).map(\.scaling) == [.none, .linear(factor: 8), .none])
  }

  @Test
  func llamaHoldsNormsFactorsThemselvesAndScalesFrequencies() throws {
    let c = try configuration(FamilyTexts.llama)
    #expect(c.norm == .rootMeanSquare(offset: 0) && c.normEpsilon == 1e-5 && !c.normsOutputs && c.embeddingScale == 1)
    #expect(!c.tiesUnembedding && c.mlp.isGated && c.mlp.activation == .silu && c.windows == [nil, nil, nil, nil])
    let scaling = Rotation.Scaling.llama3(factor: 8, lowFrequency: 1, highFrequency: 4, originalContext: 32)
    #expect(rotations(c) == Array(repeating: Rotation(width: 16, base: 500_000, scaling: scaling), count: 4))
    let tied = try configuration(FamilyTexts.llamaTied)
    #expect(tied.tiesUnembedding && rotations(tied).allSatisfy { $0 == Rotation(width: 16, base: 100_000) })
    let biased = try SettingsText(FamilyTexts.llama).setting([("attention_bias", "true"), ("mlp_bias", "true")]).configuration()
    #expect(biased.attention.hasInputBias && biased.attention.hasOutputBias && biased.mlp.hasBias)
  }

  @Test
  func mistralSlidesInEveryLayerOrInNone() throws {
    let text = SettingsText(FamilyTexts.mistral)
    #expect(try text.configuration().windows == [16, 16, 16, 16])
    #expect(try text.setting("sliding_window", "null").configuration().windows == [nil, nil, nil, nil])
    #expect(try text.without("sliding_window").configuration().windows == [4096, 4096, 4096, 4096])
    #expect(try text.configuration().norm == .rootMeanSquare(offset: 0))
  }

  @Test
  func qwen2HasBiasesOfQueriesKeysAndValuesAndWindowsInItsUpperLayersIfItSaysSo() throws {
    let text = SettingsText(FamilyTexts.qwen2)
    let c = try text.configuration()
    #expect(c.attention.hasInputBias && !c.attention.hasOutputBias && !c.attention.normsQueriesAndKeys)
    #expect(c.headWidth == 16 && c.windows == [nil, nil, nil, nil] && c.tiesUnembedding)
    let slides = text.setting([("use_sliding_window", "true"), ("sliding_window", "16")])
    #expect(try slides.without("layer_types").configuration().windows == [nil, nil, nil, nil])
    let upper = slides.without("layer_types").setting("max_window_layers", "3")
    #expect(try upper.configuration().windows == [nil, nil, nil, 16])
    let types = #"["full_attention", "sliding_attention", "full_attention", "sliding_attention"]"#
    #expect(try slides.setting("layer_types", types).configuration().windows == [nil, 16, nil, 16])
  }

  @Test
  func qwen3NormsQueriesAndKeysAndHasHeadsOf128NumbersWhereNothingElseIsSaid() throws {
    let text = SettingsText(FamilyTexts.qwen3)
    let c = try text.configuration()
    #expect(
      c.attention.normsQueriesAndKeys && !c.attention.hasInputBias && c.headWidth == 16 && c.norm == .rootMeanSquare(offset: 0))
    #expect(try text.without("head_dim").configuration().headWidth == 128)
    let biased = try text.setting("attention_bias", "true").configuration()
    #expect(biased.attention.hasInputBias && biased.attention.hasOutputBias)
  }

  @Test
  func gpt2HasLayerNormsLearnedPositionsBiasesAndAnMLPWithoutAGate() throws {
    let text = SettingsText(FamilyTexts.gpt2)
    let c = try text.configuration()
    #expect(c.layers == 4 && c.width == 48 && c.heads == 4 && c.keyValueHeads == 4 && c.headWidth == 12 && c.mlpWidth == 192)
    #expect(c.contextLength == 128 && c.norm == .layer && c.normEpsilon == 1e-5 && c.positions == .learned)
    #expect(c.attention.hasInputBias && c.attention.hasOutputBias && c.mlp.hasBias && !c.mlp.isGated)
    #expect(c.mlp.activation == .geluTanh && c.tiesUnembedding && c.attention.scale == Float(1 / 12.0.squareRoot()))
    #expect(try text.setting("n_inner", "100").configuration().mlpWidth == 100)
    #expect(try text.setting("scale_attn_weights", "false").configuration().attention.scale == 1)
    #expect(try text.setting("tie_word_embeddings", "false").configuration().tiesUnembedding == false)
  }

  @Test
  func gptNeoXRunsAttentionAndMLPBesideOrBehindEachOtherAndTurnsAPartOfEachHead() throws {
    let c = try configuration(FamilyTexts.gptNeoX)
    #expect(c.block == .parallel && c.norm == .layer && c.keyValueHeads == 4 && c.headWidth == 16 && !c.tiesUnembedding)
    #expect(c.attention.hasInputBias && c.attention.hasOutputBias && c.mlp.hasBias && !c.mlp.isGated && c.mlp.activation == .gelu)
    #expect(rotations(c) == Array(repeating: Rotation(width: 4, base: 10_000), count: 4))
    let serial = try configuration(FamilyTexts.gptNeoXSerial)
    #expect(serial.block == .sequential && rotations(serial).map(\.width) == [16, 16, 16])
    let unbiased = try SettingsText(FamilyTexts.gptNeoX).setting("attention_bias", "false").configuration()
    #expect(!unbiased.attention.hasInputBias && !unbiased.attention.hasOutputBias && unbiased.mlp.hasBias)
  }

  @Test(arguments: FamilyTextsOfFive.all.keys.sorted())
  func whatTransformers5WritesDescribesTheSameAsWhatTransformers4Writes(name: String) throws {
    let (five, four) = (try #require(FamilyTextsOfFive.all[name]), try #require(FamilyTexts.all[name]))
    #expect(try configuration(five) == configuration(four))
  }

  /// Descriptions that the reference checkpoints do not have.
  private static let others: [String: SettingsText] = [
    "Gemma 1": SettingsText(FamilyTexts.gemma1),
    "no tokens": SettingsText(FamilyTexts.llama).setting([
      ("bos_token_id", "null"), ("eos_token_id", "null"), ("pad_token_id", "null"),
    ]),
    "biases": SettingsText(FamilyTexts.llama).setting([
      ("attention_bias", "true"), ("mlp_bias", "true"), ("hidden_act", "\"gelu\""),
    ]),
    "several ends": SettingsText(FamilyTexts.qwen3).setting([("eos_token_id", "[1, 7]"), ("attention_bias", "true")]),
    "no windows": SettingsText(FamilyTexts.mistral).setting("sliding_window", "null"),
    "upper windows": SettingsText(FamilyTexts.qwen2).without("layer_types").setting([
      ("use_sliding_window", "true"), ("sliding_window", "16"), ("max_window_layers", "3"),
    ]),
    "some windows": SettingsText(FamilyTexts.qwen2).setting([
      ("use_sliding_window", "true"), ("sliding_window", "16"),
      ("layer_types", #"["sliding_attention", "full_attention", "full_attention", "sliding_attention"]"#),
    ]),
    "a third turned": SettingsText(FamilyTexts.gptNeoX).without("partial_rotary_factor").setting([
      ("hidden_size", "72"), ("rotary_pct", "0.34"), ("attention_bias", "false"),
    ]),
    "scores not divided": SettingsText(FamilyTexts.gpt2).setting([("scale_attn_weights", "false"), ("n_inner", "70")]),
    "no caps": SettingsText(FamilyTexts.gemma2).setting([
      ("final_logit_softcapping", "null"), ("attn_logit_softcapping", "null"), ("query_pre_attn_scalar", "20.25"),
    ]),
    "with images": SettingsText(FamilyTexts.gemma3Multimodal),
  ]

  @Test(arguments: FamilyTexts.all.keys.sorted() + others.keys.sorted())
  func aConfigurationIsWrittenSoThatTheSameOneIsRead(name: String) throws {
    let text = try #require(Self.others[name] ?? FamilyTexts.all[name].map(SettingsText.init))
    let c = try text.configuration()
    let written = try ModelConfiguration(json: c.json, file: "written")
    #expect(written == c, "\(String(decoding: c.json, as: UTF8.self))")
  }

  @Test
  func wholeNumbersAndOthersAreToldApartInWhatIsWritten() throws {
    let text = String(decoding: try configuration(FamilyTexts.gemma2).json, as: UTF8.self)
    #expect(text.contains("\"final_logit_softcapping\": 3.0,") && text.contains("\"hidden_size\": 48,"), "\(text)")
    #expect(text.contains("\"rms_norm_eps\": 1e-06,") && text.contains("\"architectures\": [\"Gemma2ForCausalLM\"]"), "\(text)")
  }

  @Test
  func anUnknownFamilyIsAnErrorThatListsThoseThereAre() {
    let error = SettingsText(FamilyTexts.llama).setting("model_type", "\"mamba\"").error
    #expect(
      error.contains("“model_type” is “mamba”. Folio runs the families gemma, gemma2, gemma3, gemma3_text, gpt2,"), "\(error)")
  }
}

/// What stands in a `config.json` of which something is missing.
@Suite struct MissingKeysTests {
  @Test
  func layersSlideByTheirFamilysPatternWhereNoKeySaysWhich() throws {
    let gemma2 = SettingsText(FamilyTexts.gemma2).without("layer_types")
    #expect(try gemma2.configuration().windows == [16, nil, 16, nil])
    let gemma3 = SettingsText(FamilyTexts.gemma3).without("layer_types")
    #expect(try gemma3.configuration().windows == [16, 16, 16, 16, 16, nil])
    let older = gemma3.without("_sliding_window_pattern").setting("sliding_window_pattern", "2")
    #expect(try older.configuration().windows == [16, nil, 16, nil, 16, nil])
  }

  @Test
  func aHeadIsAsWideAsTheStreamDividedByTheHeadsAndKeysHaveAsManyAsQueries() throws {
    let text = SettingsText(FamilyTexts.llama).without("head_dim")
    #expect(try text.configuration().headWidth == 12)
    #expect(try text.setting("head_dim", "null").configuration().headWidth == 12)
    #expect(try text.without("num_key_value_heads").configuration().keyValueHeads == 4)
    #expect(text.setting("hidden_size", "50").error.contains("“hidden_size” is 50, which is no multiple of the 4"))
    #expect(
      SettingsText(FamilyTexts.gpt2).setting("n_embd", "50").error.contains("“n_embd” is 50, which is no multiple of the 4"))
  }

  @Test
  func tokensThatAFamilyHasAreNoneWhereTheVocabularyIsTooSmallForThem() throws {
    let text = SettingsText(FamilyTexts.gpt2).without("bos_token_id").without("eos_token_id")
    #expect(try text.configuration().bos == nil)
    #expect(try text.configuration().eos == [])
    let large = try text.setting("vocab_size", "50257").configuration()
    #expect(large.bos == 50_256 && large.eos == [50_256] && large.pad == nil)
  }

  @Test
  func nullIsNoTokenAListOfEndsIsSeveralAndANumberOutsideOfTheVocabularyIsAnError() throws {
    let text = SettingsText(FamilyTexts.llama)
    #expect(try text.setting("bos_token_id", "null").configuration().bos == nil)
    #expect(try text.setting("pad_token_id", "null").configuration().pad == nil)
    #expect(try text.setting("eos_token_id", "[1, 5]").configuration().eos == [1, 5])
    for key in ["bos_token_id", "pad_token_id", "eos_token_id"] {
      #expect(text.setting(key, "512").error.contains("“\(key)” is 512. It must lie between 0 and 511."))
      #expect(text.setting(key, "-2").error.contains("“\(key)” is -2."))
    }
    // So older checkpoints say that nothing fills up a batch.
    #expect(try text.setting("pad_token_id", "-1").configuration().pad == nil)
  }

  @Test
  func numbersHaveTheirFamilysValue() throws {
    let llama = SettingsText(FamilyTexts.llamaTied)
    let plain = try ["rms_norm_eps", "max_position_embeddings", "rope_theta", "hidden_act", "tie_word_embeddings"]
      .reduce(llama) { $0.without($1) }.configuration()
    #expect(plain.normEpsilon == 1e-6 && plain.contextLength == 2048 && plain.mlp.activation == .silu && !plain.tiesUnembedding)
    #expect(plain.positions == .rotary(Array(repeating: Rotation(width: 16, base: 10_000), count: 4)))
    let neox = SettingsText(FamilyTexts.gptNeoX)
    let partial = try ["rotary_pct", "partial_rotary_factor", "rotary_emb_base", "rope_theta", "use_parallel_residual"]
      .reduce(neox) { $0.without($1) }.configuration()
    #expect(try partial == neox.configuration())
    let caps = ["final_logit_softcapping", "attn_logit_softcapping", "query_pre_attn_scalar", "sliding_window"]
    let gemma2 = try caps.reduce(SettingsText(FamilyTexts.gemma2)) { $0.without($1) }.configuration()
    #expect(gemma2.logitSoftCap == 30 && gemma2.attention.softCap == 50 && gemma2.attention.scale == 1 / 16)
    #expect(gemma2.windows == [4096, nil, 4096, nil])
  }

  @Test(arguments: ["num_hidden_layers", "hidden_size", "vocab_size", "intermediate_size"])
  func aSizeThatIsMissingIsAnErrorThatNamesIt(key: String) {
    for text in [FamilyTexts.llama, FamilyTexts.gemma2, FamilyTexts.gptNeoX] {
      #expect(SettingsText(text).without(key).error.contains("“\(key)” is missing"))
    }
  }
}
