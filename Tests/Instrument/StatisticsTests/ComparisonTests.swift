import Statistics
import Testing

@Suite
struct ComparisonTests {
  private let controls = (0..<20).map { Double($0) / 100 }

  @Test
  func aNumberAboveAllControlsHasTheSmallestP() throws {
    let comparison = try Comparison("Rotation", value: 0.9, controls: controls, of: "random rotations")
    #expect(comparison.rank == 1)
    #expect(comparison.p == 1.0 / 21)
    #expect("\(comparison)" == "Rotation: 0.9; 20 random rotations: 0.095 (0 to 0.19), rank 1 of 21, p = 0.048")
  }

  @Test
  func controlsThatReachTheNumberCountAgainstIt() throws {
    let comparison = try Comparison("Rotation", value: 0.18, controls: controls, of: "random rotations")
    #expect(comparison.rank == 3)
    #expect(comparison.p == 3.0 / 21)
  }

  @Test
  func theSideOfAFindingIsChosen() throws {
    #expect(try Comparison("Loss", value: -1, controls: controls, of: "controls", side: .smaller).rank == 1)
    #expect(try Comparison("Loss", value: -1, controls: controls, of: "controls").rank == 21)
    #expect(try Comparison("Effect", value: -1, controls: controls, of: "controls", side: .fartherFromZero).rank == 1)
  }

  @Test
  func noControlsAreRefused() {
    #expect(throws: StatisticsError.noExamples(of: "random heads")) {
      try Comparison("Head", value: 1, controls: [], of: "random heads")
    }
    #expect(throws: StatisticsError.notFinite(value: "nan", index: 0, of: "Head")) {
      try Comparison("Head", value: .nan, controls: [1], of: "random heads")
    }
  }
}

extension ComparisonTests {
  @Test
  func aComponentIsMeasuredAsItsControlsAre() throws {
    let comparison = try Comparison("Length", of: "abcd", beside: ["a", "abcde", "ab"], named: "words") { Double($0.count) }
    #expect(comparison.value == 4)
    #expect(comparison.controls == [1, 5, 2])
    #expect(comparison.rank == 2)
  }
}
