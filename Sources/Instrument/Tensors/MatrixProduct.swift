import COpenBLAS

extension Tensor {
  /// The matrix product: `[rows, inner]` times `[inner, columns]` make `[rows, columns]`. On the processor, OpenBLAS computes it.
  ///
  /// As in NumPy and PyTorch, a vector on the left is a row and one on the right a column, which disappear again, and axes before the last two are those of
  /// many matrices, and broadcast: `[head, query, key]` times `[head, key, width]` make `[head, query, width]`.
  public func multiplied(by right: Tensor) -> Tensor {
    if rank == 2, right.rank == 2 {
      require(shape[1] == right.shape[0], "\(shape) times \(right.shape) is no matrix product.")
      return product(right, transposingRight: false)
    }
    require(rank > 0 && right.rank > 0, "\(shape) times \(right.shape) is no matrix product; a single number multiplies with *.")
    let (left, isRow) = rank == 1 ? (expanded(axis: 0), true) : (self, false)
    let (other, isColumn) = right.rank == 1 ? (right.expanded(axis: 1), true) : (right, false)
    let (rows, inner, columns) = (left.shape[left.rank - 2], left.shape[left.rank - 1], other.shape[other.rank - 1])
    require(inner == other.shape[other.rank - 2], "\(shape) times \(right.shape) is no matrix product.")
    let batch = Tensor.broadcastShape(Array(left.shape.dropLast(2)), Array(other.shape.dropLast(2)))
    let count = batch.reduce(1, *)
    let product: Tensor
    if other.rank == 2 {
      product = left.reshaped([count * rows, inner]).product(other, transposingRight: false)
    } else {
      product = left.broadcast(to: batch + [rows, inner]).reshaped([count, rows, inner]).batchProduct(
        other.broadcast(to: batch + [inner, columns]).reshaped([count, inner, columns]))
    }
    return product.reshaped(batch + (isRow ? [] : [rows]) + (isColumn ? [] : [columns]))
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

  /// The products of many matrices, `[batch, rows, inner]` and `[batch, inner, columns]`; each may lie transposed.
  func batchProduct(_ right: Tensor, transposingLeft: Bool = false, transposingRight: Bool = false) -> Tensor {
    let batch = shape[0]
    let (rows, inner) = (shape[transposingLeft ? 2 : 1], shape[transposingLeft ? 1 : 2])
    let columns = right.shape[transposingRight ? 1 : 2]
    let backend = Tensor.meeting(self, right)
    guard backend === CPUBackend.shared else {
      return Tensor.stack(
        (0..<batch).map { index in
          let left = select(index)
          return (transposingLeft ? left.transposed() : left).product(right.select(index), transposingRight: transposingRight)
        }
      ).reshaped([batch, rows, columns])
    }
    guard inner > 0 else { return .zeros([batch, rows, columns]) }
    var result = Tensor(uninitialized: [batch, rows, columns])
    guard result.count > 0 else { return result }
    let target = result.sharedBase()
    withUnsafeElements { left in
      right.withUnsafeElements { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        for index in 0..<batch {
          cblas_sgemm(
            CblasRowMajor, transposingLeft ? CblasTrans : CblasNoTrans, transposingRight ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), blasint(inner), 1, left + index * rows * inner,
            blasint(transposingLeft ? rows : inner), right + index * inner * columns,
            blasint(transposingRight ? inner : columns), 0, target + index * rows * columns, blasint(columns))
        }
      }
    }
    return result
  }
}
