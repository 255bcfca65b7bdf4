/// What can be wrong with a question of attribution. What is wrong with a prompt or a token is a `ModelError`.
public enum AttributionError: Error, Equatable, Sendable {
  /// A logit difference lacks a side.
  case noAnswerTokens(side: String)
  /// Both sides of a logit difference are the same tokens.
  case sameAnswers(tokens: String)
  /// A text that names no head.
  case badHeadName(String)
  /// Prompts of different lengths; the tokens are those around `position`, the first one at which they differ.
  case differentLengths(clean: Int, corrupted: Int, position: Int, cleanTokens: [String], corruptedTokens: [String])
  /// Prompts that do not differ at all.
  case samePrompts
  /// A component that cannot be attributed to.
  case badComponent(String)
  /// A number of steps below 1.
  case badSteps(Int)
  /// Positions that are not within the prompts.
  case badPositions(Range<Int>, tokens: Int)
  /// A head that the model does not have.
  case headOutOfRange(head: String, layers: Int, heads: Int)
}

extension AttributionError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .noAnswerTokens(let side):
      "The logit difference has no \(side) answer. Give it at least one token, as LogitDifference(clean: \" a\", corrupted: \" b\")."
    case .sameAnswers(let tokens): "The clean and the corrupted answer are both \(tokens): their difference is always 0."
    case .differentLengths(let clean, let corrupted, let position, let cleanTokens, let corruptedTokens):
      """
      The clean prompt has \(clean) tokens and the corrupted one \(corrupted): their activations cannot be compared position by position. \
      They part at position \(position):
        clean:     \(show(cleanTokens))
        corrupted: \(show(corruptedTokens))
      Exchange words only for words of as many tokens.
      """
    case .samePrompts:
      "The clean and the corrupted prompt are the same tokens, so that nothing can be attributed to their difference."
    case .badComponent(let name):
      "Nothing can be attributed to “\(name)”. Choose residualPre, residualMid, mlpOutput, attentionOutput, z, result, query, key, value or pattern."
    case .badSteps(let steps):
      "No integral can be taken in \(steps) steps. Take 1 or more; the original notebook takes 5, and 16 are accurate."
    case .badPositions(let positions, let tokens):
      "The prompts have \(tokens) tokens, positions 0 to \(tokens - 1), and \(positions.lowerBound)..<\(positions.upperBound) is not within them."
    case .badHeadName(let text):
      "“\(text)” names no head. Write the layer and the head, and a sign if you like: L14H0, L14H0+, L11H6-."
    case .headOutOfRange(let head, let layers, let heads):
      "There is no head \(head): the model has layers 0 to \(layers - 1) with heads 0 to \(heads - 1)."
    }
  }

  private func show(_ tokens: [String]) -> String { tokens.map { "“\($0)”" }.joined(separator: " ") }
}
