/// Lists of strings as Python's `str` writes them: `['Fae is a grimpus.', "it's"]`.
///
/// Read and written scalar by scalar, as Python does: a quote with an accent upon it is still a quote.
enum PythonList {
  static func text(_ strings: [String]) -> String { "[" + strings.map(literal).joined(separator: ", ") + "]" }

  /// The strings of a list literal; nil if the text is none.
  static func read(_ text: String) -> [String]? {
    var reader = Reader(rest: Substring(text).unicodeScalars)
    return reader.list()
  }

  // MARK: - Writing

  private static func literal(_ string: String) -> String {
    let scalars = string.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    return "\(quote)\(scalars.map { escaped($0, quote: quote) }.joined())\(quote)"
  }

  private static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
    switch scalar {
    case "\\", quote: "\\\(scalar)"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case _ where isPrintable(scalar): String(scalar)
    case _ where scalar.value < 0x100: "\\x" + hexadecimal(scalar, digits: 2)
    case _ where scalar.value < 0x10000: "\\u" + hexadecimal(scalar, digits: 4)
    default: "\\U" + hexadecimal(scalar, digits: 8)
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
    let text = String(scalar.value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Whether Python's `str.isprintable` says so, up to characters that are newer than the Python at hand.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  // MARK: - Reading

  private struct Reader {
    var rest: Substring.UnicodeScalarView

    mutating func list() -> [String]? {
      guard skips("[") else { return nil }
      var strings: [String] = []
      while !skips("]") {
        guard let string = string() else { return nil }
        strings.append(string)
        guard skips(",") || upcoming() == "]" else { return nil }
      }
      return upcoming() == nil ? strings : nil
    }

    /// The next scalar that is no space.
    private mutating func upcoming() -> Unicode.Scalar? {
      rest = rest.drop(while: \.properties.isWhitespace)
      return rest.first
    }

    /// Passes over a scalar, if it is the next one behind white space.
    private mutating func skips(_ scalar: Unicode.Scalar) -> Bool {
      guard upcoming() == scalar else { return false }
      rest.removeFirst()
      return true
    }

    private mutating func string() -> String? {
      guard let quote = upcoming(), quote == "'" || quote == "\"" else { return nil }
      rest.removeFirst()
      var string = String.UnicodeScalarView()
      while let scalar = rest.popFirst() {
        if scalar == quote { return String(string) }
        guard scalar == "\\" else {
          string.append(scalar)
          continue
        }
        guard let escaped = escape() else { return nil }
        string.append(contentsOf: escaped)
      }
      return nil
    }

    /// What stands after a backslash; nil for what Swift's strings do not hold (lone surrogates), and for names.
    private mutating func escape() -> [Unicode.Scalar]? {
      guard let scalar = rest.popFirst() else { return nil }
      switch scalar {
      case "x": return code(digits: 2).map { [$0] }
      case "u": return code(digits: 4).map { [$0] }
      case "U": return code(digits: 8).map { [$0] }
      case "0"..."7":
        let digits = [scalar] + rest.prefix(2).prefix { ("0"..."7").contains($0) }
        rest.removeFirst(digits.count - 1)
        return UInt32(digits.map(String.init).joined(), radix: 8).flatMap(Unicode.Scalar.init).map { [$0] }
      case "N": return nil
      case "\n": return []
      default: return Self.simpleEscapes[scalar].map { [$0] } ?? ["\\", scalar]
      }
    }

    private static let simpleEscapes: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
      "v": "\u{B}",
    ]

    private mutating func code(digits: Int) -> Unicode.Scalar? {
      let text = rest.prefix(digits)
      guard text.count == digits, text.allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
      rest.removeFirst(digits)
      return UInt32(String(text), radix: 16).flatMap(Unicode.Scalar.init)
    }
  }
}
