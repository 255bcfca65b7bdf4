import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// Every tensor of a checkpoint's files is computed with, or is an error that names it.
@Suite struct UnusedTensorsTests {
  /// A copy of a fixture with tensors more.
  private func model(
    _ fixture: String = "tiny-gemma", adding tensors: @escaping (SafetensorsContent) throws -> [SafetensorsContent.Tensor]
  ) throws -> TemporaryModel {
    try TemporaryModel(copying: fixture) { content in
      var content = content
      content.tensors += try tensors(content)
      return content
    }
  }

  private func embedding(_ content: SafetensorsContent) throws -> SafetensorsContent.Tensor {
    try #require(content.tensors.first { $0.name == "model.embed_tokens.weight" })
  }

  private static func bytes(_ numbers: [Float]) -> Data { numbers.withUnsafeBytes { Data($0) } }

  /// The frequencies of the fixture's heads of 16 numbers.
  private static let frequencies = (0..<8).map { 1 / powf(10_000, Float($0) / 8) }

  @Test
  func aTensorThatNobodyAsksForIsRefusedByItsName() throws {
    let extra = try model { _ in [("lm_head.extra", "I64", [1], Data(count: 8))] }
    #expect(extra.loadingError.contains("/model.safetensors: the tensor “lm_head.extra” is not a part"), "\(extra.loadingError)")
  }

