import Tensors
import Testing

@Suite struct AxesTests {
  private let tensor = Algebra.random([2, 3, 4, 5])

  @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 2, 3], [-1, 0, 1, 2], [0, 2, 1, 3], [2, 3, 0, 1]])
  func permutedAxesHoldTheSameNumbers(axes: [Int]) throws {
    let result = tensor.permuted(axes)
    let order = axes.map { $0 < 0 ? $0 + 4 : $0 }
    #expect(
      result
        == Algebra.each(order.map { tensor.shape[$0] }) { index in
          var own = [0, 0, 0, 0]
          for (place, axis) in order.enumerated() { own[axis] = index[place] }
          return Algebra.number(tensor, own)
        })
    #expect(try Algebra.onCard(tensor).permuted(axes) == result)
  }

  @Test
  func moreAxesThanABackendCopiesAreMovedToo() {
    let tensor = Algebra.random([2, 2, 3, 2, 3, 2])
    #expect(
      tensor.permuted([5, 3, 1, 0, 2, 4])
        == Algebra.each([2, 2, 2, 2, 3, 3]) { i in Algebra.number(tensor, [i[3], i[2], i[4], i[1], i[5], i[0]]) })
  }

  @Test
  func axesCountFromTheLastToo() {
    #expect(tensor.select(1, axis: -1) == tensor.select(1, axis: 3) && tensor.select(1, axis: -4) == tensor.select(1))
    #expect(tensor.sum(axis: -2) == tensor.sum(axis: 2) && tensor.mean(axis: -1) == tensor.mean(axis: 3))
    #expect(tensor.max(axis: -3) == tensor.max(axis: 1))
    #expect(tensor.transposed(-2, -1) == tensor.permuted([0, 1, 3, 2]))
    #expect(tensor.movingAxis(0, to: -1).shape == [3, 4, 5, 2] && tensor.movingAxis(-1, to: 0).shape == [5, 2, 3, 4])
    #expect(tensor.expanded(axis: -1).shape == [2, 3, 4, 5, 1] && tensor.expanded(axis: 0).shape == [1, 2, 3, 4, 5])
    #expect(tensor.expanded(axis: 1).squeezed(axis: 1) == tensor && Tensor.ones(1, 3, 1).squeezed().shape == [3])
    #expect(Tensor.stack([Tensor([1, 2]), Tensor([3, 4])], axis: -1).rows == [[1, 3], [2, 4]])
  }

  @Test(arguments: 0..<4)
  func partsAreTakenAndPutTogetherAlongAnyAxis(axis: Int) throws {
    let (first, rest) = (tensor.slice(..<1, axis: axis), tensor.slice(1..., axis: axis - 4))
    #expect(rest.shape[axis] == tensor.shape[axis] - 1)
    #expect(Tensor.concatenate([first, rest], axis: axis) == tensor)
    #expect(tensor.gathered(0..<tensor.shape[axis], axis: axis) == tensor)
    let twice = tensor.gathered([1, 0, 1], axis: axis)
    for (place, index) in [1, 0, 1].enumerated() {
      #expect(twice.select(place, axis: axis) == tensor.select(index, axis: axis))
    }
    #expect(try Algebra.onCard(tensor).gathered([1, 0, 1], axis: axis) == twice)
    #expect(try Tensor.concatenate([first, Algebra.onCard(rest)], axis: axis) == tensor)
  }

  @Test
  func diagonalsAndTriangles() {
    let matrix = Tensor(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(matrix.diagonal().elements == [1, 5] && matrix.transposed().diagonal().elements == [1, 5])
    #expect(matrix.lowerTriangle().rows == [[1, 0, 0], [4, 5, 0]] && matrix.upperTriangle().rows == [[1, 2, 3], [0, 5, 6]])
    #expect(
      matrix.upperTriangle(diagonal: 1).rows == [[0, 2, 3], [0, 0, 6]]
        && matrix.lowerTriangle(diagonal: 1).rows == [[1, 2, 0], [4, 5, 6]])
    #expect(Tensor.identity(3).trace() == 3)
  }

  @Test
  func whatIsCreatedHoldsWhatItSays() {
    #expect(Tensor.zeros(2, 3) == Tensor(repeating: 0, shape: [2, 3]) && Tensor.ones([2]) == Tensor([1, 1]))
    #expect(
      Tensor.counting(2..<5).elements == [2, 3, 4] && Tensor.linearSpace(from: 0, to: 1, count: 3).elements == [0, 0.5, 1])
    #expect(Tensor.oneHot([2, 0], classes: 3).rows == [[0, 0, 1], [1, 0, 0]])
    let numbers = Algebra.random([100_001])
    #expect(abs(numbers.mean()) < 0.02 && abs(numbers.std() - 1) < 0.02)
    #expect(numbers == Algebra.random([100_001]) && numbers != Algebra.random([100_001], seed: 2))
    #expect(Tensor.zeros().scalar == 0)
  }

  @Test
  func anAxisThatThereIsNotStops() async {
    expectStop(
      "A tensor of shape [2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1 from the last.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.ones(2, 3).sum(axis: 2) })
    expectStop(
      "has no axis -3",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.ones(2, 3).softmax(axis: -3) })
    expectStop(
      "[0, 0] does not name each axis of a tensor of shape [2, 3] once.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.ones(2, 3).permuted([0, 0]) })
    expectStop(
      "Tensors of shapes [[2, 3], [2, 4]] cannot be put one behind the other along axis 0",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.concatenate([.ones(2, 3), .ones(2, 4)])
      })
    expectStop(
      "The index 3 lies outside of axis 1 of a tensor of shape [2, 3].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.ones(2, 3).gathered([0, 3], axis: -1)
      })
  }
}
