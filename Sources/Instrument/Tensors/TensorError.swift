/// What kept an operation of linear algebra from a result: numbers, and not shapes, which stop the program.
public enum TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Some of the numbers are NaN or infinite.
  case notFinite(operation: String, shape: [Int])
  /// The matrix has no inverse, or so nearly none that fp32 cannot tell.
  case singular(operation: String, shape: [Int])
  /// The algorithm did not converge.
  case notConverged(operation: String, shape: [Int])

  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .notFinite(let operation, let shape):
      "The \(operation) of a tensor of shape \(shape) does not exist, since some of its numbers are NaN or infinite. "
        + "Find them with `tensor.isNaN.nonzero()`."
    case .singular(let operation, let shape):
      "The \(operation) of a matrix of shape \(shape) does not exist, since it is singular: its rows depend on each other. "
        + "`leastSquares` and `pseudoinverse` give the smallest solution."
    case .notConverged(let operation, let shape):
      "The \(operation) of a matrix of shape \(shape) did not converge. Scale its numbers to a common size and try again."
    }
  }
}
