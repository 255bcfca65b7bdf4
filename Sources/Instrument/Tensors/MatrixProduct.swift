import COpenBLAS

extension Tensor {
  /// The matrix product: `[rows, inner]` times `[inner, columns]` make `[rows, columns]`. OpenBLAS computes it.
  public func multiplied(by right: Tensor) -> Tensor {
    require(
      rank == 2 && right.rank == 2 && shape[1] == right.shape[0], "\(shape) times \(right.shape) is no matrix product.")
    return product(right, transposingRight: false)
  }

  /// The product with a transposed matrix: `[rows, inner]` and `[columns, inner]` make `[rows, columns]`. OpenBLAS computes it.
  public func multipliedByTransposed(_ right: Tensor) -> Tensor {
    require(
      rank == 2 && right.rank == 2 && shape[1] == right.shape[1],
      "\(shape) times the transposed of \(right.shape) is no matrix product.")
    return product(right, transposingRight: true)
  }

  private func product(_ right: Tensor, transposingRight: Bool) -> Tensor {
    let (rows, inner, columns) = (shape[0], shape[1], right.shape[transposingRight ? 0 : 1])
    var result = Tensor(uninitialized: [rows, columns])
    withPointers(&result) { left, result in
      right.withUnsafeElements { factor in
        guard rows > 0, columns > 0 else { return }
        if rows == 1 {
          // A single row is a matrix-vector product, for which sgemm reads the matrix at a quarter of the memory's speed.
          cblas_sgemv(
            CblasRowMajor, transposingRight ? CblasNoTrans : CblasTrans, blasint(right.shape[0]), blasint(right.shape[1]), 1,
            factor.baseAddress, blasint(right.shape[1]), left, 1, 0, result, 1)
        } else {
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposingRight ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
            blasint(inner), 1, left, blasint(inner), factor.baseAddress, blasint(right.shape[1]), 0, result, blasint(columns))
        }
      }
    }
    return result
  }
}
