import Foundation
import Record
import Review
import Testing

/// What a review must not hide, and where it must not cry: each number is compared by what it is.
@Suite struct KindsTests {
  private func texts(_ base: String, _ head: String, tolerance: Tolerance? = nil) throws -> SiteReview {
    try review([cell("a", .text(.standardOutput, base))], [cell("a", .text(.standardOutput, head))], tolerance: tolerance)
  }

  private func tables(
    _ columns: [String], _ base: [[String]], _ head: [[String]], tolerance: Tolerance? = nil
  ) throws -> SiteReview {
    try review([cell("a", table(columns, base))], [cell("a", table(columns, head))], tolerance: tolerance)
  }

  @Test(arguments: RecordIndex.Kind.allCases)
  func whatCannotBeReadIsAChangeWhateverItsKind(kind: RecordIndex.Kind) {
    let output = RecordIndex.Output(kind: kind, file: "a.txt")
    let text = FileReview.text("n/record/a.txt", Data([0xFF]), Data([0xFE]), output: output)
    #expect(text.contains("it had 1 bytes, and has 1"))
  }

  @Test(arguments: [
    ("138 of 200", "139 of 200"), ("[2, 235274]", "[2, 235341]"), ("12,345 rows", "12,346 rows"), ("$1000000", "$1000001"),
    ("12345678901234567890", "12345678901234567891"), ("1.2.3", "1.2.4"), ("2024-05-01", "2024-05-02"),
    ("12:30:05.10001", "12:30:05.10002"),
    ("gpt-3.50001", "gpt-3.50002"), ("L14H0", "L14H1"), ("007", "7"), ("3f9a1c2", "3f9a1c3"), ("0.93", "0.94"), ("-1.5", "1.5"),
    ("3.2ms", "3.2 s"), ("3.2ms", "3.3ms"), ("x \u{0}1", "x 1\u{1}"), ("10.0.0.1", "10.0.0.2"), ("1e-5", "2e-5"), ("a", "á"),
  ])
  func aChangeOfWhatIsPrintedIsToldInTextsTablesAndSentences(base: String, head: String) throws {
    #expect(try texts(base, head).isChanged)
    #expect(try tables(["k", "v"], [["r", base]], [["r", head]]).isChanged)
    #expect(try review([cell("a", .value(base))], [cell("a", .value(head))]).isChanged)
  }

  @Test(arguments: [
    ("81.23456 %", "81.23457 %"), ("$4.50001", "$4.50002"), ("12,345.67", "12,345.68"), ("3.20001ms", "3.20002ms"),
    ("−2.50001", "-2.50002"),
    ("1.00001e-5", "1.00002e-5"), ("[0.123456, 0.2]", "[0.123457, 0.2]"), ("0.5 ± 0.10001", "0.5 ± 0.10002"), ("1.0", "1.00"),
  ])
  func aNumberWithAUnitIsANumberAndItsNoiseIsWithin(base: String, head: String) throws {
    #expect(try texts(base, head).output("a")?.verdict == .within)
    #expect(try tables(["k", "v"], [["r", base]], [["r", head]]).output("a")?.verdict == .within)
  }

  @Test func aToleranceThatIsAskedForHoldsForWholeNumbersToo() throws {
    #expect(try !texts("1000 tokens", "1001 tokens", tolerance: 0.01).isChanged)
    #expect(try texts("1000 tokens", "1001 tokens", tolerance: 0).isChanged)
    let (base, head) = ([["a", "0.001"], ["b", "100.0"]], [["a", "0.002"], ["b", "100.0"]])
    #expect(try tables(["k", "v"], base, head, tolerance: 0.01).isChanged)
    #expect(try !tables(["k", "v"], base, head, tolerance: Tolerance(1e-4, ofTheLargest: true)).isChanged)
  }

  @Test func aLineThatCameMovesNobody() throws {
    let lines = (1...4).map { "step \($0): loss \(10 - $0)" }
    let review = try texts(lines.joined(separator: "\n"), (["step 0: loss 10"] + lines).joined(separator: "\n"))
    #expect(review.output("a")?.lines.map(\.head) == ["step 0: loss 10"])
    #expect(review.output("a")?.numbers?.changed == 0)
    #expect(review.findings.first == "1 line came")
  }

  @Test func linesEndByLineFeedsAlsoBehindCarriageReturns() throws {
    let lines = (1...9).map { "v\($0) = \($0).5\r\n" }.joined()
    let review = try texts(lines, lines.replacing("7.5", with: "9.9"))
    #expect(review.output("a")?.numbers?.largest?.place == "line 7")
    #expect(try texts("a\r\nb\r\n", "a\nb\n").isChanged)
  }

