import Tensors
import Testing

@Suite struct LinearAlgebraTests {
  static let shapes: [[Int]] = [[1, 1], [4, 4], [7, 3], [3, 7], [60, 40], [1, 5], [5, 1]]

  @Test(arguments: shapes)
  func singularVectorsAreOrthonormalAndMakeTheMatrix(shape: [Int]) throws {
    let matrix = Algebra.random(shape)
    let (u, s, vt) = try matrix.svd()
    let k = shape.min() ?? 0
    #expect(u.shape == [shape[0], k] && s.shape == [k] && vt.shape == [k, shape[1]])
    expectClose((u * s).multiplied(by: vt), matrix)
    expectClose(u.transposed().multiplied(by: u), .identity(k))
    expectClose(vt.multipliedByTransposed(vt), .identity(k))
    #expect(s.elements == s.elements.sorted(by: >) && s.min() >= 0)
    #expect(u.max(axis: 0).elements == u.magnitude().max(axis: 0).elements)
  }

  /// numpy.linalg.svd of [[1, 2], [3, 4], [5, 6]].
  @Test
  func theyAreThoseThatOthersFind() throws {
    let (_, s, vt) = try Tensor(rows: [[1, 2], [3, 4], [5, 6]]).svd()
    expectClose(s, Tensor([9.525518, 0.51430058]))
    expectClose(vt.magnitude(), Tensor(rows: [[0.61962948, 0.78489445], [0.78489445, 0.61962948]]))
  }

  @Test(arguments: shapes)
  func leastSquaresLeavesAResidualOrthogonalToTheColumns(shape: [Int]) throws {
    let (matrix, b) = (Algebra.random(shape), Algebra.random([shape[0], 3], seed: 2))
    let x = try matrix.leastSquares(b)
    #expect(x.shape == [shape[1], 3])
    expectClose(matrix.transposed().multiplied(by: matrix.multiplied(by: x) - b), .zeros([shape[1], 3]), 1e-4)
    // The solution of smallest norm is the pseudoinverse's.
    expectClose(x, try matrix.pseudoinverse().multiplied(by: b), 1e-4)
    expectClose(try matrix.leastSquares(b.select(1, axis: 1)), x.select(1, axis: 1))
  }

  @Test
  func dependentColumnsShareWhatTheyExplain() throws {
    let matrix = Tensor(rows: [[1, 1], [2, 2], [3, 3]])
    expectClose(try matrix.leastSquares(Tensor([2, 4, 6])), Tensor([1, 1]))
    expectClose(try matrix.pseudoinverse().multiplied(by: matrix), Tensor(repeating: 0.5, shape: [2, 2]))
  }

