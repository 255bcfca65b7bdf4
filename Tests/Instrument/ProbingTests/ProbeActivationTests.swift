import Checkpoints
import ModelFixture
import Probing
import Tensors
import Testing
import Transformer

@Suite
struct ProbeActivationTests {
  private let prompts = [[3, 5, 8, 1], [7, 2, 9], [4, 4, 6, 11, 13]]

  @Test
  func theyAreThoseOfARunAtTheChosenPosition() throws {
    let model = try ModelVariant.families[1].random(seed: 4).model()
    let rows = try model.activations(of: prompts, at: .residualPost(layer: 1), positions: [1, 2, 0])
    for (index, position) in [1, 2, 0].enumerated() {
      let whole = try model.run(prompts[index], capturing: [.residualPost(layer: 1)]).cache[.residualPost(layer: 1)]
      #expect(largestDifference(rows.select(index), whole.select(position)) < 1e-5)
    }
  }

  @Test
  func withoutPositionsTheyAreThoseOfTheLast() throws {
    let model = try ModelVariant.families[0].random(seed: 4).model()
    let rows = try model.activations(of: prompts, at: .mlpOutput(layer: 0))
    let whole = try model.run(prompts[2], capturing: [.mlpOutput(layer: 0)]).cache[.mlpOutput(layer: 0)]
    #expect(largestDifference(rows.select(2), whole.select(4)) < 1e-5)
  }

  @Test
  func headsLieOneBehindTheOtherOrAlone() throws {
    let model = try ModelVariant.families[0].random(seed: 4).model()
    let all = try model.activations(of: prompts, at: .z(layer: 1))
    let one = try model.activations(of: prompts, at: .z(layer: 1), head: 2)
    #expect(all.shape == [3, 24])
    #expect(one.shape == [3, 6])
    #expect(Array(all.select(1).elements[12..<18]) == one.select(1).elements)
  }

  @Test
  func eachLayerIsProbedOnTheSameSplit() throws {
    let model = try ModelVariant.families[0].random(seed: 4).model()
    let prompts = (0..<24).map { [$0 % 12, 3 * $0 % 40, $0 % 2 == 0 ? 5 : 31] }
    let sweep = try model.probeSweep(of: prompts, labels: (0..<24).map { $0 % 2 }, shuffles: 5)
    #expect(sweep.layers == [0, 1])
    #expect(sweep.evaluations[0].accuracy.value > 0.9, "the last token is the label")
    #expect(
      sweep.evaluations.map { $0.margins.examples.map(\.name) }.allSatisfy {
        $0 == sweep.evaluations[0].margins.examples.map(\.name)
      })
  }

  @Test
  func whatThereIsNotIsRefused() throws {
    let model = try ModelVariant.families[0].random(seed: 4).model()
    #expect(throws: ProbingError.noExamples(of: "prompts")) { try model.activations(of: [[Int]](), at: .z(layer: 0)) }
    #expect(throws: ProbingError.self) { try model.activations(of: prompts, at: .z(layer: 0), head: 4) }
    #expect(throws: ProbingError.self) { try model.activations(of: prompts, at: .residualPre(layer: 0), head: 0) }
    #expect(throws: ProbingError.self) { try model.activations(of: prompts, at: .pattern(layer: 0)) }
    #expect(throws: ProbingError.self) { try model.activations(of: prompts, at: .z(layer: 0), positions: [0, 3, 0]) }
    #expect(throws: ProbingError.differentCounts("prompts", 3, other: "positions", 1)) {
      try model.activations(of: prompts, at: .z(layer: 0), positions: [0])
    }
    #expect(throws: ModelError.self) { try model.activations(of: prompts, at: .z(layer: 2)) }
  }
}