  @Test func rowsWithEqualNamesStayInTheirOrder() throws {
    let review = try tables(
      ["k", "v"], [["a", "1"], ["a", "2"], ["a (2)", "3"]], [["a", "1"], ["a", "2"], ["a (2)", "300"]])
    #expect(review.output("a")?.numbers?.largest?.head == 300)
    #expect(review.output("a")?.numbers?.changed == 1)
  }

  @Test func aRowKeepsItsNameWhereAnotherOfItsWordsChanged() throws {
    let review = try tables(
      ["question", "answer", "score"], [["q1", "yes", "41"], ["q2", "no", "12"]], [["q1", "no", "12"], ["q2", "no", "12"]])
    #expect(review.findings.contains("q1, answer: yes -> no"))
    #expect(review.output("a")?.numbers?.largest?.base == 41)
    #expect(review.output("a")?.numbers?.largest?.place == "q1, score")
  }

  @Test func aRowThatCameMovesNobodyWithoutNamesToo() throws {
    let rows = (0..<20).map { ["\($0)", "\(Double($0) * 1.37)"] }
    let inserted = rows.prefix(7) + [["7", "99.5"]] + rows.dropFirst(7).map { ["\(Int($0[0])! + 1)", $0[1]] }
    let review = try tables(["step", "loss"], rows, Array(inserted))
    #expect(review.output("a")?.numbers?.changed == 0)
    #expect(review.findings.contains { $0.hasPrefix("row added") })
  }

  @Test func cellsBeyondTheTitlesAreCompared() throws {
    let (base, head) = (Table(columns: [.init("k")], rows: [["a", "1"]]), Table(columns: [.init("k")], rows: [["a", "2"]]))
    #expect(try review([cell("a", .table(base))], [cell("a", .table(head))]).isChanged)
  }

  @Test(
    arguments: [
      ([0.3, 1e6], [-0.9, 1e6]), ([1e-6, 1e6], [1.1e-6, 1e6]), ([0.5, 1e6], [0.25, 1e6]), ([12345, 2], [12346, 2]),
    ] as [([Double], [Double])])
  func aNumberOfAMatrixIsComparedByItsOwnSize(base: [Double], head: [Double]) throws {
    #expect(try review([cell("a", figure([base]))], [cell("a", figure([head]))]).isChanged)
  }

  @Test func theNoiseOfATensorPassesBesideItsLargestNumber() throws {
    func tensor(_ small: Double, as number: (Double) -> Double) -> Output {
      figure([[small, 8.1234567, 3.3333333, 0.7654321, 0.1234567, 5.5555555].map(number)])
    }
    let single = { (number: Double) in Double(Float(number)) }
    func isChanged(_ head: Double, as number: @escaping (Double) -> Double) throws -> Bool {
      try review([cell("a", tensor(1.234567e-7, as: number))], [cell("a", tensor(head, as: number))]).isChanged
    }
    #expect(try !isChanged(-3.456789e-7, as: single))
    #expect(try isChanged(1.234567e-4, as: single))
    // Others are no sums in single precision.
    #expect(try isChanged(-3.456789e-7) { $0 * 1.000_000_000_001 })
  }

  private func curve(_ x: [Double], _ y: [Double], axis: String = "linear", labels: String = "[]") -> Output {
    .figure(
      FigureOutput(
        plotly: """
          {"data":[{"type":"scatter","name":"s","mode":"markers","x":\(x),"y":\(y),"text":\(labels)}],"layout":{"yaxis":{"type":"\(axis)"}}}
          """))
  }

