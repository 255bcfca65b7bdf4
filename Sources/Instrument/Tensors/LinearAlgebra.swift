/// Linear algebra of matrices, computed in Double by LAPACK and rounded to fp32 at the end. Wrong shapes stop; NaN, singular matrices and what does not converge
/// are errors.
extension Tensor {
  /// The singular value decomposition of a matrix `[m, n]`: `u · diag(s) · vt`, with `u` `[m, k]`, `s` `[k]` from the largest down, and `vt` `[k, n]`, where k is
  /// the smaller of m and n. Of each pair of singular vectors, which is known up to a common sign, the largest number in the column of `u` is positive.
  /// - Throws: `notFinite`, `notConverged`.
  public func svd() throws(TensorError) -> (u: Tensor, s: Tensor, vt: Tensor) {
    let (m, n) = try matrix("singular value decomposition")
    let k = Swift.min(m, n)
    guard k > 0 else { return (Tensor.zeros([m, k]), Tensor.zeros([k]), Tensor.zeros([k, n])) }
    // What lies by rows is, read by columns, the transposed: whose left vectors are these right ones.
    guard var parts = LAPACK.svd(doubles, rows: n, columns: m) else {
      throw .notConverged(operation: "singular value decomposition", shape: shape)
    }
    for column in 0..<k {
      let largest = (0..<m).max { Swift.abs(parts.vt[$0 * k + column]) < Swift.abs(parts.vt[$1 * k + column]) } ?? 0
      guard parts.vt[largest * k + column] < 0 else { continue }
      for row in 0..<m { parts.vt[row * k + column].negate() }
      for place in column * n..<(column + 1) * n { parts.u[place].negate() }
    }
    return (Tensor(doubles: parts.vt, [m, k]), Tensor(doubles: parts.s, [k]), Tensor(doubles: parts.u, [k, n]))
  }

  /// The x for which the sum of squares of `self · x - b` is smallest, and of several the one of smallest norm: for `[m, n]` and b `[m]` or `[m, count]`, x is
  /// `[n]` or `[n, count]`. Singular values below the precision of fp32, beside the largest, count as 0.
  /// - Throws: `notFinite`, `notConverged`.
  public func leastSquares(_ b: Tensor) throws(TensorError) -> Tensor {
    let (m, n) = try matrix("least squares solution", right: b)
    let columns = b.rank == 1 ? 1 : b.shape[1]
    let tolerance = Double(Swift.max(m, n)) * Double(Float.ulpOfOne)
    guard m > 0, n > 0, columns > 0 else { return .zeros([n] + b.shape.dropFirst()) }
    guard
      let x = LAPACK.leastSquares(
        transposed().doubles, b.reshaped([m, columns]).transposed().doubles, rows: m, columns: n, tolerance: tolerance)
    else { throw .notConverged(operation: "least squares solution", shape: shape) }
    return Tensor(doubles: x, [columns, n]).transposed().reshaped([n] + b.shape.dropFirst())
  }

  /// The x for which `self · x` is b: for a square matrix `[n, n]` and b `[n]` or `[n, count]`.
  /// - Throws: `singular`, `notFinite`.
  public func solve(_ b: Tensor) throws(TensorError) -> Tensor { try solve(b, "solution") }

  /// The inverse of a square matrix.
  /// - Throws: `singular`, `notFinite`.
  public func inverse() throws(TensorError) -> Tensor {
    require(rank == 2 && shape[0] == shape[1], "A tensor of shape \(shape) is not a square matrix, and has no inverse.")
    return try solve(.identity(shape[0]), "inverse")
  }

  private func solve(_ b: Tensor, _ operation: String) throws(TensorError) -> Tensor {
    let (m, n) = try matrix(operation, right: b)
    require(m == n, "A tensor of shape \(shape) is not a square matrix; `leastSquares` solves others.")
    let columns = b.rank == 1 ? 1 : b.shape[1]
    guard n > 0, columns > 0 else { return b }
    guard let x = LAPACK.solve(transposed().doubles, b.reshaped([n, columns]).transposed().doubles, size: n) else {
      throw .singular(operation: operation, shape: shape)
    }
    return Tensor(doubles: x, [columns, n]).transposed().reshaped(b.shape)
  }

  /// The Moore-Penrose pseudoinverse `[n, m]` of a matrix `[m, n]`. Singular values below the precision of fp32, beside the largest, count as 0.
  /// - Throws: `notFinite`, `notConverged`.
  public func pseudoinverse() throws(TensorError) -> Tensor {
    let (u, s, vt) = try svd()
    let smallest = (s.count > 0 ? s.max() : 0) * Float(Swift.max(shape[0], shape[1])) * Float.ulpOfOne
    let inverses = s.map { $0 > smallest ? 1 / $0 : 0 }
    return (vt.transposed() * inverses).multipliedByTransposed(u)
  }

