/// The characters by which byte-level vocabularies write bytes: printable ones stand for themselves, the others for `Ā`, `ā`, …, so that a
/// space is `Ġ` and a line feed `Ċ`.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [UInt32] = {
    var free: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) { return byte }
      defer { free += 1 }
      return free
    }
  }()

  /// The byte of each character; -1 for those that stand for none.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// The bytes that a text stands for; nil if one of its characters stands for none.
  static func bytes(of text: String) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard scalar.value < bytes.count, bytes[Int(scalar.value)] >= 0 else { return nil }
      result.append(UInt8(bytes[Int(scalar.value)]))
    }
    return result
  }

  /// How bytes are written.
  static func text(of bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { if let scalar = Unicode.Scalar(scalars[Int(byte)]) { text.append(scalar) } }
    return String(text)
  }
}
