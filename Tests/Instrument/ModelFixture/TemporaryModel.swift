import Foundation
import Checkpoints
import Transformer
import Tensors
import TestSupport

/// A copy of a fixture's checkpoint in a folder of its own, to be damaged. The folder goes with the last reference.
package final class TemporaryModel {
  package let folder: URL

  /// - Parameter change: Makes other content of `model.safetensors`.
  package init(copying name: String, _ change: ((SafetensorsContent) throws -> SafetensorsContent)? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "folio-model-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: ModelFixture.folder.appending(path: name), to: folder)
    let weights = folder.appending(path: "model.safetensors")
    if let change { try change(SafetensorsContent(weights)).serialized().write(to: weights) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package func file(_ name: String) -> URL { folder.appending(path: name) }

  package func changeWeights(_ change: (inout Data) -> Void) throws {
    var data = try Data(contentsOf: file("model.safetensors"))
    change(&data)
    try data.write(to: file("model.safetensors"))
  }

  /// Replaces a text in one of the files.
  package func replace(_ old: String, by new: String, in name: String) throws {
    let text = try String(contentsOf: file(name), encoding: .utf8)
    guard text.contains(old) else { throw MissingText(text: old) }
    try text.replacing(old, with: new).write(to: file(name), atomically: false, encoding: .utf8)
  }

  /// The error of loading it, as text; empty if it loads.
  package var loadingError: String {
    do {
      _ = try LanguageModel(folder: folder)
      return ""
    } catch { return "\(error)" }
  }
}

/// A text that was to be replaced and is not there.
private struct MissingText: Error { let text: String }

/// The tensors of a safetensors file, to be written in another form.
package struct SafetensorsContent {
  package typealias Tensor = (name: String, type: String, shape: [Int], bytes: Data)
  package var tensors: [Tensor] = []

  package init() {}

  package init(_ url: URL) throws {
    let file = try SafetensorsFile(url)
    let data = try Data(contentsOf: url)
    tensors = file.entries.values.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
      .map { ($0.name, $0.type, $0.shape, data.subdata(in: $0.bytes)) }
  }

  /// The same tensors in another type, rounded to nearest even where it is narrower.
  package func rewritten(as type: String) throws -> SafetensorsContent {
    var result = self
    for (i, tensor) in tensors.enumerated() {
      let values: [Float] = tensor.bytes.withUnsafeBytes { bytes in
        let width = tensor.type == "F32" ? 4 : 2
        return (0..<bytes.count / width).map { index in
          switch tensor.type {
          case "F32": bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
          case "F16": Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
          default: Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
          }
        }
      }
      result.tensors[i].type = type
      result.tensors[i].bytes = values.reduce(into: Data()) { $0 += Self.bytes(of: $1, type) }
    }
    return result
  }

  private static func bytes(of value: Float, _ type: String) -> Data {
    switch type {
    case "F32": withUnsafeBytes(of: value) { Data($0) }
    case "F16": withUnsafeBytes(of: Float16(value).bitPattern) { Data($0) }
    default:
      withUnsafeBytes(of: UInt16(truncatingIfNeeded: (value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)) >> 16)) {
        Data($0)
      }
    }
  }

  package func serialized() throws -> Data {
    var (header, end) = ([String](), 0)
    for tensor in tensors {
      header.append(
        "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),\"data_offsets\":[\(end),\(end + tensor.bytes.count)]}"
      )
      end += tensor.bytes.count
    }
    let json = Data("{\(header.joined(separator: ","))}".utf8)
    return tensors.reduce(into: withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json) { $0 += $1.bytes }
  }
}

extension Data {
  package mutating func flipBit(at index: Int) { self[index] ^= 1 }
}
