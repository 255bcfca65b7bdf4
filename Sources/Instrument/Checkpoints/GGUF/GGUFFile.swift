import Foundation
import Tensors

/// Reads a GGUF file, as llama.cpp's converters write it: metadata, a description of each tensor, and the tensors' bytes, which begin at
/// multiples of an alignment (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>). Versions 2 and 3, little-endian.
///
/// Opening a file reads the header only, and checks all of it against the file's size: after that, every tensor that `entries` names lies
/// within the file, has as many bytes as its shape needs, and shares none with another; and every array of the metadata lies within it.
/// A header that lies is an error, and never a crash; what it claims of counts is never allocated.
package struct GGUFFile: Sendable {
  package struct Entry: Equatable, Sendable {
    package let name: String
    package let format: WeightMatrix.Format
    /// The longest step in memory first, as `[rows, columns]`; the file itself lists the shortest first.
    package let shape: [Int]
    /// Where the bytes lie, from the beginning of the file.
    package let bytes: Range<Int>
  }

  package let entries: [String: Entry]
  package let metadata: GGUFMetadata
  private let file: MappedFile

  package var path: String { file.path }

  package init(_ url: URL) throws(ModelError) {
    file = try MappedFile(url)
    let header = try GGUFHeader(file)
    (entries, metadata) = (header.entries, header.metadata)
  }

  /// The numbers of a tensor in fp32, as PyPI's `gguf` dequantises them.
  package func tensor(_ entry: Entry) -> Tensor {
    var result = Tensor(uninitialized: entry.shape)
    file.withBytes(entry.bytes) { source in
      guard let source = source.baseAddress else { return }
      result.withUnsafeMutableElements { entry.format.widen(source, into: $0) }
    }
    return result
  }

  /// A matrix where it lies in the file.
  package func matrix(_ entry: Entry) -> WeightMatrix {
    guard !entry.bytes.isEmpty, let base = file.address(of: entry.bytes) else { return WeightMatrix(tensor(entry)) }
    return WeightMatrix(base, entry.format, shape: entry.shape, owner: file)
  }

  /// A matrix with its rows in another order: a copy of the rows' bytes, in the format that they have.
  /// - Parameter order: For each row of the result, the row that it is in the file.
  package func matrix(_ entry: Entry, rows order: [Int]) -> WeightMatrix {
    let (rows, columns) = (entry.shape[0], entry.shape[1])
    guard rows > 0, columns > 0, let width = entry.format.byteCount(of: columns) else { return matrix(entry) }
    let copy = OwnedBytes(count: order.count * width)
    file.withBytes(entry.bytes) { source in
      for (index, row) in order.enumerated() {
        let bytes = UnsafeRawBufferPointer(rebasing: source[row * width..<(row + 1) * width])
        UnsafeMutableRawBufferPointer(start: copy.base + index * width, count: width).copyMemory(from: bytes)
      }
    }
    return WeightMatrix(copy.base, entry.format, shape: [order.count, columns], owner: copy)
  }

  /// The bytes of a part of the file. Valid within `body` only.
  func withBytes<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try file.withBytes(range, body)
  }

  /// A number that changes with any byte of the file.
  package func checksum(seed: UInt64) -> UInt64 { file.checksum(seed: seed) }
}

/// Memory that is written once, and then only read.
private final class OwnedBytes: @unchecked Sendable {
  let base: UnsafeMutableRawPointer

  init(count: Int) { base = .allocate(byteCount: count, alignment: 64) }

  deinit { base.deallocate() }
}
