import Checkpoints
import Foundation
import ModelFixture
import Tensors
import TestSupport
import Transformer

/// A checkpoint of a family without a tokenizer: a `config.json`, and tensors of the shapes that belong to it, whose numbers count up within each.
final class WrittenModel {
  let folder: URL
  let configuration: ModelConfiguration

  /// - Parameters:
  ///   - names: What a tensor is called, of its family's name.
  ///   - adding: Tensors more.
  init(
    _ config: SettingsText, names: (String) -> String = { $0 }, adding: [SafetensorsContent.Tensor] = []
  ) throws {
    configuration = try config.configuration()
    folder = FileManager.default.temporaryDirectory.appending(path: "folio-written-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(config.text.utf8).write(to: folder.appending(path: "config.json"))
    var content = SafetensorsContent()
    for (name, shape) in Self.shapes(configuration).sorted(by: { $0.key < $1.key }) {
      content.tensors.append((names(name), "F32", shape, Self.bytes((0..<shape.reduce(1, *)).map(Float.init))))
    }
    content.tensors += adding
    try content.serialized().write(to: folder.appending(path: "model.safetensors"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static func bytes(_ numbers: [Float]) -> Data { numbers.withUnsafeBytes { Data($0) } }

  /// The shape of each tensor in a checkpoint.
  private static func shapes(_ c: ModelConfiguration) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for weight in WeightName.all(c) {
      let (stored, shape) = (c.stored(weight), weight.shape(c))
      shapes[stored.tensor] =
        switch stored.place {
        case .whole: shape
        case .columns(_, let count): shape.count == 1 ? [count] : [shape[1], count]
        case .rows(_, let count): [count] + shape.dropFirst()
        }
    }
    return shapes
  }

  func weights() throws -> StoredWeights { StoredWeights(try Checkpoint(folder: folder), configuration) }

  /// The error of loading it, as text; empty if it loads.
  var loadingError: String {
    do {
      _ = try LanguageModel(folder: folder)
      return ""
    } catch { return "\(error)" }
  }
}
