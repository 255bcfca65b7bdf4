import Document

/// A piece of Markdown, in which what is code, and what is a formula, is made out: the rest may be looked at for links, pictures and HTML.
struct ProseMask {
  let bytes: [UInt8]
  /// The same with spaces in the places of code and formulas.
  private(set) var visible: [UInt8]
  /// The code within lines, with its backticks.
  private(set) var spans: [Range<Int>] = []
  /// Where the lines begin.
  private let starts: [Int]

  /// - Parameter text: its lines end by `\n`.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    (self.bytes, visible) = (bytes, bytes)
    starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    for code in MarkdownLayout(text).code {
      blank(offset(line: code.firstLine, column: 0)..<offset(line: code.lastLine + 1, column: 0))
    }
    blankSpans()
  }

  /// The byte at a place, both within the piece: the line from 1, the column in bytes from 0.
  func offset(line: Int, column: Int) -> Int {
    guard line >= 1, line <= starts.count else { return bytes.count }
    return min(starts[line - 1] + column, bytes.count)
  }

  /// What stands before a byte in its line.
  func prefix(of offset: Int) -> ArraySlice<UInt8> {
    let start = bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return bytes[start..<offset]
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The first place of some bytes in what is visible.
  func find(_ text: String, from start: Int) -> Int? { Self.find(Array(text.utf8), in: visible, from: start) }

  static func find(_ text: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard let first = text.first else { return nil }
    var index = start
    while index + text.count <= bytes.count, let next = bytes[index...].firstIndex(of: first) {
      if bytes[next...].starts(with: text) { return next }
      index = next + 1
    }
    return nil
  }

  mutating func blank(_ range: Range<Int>) {
    for index in range where visible[index] != 0x0A { visible[index] = 0x20 }
  }

  /// The number of backticks that stand together at a byte.
  private func run(at index: Int) -> Int { visible[index...].prefix { $0 == UInt8(ascii: "`") }.count }

  /// Code within lines: from some backticks to as many in the same paragraph.
  private mutating func blankSpans() {
    var index = 0
    while index < visible.count {
      switch visible[index] {
      case UInt8(ascii: "\\"): index += 2
      case UInt8(ascii: "`"):
        let length = run(at: index)
        var end = index + length
        while end < visible.count, !isBlankLine(at: end) {
          let next = run(at: end)
          if next == length { break }
          end += max(1, next)
        }
        if end < visible.count, run(at: end) == length {
          spans.append(index..<end + length)
          blank(index..<end + length)
          index = end + length
        } else {
          index += length
        }
      default: index += 1
      }
    }
  }

  /// Whether a line ends here, and the next one holds nothing: a paragraph ends.
  private func isBlankLine(at index: Int) -> Bool {
    guard visible[index] == 0x0A else { return false }
    let next = visible[(index + 1)...].first { $0 != 0x20 && $0 != 0x09 && $0 != UInt8(ascii: ">") }
    return next == nil || next == 0x0A
  }
}
