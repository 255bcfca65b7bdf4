import Foundation

/// A checkpoint of gemma-2b's shape with random bf16 weights, in the files of the Hugging Face hub: for speed and memory, where the
/// numbers do not matter. Two shards and an index, as gemma-2b has.
struct RandomCheckpoint {
  let layers: Int
  /// Whether the numbers are written as fp32, in twice the space.
  var isWide = false
  private let width = 2048
  private let mlpWidth = 16384
  private let heads = 8
  private let headWidth = 256
  private let vocabulary = 256_000

  /// The tensors, in the order of the file.
  private var tensors: [(name: String, shape: [Int])] {
    var tensors: [(String, [Int])] = [("model.embed_tokens.weight", [vocabulary, width])]
    for layer in 0..<layers {
      let prefix = "model.layers.\(layer)."
      tensors += [
        (prefix + "input_layernorm.weight", [width]), (prefix + "mlp.down_proj.weight", [width, mlpWidth]),
        (prefix + "mlp.gate_proj.weight", [mlpWidth, width]), (prefix + "mlp.up_proj.weight", [mlpWidth, width]),
        (prefix + "post_attention_layernorm.weight", [width]), (prefix + "self_attn.k_proj.weight", [headWidth, width]),
        (prefix + "self_attn.o_proj.weight", [width, heads * headWidth]),
        (prefix + "self_attn.q_proj.weight", [heads * headWidth, width]),
        (prefix + "self_attn.v_proj.weight", [headWidth, width]),
      ]
    }
    return tensors + [("model.norm.weight", [width])]
  }

  /// Writes it into a folder, with a tokenizer that is copied. A folder that is there already is taken as it is.
  func write(to folder: String, tokenizer: String) throws {
    guard !FileManager.default.fileExists(atPath: folder + "/config.json") else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let half = (tensors.count + 1) / 2
    let shards = [Array(tensors[..<half]), Array(tensors[half...])]
    var map: [String: String] = [:]
    for (number, shard) in shards.enumerated() {
      let name = String(format: "model-%05d-of-%05d.safetensors", number + 1, shards.count)
      try write(shard, to: folder + "/" + name)
      for tensor in shard { map[tensor.name] = name }
    }
    try JSONSerialization.data(withJSONObject: ["metadata": [:], "weight_map": map] as [String: Any], options: .sortedKeys)
      .write(to: URL(filePath: folder + "/model.safetensors.index.json"))
    try FileManager.default.copyItem(atPath: tokenizer, toPath: folder + "/tokenizer.model")
    try Data(configuration.utf8).write(to: URL(filePath: folder + "/config.json"))
  }

  private var configuration: String {
    """
    {"architectures": ["GemmaForCausalLM"], "model_type": "gemma", "vocab_size": \(vocabulary), "hidden_size": \(width),
     "intermediate_size": \(mlpWidth), "num_hidden_layers": \(layers), "num_attention_heads": \(heads), "num_key_value_heads": 1,
     "head_dim": \(headWidth), "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh",
     "max_position_embeddings": 8192, "rms_norm_eps": 1e-06, "rope_theta": 10000.0, "bos_token_id": 2, "eos_token_id": 1,
     "pad_token_id": 0, "torch_dtype": "bfloat16"}
    """
  }

  private func write(_ tensors: [(name: String, shape: [Int])], to path: String) throws {
    var (entries, offset): ([String], Int) = ([], 0)
    for tensor in tensors {
      let bytes = tensor.shape.reduce(isWide ? 4 : 2, *)
      entries.append(
        #""\#(tensor.name)":{"dtype":"\#(isWide ? "F32" : "BF16")","shape":\#(tensor.shape),"data_offsets":[\#(offset),\#(offset + bytes)]}"#
      )
      offset += bytes
    }
    var header = "{" + entries.joined(separator: ",") + "}"
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
    }
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    defer { try? file.close() }
    try file.write(contentsOf: withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) })
    try file.write(contentsOf: Data(header.utf8))
    var random = UInt64(layers)
    for tensor in tensors { try write(count: tensor.shape.reduce(1, *), to: file, &random) }
  }

  /// Numbers of a standard deviation of about 0.02, as Hugging Face initialises: evenly distributed, which is faster to make.
  private func write(count: Int, to file: FileHandle, _ random: inout UInt64) throws {
    var rest = count
    while rest > 0 {
      let part = min(rest, 1 << 22)
      var data = Data(count: part * (isWide ? 4 : 2))
      data.withUnsafeMutableBytes { bytes in
        for i in 0..<part {
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let value = (Float(random >> 40) * 0x1p-24 - 0.5) * 0.0693
          if isWide {
            bytes.storeBytes(of: value.bitPattern & 0xFFFF_0000, toByteOffset: 4 * i, as: UInt32.self)
          } else {
            bytes.storeBytes(of: UInt16(truncatingIfNeeded: value.bitPattern >> 16), toByteOffset: 2 * i, as: UInt16.self)
          }
        }
      }
      try file.write(contentsOf: data)
      rest -= part
    }
  }
}
