import Tensors
import Transformer

/// How well a model predicts each token of a text.
public struct TokenLosses: Sendable {
  /// The tokens of the prompt.
  public let tokens: [Int]
  /// The text of each token.
  public let labels: [String]
  /// The loss of each token but the first, `-log p`, in nats: `losses[i]` is that of token i + 1.
  public let losses: [Double]
  /// The place of each of these tokens among all, by what was predicted before it: 1 is the likeliest.
  public let ranks: [Int]
  /// What was likeliest in the place of each of these tokens.
  public let predictions: [LensReading.Candidate]

  /// The mean loss, in nats.
  public var mean: Double { losses.reduce(0, +) / Double(losses.count) }

  /// The positions of the tokens that surprised the model most, most first.
  public func mostSurprising(_ count: Int) -> [Int] {
    Array(losses.indices.sorted { (losses[$0], $1) > (losses[$1], $0) }.prefix(max(0, count)).map { $0 + 1 })
  }
}

extension TokenLosses: CustomStringConvertible {
  /// How many tokens, and their mean loss.
  public var description: String { "Losses of \(losses.count) tokens, \(mean) nats in the mean" }
}

extension LanguageModel {
  /// The loss of each token of a text, given those before it, and what the model would have said in its place.
  /// - Throws: `LensError.noPositions` for a prompt of one token, which nothing predicts; `ModelError` for what the model cannot read.
  public func tokenLosses(_ prompt: some Prompt) throws -> TokenLosses {
    let tokens = try prompt.tokens(for: self)
    var (losses, ranks, predictions): ([Double], [Int], [LensReading.Candidate]) = ([], [], [])
    let last = HookPoint.residualPost(layer: config.layers - 1)
    let stream = try run(tokens, capturing: [last], logits: .none).cache[last]
    guard tokens.count > 1 else { throw LensError.noPositions }
    let block = max(1, (1 << 23) / config.vocabulary)
    for first in stride(from: 0, to: tokens.count - 1, by: block) {
      let rows = first..<min(first + block, tokens.count - 1)
      let said = Distributions(try logits(ofResidual: stream[rows]).home())
      for (row, best) in said.likeliest(1).enumerated() {
        let token = tokens[rows.lowerBound + row + 1]
        losses.append(said.normalizers[row] - Double(said.logits[row, token]))
        ranks.append(said.rank(row, token))
        predictions.append(
          LensReading.Candidate(token: best[0], text: shown(best)[0], probability: said.probability(row, best[0])))
      }
    }
    return TokenLosses(
      tokens: tokens, labels: try labels(tokens), losses: losses, ranks: ranks, predictions: predictions)
  }
}
