import Checkpoints
import Foundation
import Tensors
import Transformer

extension TunedLens {
  /// Writes the lens to a folder of its own: `tuned_lens.safetensors` with `layers.0.weight`, `layers.0.bias`, …, and `tuned_lens.json`,
  /// which says of what model it is, last. The folder is made if it is missing. Each file is replaced whole.
  /// - Throws: `ModelError` for a folder that holds a model, or cannot be written to.
  public func save(to folder: URL) throws(ModelError) {
    if ModelFile.exists(folder.appending(path: "config.json")) {
      let advice = "which could not be loaded with a lens beside its weights. Save the lens to another folder."
      throw .badRequest("\(folder.path) holds a model, \(advice)")
    }
    var writer = SafetensorsWriter()
    for (layer, translator) in translators.enumerated() {
      writer.add(Self.weight(layer), translator.weight)
      writer.add(Self.bias(layer), translator.bias)
    }
    try writer.write(to: folder.appending(path: Self.numbers))
    let settings = JSONText.object([
      ("kind", .string(Self.kind)), ("format", .number(1)), ("model_checksum", .string(modelChecksum)),
      ("layers", .number(translators.count)), ("width", .number(translators.first?.bias.count ?? 0)),
    ])
    try writeWhole(settings.bytes, to: folder.appending(path: Self.settings))
  }

  /// Reads a lens that `save(to:)` wrote.
  /// - Throws: `LensError.otherModel` if it is one of another model; `LensError.notALens` and `ModelError` for files that are damaged, or
  ///   are something else.
  public init(contentsOf folder: URL, for model: LanguageModel) throws {
    try Self.checkSettings(folder, model)
    let (file, layers) = (try SafetensorsFile(folder.appending(path: Self.numbers)), model.config.layers)
    guard file.entries.count == 2 * layers else {
      throw LensError.notALens(
        file: folder.path, problem: "it holds \(file.entries.count) tensors, and \(layers) layers have \(2 * layers)")
    }
    func tensor(_ name: String) throws -> Tensor {
      guard let entry = file.entries[name] else {
        throw LensError.notALens(file: folder.path, problem: "it has no “\(name)”")
      }
      return try file.tensor(entry)
    }
    try self.init(
      weights: (0..<layers).map { try tensor(Self.weight($0)) }, biases: (0..<layers).map { try tensor(Self.bias($0)) },
      for: model)
  }

  /// Refuses a folder whose settings are none of a lens of this model.
  private static func checkSettings(_ folder: URL, _ model: LanguageModel) throws {
    func refuse(_ problem: String) -> LensError { .notALens(file: folder.path, problem: problem) }
    let keys = try SettingsReader(contentsOf: folder.appending(path: settings))
    guard try keys.string("kind") == kind else { throw refuse("its settings are those of something else") }
    _ = try keys.integer("format", in: 1...1)
    guard let checksum = try keys.string("model_checksum") else { throw refuse("its settings do not say of what model it is") }
    let sizes = (try keys.integer("layers", in: 1...100_000), try keys.integer("width", in: 1...10_000_000))
    try keys.finish(ignoring: [], else: "Folio does not know this key.")
    guard checksum == model.checksum else {
      throw LensError.otherModel(file: folder.path, lens: checksum, model: model.checksum)
    }
    guard sizes == (model.config.layers, model.config.width) else {
      throw refuse("it says that the model has \(sizes.0) layers of width \(sizes.1), which is not so")
    }
  }

  private static let (numbers, settings, kind) = ("tuned_lens.safetensors", "tuned_lens.json", "folio tuned lens")

  private static func weight(_ layer: Int) -> String { "layers.\(layer).weight" }
  private static func bias(_ layer: Int) -> String { "layers.\(layer).bias" }
}