  @Test
  func layersBehindThoseOfConfigJsonAreRefusedAndBothNumbersAreTold() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"num_hidden_layers\": 4", by: "\"num_hidden_layers\": 2", in: "config.json")
    #expect(model.loadingError.contains("“model.layers.2.input_layernorm.weight”, like 17 others, is not a part"))
    #expect(model.loadingError.hasSuffix("The file has 4 layers, and config.json's number of layers is 2."))
  }

  @Test
  func aBiasIsRefusedAlsoWhereTheConfigurationSaysThatThereIsNone() throws {
    let name = "model.layers.1.self_attn.q_proj.bias"
    let biased = try model { _ in [(name, "F32", [64], Data(count: 256))] }
    #expect(biased.loadingError.contains("“\(name)”") && biased.loadingError.contains("no such bias"), "\(biased.loadingError)")
  }

  @Test
  func anUnembeddingThatIsTheEmbeddingsCopyPassesAlsoInAnotherTypeAnyOtherOneIsRefused() throws {
    let copy = try model { content in [("lm_head.weight", "F32", [1000, 64], try self.embedding(content).bytes)] }
    #expect(copy.loadingError == "")
    let other = try model { content in
      var bytes = try self.embedding(content).bytes
      bytes.flipBit(at: 70_003)
      return [("lm_head.weight", "F32", [1000, 64], bytes)]
    }
    #expect(other.loadingError.contains("“lm_head.weight” is not equal to the embedding"), "\(other.loadingError)")
    let short = try model { content in [("lm_head.weight", "F32", [999, 64], try self.embedding(content).bytes.dropLast(256))] }
    #expect(short.loadingError.contains("“lm_head.weight” is not equal to the embedding"))
    for flips in [false, true] {
      let wide = try model("tiny-gemma/bf16") { content in
        var bytes = Data()
        let half = try self.embedding(content).bytes
        for i in stride(from: 0, to: half.count, by: 2) {
          bytes += [0, 0, half[half.startIndex + i], half[half.startIndex + i + 1]]
        }
        if flips { bytes.flipBit(at: 4002) }
        return [("lm_head.weight", "F32", [1000, 64], bytes)]
      }
      #expect(wide.loadingError.contains("not equal") == flips, "\(wide.loadingError)")
    }
  }

  @Test(arguments: ["model.rotary_emb.inv_freq", "model.layers.3.self_attn.rotary_emb.inv_freq"])
  func theFrequenciesOfRotaryEmbeddingPassIfTheyAreThoseThatAreComputedAndAreRefusedIfNot(name: String) throws {
    let right = try model { _ in [(name, "F32", [8], Self.bytes(Self.frequencies))] }
    #expect(right.loadingError == "")
    let scaled = try model { _ in [(name, "F32", [8], Self.bytes(Self.frequencies.map { $0 / 4 }))] }
    #expect(scaled.loadingError.contains("“\(name)” holds other frequencies"), "\(scaled.loadingError)")
    let short = try model { _ in [(name, "F32", [4], Self.bytes(Array(Self.frequencies.prefix(4))))] }
    #expect(short.loadingError.contains("“\(name)” holds other frequencies"))
    let beyond = try model { _ in [("model.layers.4.self_attn.rotary_emb.inv_freq", "F32", [8], Self.bytes(Self.frequencies))] }
    #expect(beyond.loadingError.contains("is not a part of the model"))
  }

  // MARK: Families

  @Test
  func aTiedUnembeddingMustBeTheEmbeddingInEachFamilyAndAnOwnOneIsUsed() throws {
    for (text, name, embedding) in [
      (FamilyTexts.llamaTied, "lm_head.weight", [512, 48]), (FamilyTexts.gpt2, "lm_head.weight", [512, 48]),
      (SettingsText(FamilyTexts.gptNeoX).setting("tie_word_embeddings", "true").text, "embed_out.weight", [512, 64]),
    ] {
      var numbers = (0..<embedding[0] * embedding[1]).map(Float.init)
      let same = try WrittenModel(SettingsText(text), adding: [(name, "F32", embedding, Self.bytes(numbers))])
      #expect(same.loadingError == "")
      numbers[777] += 1
      let other = try WrittenModel(SettingsText(text), adding: [(name, "F32", embedding, Self.bytes(numbers))])
      #expect(other.loadingError.contains("“\(name)” is not equal to the embedding"), "\(other.loadingError)")
      let untied = SettingsText(text).setting("tie_word_embeddings", "false")
      let own = try WrittenModel(untied)
      #expect(try LanguageModel(folder: own.folder).config.tiesUnembedding == false)
    }
  }

  private static func mask(_ count: Int, one: [UInt8]) -> Data {
    var bytes = Data(capacity: count * count * one.count)
    for query in 0..<count {
      for key in 0..<count { bytes += key <= query ? one : Array(repeating: 0, count: one.count) }
    }
    return bytes
  }

  @Test(arguments: [("F32", [0, 0, 0x80, 0x3F] as [UInt8]), ("U8", [1]), ("BOOL", [1]), ("F16", [0, 0x3C])])
  func buffersOfOlderCheckpointsPassIfTheySayWhatIsComputedMasksOfLaterPositionsTheScoreInTheirPlace(type: String, one: [UInt8])
    throws
  {
    let bytes = Self.mask(128, one: one)
    func gpt2(_ mask: Data, shape: [Int] = [1, 1, 128, 128], prefix: String = "transformer.", score: Float = -1e4) throws
      -> String
    {
      try WrittenModel(
        SettingsText(FamilyTexts.gpt2), names: { prefix.isEmpty ? $0.replacing("transformer.", with: "") : $0 },
        adding: [
          (prefix + "h.1.attn.bias", type, shape, mask), (prefix + "h.1.attn.masked_bias", "F32", [], Self.bytes([score])),
        ]
      ).loadingError
    }
    #expect(try gpt2(bytes) == "")
    #expect(try gpt2(bytes, prefix: "") == "")
    var other = bytes
    other[other.startIndex + (5 * 128 + 6) * one.count] = 1
    #expect(try gpt2(other).contains("“transformer.h.1.attn.bias” is not the mask of every position that comes later"))
    #expect(try gpt2(bytes, shape: [1, 1, 64, 256]).contains("is not the mask"))
    #expect(try gpt2(bytes, score: 0).contains("“transformer.h.1.attn.masked_bias” is not a score of -1000 or less"))
  }

  @Test
  func pythiasBuffersPassIfTheySayWhatIsComputed() throws {
    let base = "gpt_neox.layers.2.attention."
    func load(_ frequencies: [Float], layer: String = base, mask: [UInt8] = [1]) throws -> String {
      try WrittenModel(
        SettingsText(FamilyTexts.gptNeoX),
        adding: [
          (layer + "rotary_emb.inv_freq", "F32", [frequencies.count], Self.bytes(frequencies)),
          (layer + "bias", "U8", [1, 1, 256, 256], Self.mask(256, one: mask)),
          (layer + "masked_bias", "F32", [], Self.bytes([-1e9])),
        ]
      ).loadingError
    }
    // A quarter of heads of 16 numbers is turned: two pairs.
    #expect(try load([1, 0.01]) == "")
    #expect(try load([1, 0.02]).contains("“\(base)rotary_emb.inv_freq” holds other frequencies"))
    #expect(try load([1]).contains("holds other frequencies"))
    #expect(try load([1, 0.01], mask: [2]).contains("“\(base)bias” is not the mask"))
    #expect(
      try load([1, 0.01], layer: "gpt_neox.layers.9.attention.").contains(
        "The file has 10 layers, and config.json's number of layers is 4"))
  }

  @Test
  func whatIsRefusedIsToldInTheWordsOfItsFamily() throws {
    let bias = try WrittenModel(
      SettingsText(FamilyTexts.llama), adding: [("model.layers.1.self_attn.q_proj.bias", "F32", [64], Data(count: 256))])
    #expect(bias.loadingError.contains("By its config.json this Llama has no such bias"), "\(bias.loadingError)")
    let extra = try WrittenModel(
      SettingsText(FamilyTexts.gpt2), adding: [("transformer.h.7.ln_1.weight", "F32", [48], Data(count: 192))])
    #expect(
      extra.loadingError.contains("The file has 8 layers, and config.json's number of layers is 4."), "\(extra.loadingError)")
    let stranger = try WrittenModel(SettingsText(FamilyTexts.qwen3), adding: [("score.weight", "F32", [2], Data(count: 8))])
    #expect(stranger.loadingError.contains("must belong to the same Qwen 3 model"), "\(stranger.loadingError)")
  }

  @Test
  func aTensorOfAShardThatTheIndexDoesNotNameIsRefused() throws {
    let sharded = try TemporaryModel(copying: "tiny-gemma/sharded")
    let index = try String(contentsOf: sharded.file("model.safetensors.index.json"), encoding: .utf8)
    let line = try #require(index.split(separator: "\n").first { $0.contains("layers.0.mlp.up_proj") })
    try sharded.replace(String(line), by: "", in: "model.safetensors.index.json")
    #expect(sharded.loadingError.contains("“model.layers.0.mlp.up_proj.weight” is not in model.safetensors.index.json"))
  }
}
