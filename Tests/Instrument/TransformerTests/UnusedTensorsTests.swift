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

  @Test("a tensor that nobody asks for is refused by its name")
  func stranger() throws {
    let extra = try model { _ in [("lm_head.extra", "I64", [1], Data(count: 8))] }
    #expect(extra.loadingError.contains("/model.safetensors: the tensor “lm_head.extra” is not a part"), "\(extra.loadingError)")
  }

  @Test("layers behind those of config.json are refused, and both numbers are told")
  func layers() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"num_hidden_layers\": 4", by: "\"num_hidden_layers\": 2", in: "config.json")
    #expect(model.loadingError.contains("“model.layers.2.input_layernorm.weight”, like 17 others, is not a part"))
    #expect(model.loadingError.hasSuffix("The file has 4 layers, and config.json's “num_hidden_layers” is 2."))
  }

  @Test("a bias is refused, also where the configuration says that there is none")
  func bias() throws {
    let name = "model.layers.1.self_attn.q_proj.bias"
    let biased = try model { _ in [(name, "F32", [64], Data(count: 256))] }
    #expect(biased.loadingError.contains("“\(name)”") && biased.loadingError.contains("no biases"), "\(biased.loadingError)")
  }

  @Test("an unembedding that is the embedding's copy passes, also in another type; any other one is refused")
  func unembedding() throws {
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

  @Test(
    "the frequencies of rotary embedding pass if they are those that are computed, and are refused if not",
    arguments: ["model.rotary_emb.inv_freq", "model.layers.3.self_attn.rotary_emb.inv_freq"])
  func frequencies(name: String) throws {
    let right = try model { _ in [(name, "F32", [8], Self.bytes(Self.frequencies))] }
    #expect(right.loadingError == "")
    let scaled = try model { _ in [(name, "F32", [8], Self.bytes(Self.frequencies.map { $0 / 4 }))] }
    #expect(scaled.loadingError.contains("“\(name)” holds other frequencies"), "\(scaled.loadingError)")
    let short = try model { _ in [(name, "F32", [4], Self.bytes(Array(Self.frequencies.prefix(4))))] }
    #expect(short.loadingError.contains("“\(name)” holds other frequencies"))
    let beyond = try model { _ in [("model.layers.4.self_attn.rotary_emb.inv_freq", "F32", [8], Self.bytes(Self.frequencies))] }
    #expect(beyond.loadingError.contains("is not a part of the model"))
  }

  @Test("a tensor of a shard that the index does not name is refused")
  func outsideOfIndex() throws {
    let sharded = try TemporaryModel(copying: "tiny-gemma/sharded")
    let index = try String(contentsOf: sharded.file("model.safetensors.index.json"), encoding: .utf8)
    let line = try #require(index.split(separator: "\n").first { $0.contains("layers.0.mlp.up_proj") })
    try sharded.replace(String(line), by: "", in: "model.safetensors.index.json")
    #expect(sharded.loadingError.contains("“model.layers.0.mlp.up_proj.weight” is not in model.safetensors.index.json"))
  }
}
