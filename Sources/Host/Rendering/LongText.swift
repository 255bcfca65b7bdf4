/// A text that is too long for a page: its beginning, its end, and what is between in numbers.
package struct LongText {
  /// A text within these is shown whole.
  package static let mostLines = 400
  package static let mostBytes = 48_000
  /// Of a longer one, this much of its beginning, and half as much of its end.
  package static let headLines = 24
  package static let headBytes = 6_000

  package let head: String
  package let tail: String
  /// `9,940 lines (1,234,567 bytes)`
  package let omission: String

  /// - Returns: `nil` if the text is short enough.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    let lines = bytes.count { $0 == 0x0A }
    guard bytes.count > Self.mostBytes || lines > Self.mostLines else { return nil }
    let start = Self.end(of: bytes, lines: Self.headLines, bytes: Self.headBytes)
    let stop = Self.start(of: bytes, from: max(start, bytes.count - Self.headBytes / 2), lines: Self.headLines / 2)
    head = String(decoding: bytes[..<Self.boundary(bytes, start)], as: UTF8.self)
    tail = String(decoding: bytes[Self.boundary(bytes, stop)...], as: UTF8.self)
    let omitted = bytes[Self.boundary(bytes, start)..<Self.boundary(bytes, stop)]
    let newlines = omitted.count { $0 == 0x0A }
    omission =
      (newlines > 0 ? PageWords.current.lines(newlines) + " (" : "") + PageWords.current.bytes(omitted.count)
      + (newlines > 0 ? ")" : "")
  }

  /// The text, or its beginning and an ellipsis.
  package static func clipped(_ text: String, to count: Int) -> String {
    guard let end = text.index(text.startIndex, offsetBy: count, limitedBy: text.endIndex), end < text.endIndex else {
      return text
    }
    return text[..<end] + "…"
  }

  /// How many bytes the first lines are, if they are not too many; else as many as may be.
  private static func end(of bytes: [UInt8], lines: Int, bytes most: Int) -> Int {
    var (end, found, count) = (0, 0, 0)
    for byte in bytes.prefix(most) {
      count += 1
      if byte == 0x0A {
        found += 1
        end = count
        if found == lines { break }
      }
    }
    return end > 0 ? end : count
  }

  /// Where the last lines begin, if that is not before `earliest`; else there.
  private static func start(of bytes: [UInt8], from earliest: Int, lines: Int) -> Int {
    var (start, found) = (earliest, 0)
    for index in stride(from: bytes.count - 1, to: earliest, by: -1) where bytes[index - 1] == 0x0A {
      start = index
      found += 1
      if found == lines { break }
    }
    return start
  }

  /// Back to where a character begins.
  private static func boundary(_ bytes: [UInt8], _ index: Int) -> Int {
    var index = index
    while index > 0, index < bytes.count, bytes[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }
}
