import Document
import Record

/// Values of inline expressions in a Markdown cell: `0.81<!-- {swift} score -->` for `` `{swift} score` ``.
///
/// A reader sees the value; the expression in the comment becomes an expression again, wherever an edit has moved it. A value that was itself
/// edited stays as what it became, and is an expression no more.
struct InlineValues: Equatable {
  /// The values, as Markdown, of each expression.
  private var values: [String: [String]] = [:]

  init() {}

  /// What an export kept.
  init(json: JSONValue?) { values = (json?.object ?? [:]).mapValues { ($0.array ?? []).compactMap(\.string) } }

  var json: JSONValue? { values.isEmpty ? nil : .object(values.mapValues { .array($0.map(JSONValue.string)) }) }

  /// Puts values into the places of expressions. What could not be taken back stays as it is.
  /// - Parameters:
  ///   - prose: a piece of prose, whose lines end by `\n`.
  ///   - firstLine: of the piece, in the file.
  ///   - expressions: with their values as plain text, in their order.
  static func fill(
    _ prose: String, firstLine: Int, _ expressions: [(expression: InlineExpression, value: String)]
  ) -> (text: String, values: InlineValues) {
    var (lines, kept) = (TextLines(prose).all, InlineValues())
    for (expression, value) in expressions.reversed() where !value.isEmpty && isComment(expression.text) {
      let index = expression.line - firstLine
      guard let column = expression.column, lines.indices.contains(index),
        let filled = filled(lines[index], column: column, expression.text, comment: Prose.escaped(value))
      else { continue }
      lines[index] = filled
      kept.values[expression.text, default: []].append(Prose.escaped(value))
    }
    let text = lines.joined()
    return TextLines.areSame(kept.restored(text), prose) ? (text, kept) : (prose, InlineValues())
  }

  private static let mark = "`{swift} "

  private static func span(_ expression: String) -> String { "\(mark)\(expression)`" }

  /// Whether a comment can hold an expression: dashes end it, backticks ask for another mark.
  private static func isComment(_ expression: String) -> Bool { !expression.contains("--") && !expression.contains("`") }

  private static func comment(_ expression: String) -> String { "<!-- {swift} \(expression) -->" }

  /// A line with a value in the place of the expression at a column; nil if it does not stand there as most would write it.
  private static func filled(_ line: String, column: Int, _ expression: String, comment value: String) -> String? {
    let (bytes, span, start) = (Array(line.utf8), Array(span(expression).utf8), column - mark.utf8.count)
    guard start >= 0, bytes[start...].starts(with: span) else { return nil }
    let (before, after) = (bytes[..<start], bytes[(start + span.count)...])
    guard before.last != UInt8(ascii: "`"), after.first != UInt8(ascii: "`") else { return nil }
    return String(decoding: before, as: UTF8.self) + value + comment(expression) + String(decoding: after, as: UTF8.self)
  }

  /// The prose with its expressions.
  func restored(_ prose: String) -> String {
    guard !values.isEmpty else { return prose }
    var (text, rest) = ("", Substring(prose))
    while let match = rest.firstMatch(of: /<!-- \{swift\} (.*?) -->/) {
      text += rest[..<match.range.lowerBound]
      let expression = String(match.1)
      rest = rest[match.range.upperBound...]
      guard let known = values[expression] else {
        text += match.0
        continue
      }
      guard let value = known.filter({ text.hasSuffix($0) }).max(by: { $0.count < $1.count }) else { continue }
      text = String(text.dropLast(value.count)) + Self.span(expression)
    }
    return text + rest
  }
}
