import Attribution
import Record
import Tensors

/// A text whose tokens are coloured by a number each.
public typealias ColoredTokens = Record.ColoredTokens

extension Record.ColoredTokens {
  /// A text whose tokens are coloured by a number each: blue above 0, red below.
  ///
  /// ```swift
  /// ColoredTokens(try model.toStrTokens(prompt), values: scores, title: "Attribution, logits")
  /// ```
  /// - Parameters:
  ///   - tokens: the tokens' texts.
  ///   - values: one a token; what is missing or not finite has no colour.
  ///   - limit: the value with the strongest colour; by default the largest.
  ///   - start: the position of the first token.
  public init(
    _ tokens: [String], values: some Sequence<some BinaryFloatingPoint>, title: String, limit: Double? = nil, start: Int = 0
  ) {
    let values = values.prefix(tokens.count).map { $0.isFinite ? Double($0) : nil }
    let largest = values.compactMap { $0.map(abs) }.max() ?? 0
    let wanted = limit.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
    self.init(
      title: title, tokens: tokens, values: values + Array(repeating: nil, count: tokens.count - values.count),
      limit: wanted ?? (largest > 0 ? largest : 1), start: start)
  }
}

extension ComponentAttribution {
  /// The prompt's tokens coloured by what is attributed to each position: the sum over layers and heads.
  /// - Parameters:
  ///   - first: the first token that is shown.
  ///   - limit: the value with the strongest colour; by default the largest.
  public func coloredTokens(title: String? = nil, from first: Int = 0, limit: Double? = nil) -> ColoredTokens {
    let first = max(0, min(first, prompts.labels.count))
    return ColoredTokens(
      Array(prompts.labels[first...]), values: rows.sum(axis: 0).elements.dropFirst(first),
      title: title ?? "\(self.title), \(method), logits", limit: limit, start: first)
  }
}
