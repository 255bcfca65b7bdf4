import Checkpoints
import Foundation
import ModelFixture
import Tensors
import TestSupport
import Testing

/// That a GGUF file gives what the folder of transformers held from which llama.cpp's converter made it.
@Suite struct GGUFModelTests {
  private static let architectures = ["llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "gpt2", "gptneox"]

  private static func url(_ name: String) -> URL { GGUFTests.fixtures.appending(path: name) }

  @Test(arguments: architectures)
  func hasTheTensorsOfItsFolderByTheirNamesShapesAndNumbers(name: String) throws {
    let checkpoint = try Checkpoint(gguf: Self.url("\(name).gguf"))
    let expected = try SafetensorsFile(Self.url("\(name).expected.safetensors"))
    #expect(checkpoint.tensors.keys.sorted() == expected.entries.keys.sorted())
    for (key, entry) in expected.entries {
      let numbers = try expected.tensor(entry)
      let found = try checkpoint.tensor(key, shape: entry.shape)
      #expect(found.elements.map(\.bitPattern) == numbers.elements.map(\.bitPattern), "\(key)")
      if entry.shape.count == 1 { #expect(try checkpoint.vector(key, count: entry.shape[0]) == numbers, "\(key)") }
      guard entry.shape.count == 2 else { continue }
      let matrix = try checkpoint.matrix(key, shape: entry.shape)
      #expect(matrix.format.rawValue == checkpoint.tensors[key]?.entry.type && matrix.tensor == numbers, "\(key)")
    }
    #expect(checkpoint.unused.isEmpty)
  }

  @Test(arguments: architectures)
  func saysWhatItsFoldersConfigJsonSays(name: String) throws {
    let found = try object(GGUFModel(Self.url("\(name).gguf")).configuration)
    let expected = try object(Data(contentsOf: Self.url("\(name).config.json")))
    // What transformers writes of its own, of training, and of what every checkpoint of the family has.
    let unsaid: Set = [
      "attention_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "initializer_range", "transformers_version", "use_cache",
      "pad_token_id", "dtype", "n_ctx", "pretraining_tp", "use_bidirectional_attention", "_sliding_window_pattern",
      "max_window_layers", "sliding_window", "layer_types", "attention_bias", "reorder_and_upcast_attn",
      "scale_attn_by_inverse_layer_idx",
      "scale_attn_weights", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
      "summary_use_proj", "classifier_dropout", "hidden_dropout", "partial_rotary_factor", "rope_theta", "hidden_act",
    ]
    for (key, value) in expected {
      guard let ours = found[key], !(value is NSNull) else {
        #expect(value is NSNull || unsaid.contains(key), "\(key) is missing")
        continue
      }
      #expect(ours.isEqual(value), "\(key) is \(ours), not \(value)")
    }
    #expect(name.hasPrefix("gemma") ? found["hidden_activation"] != nil : name == "gpt2" || found["hidden_act"] != nil)
    #expect(["gpt2", "gptneox"].contains(name) || found["rope_theta"] != nil)
    #expect(!["gemma2", "gemma3"].contains(name) || (found["layer_types"] != nil && found["sliding_window"] != nil))
  }

  private func object(_ data: Data) throws -> [String: NSObject] {
    try #require(JSONSerialization.jsonObject(with: data) as? [String: NSObject])
  }

  @Test
  func hasATokenizerOfPlainValues() throws {
    let tokenizer = try GGUFTokenizerValues(GGUFModel(Self.url("gpt2.gguf")).file.metadata)
    #expect(tokenizer.model == "gpt2" && tokenizer.preTokenizer == "gpt-2")
    #expect(tokenizer.tokens == (0..<8).map { "t\($0)" } && tokenizer.merges == ["a b"])
    #expect(tokenizer.bos == 2 && tokenizer.eos == 1 && tokenizer.addsBOS == nil && tokenizer.chatTemplate == nil)
    #expect(tokenizer.kinds == Array(repeating: .normal, count: 8))
  }

  // MARK: What is refused

  /// A file of the smallest llama, whose rows move, with other metadata or tensors.
  private func small(
    _ changes: [(String, GGUFBytes.Value)] = [], without: String? = nil, more: [String] = [], factors: Bool = false
  ) throws -> (folder: TestFolder, url: URL) {
    var members: [(String, GGUFBytes.Value)] = [
      ("general.architecture", .string("llama")), ("llama.block_count", .uint32(1)), ("llama.context_length", .uint32(8)),
      ("llama.embedding_length", .uint32(8)), ("llama.feed_forward_length", .uint32(8)),
      ("llama.attention.head_count", .uint32(2)), ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
    ]
    members.removeAll { member in member.0 == without || changes.contains { $0.0 == member.0 } }
    let names = ["token_embd.weight", "blk.0.attn_q.weight"] + more
    var tensors: [GGUFBytes.Tensor] = names.enumerated().map { ($1, [8, 8], 0, UInt64(256 * $0)) }
    if factors { tensors.append(("rope_freqs.weight", [2], 0, UInt64(256 * names.count))) }
    let bytes = GGUFBytes(members: members + changes, tensors: tensors, data: 256 * names.count + (factors ? 8 : 0))
    let folder = try TestFolder()
    let url = URL(filePath: folder.path + "/small.gguf")
    try bytes.data.write(to: url)
    return (folder, url)
  }

  private func refusal(_ file: (folder: TestFolder, url: URL)) -> String {
    do {
      return try withExtendedLifetime(file.folder) {
        _ = try Checkpoint(gguf: file.url)
        return ""
      }
    } catch { return "\(error)" }
  }

  @Test
  func isRefusedByTheKeyOrTheTensorThatIsNotKnown() throws {
    #expect(refusal(try small()) == "")
    #expect(refusal(try small([("general.anything", .uint32(1)), ("quantize.imatrix.file", .string("x"))])) == "")
    #expect(refusal(try small([("llama.novelty", .uint32(3))])).contains("“llama.novelty” is 3"))
    #expect(refusal(try small([("clip.novelty", .uint32(3))])).contains("“clip.novelty”"))
    #expect(refusal(try small([("llama.expert_count", .uint32(8))])).contains("“llama.expert_count” is 8"))
    #expect(refusal(try small([("llama.rope.scaling.type", .string("longrope"))])).contains("longrope"))
    #expect(refusal(try small([("general.architecture", .string("rwkv"))])).contains("is “rwkv”"))
    #expect(refusal(try small(without: "general.architecture")).contains("“general.architecture” is missing"))
    #expect(refusal(try small(without: "llama.block_count")).contains("“llama.block_count” is missing"))
    #expect(refusal(try small([("llama.block_count", .uint32(1_000_000))])).contains("more than the file has tensors"))
    #expect(refusal(try small([("llama.attention.head_count", .uint32(3))])).contains("attn_q.weight” has the shape [8, 8]"))
    #expect(refusal(try small([("llama.attention.head_count", .uint32(0))])).contains("makes no sense"))
    #expect(refusal(try small([("llama.vocab_size", .uint32(9))])).contains("the embedding has 8 rows"))
    #expect(refusal(try small(more: ["blk.0.attn_norm.weight"])) == "")
    #expect(refusal(try small(more: ["blk.0.novelty.weight"])).contains("“blk.0.novelty.weight”"))
    #expect(refusal(try small(more: ["blk.00.attn_k.weight"])).contains("“blk.00.attn_k.weight”"))
    #expect(refusal(try small([("split.count", .uint32(3))])).contains("llama-gguf-split --merge"))
    #expect(refusal(try small([("general.type", .string("adapter"))])).contains("is “adapter”"))
  }

  @Test
  func namesTheTokensThatEndATextAndATurnEachOnce() throws {
    func ends(_ changes: [(String, GGUFBytes.Value)]) throws -> String? {
      let file = try small(changes)
      return try withExtendedLifetime(file.folder) {
        try object(GGUFModel(file.url).configuration)["eos_token_id"].map { "\($0)" }
      }
    }
    #expect(try ends([]) == nil)
    #expect(try ends([("tokenizer.ggml.eos_token_id", .uint32(3)), ("tokenizer.ggml.eot_token_id", .uint32(3))]) == "3")
    let both = try ends([("tokenizer.ggml.eos_token_id", .uint32(3)), ("tokenizer.ggml.eot_token_id", .uint32(5))])
    #expect(both?.filter { "35,".contains($0) } == "3,5")
  }

  @Test
  func whoseRotaryFactorsFollowNoRuleThatIsComputedIsRefused() throws {
    #expect(refusal(try small(factors: true)).contains("“rope_freqs.weight” holds factors"))
  }

  @Test
  func thatHasRotaryFactorsWithoutRotaryEmbeddingIsRefused() throws {
    let keys = ["block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count"]
    let bytes = GGUFBytes(
      members: [("general.architecture", .string("gpt2")), ("gpt2.attention.layer_norm_epsilon", .float32(1e-5))]
        + keys.map { ("gpt2.\($0)", .uint32(1)) },
      tensors: [("token_embd.weight", [8, 8], 0, 0), ("rope_freqs.weight", [2], 0, 256)], data: 264)
    let folder = try TestFolder(), url = URL(filePath: folder.path + "/model.gguf")
    try bytes.data.write(to: url)
    #expect(refusal((folder, url)).contains("“rope_freqs.weight” is none of those that Folio knows"))
  }

  @Test
  func inAFolderIsLoadedIfItIsTheOnlyOne() throws {
    let folder = try TestFolder(), url = URL(filePath: folder.path)
    try FileManager.default.copyItem(at: Self.url("qwen2.gguf"), to: url.appending(path: "model-q8.gguf"))
    #expect(try Checkpoint(folder: url).unused.contains("model.embed_tokens.weight"))
    try FileManager.default.copyItem(at: Self.url("qwen2.gguf"), to: url.appending(path: "model-q4.GGUF"))
    #expect {
      try Checkpoint(folder: url)
    } throws: { "\($0)".contains("holds 2 GGUF files: model-q4.GGUF, model-q8.gguf") }
  }
}
