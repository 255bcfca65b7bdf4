import Tensors

/// The mean and the deviation of each coordinate of a training part: what a probe sees is less the one and over the other.
struct Standardisation {
  let means: [Double]
  /// Over all examples of the part; 1 for a coordinate that is the same in all of them.
  let deviations: [Double]

  init(_ x: Matrix) {
    var (sums, squares) = ([Double](repeating: 0, count: x.columns), [Double](repeating: 0, count: x.columns))
    let count = Double(x.rows)
    for row in 0..<x.rows { for (i, value) in x.row(row).enumerated() { sums[i] += value } }
    let means = sums.map { $0 / count }
    for row in 0..<x.rows {
      for (i, value) in x.row(row).enumerated() { squares[i] += (value - means[i]) * (value - means[i]) }
    }
    self.means = means
    deviations = zip(squares, means).map { square, mean in
      let deviation = (square / count).squareRoot()
      // What differs by rounding alone does not differ.
      return deviation > 1e-10 * max(1, abs(mean)) ? deviation : 1
    }
  }

  func applied(to x: Matrix) -> Matrix {
    var result = x
    for row in 0..<x.rows {
      for i in 0..<x.columns {
        result.elements[row * x.columns + i] = (x.elements[row * x.columns + i] - means[i]) / deviations[i]
      }
    }
    return result
  }

  /// Weights and biases for standardised activations as such for activations as they are.
  func undone(weights: Matrix, biases: [Double]) -> (weights: Matrix, biases: [Double]) {
    var raw = weights
    var moved = biases
    for row in 0..<weights.rows {
      for i in 0..<weights.columns {
        raw[row, i] /= deviations[i]
        moved[row] -= raw[row, i] * means[i]
      }
    }
    return (raw, moved)
  }
}

/// A training part, standardised, in as few coordinates as it needs: with fewer examples than coordinates, those that the examples
/// span. Lengths of weights are the same in both, and so are penalties on them.
struct TrainingPart {
  let standardisation: Standardisation
  /// `[example, coordinate]`.
  let features: Matrix
  private let standardised: Matrix
  private let isReduced: Bool

  init(_ x: Matrix) {
    standardisation = Standardisation(x)
    standardised = standardisation.applied(to: x)
    isReduced = x.rows < x.columns
    features = isReduced ? Matrix.product(standardised, standardised, turningRight: true).cholesky() : standardised
  }

  /// Weights for the coordinates of `features` as such for standardised activations, `[row, width]`.
  func widened(_ weights: Matrix) -> Matrix {
    guard isReduced else { return weights }
    // With features L, the weights v stand for Xᵀ·a with Lᵀ·a = v.
    let turned = Matrix(
      rows: weights.columns, columns: weights.rows,
      (0..<weights.columns).flatMap { column in (0..<weights.rows).map { weights[$0, column] } })
    return Matrix.product(features.solved(turned, turned: true), standardised, turningLeft: true)
  }
}
