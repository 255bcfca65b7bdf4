import Tensors
import TestSupport
import Testing

@Suite struct SortingTests {
  /// Few different numbers, so that there are ties.
  private func numbers(_ shape: [Int]) -> Tensor {
    var generator = SeededGenerator(seed: 5)
    return Tensor((0..<shape.reduce(1, *)).map { _ in Float(generator.below(40)) }, shape: shape)
  }

  @Test(arguments: 0..<3, [0, 1, 3, 7])
  func theTopAreThoseOfAllSorted(axis: Int, k: Int) {
    let tensor = numbers([7, 8, 9])
    let (values, indices) = tensor.topK(k, axis: axis - 3)
    var shape = tensor.shape
    shape[axis] = k
    #expect(values.shape == shape && indices.shape == shape)
    let places = Algebra.indices(shape)
    for (place, index) in places.enumerated() {
      let line = Algebra.line(tensor, axis, Algebra.without(axis, index))
      let order = line.indices.sorted { (-line[$0], $0) < (-line[$1], $1) }
      #expect(indices[place] == order[index[axis]])
      #expect(Double(values.elements[place]) == line[order[index[axis]]])
    }
    #expect(tensor.taking(indices, axis: axis) == values)
  }

  @Test
  func manyOfALongLineAreFoundAsFewAre() {
    let tensor = Algebra.random([2, 5000])
    let (all, order) = tensor.sorted(descending: true)
    for k in [1, 10, 128, 129, 4000] {
      let (values, indices) = tensor.topK(k)
      #expect(values == all.slice(..<k, axis: 1) && indices.rows == order.rows.map { Array($0.prefix(k)) })
    }
    #expect(tensor.sorted().values.slice(..<3, axis: 1) == tensor.topK(3, largest: false).values)
    #expect(
      tensor.argmax(axis: 1).elements == order.rows.map { $0[0] }
        && tensor.argmin(axis: -1).elements == order.rows.map { $0[4999] })
  }

  @Test
  func aNaNComesFirstSoThatItIsSeen() {
    let tensor = Tensor([1, .nan, 3, .nan])
    #expect(tensor.topK(3).indices.elements == [1, 3, 2] && tensor.topK(1, largest: false).indices.scalar == 1)
    #expect(tensor.argmax(axis: 0).scalar == 1 && tensor.sorted().indices.elements == [1, 3, 0, 2])
  }

  @Test
  func moreThanThereAreStops() async {
    expectStop(
      "A tensor of shape [2, 3] has no 4 numbers along axis 1, but 3.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Tensor.ones(2, 3).topK(4) })
  }

  @Test
  func indicesReadAsAShape() {
    let indices = Tensor(rows: [[1, 3, 2], [9, 7, 8]]).topK(2).indices
    #expect(indices[1, 0] == 0 && indices[1, 1] == 2 && Array(indices) == [1, 2, 0, 2] && indices.rows == [[1, 2], [0, 2]])
    #expect("\(indices)" == "Indices [2, 2]\n[[1, 2],\n [0, 2]]")
  }

  @Test
  func masksCompareNumberByNumber() {
    let (a, b) = (Tensor([1, 2, 3, .nan]), Tensor([2, 2, 2, 2]))
    #expect((a .> b).elements == [0, 0, 1, 0] && (a .>= b).elements == [0, 1, 1, 0] && (a .< 2).elements == [1, 0, 0, 0])
    #expect((a .<= 2).elements == [1, 1, 0, 0] && (a .== b).elements == [0, 1, 0, 0] && (a .!= 2).elements == [1, 0, 1, 1])
    #expect(((a .> 1) .& (a .< 3)).elements == [0, 1, 0, 0] && ((a .< 2) .| (a .> 2)).elements == [1, 0, 1, 0])
    #expect((.!(a .> 1)).elements == [1, 0, 0, 1] && a.isNaN.elements == [0, 0, 0, 1])
    #expect((Tensor(rows: [[1], [2]]) .== Tensor([1, 2])).rows == [[1, 0], [0, 1]])
    #expect(Tensor(rows: [[0, 1], [1, 0]]).nonzero() == [[0, 1], [1, 0]])
  }

  @Test
  func aMaskChoosesAndLetsNothingElseThrough() {
    let numbers = Tensor([1, .nan, 3])
    #expect(
      numbers.isNaN.where(0, numbers).elements == [1, 0, 3]
        && numbers.filled(where: numbers.isNaN, with: -1).elements == [1, -1, 3])
    #expect((numbers .> 1).where(numbers, 0).elements == [0, 0, 3] && (numbers .> 1).where(5, 6).elements == [6, 6, 5])
    #expect(Tensor([1, 0]).where(Tensor(rows: [[1], [2]]), Tensor([8, 9])).rows == [[1, 9], [2, 9]])
  }

  @Test
  func functionsAreThoseOfEachNumber() {
    let x = Tensor([-1, 0, 2, .nan])
    #expect(Array(x.relu().elements[..<3]) == [0, 0, 2] && x.relu()[3].isNaN && Array(x.sign().elements[..<3]) == [-1, 0, 1])
    #expect(
      Array(x.clamped(to: -0.5...1).elements[..<3]) == [-0.5, 0, 1] && x.squared()[0] == 1 && Tensor([4]).squareRoot().scalar == 2
    )
    #expect(abs(x.exp()[2] - 7.389056) < 1e-5 && x.sigmoid()[1] == 0.5 && abs(x.tanh()[2] - 0.9640276) < 1e-6)
    #expect(Tensor([1]).log().scalar == 0 && Tensor([2]).power(3).scalar == 8)
    #expect(Tensor([1, 2]).isClose(to: Tensor([1.000001, 2])) && !Tensor([.nan]).isClose(to: Tensor([.nan])))
  }
}