  @Test
  func squareSystemsAreSolved() throws {
    let (matrix, b) = (Algebra.random([6, 6]), Algebra.random([6, 2], seed: 2))
    expectClose(matrix.multiplied(by: try matrix.solve(b)), b, 1e-4)
    expectClose(try matrix.inverse().multiplied(by: matrix), .identity(6), 1e-4)
    #expect(throws: TensorError.singular(operation: "inverse", shape: [2, 2])) { try Tensor(rows: [[1, 2], [2, 4]]).inverse() }
    #expect(throws: TensorError.singular(operation: "solution", shape: [2, 2])) {
      try Tensor(rows: [[0.1, 0.3], [0.2, 0.6]]).solve(Tensor([1, 2]))
    }
  }

  @Test
  func eigenvectorsOfASymmetricMatrixTurnItIntoItsEigenvalues() throws {
    let half = Algebra.random([8, 8])
    let matrix = half + half.transposed()
    let (values, vectors) = try matrix.eigenSymmetric()
    #expect(values.elements == values.elements.sorted())
    expectClose(matrix.multiplied(by: vectors), vectors * values)
    expectClose(vectors.transposed().multiplied(by: vectors), .identity(8))
    expectClose(try matrix.eigenvaluesSymmetric(), values)
  }

  @Test
  func eigenvaluesOfAnyMatrixAreSortedBySizeAndMayBeComplex() throws {
    let (real, imaginary) = try Tensor(rows: [[0, -2, 0], [2, 0, 0], [0, 0, 1]]).eigenvalues()
    expectClose(real, Tensor([0, 0, 1]))
    expectClose(imaginary, Tensor([2, -2, 0]))
    let matrix = Algebra.random([7, 7])
    #expect(abs(try matrix.eigenvalues().real.sum() - matrix.trace()) < 1e-4)
  }

  @Test(arguments: shapes)
  func qrMakesAnOrthonormalBasisAndATriangle(shape: [Int]) throws {
    let matrix = Algebra.random(shape)
    let (q, r) = try matrix.qr()
    expectClose(q.multiplied(by: r), matrix)
    expectClose(q.transposed().multiplied(by: q), .identity(q.shape[1]))
    #expect(r == r.upperTriangle() && r.diagonal().min() >= 0)
  }

  @Test
  func numbersThatAreNoneAreAnError() {
    let matrix = Tensor(rows: [[1, .nan], [2, 3]])
    #expect(throws: TensorError.notFinite(operation: "singular value decomposition", shape: [2, 2])) { try matrix.svd() }
    #expect(throws: TensorError.notFinite(operation: "least squares solution", shape: [2, 2])) {
      try matrix.leastSquares(Tensor([1, 2]))
    }
    #expect(throws: TensorError.notFinite(operation: "least squares solution", shape: [2])) {
      try Tensor.identity(2).leastSquares(Tensor([1, .infinity]))
    }
    #expect("\(TensorError.notFinite(operation: "inverse", shape: [2, 2]))".contains("some of its numbers are NaN or infinite"))
  }

  @Test
  func matricesWithoutRowsOrColumnsHaveEmptyDecompositions() throws {
    let (u, s, vt) = try Tensor.zeros(3, 0).svd()
    #expect(u.shape == [3, 0] && s.shape == [0] && vt.shape == [0, 0])
    #expect(try Tensor.zeros(0, 2).leastSquares(.zeros(0)).elements == [0, 0])
    #expect(try Tensor.zeros(0, 0).eigenvalues().real.count == 0)
  }

  @Test
  func shapesThatDoNotFitStop() async {
    expectStop(
      "The least squares solution with a matrix of shape [2, 3] takes a right side of shape [2] or [2, count], not [3].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = try Tensor.ones(2, 3).leastSquares(.ones(3))
      })
    expectStop(
      "a tensor of shape [2, 2, 2] is none",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = try Tensor.ones(2, 2, 2).svd() })
    expectStop(
      "is not symmetric",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = try Tensor(rows: [[1, 2], [3, 4]]).eigenSymmetric()
      })
  }

  // MARK: - Products of more axes

  @Test
  func manyMatricesAndVectorsAreMultipliedAsOthersDo() throws {
    let (a, b) = (Algebra.random([2, 3, 4]), Algebra.random([2, 4, 5], seed: 2))
    for batch in 0..<2 {
      expectClose(a.multiplied(by: b).select(batch), a.select(batch).multiplied(by: b.select(batch)))
      expectClose(a.multiplied(by: b.select(1)).select(batch), a.select(batch).multiplied(by: b.select(1)))
      expectClose(a.select(1).multiplied(by: b).select(batch), a.select(1).multiplied(by: b.select(batch)))
    }
    expectClose(a.multiplied(by: Tensor.ones(4)), a.sum(axis: -1))
    expectClose(Tensor.ones(4).multiplied(by: b), b.sum(axis: 1))
    #expect(Tensor([1, 2]).multiplied(by: Tensor([3, 4])).scalar == 11)
    expectClose(try Algebra.onCard(a).multiplied(by: Algebra.onCard(b)), a.multiplied(by: b))
    #expect(Tensor.zeros(2, 3, 0).multiplied(by: .zeros(2, 0, 4)) == .zeros(2, 3, 4))
  }
}
