import Tensors

/// A matrix of low rank as the product of two, `left` `[m, r]` times `right` `[r, n]`, which is never formed but for `tensor`: what a head's value and output
/// weights, or its query and key weights, do together (Elhage et al. 2021, transformer-circuits.pub/2021/framework). TransformerLens's `FactoredMatrix`.
public struct FactoredMatrix: Sendable, Hashable, CustomStringConvertible {
  /// The first factor, `[m, r]`.
  public let left: Tensor
  /// The second factor, `[r, n]`.
  public let right: Tensor

  /// The product of two matrices `[m, r]` and `[r, n]`.
  public init(_ left: Tensor, _ right: Tensor) {
    require(
      left.rank == 2 && right.rank == 2 && left.shape[1] == right.shape[0],
      "\(left.shape) times \(right.shape) is no matrix product.")
    (self.left, self.right) = (left.home(), right.home())
  }

  /// `[m, n]`.
  public var shape: [Int] { [left.shape[0], right.shape[1]] }

  /// The inner length r, which bounds the matrix's rank.
  public var innerLength: Int { left.shape[1] }

  /// The whole product in fp32, `[m, n]`.
  public var tensor: Tensor { left.multiplied(by: right) }

  /// Rows and columns exchanged, `[n, m]`.
  public var transposed: FactoredMatrix { FactoredMatrix(right.transposed(), left.transposed()) }

  /// One row, `[n]`.
  public func row(_ index: Int) -> Tensor { left.select(index).multiplied(by: right) }

  /// One column, `[m]`.
  public func column(_ index: Int) -> Tensor { left.multiplied(by: right.select(index, axis: 1)) }

  /// The product with a vector `[n]`, or with a matrix `[n, count]`.
  public func multiplied(by other: Tensor) -> Tensor { left.multiplied(by: right.multiplied(by: other)) }

  /// The product with a matrix of weights, used where it lies: `OV.multiplied(by: model.W_U)`.
  public func multiplied(by other: WeightView) -> FactoredMatrix { FactoredMatrix(left, right.multiplied(by: other)) }

  /// The product of two such matrices, `[m, n]` and `[n, k]`, again with the smaller inner length: what two heads do one after the other.
  public func multiplied(by other: FactoredMatrix) -> FactoredMatrix {
    let middle = right.multiplied(by: other.left)
    return innerLength <= other.innerLength
      ? FactoredMatrix(left, middle.multiplied(by: other.right)) : FactoredMatrix(left.multiplied(by: middle), other.right)
  }

  /// The matrix times a number.
  public static func * (matrix: FactoredMatrix, factor: Float) -> FactoredMatrix {
    FactoredMatrix(matrix.left * factor, matrix.right)
  }
  /// A number times the matrix.
  public static func * (factor: Float, matrix: FactoredMatrix) -> FactoredMatrix { matrix * factor }

  /// The root of the sum of the squares of all numbers of the product: of small matrices, since its square is Σ (leftᵀ · left) ⊙ (right · rightᵀ).
  public var frobeniusNorm: Float {
    let (l, r) = (left.transposed().multiplied(by: left), right.multipliedByTransposed(right))
    return Swift.max(l.dot(r), 0).squareRoot()
  }

  /// The sum of the diagonal of a square product.
  public var trace: Float {
    require(shape[0] == shape[1], "A matrix of shape \(shape) is not square, and has no trace.")
    return left.dot(right.transposed())
  }

  /// The singular value decomposition of the product, without forming it: `u` `[m, k]`, `s` `[k]` from the largest down, `vt` `[k, n]`, where k is the smallest
  /// of m, r and n. Signs are those of `Tensor.svd()`.
  /// - Throws: `TensorError`, if a number is not finite.
  public func svd() throws(TensorError) -> (u: Tensor, s: Tensor, vt: Tensor) {
    let (leftBasis, leftRest) = try left.qr()
    let (rightBasis, rightRest) = try right.transposed().qr()
    let (u, s, vt) = try leftRest.multipliedByTransposed(rightRest).svd()
    let (whole, wholeT) = (leftBasis.multiplied(by: u), vt.multipliedByTransposed(rightBasis))
    let largest = whole.magnitude().argmax(axis: 0)
    let signs = Tensor(largest.enumerated().map { whole[$0.element, $0.offset] < 0 ? -1 : 1 })
    return (whole * signs, s, wholeT * signs.expanded(axis: 1))
  }

  /// The eigenvalues of a square product that may differ from 0, as real and imaginary parts `[r]`, from the largest absolute value down: those of `right · left`.
  /// - Throws: `TensorError`, if a number is not finite.
  public func eigenvalues() throws(TensorError) -> (real: Tensor, imaginary: Tensor) {
    require(shape[0] == shape[1], "A matrix of shape \(shape) is not square, and has no eigenvalues.")
    return try right.multiplied(by: left).eigenvalues()
  }

  /// Equal factors; equal products of different factors are not equal.
  public static func == (a: FactoredMatrix, b: FactoredMatrix) -> Bool { a.left == b.left && a.right == b.right }

  /// Agrees with `==`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(left.shape)
    hasher.combine(right.shape)
  }

  /// Its shape and inner length.
  public var description: String { "FactoredMatrix \(shape) of inner length \(innerLength)" }
}

extension Tensor {
  /// The product with a matrix in two factors: `[…, m]` times `[m, n]` make `[…, n]`.
  public func multiplied(by matrix: FactoredMatrix) -> Tensor {
    multiplied(by: matrix.left).multiplied(by: matrix.right)
  }
}
