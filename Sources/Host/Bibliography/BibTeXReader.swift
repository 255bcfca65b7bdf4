import Document
import Record

/// Reads a `.bib` file: entries with values in braces, quotes or bare, strings and their joins, months, cross references, comments.
struct BibTeXReader {
  /// A field's value as it is written, and whether it stood in one piece.
  typealias Fields = [String: String]

  private let file: String
  private let bytes: [UInt8]
  private var position = 0
  private var strings: [String: String] = Self.months
  private(set) var entries: [(kind: String, key: String, fields: Fields, line: Int)] = []
  private(set) var problems: [Diagnostic] = []
  /// The line of each place is asked for in order.
  private var counted = (position: 0, line: 1)

  private static let months = [
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May", "jun": "June", "jul": "July",
    "aug": "August",
    "sep": "September", "oct": "October", "nov": "November", "dec": "December",
  ]

  init(_ text: String, file: String) {
    (self.file, bytes) = (file, Array(text.utf8))
    while let at = bytes[position...].firstIndex(of: UInt8(ascii: "@")) {
      position = at + 1
      entry(line: line(at))
    }
    inheritCrossReferences()
  }

  private mutating func line(_ place: Int) -> Int {
    if place < counted.position { counted = (0, 1) }
    counted = (place, counted.line + bytes[counted.position..<place].count { $0 == 0x0A })
    return counted.line
  }

  // MARK: - Entries

  private mutating func entry(line: Int) {
    let kind = word().lowercased()
    skipSpace()
    // An @ in a comment between entries, as in an address, begins nothing.
    guard !kind.isEmpty, let open = next, open == UInt8(ascii: "{") || open == UInt8(ascii: "(") else { return }
    position += 1
    let close = open == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: ")")
    switch kind {
    case "comment", "preamble": skipBalanced(to: close)
    case "string":
      while let (name, value) = field(close, line: line) { strings[name] = value }
    default:
      skipSpace()
      let key = text { $0 != UInt8(ascii: ",") && $0 != close && $0 > 0x20 }
      skipSpace()
      guard !key.isEmpty, next == UInt8(ascii: ",") || next == close else {
        return report("the entry has no key", advice: "Write '@\(kind){key, title = {…}}'.", line: line)
      }
      var fields: Fields = [:]
      while let (name, value) = field(close, line: line) { fields[name] = fields[name] ?? value }
      entries.append((kind, key, fields, line))
    }
  }

  /// The next `name = value`; nil at the entry's end.
  private mutating func field(_ close: UInt8, line entryLine: Int) -> (String, String)? {
    while let byte = next, byte <= 0x20 || byte == UInt8(ascii: ",") { position += 1 }
    guard let byte = next, byte != UInt8(ascii: "@") else {
      report("the entry does not end", advice: "Close it by '}'.", line: entryLine)
      return nil
    }
    if byte == close {
      position += 1
      return nil
    }
    let start = position
    let name = word().lowercased()
    skipSpace()
    guard !name.isEmpty, next == UInt8(ascii: "=") else {
      report("'name = value' is expected here", advice: "Put the value in braces, and a comma behind it.", line: line(start))
      skipBalanced(to: close)
      return nil
    }
    position += 1
    var value = ""
    repeat {
      skipSpace()
      guard let piece = piece(close) else {
        report("the field '\(name)' has no value, or it does not end", advice: "Put it in braces.", line: line(start))
        skipBalanced(to: close)
        return nil
      }
      value += piece
      skipSpace()
      guard next == UInt8(ascii: "#") else { break }
      position += 1
    } while true
    return (name, value)
  }

  private mutating func piece(_ close: UInt8) -> String? {
    switch next {
    case UInt8(ascii: "{"):
      position += 1
      return balanced(to: UInt8(ascii: "}"))
    case UInt8(ascii: "\""):
      position += 1
      return balanced(to: UInt8(ascii: "\""))
    case nil: return nil
    default:
      let text = text { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != close && $0 != UInt8(ascii: "#") }
      return text.isEmpty ? nil : strings[text.lowercased()] ?? text
    }
  }

  /// What stands before a closing mark outside of braces; nil if none comes.
  private mutating func balanced(to close: UInt8) -> String? {
    var (depth, index) = (0, position)
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\\"): index += 1
      case close where depth == 0:
        defer { position = index + 1 }
        return String(decoding: bytes[position..<index], as: UTF8.self)
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        guard depth > 0 else {
          report("a brace closes here that none opens", advice: "Open it, or take it out.", line: line(index))
          return nil
        }
        depth -= 1
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Goes on behind the entry, or, where it does not end, before the next line that begins one.
  private mutating func skipBalanced(to close: UInt8) {
    if balanced(to: close) != nil { return }
    while position < bytes.count, !bytes[position...].starts(with: "\n@".utf8) { position += 1 }
  }

  /// What an entry lacks it has from the entry that its `crossref` names.
  private mutating func inheritCrossReferences() {
    let byKey = Dictionary(entries.map { ($0.key.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    for index in entries.indices {
      guard let name = entries[index].fields["crossref"] else { continue }
      guard let parent = byKey[name.lowercased()] else {
        report(
          "'crossref' names '\(name)', and there is no such entry", advice: "See how it is written there.",
          line: entries[index].line)
        continue
      }
      var inherited = parent.fields
      inherited["crossref"] = nil
      // The title of what it stands in is not its own.
      if let title = inherited.removeValue(forKey: "title") { inherited["booktitle"] = inherited["booktitle"] ?? title }
      entries[index].fields.merge(inherited) { own, _ in own }
    }
  }

  private mutating func report(_ message: String, advice: String, line: Int) {
    problems.append(Diagnostic(at: Place(file: file, line: line), message, advice: advice))
  }

  // MARK: - Bytes

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() { while let byte = next, byte <= 0x20 { position += 1 } }

  private mutating func word() -> String {
    text { byte in
      let isLetter = (0x41...0x5A).contains(byte & 0xDF) || (0x30...0x39).contains(byte) || byte >= 0x80
      return isLetter || "-_:.+/".utf8.contains(byte)
    }
  }

  private mutating func text(while isInside: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = next, isInside(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }
}
