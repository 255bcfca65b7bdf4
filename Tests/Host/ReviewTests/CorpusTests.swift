import Foundation
import Record
import Review
import TestSupport
import Testing

/// Pairs of records, and what a careful reviewer wants to be told of them.
@Suite struct CorpusTests {
  private let heads: [[Double?]] = [[0.81, -0.2], [0.1, 0.4]]

  @Test func equalRecordsSayNothing() throws {
    let cells = [cell("a", .value("1"), figure(heads)), cell("b", table(["h", "v"], [["L0H0", "0.1"]]))]
    let review = try review(cells, cells)
    #expect(!review.isChanged)
    #expect(review.verdict == "No output changed; 2 cells of 1 notebook compared.")
    #expect(review.notebooks[0].cells.allSatisfy { $0.status == .same && $0.outputs.isEmpty })
  }

  @Test func noiseAloneIsWithinAndCounted() throws {
    let noisy: [[Double?]] = [[0.810_02, -0.200_01], [0.1, 0.4]]
    let review = try review([cell("a", figure(heads))], [cell("a", figure(noisy))])
    #expect(!review.isChanged)
    #expect(review.cell("a")?.status == .within)
    #expect(review.output("a")?.numbers?.within == 2)
    #expect(review.output("a")?.numbers?.changed == 0)
    #expect(review.verdict.contains("1 cell within the tolerance"))
    #expect(
      review.output("a")?.findings == [
        "2 numbers differ within the tolerance, by at most 0.005 %; most: L0H1: -0.2 -> -0.20001"
      ])
  }

  @Test func whatIsWithinSaysHowFarItWentTheFarthestFirst() throws {
    let review = try review(
      [cell("near", .value("1")), cell("far", figure(heads)), cell("same", .value("1"))],
      [cell("near", .value("1.00001")), cell("far", figure([[0.81, -0.2], [0.10002, 0.4]])), cell("same", .value("1"))])
    #expect(!review.isChanged)
    #expect(review.output("far")?.numbers?.largestWithin?.head == 0.10002)
    #expect(review.terminalText(colors: false).contains("within tolerance: far (0.02 %), near (0.001 %)\n"))
  }

  @Test func noiseBelowTheRecordsDigitsIsNoChangedByte() throws {
    let noisy: [[Double?]] = [[0.810_000_04, -0.200_000_01], [0.1, 0.399_999_98]]
    let (a, b) = (
      MemoryRecords("a", [cell("a", figure(heads))]),
      MemoryRecords("b", [cell("a", figure(noisy))])
    )
    #expect(a.records == b.records)
  }

  @Test func oneNumberIsNamedByItsLabels() throws {
    var other = heads
    other[0][0] = 0.78
    let review = try review([cell("a", figure(heads))], [cell("a", figure(other))])
    let numbers = try #require(review.output("a")?.numbers)
    #expect(review.isChanged)
    #expect(numbers.changed == 1)
    #expect(numbers.count == 4)
    #expect(numbers.largest?.place == "L0H0")
    #expect(numbers.largest?.base == 0.81)
    #expect(numbers.largest?.head == 0.78)
    #expect(review.findings.contains { $0.contains("1 of 4 numbers changed; most: L0H0: 0.81 -> 0.78 (3.7 %)") })
  }

  @Test func aTokenIsNamedWithItsPosition() throws {
    let labels = (y: ["L14H0", "L14H1"], x: ["' a' (311)", "' b' (312)"])
    let (a, b) = (figure(heads, y: labels.y, x: labels.x), figure([[0.81, -0.1], [0.1, 0.4]], y: labels.y, x: labels.x))
    #expect(try review([cell("a", a)], [cell("a", b)]).output("a")?.numbers?.largest?.place == "L14H0 at ' b' (312)")
  }

  @Test func aSignFlipIsWorseThanAChangeOfTheSameSize() throws {
    let flip = try review([cell("a", figure([[0.1, 1]]))], [cell("a", figure([[-0.1, 1]]))])
    let shift = try review([cell("a", figure([[0.3, 1]]))], [cell("a", figure([[0.1, 1]]))])
    #expect(flip.output("a")?.numbers?.signFlips == 1)
    #expect(flip.findings.contains("1 number changed sign"))
    #expect(flip.cell("a")!.severity > shift.cell("a")!.severity)
  }

  @Test func aPermutedAxisIsThatAndNoOtherNumber() throws {
    let (a, b) = (
      figure([[1, 2], [3, 4]], y: ["L0", "L1"], x: ["p", "q"]), figure([[3, 4], [1, 2]], y: ["L1", "L0"], x: ["p", "q"])
    )
    let review = try review([cell("a", a)], [cell("a", b)])
    #expect(review.isChanged)
    #expect(review.output("a")?.numbers?.changed == 0)
    #expect(review.findings.first == "Heads: the rows stand in another order")
  }

  @Test func aRenamedLabelIsNamed() throws {
    let (a, b) = (figure(heads, y: ["L0", "L1"]), figure(heads, y: ["L0", "Layer 1"]))
    let review = try review([cell("a", a)], [cell("a", b)])
    #expect(review.findings.first == "Heads: row labels: “L1” -> “Layer 1”")
    #expect(review.output("a")?.numbers?.changed == 0)
  }

  @Test func anAddedExampleIsARowAndTheOthersAreCompared() throws {
    let (a, b) = (figure([[1, 2], [3, 4]], y: ["e1", "e2"]), figure([[1, 2], [9, 9], [3, 5]], y: ["e1", "new", "e2"]))
    let review = try review([cell("a", a)], [cell("a", b)])
    #expect(review.findings.contains("Heads: rows added: new"))
    #expect(review.output("a")?.numbers?.changed == 1)
    #expect(review.output("a")?.numbers?.largest?.place == "e2 at head 1")
  }

  @Test func otherShapesAreToldAndTheCommonPartIsCompared() throws {
    let review = try review([cell("a", figure([[1, 2]]))], [cell("a", figure([[1, 2, 3], [4, 5, 6]]))])
    expect(review.findings, contains: "Heads: had 1 row, has 2", "Heads: had 2 columns, has 3")
    #expect(review.output("a")?.numbers?.changed == 0)
  }

  @Test func aNumberThatIsNoneAnyMoreIsTold() throws {
    let review = try review([cell("a", figure(heads))], [cell("a", figure([[nil, -0.2], [0.1, 0.4]]))])
    #expect(review.isChanged)
    #expect(review.output("a")?.numbers?.missing == 1)
    #expect(review.findings.contains("1 number came or went (NaN)"))
    let table = try CorpusTests.tables(["v", "0.5"], ["v", "nan"])
    #expect(table.isChanged)
    #expect(table.findings.contains { $0.contains("0.5 -> nan") })
  }

  private static func tables(_ base: [String], _ head: [String]) throws -> SiteReview {
    try review([cell("a", table(["h", "x"], [base]))], [cell("a", table(["h", "x"], [head]))])
  }

  @Test func tablesGoByTheKeysOfTheirRows() throws {
    let old = table(["head", "logits"], [["L3H2", "0.810"], ["L0H1", "0.500"], ["L2H0", "-0.300"]])
    let new = table(["head", "logits"], [["L0H1", "0.500"], ["L3H2", "0.780"], ["L1H1", "0.200"]])
    let review = try review([cell("a", old)], [cell("a", new)])
    expect(review.findings, contains: "row removed: L2H0", "row added: L1H1", "the rows stand in another order")
    #expect(review.output("a")?.numbers?.changed == 1)
    #expect(review.output("a")?.numbers?.largest?.place == "L3H2, logits")
  }

  @Test func columnsAreFoundByTheirTitles() throws {
    let review = try review(
      [cell("a", table(["h", "x", "y"], [["r", "1", "2"]]))], [cell("a", table(["h", "y", "z"], [["r", "2", "3"]]))])
    expect(review.findings, contains: "column removed: x", "column added: z")
    #expect(review.output("a")?.numbers?.changed == 0)
  }

  @Test func linesOfTextAreAlignedAndTheirNumbersCompared() throws {
    let review = try review(
      [cell("a", .text(.standardOutput, "start\nloss 2.5000 at 100\nend\n"))],
      [cell("a", .text(.standardOutput, "start\nnew line\nloss 2.5001 at 100\nend\n"))])
    let lines = try #require(review.output("a")?.lines)
    try #require(lines.count == 2)
    #expect(lines[0].base == nil)
    #expect(lines[0].head == "new line")
    #expect(lines[1].isWithin)
    #expect(review.isChanged)
  }

  @Test func aDigitWithinANameIsNoNumber() throws {
    let review = try review([cell("a", .value("L14H0+ is best"))], [cell("a", .value("L14H1+ is best"))])
    #expect(review.isChanged)
    #expect(review.output("a")?.numbers == nil)
  }

  @Test func unicodeIsComparedAsItIs() throws {
    let review = try review([cell("ä", .value("größe 👩‍👩‍👧: 1.0"))], [cell("ä", .value("größe 👩‍👩‍👧: 2.0"))])
    #expect(review.output("ä")?.numbers?.largest?.head == 2)
    #expect(review.cell("ä")?.outputs[0].headFile == "~e4-1.txt")
  }

  @Test func cellsThatCameWentMovedOrWereRenamedAreTold() throws {
    func document(_ cells: [(String, String)]) -> String { cells.map { "```swift\n//| label: \($0.0)\n\($0.1)\n```\n" }.joined() }
    let base = MemoryRecords(
      "base", ["a", "b", "c", "gone"].map { cell($0, .value($0 == "b" ? "same" : $0)) },
      document: document([("a", "1"), ("b", "two()"), ("c", "3"), ("gone", "4")]))
    let head = MemoryRecords(
      "head",
      ["c", "a", "renamed", "new"].map { cell($0, .value($0 == "renamed" ? "same" : $0)) },
      document: document([("c", "3"), ("a", "1"), ("renamed", "two()"), ("new", "5")]))
    let review = try SiteReview(base, head)
    #expect(review.cell("new")?.status == .added)
    #expect(review.cell("gone")?.status == .removed)
    #expect(review.cell("renamed")?.formerID == "b")
    #expect(review.cell("renamed")?.status == .same)
    #expect(review.notebooks[0].cells.filter(\.isMoved).map(\.id) == ["c"])
    #expect(review.notebooks[0].cells.map(\.id) == ["c", "gone", "a", "renamed", "new"])
  }

  /// A record of cells without labels, of which each is its source and its value.
  private func unlabelled(_ name: String, _ cells: [(id: String, source: String, value: String)]) -> MemoryRecords {
    MemoryRecords(
      name, cells.map { cell($0.id, .value($0.value)) },
      details: Dictionary(uniqueKeysWithValues: cells.map { ($0.id, RecordIndex.Detail(key: $0.source)) }))
  }

  @Test func aCellWithoutALabelIsKnownByItsSourceWhenAnotherComesBeforeIt() throws {
    let base = unlabelled("base", [("cell-1", "a", "1"), ("cell-2", "b", "2"), ("cell-3", "b", "3")])
    let head = unlabelled("head", [("cell-1", "new", "0"), ("cell-2", "a", "1"), ("cell-3", "b", "2"), ("cell-4", "b", "7")])
    let review = try SiteReview(base, head)
    #expect(review.notebooks[0].cells.filter(\.isChanged).map(\.id) == ["cell-1", "cell-4"])
    #expect(review.cell("cell-1")?.status == .added)
    #expect(review.output("cell-4")?.numbers?.largest?.base == 3)
    #expect(review.cell("cell-3")?.formerID == nil)
    #expect(!review.notebooks[0].cells.contains { $0.isMoved })
  }

  @Test func aNumberInASentenceIsNamedByItsExpression() throws {
    func records(_ name: String, _ values: [(String, String)]) -> MemoryRecords {
      let cell = CellRecord(id: "inline-1", outcome: .succeeded, outputs: values.map { .value($0.1) })
      let detail = RecordIndex.Detail(key: values.map(\.0).joined(), expressions: values.map(\.0))
      return MemoryRecords(name, [cell], details: ["inline-1": detail])
    }
    let base = records("base", [("heads", "144"), ("best.score", "0.81"), ("gone", "1")])
    let head = records("head", [("heads", "144"), ("fresh", "5"), ("worst", "0.1"), ("best.score", "0.78")])
    let review = try SiteReview(base, head)
    let outputs = try #require(review.cell("inline-1")).outputs
    #expect(outputs.first { $0.expression == "best.score" }?.numbers?.largest?.base == 0.81)
    #expect(outputs.first { $0.expression == "worst" }?.verdict == .added)
    #expect(outputs.allSatisfy { $0.expression != "heads" })
    #expect(review.terminalText(colors: false).contains("{swift} best.score: "))
    #expect(review.markdown.contains("`{swift} best.score`"))
    #expect(review.json.contains("\"expression\" : \"best.score\""))
  }

  @Test func aFailingCellIsWorst() throws {
    let error = Output.error(CellError(kind: .thrown, diagnostics: [Diagnostic("no such file")]))
    let review = try review(
      [cell("a", .value("1")), cell("b", figure(heads))],
      [cell("a", .value("1"), error, outcome: .failed), cell("b", figure([[9, 9], [9, 9]]))])
    #expect(review.worstFirst.map(\.cell.id) == ["a", "b"])
    #expect(review.cell("a")?.outcome == ValueChange(name: "outcome", base: "succeeded", head: "failed"))
    #expect(review.cell("a")?.outputs.map(\.verdict) == [.added])
  }

  @Test func sourceChangesStandBesideOutputs() throws {
    func side(_ name: String, _ source: String, _ value: String) -> MemoryRecords {
      MemoryRecords(
        name, [cell("a", .value(value)), cell("b", .value("same"))],
        document: "```swift\n//| label: a\n\(source)\n```\n\n```swift\n//| label: b\n\(source)\n```\n")
    }
    let review = try SiteReview(side("base", "let x = 1", "1"), side("head", "let x = 2", "2"))
    #expect(review.cell("a")?.source.contains { $0.base == "let x = 1" && $0.head == "let x = 2" } == true)
    #expect(review.cell("b")?.isChanged == false)
    #expect(review.cell("b")?.source.isEmpty == false)
    #expect(review.terminalText(colors: false).contains("source changed, same outputs"))
  }

  @Test func theSameNumbersDrawnInAnotherWayAreToldAsThat() throws {
    func drawn(_ limit: String, _ scale: String = "RdBu", _ error: String = "[0.1,0.000001]") -> Output {
      .figure(
        FigureOutput(
          plotly: """
            {"data":[{"type":"scatter","name":"loss","y":[1,2],"error_y":{"array":\(error)}}],
             "layout":{"coloraxis":{"cmax":\(limit),"colorscale":"\(scale)"}}}
            """))
    }
    let other = try review([cell("a", drawn("0.5"))], [cell("a", drawn("50", "Viridis"))])
    #expect(other.isChanged)
    #expect(other.output("a")?.numbers?.changed == 0)
    #expect(other.findings == ["drawn differently: coloraxis.cmax: 0.5 -> 50, coloraxis.colorscale: \"RdBu\" -> \"Viridis\""])
    let bars = try review([cell("a", drawn("0.5"))], [cell("a", drawn("0.5", "RdBu", "[0.2,0.000001]"))])
    #expect(bars.findings == ["drawn differently: data[0].error_y.array[0]: 0.1 -> 0.2"])
    let noise = try review([cell("a", drawn("8.1099825"))], [cell("a", drawn("8.109983", "RdBu", "[0.10001,0.000001]"))])
    #expect(!noise.isChanged)
    #expect(noise.cell("a")?.status == .within)
  }

  @Test(arguments: ["{", "\u{0}\u{1}\u{2}", "[1,2", "{\"data\":[{\"z\":[[1e999]]}]}", String(repeating: "[", count: 100_000)])
  func rubbishInARecordIsSaidAndHidesNothingElse(rubbish: String) throws {
    let cells = [cell("a", figure(heads)), cell("b", .value("1"))]
    var head = MemoryRecords("head", [cells[0], cell("b", .value("2"))])
    head.records["n"]!["a-1.json"] = Data(rubbish.utf8) + [0xFF, 0xFE]
    let review = try SiteReview(MemoryRecords("base", cells), head)
    #expect(review.output("a")?.findings.first?.contains("cannot be read") == true)
    #expect(review.output("b")?.verdict == .changed)
  }

  @Test func aMissingFileAndABrokenIndexAreSaid() throws {
    let cells = [cell("a", .value("1"))]
    var head = MemoryRecords("head", cells)
    head.records["n"]!["a-1.txt"] = nil
    #expect(try SiteReview(MemoryRecords("base", cells), head).findings == ["head has no a-1.txt"])
    for index in ["", "{}", "{\"format\": 2, \"notebook\": \"n\", \"parameters\": {}, \"cells\": []}", "\u{0}"] {
      head.records["n"]!["index.json"] = Data(index.utf8)
      let review = try SiteReview(MemoryRecords("base", cells), head)
      #expect(review.isChanged)
      #expect(review.notebooks[0].status == .unreadable)
      #expect(review.notebooks[0].problem != nil)
    }
  }

  @Test func tolerancesAreThoseOfTheCallElseTheCellElseTheNotebook() throws {
    func side(_ name: String, _ value: Double, notebook: Tolerance? = nil, cells: [String: Tolerance] = [:]) -> MemoryRecords {
      MemoryRecords(
        name, [cell("a", figure([[value, 1]])), cell("b", figure([[value, 1]]))],
        tolerance: notebook, tolerances: cells)
    }
    func changed(_ call: Tolerance?, notebook: Tolerance? = nil, cells: [String: Tolerance] = [:]) throws -> [String] {
      let review = try SiteReview(side("base", 0.5), side("head", 0.52, notebook: notebook, cells: cells), tolerance: call)
      return review.notebooks[0].cells.filter(\.isChanged).map(\.id)
    }
    #expect(try changed(nil) == ["a", "b"])
    // Half of the number beside is no share of the number itself.
    #expect(try changed(nil, notebook: 0.03) == ["a", "b"])
    #expect(try changed(nil, notebook: 0.05) == [])
    #expect(try changed(nil, notebook: Tolerance(0.03, ofTheLargest: true)) == [])
    #expect(try changed(nil, cells: ["a": 0.05]) == ["b"])
    #expect(try changed(nil, notebook: 0.05, cells: ["b": 0]) == ["b"])
    #expect(try changed(0.001, notebook: 0.05) == ["a", "b"])
  }

  @Test func notebooksThatCameOrWentAreTold() throws {
    let (base, head) = (MemoryRecords("base", [], notebook: "a"), MemoryRecords("head", [], notebook: "b"))
    let review = try SiteReview(base, head)
    #expect(review.notebooks.map(\.status) == [.removed, .added])
    #expect(review.isChanged)
    #expect(throws: Diagnostic.self) { try SiteReview(base, head, notebooks: ["c"]) }
  }
}
