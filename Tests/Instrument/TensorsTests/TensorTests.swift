import Tensors
import Testing

@Suite struct TensorTests {
  /// 0, 1, 2, … in a shape.
  private func counting(_ shape: [Int]) -> Tensor { Tensor((0..<shape.reduce(1, *)).map(Float.init), shape: shape) }

  @Test
  func elementsLieRowByRow() {
    let tensor = counting([2, 3, 4])
    #expect(tensor.shape == [2, 3, 4] && tensor.rank == 3 && tensor.count == 24)
    #expect(tensor[1, 2, 3] == 23 && tensor[1, 0, 2] == 14)
    #expect(Tensor(rows: [[1, 2], [3, 4]]).rows == [[1, 2], [3, 4]])
  }

  @Test
  func aCopyASliceAndAReshapeAreValuesOfTheirOwn() {
    var tensor = counting([3, 2])
    let (copy, slice, reshaped) = (tensor, tensor[1...], tensor.reshaped([6]))
    tensor[1, 0] = -5
    #expect(tensor[1, 0] == -5 && copy[1, 0] == 2 && slice[0, 0] == 2 && reshaped[2] == 2)
    var part = copy[1..<2]
    part[0, 1] = 9
    #expect(part.elements == [2, 9] && copy.elements == [0, 1, 2, 3, 4, 5])
  }

  @Test(arguments: [0, 1, 2])
  func partsAlongAnyAxis(axis: Int) {
    let tensor = counting([2, 3, 4])
    for index in 0..<tensor.shape[axis] {
      let part = tensor.select(index, axis: axis)
      for i in 0..<part.shape[0] {
        for j in 0..<part.shape[1] {
          var full = [i, j]
          full.insert(index, at: axis)
          #expect(part[i, j] == tensor[full[0], full[1], full[2]])
        }
      }
    }
  }

  @Test
  func rangesOfTheFirstAxis() {
    let tensor = counting([4, 2])
    #expect(tensor[1..<3].elements == [2, 3, 4, 5] && tensor[2...].shape == [2, 2] && tensor[..<1].elements == [0, 1])
    #expect(tensor[4...].count == 0 && tensor[1...][1...].elements == [4, 5, 6, 7])
  }

  @Test
  func anOpenAxisTakesWhatIsLeft() {
    #expect(counting([4, 6]).reshaped([2, -1, 3]).shape == [2, 4, 3])
    #expect(counting([0, 6]).reshaped([-1, 6]).shape == [0, 6])
    #expect(counting([2, 3]).transposed().elements == [0, 3, 1, 4, 2, 5])
  }

  @Test
  func sumsMeansAndLargestNumbersOfAllAndAlongAnAxis() {
    let tensor = counting([2, 3])
    #expect(tensor.sum() == 15 && tensor.mean() == 2.5 && tensor.max() == 5 && tensor.min() == 0 && tensor.argmax() == 5)
    #expect(tensor.sum(axis: 0).elements == [3, 5, 7] && tensor.sum(axis: 1).elements == [3, 12])
    #expect(tensor.mean(axis: 1).elements == [1, 4] && tensor.max(axis: 0).elements == [3, 4, 5])
    #expect(Tensor([3, 7, 7]).argmax() == 1)
  }

  @Test
  func manySmallNumbersAreSummedWithoutLosingThem() {
    #expect(Tensor(repeating: 0.1, shape: [10_000_000]).mean() == 0.1)
  }

  @Test
  func tensorsAreStackedAndAveragedElementByElement() {
    let (a, b) = (Tensor([1, 2]), Tensor([3, 6]))
    #expect(Tensor.stack([a, b]).shape == [2, 2])
    #expect(Tensor.mean(of: [a, b]).elements == [2, 4] && [a, b].mean().elements == [2, 4])
    #expect(Tensor.stack([]).count == 0)
  }

  @Test
  func arithmeticIsElementByElement() {
    let (a, b) = (Tensor([1, -2]), Tensor([3, 4]))
    #expect(
      (a + b).elements == [4, 2] && (a - b).elements == [-2, -6] && (a * b).elements == [3, -8] && (b / 2).elements == [1.5, 2])
    #expect((-a).elements == [-1, 2] && (2 * a).elements == [2, -4] && a.magnitude().elements == [1, 2])
  }

  @Test
  func aTensorReadsWell() {
    #expect(
      "\(Tensor(rows: [[0.5, -1.25, 3], [0, 1_234_567, 0.000123456]]))"
        == "Tensor [2, 3]\n[[0.5, -1.25, 3.0],\n [0.0, 1234567.0, 0.0001235]]")
    #expect("\(Tensor([1, .nan, -.infinity]))" == "Tensor [3]\n[1.0, nan, -inf]")
    #expect("\(counting([20]))" == "Tensor [20]\n[0.0, 1.0, 2.0, 3.0, …, 16.0, 17.0, 18.0, 19.0]")
    #expect("\(Tensor([2.5], shape: []))" == "2.5")
  }

  @Test
  func whatDoesNotFitStopsWithAMessage() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3]).reshaped([2, 2])
    }
    let words = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
    #expect(words.contains("Fatal error: A tensor of shape [3] (3 numbers) cannot be reshaped to [2, 2]."), "\(words)")
    await #expect(processExitsWith: .failure) { _ = Tensor(rows: [[1, 2]])[0, 2] }
    await #expect(processExitsWith: .failure) { _ = Tensor(rows: [[1, 2]])[0] }
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2]) + Tensor([1, 2, 3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor(rows: [[1, 2]]).multiplied(by: Tensor(rows: [[1, 2]])) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2])[1..<3] }
  }
}
