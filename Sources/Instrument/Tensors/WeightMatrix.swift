import CKernels

/// A matrix of weights, `[rows, columns]`, used where it lies: in the memory of a mapped file as bf16 or fp32, or in a tensor.
///
/// bf16 is widened while it is used, which is exact; arithmetic is fp32. Nothing of the size of the matrix is allocated.
package struct WeightMatrix: Sendable {
  /// How the numbers are written.
  package enum Format: Sendable {
    case float32, bfloat16

    package var byteCount: Int { self == .float32 ? 4 : 2 }
    var kernel: ck_format { self == .float32 ? ck_float32 : ck_bfloat16 }
  }

  package let rows: Int
  package let columns: Int
  package let format: Format
  /// How many numbers lie between the beginnings of two rows.
  let stride: Int
  /// Where the first number lies; `owner` keeps it valid and unchanged, so that it may be read from any thread.
  nonisolated(unsafe) let base: UnsafeRawPointer
  private let owner: any Sendable

  package var shape: [Int] { [rows, columns] }
  /// How many bytes one pass over the matrix reads.
  package var byteCount: Int { rows * columns * format.byteCount }

  /// Numbers in memory that somebody else owns: `owner` is kept as long as they are needed.
  package init(_ base: UnsafeRawPointer, _ format: Format, shape: [Int], owner: any Sendable) {
    self.init(base, format, rows: shape[0], columns: shape[1], stride: shape[1], owner: owner)
  }

  /// The numbers of a tensor `[rows, columns]`.
  package init(_ tensor: Tensor) {
    require(tensor.rank == 2, "A tensor of shape \(tensor.shape) is not a matrix.")
    self.init(
      UnsafeRawPointer(tensor.constantBase), .float32, rows: tensor.shape[0], columns: tensor.shape[1], stride: tensor.shape[1],
      owner: tensor)
  }

  private init(
    _ base: UnsafeRawPointer, _ format: Format, rows: Int, columns: Int, stride: Int, owner: any Sendable
  ) {
    (self.base, self.format, self.owner) = (base, format, owner)
    (self.rows, self.columns, self.stride) = (rows, columns, stride)
  }

  /// Some of the columns of every row. No number is copied.
  package func columns(_ range: Range<Int>) -> WeightMatrix {
    require(range.lowerBound >= 0 && range.upperBound <= columns, "The columns \(range) lie outside of \(shape).")
    return WeightMatrix(
      base + range.lowerBound * format.byteCount, format, rows: rows, columns: range.count, stride: stride,
      owner: owner)
  }

  /// Some rows as fp32, in the given order: `[indices.count, columns]`.
  package func gathered(_ indices: some Collection<Int>) -> Tensor {
    var result = Tensor(uninitialized: [indices.count, columns])
    result.withUnsafeMutableElements { target in
      guard let target = target.baseAddress else { return }
      for (index, row) in indices.enumerated() {
        require(row >= 0 && row < rows, "The row \(row) lies outside of \(shape).")
        let (source, to) = (base + row * stride * format.byteCount, target + index * columns)
        switch format {
        case .bfloat16: ck_widen_bfloat16(source, to, columns)
        case .float32: UnsafeMutableRawPointer(to).copyMemory(from: source, byteCount: 4 * columns)
        }
      }
    }
    return result
  }

  /// The whole matrix as fp32.
  package var tensor: Tensor { gathered(0..<rows) }

  /// Whether every number is finite: neither NaN nor infinite.
  package var isFinite: Bool { finiteRows { ck_is_finite(base + $0 * stride * format.byteCount, format.kernel, columns) != 0 } }

  private func finiteRows(_ check: (Int) -> Bool) -> Bool {
    var bad = [Bool](repeating: false, count: rows)
    bad.withUnsafeMutableBufferPointer { bad in
      Parallel.overRows(rows, width: columns) { range in for row in range { bad[row] = !check(row) } }
    }
    return !bad.contains(true)
  }
}

// MARK: - Products

extension Tensor {
  /// The product with a transposed matrix, as a linear layer without bias computes it: `[row, in]` and a weight `[out, in]` make
  /// `[row, out]`.
  ///
  /// Each row of the result is the same, bit for bit, whatever other rows are computed with it: so that what a session remembers of a
  /// prompt's beginning is what it would compute again.
  package func projected(by weight: WeightMatrix) -> Tensor {
    require(rank == 2 && shape[1] == weight.columns, "\(shape) cannot be projected by a weight of shape \(weight.shape).")
    var result = Tensor(uninitialized: [shape[0], weight.rows])
    result.setProduct(of: self, weight, transposingRight: true)
    return result
  }

  /// The product with a matrix as it stands, through which a gradient goes back: `[row, out]` and a weight `[out, in]` make `[row, in]`.
  package func projectedBack(by weight: WeightMatrix) -> Tensor {
    require(rank == 2 && shape[1] == weight.rows, "\(shape) cannot be projected back by a weight of shape \(weight.shape).")
    var result = Tensor(uninitialized: [shape[0], weight.columns])
    result.setProduct(of: self, weight, transposingRight: false)
    return result
  }

  /// Adds the product with a matrix as it stands.
  package mutating func addProjectedBack(_ gradient: Tensor, by weight: WeightMatrix) {
    require(
      gradient.shape[1] == weight.rows && shape == [gradient.shape[0], weight.columns],
      "\(gradient.shape) projected back by \(weight.shape) cannot be added to \(shape).")
    setProduct(of: gradient, weight, transposingRight: false, adding: true)
  }

  private mutating func setProduct(of left: Tensor, _ right: WeightMatrix, transposingRight: Bool, adding: Bool = false) {
    let columns = shape[1]
    left.view.multiply(
      transposingRight ? right.view.transposed : right.view, into: sharedBase(), stride: columns, adding: adding)
    withExtendedLifetime((left, right)) {}
  }

  /// The product with a transposed matrix for a few rows, as decoding needs it: at the speed at which the weights are read. Each row is
  /// the same whatever other rows are computed with it, but its last bits may differ from `projected(by:)`.
  package func decoded(by weight: WeightMatrix) -> Tensor {
    require(rank == 2 && shape[1] == weight.columns, "\(shape) cannot be projected by a weight of shape \(weight.shape).")
    var result = Tensor(uninitialized: [shape[0], weight.rows])
    let rows = shape[0]
    withUnsafeElements { x in
      result.withUnsafeMutableElements { result in
        guard let x = x.baseAddress, let result = result.baseAddress else { return }
        Parallel.overRows(weight.rows, width: weight.columns) { part in
          ck_gemv(
            x, rows, weight.columns, weight.base, weight.format.kernel, weight.columns, weight.stride, result, weight.rows,
            part.lowerBound, part.upperBound)
        }
      }
    }
    withExtendedLifetime(weight) {}
    return result
  }
}