  /// The eigenvalues of a symmetric matrix `[n, n]`, from the smallest up, and its eigenvectors as the columns of `[n, n]`. Each vector's largest number is positive.
  /// Only the lower triangle is read; a matrix whose upper one differs by more than 1e-4 of the largest number stops.
  /// - Throws: `notFinite`, `notConverged`.
  public func eigenSymmetric() throws(TensorError) -> (values: Tensor, vectors: Tensor) {
    let n = try square("eigenvalues")
    require(isSymmetric, "The matrix of shape \(shape) is not symmetric; `eigenvalues` finds those of any square matrix.")
    guard n > 0 else { return (.zeros([0]), .zeros([0, 0])) }
    guard let (values, found) = LAPACK.symmetricEigenvalues(doubles, size: n) else {
      throw .notConverged(operation: "eigenvalues", shape: shape)
    }
    var vectors = found
    for column in 0..<n {
      let place = column * n..<(column + 1) * n
      let largest = vectors[place].max { Swift.abs($0) < Swift.abs($1) } ?? 0
      if largest < 0 { for i in place { vectors[i].negate() } }
    }
    return (Tensor(doubles: values, [n]), Tensor(doubles: vectors, [n, n]).transposed())
  }

  /// The eigenvalues of a symmetric matrix, from the smallest up; see `eigenSymmetric()`.
  /// - Throws: `notFinite`, `notConverged`.
  public func eigenvaluesSymmetric() throws(TensorError) -> Tensor { try eigenSymmetric().values }

  /// The eigenvalues of any square matrix, as real and imaginary parts `[n]`, from the largest absolute value down.
  /// - Throws: `notFinite`, `notConverged`.
  public func eigenvalues() throws(TensorError) -> (real: Tensor, imaginary: Tensor) {
    let n = try square("eigenvalues")
    guard n > 0 else { return (.zeros([0]), .zeros([0])) }
    guard let (real, imaginary) = LAPACK.eigenvalues(doubles, size: n) else {
      throw .notConverged(operation: "eigenvalues", shape: shape)
    }
    let order = (0..<n).sorted { left, right in
      let sizes = (
        real[left] * real[left] + imaginary[left] * imaginary[left],
        real[right] * real[right] + imaginary[right] * imaginary[right]
      )
      return sizes.0 != sizes.1 ? sizes.0 > sizes.1 : imaginary[left] > imaginary[right]
    }
    return (Tensor(doubles: order.map { real[$0] }, [n]), Tensor(doubles: order.map { imaginary[$0] }, [n]))
  }

  /// The QR decomposition of a matrix `[m, n]`: `q` `[m, k]` with orthonormal columns and `r` `[k, n]`, whose lower triangle is 0 and whose diagonal is not negative; k is
  /// the smaller of m and n.
  /// - Throws: `notFinite`.
  public func qr() throws(TensorError) -> (q: Tensor, r: Tensor) {
    let (m, n) = try matrix("QR decomposition")
    let k = Swift.min(m, n)
    guard k > 0 else { return (.zeros([m, k]), .zeros([k, n])) }
    let (q, r) = LAPACK.qr(transposed().doubles, rows: m, columns: n)
    let signs = Tensor((0..<k).map { r[$0 * m + $0] < 0 ? -1 : 1 })
    let upper = Tensor(doubles: r, [n, m]).transposed()[..<k].upperTriangle()
    return (Tensor(doubles: q, [k, m]).transposed() * signs, upper * signs.expanded(axis: 1))
  }

  /// The sum of the numbers on the diagonal of a matrix, taken in Double.
  public func trace() -> Float { diagonal().sum() }

  // MARK: - What is asked of operands

  private var isSymmetric: Bool { (self - transposed()).magnitude().max(orNone: 0) <= 1e-4 * magnitude().max(orNone: 0) }

  private func max(orNone none: Float) -> Float { count > 0 ? max() : none }

  private func matrix(_ operation: String) throws(TensorError) -> (rows: Int, columns: Int) {
    require(rank == 2, "The \(operation) is one of matrices; a tensor of shape \(shape) is none. Select or reshape first.")
    guard isFinite else { throw .notFinite(operation: operation, shape: shape) }
    return (shape[0], shape[1])
  }

  private func matrix(_ operation: String, right b: Tensor) throws(TensorError) -> (rows: Int, columns: Int) {
    let size = try matrix(operation)
    require(
      (b.rank == 1 || b.rank == 2) && b.shape[0] == size.rows,
      "The \(operation) with a matrix of shape \(shape) takes a right side of shape [\(size.rows)] or [\(size.rows), count], not \(b.shape)."
    )
    guard b.isFinite else { throw .notFinite(operation: operation, shape: b.shape) }
    return size
  }

  private func square(_ operation: String) throws(TensorError) -> Int {
    let (rows, columns) = try matrix(operation)
    require(rows == columns, "The \(operation) are those of square matrices, and the shape \(shape) is not square.")
    return rows
  }

  /// The numbers in row-major order, in Double.
  private var doubles: [Double] { withUnsafeElements { $0.map { Double($0) } } }

  private init(doubles: [Double], _ shape: [Int]) { self.init(doubles.map { Float($0) }, shape: shape) }
}
