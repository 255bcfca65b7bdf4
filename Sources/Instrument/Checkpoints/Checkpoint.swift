import Foundation
import Synchronization
import Tensors

/// The tensors of a model's folder by name: of `model.safetensors`, of the shards that `model.safetensors.index.json` lists, or of a GGUF
/// file.
///
/// Names, shapes and numbers are those of Hugging Face's transformers, also where a file has them otherwise.
/// It remembers which tensors were asked for, so that `refuseUnused` can name those that nobody computes with.
package struct Checkpoint: Sendable {
  private let files: [any WeightFile]
  package private(set) var tensors: [String: StoredTensor] = [:]

  /// A tensor, and the file that it lies in.
  package typealias StoredTensor = (file: any WeightFile, entry: WeightEntry)

  /// The file that lists the tensors, for errors.
  private let listing: String
  private let requested = RequestedNames()

  package init(folder: URL) throws(ModelError) {
    switch try WeightFiles(folder: folder).listing {
    case .single(let file):
      (files, listing) = ([try SafetensorsFile(file)], file.path)
      try collect()
    case .sharded(let index):
      let map = try Self.weightMap(index)
      var opened: [SafetensorsFile] = []
      for name in Set(map.values).sorted() { opened.append(try Self.shard(folder, name, index)) }
      (files, listing) = (opened, index.path)
      try collect()
      try check(map)
    case .gguf(let file):
      (files, listing) = ([try GGUFModel(file).weights], file.path)
      try collect()
    }
    try WeightFiles.refuseOthers(folder, than: files.map { URL(filePath: $0.path).lastPathComponent })
  }

  /// The tensors of a GGUF file, under the names that they have in transformers.
  package init(gguf file: URL) throws(ModelError) { try self.init(gguf: GGUFModel(file)) }

  package init(gguf model: GGUFModel) throws(ModelError) {
    (files, listing) = ([model.weights], model.weights.path)
    try collect()
  }

  /// The names that nobody has asked for yet.
  package var unused: [String] { tensors.keys.filter { !requested.contains($0) }.sorted() }

  /// A number that changes with any byte of the checkpoint's weight files.
  package func checksum(seed: UInt64) -> UInt64 { files.reduce(seed) { $1.checksum(seed: $0) } }

  /// The matrix of a name, used where it lies in its file. Its shape must be the one that the configuration asks for, and its numbers
  /// finite.
  package func matrix(_ name: String, shape: [Int]) throws(ModelError) -> WeightMatrix {
    let (file, entry) = try stored(name, shape)
    let matrix = try file.matrix(entry)
    if Interruption.isRequested() { throw .interrupted }
    guard matrix.isFinite else { throw Self.notFinite(file, name) }
    return matrix
  }

  /// The vector of a name, in fp32.
  package func vector(_ name: String, count: Int) throws(ModelError) -> Tensor {
    let (file, entry) = try stored(name, [count])
    let vector = try file.tensor(entry)
    guard vector.elements.allSatisfy(\.isFinite) else { throw Self.notFinite(file, name) }
    return vector
  }

  /// The tensor of a name, in fp32.
  package func tensor(_ name: String, shape: [Int]) throws(ModelError) -> Tensor {
    let (file, entry) = try stored(name, shape)
    return try file.tensor(entry)
  }

  private func stored(_ name: String, _ shape: [Int]) throws(ModelError) -> StoredTensor {
    requested.insert(name)
    guard let (file, entry) = tensors[name] else { throw .badWeights(file: listing, tensor: name, problem: "is missing") }
    guard entry.shape == shape else {
      throw .badWeights(file: file.path, tensor: name, problem: "has the shape \(entry.shape), and config.json asks for \(shape)")
    }
    guard WeightMatrix.Format(rawValue: entry.type) != nil else {
      throw .badWeights(file: file.path, tensor: name, problem: "is of type \(entry.type), not F32, BF16 or F16")
    }
    return (file, entry)
  }

  private static func notFinite(_ file: any WeightFile, _ name: String) -> ModelError {
    .badWeights(
      file: file.path, tensor: name,
      problem: "holds NaN or infinite numbers, with which every answer would be NaN. Download or train it again")
  }

  private mutating func collect() throws(ModelError) {
    for file in files {
      for entry in file.entries.values {
        if let earlier = tensors.updateValue((file, entry), forKey: entry.name) {
          throw .badWeights(file: file.path, tensor: entry.name, problem: "is also in \(earlier.file.path)")
        }
      }
    }
  }

  /// Every tensor of the index must be in the shard that it names, and every tensor of a shard in the index.
  private func check(_ map: [String: String]) throws(ModelError) {
    for (name, shard) in map.sorted(by: { $0.key < $1.key }) {
      guard let tensor = tensors[name], tensor.file.path.hasSuffix("/" + shard) else {
        throw .badWeights(file: listing, tensor: name, problem: "is not in \(shard), where the index places it")
      }
    }
    guard let stranger = tensors.keys.filter({ map[$0] == nil }).min(), let tensor = tensors[stranger] else { return }
    throw .badWeights(file: tensor.file.path, tensor: stranger, problem: "is not in model.safetensors.index.json beside it")
  }

  private static func shard(_ folder: URL, _ name: String, _ index: URL) throws(ModelError) -> SafetensorsFile {
    guard !name.contains("/"), name.hasSuffix(".safetensors") else {
      throw .badSafetensors(file: index.path, problem: "it names the shard “\(name)”, which is not a safetensors file beside it")
    }
    let url = folder.appending(path: name)
    guard ModelFile.exists(url) else {
      throw .badSafetensors(
        file: index.path, problem: "its shard \(name) is missing\(ModelFile.deadLink(url).map { " (\($0))" } ?? "")")
    }
    return try SafetensorsFile(url)
  }

  /// The file of each tensor, as an index says.
  package static func weightMap(_ url: URL) throws(ModelError) -> [String: String] {
    let data = try ModelFile.read(url)
    let node = data.withUnsafeBytes { try? JSONNode(parsing: $0) }
    let members = node?["weight_map"]?.members ?? []
    var map: [String: String] = [:]
    for member in members {
      guard let file = member.value.string else { break }
      guard map.updateValue(file, forKey: member.key) == nil else {
        throw .badSafetensors(file: url.path, problem: "it names the tensor “\(member.key)” twice")
      }
    }
    guard !members.isEmpty, map.count == members.count else {
      throw .badSafetensors(file: url.path, problem: "it has no “weight_map” from tensor names to files")
    }
    return map
  }
}

/// The names of tensors that were asked for.
private final class RequestedNames: Sendable {
  private let names = Mutex<Set<String>>([])

  func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }

  func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }
}
