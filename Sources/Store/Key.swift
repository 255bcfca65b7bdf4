import Crypto
import Foundation

/// A SHA-256 over labelled parts: the name of everything that the store keeps.
package struct Key: Hashable, Sendable, CustomStringConvertible {
  private let digits: String

  /// - Parameter hexadecimal: 64 digits.
  package init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 64, hexadecimal.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      return nil
    }
    digits = hexadecimal
  }

  fileprivate init(_ digest: SHA256.Digest) { digits = digest.hexadecimal }

  /// 64 hexadecimal digits.
  package var description: String { digits }

  /// The first 16 of them: enough to tell the things of one notebook apart.
  package var short: String { String(digits.prefix(16)) }
}

extension Key: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let key = Key(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no key")
    }
    self = key
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(digits)
  }
}

/// Makes a key of labelled parts. Each part is preceded by its length, so that no two sequences of parts are the same bytes.
package struct KeyBuilder {
  private var hash = SHA256()

  /// - Parameter purpose: keeps keys of different things apart.
  package init(_ purpose: String) { add(purpose) }

  package mutating func add(_ label: String, _ value: String) {
    add(label)
    add(value)
  }

  package mutating func add(_ label: String, _ value: Data) {
    add(label)
    addBytes(value, count: value.count)
  }

  package mutating func add(_ label: String, _ key: Key) { add(label, key.description) }

  /// The key of the parts so far.
  package var key: Key { Key(hash.finalize()) }

  private mutating func add(_ text: String) { addBytes(Array(text.utf8), count: text.utf8.count) }

  private mutating func addBytes(_ bytes: some DataProtocol, count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { hash.update(bufferPointer: $0) }
    hash.update(data: bytes)
  }
}

extension SHA256.Digest {
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
