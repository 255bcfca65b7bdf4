import Figures
import Foundation
import Record
import Rendering
import Review
import TestSupport
import Testing

@Suite struct ReportTests {
  private let base = MemoryRecords(
    "v1",
    [
      cell("dla", figure([[0.81, 0.2]])), cell("text", .value("a | b `c`")),
      cell("rows", table(["h", "v"], [["L0H0", "1.00"]])),
      cell("calm", .value("1.00001")),
    ])
  private let head = MemoryRecords(
    "v2",
    [
      cell("dla", figure([[0.5, 0.2]])), cell("text", .value("<script>alert(1)</script>\u{1B}[31m")),
      cell("rows", table(["h", "v"], [["L0H0", "2.00"]])), cell("calm", .value("1.00002")),
    ])
  private let review: SiteReview

  init() throws { review = try SiteReview(base, head) }

  @Test func theReportsAreTheseWhole() throws {
    try expect(review.terminalText(colors: false), isSnapshot: "report.txt")
    try expect(review.markdown, isSnapshot: "report.md")
    try expect(review.json, isSnapshot: "report.json")
  }

  @Test func theTerminalIsSentNoCodesOfTheRecord() {
    expect(review.terminalText(colors: false), lacks: "\u{1B}")
    #expect(review.terminalText(colors: true).contains("\u{1B}[31m- a | b `c`\u{1B}[0m"))
  }

  @Test func markdownIsATableThatNothingBreaks() {
    let rows = review.markdown.split(separator: "\n").filter { $0.hasPrefix("| ") }
    #expect(rows.count == 4)
    #expect(rows.allSatisfy { $0.split(separator: "|", omittingEmptySubsequences: false).count == 6 })
    expect(review.markdown, contains: "`<script>alert(1)</script>␛[31m`", "Within the tolerance: `calm (0.001 %)`")
  }

  @Test func markdownFitsIntoAComment() throws {
    let many = (0..<3000).map { cell("cell-with-a-long-name-\($0)", .value("value \($0)")) }
    let other = (0..<3000).map { cell("cell-with-a-long-name-\($0)", .value("another \($0)")) }
    #expect(
      try SiteReview(
        MemoryRecords("a", many),
        MemoryRecords("b", other)
      ).markdown.utf8.count < 65_536)
  }

  @Test func jsonHasTheDocumentedNames() throws {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(review.json.utf8)) as? [String: Any])
    #expect(json["format"] as? Int == 1)
    #expect(json["isChanged"] as? Bool == true)
    #expect(json["base"] as? String == "v1")
    let notebook = try #require((json["notebooks"] as? [[String: Any]])?.first)
    let cell = try #require((notebook["cells"] as? [[String: Any]])?.first)
    let output = try #require((cell["outputs"] as? [[String: Any]])?.first)
    let largest = try #require((output["numbers"] as? [String: Any])?["largest"] as? [String: Any])
    #expect(cell["id"] as? String == "dla")
    #expect(output["verdict"] as? String == "changed")
    #expect(largest["place"] as? String == "L0H0")
    // It can be read again.
    struct Report: Decodable { var notebooks: [NotebookReview] }
    #expect(try JSONDecoder().decode(Report.self, from: Data(review.json.utf8)).notebooks.count == 1)
  }

  @Test func thePageShowsBothSidesAndTheirDifferenceAndRunsNothingOfTheRecord() {
    let html = ReviewPage(review, base: base, head: head).html
    expect(
      html, contains: "<figure data-side=\"base\"", "<figure data-side=\"head\"", "<figure data-side=\"head less base\"",
      "&lt;script&gt;alert(1)", "<a href=\"#n--dla\">", "id=\"n--dla\"")
    expect(html, lacks: "<script>alert")
    // Nothing is asked of anybody.
    expect(html, lacks: "src=", "href=\"http")
  }

  @Test func anExpressionInTheTextKeepsItsCaseOnThePage() throws {
    let details = ["inline-1": RecordIndex.Detail(key: "k", expressions: ["bestScore<Int>"])]
    let sides = ["1", "2"].map {
      MemoryRecords($0, [cell("inline-1", .value($0))], details: details)
    }
    let html = ReviewPage(try SiteReview(sides[0], sides[1]), base: sides[0], head: sides[1]).html
    #expect(html.contains("<code>{swift} bestScore&lt;Int&gt;</code>"))
  }

  @Test(arguments: [(5.0, 1.0), (2, 2), (0, 1e308), (-1e308, 1e308)])
  func colorsWhoseEndsMakeNoRangeAreLeftAlone(ends: (least: Double, most: Double)) throws {
    let sides = [0.81, 0.5].map { value -> MemoryRecords in
      var side = MemoryRecords("side", [cell("dla", figure([[value, 0.2]]))])
      let text = String(decoding: side.records["n"]!["dla-1.json"]!, as: UTF8.self)
      let hostile = text.replacing(/"cmin": ?-1/, with: "\"cmin\":\(ends.least)").replacing(
        /"cmax": ?1/, with: "\"cmax\":\(ends.most)")
      side.records["n"]!["dla-1.json"] = Data(hostile.utf8)
      return side
    }
    #expect(String(decoding: sides[0].records["n"]!["dla-1.json"]!, as: UTF8.self).contains("\"cmax\":\(ends.most)"))
    let html = ReviewPage(try SiteReview(sides[0], sides[1]), base: sides[0], head: sides[1]).html
    #expect(html.contains("<figure data-side=\"head less base\""))
  }

  @Test func aDifferenceHasRoomForItsSmallerNumbersAndBothSidesForThoseThatTheyShare() throws {
    let sides = [(8.0, "v1"), (12.5, "v2")].map { value, name in
      let plotly = Figure(Heatmap([[value, -value, 0.3]])).plotlyJSON
      return MemoryRecords(name, [cell("dla", .figure(FigureOutput(plotly: plotly)))])
    }
    let html = ReviewPage(try SiteReview(sides[0], sides[1]), base: sides[0], head: sides[1]).html
    let widths = html.matches(of: /<svg[^>]* width="(\d+)"/).compactMap { Int($0.1) }
    try #require(widths.count == 3, "\(widths)")
    #expect(widths[0] == widths[1], "\(widths)")
    let near = [0.3, 0.3003].map { value in
      MemoryRecords(
        "v",
        [cell("dla", .figure(FigureOutput(plotly: Figure(Heatmap([[3, value]])).plotlyJSON)))])
    }
    let page = ReviewPage(try SiteReview(near[0], near[1], tolerance: 0), base: near[0], head: near[1]).html
    let drawn = page.matches(of: /<svg[^>]* width="(\d+)"/).compactMap { Int($0.1) }
    try #require(drawn.count == 3, "\(drawn)")
    #expect(drawn[2] > drawn[1] + 20, "\(drawn)")
  }

  @Test func figuresOfOtherShapesHaveNoDifference() throws {
    let other = MemoryRecords("v2", [cell("dla", figure([[0.5, 0.2], [1, 2]]))])
    let html = ReviewPage(try SiteReview(base, other), base: base, head: other).html
    expect(html, contains: "<figure data-side=\"head\"")
    expect(html, lacks: "<figure data-side=\"head less base\"")
  }
}
