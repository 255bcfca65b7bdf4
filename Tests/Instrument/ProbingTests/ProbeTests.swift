import Probing
import Randomness
import Tensors
import Testing

@Suite
struct ProbeTests {
  @Test(arguments: ScikitLearnNumbers.all)
  func twoClassesAreLearnedAsScikitLearnLearnsThem(_ numbers: ScikitLearnNumbers) throws {
    let probe = try LogisticProbe(on: numbers.activations, labels: numbers.binaryLabels, penalty: 0.5)
    #expect(probe.classes == ["false", "true"])
    let weights = probe.weights.select(1) - probe.weights.select(0)
    #expect(largestDifference(weights.elements, numbers.binary.weights) < 1e-5)
    #expect(abs(probe.biases[1] - probe.biases[0] - numbers.binary.bias) < 2e-5)
  }

  @Test(arguments: ScikitLearnNumbers.all)
  func threeClassesAreLearnedAsScikitLearnLearnsThem(_ numbers: ScikitLearnNumbers) throws {
    let probe = try LogisticProbe(on: numbers.activations, labels: numbers.threeLabels, penalty: 0.5)
    #expect(probe.classes == ["0", "1", "2"])
    #expect(largestDifference(probe.weights.elements, numbers.three.weights.flatMap { $0 }) < 2e-5)
    // A number added to all biases changes no probability.
    let mean = probe.biases.mean()
    #expect(largestDifference(probe.biases.elements.map { $0 - mean }, numbers.three.biases) < 5e-5)
  }

  @Test(arguments: ScikitLearnNumbers.all)
  func numbersAreFollowedAsScikitLearnsRidgeFollowsThem(_ numbers: ScikitLearnNumbers) throws {
    let probe = try RidgeProbe(on: numbers.activations, targets: numbers.targets, penalty: 2)
    #expect(largestDifference(probe.weights.elements, numbers.ridge.weights) < 2e-6)
    #expect(abs(probe.bias - numbers.ridge.bias) < 1e-5)
  }

  private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  /// Examples whose label is the sign along one direction, beside noise along all others.
  private func planted(_ count: Int, width: Int, noise: Float = 1) -> (x: Tensor, labels: [Bool], direction: Tensor) {
    var random = SeededGenerator(seed: 5)
    let raw = Tensor((0..<width).map { _ in Float(random.normal()) })
    let direction = raw / (raw * raw).sum().squareRoot()
    let labels = (0..<count).map { $0 % 2 == 0 }
    let rows = labels.map { label in
      zip((0..<width).map { _ in Float(random.normal()) * noise }, direction.elements).map { $0 + $1 * (label ? 4 : -4) }
    }
    return (Tensor(rows: rows), labels, direction)
  }

  @Test
  func aPlantedDirectionIsReadInHeldOutExamplesAndFound() throws {
    let (x, labels, direction) = planted(120, width: 30)
    let result = try LogisticProbe.evaluated(on: x, labels: labels)
    #expect(result.accuracy.value > 0.95)
    #expect(result.accuracy.n == 120)
    #expect(result.shuffled.rank == 1)
    #expect(result.shuffled.controls.count == 20)
    #expect(result.majority == 0.5)
    #expect((try result.probe.direction * direction).sum() > 0.9)
    #expect(result.margins.estimate.value > 0)
    #expect(result.confusion[0][0] + result.confusion[1][1] == Int((result.accuracy.value * 120).rounded()))
  }

  @Test
  func labelsThatMeanNothingAreReadNoBetterThanShuffledOnes() throws {
    var random = SeededGenerator(seed: 9)
    let x = Tensor((0..<80 * 20).map { _ in Float(random.normal()) }, shape: [80, 20])
    let result = try LogisticProbe.evaluated(on: x, labels: (0..<80).map { $0 % 2 })
    #expect(result.shuffled.rank > 1)
    #expect(result.accuracy.value < 0.7)
  }

  @Test
  func whatAGroupSharesIsNotLearnedFromTheGroupItself() throws {
    // Each group of four has a place of its own and a label that means nothing: only who has seen the group knows it.
    var random = SeededGenerator(seed: 3)
    let groups = (0..<80).map { "\($0 / 4)" }
    let places = (0..<20).map { _ in (0..<30).map { _ in Float(random.normal()) } }
    let labels = (0..<80).map { [true, false, false, true, true, false][$0 / 4 % 6] }
    let x = Tensor(rows: (0..<80).map { index in places[index / 4].map { $0 + Float(random.normal()) * 0.05 } })
    let apart = try LogisticProbe.evaluated(on: x, labels: labels, groups: groups)
    let together = try LogisticProbe.evaluated(on: x, labels: labels)
    #expect(together.accuracy.value > 0.95)
    #expect(apart.accuracy.value < 0.8)
    #expect(apart.accuracy.n == 20, "with groups, groups are what is counted")
  }

  /// Random rows with labels that mean nothing, each three times.
  private func repeated() -> (x: Tensor, labels: [Bool]) {
    var random = SeededGenerator(seed: 31)
    let rows = (0..<30).map { _ in (0..<40).map { _ in Float(random.normal()) } }
    return (Tensor(rows: rows + rows + rows), (0..<90).map { $0 % 30 % 2 == 0 })
  }

