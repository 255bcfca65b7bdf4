import Foundation
import Tensors
import Testing

@Suite struct ReductionTests {
  private let tensor = Algebra.random([3, 4, 5])

  @Test(arguments: 0..<3)
  func alongAnAxisTheyAreThoseOfItsNumbersInDouble(axis: Int) {
    let reduced = { (reduce: ([Double]) -> Double) in Algebra.reduced(tensor, axis, reduce) }
    let variance = { (correction: Double) in
      { (line: [Double]) in
        let mean = line.reduce(0, +) / Double(line.count)
        return line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (Double(line.count) - correction)
      }
    }
    expectClose(tensor.variance(axis: axis), reduced(variance(1)))
    expectClose(tensor.variance(axis: axis, correction: 0), reduced(variance(0)))
    expectClose(tensor.std(axis: axis - 3), reduced { variance(1)($0).squareRoot() })
    expectClose(tensor.norm(axis: axis), reduced { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() })
    expectClose(tensor.norm(axis: axis, order: 1), reduced { $0.reduce(0) { $0 + abs($1) } })
    expectClose(tensor.norm(axis: axis, order: .infinity), reduced { $0.reduce(0) { max($0, abs($1)) } })
    expectClose(tensor.norm(axis: axis, order: 3), reduced { pow($0.reduce(0) { $0 + pow(abs($1), 3) }, 1.0 / 3) })
    expectClose(tensor.min(axis: axis), reduced { $0.min() ?? 0 })
    expectClose(tensor.logSumExp(axis: axis), reduced { log($0.reduce(0) { $0 + exp($1) }) })
    #expect(
      tensor.argmax(axis: axis).elements
        == Algebra.indices(Algebra.without(axis, tensor.shape)).map { index in
          let line = Algebra.line(tensor, axis, index)
          return line.firstIndex(of: line.max() ?? 0) ?? -1
        })
    expectClose(
      tensor.cumulativeSum(axis: axis),
      Algebra.each(tensor.shape) { index in
        Algebra.line(tensor, axis, Algebra.without(axis, index))[...index[axis]].reduce(0, +)
      })
  }

  @Test(arguments: 0..<3)
  func softmaxGivesProbabilitiesAlongAnyAxis(axis: Int) throws {
    let sums = Algebra.reduced(tensor, axis) { $0.reduce(0) { $0 + exp($1) } }
    let expected = Algebra.each(tensor.shape) { index in
      exp(Algebra.number(tensor, index)) / Algebra.number(sums, Algebra.without(axis, index))
    }
    expectClose(tensor.softmax(axis: axis), expected)
    expectClose(tensor.logSoftmax(axis: axis - 3), expected.log())
    expectClose(try Algebra.onCard(tensor).softmax(axis: axis), expected)
    expectClose(try Algebra.onCard(tensor).logSoftmax(axis: axis), expected.log())
  }

  @Test
  func softmaxAndItsLogarithmHoldWhereExponentialsOverflowOrAMaskCutsOff() {
    let logits = Tensor([1000, 999, -.infinity])
    expectClose(logits.softmax(), Tensor([0.7310586, 0.2689414, 0]))
    #expect(logits.logSoftmax()[2] == -.infinity && abs(logits.logSoftmax()[0] + 0.3132617) < 1e-6)
    // Where a probability is nearly 1, its logarithm is what is left to 1.
    #expect(abs(Tensor([20, 0]).logSoftmax()[0] / -2.0611537e-9 - 1) < 1e-5)
    #expect(Tensor([-.infinity, -.infinity]).softmax()[0].isNaN)
  }

  @Test
  func anAxisThatIsKeptBroadcasts() {
    let centered = tensor - tensor.mean(axis: 1, keepingAxis: true)
    expectClose(centered.sum(axis: 1), .zeros(3, 5))
    #expect(
      tensor.norm(axis: -1, keepingAxis: true).shape == [3, 4, 1] && tensor.max(axis: 0, keepingAxis: true).shape == [1, 4, 5])
    expectClose(tensor.normalized().norm(axis: -1), .ones(3, 4))
    expectClose(tensor.sum(axes: [0, -1]), tensor.sum(axis: 2).sum(axis: 0))
    #expect(tensor.sum(axes: [2, 0], keepingAxes: true).shape == [1, 4, 1])
  }

  @Test
  func ofAllNumbers() {
    let numbers = Tensor([1, 2, 3, 4])
    #expect(numbers.variance(correction: 0) == 1.25 && abs(numbers.std() - 1.2909944) < 1e-6 && Tensor([3, 4]).norm() == 5)
    #expect(numbers.dot(numbers) == 30 && Tensor([1, 2]).outer(Tensor([3, 4, 5])).rows == [[3, 4, 5], [6, 8, 10]])
    #expect(Tensor([1]).std().isNaN && Tensor([1]).variance(correction: 0) == 0)
  }

  @Test
  func cosinesAreThoseOfTheVectorsAlongAnAxis() {
    let (a, b) = (Algebra.random([4, 6], seed: 3), Algebra.random([6], seed: 4))
    expectClose(
      a.cosine(with: b),
      Algebra.each([4]) { index in
        let pairs = (0..<6).map { (Algebra.number(a, index + [$0]), Algebra.number(b, [$0])) }
        let (product, left, right) = pairs.reduce((0.0, 0.0, 0.0)) {
          ($0.0 + $1.0 * $1.1, $0.1 + $1.0 * $1.0, $0.2 + $1.1 * $1.1)
        }
        return product / (left * right).squareRoot()
      })
    #expect(a.cosine(with: a, axis: 0).isClose(to: .ones(6)) && Tensor([1, 0]).cosine(with: Tensor([-2, 0])).scalar == -1)
  }

  @Test
  func aVectorOfZerosHasCosine0AndStaysAsItIsWhenNormalized() {
    #expect(Tensor([0, 0]).cosine(with: Tensor([1, 0])).scalar == 0)
    #expect(Tensor([1, 0]).cosine(with: Tensor([0, 0])).scalar == 0)
    #expect(Tensor([0, 0]).cosine(with: Tensor([.nan, 0])).scalar.isNaN)
    #expect(Tensor(rows: [[0, 0], [3, 4]]).normalized().rows == [[0, 0], [0.6, 0.8]])
    #expect(Tensor([.nan, 1]).normalized()[1].isNaN)
  }

  @Test
  func theLargestAndTheSmallestNumberAreNaNWhereOneIs() throws {
    let tensor = Tensor(rows: [[1, .nan, 3], [4, 5, -.infinity], [.nan, .nan, .nan], [.infinity, 0, -.infinity]])
    func text(_ tensor: Tensor) -> String { "\(tensor.elements)" }
    #expect(tensor.max().isNaN && tensor.min().isNaN)
    #expect(Tensor([.nan, 1]).max().isNaN && Tensor([1, .nan]).min().isNaN)
    #expect(text(tensor.max(axis: 1)) == "[nan, 5.0, nan, inf]")
    #expect(text(tensor.min(axis: 1)) == "[nan, -inf, nan, -inf]")
    #expect(text(tensor.max(axis: 0)) == "[nan, nan, nan]")
    let card = try Algebra.onCard(tensor)
    #expect(text(card.max(axis: 1)) == "[nan, 5.0, nan, inf]")
    #expect(card.max(axis: 1, keepingAxis: true).shape == [4, 1])
    #expect(text(card.min(axis: 1)) == "[nan, -inf, nan, -inf]")
    #expect(card.max().isNaN)
    #expect(text(try Algebra.onCard(Tensor(rows: [[1, 2], [4, 3]])).max(axis: 1)) == "[2.0, 4.0]")
  }

  @Test
  func theLogarithmOfASumOfExponentialsHoldsWhereNumbersAreInfinite() throws {
    let tensor = Tensor(rows: [[-.infinity, -.infinity], [.infinity, 0], [.nan, .infinity], [0, -.infinity]])
    for tensor in [tensor, try Algebra.onCard(tensor)] {
      #expect("\(tensor.logSumExp(axis: 1).elements)" == "[-inf, inf, nan, 0.0]")
      #expect(tensor.logSoftmax()[0, 0].isNaN && tensor.logSoftmax()[1, 0].isNaN && tensor.logSoftmax()[1, 1].isNaN)
    }
    #expect(tensor.logSumExp(axis: 0)[0].isNaN && tensor.logSumExp(axis: 0)[1] == .infinity)
  }

  @Test
  func whatIsNotThereStopsWithAMessage() async {
    let largest = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(2, 0).max(axis: 1)
    }
    let largestWords = String(decoding: largest?.standardErrorContent ?? [], as: UTF8.self)
    #expect(largestWords.contains("A tensor of shape [2, 0] has no largest number along axis 1."))
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros(2, 0).min(axis: -1) }
    let place = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = IndexTensor([1, 2, 3, 4], shape: [2, 2])[5]
    }
    let placeWords = String(decoding: place?.standardErrorContent ?? [], as: UTF8.self)
    #expect(placeWords.contains("The place [5] lies outside of indices of shape [2, 2], of which there are 4."))
  }

  @Test
  func nothingAlongAnAxisGivesNothingOrNaN() {
    let empty = Tensor.zeros(2, 0)
    #expect(empty.sum(axis: 1).elements == [0, 0] && empty.std(axis: 1).elements.allSatisfy(\.isNaN))
    #expect(empty.norm(axis: 1).elements == [0, 0] && empty.softmax().shape == [2, 0] && empty.norm(axis: 0).shape == [0])
  }
}
