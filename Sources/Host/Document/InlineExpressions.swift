import CCmark
import Foundation

/// The inline expressions of a piece of prose: code spans of the form `` `{swift} expression` ``, whose values stand in their places on the page.
///
/// They become one cell, which comes before the prose and puts out a value for each. So they are checked, run, reused, recorded and reviewed as all
/// cells are. Each expression stands in the cell's source at the line and the column that it has in the Markdown file, and errors are found
/// there. `` `{swift norun} x` `` is only shown, as `{swift} x`.
package struct InlineExpressions {
  /// What the cells are called, before their numbers.
  static let name = "inline-"

  private(set) var expressions: [InlineExpression] = []

  var isEmpty: Bool { expressions.isEmpty }

  /// The HTML that stands for an expression until its value is known, with the expression as it is written.
  static func placeholder(cell: String, index: Int, expression: String) -> String {
    "<folio-value cell=\"\(cell)\" index=\"\(index)\"><code>\(escaped(expression))</code></folio-value>"
  }

  /// Puts values into the places of expressions.
  /// - Parameter value: the HTML of a value, by the cell's name and the index in it; nil where there is none.
  package static func fill(_ html: String, value: (String, Int) -> String?) -> String {
    guard html.contains("<folio-value") else { return html }
    return html.replacing(/<folio-value cell="([^"]*)" index="([0-9]+)">(.*?)<\/folio-value>/.dotMatchesNewlines()) { match in
      value(String(match.1), Int(match.2) ?? 0) ?? String(match.3)
    }
  }

  /// The text of a span that is evaluated, or shown; nil for any other code.
  private static func parse(_ code: String) -> (expression: String, isShown: Bool)? {
    guard let match = code.firstMatch(of: /^\{swift( +norun)?\}(?:\s+|$)/) else { return nil }
    return (String(code[match.range.upperBound...]).trimmingCharacters(in: .whitespaces), match.1 != nil)
  }

  /// Whether a notebook evaluates a code span, or refuses it since it has no expression.
  static func runs(_ code: String) -> Bool { parse(code).map { !$0.isShown } ?? false }

  /// `{Swift} x`, `{swift}x`, `{swift, norun} x`.
  private static func looksLikeExpression(_ code: String) -> Bool {
    code.firstMatch(of: /^\s*\{\s*swift(?![\w-])[^}]*\}/.ignoresCase()) != nil
  }

  /// Adds a code span that is an inline expression.
  /// - Returns: what is to be shown of it: HTML in its place, or other code; nil if it is no inline expression.
  mutating func add(_ code: String, line: Int, cell: String, source: inout SourceText) -> Replacement? {
    guard let (expression, isShown) = Self.parse(code) else {
      if Self.looksLikeExpression(code) {
        source.warn(
          line: line, "`\(code)` looks like an inline expression, and is not evaluated",
          advice:
            "Write `{swift} count`, with a space behind the brace, for a value, and `{swift norun} …` for the words themselves.")
      }
      return nil
    }
    if isShown { return .code(expression.isEmpty ? "{swift}" : "{swift} " + expression) }
    guard !expression.isEmpty else {
      source.report(
        line: line, "'{swift}' has no expression",
        advice: "Write `{swift} count` for a value, and `{swift norun} …` for the words themselves.")
      return .code(code)
    }
    let text = source.lines.indices.contains(line - 1) ? source.lines[line - 1] : ""
    let start = expressions.last.flatMap { $0.line == line ? $0.column.map { $0 + 1 } : nil } ?? 0
    let rest = text.utf8.dropFirst(start)
    let column = Self.offset(of: expression, in: Array(rest)).map { start + $0 }
    expressions.append(InlineExpression(text: expression, line: line, column: column))
    return .html(Self.placeholder(cell: cell, index: expressions.count - 1, expression: expression))
  }

  /// Where an expression stands after its mark, in UTF-8 bytes.
  private static func offset(of expression: String, in bytes: [UInt8]) -> Int? {
    for start in bytes.indices where bytes[start...].starts(with: "{swift}".utf8) {
      let offset = bytes[(start + 7)...].firstIndex { $0 != 0x20 && $0 != 0x09 } ?? bytes.endIndex
      if offset > start + 7, bytes[offset...].starts(with: expression.utf8) { return offset }
    }
    return nil
  }

  enum Replacement {
    case html(String)
    case code(String)
  }

  /// The line of the first expression, and a source that has each at its line and column.
  var source: (line: Int, text: String) {
    let first = expressions.first?.line ?? 1
    var (lines, line) = ([""], first)
    for expression in expressions {
      while line < expression.line {
        lines.append("")
        line += 1
      }
      var text = lines.removeLast()
      text += text.isEmpty ? "" : ";"
      let call = "try _fv("
      let gap = max(0, (expression.column ?? 0) - text.utf8.count - call.utf8.count)
      lines.append(text + String(repeating: " ", count: gap) + call + expression.text + ")")
    }
    return (first, lines.joined(separator: "\n"))
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

/// An expression in the prose.
package struct InlineExpression: Sendable, Equatable {
  /// As it is written, without its mark.
  package var text: String
  /// In the file, from 1.
  package var line: Int
  /// Of the expression in its line, in UTF-8 bytes, from 0; nil where it cannot be found, as where a line ends within it.
  package var column: Int?
}
