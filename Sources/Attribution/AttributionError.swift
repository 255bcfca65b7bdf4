/// What can be wrong with a question of attribution. What is wrong with a prompt or a token is a `GemmaError`.
public enum AttributionError: Error, Equatable, Sendable {
  /// A logit difference lacks a side.
  case noAnswerTokens(side: String)
  /// Both sides of a logit difference are the same tokens.
  case sameAnswers(tokens: String)
  /// A text that names no head.
  case badHeadName(String)
  /// A head that the model does not have.
  case headOutOfRange(head: String, layers: Int, heads: Int)
}

extension AttributionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noAnswerTokens(let side):
      "The logit difference has no \(side) answer. Give it at least one token, as LogitDifference(clean: \" a\", corrupted: \" b\")."
    case .sameAnswers(let tokens): "The clean and the corrupted answer are both \(tokens): their difference is always 0."
    case .badHeadName(let text):
      "“\(text)” names no head. Write the layer and the head, and a sign if you like: L14H0, L14H0+, L11H6-."
    case .headOutOfRange(let head, let layers, let heads):
      "There is no head \(head): the model has layers 0 to \(layers - 1) with heads 0 to \(heads - 1)."
    }
  }
}