  @Test func aLogarithmicAxisShowsSmallNumbersAsLargeOnes() throws {
    let numbers = [10.123456, 0.1234567, 0.001234567, 9.87654e-4].map { Double(Float($0)) }
    var other = numbers
    other[3] = Double(Float(9.9e-4))
    #expect(
      try review([cell("a", curve([1, 2, 3, 4], numbers, axis: "log"))], [cell("a", curve([1, 2, 3, 4], other, axis: "log"))])
        .isChanged)
  }

  private func bars(_ names: [String], _ values: [Double], isHorizontal: Bool = false) -> Output {
    let places = names.indices.map(Double.init)
    let (x, y) = isHorizontal ? (values, places) : (places, values)
    return .figure(
      FigureOutput(
        plotly: """
          {"data":[{"type":"bar","name":"s","x":\(x),"y":\(y),"text":\(names)\(isHorizontal ? #","orientation":"h""# : "")}],"layout":{}}
          """))
  }

  @Test(arguments: [false, true]) func barsBelongTogetherByTheirNames(isHorizontal: Bool) throws {
    let base = bars(["base", "chat", "code"], [0.5, 0.6, 0.7], isHorizontal: isHorizontal)
    let head = bars(["code", "base", "chat"], [0.7, 0.5, 0.9], isHorizontal: isHorizontal)
    let review = try review([cell("a", base)], [cell("a", head)])
    #expect(review.output("a")?.numbers?.changed == 1)
    #expect(review.output("a")?.numbers?.largest?.head == 0.9)
    #expect(try CurveCase.review(base, head).findings.contains("s: the points stand in another order"))
    #expect(try !CurveCase.review(base, bars(["base", "chat", "code"], [0.5, 0.6, 0.7], isHorizontal: isHorizontal)).isChanged)
  }

  private func box(median: Double, beyond: [Double]) -> Output {
    .figure(
      FigureOutput(
        plotly: """
          {"data":[{"type":"box","name":"s","x":[0],"y":[\(beyond)],"q1":[1],"median":[\(median)],"q3":[3],"lowerfence":[0],"upperfence":[4]}],
          "layout":{}}
          """))
  }

  @Test func aBoxIsComparedByItsNumbersAndThePointsBeyondItByTheirs() throws {
    let base = box(median: 2, beyond: [9, 12])
    let moved = try CurveCase.review(base, box(median: 2.5, beyond: [9, 12]))
    #expect(moved.output("a")?.numbers?.changed == 1 && moved.output("a")?.numbers?.largest?.head == 2.5)
    let added = try CurveCase.review(base, box(median: 2, beyond: [9, 11, 12]))
    #expect(added.findings.contains("s, beyond the whiskers: points added: (11, 11)"))
    #expect(try !CurveCase.review(base, box(median: 2, beyond: [9, 12])).isChanged)
  }

  @Test func pointsWithoutAnOrderAreNotPairedByTheirIndex() throws {
    let review = try review(
      [cell("a", curve([3, 1, 2, 4], [30, 10, 20, 40]))], [cell("a", curve([1, 3, 2, 4], [10, 30, 20, 41]))])
    #expect(review.output("a")?.numbers?.changed == 1)
    #expect(review.output("a")?.numbers?.largest?.head == 41)
    let added = try CurveCase.review(
      curve([3, 1, 2], [30, 10, 20]), curve([3, 9, 1, 2], [30, 90, 10, 20]))
    #expect(added.findings.contains("s: points added: (9, 90)"))
    #expect(added.output("a")?.numbers?.changed == 0)
  }

  @Test func namesOfPointsAndWhatIsNoNumberAreCompared() throws {
    #expect(
      try CurveCase.review(curve([1, 2], [1, 2], labels: #"["a","b"]"#), curve([1, 2], [1, 2], labels: #"["a","c"]"#)).isChanged)
    func matrix(_ value: String) -> Output {
      .figure(FigureOutput(plotly: "{\"data\":[{\"type\":\"heatmap\",\"z\":[[1],[2,\(value)]]}],\"layout\":{}}"))
    }
    #expect(try CurveCase.review(matrix("\"x\""), matrix("\"y\"")).isChanged)
    #expect(try CurveCase.review(matrix("3"), matrix("4")).isChanged)
    #expect(try CurveCase.review(matrix("true"), matrix("null")).isChanged)
  }

  @Test func longParametersAreComparedWhole() throws {
    let long = String(repeating: "x", count: 500)
    func side(_ end: String) -> MemoryRecords { MemoryRecords("s", [], details: [:], parameters: ["p": long + end]) }
    let review = try SiteReview(side("a"), side("b"))
    #expect(review.isChanged)
    #expect(review.terminalText(colors: false).contains("xa -> "))
    #expect(review.markdown.contains("xb"))
  }

  @Test func longListsAreAlignedWholeAndOnlyWhatChangedIsTold() throws {
    let lines = (0..<50_000).map { "line \($0 % 700) of \($0).25" }
    var other = lines
    other[20_000] += " changed"
    other.insert("new", at: 40_000)
    let review = try texts(lines.joined(separator: "\n"), other.joined(separator: "\n"))
    #expect(review.output("a")?.lines.compactMap(\.head) == ["line 400 of 20000.25 changed", "new"])
    let rows = (0..<30_000).map { ["name \($0 % 50)", "\($0 % 7)"] }
    let table = try tables(["k", "v"], rows, Array(rows[..<9000] + [["new", "1"]] + rows[9000...]))
    #expect(table.findings == ["row added: new"])
  }
}

private enum CurveCase {
  static func review(_ base: Output, _ head: Output) throws -> SiteReview {
    try ReviewTests.review([cell("a", base)], [cell("a", head)])
  }
}
