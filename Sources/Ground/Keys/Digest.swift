import Crypto
import Foundation

/// The SHA-256 of bytes: by it Folio tells whether something is what it was.
package struct Digest: Hashable, Sendable {
  /// 32 of them.
  package let bytes: [UInt8]

  package static let byteCount = SHA256.byteCount

  package init(of data: some DataProtocol) { bytes = Array(SHA256.hash(data: data)) }

  package init(of memory: UnsafeRawBufferPointer) {
    var builder = DigestBuilder()
    builder.add(memory)
    self = builder.digest
  }

  fileprivate init(_ hash: SHA256) { bytes = Array(hash.finalize()) }

  /// 64 digits.
  package var hexadecimal: String {
    let digits: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
      for (index, byte) in bytes.enumerated() {
        text[2 * index] = digits.utf8Start[Int(byte >> 4)]
        text[2 * index + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return 2 * bytes.count
    }
  }
}

/// Makes a digest of bytes that come one after the other.
package struct DigestBuilder {
  private var hash = SHA256()

  package init() {}

  package mutating func add(_ memory: UnsafeRawBufferPointer) { hash.update(bufferPointer: memory) }

  package mutating func add(_ data: some DataProtocol) { hash.update(data: data) }

  /// The digest of the bytes so far.
  package var digest: Digest { Digest(hash) }
}
