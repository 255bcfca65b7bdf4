import Foundation
import Tensors

/// A safetensors file: eight bytes of header length (little-endian), a JSON object that gives each tensor's type, shape and place, and
/// the tensors' bytes one after the other (<https://huggingface.co/docs/safetensors/index#format>).
///
/// Opening a file reads the header only, and checks all of it against the file's size: after that, every tensor that `entries` names
/// lies within the file, has as many bytes as its shape needs, and shares none with another. A header that lies is an error, and never
/// a crash. Nothing is assumed of alignment.
package struct SafetensorsFile: WeightFile {
  package typealias Entry = WeightEntry

  package let entries: [String: Entry]
  private let file: MappedFile

  package var path: String { file.path }

  package init(_ url: URL) throws(ModelError) {
    file = try MappedFile(url)
    entries = try SafetensorsHeader(file).entries
  }

  /// The numbers of a tensor in fp32. F32, BF16 and F16 are widened exactly; F64 is rounded.
  package func tensor(_ entry: Entry) throws(ModelError) -> Tensor {
    var result = Tensor(uninitialized: entry.shape)
    let known = file.withBytes(entry.bytes) { source in
      result.withUnsafeMutableElements { Self.widen(source, entry.type, into: $0) }
    }
    guard known else {
      throw .badWeights(file: path, tensor: entry.name, problem: "is of type \(entry.type), not F32, BF16 or F16")
    }
    return result
  }

  /// A matrix where it lies in the file. What cannot be used so, numbers at odd addresses, is widened or moved.
  package func matrix(_ entry: Entry) throws(ModelError) -> WeightMatrix {
    guard let format = Self.format(entry.type), entry.bytes.lowerBound.isMultiple(of: format.blockBytes), !entry.bytes.isEmpty,
      let base = file.address(of: entry.bytes)
    else { return WeightMatrix(try tensor(entry)) }
    return WeightMatrix(base, format, shape: entry.shape, owner: file)
  }

  /// Whether it is the state of a training that Folio saved, and so no part of a model.
  package var isTrainingState: Bool { ["steps", "config.json", "tokenizer.model"].allSatisfy { entries[$0]?.type == "U8" } }

  /// A number that changes with any byte of the file.
  package func checksum(seed: UInt64) -> UInt64 { file.checksum(seed: seed) }

  /// The bytes of a tensor. Valid within `body` only.
  package func withBytes<Result>(_ entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try file.withBytes(entry.bytes, body)
  }

  private static func widen(_ source: UnsafeRawBufferPointer, _ type: String, into target: UnsafeMutableBufferPointer<Float>)
    -> Bool
  {
    guard let from = source.baseAddress else { return true }
    if let format = format(type) {
      format.widen(from, into: target)
      return true
    }
    guard type == "F64" else { return false }
    for i in target.indices { target[i] = Float(source.loadUnaligned(fromByteOffset: 8 * i, as: Double.self)) }
    return true
  }

  /// How the numbers of a type are written, of which a file holds matrices.
  private static func format(_ type: String) -> WeightMatrix.Format? {
    WeightMatrix.Format(rawValue: type).flatMap { $0.blockCount == 1 ? $0 : nil }
  }
}

/// The checked header of a safetensors file.
private struct SafetensorsHeader {
  private(set) var entries: [String: SafetensorsFile.Entry] = [:]
  private let path: String

  /// The reference implementation's limit on the header's length, in bytes.
  private static let longest = 100_000_000
  private static let sizes = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4, "I32": 4,
    "F32": 4,
    "U64": 8, "I64": 8, "F64": 8,
  ]

  init(_ file: MappedFile) throws(ModelError) {
    path = file.path
    try file.refuseLFSPointer()
    guard file.count >= 8 else { throw bad("it has \(file.count) bytes, too few for a header") }
    let length = file.withBytes(0..<8) { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(Self.longest) else { throw bad("its header claims to be \(length) bytes long") }
    guard Int(length) <= file.count - 8 else {
      throw bad("its header claims to be \(length) bytes long, and the file has only \(file.count)")
    }
    let json: Result<JSONNode, JSONNode.Problem> = file.withBytes(8..<8 + Int(length)) { bytes in
      Result { () throws(JSONNode.Problem) in try JSONNode(parsing: bytes) }
    }
    switch json {
    case .failure(let problem): throw bad("its header is not JSON: \(problem.text) at byte \(8 + problem.offset)")
    case .success(let header):
      guard let members = header.members else { throw bad("its header is not a JSON object") }
      try read(members, dataStart: 8 + Int(length), end: file.count)
    }
  }

  private mutating func read(_ members: [JSONNode.Member], dataStart: Int, end: Int) throws(ModelError) {
    for member in members where member.key != "__metadata__" {
      let entry = try entry(member.key, member.value, dataStart: dataStart, end: end)
      guard entries.updateValue(entry, forKey: member.key) == nil else {
        throw bad("the tensor “\(member.key)” is listed twice")
      }
    }
    try checkLayout(dataStart: dataStart, end: end)
  }

  private func entry(_ name: String, _ value: JSONNode, dataStart: Int, end: Int) throws(ModelError) -> SafetensorsFile.Entry {
    guard let members = value.members, Set(members.map(\.key)).count == members.count else {
      throw bad("the tensor “\(name)” is not described by an object")
    }
    let (type, shape, offsets) = (value["dtype"]?.string, integers(value["shape"]), integers(value["data_offsets"]))
    guard let type, let size = Self.sizes[type] else { throw bad("the tensor “\(name)” has no known type (\(type ?? "none"))") }
    guard let shape else { throw bad("the tensor “\(name)” has no shape of whole numbers from 0 up") }
    guard let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw bad("the tensor “\(name)” has no two ascending offsets")
    }
    guard offsets[1] <= end - dataStart else {
      throw bad("the tensor “\(name)” ends at byte \(offsets[1]) of the data, which has \(end - dataStart)")
    }
    guard let bytes = byteCount(shape, size), bytes == offsets[1] - offsets[0] else {
      throw bad("the tensor “\(name)” of type \(type) and shape \(shape) does not fill its \(offsets[1] - offsets[0]) bytes")
    }
    return SafetensorsFile.Entry(
      name: name, type: type, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// The format allows no byte that belongs to two tensors or to none; a file that breaks this is cut off, or was tampered with.
  private func checkLayout(dataStart: Int, end: Int) throws(ModelError) {
    var (covered, previous) = (dataStart, "the header")
    for entry in entries.values.sorted(by: {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }) {
      guard entry.bytes.lowerBound >= covered else { throw bad("the tensors “\(previous)” and “\(entry.name)” overlap") }
      guard entry.bytes.lowerBound == covered else {
        throw bad("\(entry.bytes.lowerBound - covered) bytes between “\(previous)” and “\(entry.name)” belong to no tensor")
      }
      (covered, previous) = (entry.bytes.upperBound, entry.name)
    }
    guard covered == end else { throw bad("\(end - covered) bytes behind “\(previous)” belong to no tensor") }
  }

  private func integers(_ node: JSONNode?) -> [Int]? {
    guard let values = node?.array else { return nil }
    let numbers = values.compactMap(\.integer)
    return numbers.count == values.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
  }

  private func byteCount(_ shape: [Int], _ size: Int) -> Int? {
    var bytes = size
    for length in shape {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: length)
      guard !overflows else { return nil }
      bytes = product
    }
    return bytes
  }

  private func bad(_ problem: String) -> ModelError { .badSafetensors(file: path, problem: problem) }
}
