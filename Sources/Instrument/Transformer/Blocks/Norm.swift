import Tensors

/// Which of a model's norms is meant.
public enum NormPoint: Hashable, Sendable {
  /// Before a layer's attention, TransformerLens's `ln1`.
  case attention(layer: Int)
  /// Before a layer's MLP, `ln2`.
  case mlp(layer: Int)
  /// Before the unembedding, `ln_final`.
  case final

  /// Where its divisors pass, `[position, 1]`.
  public var scale: HookPoint {
    switch self {
    case .attention(let layer): .attentionNormScale(layer: layer)
    case .mlp(let layer): .mlpNormScale(layer: layer)
    case .final: .finalNormScale
    }
  }

  /// Where the divided rows pass, before they are multiplied by anything: `[position, width]`.
  public var normalized: HookPoint {
    switch self {
    case .attention(let layer): .attentionNormalized(layer: layer)
    case .mlp(let layer): .mlpNormalized(layer: layer)
    case .final: .finalNormalized
    }
  }

  /// The weight that it multiplies by.
  package var weight: WeightName {
    switch self {
    case .attention(let layer): .layer(layer, .attentionNorm)
    case .mlp(let layer): .layer(layer, .mlpNorm)
    case .final: .finalNorm
    }
  }
}

extension NormPoint: CustomStringConvertible {
  /// TransformerLens's name of the norm: `blocks.3.ln1`.
  public var description: String {
    switch self {
    case .attention(let layer): "blocks.\(layer).ln1"
    case .mlp(let layer): "blocks.\(layer).ln2"
    case .final: "ln_final"
    }
  }
}

/// A norm of the residual stream: each row is divided by its root mean square, `√(mean(x²) + ε)`, and multiplied by `1 + weight`
/// (Zhang and Sennrich 2019, arXiv:1910.07467, in Gemma's form).
///
/// It owns its way forward and its way back, and what is added to the weight stands here and nowhere else.
package struct Norm: Sendable {
  package let point: NormPoint
  /// What the checkpoint holds, `[width]`.
  package let weight: Tensor
  /// What the divided rows are multiplied by: `1 + weight`, `[width]`.
  package let factors: Tensor
  private let epsilon: Float

  /// Gemma's checkpoints hold by how much a factor differs from this.
  private static let offset: Float = 1

  init(at point: NormPoint, weight: Tensor, epsilon: Float) {
    (self.point, self.weight, self.epsilon) = (point, weight, epsilon)
    factors = weight + Self.offset
  }

  /// What a backward pass needs to know of a norm.
  struct Tape {
    /// The rows that went in, `[row, width]`.
    let input: Tensor
    /// The divisor of each row, `[row, 1]`.
    let scale: Tensor
  }

  /// The normed rows, past which no hook looks.
  func callAsFunction(_ x: Tensor) -> Tensor {
    x.rootMeanSquareNormalized(epsilon: epsilon).normalized.scaledColumns(by: factors)
  }

  /// The normed rows of a pass. Divisors and divided rows pass through the hooks of its lanes.
  func forward(_ x: Tensor, _ rows: RowLayout, in batch: inout LaneBatch) throws -> (normed: Tensor, tape: Tape) {
    var (normalized, scale) = x.rootMeanSquareNormalized(epsilon: epsilon)
    try batch.visit(point.scale, &scale, rows)
    if batch.acts(at: [point.scale]) { normalized = x.dividedRows(by: scale) }
    try batch.visit(point.normalized, &normalized, rows)
    return (normalized.scaledColumns(by: factors), Tape(input: x, scale: scale))
  }

  /// Some of the normed rows once more, from a tape.
  func recomputed(_ tape: Tape, rows: Range<Int>) -> Tensor {
    tape.input[rows].dividedRows(by: tape.scale[rows]).scaledColumns(by: factors)
  }

  /// The gradient of the rows that went in, given that of the normed rows.
  func backward(_ gradient: Tensor, _ tape: Tape, _ rows: RowLayout, in batch: inout GradientBatch) -> Tensor {
    batch.weightGradients?.addNorm(point.weight, gradient: gradient, normalized: tape.input.dividedRows(by: tape.scale))
    var normalized = gradient.scaledColumns(by: factors)
    batch.visit(point.normalized, &normalized, rows)
    var scale = normalized.gradientOfScale(x: tape.input, scale: tape.scale)
    batch.visit(point.scale, &scale, rows)
    return normalized.gradientThroughNorm(x: tape.input, scale: tape.scale, scaleGradient: scale)
  }
}
