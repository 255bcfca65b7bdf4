/// From bytes to a `JSONValue` (RFC 8259). Nesting is limited, so that no file can exhaust the stack.
struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private let allowsNonFinite: Bool
  private static let deepest = 256

  init(_ bytes: [UInt8], allowsNonFinite: Bool = false) {
    self.bytes = bytes
    self.allowsNonFinite = allowsNonFinite
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func document() throws(JSONValue.Fault) -> JSONValue {
    skipSpace()
    guard next != nil else { throw fault("the file is empty") }
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("something follows the end of the JSON") }
    return value
  }

  /// The byte at which a value within the document begins; that of the innermost value around it, if the document has none there.
  mutating func byte(of path: JSONValue.Path) throws(JSONValue.Fault) -> Int {
    var start = position
    for step in path.steps {
      skipSpace()
      start = position
      switch step {
      case .key(let name):
        // As reading has it, the last of several members of a name counts.
        var found: Int?
        try members(depth: 0) { key, reader throws(JSONValue.Fault) in
          reader.skipSpace()
          if key == name { found = reader.position }
          _ = try reader.value(depth: 1)
        }
        guard let found else { return start }
        position = found
      case .index(let index):
        var (found, count) = (Int?.none, 0)
        try elements { reader throws(JSONValue.Fault) in
          reader.skipSpace()
          if count == index { found = reader.position }
          count += 1
          _ = try reader.value(depth: 1)
        }
        guard let found else { return start }
        position = found
      }
    }
    skipSpace()
    return position
  }

  // MARK: - Values

  private func fault(_ problem: String, at byte: Int? = nil) -> JSONValue.Fault {
    JSONValue.Fault(byte: byte ?? position, problem: problem)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// What stands here, in words.
  private var found: String {
    guard let next else { return "the file ends" }
    let text = String(decoding: bytes[position..<min(bytes.count, position + 4)], as: UTF8.self)
    return next < 0x20 ? "a control character stands" : "'\(text.first.map(String.init) ?? "")' stands"
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func skip(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONValue.Fault) -> JSONValue {
    guard depth < Self.deepest else { throw fault("it is nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{")?:
      var values: [String: JSONValue] = [:]
      try members(depth: depth) { key, reader throws(JSONValue.Fault) in values[key] = try reader.value(depth: depth + 1) }
      return .object(values)
    case UInt8(ascii: "[")?:
      var values: [JSONValue] = []
      try elements { reader throws(JSONValue.Fault) in values.append(try reader.value(depth: depth + 1)) }
      return .array(values)
    case UInt8(ascii: "\"")?: return .string(try string())
    case UInt8(ascii: "t")?: return try word("true", .bool(true))
    case UInt8(ascii: "f")?: return try word("false", .bool(false))
    case UInt8(ascii: "n")?: return try word("null", .null)
    case UInt8(ascii: "N")? where allowsNonFinite: return try word("NaN", .number(.nan))
    case UInt8(ascii: "I")? where allowsNonFinite: return try word("Infinity", .number(.infinity))
    case UInt8(ascii: "-")? where allowsNonFinite && position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "I"):
      return try word("-Infinity", .number(-.infinity))
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return .number(try number())
    default: throw fault("\(found) where a value is expected")
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONValue.Fault) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw fault("\(found) where a value is expected") }
    position += word.utf8.count
    return value
  }

  private mutating func elements(_ each: (inout JSONParser) throws(JSONValue.Fault) -> Void) throws(JSONValue.Fault) {
    guard skip("[") else { return }
    skipSpace()
    if skip("]") { return }
    while true {
      try each(&self)
      skipSpace()
      if skip("]") { return }
      guard skip(",") else { throw fault("\(found) where ',' or ']' is expected") }
    }
  }

  private mutating func members(
    depth: Int, _ each: (String, inout JSONParser) throws(JSONValue.Fault) -> Void
  ) throws(JSONValue.Fault) {
    guard skip("{") else { return }
    skipSpace()
    if skip("}") { return }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("\(found) where a name in quotes is expected") }
      let key = try string()
      skipSpace()
      guard skip(":") else { throw fault("\(found) where ':' is expected") }
      try each(key, &self)
      skipSpace()
      if skip("}") { return }
      guard skip(",") else { throw fault("\(found) where ',' or '}' is expected") }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private mutating func number() throws(JSONValue.Fault) -> Double {
    let start = position
    func digits(_ parser: inout JSONParser) -> Bool {
      let first = parser.position
      while let byte = parser.next, Self.isDigit(byte) { parser.position += 1 }
      return parser.position > first
    }
    _ = skip("-")
    let isWhole = skip("0") || digits(&self)
    let hasFraction = !skip(".") || digits(&self)
    var hasExponent = true
    if skip("e") || skip("E") {
      _ = skip("+") || skip("-")
      hasExponent = digits(&self)
    }
    guard isWhole, hasFraction, hasExponent, next.map(Self.isDigit) != true else {
      throw fault("a number is malformed", at: start)
    }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)), number.isFinite || allowsNonFinite else {
      throw fault("a number is too large", at: start)
    }
    return number
  }

  // MARK: - Texts

  private mutating func string() throws(JSONValue.Fault) -> String {
    let opening = position
    position += 1
    var (decoded, start) = ([UInt8](), position)
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        let rest = bytes[start..<position]
        let text = decoded.isEmpty ? String(validating: rest, as: UTF8.self) : String(validating: decoded + rest, as: UTF8.self)
        guard let text else { throw fault("a text is not UTF-8", at: opening) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        decoded += bytes[start..<position]
        position += 1
        decoded += try escaped()
        start = position
      case ..<0x20: throw fault("a line break or another control character stands in a text")
      default: position += 1
      }
    }
    throw fault("a text is not closed")
  }

  private static let escapes: [UInt8: UInt8] = [
    0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
  ]

  private mutating func escaped() throws(JSONValue.Fault) -> [UInt8] {
    guard let byte = next else { throw fault("a text is not closed") }
    if let plain = Self.escapes[byte] {
      position += 1
      return [plain]
    }
    guard skip("u"), let unit = hexadecimal() else { throw fault("'\\' stands before what it does not escape") }
    return Array(String(scalar(unit)).utf8)
  }

  /// The character of a `\u` escape, which may need a second one. Half of a pair stands for no character.
  private mutating func scalar(_ unit: UInt32) -> Unicode.Scalar {
    let start = position
    if (0xD800..<0xDC00).contains(unit), skip("\\"), skip("u"), let low = hexadecimal(), (0xDC00..<0xE000).contains(low) {
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
