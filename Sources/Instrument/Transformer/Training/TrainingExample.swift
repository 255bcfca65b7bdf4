import Checkpoints
import Randomness
import Tensors

/// A text to learn from, and which of its tokens count.
///
/// ```swift
/// try TrainingExample(tokens, targets: chain.lowerBound - 1..<chain.upperBound - 1)   // the tokens of `chain` are learnt
/// ```
public struct TrainingExample: Equatable, Sendable {
  /// What is read, BOS included.
  public let tokens: [Int]
  /// The positions whose next token is to be predicted, ascending: position `p` learns `tokens[p + 1]`.
  public let targets: [Int]
  /// How much each of its targets counts; 1 is usual.
  public let weight: Double

  /// - Parameters:
  ///   - targets: all positions that have a next token if nil.
  /// - Throws: an error if there is nothing to predict, or a target has no next token.
  public init(_ tokens: [Int], targets: [Int]? = nil, weight: Double = 1) throws(ModelError) {
    let targets = targets ?? Array(0..<max(tokens.count - 1, 0))
    guard let first = targets.first, let last = targets.last else {
      throw .badRequest("A training example of \(tokens.count) tokens has no target. It needs a position with a token behind it.")
    }
    guard first >= 0, last < tokens.count - 1, zip(targets, targets.dropFirst()).allSatisfy(<) else {
      throw .badRequest(
        "The targets of a training example must ascend within 0..<\(max(tokens.count - 1, 0)), since each needs the token behind "
          + "it: it has \(tokens.count) tokens, and targets from \(first) to \(last).")
    }
    guard weight.isFinite, weight > 0 else { throw .badRequest("A training example's weight is \(weight); it must be positive.") }
    (self.tokens, self.targets, self.weight) = (tokens, targets, weight)
  }

  /// An example whose targets lie together.
  public init(_ tokens: [Int], targets: Range<Int>, weight: Double = 1) throws(ModelError) {
    try self.init(tokens, targets: Array(targets), weight: weight)
  }

  /// What must be read to predict the last target.
  var read: ArraySlice<Int> { tokens[...(targets.last ?? 0)] }

  /// The tokens to be predicted.
  var answers: [Int] { targets.map { tokens[$0 + 1] } }
}

extension [TrainingExample] {
  /// All examples once, in an order that depends on the seed, in batches of about so many tokens: a batch ends before the example
  /// with which it would be longer.
  /// - Parameter seed: another one for each time that the examples are read, as `seed + epoch`.
  public func batches(tokens limit: Int, seed: UInt64) -> [[TrainingExample]] {
    var random = SeededGenerator(seed: seed)
    var (batches, count): ([[TrainingExample]], Int) = ([], 0)
    for example in shuffled(using: &random) {
      if batches.isEmpty || count + example.tokens.count > limit {
        batches.append([])
        count = 0
      }
      batches[batches.count - 1].append(example)
      count += example.tokens.count
    }
    return batches
  }
}
