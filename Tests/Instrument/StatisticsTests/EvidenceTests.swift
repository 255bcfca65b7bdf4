import Statistics
import Testing

@Suite
struct EvidenceTests {
  private func evidence() throws -> Evidence {
    try Evidence("A head", before: [1, 2, -1, 3], after: [-1, 1.5, -2, 3.5], names: ["a", "b", "c", "d"])
  }

  @Test
  func itsValuesAreWhatAnInterventionChanges() throws {
    let evidence = try evidence()
    #expect(evidence.values == [-2, -0.5, -1, 0.5])
    #expect(evidence.estimate.value == -0.75)
    #expect(evidence.estimate.n == 4)
  }

  @Test
  func theStrongestExamplesSayWhatTheMeanSaysAndTheWeakestTheOpposite() throws {
    let evidence = try evidence()
    #expect(evidence.strongest(2).map(\.name) == ["a", "c"])
    #expect(evidence.weakest(2).map(\.name) == ["d", "b"])
    #expect(evidence.strongest(9).count == 4)
    #expect(evidence.weakest(-1).isEmpty)
    let positive = try Evidence("Up", values: [1, 5, 3])
    #expect(positive.strongest(1).map(\.name) == ["#1"])
    #expect(positive.weakest(1).map(\.name) == ["#0"])
  }

  @Test
  func itCountsTheDecisionsThatHaveTurned() throws {
    let evidence = try evidence()
    #expect(evidence.flipped == 1)
    #expect(evidence.examples.map(\.isFlipped) == [true, false, false, false])
    #expect(evidence.flips == (try Estimate.proportion(1, of: 4)))
    #expect("\(evidence)".hasSuffix("n = 4, 1 of 4 decisions flipped"))
  }

  @Test
  func valuesWithoutAMetricHaveNoDecisions() throws {
    let evidence = try Evidence("Values", values: [1, -1])
    #expect(evidence.flipped == nil)
    #expect(evidence.flips == nil)
  }

  @Test
  func listsThatDoNotFitAreRefused() {
    #expect(throws: StatisticsError.noExamples(of: "values")) { try Evidence("None", values: []) }
    #expect(throws: StatisticsError.differentCounts("names", 1, other: "examples", 2)) {
      try Evidence("Names", values: [1, 2], names: ["a"])
    }
    #expect(throws: StatisticsError.differentCounts("numbers before", 1, other: "numbers after", 2)) {
      try Evidence("Counts", before: [1], after: [1, 2])
    }
    #expect(throws: StatisticsError.notFinite(value: "inf", index: 0, of: "numbers after")) {
      try Evidence("Infinite", before: [1], after: [.infinity])
    }
  }

  @Test
  func aMapOrdersItsCellsBySize() throws {
    let small = try Evidence("small", values: [0.1, 0.2])
    let large = try Evidence("large", values: [-4, -5])
    let map = try EvidenceMap("Heads", cells: [[small, nil], [nil, large]], note: "Means of effects.")
    #expect(map.largest().map(\.evidence.title) == ["large", "small"])
    #expect(map.largest(1).map(\.column) == ["1"])
    #expect("\(map)" == "Heads: 2 cells over 2 × 2 (layer × head)")
  }

  @Test
  func aMapThatIsNoGridIsRefused() throws {
    let evidence = try Evidence("one", values: [1])
    #expect(throws: StatisticsError.noExamples(of: "measured cells")) { try EvidenceMap("Nothing", cells: [[nil]]) }
    #expect(throws: StatisticsError.badGrid(rows: 2, rowNames: 2, columns: 1, columnNames: 2)) {
      try EvidenceMap("Ragged", cells: [[evidence, nil], [nil]])
    }
  }
}
