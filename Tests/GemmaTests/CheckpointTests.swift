import Foundation
import Gemma
import GemmaFixture
import Testing

/// A model's folder: what may be missing or wrong in it, and how it is found.
@Suite struct CheckpointTests {
  @Test("a missing file is an error that names it", arguments: ["config.json", "tokenizer.model", "model.safetensors"])
  func missingFile(name: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try FileManager.default.removeItem(at: model.file(name))
    #expect(model.loadingError.contains("\(model.folder.lastPathComponent)/\(name) cannot be read"), "\(model.loadingError)")
  }

  @Test("a missing tensor, a wrong shape and a type that holds no weights are errors that name the tensor")
  func wrongTensors() throws {
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

  @Test("a tensor that nobody asks for does no harm")
  func extraTensor() throws {
    let extra = try TemporaryModel(copying: "tiny-gemma") { content in
      var content = content
      content.tensors.append(("lm_head.extra", "I64", [1], Data(count: 8)))
      return content
    }
    #expect(extra.loadingError == "")
  }

  @Test("a missing shard, and an index that lies, are errors")
  func shards() throws {
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

  @Test("a folder is found relative to a base")
  func relative() throws {
    let model = try GemmaModel.load("tiny-gemma", relativeTo: GemmaFixture.folder.path)
    #expect(model.folder.hasSuffix("Fixtures/tiny-gemma"))
    #expect(try GemmaModel.load(GemmaFixture.folder.appending(path: "tiny-gemma").path, relativeTo: "/").config.layers == 4)
  }

  @Test(
    "a hub name is found in the cache that the environment names",
    arguments: ["HF_HUB_CACHE", "HF_HOME", "HOME"])
  func hub(variable: String) throws {
    let cache = try HubCache(under: ["HF_HUB_CACHE": "", "HF_HOME": "hub", "HOME": ".cache/huggingface/hub"][variable] ?? "")
    let model = try GemmaModel.load("google/gemma-2b", relativeTo: nil, environment: [variable: cache.root.path])
    #expect(model.config.layers == 4)
    try FileManager.default.removeItem(at: cache.repository.appending(path: "refs"))
    #expect(try GemmaModel.load("google/gemma-2b", relativeTo: nil, environment: [variable: cache.root.path]).config.layers == 4)
  }

  @Test("a name that is not found is an error that says where it was looked for, and what to do")
  func notFound() {
    let error = #expect(throws: GemmaError.self) {
      try GemmaModel.load("google/gemma-9b", relativeTo: "/somewhere", environment: ["HF_HOME": "/nowhere", "HOME": "/home/x"])
    }
    #expect(
      error?.description == """
        No model “google/gemma-9b” was found. Looked in:
          /somewhere/google/gemma-9b
          /nowhere/hub/models--google--gemma-9b
        Give the path of a folder with config.json, tokenizer.model and model.safetensors, or download it: `huggingface-cli download \
        google/gemma-9b` (HF_HOME and HF_HUB_CACHE say where to).
        """)
    for name in ["", "../..", "a/b/c", "nothing here", "org/../../etc"] {
      let error = #expect(throws: GemmaError.self) {
        try GemmaModel.load(name, relativeTo: "/somewhere/else", environment: ["HF_HOME": "/nowhere"])
      }
      #expect(error?.description.contains("Looked in") == true || error?.description.contains("cannot be read") == true)
    }
  }

  @Test("a tokenizer of another model is an error")
  func tokenizerOfAnotherModel() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"bos_token_id\": 2", by: "\"bos_token_id\": 998", in: "config.json")
    #expect(model.loadingError == "")
    try model.replace("\"vocab_size\": 1000", by: "\"vocab_size\": 999", in: "config.json")
    #expect(model.loadingError.contains("tokenizer.model: has 1000 pieces"))
  }

  @Test(
    "weights that are NaN or infinite are an error that names the tensor", arguments: ["tiny-gemma", "tiny-gemma/bf16"], [0, 1])
  func notFinite(_ name: String, _ place: Int) throws {
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

/// A hub cache with one model in it.
private final class HubCache {
  let root: URL
  let repository: URL

  init(under path: String) throws {
    root = FileManager.default.temporaryDirectory.appending(path: "folio-hub-\(UUID().uuidString)")
    repository = (path.isEmpty ? root : root.appending(path: path)).appending(path: "models--google--gemma-2b")
    let manager = FileManager.default
    try manager.createDirectory(at: repository.appending(path: "refs"), withIntermediateDirectories: true)
    try manager.createDirectory(at: repository.appending(path: "snapshots"), withIntermediateDirectories: true)
    try Data("abc123\n".utf8).write(to: repository.appending(path: "refs/main"))
    try manager.createSymbolicLink(
      at: repository.appending(path: "snapshots/abc123"), withDestinationURL: GemmaFixture.folder.appending(path: "tiny-gemma"))
  }

  deinit { try? FileManager.default.removeItem(at: root) }
}
