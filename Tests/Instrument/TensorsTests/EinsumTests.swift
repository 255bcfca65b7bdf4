import Tensors
import Testing

@Suite struct EinsumTests {
  /// The equation written out: for each index of the result, the sum over all others.
  private func written(_ operands: [String], _ output: String, _ tensors: [Tensor]) -> Tensor {
    var lengths: [Character: Int] = [:]
    for (axes, tensor) in zip(operands, tensors) {
      for (axis, length) in zip(axes, tensor.shape) { lengths[axis] = max(lengths[axis] ?? 1, length) }
    }
    let inner = Set(operands.joined()).subtracting(output).sorted()
    return Algebra.each(output.map { lengths[$0] ?? 0 }) { index in
      Algebra.indices(inner.map { lengths[$0] ?? 0 }).reduce(0) { sum, rest in
        let places = Dictionary(uniqueKeysWithValues: zip(Array(output) + inner, index + rest))
        return sum
          + zip(operands, tensors).reduce(1) { $0 * Algebra.number($1.1, $1.0.map { places[$0] ?? 0 }) }
      }
    }
  }

  static let lengths: [Character: Int] = ["i": 3, "j": 4, "k": 5, "l": 2, "b": 2, "h": 3, "e": 1]

  @Test(arguments: [
    "ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ji,kj->ik", "bij,bjk->bik", "bij,bkj->bki", "bij,jk->bik", "ij,ij->", "ij,ij->i",
    "ij,ij->ij", "i,j->ij", "i,i->",
    "ij->ji", "ij->i", "ij->", "ii->i", "ii->", "iji->j", "ij,jk,kl->il", "bhij,bjhk->bihk", "i,ij,j->", "bij,bij->b",
    "ij,kl->ijkl", "ij,j->i", "ijk,l->lj",
    "bh,bhi,hik->bk", "ie,ej->ij", "iij,jkk->ik",
  ])
  func isTheSumOfTheProducts(equation: String) throws {
    let sides = equation.split(separator: ">", omittingEmptySubsequences: false)
    let operands = sides[0].dropLast().split(separator: ",").map { String($0) }
    let tensors = operands.enumerated().map { number, axes in
      Algebra.random(axes.map { Self.lengths[$0] ?? 0 }, seed: UInt64(number))
    }
    let expected = written(operands, String(sides[1]), tensors)
    expectClose(Tensor.einsum(equation, of: tensors), expected)
    expectClose(Tensor.einsum(equation, of: try tensors.map(Algebra.onCard)), expected)
  }

  @Test
  func axesMayBeWordsAndUnnamedOnesAreCountedFromTheLast() {
    let (pattern, value) = (Algebra.random([3, 4, 5]), Algebra.random([5, 3, 2]))
    let z = Tensor.einsum("head query key, key head width -> query head width", pattern, value)
    expectClose(z, written(["hqk", "khw"], "qhw", [pattern, value]))
    let (batch, matrix) = (Algebra.random([2, 3, 4, 5]), Algebra.random([3, 5, 2]))
    expectClose(Tensor.einsum("...ij,...jk->...ik", batch, matrix), batch.multiplied(by: matrix))
    expectClose(Tensor.einsum("... i -> i ...", batch), batch.movingAxis(-1, to: 0))
    expectClose(Tensor.einsum("... position width, width -> ... position", batch, Tensor.ones(5)), batch.sum(axis: -1))
    #expect(Tensor.einsum("pos, pos ->", Tensor([1, 2]), Tensor([3, 4])).scalar == 11)
  }

  @Test
  func withoutAnArrowAxesNamedOnceAreLeftByAlphabet() {
    let (a, b) = (Algebra.random([3, 4]), Algebra.random([4, 5]))
    expectClose(Tensor.einsum("ij,jk", a, b), a.multiplied(by: b))
    expectClose(Tensor.einsum("ba", a), a.transposed())
    #expect(Tensor.einsum("ii", Tensor.identity(4)).scalar == 4)
  }

  @Test
  func anAxisOfLengthOneCountsForEveryIndex() {
    let (a, b) = (Algebra.random([3, 1]), Algebra.random([4, 5]))
    expectClose(Tensor.einsum("ij,jk->ik", a, b), a.outer(b))
  }

  @Test
  func anEquationThatDoesNotFitStopsAndNamesAxesAndShapes() async {
    expectStop(
      "In \"ij,jk->ik\", the axis j is 3 long in a tensor of shape [2, 3] and 4 in one of shape [4, 5].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("ij,jk->ik", .ones(2, 3), .ones(4, 5))
      })
    expectStop(
      "names the axes of 2 tensors, and 1 were given.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.einsum("ij,jk->ik", .ones(2, 3))
      })
    expectStop(
      "keeps an axis z that no tensor has; there are [\"i\", \"j\"].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.einsum("ij->z", .ones(2, 3)) })
    expectStop(
      "of a tensor of shape [2, 3].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.einsum("ijk->i", .ones(2, 3)) })
  }
}

extension Tensor {
  /// Of `[i, 1]` and `[j, k]`: what the product of `[i, j]`, all alike, gives.
  fileprivate func outer(_ other: Tensor) -> Tensor { self * other.sum(axis: 0, keepingAxis: true) }
}
