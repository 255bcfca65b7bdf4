extension Tensor {
  /// The matrix product: `[rows, inner]` times `[inner, columns]` make `[rows, columns]`. On the processor, OpenBLAS computes it.
  public func multiplied(by right: Tensor) -> Tensor {
    require(
      rank == 2 && right.rank == 2 && shape[1] == right.shape[0], "\(shape) times \(right.shape) is no matrix product.")
    return product(right, transposingRight: false)
  }

  /// The product with a transposed matrix: `[rows, inner]` and `[columns, inner]` make `[rows, columns]`. On the processor, OpenBLAS computes it.
  public func multipliedByTransposed(_ right: Tensor) -> Tensor {
    require(
      rank == 2 && right.rank == 2 && shape[1] == right.shape[1],
      "\(shape) times the transposed of \(right.shape) is no matrix product.")
    return product(right, transposingRight: true)
  }

  private func product(_ right: Tensor, transposingRight: Bool) -> Tensor {
    let backend = Tensor.meeting(self, right)
    var result = backend.allocate([shape[0], right.shape[transposingRight ? 0 : 1]])
    backend.multiply(moved(to: backend), right.moved(to: backend), transposingRight: transposingRight, into: &result)
    return result
  }
}
