import ModelFixture
import Probing
import Statistics
import Tensors
import Testing
import Transformer

@Suite
struct ControlTests {
  @Test(arguments: ModelVariant.families + ModelVariant.combinations)
  func aSelfSwapChangesNoLogit(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 2).model()
    let change = try model.selfSwap(
      [3, 5, 8, 1, 9], at: [.residualPre(layer: 0), .z(layer: 1), .mlpOutput(layer: 0), .pattern(layer: 1), .query(layer: 0)])
    #expect(change == 0)
    #expect(try model.selfSwap([3, 5, 8], at: [.z(layer: 0), .pattern(layer: 0)], head: 3) == 0)
  }

  @Test
  func aSelfSwapOfNothingIsRefused() throws {
    let model = try ModelVariant.families[0].random(seed: 2).model()
    #expect(throws: ProbingError.noExamples(of: "hook points")) { try model.selfSwap([1, 2], at: []) }
  }

  @Test(arguments: 2..<12)
  func noElementOfADerangementKeepsItsPlace(_ count: Int) throws {
    let order = try Array(0..<count).deranged(seed: UInt64(count))
    #expect(order.sorted() == Array(0..<count))
    #expect(order.enumerated().allSatisfy { $0.offset != $0.element })
    #expect(try Array(0..<count).deranged(seed: UInt64(count)) == order)
  }

  @Test
  func oneElementAloneHasNoDerangementAndNoneHasItself() throws {
    #expect(throws: ProbingError.self) { try [1].deranged() }
    #expect(try [Int]().deranged().isEmpty)
  }

  @Test
  func numbersOverExamplesBecomeAMap() throws {
    let values = Tensor((0..<12).map(Float.init), shape: [3, 2, 2])
    let map = try EvidenceMap("Effects", values: values, names: ["a", "b", "c"])
    #expect(map.cells[1][0]?.values == [2, 6, 10])
    #expect(map.cells[1][0]?.strongest(1).first?.name == "c")
    #expect(throws: ProbingError.self) { try EvidenceMap("Effects", values: Tensor([1, 2])) }
    #expect(throws: StatisticsError.self) { try EvidenceMap("Effects", values: Tensor([1, .nan], shape: [1, 1, 2])) }
  }
}
