/// A text's lines with their ends, as a notebook's reader counts them: `\n`, `\r\n` and `\r` end one.
///
/// Swift takes `\r\n` for one character, also one that a replacement has just made, and an accented letter for another one's equal; what must be copied exactly is cut and compared
/// by its bytes.
package struct TextLines {
  /// Each with its end; joined they are the text.
  package private(set) var all: [String] = []

  package init(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    for index in bytes.indices {
      let isEnd = bytes[index] == 0x0A || bytes[index] == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)
      guard isEnd else { continue }
      all.append(String(decoding: bytes[start...index], as: UTF8.self))
      start = index + 1
    }
    if start < bytes.count { all.append(String(decoding: bytes[start...], as: UTF8.self)) }
  }

  /// A line without its end.
  package static func content(_ line: String) -> String {
    String(decoding: line.utf8.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
  }

  package static func end(_ line: String) -> String {
    String(decoding: line.utf8.drop { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
  }

  package static func isBlank(_ line: String) -> Bool { line.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }

  /// A text whose lines all end by `\n`, as code and prose in a notebook of Jupyter do.
  package static func normalized(_ text: String) -> String {
    text.utf8.contains(0x0D) ? TextLines(text).all.map { content($0) + (end($0).isEmpty ? "" : "\n") }.joined() : text
  }

  package static func areSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
}
