import Checkpoints
import Randomness
import Tensors
import Transformer

/// A direction along which a model is steered: the difference of the means of an activation over two sets of prompts (Turner et al. 2023,
/// arXiv:2308.10248; Rimsky et al. 2023, arXiv:2312.06681).
///
/// ```swift
/// let steering = try model.steeringVector(from: sad, to: happy, at: .residualPost(layer: 9))
/// try model.generate(prompt, hooks: [steering.add(times: 2, positions: .newTokens)])
/// ```
public struct SteeringVector: Sendable {
  /// The model whose activations it is of.
  public let model: LanguageModel
  /// Where it was taken, and is added.
  public let point: HookPoint
  /// The difference, `[width]`, or `[head, width]` of what has heads.
  public let vector: Tensor
  /// Its length.
  public let norm: Float
  /// The mean length of the activations that it was taken of: what it does depends on its length beside theirs.
  public let activationNorm: Float
  /// How many prompts each mean is over.
  public let counts: (from: Int, to: Int)

  /// Adds a multiple of it to the activation.
  public func add(times factor: Float = 1, positions: any PositionChoice = .all) -> Replacement {
    let scaled = vector * factor
    var replacement = scaled.rank == 2 ? addToHeads(scaled, positions) : .add(scaled, at: point, positions: positions)
    replacement.takesNumbers(of: model)
    return replacement
  }

  private func addToHeads(_ scaled: Tensor, _ positions: any PositionChoice) -> Replacement {
    Replacement(point, positions: positions) { activation in
      var rows = activation.reshaped([activation.shape[0], -1])
      rows.addToRows(scaled.reshaped([-1]))
      return rows.reshaped(activation.shape)
    } pullback: { gradient, _ in
      gradient
    }
  }

  /// A vector of the same length in a random direction: the control beside which steering stands.
  public func random(seed: UInt64) -> SteeringVector {
    var random = SeededGenerator(seed: seed)
    let direction = Tensor((0..<vector.count).map { _ in Float(random.normal()) }, shape: vector.shape)
    let length = (direction * direction).sum().squareRoot()
    return SteeringVector(
      model: model, point: point, vector: direction * (norm / length), norm: norm, activationNorm: activationNorm, counts: counts)
  }
}

extension SteeringVector: CustomStringConvertible {
  /// Where it is, how long it is beside the activations there, and what it was taken of.
  public var description: String {
    "A steering vector at \(point) of norm \(norm), where activations have \(activationNorm) in the mean: the difference of means over "
      + "\(counts.to) and \(counts.from) prompts"
  }
}

extension LanguageModel {
  /// The difference of the means of an activation over two sets of prompts.
  ///
  /// - Parameters:
  ///   - from: The prompts that are steered away from.
  ///   - to: Those that are steered toward.
  ///   - point: Where; no square of queries and keys.
  ///   - positions: Which of each prompt's positions count; `.last(1)`, the last, by default.
  /// - Throws: `badRequest` for an empty set, a square, or means that do not differ.
  public func steeringVector(
    from: [some Prompt], to: [some Prompt], at point: HookPoint, positions: any PositionChoice = .last(1)
  ) throws -> SteeringVector {
    guard !from.isEmpty, !to.isEmpty else {
      throw ModelError.badRequest(
        "A steering vector is the difference of two means, and \(from.isEmpty ? "`from`" : "`to`") has no prompt.")
    }
    guard !point.component.isSquare else {
      throw ModelError.badRequest(
        "\(point) is a square of queries and keys, whose rows have no common directions. Steer the stream, or what a head gives.")
    }
    let (away, toward) = (try rows(of: from, at: point, positions), try rows(of: to, at: point, positions))
    let vector = toward.mean(axis: 0) - away.mean(axis: 0)
    let norm = (vector * vector).sum().squareRoot()
    guard norm > 0 else {
      throw ModelError.badRequest(
        "The two sets of prompts have the same mean at \(point): there is no direction from one to the other.")
    }
    let all = Tensor.joined([away, toward])
    let lengths = (all * all).reshaped([all.shape[0], -1]).sum(axis: 1).map { $0.squareRoot() }
    return SteeringVector(
      model: self, point: point, vector: vector, norm: norm, activationNorm: lengths.mean(), counts: (from.count, to.count))
  }

  /// The activations of all prompts at some of their positions, one row each.
  private func rows(of prompts: [some Prompt], at point: HookPoint, _ positions: any PositionChoice) throws -> Tensor {
    var rows: [Tensor] = []
    for prompt in prompts {
      let tokens = try prompt.tokens(for: self)
      let range = try positions.positions.range(in: tokens.count)
      rows.append(try run(tokens, capturing: Capture.points([point]).at(positions: range), logits: .none).cache[point])
    }
    return Tensor.joined(rows)
  }
}
