import Foundation

/// An architecture of GGUF: what its metadata and tensors are called in Hugging Face's transformers, and what llama.cpp's converter
/// (`convert_hf_to_gguf.py`, with `tensor_mapping.py` of gguf-py) has changed.
///
/// `general.architecture` names it. Mistral and SmolLM2 come as `llama`, in whose terms they are computed.
struct GGUFArchitecture: Sendable {
  let name: String
  /// `model_type` of config.json, and the class that it belongs to.
  let family: (type: String, class: String)
  /// The names of the tensors outside of the layers.
  let outer: [String: String]
  /// The names of the tensors of a layer, `blk.3.` in front of the one and `model.layers.3.` of the other.
  let layer: (prefix: String, names: [String: String])
  /// What the converter changed, by the file's name within a layer or outside of them, without `.weight` or `.bias`.
  var changes: [String: GGUFChange] = [:]
  /// Its own settings, beside those that every architecture has.
  let settings: @Sendable (GGUFSettings) throws(ModelError) -> [(String, JSONNode.Value)]

  /// Whether positions turn queries and keys; else each has a vector of its own.
  var isRotary: Bool { outer["position_embd"] == nil }

  static let all = [llama, qwen2, qwen3, gemma, gemma2, gemma3, gpt2, gptneox]

  /// The architecture of a file.
  static func of(_ file: GGUFFile) throws(ModelError) -> GGUFArchitecture {
    let advice = "Folio reads \(all.map(\.name).joined(separator: ", "))."
    guard let name = try file.metadata.string("general.architecture") else {
      throw file.metadata.bad("general.architecture", "is missing", advice: advice)
    }
    guard let architecture = all.first(where: { $0.name == name }) else {
      throw file.metadata.bad("general.architecture", "is “\(name)”", advice: advice)
    }
    return architecture
  }

  /// The name of a tensor in transformers, and what the converter changed of it; nil for a name that is not known.
  func translation(of name: String) -> (name: String, change: GGUFChange)? {
    guard let match = name.wholeMatch(of: /(?:blk\.(0|[1-9][0-9]{0,5})\.)?([a-z_]+)\.(weight|bias)/) else { return nil }
    let (part, kind) = (String(match.2), String(match.3))
    guard let translated = match.1 == nil ? outer[part] : layer.names[part] else { return nil }
    let prefix = match.1.map { "\(layer.prefix).\($0)." } ?? ""
    let change = changes[part] ?? .none
    return ("\(prefix)\(translated).\(kind)", change == .transposed && kind == "bias" ? .none : change)
  }

  /// What the folder's `config.json` says.
  func configuration(_ keys: GGUFSettings) throws(ModelError) -> Data {
    var members: [(String, JSONNode.Value)] = [
      ("architectures", .array([JSONNode(.string(family.class))])), ("model_type", .string(family.type)),
      ("vocab_size", try vocabulary(keys)), ("tie_word_embeddings", .bool(keys.file.entries["output.weight"] == nil)),
    ]
    for (key, tokens) in [("bos", ["bos"]), ("eos", ["eos", "eot"]), ("pad", ["padding"])] {
      let ids = try Self.ids(tokens, keys.file.metadata)
      guard let first = ids.first else { continue }
      members.append(("\(key)_token_id", ids.count == 1 ? first.value : .array(ids)))
    }
    for key in ["expert_count", "expert_used_count"] {
      try keys.require(key, toBe: "0", else: "Folio does not compute mixtures of experts.")
    }
    try keys.require("attention.causal", toBe: "true", else: "Folio computes causal attention.")
    members += try settings(keys)
    try keys.finish()
    return Data(JSONText(.object(of: members)).bytes)
  }

  /// The special tokens that the file names, each once.
  private static func ids(_ tokens: [String], _ metadata: GGUFMetadata) throws(ModelError) -> [JSONNode] {
    var ids: [Int] = []
    for token in tokens {
      if let id = try metadata.integer("tokenizer.ggml.\(token)_token_id"), !ids.contains(id) { ids.append(id) }
    }
    return ids.map { JSONNode(.number("\($0)")) }
  }

  /// How many tokens there are: the embedding's rows.
  private func vocabulary(_ keys: GGUFSettings) throws(ModelError) -> JSONNode.Value {
    guard let rows = keys.file.entries["token_embd.weight"]?.shape.first else {
      throw .badWeights(file: keys.file.path, tensor: "token_embd.weight", problem: "is missing")
    }
    if let claimed = try keys.count("vocab_size"), claimed != rows {
      throw keys.bad("vocab_size", "is \(claimed), and the embedding has \(rows) rows", advice: "Convert the model again.")
    }
    return .number("\(rows)")
  }
}
