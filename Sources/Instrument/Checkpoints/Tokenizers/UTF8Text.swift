/// Reading characters out of valid UTF-8.
enum UTF8Text {
  /// The character at a position before `end`, and how many bytes it takes.
  @inline(__always)
  static func scalar(_ bytes: UnsafePointer<UInt8>, _ position: Int, _ end: Int) -> (value: UInt32, length: Int) {
    let first = UInt32(bytes[position])
    if first < 0x80 { return (first, 1) }
    if first < 0xE0 {
      guard position + 1 < end else { return (0xFFFD, 1) }
      return ((first & 0x1F) << 6 | UInt32(bytes[position + 1]) & 0x3F, 2)
    }
    if first < 0xF0 {
      guard position + 2 < end else { return (0xFFFD, 1) }
      return ((first & 0x0F) << 12 | (UInt32(bytes[position + 1]) & 0x3F) << 6 | UInt32(bytes[position + 2]) & 0x3F, 3)
    }
    guard position + 3 < end else { return (0xFFFD, 1) }
    let high = (first & 0x07) << 18 | (UInt32(bytes[position + 1]) & 0x3F) << 12
    return (high | (UInt32(bytes[position + 2]) & 0x3F) << 6 | UInt32(bytes[position + 3]) & 0x3F, 4)
  }

  /// Where the character begins that ends before a position, not before `start`.
  @inline(__always)
  static func before(_ bytes: UnsafePointer<UInt8>, _ position: Int, _ start: Int) -> Int {
    var position = position - 1
    while position > start, bytes[position] & 0xC0 == 0x80 { position -= 1 }
    return position
  }

  static func bytes(_ scalar: UInt32) -> [UInt8] { Unicode.Scalar(scalar).map { Array(String($0).utf8) } ?? [] }

  /// Each occurrence of a part replaced, from left to right.
  static func replacing(_ part: [UInt8], with other: [UInt8], in bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    guard let first = part.first, bytes.contains(first) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 16)
    var position = 0
    while position < bytes.count {
      if bytes[position] == first, bytes[position...].starts(with: part) {
        result += other
        position += part.count
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return result
  }
}
