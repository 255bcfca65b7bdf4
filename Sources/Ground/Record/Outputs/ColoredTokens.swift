import Foundation

/// A text cut into tokens, each with a number that colours it: which tokens speak for an answer, and which against it.
public struct ColoredTokens: Codable, Sendable, Equatable {
  /// What the numbers are.
  public var title: String
  /// The tokens' texts, in order; joined they are the text.
  public var tokens: [String]
  /// A number for each token; nil where it has none.
  public var values: [Double?]
  /// The number that has the strongest colour, above 0; its negative has the strongest of the other.
  public var limit: Double
  /// The position of the first token, from which the others are counted.
  public var start: Int

  /// Tokens with a value each, and the value that has the strongest colour.
  public init(title: String, tokens: [String], values: [Double?], limit: Double, start: Int = 0) {
    (self.title, self.tokens, self.values, self.limit, self.start) = (title, tokens, values, limit, start)
  }

  /// The position of a token in the text that it is of. A first position that no text has counts as the nearest one that a text could have.
  public func position(_ index: Int) -> Int { min(max(start, 0), 1 << 53) + index }

  /// The value of a token; nil if it has none, or none that is finite.
  public func value(_ index: Int) -> Double? {
    values.indices.contains(index) ? values[index].flatMap { $0.isFinite ? $0 : nil } : nil
  }

  /// The tokens with the largest values, either way, largest first.
  public func strongest(_ count: Int) -> [Int] {
    let size = { (index: Int) in abs(value(index) ?? 0) }
    return Array(tokens.indices.filter { size($0) > 0 }.sorted { (size($0), $1) > (size($1), $0) }.prefix(count))
  }

  /// One line for a terminal: the strongest tokens with their positions.
  public var plainText: String {
    let named = strongest(5).map { index in
      "'\(tokens[index])' (\(position(index))) \(String(format: "%.3g", value(index) ?? 0))"
    }
    return "[tokens] \(title): \(tokens.count) tokens" + (named.isEmpty ? "" : "; strongest: \(named.joined(separator: ", "))")
  }
}

extension ColoredTokens: OutputContent {
  package var output: Output { .tokens(self) }
  package var recorded: RecordedOutput {
    let isSingle = SinglePrecision.holds(values.compactMap(\.self))
    return RecordedOutput(kind: .tokens, text: csv, singlePrecision: isSingle ? [0] : [])
  }
  package var byteCount: Int { tokens.reduce(0) { $0 + $1.utf8.count } }

  /// Comma-separated values with a line for each token: its position, its text, and its value with the digits of `Precision`.
  var csv: String {
    let rows = tokens.indices.map { index in
      ["\(position(index))", tokens[index], value(index).map { JSONValue.text(Precision.rounded($0)) } ?? ""]
    }
    return CSVText.text([["position", "token", title]] + rows)
  }
}
