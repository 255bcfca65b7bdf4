import Checkpoints
import Tensors

// The verbs of intervention. Each makes a replacement that a run, a gradient and a generation take alike:
//
//     try model.run(prompt, hooks: [.scale(by: 0, at: .z(layer: 3), head: 5)])
//     try model.gradients(prompt, of: metric, at: capture, hooks: [.project(out: direction, at: .residualPost(layer: 9))])
//     try model.generate(prompt, hooks: [.add(steering, at: .residualPost(layer: 9), positions: .newTokens)])

extension Hook where Self == Replacement {
  /// Puts given numbers into a part of an activation. No gradient passes to what the old ones were computed from.
  /// - Parameters:
  ///   - value: of the part's shape: of `[p, h, c]`, `positions` and `head` leave `[positions.count, c]`.
  ///   - positions: `5..<8`, `5...`, `7`, `.last(1)`, `.newTokens`; for scores and patterns, those of the queries.
  public static func replace(
    _ point: HookPoint, with value: Tensor, head: Int? = nil, positions: any PositionChoice = .all
  ) -> Replacement {
    Replacement(point, positions: positions, head: head, with: value)
  }

  /// Adds a vector to an activation, at every row of the part: a steering vector (Turner et al. 2023, arXiv:2308.10248). Gradients pass.
  /// - Parameters:
  ///   - vector: as long as the activation's last axis, or of the part's shape.
  ///   - factor: what the vector is multiplied by.
  public static func add(
    _ vector: Tensor, times factor: Float = 1, at point: HookPoint, head: Int? = nil, positions: any PositionChoice = .all
  ) -> Replacement {
    Replacement(point, positions: positions, head: head) { activation in
      let scaled = vector * factor
      if scaled.shape == activation.shape { return activation + scaled }
      var rows = try activation.asRows(of: scaled, point, "added")
      rows.addToRows(scaled)
      return rows.reshaped(activation.shape)
    } pullback: { gradient, _ in
      gradient
    }
  }

  /// Multiplies an activation by a number; by 0, this is zero ablation. Gradients pass, multiplied likewise.
  public static func scale(
    by factor: Float, at point: HookPoint, head: Int? = nil, positions: any PositionChoice = .all
  ) -> Replacement {
    Replacement(point, positions: positions, head: head) { activation in
      // A masked score stays masked, also times 0.
      point.component == .attentionScores ? (activation * factor).masked(as: activation) : activation * factor
    } pullback: { gradient, _ in
      gradient * factor
    }
  }

  /// Takes out of an activation what it has along directions: of each row, what remains is at a right angle to all of them (Ravfogel et al.
  /// 2020, arXiv:2004.07667; Arditi et al. 2024, arXiv:2406.11717). Gradients pass, projected likewise.
  /// - Parameter directions: `[width]`, or `[direction, width]` for several, which need neither be of length 1 nor at right angles.
  /// - Throws: `badRequest` for a direction that is 0, not finite, or a combination of the others.
  public static func project(
    out directions: Tensor, at point: HookPoint, head: Int? = nil, positions: any PositionChoice = .all
  ) throws(ModelError) -> Replacement {
    let basis = try OrthonormalBasis(directions)
    return Replacement(point, positions: positions, head: head) { activation in
      let rows = try activation.asRows(of: basis.rows.select(0), point, "projected out")
      return basis.without(rows).reshaped(activation.shape)
    } pullback: { gradient, _ in
      basis.without(gradient.reshaped([-1, basis.rows.shape[1]])).reshaped(gradient.shape)
    }
  }

  /// Sets how much of a direction an activation has, at every row of the part: the coefficient along the direction, which is made of length 1,
  /// becomes `value`. Gradients pass at right angles to the direction.
  /// - Parameter direction: `[width]`.
  /// - Throws: `badRequest` for a direction that is 0 or not finite.
  public static func clamp(
    _ direction: Tensor, to value: Float, at point: HookPoint, head: Int? = nil, positions: any PositionChoice = .all
  ) throws(ModelError) -> Replacement {
    guard value.isFinite else { throw .badRequest("A coefficient cannot be clamped to \(value). Give a finite number.") }
    return try clamp(direction, to: value...value, at: point, head: head, positions: positions)
  }

