import Foundation
import Tensors

/// The tensors of a model's folder by name: of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
package struct Checkpoint: Sendable {
  private let files: [SafetensorsFile]
  private var places: [String: (file: SafetensorsFile, entry: SafetensorsFile.Entry)] = [:]
  /// The file that lists the tensors, for errors.
  private let listing: String

  package init(folder: URL) throws(GemmaError) {
    let single = folder.appending(path: "model.safetensors")
    let index = folder.appending(path: "model.safetensors.index.json")
    let manager = FileManager.default
    if manager.fileExists(atPath: single.path) || !manager.fileExists(atPath: index.path) {
      (files, listing) = ([try SafetensorsFile(single)], single.path)
      try collect()
    } else {
      let map = try Self.weightMap(index)
      var opened: [SafetensorsFile] = []
      for name in Set(map.values).sorted() { opened.append(try Self.shard(folder, name, index)) }
      (files, listing) = (opened, index.path)
      try collect()
      try check(map)
    }
  }

  /// A number that changes with any byte of the checkpoint's weight files.
  func checksum(seed: UInt64) -> UInt64 { files.reduce(seed) { $1.checksum(seed: $0) } }

  /// The matrix of a name, used where it lies in its file. Its shape must be the one that the configuration asks for, and its numbers
  /// finite.
  package func matrix(_ name: String, shape: [Int]) throws(GemmaError) -> WeightMatrix {
    let (file, entry) = try place(name, shape)
    let matrix = try file.matrix(entry)
    if Interruption.isRequested() { throw .interrupted }
    guard matrix.isFinite else { throw Self.notFinite(file, name) }
    return matrix
  }

  /// The vector of a name, in fp32.
  package func vector(_ name: String, count: Int) throws(GemmaError) -> Tensor {
    let (file, entry) = try place(name, [count])
    let vector = try file.tensor(entry)
    guard vector.elements.allSatisfy(\.isFinite) else { throw Self.notFinite(file, name) }
    return vector
  }

  /// The tensor of a name, in fp32.
  package func tensor(_ name: String, shape: [Int]) throws(GemmaError) -> Tensor {
    let (file, entry) = try place(name, shape)
    return try file.tensor(entry)
  }

  private func place(_ name: String, _ shape: [Int]) throws(GemmaError) -> (SafetensorsFile, SafetensorsFile.Entry) {
    guard let (file, entry) = places[name] else { throw .badWeights(file: listing, tensor: name, problem: "is missing") }
    guard entry.shape == shape else {
      throw .badWeights(file: file.path, tensor: name, problem: "has the shape \(entry.shape), and config.json asks for \(shape)")
    }
    guard ["F32", "BF16", "F16"].contains(entry.type) else {
      throw .badWeights(file: file.path, tensor: name, problem: "is of type \(entry.type), not F32, BF16 or F16")
    }
    return (file, entry)
  }

  private static func notFinite(_ file: SafetensorsFile, _ name: String) -> GemmaError {
    .badWeights(
      file: file.path, tensor: name,
      problem: "holds NaN or infinite numbers, with which every answer would be NaN. Download or train it again")
  }

  private mutating func collect() throws(GemmaError) {
    for file in files {
      for entry in file.entries.values {
        if let earlier = places.updateValue((file, entry), forKey: entry.name) {
          throw .badWeights(file: file.path, tensor: entry.name, problem: "is also in \(earlier.file.path)")
        }
      }
    }
  }

  /// Every tensor of the index must be in the shard that it names.
  private func check(_ map: [String: String]) throws(GemmaError) {
    for (name, shard) in map.sorted(by: { $0.key < $1.key }) {
      guard let place = places[name], place.file.path.hasSuffix("/" + shard) else {
        throw .badWeights(file: listing, tensor: name, problem: "is not in \(shard), where the index places it")
      }
    }
  }

  private static func shard(_ folder: URL, _ name: String, _ index: URL) throws(GemmaError) -> SafetensorsFile {
    guard !name.contains("/"), name.hasSuffix(".safetensors") else {
      throw .badSafetensors(file: index.path, problem: "it names the shard “\(name)”, which is not a safetensors file beside it")
    }
    let url = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw .badSafetensors(file: index.path, problem: "its shard \(name) is missing")
    }
    return try SafetensorsFile(url)
  }

  private struct Index: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey {
      case weightMap = "weight_map"
    }
  }

  private static func weightMap(_ url: URL) throws(GemmaError) -> [String: String] {
    let data: Data
    do { data = try Data(contentsOf: url) } catch { throw .unreadable(file: url.path, cause: error.localizedDescription) }
    do { return try JSONDecoder().decode(Index.self, from: data).weightMap } catch {
      throw .badSafetensors(file: url.path, problem: "it has no “weight_map” from tensor names to files")
    }
  }
}
