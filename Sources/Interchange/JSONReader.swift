import Record

/// Reads JSON, as RFC 8259 has it; what is wrong is said with its line and column.
struct JSONReader {
  /// What is nested deeper is no notebook, and would exhaust the stack.
  private static let deepest = 200

  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var line = 1
  private var lineStart = 0

  /// - Parameter file: the file's path, as diagnostics shall name it.
  static func read(_ text: String, file: String) throws -> JSON {
    var reader = JSONReader(bytes: Array(text.utf8), file: file)
    if reader.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
    reader.skipSpace()
    guard reader.position < reader.bytes.count else { throw reader.problem("the file is empty") }
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == reader.bytes.count else { throw reader.problem("something follows the end of the JSON") }
    return value
  }

  private init(bytes: [UInt8], file: String) { (self.bytes, self.file) = (bytes, file) }

  private func problem(_ message: String, at position: Int? = nil) -> Diagnostics {
    let column = (position ?? self.position) - lineStart + 1
    return Diagnostics([
      Diagnostic(
        .error, at: Place(file: file, line: line, column: column), "this is not JSON: \(message)",
        advice: "A notebook of Jupyter is a JSON file. Was it written to its end, or merged by git?")
    ])
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// What stands here, in words.
  private var found: String {
    guard let next else { return "the file ends" }
    let text = String(decoding: bytes[position..<min(bytes.count, position + 4)], as: UTF8.self)
    return next < 0x20 ? "a control character stands" : "'\(text.first.map(String.init) ?? "")' stands"
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
      if byte == 0x0A { (line, lineStart) = (line + 1, position) }
    }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSON {
    guard depth < Self.deepest else { throw problem("it is nested too deeply") }
    skipSpace()
    let start = line
    switch next {
    case UInt8(ascii: "{"): return JSON(.object(try members(depth: depth)), line: start)
    case UInt8(ascii: "["): return JSON(.array(try elements(depth: depth)), line: start)
    case UInt8(ascii: "\""): return JSON(.string(try string()), line: start)
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return JSON(.number(try number()), line: start)
    default:
      for (word, content) in [("true", JSON.Content.bool(true)), ("false", .bool(false)), ("null", .null)]
      where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return JSON(content, line: start)
      }
      throw problem("\(found) where a value is expected")
    }
  }

  private mutating func elements(depth: Int) throws -> [JSON] {
    position += 1
    skipSpace()
    var elements: [JSON] = []
    if take("]") { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw problem("\(found) where ',' or ']' is expected") }
    }
  }

  private mutating func members(depth: Int) throws -> [String: JSON] {
    position += 1
    skipSpace()
    var members: [String: JSON] = [:]
    if take("}") { return members }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw problem("\(found) where a name in quotes is expected") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw problem("\(found) where ':' is expected") }
      members[key] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw problem("\(found) where ',' or '}' is expected") }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private mutating func number() throws -> String {
    let start = position
    func digits(_ reader: inout JSONReader) -> Bool {
      let first = reader.position
      while let byte = reader.next, Self.isDigit(byte) { reader.position += 1 }
      return reader.position > first
    }
    _ = take("-")
    let isWhole = take("0") || digits(&self)
    let hasFraction = !take(".") || digits(&self)
    var hasExponent = true
    if take("e") || take("E") {
      _ = take("+") || take("-")
      hasExponent = digits(&self)
    }
    guard isWhole, hasFraction, hasExponent, next.map(Self.isDigit) != true else {
      throw problem("a number is malformed", at: start)
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string() throws -> String {
    position += 1
    var result: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        result += try escaped()
      case ..<0x20: throw problem("a line break or another control character stands in a text")
      default:
        result.append(byte)
        position += 1
      }
    }
    throw problem("a text is not closed")
  }

  private mutating func escaped() throws -> [UInt8] {
    let simple: [Character: UInt8] = [
      "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 0x08, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09,
    ]
    guard let byte = next else { throw problem("a text is not closed") }
    let letter = Character(Unicode.Scalar(byte))
    if let plain = simple[letter] {
      position += 1
      return [plain]
    }
    guard take("u"), let unit = hexadecimal() else { throw problem("'\\' stands before what it does not escape") }
    return Array(String(scalar(unit)).utf8)
  }

  /// The character of a `\u` escape, which may need a second one. Half of a pair stands for no character.
  private mutating func scalar(_ unit: UInt32) -> Unicode.Scalar {
    let start = position
    if (0xD800..<0xDC00).contains(unit), take("\\"), take("u"), let low = hexadecimal(), (0xDC00..<0xE000).contains(low) {
      return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }
    position = start
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    let digits = bytes[position..<position + 4]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
    position += 4
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