  /// Keeps how much of a direction an activation has within limits: a coefficient below or above becomes the nearer limit, others stay.
  /// Gradients pass whole where nothing was changed, and else at right angles to the direction.
  public static func clamp(
    _ direction: Tensor, to limits: ClosedRange<Float>, at point: HookPoint, head: Int? = nil,
    positions: any PositionChoice = .all
  ) throws(ModelError) -> Replacement {
    guard limits.lowerBound.isFinite || limits.lowerBound == -.infinity,
      limits.upperBound.isFinite || limits.upperBound == .infinity
    else { throw .badRequest("The limits of a coefficient are \(limits.lowerBound) and \(limits.upperBound). Give numbers.") }
    let basis = try OrthonormalBasis(direction.reshaped([1, -1]))
    let unit = basis.rows.select(0)
    func excess(_ rows: Tensor) -> Tensor {
      rows.multiplied(by: basis.rows.transposed()).map { min(max($0, limits.lowerBound), limits.upperBound) - $0 }
    }
    return Replacement(point, positions: positions, head: head) { activation in
      let rows = try activation.asRows(of: unit, point, "clamped")
      return (rows + excess(rows).multiplied(by: basis.rows)).reshaped(activation.shape)
    } pullback: { gradient, input in
      let rows = gradient.reshaped([-1, unit.count])
      let isChanged = excess(input.reshaped([-1, unit.count])).map { $0 != 0 || limits.lowerBound == limits.upperBound ? 1 : 0 }
      let along = rows.multiplied(by: basis.rows.transposed()) * isChanged
      return (rows - along.multiplied(by: basis.rows)).reshaped(gradient.shape)
    }
  }
}

extension Tensor {
  /// The activation as rows as long as a vector.
  fileprivate func asRows(of vector: Tensor, _ point: HookPoint, _ what: String) throws(ModelError) -> Tensor {
    guard vector.rank == 1, let width = shape.last, vector.count == width else {
      throw .badRequest(
        "At \(point) a tensor of shape \(vector.shape) cannot be \(what): the part of the activation has the shape \(shape). "
          + "Give a vector of \(shape.last ?? 0) numbers, as long as its last axis.")
    }
    return reshaped([-1, width])
  }
}

/// Directions of length 1 at right angles to each other, `[direction, width]`.
package struct OrthonormalBasis: Sendable {
  package let rows: Tensor

  /// The space that directions span, `[width]` or `[direction, width]`, by Gram and Schmidt in Double, twice.
  /// - Throws: `badRequest` if one is 0, not finite, or a combination of those before it.
  package init(_ directions: Tensor) throws(ModelError) {
    let directions = directions.rank == 1 ? directions.reshaped([1, -1]) : directions
    guard directions.rank == 2, directions.shape[0] > 0, directions.shape[1] > 0 else {
      throw .badRequest(
        "Directions of shape \(directions.shape) span nothing. Give one as `[width]`, or several as `[direction, width]`.")
    }
    var basis: [[Double]] = []
    for (index, row) in directions.rows.enumerated() {
      let original = row.map(Double.init)
      let length = Self.length(original)
      guard length.isFinite, length > 0 else {
        throw .badRequest("The direction \(index) is \(length == 0 ? "0 everywhere" : "not finite"), and points nowhere.")
      }
      var rest = original
      for _ in 0..<2 {
        for other in basis {
          let along = zip(rest, other).reduce(0.0) { $0 + $1.0 * $1.1 }
          for i in rest.indices { rest[i] -= along * other[i] }
        }
      }
      let left = Self.length(rest)
      guard left > 1e-6 * length else {
        throw .badRequest("The direction \(index) is a combination of those before it. Leave it out.")
      }
      basis.append(rest.map { $0 / left })
    }
    rows = Tensor(rows: basis.map { $0.map(Float.init) })
  }

  /// Rows `[row, width]` without what they have along the directions.
  package func without(_ x: Tensor) -> Tensor { x - x.multiplied(by: rows.transposed()).multiplied(by: rows) }

  private static func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
