import Checkpoints
import Foundation
import Randomness
import Tensors

/// How the next token is chosen from a model's logits.
///
/// ```swift
/// .greedy
/// Sampling(temperature: 0.8, topK: 40, topP: 0.95, seed: 1)
/// ```
public struct Sampling: Equatable, Sendable {
  /// What logits are divided by; nil for the likeliest token always.
  public let temperature: Double?
  /// Only so many of the likeliest tokens are drawn from; all if nil.
  public let topK: Int?
  /// Only the likeliest tokens are drawn from, as few as together have this probability (Holtzman et al. 2020, arXiv:1904.09751).
  public let topP: Double
  /// Equal seeds give equal texts, on every machine whose logits are the same.
  public let seed: UInt64

  /// The likeliest token; of several, that with the lowest number.
  public static let greedy = Sampling(checked: nil, topK: nil, topP: 1, seed: 0)

  /// Draws at random.
  /// - Throws: for a temperature that is not above 0, fewer than 1 token, or a probability outside of 0 to 1.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double = 1, seed: UInt64 = 0) throws(ModelError) {
    guard temperature > 0, temperature.isFinite else {
      throw .badRequest("The temperature is \(temperature); it must be above 0. For the likeliest token always, use .greedy.")
    }
    if let topK, topK < 1 { throw .badRequest("topK is \(topK); at least 1 token must be left to draw from.") }
    guard topP > 0, topP <= 1 else { throw .badRequest("topP is \(topP); it must be above 0, and at most 1.") }
    self.init(checked: temperature, topK: topK, topP: topP, seed: seed)
  }

  private init(checked temperature: Double?, topK: Int?, topP: Double, seed: UInt64) {
    (self.temperature, self.topK, self.topP, self.seed) = (temperature, topK, topP, seed)
  }
}

/// Draws the tokens of one text.
struct Sampler {
  private let sampling: Sampling
  private var random: SeededGenerator

  /// - Parameter index: the text's number in its batch; each has random numbers of its own, and the first those of the text alone.
  init(_ sampling: Sampling, index: Int) {
    self.sampling = sampling
    random = SeededGenerator(seed: sampling.seed &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
  }

  /// A token, and the logarithm of the probability that the model gives to it, in nats: whatever the temperature.
  mutating func choose(_ logits: Tensor) -> (token: Int, logProbability: Double) {
    let token = sampling.temperature.map { draw(logits, temperature: $0) } ?? logits.argmax()
    return (token, Double(logits[token..<token + 1].scalar) - logits.reshaped([1, logits.count]).logSumExp()[0])
  }

  private mutating func draw(_ logits: Tensor, temperature: Double) -> Int {
    let values = logits.elements
    // Equal logits keep the order of their tokens, so that the choice is the same everywhere.
    var order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    if let topK = sampling.topK { order = Array(order.prefix(topK)) }
    let largest = Double(values[order[0]])
    let weights = order.map { exp((Double(values[$0]) - largest) / temperature) }
    let all = weights.reduce(0, +)
    // The fewest that reach the probability, that which reaches it included.
    var (kept, count) = (0.0, 0)
    while count < weights.count, count == 0 || kept < sampling.topP * all {
      kept += weights[count]
      count += 1
    }
    var rest = random.uniform() * kept
    for index in 0..<count {
      rest -= weights[index]
      if rest < 0 { return order[index] }
    }
    return order[count - 1]
  }
}
