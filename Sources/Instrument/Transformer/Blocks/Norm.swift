import Tensors

/// A norm: each row over its root mean square, `√(mean(x²) + ε)`, times a factor; a layer norm takes the row's mean from it first, and adds
/// a bias. `NormForm` says which, and with what the factor is made.
///
/// It owns its way forward and its way back, and what is added to the weight stands here and nowhere else.
package struct Norm: Sendable {
  package let point: NormPoint
  /// What the checkpoint holds, `[width]`.
  package let weight: Tensor
  /// What is added behind, `[width]`; nil but in a layer norm.
  package let bias: Tensor?
  /// What the divided rows are multiplied by: the weight and its offset, `[width]`.
  package let factors: Tensor
  /// Whether a row's mean is taken from it.
  package let centers: Bool
  private let epsilon: Float

  init(at point: NormPoint, weight: Tensor, bias: Tensor?, _ form: NormForm, epsilon: Float) {
    (self.point, self.weight, self.bias, self.epsilon) = (point, weight, bias, epsilon)
    factors = form.offset == 0 ? weight : weight + form.offset
    centers = form == .layer
  }

  private init(_ other: Norm, on backend: any Backend) {
    (point, weight, bias) = (other.point, other.weight.moved(to: backend), other.bias?.moved(to: backend))
    (factors, centers, epsilon) = (other.factors.moved(to: backend), other.centers, other.epsilon)
  }

  /// The same norm where a backend computes.
  func moved(to backend: any Backend) -> Norm { Norm(self, on: backend) }

  /// What a backward pass needs to know of a norm.
  package struct Tape {
    /// The rows that were divided, `[row, width]`: less their mean in a layer norm.
    let input: Tensor
    /// The divisor of each row, `[row, 1]`.
    let scale: Tensor
  }

  /// The normed rows of a pass, in the shape of `x`: `[row, width]` or `[row, head, width]`. Divisors and divided rows pass through the
  /// hooks of its lanes.
  func forward(_ x: Tensor, _ rows: RowLayout, in batch: inout LaneBatch) throws -> (normed: Tensor, tape: Tape) {
    let flat = x.reshaped([-1, weight.count])
    let input = centers ? flat.centeredRows() : flat
    var (normalized, scale) = input.rootMeanSquareNormalized(epsilon: epsilon)
    if batch.looks(at: point.scale) {
      scale = scale.reshaped(x.shape.dropLast() + [1])
      try batch.visit(point.scale, &scale, rows)
      scale = scale.reshaped([-1, 1])
      if batch.acts(at: [point.scale]) { normalized = input.dividedRows(by: scale) }
    }
    if batch.looks(at: point.normalized) {
      normalized = normalized.reshaped(x.shape)
      try batch.visit(point.normalized, &normalized, rows)
      normalized = normalized.reshaped(flat.shape)
    }
    return (finished(normalized).reshaped(x.shape), Tape(input: input, scale: scale))
  }

  /// The normed rows of `[row, width]`, past which no hook looks.
  func applied(to rows: Tensor) -> Tensor {
    finished((centers ? rows.centeredRows() : rows).rootMeanSquareNormalized(epsilon: epsilon).normalized)
  }

  /// The same, with what a backward pass needs to know.
  package func appliedKeepingTape(to rows: Tensor) -> (normed: Tensor, tape: Tape) {
    let input = centers ? rows.centeredRows() : rows
    let (normalized, scale) = input.rootMeanSquareNormalized(epsilon: epsilon)
    return (finished(normalized), Tape(input: input, scale: scale))
  }

  /// Divided rows times the factors, and with the bias.
  private func finished(_ normalized: Tensor) -> Tensor {
    var result = normalized.scaledColumns(by: factors)
    if let bias { result.addToRows(bias) }
    return result
  }

  /// Some of the normed rows once more, from a tape.
  func recomputed(_ tape: Tape, rows: Range<Int>) -> Tensor { finished(tape.input[rows].dividedRows(by: tape.scale[rows])) }

  /// Along which directions what is divided must move for the normed rows to move along the given ones, `[direction, width]`.
  package func read(_ directions: Tensor) -> Tensor {
    let scaled = directions.scaledColumns(by: factors)
    return centers ? scaled.centeredRows() : scaled
  }

  /// The gradient of the rows that went in, given that of the normed rows, in its shape.
  func backward(_ gradient: Tensor, _ tape: Tape, _ rows: RowLayout, in batch: inout GradientBatch) -> Tensor {
    let flat = gradient.reshaped([-1, weight.count])
    if let sums = batch.weightGradients {
      sums.addNorm(point.weight, gradient: flat, normalized: tape.input.dividedRows(by: tape.scale))
      if bias != nil, let name = point.bias { sums.addBias(name, gradient: flat) }
    }
    var normalized = flat.scaledColumns(by: factors).reshaped(gradient.shape)
    batch.visit(point.normalized, &normalized, rows)
    normalized = normalized.reshaped(flat.shape)
    var scale = normalized.gradientOfScale(x: tape.input, scale: tape.scale).reshaped(gradient.shape.dropLast() + [1])
    batch.visit(point.scale, &scale, rows)
    return backward(normalized: normalized, scale: scale.reshaped([-1, 1]), tape).reshaped(gradient.shape)
  }

  /// The gradient of some rows of one lane, `[row, width]`, of which nobody records how it passes the norm. What hooks replace there ends it.
  /// - Parameter hooks: those of the lane, if they act on what is normed here.
  func backward(_ gradient: Tensor, _ tape: Tape, hooks: HookSet?, start: Int) -> Tensor {
    var normalized = gradient.scaledColumns(by: factors)
    hooks?.goBack(point.normalized, &normalized, start: start)
    var scale = normalized.gradientOfScale(x: tape.input, scale: tape.scale)
    hooks?.goBack(point.scale, &scale, start: start)
    return backward(normalized: normalized, scale: scale, tape)
  }

  /// The gradient of the rows that went in, `[row, width]`, past which no hook looks.
  package func backward(_ gradient: Tensor, _ tape: Tape) -> Tensor { backward(gradient, tape, hooks: nil, start: 0) }

  private func backward(normalized: Tensor, scale: Tensor, _ tape: Tape) -> Tensor {
    let input = normalized.gradientThroughNorm(x: tape.input, scale: tape.scale, scaleGradient: scale)
    return centers ? input.centeredRows() : input
  }
}
