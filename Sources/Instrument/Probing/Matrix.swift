import COpenBLAS
import Tensors

/// A matrix in Double, row after row: probes are fitted to more digits than activations have.
struct Matrix: Sendable {
  let rows: Int
  let columns: Int
  var elements: [Double]

  init(rows: Int, columns: Int, _ elements: [Double]) {
    (self.rows, self.columns, self.elements) = (rows, columns, elements)
  }

  init(rows: Int, columns: Int) { self.init(rows: rows, columns: columns, [Double](repeating: 0, count: rows * columns)) }

  init(_ tensor: Tensor) {
    self.init(rows: tensor.shape[0], columns: tensor.shape[1], tensor.withUnsafeElements { $0.map(Double.init) })
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  func row(_ index: Int) -> ArraySlice<Double> { elements[index * columns..<(index + 1) * columns] }

  /// Some rows, in their order.
  func gathered(_ chosen: [Int]) -> Matrix { Matrix(rows: chosen.count, columns: columns, chosen.flatMap { row($0) }) }

  var tensor: Tensor { Tensor(elements.map(Float.init), shape: [rows, columns]) }

  /// The product of two matrices, either of which may be turned.
  static func product(_ left: Matrix, _ right: Matrix, turningLeft: Bool = false, turningRight: Bool = false) -> Matrix {
    let (m, k) = turningLeft ? (left.columns, left.rows) : (left.rows, left.columns)
    let n = turningRight ? right.rows : right.columns
    var result = Matrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    result.elements.withUnsafeMutableBufferPointer { target in
      cblas_dgemm(
        CblasRowMajor, turningLeft ? CblasTrans : CblasNoTrans, turningRight ? CblasTrans : CblasNoTrans, blasint(m), blasint(n),
        blasint(k), 1, left.elements, blasint(left.columns), right.elements, blasint(right.columns), 0, target.baseAddress,
        blasint(n))
    }
    return result
  }

  /// The lower triangle L of a symmetric matrix without negative eigenvalues, L·Lᵀ; columns of what depends on rows before are 0.
  func cholesky() -> Matrix {
    var lower = Matrix(rows: rows, columns: rows)
    let floor = 1e-12 * (0..<rows).reduce(0) { max($0, self[$1, $1]) }
    lower.elements.withUnsafeMutableBufferPointer { l in
      guard let base = l.baseAddress else { return }
      for i in 0..<rows {
        for j in 0...i {
          let rest = self[i, j] - cblas_ddot(blasint(j), base + i * rows, 1, base + j * rows, 1)
          if i == j {
            base[i * rows + i] = rest > floor ? rest.squareRoot() : 0
          } else {
            let pivot = base[j * rows + j]
            base[i * rows + j] = pivot > 0 ? rest / pivot : 0
          }
        }
      }
    }
    return lower
  }

  /// For a lower triangle L and `[rows, n]` values: x with L·x = values, or with Lᵀ·x = values. Where L has no pivot, x is 0.
  func solved(_ values: Matrix, turned: Bool = false) -> Matrix {
    var x = values
    let n = blasint(values.columns)
    x.elements.withUnsafeMutableBufferPointer { x in
      guard let base = x.baseAddress else { return }
      for step in 0..<rows {
        let i = turned ? rows - 1 - step : step
        let row = base + i * values.columns
        let pivot = self[i, i]
        cblas_dscal(n, pivot > 0 ? 1 / pivot : 0, row, 1)
        // What is known of x is taken from the rows that are still to be solved.
        for other in turned ? 0..<i : i + 1..<rows {
          let factor = turned ? self[i, other] : self[other, i]
          if factor != 0 { cblas_daxpy(n, -factor, row, 1, base + other * values.columns, 1) }
        }
      }
    }
    return x
  }
}
