import Foundation
import Tensors

/// The tensors of a GGUF file under the names, with the shapes and numbers that they have in transformers.
///
/// Weights stay where they lie. Where a converter has moved rows, the rows' bytes are copied when the matrix is asked for, in the format
/// that they have; a weight that it has turned is turned back by the way it is read.
package struct GGUFWeights: WeightFile {
  package let entries: [String: WeightEntry]
  private let tensors: [String: (entry: GGUFFile.Entry, change: GGUFChange)]
  private let heads: GGUFHeads
  private let file: GGUFFile

  package var path: String { file.path }

  init(_ file: GGUFFile, _ architecture: GGUFArchitecture, heads: GGUFHeads) throws(ModelError) {
    var (entries, tensors): ([String: WeightEntry], [String: (GGUFFile.Entry, GGUFChange)]) = ([:], [:])
    for entry in file.entries.values.sorted(by: { $0.name < $1.name }) {
      // They are a setting: `GGUFRotary` has read them.
      if entry.name == GGUFRotary.factors, architecture.isRotary { continue }
      guard let (name, change) = architecture.translation(of: entry.name) else {
        throw .badWeights(
          file: file.path, tensor: entry.name,
          problem: "is none of those that Folio knows of the architecture “\(architecture.name)”")
      }
      try heads.check(change, entry, in: file)
      let shape = change == .transposed ? entry.shape.reversed() : entry.shape
      entries[name] = WeightEntry(name: name, type: entry.format.rawValue, shape: shape, bytes: entry.bytes)
      tensors[name] = (entry, change)
    }
    (self.entries, self.tensors, self.heads, self.file) = (entries, tensors, heads, file)
  }

  package func matrix(_ entry: WeightEntry) throws(ModelError) -> WeightMatrix {
    let (stored, change) = try stored(entry)
    if let order = heads.order(undoing: change, rows: stored.shape[0]) { return file.matrix(stored, rows: order) }
    return change == .transposed ? file.matrix(stored).transposed : file.matrix(stored)
  }

  package func tensor(_ entry: WeightEntry) throws(ModelError) -> Tensor {
    let (stored, change) = try stored(entry)
    if stored.shape.count == 2 { return try matrix(entry).tensor }
    var numbers = file.tensor(stored)
    if let order = heads.order(undoing: change, rows: stored.shape[0]) {
      let moved = numbers
      numbers.withUnsafeMutableElements { numbers in
        moved.withUnsafeElements { moved in for (index, row) in order.enumerated() { numbers[index] = moved[row] } }
      }
    } else if change == .plusOne {
      // No digit is lost here: the difference of numbers that are as near as these is exact. What the converter's own sum has rounded off,
      // digits below 2⁻²³ of it, is not in the file.
      numbers.withUnsafeMutableElements { numbers in for index in numbers.indices { numbers[index] -= 1 } }
    }
    return numbers
  }

  package func withBytes<Result>(_ entry: WeightEntry, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try file.withBytes(entry.bytes, body)
  }

  package func checksum(seed: UInt64) -> UInt64 { file.checksum(seed: seed) }

  private func stored(_ entry: WeightEntry) throws(ModelError) -> (entry: GGUFFile.Entry, change: GGUFChange) {
    guard let tensor = tensors[entry.name] else { throw .badWeights(file: path, tensor: entry.name, problem: "is missing") }
    return tensor
  }
}

/// What a converter has changed of a tensor.
enum GGUFChange: Equatable, Sendable {
  /// Nothing.
  case none
  /// It has added 1 to each number: to the weights of Gemma's norms.
  case plusOne
  /// It has turned the weight: [in, out] became [out, in].
  case transposed
  /// Within each query head it has moved row j of the first half to 2j, and row j of the second half to 2j + 1, for a rotary embedding
  /// that turns neighbours.
  case interleavedQueries
  /// The same within each key head.
  case interleavedKeys
  /// Of the rows of each head, which were its queries, keys and values, it has put all queries first, then all keys, then all values.
  case gathered
}

/// How many heads there are, which says where a converter has moved rows to.
struct GGUFHeads: Sendable {
  let queries: Int
  let keys: Int

  /// For each row of a tensor as transformers has it, the row that it is in the file; nil if no row was moved.
  func order(undoing change: GGUFChange, rows: Int) -> [Int]? {
    switch change {
    case .none, .plusOne, .transposed: nil
    case .interleavedQueries: interleaved(queries, rows)
    case .interleavedKeys: interleaved(keys, rows)
    case .gathered: gathered(rows)
    }
  }

  private func interleaved(_ heads: Int, _ rows: Int) -> [Int] {
    let width = rows / heads
    return (0..<rows).map { row in
      let (head, place) = (row / width, row % width)
      return head * width + (place < width / 2 ? 2 * place : 2 * (place - width / 2) + 1)
    }
  }

  private func gathered(_ rows: Int) -> [Int] {
    let width = rows / (3 * queries)
    return (0..<rows).map { row in
      let (head, part, place) = (row / (3 * width), row / width % 3, row % width)
      return (part * queries + head) * width + place
    }
  }

  /// Refuses a tensor whose rows are no whole number of heads.
  func check(_ change: GGUFChange, _ entry: GGUFFile.Entry, in file: GGUFFile) throws(ModelError) {
    let parts =
      switch change {
      case .none: 1
      case .plusOne: entry.shape.count == 1 ? 1 : 0
      case .transposed: entry.shape.count == 2 ? 1 : 0
      case .interleavedQueries: 2 * queries
      case .interleavedKeys: 2 * keys
      case .gathered: 3 * queries
      }
    guard parts > 0, 1...2 ~= entry.shape.count, entry.shape[0].isMultiple(of: parts) else {
      throw .badWeights(
        file: file.path, tensor: entry.name,
        problem: "has the shape \(entry.shape), which it cannot have with \(queries) heads (\(keys) of keys)")
    }
  }
}
