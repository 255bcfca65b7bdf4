import Foundation

/// A SHA-256 over labelled parts: the name of everything that the store keeps.
package struct Key: Hashable, Sendable, CustomStringConvertible {
  private let digits: String

  /// - Parameter hexadecimal: 64 digits. Capitals are the same key.
  package init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 64, hexadecimal.utf8.allSatisfy(Self.isDigit) else { return nil }
    digits = hexadecimal.lowercased()
  }

  fileprivate init(_ digest: Digest) { digits = digest.hexadecimal }

  /// 64 hexadecimal digits.
  package var description: String { digits }

  /// The first 16 of them: enough to tell the things of one notebook apart.
  package var short: String { String(digits.prefix(16)) }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
    default: false
    }
  }
}

/// As a string of its digits.
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

/// Makes a key of labelled parts. Each part is preceded by its length, so that no two sequences of parts are the same bytes. A part is its
/// bytes: a text counts as its UTF-8, a key as its digits.
package struct KeyBuilder {
  private var bytes = DigestBuilder()

  /// - Parameter purpose: keeps keys of different things apart.
  package init(_ purpose: String) { add(purpose) }

  /// Adds a text.
  package mutating func add(_ label: String, _ value: String) {
    add(label)
    add(value)
  }

  /// Adds bytes.
  package mutating func add(_ label: String, _ value: some DataProtocol) {
    add(label)
    addBytes(value)
  }

  /// Adds what another key stands for.
  package mutating func add(_ label: String, _ key: Key) { add(label, key.description) }

  /// The key of the parts so far.
  package var key: Key { Key(bytes.digest) }

  private mutating func add(_ text: String) { addBytes(Array(text.utf8)) }

  private mutating func addBytes(_ added: some DataProtocol) {
    withUnsafeBytes(of: UInt64(added.count).littleEndian) { bytes.add($0) }
    bytes.add(added)
  }
}
