import Attribution
import Checkpoints
import Tensors
import Testing
import Transformer

@Suite struct SteeringVectorTests {
  static let (from, to) = ([[2, 5, 9, 31], [2, 7, 30]], [[2, 17, 8, 12, 25], [2, 9, 9], [2, 39, 1]])

  @Test(arguments: [HookPoint.residualPost(layer: 0), .z(layer: 1)])
  func itIsTheDifferenceOfMeansAtTheLastPositionsAndItsNormIsStated(point: HookPoint) throws {
    let model = try AblationTests.model()
    func mean(_ prompts: [[Int]]) throws -> [Float] {
      let rows = try prompts.map { try model.run($0, capturing: [point]).cache[point].select($0.count - 1).elements }
      return rows[0].indices.map { i in rows.reduce(0) { $0 + $1[i] } / Float(rows.count) }
    }
    let steering = try model.steeringVector(from: Self.from, to: Self.to, at: point)
    let expected = zip(try mean(Self.to), try mean(Self.from)).map { $0 - $1 }
    for (a, b) in zip(steering.vector.elements, expected) { #expect(abs(a - b) < 1e-5) }
    #expect(abs(steering.norm - expected.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-4)
    #expect(steering.description.contains("norm \(steering.norm)"))
    // It is added at every row.
    let plain = try model.run(Self.to[0], capturing: [point]).cache[point]
    let steered = try model.run(Self.to[0], capturing: [point], hooks: [steering.add(times: 2, positions: 1..<3)]).cache[point]
    #expect(steered.select(0) == plain.select(0))
    let change = (steered.select(2) - plain.select(2)).elements
    for (a, b) in zip(change, steering.vector.elements) { #expect(abs(a - 2 * b) < 1e-4) }
  }

  @Test
  func aRandomVectorOfTheSameLengthIsAnother() throws {
    let steering = try AblationTests.model().steeringVector(from: Self.from, to: Self.to, at: .residualPost(layer: 0))
    let other = steering.random(seed: 3)
    #expect(abs((other.vector * other.vector).sum().squareRoot() - steering.norm) < 1e-4)
    #expect(other.vector != steering.vector)
    #expect(steering.random(seed: 3).vector == other.vector)
  }

  @Test
  func whatGivesNoDirectionIsAnError() throws {
    let model = try AblationTests.model()
    #expect(throws: ModelError.self) { try model.steeringVector(from: [[Int]](), to: Self.to, at: .residualPost(layer: 0)) }
    #expect(throws: ModelError.self) { try model.steeringVector(from: Self.to, to: Self.to, at: .residualPost(layer: 0)) }
    #expect(throws: ModelError.self) { try model.steeringVector(from: Self.from, to: Self.to, at: .pattern(layer: 0)) }
    #expect(throws: ModelError.self) {
      try model.steeringVector(from: Self.from, to: Self.to, at: .residualPost(layer: 0), positions: 9..<10)
    }
  }
}
