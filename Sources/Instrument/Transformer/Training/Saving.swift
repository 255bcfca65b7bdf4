import Checkpoints
import Foundation
import Tensors

extension LanguageModel {
  /// How numbers are written to a checkpoint.
  public enum SavedFormat: Sendable {
    /// Four bytes for each number, with all of its bits.
    case float32
    /// Two bytes for each number, as Gemma's own checkpoints are; each number becomes the nearest one, of two equally near the one whose last
    /// bit is 0.
    case bfloat16
  }

  /// Writes the model to a folder, from which `LanguageModel.load` and Hugging Face's transformers read it: `model.safetensors`, the files of
  /// its tokenizer, if it has one, its `generation_config.json`, if it was loaded with one, and `config.json` last. The folder is made if it is missing. Each file is
  /// replaced whole: a reader, a full disk or a killed process never meets a part of one.
  /// - Throws: an error if the folder holds files that would be loaded with these and belong to another model.
  public func save(to folder: URL, as format: SavedFormat = .float32) throws(ModelError) {
    var small = (storedTokenizer?.files ?? []).map { ($0.name, $0.content) } + [("config.json", config.json)]
    if let defaults = generationDefaults.serialized { small.insert(("generation_config.json", defaults), at: 0) }
    try refuseOthers(folder, than: small.map(\.0))
    var writer = SafetensorsWriter()
    for (name, tensor) in storedTensors { writer.add(name, tensor(), as: format == .float32 ? .float32 : .bfloat16) }
    try writer.write(to: folder.appending(path: "model.safetensors"))
    for (name, content) in small { try writeWhole([UInt8](content), to: folder.appending(path: name)) }
  }

  /// The tensors of a checkpoint of the model's family, under its names.
  private var storedTensors: [(name: String, tensor: () -> Tensor)] {
    let parts = WeightName.all(config).map { (weight: $0, stored: config.stored($0)) }
    var names: [String] = []
    for part in parts where part.stored.tensor != names.last && !names.contains(part.stored.tensor) {
      names.append(part.stored.tensor)
    }
    let byName = Dictionary(grouping: parts, by: \.stored.tensor)
    return names.map { name in
      (
        name,
        { [self] in StoredWeight.assembled((byName[name] ?? []).map { ($0.stored.place, atHome.weights.tensor($0.weight)) }) }
      )
    }
  }

  /// Refuses a folder with files that loading reads, and that are not replaced.
  private func refuseOthers(_ folder: URL, than written: [String]) throws(ModelError) {
    let read = ["model.safetensors.index.json", "generation_config.json"] + TokenizerFiles.names
    guard let other = read.first(where: { !written.contains($0) && ModelFile.exists(folder.appending(path: $0)) }) else {
      try WeightFiles.refuseAdapter(folder)
      return try WeightFiles.refuseOthers(folder, than: ["model.safetensors"])
    }
    throw .badRequest(
      "\(folder.path) holds \(other) of another model\(other.hasSuffix("index.json") ? ", in shards" : ""), which would be loaded with "
        + "this one. Save to another folder, or remove the old model first.")
  }
}

extension Trainer {
  /// Writes everything that training needs to go on to one file: weights, moments, the number of steps, sizes and tokenizer. Of
  /// the optimizer's settings it holds none; give the same ones again. It is three times as large as the weights in fp32.
  public func saveState(to file: URL) throws(ModelError) {
    var writer = SafetensorsWriter()
    for (prefix, values) in zip(Self.prefixes, [state.parameters.values, state.firstMoment, state.secondMoment]) {
      for name in state.parameters.layout.names {
        writer.add(prefix + state.parameters.layout.configuration.stateName(name), state.parameters.layout.part(of: values, name))
      }
    }
    writer.add("steps", bytes: Data("\(state.steps)".utf8))
    writer.add("config.json", bytes: model.config.json)
    for file in model.storedTokenizer?.files ?? [] { writer.add(file.name, bytes: file.content) }
    try writer.write(to: file)
  }

  /// Goes on from a file that `saveState` wrote: with the same settings and batches, bit for bit as if it had never ended.
  public init(restoring file: URL, optimizer: AdamW) throws(ModelError) {
    let reader = try StateReader(file)
    let config = try ModelConfiguration(json: reader.bytes("config.json"), file: file.path)
    let files = try reader.tokenizer()
    let tokenizer = files.form == nil ? nil : try Tokenizer(files, bos: config.bos)
    let layout = ParameterLayout(config)
    let parts = try Self.prefixes.map { prefix throws(ModelError) in try reader.values(prefix, layout) }
    guard let steps = Int(String(decoding: try reader.bytes("steps"), as: UTF8.self)), (0...Self.mostSteps).contains(steps) else {
      throw reader.notAState("its number of steps is no number")
    }
    var state = TrainingState(Parameters(layout, parts[0]))
    (state.firstMoment, state.secondMoment, state.steps) = (parts[1], parts[2], steps)
    try self.init(state, tokenizer: tokenizer, optimizer)
  }

  /// More than any training has, and few enough to be counted on.
  private static let mostSteps = 1 << 53

  /// What stands before the names of weights and moments.
  private static let prefixes = ["", "first_moment.", "second_moment."]
}

extension ModelConfiguration {
  /// The name of a weight in a state of a training: its tensor's, and which part of it.
  fileprivate func stateName(_ weight: WeightName) -> String {
    let stored = stored(weight)
    guard case .layer(_, let part) = weight, stored.place != .whole else { return stored.tensor }
    return "\(stored.tensor)#\(part.rawValue)"
  }
}

/// Reads a training state, and knows the file for the error.
private struct StateReader {
  private let file: SafetensorsFile

  init(_ url: URL) throws(ModelError) { file = try SafetensorsFile(url) }

  /// All tensors with a prefix, one behind the other.
  func values(_ prefix: String, _ layout: ParameterLayout) throws(ModelError) -> Tensor {
    let parts = try layout.names.map { name throws(ModelError) in
      let key = prefix + layout.configuration.stateName(name)
      let tensor = try file.tensor(entry(key, "F32", name.shape(layout.configuration)))
      guard tensor.isFinite else { throw notAState("“\(key)” holds numbers that are not finite") }
      return tensor.reshaped([-1])
    }
    return Tensor.joined(parts)
  }

  func bytes(_ name: String) throws(ModelError) -> Data {
    let entry = try entry(name, "U8", nil)
    do { return try Data(contentsOf: URL(filePath: file.path)).subdata(in: entry.bytes) } catch {
      throw .unreadable(file: file.path, cause: error.localizedDescription)
    }
  }

  func tokenizer() throws(ModelError) -> TokenizerFiles {
    var files = TokenizerFiles(folder: file.path, contents: [:])
    for name in TokenizerFiles.names where file.entries[name] != nil { files[name] = try bytes(name) }
    return files
  }

  private func entry(_ name: String, _ type: String, _ shape: [Int]?) throws(ModelError) -> SafetensorsFile.Entry {
    guard let entry = file.entries[name], entry.type == type, shape == nil || entry.shape == shape else {
      throw notAState("it has no “\(name)” of type \(type)\(shape.map { " and shape \($0)" } ?? "")")
    }
    return entry
  }

  func notAState(_ problem: String) -> ModelError {
    .badRequest("\(file.path) is no state of a training: \(problem). Restore from a file that `saveState(to:)` wrote.")
  }
}
