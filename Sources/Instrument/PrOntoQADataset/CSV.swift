/// Comma-separated values as Python's `csv` module reads and writes them (RFC 4180, with `\r\n` between rows).
///
/// It is Folio's own, since a results file must be written byte for byte as Python writes it, and a bad row be reported at its line, though
/// fields hold newlines. (SwiftCSV 0.10 knows no lines, takes an unclosed quote for the end, and writes newlines unquoted.)
enum CSV {
  struct Row: Equatable {
    var fields: [String]
    /// Where it begins, counted from 1.
    var line: Int
  }

  struct Problem: Error {
    var problem: String
    var row: Int
    var line: Int
  }

  static func read(_ text: String) throws(Problem) -> [Row] {
    let (quote, comma, newline, carriage) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let bytes = Array(text.utf8)
    var rows: [Row] = []
    var (index, line) = (0, 1)
    while index < bytes.count {
      var row = Row(fields: [], line: line)
      var isOpen = true
      while isOpen {
        var field: [UInt8] = []
        if index < bytes.count, bytes[index] == quote {
          index += 1
          while true {
            guard index < bytes.count else {
              throw Problem(problem: "a quoted field is not closed", row: rows.count, line: row.line)
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
        row.fields.append(String(decoding: field, as: UTF8.self))
        isOpen = index < bytes.count && bytes[index] == comma
        if isOpen { index += 1 }
      }
      if index < bytes.count, bytes[index] == carriage { index += 1 }
      if index < bytes.count, bytes[index] == newline { index += 1 }
      line += 1
      // A blank line is no row.
      if row.fields != [""] { rows.append(row) }
    }
    return rows
  }

  /// A row, with its line end; fields are quoted only where they must be.
  static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") + "\r\n" }

  /// It goes by scalars: a quote with an accent upon it is one character, and must be doubled all the same.
  private static func quoted(_ field: String) -> String {
    let special: [Unicode.Scalar] = ["\"", ",", "\n", "\r"]
    guard field.unicodeScalars.contains(where: special.contains) else { return field }
    return "\"" + field.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }
}
