/// JSON as a safetensors header needs it: strict, with whole numbers only, and with the members of an object in their order, so that a
/// name given twice is seen. (Foundation's decoder keeps one of the two and says nothing.)
indirect enum HeaderJSON {
  case object([(key: String, value: HeaderJSON)])
  case array([HeaderJSON])
  case string(String)
  case integer(Int)
  /// `true`, `false`, `null` and numbers with a fraction: well-formed, and of no use here.
  case other

  /// What is wrong with a text, and where.
  struct Problem: Error {
    let text: String
    let offset: Int
  }

  init(parsing bytes: UnsafeRawBufferPointer) throws(Problem) {
    var parser = Parser(bytes: bytes)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.problem("there is text behind its end") }
  }

  private struct Parser {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    func problem(_ text: String) -> Problem { Problem(text: text, offset: position) }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
      while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ character: Character) throws(Problem) {
      skipSpace()
      guard next == character.asciiValue else { throw problem("“\(character)” is missing") }
      position += 1
    }

    mutating func takes(_ character: Character) -> Bool {
      skipSpace()
      guard next == character.asciiValue else { return false }
      position += 1
      return true
    }

    mutating func value(depth: Int) throws(Problem) -> HeaderJSON {
      // A header is three levels deep; a thousand brackets are an attack on the stack.
      guard depth < 16 else { throw problem("it is nested too deeply") }
      skipSpace()
      switch next {
      case UInt8(ascii: "{"): return try object(depth)
      case UInt8(ascii: "["): return try array(depth)
      case UInt8(ascii: "\""): return .string(try string())
      case .some: return try scalar()
      case nil: throw problem("it ends too early")
      }
    }

    mutating func object(_ depth: Int) throws(Problem) -> HeaderJSON {
      try take("{")
      var members: [(key: String, value: HeaderJSON)] = []
      if takes("}") { return .object(members) }
      repeat {
        skipSpace()
        let key = try string()
        try take(":")
        members.append((key, try value(depth: depth + 1)))
      } while takes(",")
      try take("}")
      return .object(members)
    }

    mutating func array(_ depth: Int) throws(Problem) -> HeaderJSON {
      try take("[")
      var elements: [HeaderJSON] = []
      if takes("]") { return .array(elements) }
      repeat { elements.append(try value(depth: depth + 1)) } while takes(",")
      try take("]")
      return .array(elements)
    }

    mutating func string() throws(Problem) -> String {
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

    mutating func escape() throws(Problem) -> [UInt8] {
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

    func isHighSurrogate(_ unit: UInt32) -> Bool { (0xD800..<0xDC00).contains(unit) }

    /// The second half of a character that UTF-16 writes as two.
    mutating func pair(_ high: UInt32) throws(Problem) -> UInt32 {
      guard next == UInt8(ascii: "\\") else { return high }
      position += 1
      guard next == UInt8(ascii: "u") else { throw problem("a \\u escape stands alone") }
      position += 1
      let low = try codeUnit()
      guard (0xDC00..<0xE000).contains(low) else { return high }
      return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    mutating func codeUnit() throws(Problem) -> UInt32 {
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

    mutating func scalar() throws(Problem) -> HeaderJSON {
      let start = position
      while let byte = next, "+-.0123456789abcdefghijklmnopqrstuvwxyzE".utf8.contains(byte) { position += 1 }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      if let integer = Int(word), !word.hasPrefix("+") { return .integer(integer) }
      if ["true", "false", "null"].contains(word) || Double(word) != nil { return .other }
      position = start
      throw problem("a value is missing")
    }
  }
}
