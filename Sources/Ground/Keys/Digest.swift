import COpenSSL
import Foundation

/// The SHA-256 of bytes: by it Folio tells whether something is what it was.
package struct Digest: Hashable, Sendable {
  /// 32 of them.
  package let bytes: [UInt8]

  package static let byteCount = 32

  package init(of data: some DataProtocol) {
    var builder = DigestBuilder()
    builder.add(data)
    self = builder.digest
  }

  package init(of memory: UnsafeRawBufferPointer) {
    var builder = DigestBuilder()
    builder.add(memory)
    self = builder.digest
  }

  fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

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

/// Makes a digest of bytes that come one after the other. A copy goes on by itself.
package struct DigestBuilder {
  private var state = State()

  package init() {}

  package mutating func add(_ memory: UnsafeRawBufferPointer) {
    if !isKnownUniquelyReferenced(&state) { state = State(copying: state) }
    state.add(memory)
  }

  package mutating func add(_ data: some DataProtocol) {
    for region in data.regions { region.withUnsafeBytes { add($0) } }
  }

  /// The digest of the bytes so far.
  package var digest: Digest { Digest(bytes: State(copying: state).finish()) }

  /// OpenSSL's own.
  private final class State {
    private let context: OpaquePointer

    init() {
      context = Self.made()
      Self.require(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    init(copying other: State) {
      context = Self.made()
      Self.require(EVP_MD_CTX_copy_ex(context, other.context))
    }

    deinit { EVP_MD_CTX_free(context) }

    func add(_ memory: UnsafeRawBufferPointer) { Self.require(EVP_DigestUpdate(context, memory.baseAddress, memory.count)) }

    func finish() -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { bytes, count in
        var written: UInt32 = 0
        Self.require(EVP_DigestFinal_ex(context, bytes.baseAddress, &written))
        count = Int(written)
      }
    }

    private static func made() -> OpaquePointer {
      guard let context = EVP_MD_CTX_new() else { fatalError("There is no memory for a digest.") }
      return context
    }

    /// SHA-256 of memory fails only where memory is out, or where the system's OpenSSL forbids it.
    private static func require(_ status: Int32) {
      guard status == 1 else { fatalError("OpenSSL makes no SHA-256 here.") }
    }
  }
}
