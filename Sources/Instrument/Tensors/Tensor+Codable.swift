import Foundation

/// A tensor's shape and the bytes of its numbers (fp32, little endian): every bit survives, NaN included.
extension Tensor: Codable {
  private enum CodingKeys: String, CodingKey { case shape, numbers }

  /// Writes the shape, and the numbers as bytes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shape, forKey: .shape)
    try container.encode(withUnsafeElements { Data(buffer: $0) }, forKey: .numbers)
  }

  /// Reads what `encode(to:)` wrote.
  /// - Throws: `DecodingError.dataCorrupted` if the bytes are not the numbers of the shape.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let shape = try container.decode([Int].self, forKey: .shape)
    let bytes = try container.decode(Data.self, forKey: .numbers)
    var count = 1
    for length in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflows else {
        count = -1
        break
      }
      count = product
    }
    guard count >= 0, bytes.count.isMultiple(of: 4), bytes.count / 4 == count else {
      throw DecodingError.dataCorruptedError(
        forKey: .numbers, in: container, debugDescription: "\(bytes.count) bytes do not hold the numbers of the shape \(shape)")
    }
    self.init(uninitialized: shape)
    withUnsafeMutableElements { _ = bytes.copyBytes(to: $0) }
  }
}
