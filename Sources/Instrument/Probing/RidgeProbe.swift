import Tensors

/// A linear function of activations that follows a number: how strongly an activation speaks of something that has a size.
///
/// It minimises Σ (target − prediction)² + penalty · Σ weights², of activations standardised over the examples that it learns from: as
/// scikit-learn's `Ridge(alpha: penalty)` behind its `StandardScaler`. It is solved in closed form, over examples or coordinates, whichever
/// are fewer.
public struct RidgeProbe: Sendable, Equatable {
  /// For activations as they are: `[width]`.
  public let weights: Tensor
  /// What is added.
  public let bias: Double

  /// Learns from examples.
  /// - Parameters:
  ///   - activations: `[example, width]`.
  ///   - targets: one for each example.
  ///   - penalty: of the squares of the weights; above 0.
  /// - Throws: `ProbingError` for no examples, for shapes and counts that do not fit, and for numbers that are not finite.
  public init(on activations: Tensor, targets: [Double], penalty: Double = 1) throws {
    let x = try ProbeInput.matrix(activations, targets.count, "targets")
    try ProbeInput.checkFinite(targets)
    try self.init(TrainingPart(x), targets, penalty: penalty)
  }

  init(_ part: TrainingPart, _ targets: [Double], penalty: Double) throws(ProbingError) {
    guard penalty > 0, penalty.isFinite else {
      throw .badRequest("A penalty of \(penalty) does not hold weights back. Take a number above 0; 1 is usual.")
    }
    let mean = targets.reduce(0, +) / Double(targets.count)
    let centered = Matrix(rows: targets.count, columns: 1, targets.map { $0 - mean })
    let z = part.features
    var squares = Matrix.product(z, z, turningLeft: true)
    for i in 0..<squares.rows { squares[i, i] += penalty }
    let lower = squares.cholesky()
    let solution = lower.solved(lower.solved(Matrix.product(z, centered, turningLeft: true)), turned: true)
    let raw = part.standardisation.undone(
      weights: part.widened(Matrix(rows: 1, columns: solution.rows, solution.elements)), biases: [mean])
    weights = Tensor(raw.weights.elements.map(Float.init))
    bias = raw.biases[0]
  }

  /// The number that each activation speaks of. `activations`: `[example, width]`.
  public func predictions(_ activations: Tensor) -> [Double] {
    ProbeInput.require(activations, width: weights.count)
    return activations.home().multiplied(by: weights.reshaped([weights.count, 1])).elements.map { Double($0) + bias }
  }

  /// The direction along which the number grows, of length 1: `[width]`.
  /// - Throws: `ProbingError` for a probe that has learned nothing.
  public var direction: Tensor {
    get throws {
      let length = weights.elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0 else { throw ProbingError.badRequest("The probe has learned nothing: its weights are 0 everywhere.") }
      return weights / Float(length)
    }
  }
}

extension RidgeProbe: CustomStringConvertible {
  /// Over how many numbers it goes.
  public var description: String { "Ridge probe over \(weights.count) numbers" }
}

/// What probes are given, checked.
enum ProbeInput {
  static func matrix(_ activations: Tensor, _ count: Int, _ name: String) throws(ProbingError) -> Matrix {
    guard activations.rank == 2, activations.shape[1] > 0 else {
      throw .badShape(activations.shape, expected: "`[example, width]`, one row for each example,")
    }
    try requireEqualCounts(("rows of activations", activations.shape[0]), (name, count))
    guard count > 0 else { throw .noExamples(of: "examples") }
    let matrix = Matrix(activations)
    if let bad = matrix.elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite("activations", row: bad / matrix.columns)
    }
    return matrix
  }

  /// A group for each example, in which those are that have equal rows everywhere; nil if no two have. What is learned of a row is known of its
  /// equals, so that they must not be on both sides of a split.
  static func equalRows(_ activations: [Matrix]) -> [String]? {
    guard let count = activations.first?.rows else { return nil }
    var first: [[ArraySlice<Double>]: Int] = [:]
    let groups = (0..<count).map { index -> Int in
      let row = activations.map { $0.row(index) }
      if let known = first[row] { return known }
      first[row] = index
      return index
    }
    return first.count == count ? nil : groups.map { "equal to #\($0)" }
  }

  /// Stops for activations that a probe cannot read.
  static func require(_ activations: Tensor, width: Int) {
    Tensors.require(
      activations.rank == 2 && activations.shape[1] == width,
      "Activations of shape \(activations.shape) do not fit a probe of width \(width); give `[example, \(width)]`.")
  }

  static func checkFinite(_ targets: [Double]) throws(ProbingError) {
    if let bad = targets.firstIndex(where: { !$0.isFinite }) { throw .notFinite("targets", row: bad) }
  }
}
