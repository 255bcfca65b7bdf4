import Checkpoints
import Foundation
import Tensors

/// A number that a model's logits make, such as a logit difference: what a gradient is the gradient of.
public protocol Metric: Sendable {
  /// What it is for a prompt of these tokens.
  func function(tokens: [Int], model: LanguageModel) throws -> LogitFunction
}

/// A function of some of a prompt's logits, with its gradient. Only these logits are computed.
public struct LogitFunction: Metric {
  /// The positions whose logits it reads, in its order.
  public let positions: [Int]
  /// The tokens whose logits it reads, in its order; the whole vocabulary if nil.
  public let columns: [Int]?
  let evaluate: @Sendable (Tensor) throws -> (value: Double, gradient: Tensor)

  /// ```swift
  /// LogitFunction(positions: [41], columns: [235, 476]) { logits in
  ///   (Double(logits[0, 0] - logits[0, 1]), Tensor(rows: [[1, -1]]))
  /// }
  /// ```
  /// - Parameter evaluate: from `[positions, columns]` to the value, and its derivative with respect to each of these logits.
  public init(
    positions: [Int], columns: [Int]? = nil, _ evaluate: @escaping @Sendable (Tensor) throws -> (value: Double, gradient: Tensor)
  ) {
    (self.positions, self.columns, self.evaluate) = (positions, columns, evaluate)
  }

  /// The function itself.
  public func function(tokens: [Int], model: LanguageModel) -> LogitFunction { self }

  /// The value and the gradient, checked.
  func callAsFunction(_ logits: Tensor) throws -> (value: Double, gradient: Tensor) {
    let result = try evaluate(logits)
    guard result.gradient.shape == logits.shape else {
      throw ModelError.badRequest(
        "The metric's gradient has the shape \(result.gradient.shape), and its logits have \(logits.shape). Give one derivative for each logit."
      )
    }
    return result
  }
}

/// The logarithm of the probability that the model gives to a token behind the prompt, in nats.
public struct LogProbability: Metric {
  private let token: any TokenChoice

  /// The token by its text or its id.
  public init(of token: any TokenChoice) { self.token = token }

  /// The log-probability at the last position.
  /// - Throws: `badRequest` if the choice is not one token.
  public func function(tokens: [Int], model: LanguageModel) throws -> LogitFunction {
    let ids = try token.choices(model)
    guard ids.count == 1 else { throw ModelError.badRequest("LogProbability(of:) takes one token, not \(ids.count).") }
    return LogitFunction(positions: [tokens.count - 1]) { logProbabilities($0, of: ids, weight: 1) }
  }
}

/// The mean cross entropy with which the model predicts a prompt's own tokens, in nats: its loss.
public struct Loss: Metric {
  private let positions: Range<Int>?

  /// - Parameter positions: the positions whose next token is predicted; all that have one if nil.
  public init(at positions: Range<Int>? = nil) { self.positions = positions }

  /// The mean cross entropy at the positions.
  /// - Throws: `badRequest` if a position has no next token.
  public func function(tokens: [Int], model: LanguageModel) throws -> LogitFunction {
    let all = 0..<max(tokens.count - 1, 0)
    let positions = positions ?? all
    guard positions.lowerBound >= 0, positions.upperBound <= all.upperBound, !positions.isEmpty else {
      throw ModelError.badRequest(
        "A loss needs the token behind each of its positions. The prompt has \(tokens.count) tokens: choose within 0..<\(all.upperBound)."
      )
    }
    let targets = positions.map { tokens[$0 + 1] }
    return LogitFunction(positions: Array(positions)) { logProbabilities($0, of: targets, weight: -1 / Double(targets.count)) }
  }
}

/// The sum, over the rows of `logits`, of `weight` times the log-probability of the row's token, and its gradient. Sums are taken in
/// Double.
private func logProbabilities(_ logits: Tensor, of tokens: [Int], weight: Double) -> (value: Double, gradient: Tensor) {
  var gradient = Tensor(uninitialized: logits.shape)
  var total = 0.0
  for (row, token) in tokens.enumerated() {
    logits.select(row).withUnsafeElements { logits in
      let largest = logits.reduce(-Float.infinity, max)
      let sum = logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }
      total += weight * (Double(logits[token] - largest) - log(sum))
      gradient.withUnsafeMutableElements { gradient in
        for i in logits.indices {
          let probability = exp(Double(logits[i] - largest)) / sum
          gradient[row * logits.count + i] = Float(weight * ((i == token ? 1 : 0) - probability))
        }
      }
    }
  }
  return (total, gradient)
}
