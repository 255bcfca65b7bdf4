import Foundation
import TestSupport
import Transformer

/// A Gemma of a few numbers, all of them random: small enough for a proof number by number. Its weights are so large that attention
/// looks at some tokens and not at others, that neurons bend, and that norms differ from row to row.
package struct RandomModel: Sendable {
  package var layers = 2
  package var width = 12
  package var heads = 4
  package var keyValueHeads = 2
  package var headWidth = 6
  package var mlpWidth = 20
  /// At least as many as the fixture's tokenizer has pieces.
  package var vocabulary = 1000
  package var seed: UInt64 = 1

  package enum Format: String, Sendable {
    case float32 = "F32"
    case bfloat16 = "BF16"
  }

  package init(
    layers: Int = 2, width: Int = 12, heads: Int = 4, keyValueHeads: Int = 2, headWidth: Int = 6, mlpWidth: Int = 20,
    vocabulary: Int = 1000, seed: UInt64 = 1
  ) {
    (self.layers, self.width, self.heads, self.keyValueHeads) = (layers, width, heads, keyValueHeads)
    (self.headWidth, self.mlpWidth, self.vocabulary, self.seed) = (headWidth, mlpWidth, vocabulary, seed)
  }

  /// Writes a folder as `LanguageModel(folder:)` reads it, in the temporary folder. Who asks for it removes it.
  ///
  /// - Parameters:
  ///   - format: The weights' type. The same seed gives the same numbers, rounded to nearest even in the narrower type.
  ///   - shards: Over how many files the weights are divided; with more than one, an index lists them.
  package func write(_ format: Format = .float32, shards: Int = 1) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "folio-random-model-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let tokenizer = "tokenizer.model"
    try FileManager.default.copyItem(
      at: ModelFixture.folder.appending(path: "tiny-gemma").appending(path: tokenizer), to: folder.appending(path: tokenizer))
    try Data(configuration.utf8).write(to: folder.appending(path: "config.json"))
    let tensors = tensors
    guard shards > 1 else {
      try serialized(tensors, format).write(to: folder.appending(path: "model.safetensors"))
      return folder
    }
    var places: [String] = []
    for shard in 0..<shards {
      let name = "model-\(shard + 1)-of-\(shards).safetensors"
      let part = tensors.enumerated().filter { $0.offset % shards == shard }.map(\.element)
      try serialized(part, format).write(to: folder.appending(path: name))
      places += part.map { "\"\($0.name)\":\"\(name)\"" }
    }
    let index = "{\"metadata\":{},\"weight_map\":{\(places.joined(separator: ","))}}"
    try Data(index.utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
    return folder
  }

  private var configuration: String {
    """
    {"model_type": "gemma", "num_hidden_layers": \(layers), "hidden_size": \(width), "num_attention_heads": \(heads),
     "num_key_value_heads": \(keyValueHeads), "head_dim": \(headWidth), "intermediate_size": \(mlpWidth),
     "vocab_size": \(vocabulary), "max_position_embeddings": 8192, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
     "hidden_act": "gelu_pytorch_tanh", "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "tie_word_embeddings": true}
    """
  }

  private typealias NamedTensor = (name: String, shape: [Int], values: [Float])

  private var tensors: [NamedTensor] {
    var random = SeededGenerator(seed: seed)
    /// Uniform numbers of a standard deviation: no function of the C library, so that they are the same everywhere.
    func tensor(_ name: String, _ shape: [Int], deviation: Float) -> NamedTensor {
      (name, shape, (0..<shape.reduce(1, *)).map { _ in (2 * random.unit() - 1) * deviation * Float(3).squareRoot() })
    }
    /// Of a matrix `[out, in]` that makes of numbers of about 1 such of about `gain`.
    func matrix(_ name: String, _ out: Int, _ inner: Int, gain: Float) -> NamedTensor {
      tensor(name, [out, inner], deviation: gain / Float(inner).squareRoot())
    }
    var result = [tensor("model.embed_tokens.weight", [vocabulary, width], deviation: 0.5)]
    for layer in 0..<layers {
      let (prefix, attention, mlp) = ("model.layers.\(layer).", "self_attn.", "mlp.")
      result += [
        tensor(prefix + "input_layernorm.weight", [width], deviation: 0.4),
        matrix(prefix + attention + "q_proj.weight", heads * headWidth, width, gain: 1.2),
        matrix(prefix + attention + "k_proj.weight", keyValueHeads * headWidth, width, gain: 1.2),
        matrix(prefix + attention + "v_proj.weight", keyValueHeads * headWidth, width, gain: 1.2),
        matrix(prefix + attention + "o_proj.weight", width, heads * headWidth, gain: 1.5),
        tensor(prefix + "post_attention_layernorm.weight", [width], deviation: 0.4),
        matrix(prefix + mlp + "gate_proj.weight", mlpWidth, width, gain: 1.5),
        matrix(prefix + mlp + "up_proj.weight", mlpWidth, width, gain: 1.2),
        matrix(prefix + mlp + "down_proj.weight", width, mlpWidth, gain: 1.2),
      ]
    }
    return result + [tensor("model.norm.weight", [width], deviation: 0.4)]
  }

  private func serialized(_ tensors: [NamedTensor], _ format: Format) -> Data {
    var (header, content) = ([String](), Data())
    for tensor in tensors {
      let start = content.count
      for value in tensor.values {
        switch format {
        case .float32: withUnsafeBytes(of: value.bitPattern.littleEndian) { content.append(contentsOf: $0) }
        case .bfloat16: withUnsafeBytes(of: Self.bfloat16(value).littleEndian) { content.append(contentsOf: $0) }
        }
      }
      let place = "\"data_offsets\":[\(start),\(content.count)]"
      header.append("\"\(tensor.name)\":{\"dtype\":\"\(format.rawValue)\",\"shape\":\(tensor.shape),\(place)}")
    }
    // Data begin at a multiple of 64 bytes, as the reference writer places them: spaces fill the header up.
    var json = "{\(header.joined(separator: ","))}"
    json += String(repeating: " ", count: (64 - (8 + json.utf8.count) % 64) % 64)
    return withUnsafeBytes(of: UInt64(json.utf8.count).littleEndian) { Data($0) } + Data(json.utf8) + content
  }

  /// The upper half of the nearest number that has only one; of two, that with the even bit pattern.
  private static func bfloat16(_ value: Float) -> UInt16 {
    UInt16(truncatingIfNeeded: (value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)) >> 16)
  }
}

extension HookPoint {
  /// The hook points of a random model of so many layers.
  package static func all(layers: Int) -> [HookPoint] {
    let config = try? ModelConfiguration(layers: layers, width: 2, heads: 1, headWidth: 2, mlpWidth: 2, vocabulary: 8)
    return config.map { all($0) } ?? []
  }
}
