/// A JSON value that knows the line of the file where it begins, so that what is wrong with it can be shown there.
///
/// Foundation's JSON says neither where a value stands, nor writes as Jupyter does; and a number that went through `Double` is another one.
struct JSON: Equatable {
  enum Content: Equatable {
    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([String: JSON])
  }

  var content: Content
  /// Counted from 1; 0 for a value that was read from no file.
  var line = 0

  init(_ content: Content, line: Int = 0) {
    self.content = content
    self.line = line
  }

  /// Values are equal wherever they stand; texts, if they are so byte by byte.
  static func == (left: JSON, right: JSON) -> Bool {
    if case .string(let left) = left.content, case .string(let right) = right.content {
      return left.utf8.elementsEqual(right.utf8)
    }
    return left.content == right.content
  }

  /// A member of an object; nil if there is none, or if this is no object.
  subscript(key: String) -> JSON? {
    if case .object(let members) = content { members[key] } else { nil }
  }

  var string: String? { if case .string(let text) = content { text } else { nil } }
  var array: [JSON]? { if case .array(let values) = content { values } else { nil } }
  var object: [String: JSON]? { if case .object(let members) = content { members } else { nil } }
  var bool: Bool? { if case .bool(let value) = content { value } else { nil } }
  var integer: Int? { if case .number(let text) = content { Int(text) } else { nil } }

  /// What it is, in words, for messages.
  var kindInWords: String {
    switch content {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  init(stringLiteral value: String) { self.init(.string(value)) }
  init(integerLiteral value: Int) { self.init(.number("\(value)")) }
  init(booleanLiteral value: Bool) { self.init(.bool(value)) }
  init(arrayLiteral elements: JSON...) { self.init(.array(elements)) }
  init(nilLiteral: ()) { self.init(.null) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(.object(Dictionary(elements, uniquingKeysWith: { _, last in last })))
  }

  static func text(_ text: String) -> JSON { JSON(.string(text)) }
}

// MARK: - Writing

extension JSON {
  /// As Jupyter writes notebooks: keys in order, indented by one space, every character as itself. So a notebook that Jupyter saves again
  /// differs only in what was changed.
  var text: String {
    var text = ""
    write(to: &text, indentation: 0)
    return text
  }

  private func write(to text: inout String, indentation: Int) {
    switch content {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let number): text += number
    case .string(let string): Self.write(string, to: &text)
    case .array(let values):
      Self.write(values.map { (nil, $0) }, between: ("[", "]"), to: &text, indentation: indentation)
    case .object(let members):
      let sorted = members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      Self.write(sorted.map { ($0.key, $0.value) }, between: ("{", "}"), to: &text, indentation: indentation)
    }
  }

  private static func write(
    _ entries: [(key: String?, value: JSON)], between brackets: (String, String), to text: inout String, indentation: Int
  ) {
    text += brackets.0
    for (index, entry) in entries.enumerated() {
      text += (index > 0 ? ",\n" : "\n") + String(repeating: " ", count: indentation + 1)
      if let key = entry.key {
        write(key, to: &text)
        text += ": "
      }
      entry.value.write(to: &text, indentation: indentation + 1)
    }
    text += (entries.isEmpty ? "" : "\n" + String(repeating: " ", count: indentation)) + brackets.1
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
