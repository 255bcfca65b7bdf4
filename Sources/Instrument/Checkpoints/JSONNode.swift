/// A JSON value that knows where it stands in its text.
///
/// What a model's files say must be read as it was written, and an error must name the line. So, other than Foundation's decoder does:
/// members of an object keep their order, so that a name given twice is seen; numbers keep their digits, so that 4 and 4.0 differ; and
/// only what RFC 8259 allows is JSON, without NaN, comments or trailing commas.
package struct JSONNode: Sendable {
  package let value: Value
  /// The value's bytes in the text; nil if it was made in memory.
  package let range: Range<Int>?

  package enum Value: Sendable {
    case object([Member])
    case array([JSONNode])
    case string(String)
    /// The digits as they were written.
    case number(String)
    case bool(Bool)
    case null
  }

  package struct Member: Sendable {
    let key: String
    /// Where the key begins in the text.
    let offset: Int
    let value: JSONNode
  }

  /// What is wrong with a text, and at which byte.
  package struct Problem: Error {
    let text: String
    let offset: Int
  }

  package init(_ value: Value, _ range: Range<Int>? = nil) { (self.value, self.range) = (value, range) }

  /// - Parameter names: The members of the outermost object that are read; the others are passed over, and are null. All if nil.
  package init(parsing bytes: UnsafeRawBufferPointer, only names: Set<String>? = nil) throws(Problem) {
    var parser = JSONNodeParser(bytes: bytes, names: names)
    self = try parser.document()
  }

  /// Whether two values say the same; numbers by their size, objects in any order.
  package func says(_ other: Value) -> Bool {
    switch (value, other) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.number(let a), .number(let b)): Double(a) == Double(b)
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.says($1.value) }
    case (.object(let a), .object(let b)):
      a.count == b.count && a.allSatisfy { member in b.contains { $0.key == member.key && member.value.says($0.value.value) } }
    default: false
    }
  }

  package var isNull: Bool { says(.null) }

  /// The whole number that it is; nil for a number with a fraction or an exponent, and for everything else.
  package var integer: Int? {
    if case .number(let digits) = value { Int(digits) } else { nil }
  }

  package var string: String? {
    if case .string(let text) = value { text } else { nil }
  }

  package var array: [JSONNode]? {
    if case .array(let elements) = value { elements } else { nil }
  }

  package var members: [Member]? {
    if case .object(let members) = value { members } else { nil }
  }

  /// The value of a member of an object.
  package subscript(key: String) -> JSONNode? { members?.first { $0.key == key }?.value }
}

private struct JSONNodeParser {
  let bytes: UnsafeRawBufferPointer
  let names: Set<String>?
  var position = 0

  mutating func document() throws(JSONNode.Problem) -> JSONNode {
    // Some writers leave a byte order mark in front.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let node = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw problem("there is text behind its end") }
    return node
  }

  func problem(_ text: String) -> JSONNode.Problem { JSONNode.Problem(text: text, offset: position) }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  mutating func expect(_ character: Character) throws(JSONNode.Problem) {
    guard skips(character) else { throw problem("“\(character)” is missing") }
  }

  /// Passes over a character, if it is the next one behind white space.
  mutating func skips(_ character: Character) -> Bool {
    skipSpace()
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONNode.Problem) -> JSONNode {
    // The files of a model are a few levels deep; a thousand brackets are an attack on the stack.
    guard depth < 32 else { throw problem("it is nested too deeply") }
    skipSpace()
    let start = position
    let value: JSONNode.Value =
      switch next {
      case UInt8(ascii: "{"): .object(try object(depth))
      case UInt8(ascii: "["): .array(try array(depth))
      case UInt8(ascii: "\""): .string(try string())
      case .some: try scalar()
      case nil: throw problem("it ends too early")
      }
    return JSONNode(value, start..<position)
  }

