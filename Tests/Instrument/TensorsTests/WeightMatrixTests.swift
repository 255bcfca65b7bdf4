import BackendConformance
import Tensors
import TestSupport
import Testing

/// Matrices of weights of every format, in memory that ends where a page begins that may not be touched.
///
/// Like the other tests of products these see this machine's kind of CPU only; `FOLIO_CORETYPE` names another.
@Suite struct WeightMatrixTests {
  private static let formats = WeightMatrix.Format.allCases
  private static let shapes = [(1, 256), (17, 512), (70, 768), (9, 1024)]

  @Test(arguments: formats, shapes)
  func givesTheProductsOfItsNumbersInFp32BitForBit(format: WeightMatrix.Format, shape: (rows: Int, columns: Int)) {
    let matrix = RandomWeight(format, rows: shape.rows, columns: shape.columns, seed: 1).matrix
    let plain = WeightMatrix(matrix.tensor)
    for rows in [1, 3, 20] {
      let left = random([rows, shape.columns], seed: UInt64(rows)), right = random([rows, shape.rows], seed: 7)
      #expect(bits(left.projected(by: matrix)) == bits(left.projected(by: plain)))
      #expect(bits(projectedBack(right, matrix)) == bits(projectedBack(right, plain)))
      // The order of its sums is its own.
      guard format != .bfloat16 else { continue }
      #expect(bits(left.decoded(by: matrix)) == bits(left.decoded(by: plain)))
    }
  }

  @Test(arguments: formats)
  func mayBeLookedAtByColumnsThatBeginAndEndWithinABlock(format: WeightMatrix.Format) {
    let matrix = RandomWeight(format, rows: 40, columns: 512, seed: 2).matrix
    let whole = matrix.tensor
    for range in [0..<512, 0..<1, 511..<512, 31..<33, 5..<300, 100..<500, 256..<512, 250..<260, 64..<64] {
      let part = matrix.columns(range)
      let copy = WeightMatrix(
        Tensor((0..<40).flatMap { row in range.map { whole[row, $0] } }, shape: [40, range.count]))
      #expect(bits(part.tensor) == bits(copy.tensor), "\(range)")
      #expect(part.isFinite)
      let left = random([3, range.count], seed: 3), right = random([3, 40], seed: 4)
      #expect(bits(left.projected(by: part)) == bits(left.projected(by: copy)), "\(range)")
      #expect(bits(projectedBack(right, part)) == bits(projectedBack(right, copy)), "\(range)")
      if format != .bfloat16 { #expect(bits(left.decoded(by: part)) == bits(left.decoded(by: copy)), "\(range)") }
    }
  }

  @Test(arguments: formats)
  func mayBeTurnedAndThenByRowsAndColumns(format: WeightMatrix.Format) {
    let matrix = RandomWeight(format, rows: 33, columns: 256, seed: 5).matrix
    let turned = matrix.transposed, plain = matrix.tensor
    #expect(turned.shape == [256, 33])
    #expect((0..<256).allSatisfy { i in (0..<33).allSatisfy { turned.tensor[i, $0] == plain[$0, i] } })
    #expect(bits(turned.transposed.tensor) == bits(plain))
    #expect(bits(turned.gathered([7, 255, 7])) == bits(WeightMatrix(turned.tensor).gathered([7, 255, 7])))
    let part = turned.columns(3..<20).rows(40..<101)
    #expect(bits(part.tensor) == bits(WeightMatrix(turned.tensor).columns(3..<20).rows(40..<101).tensor))
    #expect(part.isFinite)
    let copy = WeightMatrix(turned.tensor), left = random([5, 33], seed: 6), right = random([5, 256], seed: 8)
    #expect(bits(left.projected(by: turned)) == bits(left.projected(by: copy)))
    #expect(bits(projectedBack(right, turned)) == bits(projectedBack(right, copy)))
    #expect(bits(left.decoded(by: turned)) == bits(left.projected(by: copy)))
  }

  @Test(arguments: formats)
  func givesARowOfAProductTheSameBitsWhateverStandsBesideIt(format: WeightMatrix.Format) {
    let matrix = RandomWeight(format, rows: 75, columns: 768, seed: 9).matrix
    let all = random([29, 768], seed: 10)
    let (projected, decoded) = (all.projected(by: matrix), all.decoded(by: matrix))
    for rows in [0..<1, 28..<29, 3..<8, 1..<18] {
      let some = WeightMatrix(all).gathered(rows)
      #expect(bits(some.projected(by: matrix)) == bits(WeightMatrix(projected).gathered(rows)), "\(rows)")
      #expect(bits(some.decoded(by: matrix)) == bits(WeightMatrix(decoded).gathered(rows)), "\(rows)")
    }
  }

  @Test(arguments: formats)
  func givesRowsInAnyOrder(format: WeightMatrix.Format) {
    let matrix = RandomWeight(format, rows: 12, columns: 256, seed: 11).matrix
    let whole = matrix.tensor
    let rows = matrix.gathered([11, 0, 5, 5])
    for (index, row) in [11, 0, 5, 5].enumerated() {
      #expect((0..<256).allSatisfy { rows[index, $0].bitPattern == whole[row, $0].bitPattern })
    }
  }

  @Test(arguments: formats, [UInt16(0x7C00), 0xFC00, 0x7E01])
  func knowsOfAScaleThatIsNotFiniteInAnyOfItsRandomWeight(format: WeightMatrix.Format, scale: UInt16) {
    let blocks = RandomWeight(format, rows: 5, columns: 512, seed: 12)
    #expect(blocks.matrix.isFinite)
    blocks.setScale(ofRow: 4, number: 511, to: scale)
    #expect(!blocks.matrix.isFinite)
    #expect(!blocks.matrix.transposed.isFinite)
    #expect(blocks.matrix.rows(0..<4).isFinite)
    #expect(blocks.matrix.columns(0..<256).isFinite)
  }

  private func random(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor((0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }, shape: shape)
  }

  private func projectedBack(_ left: Tensor, _ matrix: WeightMatrix) -> Tensor {
    var result = Tensor(repeating: 0, shape: [left.shape[0], matrix.columns])
    result.addProjectedBack(left, by: matrix)
    return result
  }

  private func bits(_ tensor: Tensor) -> [UInt32] { tensor.elements.map(\.bitPattern) }
}
