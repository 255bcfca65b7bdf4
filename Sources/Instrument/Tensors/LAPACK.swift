import COpenBLAS

/// LAPACK's routines in Double, over matrices whose columns lie one behind the other, as Fortran reads them. Nil where one did not converge, or has no solution.
enum LAPACK {
  /// `u` `[rows, k]`, `s` `[k]` and `vt` `[k, columns]`, each by columns.
  static func svd(_ matrix: [Double], rows: Int, columns: Int) -> (u: [Double], s: [Double], vt: [Double])? {
    let k = min(rows, columns)
    var (a, s, u, vt) = (matrix, zeros(k), zeros(rows * k), zeros(k * columns))
    var (m, n, least, job) = (blasint(rows), blasint(columns), blasint(k), CChar(UInt8(ascii: "S")))
    var (lda, ldu, ldvt) = (m, m, least)
    var integers = [blasint](repeating: 0, count: 8 * k)
    let info = withWorkspace { work, length, info in
      dgesdd_(&job, &m, &n, &a, &lda, &s, &u, &ldu, &vt, &ldvt, work, length, &integers, info, 1)
    }
    return info == 0 ? (u, s, vt) : nil
  }

  /// The least squares solutions `[columns, count]` of right sides `[rows, count]`, both by columns.
  static func leastSquares(_ matrix: [Double], _ b: [Double], rows: Int, columns: Int, tolerance: Double) -> [Double]? {
    let (count, height) = (b.count / rows, max(rows, columns))
    var (a, x, s) = (matrix, zeros(height * count), zeros(min(rows, columns)))
    for column in 0..<count {
      for row in 0..<rows { x[column * height + row] = b[column * rows + row] }
    }
    var (m, n, sides, rank, tolerance) = (blasint(rows), blasint(columns), blasint(count), blasint(0), tolerance)
    var (lda, ldb) = (m, blasint(height))
    // Enough for any size of the leaves, of which a matrix of this size has at most so many levels.
    let levels = max(0, Int.bitWidth - (min(rows, columns) / 26 + 1).leadingZeroBitCount) + 1
    var integers = [blasint](repeating: 0, count: max(1, 3 * min(rows, columns) * levels + 11 * min(rows, columns)))
    let info = withWorkspace { work, length, info in
      dgelsd_(&m, &n, &sides, &a, &lda, &x, &ldb, &s, &tolerance, &rank, work, length, &integers, info)
    }
    return info == 0 ? (0..<count).flatMap { x[$0 * height..<$0 * height + columns] } : nil
  }

  /// The solutions of a square system, by columns; nil if it is singular, or so nearly that fp32 cannot tell.
  static func solve(_ matrix: [Double], _ b: [Double], size: Int) -> [Double]? {
    var (a, x, n, sides, info) = (matrix, b, blasint(size), blasint(b.count / size), blasint(0))
    var (lda, pivots, norm) = (n, [blasint](repeating: 0, count: size), CChar(UInt8(ascii: "1")))
    var largest = (0..<size).map { column in matrix[column * size..<(column + 1) * size].reduce(0) { $0 + abs($1) } }.max() ?? 0
    dgetrf_(&n, &n, &a, &lda, &pivots, &info)
    guard info == 0 else { return nil }
    var (condition, work, integers) = (0.0, zeros(4 * size), [blasint](repeating: 0, count: size))
    dgecon_(&norm, &n, &a, &lda, &largest, &condition, &work, &integers, &info, 1)
    guard info == 0, condition > Double(Float.ulpOfOne) / 16 else { return nil }
    var transposing = CChar(UInt8(ascii: "N"))
    dgetrs_(&transposing, &n, &sides, &a, &lda, &pivots, &x, &lda, &info, 1)
    return info == 0 ? x : nil
  }

  /// The eigenvalues of a symmetric matrix, ascending, and the eigenvectors by columns. Rows and columns are alike.
  static func symmetricEigenvalues(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [Double])? {
    var (a, values, n) = (matrix, zeros(size), blasint(size))
    var (lda, job, part) = (n, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")))
    var integers = [blasint](repeating: 0, count: 3 + 5 * size)
    var integerLength = blasint(integers.count)
    let info = withWorkspace { work, length, info in
      dsyevd_(&job, &part, &n, &a, &lda, &values, work, length, &integers, &integerLength, info, 1, 1)
    }
    return info == 0 ? (values, a) : nil
  }

  /// The eigenvalues of any square matrix, which its transposed shares.
  static func eigenvalues(_ matrix: [Double], size: Int) -> (real: [Double], imaginary: [Double])? {
    var (a, real, imaginary, n) = (matrix, zeros(size), zeros(size), blasint(size))
    var (lda, one, left, right) = (n, blasint(1), CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "N")))
    var (leftVectors, rightVectors, other) = (0.0, 0.0, one)
    let info = withWorkspace { work, length, info in
      dgeev_(
        &left, &right, &n, &a, &lda, &real, &imaginary, &leftVectors, &one, &rightVectors, &other, work, length, info, 1, 1)
    }
    return info == 0 ? (real, imaginary) : nil
  }

  /// `q` `[rows, k]` by columns, and `r` in the upper triangle of `[rows, columns]`.
  static func qr(_ matrix: [Double], rows: Int, columns: Int) -> (q: [Double], r: [Double]) {
    let least = min(rows, columns)
    var (a, factors, m, n, k) = (matrix, zeros(least), blasint(rows), blasint(columns), blasint(least))
    var lda = m
    _ = withWorkspace { work, length, info in dgeqrf_(&m, &n, &a, &lda, &factors, work, length, info) }
    var q = Array(a[..<(rows * least)])
    var reflectors = k
    _ = withWorkspace { work, length, info in dorgqr_(&m, &k, &reflectors, &q, &lda, &factors, work, length, info) }
    return (q, a)
  }

  private static func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }

  /// Calls a routine twice: it says how much room it needs, and then has it. Returns what it reports.
  private static func withWorkspace(
    _ routine: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<blasint>, UnsafeMutablePointer<blasint>) -> Void
  ) -> blasint {
    var (wanted, length, info) = (0.0, blasint(-1), blasint(0))
    routine(&wanted, &length, &info)
    guard info == 0 else { return info }
    length = max(1, blasint(wanted))
    var work = zeros(Int(length))
    routine(&work, &length, &info)
    return info
  }
}
