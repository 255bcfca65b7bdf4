import Randomness
import Tensors

/// Which part of an activation is exchanged between two runs: its share along directions, or some of its coordinates.
///
/// Of the activation b of the base and s of the source it makes b + Σ w (d·(s − b)) d, over the directions d at right angles.
public struct Exchange: Sendable, Equatable {
  /// Directions of length 1 at right angles to each other, `[direction, width]`; the coordinates themselves if nil.
  public let basis: Tensor?
  /// How much of each direction, or coordinate, is exchanged: 1 for all, 0 for nothing.
  public let weights: [Float]

  package init(basis: Tensor?, weights: [Float]) { (self.basis, self.weights) = (basis, weights) }

  /// Everything that an activation of a width holds: activation patching.
  public static func everything(width: Int) -> Exchange {
    Exchange(basis: nil, weights: [Float](repeating: 1, count: width))
  }

  /// The space that directions span, `[direction, width]` or one `[width]`; they need not be at right angles.
  /// - Throws: `ProbingError` for directions that are 0, not finite, or combinations of each other.
  public static func subspace(_ directions: Tensor) throws -> Exchange {
    let rows = directions.rank == 1 ? directions.reshaped([1, directions.count]) : directions
    guard rows.rank == 2, rows.shape[0] > 0, rows.isFinite, let basis = Orthonormal.rows(Matrix(rows.home())) else {
      throw ProbingError.badRequest(
        "The directions of shape \(directions.shape) span no space of as many dimensions: some are 0, not finite, or combinations of others."
      )
    }
    return Exchange(basis: basis.tensor, weights: [Float](repeating: 1, count: rows.shape[0]))
  }

  /// A space of so many dimensions, evenly drawn from all there are: the control of one that was searched for.
  public static func randomSubspace(dimensions: Int, width: Int, seed: UInt64) throws -> Exchange {
    guard (1...max(1, width)).contains(dimensions) else { throw ProbingError.badDimensions(dimensions, width: width) }
    var random = SeededGenerator(seed: seed)
    let rows = (0..<dimensions * width).map { _ in Float(random.normal()) }
    return try subspace(Tensor(rows, shape: [dimensions, width]))
  }

  /// The given coordinates of an activation of a width.
  /// - Throws: `ProbingError` for coordinates that it does not have.
  public static func coordinates(_ chosen: [Int], width: Int) throws -> Exchange {
    guard let bad = chosen.first(where: { !(0..<width).contains($0) }) else {
      let set = Set(chosen)
      return Exchange(basis: nil, weights: (0..<width).map { set.contains($0) ? 1 : 0 })
    }
    throw ProbingError.badRequest("There is no coordinate \(bad): the activation has 0 to \(width - 1).")
  }

  /// How many directions, or coordinates, are exchanged.
  public var dimensions: Int { weights.count { $0 > 0.5 } }

  /// What comes of rows of the base, `[row, width]`, with rows of the source.
  public func applied(base: Tensor, source: Tensor) -> Tensor { base + along(source - base) }

  /// The part of differences that is exchanged, `[row, width]`.
  private func along(_ difference: Tensor) -> Tensor {
    guard let basis else { return difference.timesColumns(weights) }
    return difference.multipliedByTransposed(basis).timesColumns(weights).multiplied(by: basis)
  }

  /// What a function of exchanged activations changes by with each number of the directions, `[direction, width]`, and with each weight.
  /// - Parameters:
  ///   - gradient: of the function at the exchanged activations, `[row, width]`.
  ///   - difference: source less base, `[row, width]`.
  package func derivatives(_ gradient: Tensor, _ difference: Tensor) -> (basis: Tensor?, weights: [Double]) {
    guard let basis else { return (nil, (gradient * difference).columnSums) }
    let (slopes, shares) = (gradient.multipliedByTransposed(basis), difference.multipliedByTransposed(basis))
    let ofBasis =
      shares.timesColumns(weights).transposed().multiplied(by: gradient)
      + slopes.timesColumns(weights).transposed().multiplied(by: difference)
    return (ofBasis, (slopes * shares).columnSums)
  }
}

extension Exchange: CustomStringConvertible {
  /// How much is exchanged: `2 directions of 64`.
  public var description: String {
    basis.map { "\(dimensions) directions of \($0.shape[1])" } ?? "\(dimensions) coordinates of \(weights.count)"
  }
}

extension ProbingError {
  static func badDimensions(_ dimensions: Int, width: Int) -> ProbingError {
    .badRequest(
      "A space of \(dimensions) dimensions does not fit activations of width \(width). "
        + (width > 1 ? "Take 1 to \(width)." : "Take 1."))
  }
}

/// Rows at right angles to each other.
enum Orthonormal {
  /// The rows of length 1 at right angles that span what given rows span, by Cholesky's triangle of their products, twice; nil if the
  /// rows depend on each other.
  static func rows(_ rows: Matrix) -> Matrix? {
    var result = rows
    for _ in 0..<2 {
      let lower = Matrix.product(result, result, turningRight: true).cholesky()
      for i in 0..<lower.rows where !(lower[i, i] > 0) { return nil }
      result = lower.solved(result)
    }
    return result
  }
}

extension Tensor {
  /// Each column of a matrix times a number.
  func timesColumns(_ factors: [Float]) -> Tensor {
    if factors.allSatisfy({ $0 == 1 }) { return self }
    var result = self
    let columns = factors.count
    result.withUnsafeMutableElements { elements in
      for start in stride(from: 0, to: elements.count, by: Swift.max(1, columns)) {
        for column in 0..<columns { elements[start + column] *= factors[column] }
      }
    }
    return result
  }

  /// The sum of each column of a matrix.
  fileprivate var columnSums: [Double] { sum(axis: 0).elements.map(Double.init) }
}