  mutating func object(_ depth: Int) throws(JSONNode.Problem) -> [JSONNode.Member] {
    try expect("{")
    var members: [JSONNode.Member] = []
    if skips("}") { return members }
    repeat {
      skipSpace()
      let offset = position
      let key = try string()
      try expect(":")
      if depth == 0, let names, !names.contains(key) {
        try pass()
        members.append(JSONNode.Member(key: key, offset: offset, value: JSONNode(.null)))
      } else {
        members.append(JSONNode.Member(key: key, offset: offset, value: try value(depth: depth + 1)))
      }
    } while skips(",")
    try expect("}")
    return members
  }

  mutating func array(_ depth: Int) throws(JSONNode.Problem) -> [JSONNode] {
    try expect("[")
    var elements: [JSONNode] = []
    if skips("]") { return elements }
    repeat { elements.append(try value(depth: depth + 1)) } while skips(",")
    try expect("]")
    return elements
  }

  /// Passes over a value without looking at it: over texts, and over brackets until they are closed.
  mutating func pass() throws(JSONNode.Problem) {
    var open = 0
    skipSpace()
    repeat {
      switch next {
      case UInt8(ascii: "\""): try passString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        open -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09: position += 1
      case .some:
        let start = position
        passWord()
        guard position > start else { throw problem("a value is missing") }
      case nil: throw problem("it ends too early")
      }
    } while open > 0
  }

  mutating func passString() throws(JSONNode.Problem) {
    position += 1
    while let byte = next {
      position += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
    position = bytes.count
    throw problem("a string does not end")
  }
}

extension JSONNodeParser {
  package mutating func string() throws(JSONNode.Problem) -> String {
    guard next == UInt8(ascii: "\"") else { throw problem("a string is missing") }
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: content, as: UTF8.self) else { throw problem("a string is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): content += try escape()
      case 0..<0x20: throw problem("a string holds a control character")
      default: content.append(byte)
      }
    }
    throw problem("a string does not end")
  }

  private mutating func escape() throws(JSONNode.Problem) -> [UInt8] {
    guard let byte = next else { throw problem("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      guard let scalar = Unicode.Scalar(try isHighSurrogate(unit) ? pair(unit) : unit) else {
        throw problem("a \\u escape stands alone")
      }
      return Array(String(scalar).utf8)
    default: throw problem("a string holds an unknown escape")
    }
  }

  private func isHighSurrogate(_ unit: UInt32) -> Bool { (0xD800..<0xDC00).contains(unit) }

  /// The second half of a character that UTF-16 writes as two.
  private mutating func pair(_ high: UInt32) throws(JSONNode.Problem) -> UInt32 {
    guard next == UInt8(ascii: "\\") else { return high }
    position += 1
    guard next == UInt8(ascii: "u") else { throw problem("a \\u escape stands alone") }
    position += 1
    let low = try codeUnit()
    guard (0xDC00..<0xE000).contains(low) else { return high }
    return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
  }

  private mutating func codeUnit() throws(JSONNode.Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("a \\u escape is cut off")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  /// A word or a number.
  fileprivate mutating func scalar() throws(JSONNode.Problem) -> JSONNode.Value {
    let start = position
    passWord()
    let word = bytes[start..<position]
    switch String(decoding: word, as: UTF8.self) {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    case let text:
      if Self.isNumber(word) { return .number(text) }
      position = start
      throw problem(word.isEmpty ? "a value is missing" : "“\(text.prefix(40))” is no value")
    }
  }

  fileprivate mutating func passWord() {
    while let byte = next, byte == 0x2B || byte == 0x2D || byte == 0x2E || Self.isLetterOrDigit(byte) { position += 1 }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// RFC 8259: no sign but the minus, no leading zero, digits on both sides of the point.
  private static func isNumber(_ word: Slice<UnsafeRawBufferPointer>) -> Bool {
    var rest = word[...]
    func digits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !leadingZero || whole == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
