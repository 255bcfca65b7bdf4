import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// A model's folder: what may be missing or wrong in it, and how it is found.
@Suite struct CheckpointTests {
  @Test(arguments: ["config.json", "model.safetensors"])
  func aMissingFileIsAnErrorThatNamesIt(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try FileManager.default.removeItem(at: model.file(name))
    #expect(model.loadingError.contains("\(model.folder.lastPathComponent)/\(name) cannot be read"), "\(model.loadingError)")
  }

  @Test
  func withoutATokenizerAModelReadsTokensAndATextIsAnErrorThatSaysWhatToCopy() throws {
    let folder = try TemporaryModel(copying: "tiny-gemma")
    let whole = try ModelFixture.named("tiny-gemma")
    try FileManager.default.removeItem(at: folder.file("tokenizer.model"))
    let model = try LanguageModel(folder: folder.folder)
    let tokens = Array(whole.expectations.tokensClean.prefix(9))
    #expect(try model.run(tokens).logits == whole.model.run(tokens).logits)
    #expect(try model.generate(tokens, until: [Int](), maxNewTokens: 3).newTokens.count == 3)
    #expect(throws: ModelError.noTokenizer(folder: folder.folder.path)) { try model.run("Fae") }
    #expect(throws: ModelError.noTokenizer(folder: folder.folder.path)) { try model.generate(tokens, untilText: ["."]) }
    #expect("\(ModelError.noTokenizer(folder: "here"))".contains("give token ids in place of text"))
  }

  @Test
  func aMissingTensorAWrongShapeAndATypeThatHoldsNoWeightsAreErrorsThatNameTheTensor() throws {
    let missing = try TemporaryModel(copying: "tiny-gemma") { content in
      var content = content
      content.tensors.removeAll { $0.name == "model.layers.2.mlp.up_proj.weight" }
      return content
    }
    #expect(missing.loadingError.contains("“model.layers.2.mlp.up_proj.weight” is missing"))
    let wrong = try TemporaryModel(copying: "tiny-gemma") { content in
      var content = content
      let index = try #require(content.tensors.firstIndex { $0.name == "model.layers.0.self_attn.q_proj.weight" })
      content.tensors[index].shape = [32, 128]
      return content
    }
    #expect(wrong.loadingError.contains("has the shape [32, 128], and config.json asks for [64, 64]"))
    let integers = try TemporaryModel(copying: "tiny-gemma") { content in
      var content = content
      content.tensors[0].type = "I32"
      return content
    }
    #expect(integers.loadingError.contains("is of type I32, not F32, BF16 or F16"))
  }

  @Test
  func aMissingShardAndAnIndexThatLiesAreErrors() throws {
    let missing = try TemporaryModel(copying: "tiny-gemma/sharded")
    try FileManager.default.removeItem(at: missing.file("model-00002-of-00002.safetensors"))
    #expect(missing.loadingError.contains("its shard model-00002-of-00002.safetensors is missing"))

    let index = "model.safetensors.index.json"
    let outside = try TemporaryModel(copying: "tiny-gemma/sharded")
    try outside.replace("model-00001-of-00002", by: "../model-00001-of-00002", in: index)
    #expect(outside.loadingError.contains("is not a safetensors file beside it"))

    let lying = try TemporaryModel(copying: "tiny-gemma/sharded")
    try lying.replace("\"model.embed_tokens.weight\"", by: "\"model.embed_tokens.wight\"", in: index)
    #expect(lying.loadingError.contains("“model.embed_tokens.wight” is not in model-0000"))

    let twice = try TemporaryModel(copying: "tiny-gemma/sharded")
    try FileManager.default.removeItem(at: twice.file("model-00002-of-00002.safetensors"))
    try FileManager.default.copyItem(
      at: twice.file("model-00001-of-00002.safetensors"), to: twice.file("model-00002-of-00002.safetensors"))
    #expect(twice.loadingError.contains("is also in"))

    for content in ["", "{}", "{\"weight_map\": 3}", "{\"weight_map\": {\"a\": 1}}"] {
      let bad = try TemporaryModel(copying: "tiny-gemma/sharded")
      try Data(content.utf8).write(to: bad.file(index))
      #expect(bad.loadingError.contains("it has no “weight_map”"), "\(content)")
    }
  }

  @Test
  func aFolderIsFoundRelativeToABase() throws {
    let model = try LanguageModel.load("tiny-gemma", relativeTo: ModelFixture.folder.path)
    #expect(model.folder.hasSuffix("Fixtures/tiny-gemma"))
    #expect(try LanguageModel.load(ModelFixture.folder.appending(path: "tiny-gemma").path, relativeTo: "/").config.layers == 4)
  }

  @Test
  func aTokenizerOfAnotherModelIsAnError() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    for name in ["config.json", "generation_config.json"] {
      try model.replace("\"bos_token_id\": 2", by: "\"bos_token_id\": 998", in: name)
    }
    #expect(model.loadingError.contains("“bos_token” is “<bos>”, and config.json's “bos_token_id” 998 is another token"))
  }

  @Test(arguments: ["tiny-gemma", "tiny-gemma/bf16"], [0, 1])
  func weightsThatAreNaNOrInfiniteAreAnErrorThatNamesTheTensor(_ name: String, _ place: Int) throws {
    let copy = try TemporaryModel(copying: name)
    let file = try SafetensorsFile(copy.file("model.safetensors"))
    let entry = try #require(file.entries[["model.layers.2.mlp.up_proj.weight", "model.layers.3.input_layernorm.weight"][place]])
    let isWide = entry.type == "F32"
    // The upper half of a number: an infinity or a NaN, according to its lower bits.
    let number = entry.bytes.lowerBound + (isWide ? 4 : 2) * 37 + (isWide ? 2 : 0)
    try copy.changeWeights { $0.replaceSubrange(number..<number + 2, with: place == 0 ? [0xC0, 0x7F] : [0x80, 0xFF]) }
    #expect(copy.loadingError.contains("“\(entry.name)” holds NaN or infinite numbers"), "\(copy.loadingError)")
  }
}