  @Test
  func equalRowsAreNeverOnBothSides() throws {
    let (x, labels) = repeated()
    let result = try LogisticProbe.evaluated(on: x, labels: labels)
    #expect(result.accuracy.value < 0.8, "who has seen a row knows its equals")
    #expect(result.accuracy.n == 30)
    #expect("\(result)".contains("30 of 90 examples are different"))
    let numbers = (0..<90).map { Double($0 % 30 * 7 % 11) }
    let ridge = try RidgeProbe.evaluated(on: x, targets: numbers)
    #expect(ridge.explained.value < 0.5)
    #expect(ridge.explained.n == 30)
    #expect(ridge.split.contains("30 of 90 examples are different"))
    #expect(throws: ProbingError.self) { try LogisticProbe.evaluated(on: x, labels: labels, split: .given(test: [0, 1])) }
    let own = try LogisticProbe.evaluated(on: x, labels: labels, groups: (0..<90).map(String.init))
    #expect(own.accuracy.value > 0.9, "groups that the author gives are as they are given")
  }

  @Test
  func tooFewExamplesForTheFoldsAreRefusedInWordsThatHelp() throws {
    let text = { (count: Int, folds: Int, groups: [String]?) in
      do throws(ProbingError) { _ = try ProbeSplit.folds(folds).parts(count: count, classes: [], groups: groups) } catch {
        return "\(error)"
      }
      return ""
    }
    #expect(text(3, 5, nil) == "5 folds need as many examples, and there are 3. Give more, or take fewer folds.")
    #expect(text(2, 5, ["a", "a"]) == "5 folds need as many groups, and there is 1. Give more.")
    #expect(text(3, 1, nil) == "1 folds hold nothing out. Take 2 or more; 5 are usual.")
    let equal = Tensor(rows: [[1, 2], [1, 2], [1, 2], [1, 2]])
    let error = #expect(throws: ProbingError.self) { try LogisticProbe.evaluated(on: equal, labels: [0, 1, 0, 1]) }
    #expect(error?.description == "5 folds need as many different examples, and there is 1. Give more.")
    let wide = #expect(throws: ProbingError.self) { try Exchange.randomSubspace(dimensions: 3, width: 1, seed: 0) }
    #expect(wide?.description.hasSuffix("Take 1.") == true)
  }

  @Test(arguments: [ProbeSplit.heldOut(0.25), .folds(4), .given(test: [0, 3])])
  func noExampleIsOnBothSides(_ split: ProbeSplit) throws {
    let parts = try split.parts(count: 24, classes: (0..<24).map { $0 < 12 ? "a" : "b" }, groups: nil)
    for part in parts {
      #expect(Set(part.train).isDisjoint(with: part.test))
      #expect(part.train.count + part.test.count == 24)
    }
  }

  @Test
  func eachClassHasItsShareInEachPart() throws {
    let classes = (0..<40).map { $0 % 4 == 0 ? "rare" : "frequent" }
    for part in try ProbeSplit.folds(5).parts(count: 40, classes: classes, groups: nil) {
      #expect(part.test.count { classes[$0] == "rare" } == 2)
    }
    let held = try ProbeSplit.heldOut(0.3).parts(count: 40, classes: classes, groups: nil)[0].test
    #expect(held.count == 12)
    #expect(held.count { classes[$0] == "rare" } == 3)
  }

  @Test
  func aPlantedNumberIsFollowedInHeldOutExamples() throws {
    let (x, _, direction) = planted(90, width: 12)
    let targets = x.multiplied(by: direction.reshaped([12, 1])).elements.map(Double.init)
    let result = try RidgeProbe.evaluated(on: x, targets: targets)
    #expect(result.explained.value > 0.99)
    #expect(result.shuffled.rank == 1)
    #expect((try result.probe.direction * direction).sum() > 0.99)
  }

  @Test
  func theProbabilitiesOfAnExampleAddUpToOne() throws {
    let numbers = ScikitLearnNumbers.all[0]
    let probe = try LogisticProbe(on: numbers.activations, labels: numbers.threeLabels)
    for row in probe.probabilities(numbers.activations).rows { #expect(abs(row.reduce(0, +) - 1) < 1e-6) }
  }

  @Test
  func aClassThatThereIsNotHasNoDirection() throws {
    let numbers = ScikitLearnNumbers.all[0]
    let probe = try LogisticProbe(on: numbers.activations, labels: numbers.threeLabels)
    #expect(throws: ProbingError.self) { try probe.direction }
    #expect("\(try #require(throws: ProbingError.self) { try probe.direction(of: 7) })".contains("“0”, “1”, “2”"))
  }

  @Test
  func wrongInputIsRefusedWithItsPlace() throws {
    let x = Tensor(rows: [[1, 2], [3, 4], [5, 6]])
    #expect(throws: ProbingError.differentCounts("rows of activations", 3, other: "labels", 2)) {
      try LogisticProbe(on: x, labels: [true, false])
    }
    #expect(throws: ProbingError.oneClass("true", part: "the examples")) { try LogisticProbe(on: x, labels: [true, true, true]) }
    #expect(throws: ProbingError.notFinite("activations", row: 1)) {
      try LogisticProbe(on: Tensor(rows: [[1, 2], [.nan, 4], [5, 6]]), labels: [true, false, true])
    }
    #expect(throws: ProbingError.self) { try LogisticProbe(on: Tensor([1, 2, 3]), labels: [true, false, true]) }
    #expect(throws: ProbingError.self) { try LogisticProbe(on: x, labels: [true, false, true], penalty: 0) }
    #expect(throws: ProbingError.self) { try RidgeProbe(on: x, targets: [1, .infinity, 2]) }
    #expect(throws: ProbingError.self) { try ProbeSplit.folds(9).parts(count: 3, classes: [], groups: nil) }
    #expect(throws: ProbingError.self) { try ProbeSplit.heldOut(1.5).parts(count: 3, classes: [], groups: nil) }
    #expect(throws: ProbingError.self) { try ProbeSplit.given(test: [7]).parts(count: 3, classes: [], groups: nil) }
    #expect(throws: ProbingError.self) {
      try ProbeSplit.given(test: [0]).parts(count: 3, classes: [], groups: ["a", "a", "b"])
    }
  }
}
