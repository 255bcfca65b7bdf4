import Checkpoints
import Transformer
import Tensors

/// The question that an attribution answers: by how much the model prefers the clean answer.
///
/// `mean(logit[clean]) - mean(logit[corrupted])` at the last position. Answers are texts that are one token each, or token ids:
/// ```swift
/// LogitDifference(clean: " grimpus", corrupted: " zumpus")
/// LogitDifference(clean: species[chosen], corrupted: species.removing(at: chosen))
/// ```
/// It is printed as a figure's title needs it: `' grimpus' - ' zumpus'`.
public struct LogitDifference: Sendable {
  /// The answers that the clean prompt leads to.
  public let clean: any TokenChoice
  /// The answers that they are compared with.
  public let corrupted: any TokenChoice

  /// Texts or ids, one or several on each side. They are looked up, and checked, with the model's tokenizer when the question is asked.
  public init(clean: any TokenChoice, corrupted: any TokenChoice) {
    self.clean = clean
    self.corrupted = corrupted
  }

  /// The difference in given logits, `[vocabulary]` or `[…, vocabulary]`, of which the last row counts.
  public func value(_ logits: Tensor, tokenizer: any TokenVocabulary) throws -> Float {
    let (clean, corrupted) = try tokens(tokenizer)
    let columns = logits.shape.last ?? 0
    guard columns >= tokenizer.tokenCount else {
      throw ModelError.badRequest(
        "The logits have the shape \(logits.shape), and the vocabulary has \(tokenizer.tokenCount) tokens: which column is whose cannot be told. "
          + "Give the logits of the whole vocabulary.")
    }
    let last = logits.reshaped([-1, columns])
    let row = last.select(last.shape[0] - 1)
    return mean(clean, row) - mean(corrupted, row)
  }

  /// The answers' token ids; an error if a side has none, or both are the same.
  public func tokens(_ vocabulary: any TokenVocabulary) throws -> (clean: [Int], corrupted: [Int]) {
    let (clean, corrupted) = (try clean.choices(vocabulary), try corrupted.choices(vocabulary))
    guard !clean.isEmpty else { throw AttributionError.noAnswerTokens(side: "clean") }
    guard !corrupted.isEmpty else { throw AttributionError.noAnswerTokens(side: "corrupted") }
    guard clean.sorted() != corrupted.sorted() else { throw AttributionError.sameAnswers(tokens: side(self.clean)) }
    return (clean, corrupted)
  }

  private func mean(_ tokens: [Int], _ row: Tensor) -> Float {
    Float(tokens.reduce(0.0) { $0 + Double(row[$1]) } / Double(tokens.count))
  }
}

extension LogitDifference: Metric {
  /// The difference at the last position, of which only the answers' logits are computed.
  /// - Throws: an error if a side has no token, if both are the same, or if a text is not one token.
  public func function(tokens: [Int], model: LanguageModel) throws -> LogitFunction {
    let (clean, corrupted) = try self.tokens(model)
    // Only these columns of the vocabulary are computed.
    let weights =
      clean.map { _ in 1 / Float(clean.count) } + corrupted.map { _ in -1 / Float(corrupted.count) }
    return LogitFunction(positions: [tokens.count - 1], columns: clean + corrupted) { logits in
      let value = zip(logits.elements, weights).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return (value, Tensor(weights, shape: logits.shape))
    }
  }
}

extension LogitDifference: CustomStringConvertible {
  /// Both sides, as a figure's title needs them: `' grimpus' - ' zumpus'`.
  public var description: String { "\(side(clean)) - \(side(corrupted))" }

  private func side(_ choice: any TokenChoice) -> String {
    choice.labels.count == 1 ? choice.labels[0] : "mean(\(choice.labels.joined(separator: ", ")))"
  }
}

extension Array {
  /// The array without the element at an index: of the species, all but the chosen one.
  public func removing(at index: Int) -> [Element] {
    require(indices.contains(index), "There is no element \(index) to remove from an array of \(count).")
    var rest = self
    rest.remove(at: index)
    return rest
  }
}
