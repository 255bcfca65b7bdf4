/// Comma-separated values (RFC 4180), with line feeds.
public enum CSVText {
  /// Rows as text; what holds a comma, a quote or a line break is quoted.
  public static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    // By scalars: a quote with an accent upon it is one character, and must be doubled all the same.
    let special: [Unicode.Scalar] = ["\"", ",", "\n", "\r"]
    guard text.unicodeScalars.contains(where: special.contains) else { return text }
    return "\"" + text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }

  /// Reads rows. A quote that is not closed ends with the text; nothing is an error, since a reviewer must see whatever is there.
  public static func rows(_ text: String) -> [[String]] {
    var (rows, row, field, isQuoted, wasQuoted): ([[String]], [String], String.UnicodeScalarView, Bool, Bool) = (
      [], [], .init(), false, false
    )
    func ended() -> String { String(field) }
    var scalars = text.unicodeScalars.makeIterator()
    var held = scalars.next()
    while let scalar = held {
      held = scalars.next()
      switch scalar {
      case "\"" where isQuoted && held == "\"":
        field.append("\"")
        held = scalars.next()
      case "\"" where isQuoted || field.isEmpty && !wasQuoted: (isQuoted, wasQuoted) = (!isQuoted, true)
      case "," where !isQuoted:
        row.append(ended())
        (field, wasQuoted) = (.init(), false)
      case "\n" where !isQuoted:
        rows.append(row + [ended()])
        (row, field, wasQuoted) = ([], .init(), false)
      default: field.append(scalar)
      }
    }
    if !row.isEmpty || !field.isEmpty || wasQuoted { rows.append(row + [ended()]) }
    return rows
  }
}
