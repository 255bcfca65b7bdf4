import Foundation

/// Reads the metadata of one architecture key by key, remembers which were asked for, and refuses the rest; `SettingsReader` does the
/// same for JSON.
final class GGUFSettings {
  let file: GGUFFile
  private let architecture: GGUFArchitecture
  private var asked: Set<String> = []

  init(_ file: GGUFFile, _ architecture: GGUFArchitecture) { (self.file, self.architecture) = (file, architecture) }

  private var metadata: GGUFMetadata { file.metadata }

  /// The full key, as `llama.block_count`.
  func full(_ key: String) -> String { "\(architecture.name).\(key)" }

  func value(_ key: String) -> GGUFValue? {
    asked.insert(full(key))
    return metadata[full(key)]
  }

  /// A whole number above 0; nil if the key is missing.
  func count(_ key: String) throws(ModelError) -> Int? {
    asked.insert(full(key))
    guard let number = try metadata.integer(full(key)) else { return nil }
    guard number > 0, number <= 1 << 40 else { throw metadata.bad(full(key), "is \(number), which makes no sense") }
    return number
  }

  /// A whole number above 0, which must be there.
  func requiredCount(_ key: String) throws(ModelError) -> Int {
    guard let number = try count(key) else { throw metadata.bad(full(key), "is missing") }
    return number
  }

  /// A number, in the words that config.json has for it; nil if the key is missing.
  func number(_ key: String) throws(ModelError) -> JSONNode.Value? {
    guard let value = value(key) else { return nil }
    switch value {
    case .integer(let number): return .number("\(number)")
    case .float32(let number) where number.isFinite: return .number("\(number)")
    case .float64(let number) where number.isFinite: return .number("\(number)")
    default: throw metadata.bad(full(key), "is \(value), not a finite number")
    }
  }

  /// A number that must be there.
  func requiredNumber(_ key: String) throws(ModelError) -> JSONNode.Value {
    guard let number = try number(key) else { throw metadata.bad(full(key), "is missing") }
    return number
  }

  func flag(_ key: String) throws(ModelError) -> Bool? {
    asked.insert(full(key))
    return try metadata.flag(full(key))
  }

  func string(_ key: String) throws(ModelError) -> String? {
    asked.insert(full(key))
    return try metadata.string(full(key))
  }

  /// Refuses a value that is there, and is not the one with which nothing is computed differently.
  func require(_ key: String, toBe neutral: String, else advice: String) throws(ModelError) {
    guard let value = value(key), "\(value)" != neutral else { return }
    throw metadata.bad(full(key), "is \(value)", advice: advice)
  }

  func bad(_ key: String, _ problem: String, advice: String) -> ModelError { metadata.bad(full(key), problem, advice: advice) }

  /// How many layers there are. Each has tensors.
  func layers() throws(ModelError) -> Int {
    let layers = try requiredCount("block_count")
    guard layers <= file.entries.count else {
      throw bad("block_count", "is \(layers), more than the file has tensors", advice: "Convert the model again.")
    }
    return layers
  }

  /// The heads of each layer.
  func heads() throws(ModelError) -> GGUFHeads {
    let queries = try requiredCount("attention.head_count")
    return GGUFHeads(queries: queries, keys: try count("attention.head_count_kv") ?? queries)
  }

  /// Refuses every key that changes what is computed and was not asked for. Keys of `general` tell where the model comes from, keys of
  /// `quantize` how it was quantised, keys of `tokenizer` are read with the tokenizer.
  func finish() throws(ModelError) {
    if let count = try metadata.integer("split.count"), count > 1 {
      throw metadata.bad(
        "split.count", "is \(count): the model was split into as many files",
        advice: "Put them together: `llama-gguf-split --merge FIRST.gguf MODEL.gguf`.")
    }
    if let type = try metadata.string("general.type"), type != "model" {
      throw metadata.bad("general.type", "is “\(type)”, not “model”", advice: "Load the file of the model itself.")
    }
    for (key, value) in metadata.members where !asked.contains(key) {
      let known = ["general.", "tokenizer.", "quantize.", "split."].contains { key.hasPrefix($0) }
      guard !known else { continue }
      throw metadata.bad(
        key, "is \(value)",
        advice: "Folio does not know this key of the architecture “\(architecture.name)”, and so not what it changes.")
    }
  }
}
