import Checkpoints
import Foundation
import Tensors
import Transformer

/// Two prompts between which a part of an activation is exchanged, and what the model is to answer then.
///
/// ```swift
/// try InterchangePair(base: "3 + 4 =", source: "5 + 4 =", answer: " 9", others: [" 7"], positions: [0], model: model)
/// ```
/// A hypothesis says of a variable that it is stored in the exchanged part: then the base's prompt, with the source's value of that
/// variable, leads to the answer (interchange intervention; Geiger et al. 2021, arXiv:2106.02997).
public struct InterchangePair: Sendable {
  /// What it is called in tables; its place among the pairs if nil.
  public let name: String?
  /// The tokens of the prompt into which something is put.
  public let base: [Int]
  /// The tokens of the prompt that it is taken from.
  public let source: [Int]
  /// Where in the base it is put.
  public let positions: [Int]
  /// Where in the source it is taken from, one for each position of the base.
  public let sourcePositions: [Int]
  /// The token that the model is to answer after the exchange.
  public let answer: Int
  /// The tokens that it is compared with; the whole vocabulary if nil.
  public let others: [Int]?

  /// - Parameters:
  ///   - answer: one token, by its text or its id.
  ///   - others: the answers that it is compared with, that of the base without exchange among them; the whole vocabulary if nil.
  ///   - positions: in the base; the last if nil.
  ///   - sourcePositions: in the source; the same as in the base if nil, or the last.
  /// - Throws: `ProbingError` for positions that a prompt does not have, and for answers that are no others.
  public init(
    _ name: String? = nil, base: some Prompt, source: some Prompt, answer: any TokenChoice, others: (any TokenChoice)? = nil,
    positions: [Int]? = nil, sourcePositions: [Int]? = nil, model: LanguageModel
  ) throws {
    (self.name, self.base, self.source) = (name, try base.tokens(for: model), try source.tokens(for: model))
    self.positions = positions ?? [self.base.count - 1]
    self.sourcePositions = sourcePositions ?? positions ?? [self.source.count - 1]
    let answers = try answer.choices(model)
    guard answers.count == 1 else {
      throw ProbingError.badRequest("A pair has one answer, and \(answers.count) tokens are given.")
    }
    self.answer = answers[0]
    self.others = try others?.choices(model)
    try check()
  }

  private func check() throws(ProbingError) {
    if let others, others.isEmpty || others.contains(answer) {
      throw .badRequest(
        "The answer \(answer) is compared with \(others.isEmpty ? "no other token" : "itself"). Name other tokens, or none for the whole vocabulary."
      )
    }
    guard !positions.isEmpty else { throw .noExamples(of: "positions") }
    try requireEqualCounts(("positions of the base", positions.count), ("positions of the source", sourcePositions.count))
    guard Set(positions).count == positions.count else {
      throw .badRequest("The positions \(positions) of the base name one twice.")
    }
    for (what, positions, tokens) in [("base", positions, base), ("source", sourcePositions, source)] {
      if let bad = positions.first(where: { !tokens.indices.contains($0) }) {
        throw .badRequest("The \(what) has \(tokens.count) tokens, positions 0 to \(tokens.count - 1), and no position \(bad).")
      }
    }
  }

  /// Its two prompts, whichever is the base.
  var prompts: String { "\([base, source].sorted { $0.lexicographicallyPrecedes($1) })" }

  /// The positions of the base, and all between them.
  var range: Range<Int> { (positions.min() ?? 0)..<(positions.max() ?? 0) + 1 }

  /// Minus the logarithm of the answer's probability among the answers: what a search makes small, in nats.
  package var loss: LogitFunction {
    reading { logits, answer in
      let largest = logits.reduce(-Float.infinity, max)
      let powers = logits.map { exp(Double($0 - largest)) }
      let sum = powers.reduce(0, +)
      var gradient = powers.map { Float($0 / sum) }
      gradient[answer] -= 1
      return (-(Double(logits[answer] - largest) - log(sum)), gradient)
    }
  }

  /// By how much the answer's logit is above the largest other one: above 0 the model gives the answer.
  package var margin: LogitFunction {
    reading { logits, answer in
      let best = logits.indices.filter { $0 != answer }.max { logits[$0] < logits[$1] } ?? answer
      var gradient = [Float](repeating: 0, count: logits.count)
      gradient[answer] = 1
      gradient[best] -= 1
      return (Double(logits[answer] - logits[best]), gradient)
    }
  }

  /// A function of the answers' logits behind the base; the answer's index is the first, or its own in the whole vocabulary.
  private func reading(
    _ evaluate: @escaping @Sendable (_ logits: [Float], _ answer: Int) -> (Double, [Float])
  ) -> LogitFunction {
    let index = others == nil ? answer : 0
    return LogitFunction(positions: [base.count - 1], columns: others.map { [answer] + $0 }) { logits in
      let (value, gradient) = evaluate(logits.elements, index)
      return (value, Tensor(gradient, shape: logits.shape))
    }
  }
}

extension [InterchangePair] {
  /// The name of each, by its place where it has none.
  var names: [String] { enumerated().map { $1.name ?? "#\($0)" } }
}
