import Attribution
import Checkpoints
import ModelFixture
import Testing
import Transformer

@Suite
struct RandomHeadTests {
  @Test
  func randomHeadsAreAsManyOfEachLayerAndNoneOfThoseClaimed() throws {
    let model = try ModelVariant.families[0].random(seed: 2, layers: 3).model()
    let sets = try model.randomHeads(matching: ["L0H1", "L2H0", "L2H3"])
    #expect(sets.count == 20)
    for set in sets {
      #expect(set.map(\.layer) == [0, 2, 2])
      #expect(Set(set).count == 3)
      #expect(Set(set).isDisjoint(with: try ["L0H1", "L2H0", "L2H3"].map { try HeadReference($0) }))
    }
    #expect(Set(sets).count == 3, "one of three in layer 0, and the two others of layer 2")
    #expect(try model.randomHeads(matching: ["L0H1", "L2H0", "L2H3"]) == sets)
  }

  @Test
  func whereALayerHasTooFewOthersTheyComeFromAll() throws {
    let model = try ModelVariant.families[0].random(seed: 2).model()
    for set in try model.randomHeads(matching: ["L0H0", "L0H1", "L0H2"], draws: 5) {
      #expect(set.count == 3)
      #expect(set.contains(HeadReference(layer: 0, head: 3)))
      #expect(set.count { $0.layer == 1 } == 2)
    }
  }

  @Test
  func headsThatLeaveNoOthersAreRefused() throws {
    let model = try ModelVariant.families[0].random(seed: 2).model()
    #expect(throws: ModelError.self) {
      try model.randomHeads(matching: (0..<5).map { HeadReference(layer: $0 / 4, head: $0 % 4) })
    }
    #expect(throws: ModelError.self) { try model.randomHeads(matching: [String]()) }
    #expect(throws: ModelError.self) { try model.randomHeads(matching: ["L0H1", "L0H1+"]) }
    #expect(throws: AttributionError.self) { try model.randomHeads(matching: ["L9H1"]) }
  }
}
