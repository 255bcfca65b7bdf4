import FolioKit
import Record
import Testing

@Suite struct StatisticsViewTests {
  private func map(note: String? = "Means of effects <b>.") throws -> EvidenceMap {
    let strong = try Evidence("Strong", before: [2, 3, 4, 3], after: [-1, 1, -1, 1], names: ["a < b", "c", "d", "e"])
    let weak = try Evidence("Weak", values: [0.1, -0.2, 0.05, -0.04])
    return try EvidenceMap("Heads & all", cells: [[strong, nil], [weak, strong]], note: note)
  }

  private func html(_ map: EvidenceMap) throws -> String {
    guard case .html(let html)? = map.displayed.first else { throw NotebookError("The map is no HTML.") }
    return html.source
  }

  @Test func eachMeasuredCellOfAMapIsAFoldThatHoldsItsEvidence() throws {
    let source = try html(map())
    #expect(source.components(separatedBy: "<details name=\"map-").count == 4, "three cells are measured")
    #expect(source.contains("layer 0, head 0</b>: mean −3 ["))
    #expect(source.contains("2 of 4 decisions flipped"))
    #expect(source.contains("<td>strongest</td><td>d (flipped)</td><td class=\"number\">−5.000</td>"))
    #expect(source.contains("<td></td>"), "what was not measured opens nothing")
  }

  @Test func textsOfAMapAreTextsAndItsElementsAreClosed() throws {
    let source = try html(map())
    #expect(source.contains("Heads &amp; all"))
    #expect(source.contains("a &lt; b"))
    #expect(source.contains("Means of effects &lt;b&gt;."))
    #expect(!source.contains("<script"))
    for tag in ["details", "summary", "table", "tr", "td", "th", "div", "figure", "p", "b", "style", "figcaption"] {
      let opened = source.components(separatedBy: "<\(tag)>").count + source.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened == source.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
    }
  }

  @Test func boldAreTheNumbersWhoseIntervalExcludesZero() throws {
    let source = try html(map())
    #expect(source.contains("<b>−3.00</b></summary>"))
    #expect(source.contains(">−0.02</summary>"))
  }

  @Test func mapsOfDifferentNumbersAreNotOneAccordion() throws {
    let other = try EvidenceMap("Heads & all", cells: [[Evidence("x", values: [1, 2])]])
    func name(_ map: EvidenceMap) throws -> Substring? {
      let source = try html(map)
      return source.range(of: "name=\"").map { source[$0.upperBound...].prefix { $0 != "\"" } }
    }
    #expect(try name(map()) != name(other))
    #expect(try name(map()) == name(map()))
  }

  @Test func aMapIsAlsoAHeatmapAndATable() throws {
    let map = try map()
    #expect(map.figure().plotlyJSON.contains("[-3,null]"))
    #expect(map.table().rows.count == 3)
    #expect(map.table().columns.map(\.title) == ["layer", "head", "mean", "interval", "n", "flipped"])
  }

  @Test func barsOfEstimatesHaveTheirIntervalsAsErrorBars() throws {
    let estimate = try Estimate.proportion(8, of: 10)
    let chart = BarChart(["kept": estimate])
    #expect(chart.problem == nil)
    let errors = try #require(chart.series[0].errors)
    #expect(abs(0.8 - errors.below[0] - 0.490162) < 1e-5)
    #expect(abs(0.8 + errors.above[0] - 0.943318) < 1e-5)
  }

  @Test func aComparisonShowsItsControlsAndStatesThem() throws {
    let comparison = try Comparison("Rotation", value: 0.9, controls: [0.1, 0.2, 0.4], of: "random rotations")
    let shown = comparison.displayed
    guard case .figure(let figure)? = shown.first, case .text(let note)? = shown.last else {
      throw NotebookError("The comparison is no figure with a note.")
    }
    #expect(figure.plotlyJSON.contains("controls (middle, least to most)"))
    #expect(note.contains("3 random rotations"))
  }

  @Test func evidenceIsATableOfItsStrongestAndWeakestExamples() throws {
    let table = try Evidence("Effects", before: [1, 2, 3], after: [0, -2, 2.5]).table(1)
    #expect(
      table.rows == [
        ["strongest", "#1", "-4.000", "2.000", "-2.000", "yes"], ["weakest", "#2", "-0.500", "3.000", "2.500", ""],
      ])
  }

  @Test func probesShowTheirAccuracyBesideTheirControls() throws {
    let x = Tensor(rows: (0..<40).map { [$0 % 2 == 0 ? 1 : -1, Float($0 % 7)] })
    let result = try LogisticProbe.evaluated(on: x, labels: (0..<40).map { $0 % 2 == 0 }, shuffles: 3)
    #expect(result.figure().plotlyJSON.contains("shuffled labels"))
    #expect(result.confusionTable.rows == [["false", "20", "0"], ["true", "0", "20"]])
  }
}
