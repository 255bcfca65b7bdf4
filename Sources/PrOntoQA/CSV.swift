/// Comma-separated values as Python's `csv` module reads and writes them (RFC 4180, with `\r\n` between records).
///
/// Our own, since a results file must be written byte for byte as Python writes it, and a bad record be reported at its line, though
/// fields hold newlines.
enum CSV {
  struct Record: Equatable {
    var fields: [String]
    /// Where it begins, counted from 1.
    var line: Int
  }

  struct Problem: Error {
    var problem: String
    var record: Int
    var line: Int
  }

  static func read(_ text: String) throws(Problem) -> [Record] {
    let (quote, comma, newline, carriage) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let bytes = Array(text.utf8)
    var records: [Record] = []
    var (index, line) = (0, 1)
    while index < bytes.count {
      var record = Record(fields: [], line: line)
      var isOpen = true
      while isOpen {
        var field: [UInt8] = []
        if index < bytes.count, bytes[index] == quote {
          index += 1
          while true {
            guard index < bytes.count else {
              throw Problem(problem: "a quoted field is not closed", record: records.count, line: record.line)
            }
            if bytes[index] == quote {
              index += 1
              guard index < bytes.count, bytes[index] == quote else { break }
            }
            if bytes[index] == newline { line += 1 }
            field.append(bytes[index])
            index += 1
          }
        }
        while index < bytes.count, ![comma, newline, carriage].contains(bytes[index]) {
          field.append(bytes[index])
          index += 1
        }
        record.fields.append(String(decoding: field, as: UTF8.self))
        isOpen = index < bytes.count && bytes[index] == comma
        if isOpen { index += 1 }
      }
      if index < bytes.count, bytes[index] == carriage { index += 1 }
      if index < bytes.count, bytes[index] == newline { index += 1 }
      line += 1
      // A blank line is no record.
      if record.fields != [""] { records.append(record) }
    }
    return records
  }

  /// A record, with its line end; fields are quoted only where they must be.
  static func line(_ fields: [String]) -> String {
    fields.map { field in
      let mustQuote = field.utf8.contains { [UInt8(ascii: "\""), UInt8(ascii: ","), 10, 13].contains($0) }
      return mustQuote ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }.joined(separator: ",") + "\r\n"
  }
}

/// Lists of strings as Python's `str` writes them: `['Fae is a grimpus.', "it's"]`.
enum PythonList {
  static func text(_ strings: [String]) -> String { "[" + strings.map(literal).joined(separator: ", ") + "]" }

  private static func literal(_ string: String) -> String {
    let quote: Character = string.contains("'") && !string.contains("\"") ? "\"" : "'"
    var literal = ""
    for character in string.unicodeScalars {
      switch character {
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case "'" where quote == "'": literal += "\\'"
      default: literal.unicodeScalars.append(character)
      }
    }
    return "\(quote)\(literal)\(quote)"
  }

  /// The strings of a list literal; nil if the text is none.
  static func read(_ text: String) -> [String]? {
    var rest = Substring(text).drop(while: \.isWhitespace)
    guard rest.popFirst() == "[" else { return nil }
    var strings: [String] = []
    while true {
      rest = rest.drop(while: \.isWhitespace)
      if rest.first == "]" {
        return rest.dropFirst().allSatisfy(\.isWhitespace) ? strings : nil
      }
      guard let string = readString(&rest) else { return nil }
      strings.append(string)
      rest = rest.drop(while: \.isWhitespace)
      if rest.first == "," {
        rest.removeFirst()
      } else if rest.first != "]" {
        return nil
      }
    }
  }

  private static func readString(_ rest: inout Substring) -> String? {
    guard let quote = rest.popFirst(), quote == "'" || quote == "\"" else { return nil }
    var string = ""
    while let character = rest.popFirst() {
      if character == quote { return string }
      guard character == "\\" else {
        string.append(character)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      string.append(["n": "\n", "r": "\r", "t": "\t"][escaped] ?? escaped)
    }
    return nil
  }
}
