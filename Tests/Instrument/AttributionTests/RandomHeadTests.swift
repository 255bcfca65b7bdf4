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
    #expect(sets.count == 3, "one of three in layer 0, and the two others of layer 2: no set comes twice")
    for set in sets {
      #expect(set.map(\.layer) == [0, 2, 2])
      #expect(Set(set).count == 3)
      #expect(Set(set).isDisjoint(with: try ["L0H1", "L2H0", "L2H3"].map { try HeadReference($0) }))
    }
    #expect(Set(sets).count == 3)
    #expect(try model.randomHeads(matching: ["L0H1", "L2H0", "L2H3"]) == sets)
  }

  @Test
  func asManySetsAsAreAskedForAreDrawnAndNoneTwice() throws {
    let model = try ModelVariant.families[0].random(seed: 2, layers: 6).model()
    for draws in [5, 20, 26, 27] {
      let sets = try model.randomHeads(matching: ["L0H1", "L2H0", "L5H3"], draws: draws)
      #expect(sets.count == draws && Set(sets).count == draws, "of 27")
    }
    #expect(try model.randomHeads(matching: ["L0H1", "L2H0", "L5H3"], draws: 28).count == 27)
    // Of 729 sets those that are drawn are not listed first.
    let many = try model.randomHeads(matching: (0..<6).map { HeadReference(layer: $0, head: 0) }, draws: 40)
    #expect(Set(many).count == 40)
    #expect(many.allSatisfy { $0.map(\.layer) == Array(0..<6) })
  }

  @Test
  func whereALayerHasTooFewOthersTheyComeFromAll() throws {
    let model = try ModelVariant.families[0].random(seed: 2).model()
    for set in try model.randomHeads(matching: ["L0H0", "L0H1", "L0H2"], draws: 50) {
      #expect(set.count == 3)
      #expect(set.contains(HeadReference(layer: 0, head: 3)))
      #expect(set.count { $0.layer == 1 } == 2)
    }
    #expect(try model.randomHeads(matching: ["L0H0", "L0H1", "L0H2"], draws: 50).count == 6, "two of the four of layer 1")
    // Four heads are left over, which are one set of four.
    #expect(try model.randomHeads(matching: ["L0H0", "L0H1", "L0H2", "L1H0"], draws: 50).count == 1)
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
