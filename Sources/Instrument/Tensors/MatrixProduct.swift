import COpenBLAS

/// A matrix within a larger one: `rows` of `columns` numbers each, whose beginnings lie `stride` numbers apart.
///
/// A head's queries lie so in the queries of all heads: no copy is needed to multiply them.
package struct MatrixSlice {
  package let base: UnsafeMutablePointer<Float>
  package let rows: Int
  package let columns: Int
  package let stride: Int

  package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    (self.base, self.rows, self.columns, self.stride) = (base, rows, columns, stride ?? columns)
  }

  package init(_ base: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.init(UnsafeMutablePointer(mutating: base), rows: rows, columns: columns, stride: stride)
  }
}

/// result = factor · left · right, or left · rightᵀ; with `adding`, it is added to what result holds. OpenBLAS does the work.
package func multiply(
  _ left: MatrixSlice, _ right: MatrixSlice, transposingRight: Bool, into result: MatrixSlice, factor: Float = 1,
  adding: Bool = false
) {
  let inner = transposingRight ? right.columns : right.rows
  let columns = transposingRight ? right.rows : right.columns
  require(
    left.columns == inner && result.rows == left.rows && result.columns == columns,
    "[\(left.rows), \(left.columns)] times [\(right.rows), \(right.columns)]\(transposingRight ? "ᵀ" : "") "
      + "does not make [\(result.rows), \(result.columns)].")
  guard left.rows > 0, columns > 0 else { return }
  if left.rows == 1 {
    // A single row is a matrix-vector product, for which sgemm reads the matrix at a quarter of the memory's speed.
    cblas_sgemv(
      CblasRowMajor, transposingRight ? CblasNoTrans : CblasTrans, blasint(right.rows), blasint(right.columns), factor,
      right.base, blasint(right.stride), left.base, 1, adding ? 1 : 0, result.base, 1)
    return
  }
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, transposingRight ? CblasTrans : CblasNoTrans, blasint(left.rows), blasint(columns),
    blasint(inner),
    factor, left.base, blasint(left.stride), right.base, blasint(right.stride), adding ? 1 : 0, result.base,
    blasint(result.stride))
}

extension Tensor {
  /// The matrix product: `[rows, inner]` times `[inner, columns]`.
  public func multiplied(by right: Tensor) -> Tensor {
    require(
      rank == 2 && right.rank == 2 && shape[1] == right.shape[0], "\(shape) times \(right.shape) is no matrix product.")
    return product(right, transposed: false)
  }

  /// The product with a transposed matrix, as a linear layer without bias computes it: `[rows, in]` and `weight` `[out, in]` make
  /// `[rows, out]`.
  public func projected(by weight: Tensor) -> Tensor {
    require(
      rank == 2 && weight.rank == 2 && shape[1] == weight.shape[1],
      "\(shape) cannot be projected by a weight of shape \(weight.shape).")
    return product(weight, transposed: true)
  }

  private func product(_ right: Tensor, transposed: Bool) -> Tensor {
    var result = Tensor(uninitialized: [shape[0], right.shape[transposed ? 0 : 1]])
    let columns = result.shape[1]
    withUnsafeElements { l in
      right.withUnsafeElements { r in
        result.withUnsafeMutableElements { out in
          guard let l = l.baseAddress, let r = r.baseAddress, let out = out.baseAddress else { return }
          multiply(
            MatrixSlice(l, rows: shape[0], columns: shape[1]), MatrixSlice(r, rows: right.shape[0], columns: right.shape[1]),
            transposingRight: transposed, into: MatrixSlice(out, rows: shape[0], columns: columns))
        }
      }
    }
    return result
  }
}
