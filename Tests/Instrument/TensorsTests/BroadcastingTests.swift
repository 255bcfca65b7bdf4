import Tensors
import Testing

@Suite struct BroadcastingTests {
  static let shapes: [([Int], [Int])] = [
    ([3, 4], [4]), ([4], [3, 4]), ([3, 4], [3, 1]), ([3, 1], [1, 4]), ([2, 3, 4], [3, 1]), ([2, 1, 4], [3, 1]), ([], [2, 3]),
    ([2, 3], []),
    ([1, 1], [5]), ([2, 1, 3, 1, 2], [4, 1, 5, 1]), ([2, 3], [1, 1]), ([0, 3], [3]), ([1, 3], [0, 3]),
    ([2, 1, 2, 1, 2, 1], [1, 3, 1, 3, 1, 3]),
  ]

  @Test(arguments: shapes)
  func theFourOperationsAreThoseOfTheRepeatedNumbers(left: [Int], right: [Int]) {
    let (a, b) = (Algebra.random(left, seed: 1), Algebra.random(right, seed: 2))
    let shape = Tensor.broadcastShape(left, right)
    let each = { (operation: (Double, Double) -> Double) in
      Algebra.each(shape) { operation(Algebra.number(a, $0), Algebra.number(b, $0)) }
    }
    expectClose(a + b, each(+))
    expectClose(a - b, each(-))
    expectClose(a * b, each(*))
    expectClose(a / b, each(/), 1e-4)
    expectClose(a.combined(with: b) { $0 * $0 - $1 }, each { $0 * $0 - $1 })
    expectClose(a.maximum(b), each { max($0, $1) })
    expectClose(a.broadcast(to: shape), each { a, _ in a })
  }

  @Test(arguments: shapes)
  func aCardGivesTheSameNumbers(left: [Int], right: [Int]) throws {
    let (a, b) = (Algebra.random(left, seed: 1), Algebra.random(right, seed: 2))
    let sum = try Algebra.onCard(a) - Algebra.onCard(b)
    #expect(sum == a - b && sum.device != .cpu)
    #expect(try Algebra.onCard(a) * b == a * b)
  }

  @Test
  func aNumberStandsOnEitherSide() {
    let a = Tensor([1, 2, 4])
    #expect((1 - a).elements == [0, -1, -3] && (1 + a).elements == [2, 3, 5] && (4 / a).elements == [4, 2, 1])
  }

  @Test
  func aTensorIsChangedInPlaceByWhatBroadcastsToIt() {
    var a = Tensor(rows: [[1, 2], [3, 4]])
    let copy = a
    a += Tensor([10, 20])
    a *= 2
    #expect(a.elements == [22, 44, 26, 48] && copy.elements == [1, 2, 3, 4])
    a -= 2
    a /= Tensor([[2], [4]].flatMap { $0 }, shape: [2, 1])
    #expect(a.elements == [10, 21, 6, 11.5])
  }

  @Test
  func whatDoesNotBroadcastStopsAndNamesBothShapes() async {
    expectStop(
      "Tensors of shapes [2, 3] and [3, 2] cannot be combined element by element: counted from the last, axis -2 is 2 long in one and 3 in the other.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.ones(2, 3) * Tensor.ones(3, 2)
      })
    expectStop(
      "A tensor of shape [2] cannot become one of shape [3, 2] in place.",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        var a = Tensor.ones(2)
        a += Tensor.ones(3, 2)
      })
    expectStop(
      "A tensor of shape [3] cannot be repeated to the shape [3, 2].",
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Tensor.ones(3).broadcast(to: [3, 2])
      })
  }
}
