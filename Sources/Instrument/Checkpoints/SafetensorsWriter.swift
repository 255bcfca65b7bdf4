import Files
import Foundation
import Tensors

/// Makes a safetensors file; `SafetensorsFile` says what that is.
package struct SafetensorsWriter {
  private var tensors: [(name: String, type: String, shape: [Int], bytes: Range<Int>)] = []
  private var data: [UInt8] = []

  /// How numbers are written.
  package enum Format { case float32, bfloat16 }

  /// Adds a tensor. In bfloat16 each number is the nearest one; of two equally near, the one whose last bit is 0.
  package mutating func add(_ name: String, _ tensor: Tensor, as format: Format = .float32) {
    let start = data.count
    tensor.withUnsafeElements { numbers in
      switch format {
      case .float32: data.append(contentsOf: UnsafeRawBufferPointer(numbers))
      case .bfloat16: numbers.map(Self.bfloat16).withUnsafeBytes { data.append(contentsOf: $0) }
      }
    }
    tensors.append((name, format == .float32 ? "F32" : "BF16", tensor.shape, start..<data.count))
  }

  /// Adds bytes that are no numbers. They belong behind all tensors, whose numbers would lie at odd addresses otherwise.
  package mutating func add(_ name: String, bytes: Data) {
    let start = data.count
    data.append(contentsOf: bytes)
    tensors.append((name, "U8", [bytes.count], start..<data.count))
  }

  /// Writes the file, whole or not at all.
  package init() {}

  package func write(to file: URL) throws(ModelError) {
    let header = header
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init)
    try writeWhole(length + header + data, to: file)
  }

  /// Hugging Face's reader wants to know that the tensors were written for PyTorch.
  private var header: [UInt8] {
    let entries = tensors.map { tensor in
      "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
        + "\"data_offsets\":[\(tensor.bytes.lowerBound),\(tensor.bytes.upperBound)]}"
    }
    let json = Array("{\(([#""__metadata__":{"format":"pt"}"#] + entries).joined(separator: ","))}".utf8)
    // The data begin at a whole cache line, so that a mapped file can be used where it lies.
    return json + Array(repeating: UInt8(ascii: " "), count: (120 - json.count % 64) % 64)
  }

  package static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }
}

/// Writes a file beside the old one, brings it to the disk, and gives it its name.
package func writeWhole(_ bytes: [UInt8], to file: URL) throws(ModelError) {
  do { try WholeFile.write(bytes, to: file.path) } catch {
    throw .badRequest("\(error). Look whether the folder may be written to, and whether the disk is full.")
  }
}
