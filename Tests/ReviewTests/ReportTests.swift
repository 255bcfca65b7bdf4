import Foundation
import Record
import Rendering
import Review
import Testing

@Suite struct ReportTests {
  private let base = MemoryRecords(
    "v1",
    NotebookRecord(
      notebook: "n",
      cells: [
        cell("dla", figure([[0.81, 0.2]])), cell("text", .value("a | b `c`")),
        cell("rows", table(["h", "v"], [["L0H0", "1.00"]])),
        cell("calm", .value("1.00001")),
      ]))
  private let head = MemoryRecords(
    "v2",
    NotebookRecord(
      notebook: "n",
      cells: [
        cell("dla", figure([[0.5, 0.2]])), cell("text", .value("<script>alert(1)</script>\u{1B}[31m")),
        cell("rows", table(["h", "v"], [["L0H0", "2.00"]])), cell("calm", .value("1.00002")),
      ]))
  private let review: Review

  init() throws { review = try Review(base, head) }

  @Test func theTerminalSaysWhatChangedWithoutCodesOfTheRecord() {
    let text = review.terminalText(colors: false)
    #expect(text.contains("1 of 2 numbers changed; most: L0H0: 0.81 -> 0.5 (38 %)"))
    #expect(text.contains("- a | b `c`") && text.contains("within tolerance: calm (0.001 %)") && !text.contains("\u{1B}"))
    #expect(review.terminalText(colors: true).contains("\u{1B}[31m- a | b `c`\u{1B}[0m"))
  }

  @Test func markdownIsATableThatNothingBreaks() {
    let lines = review.markdown.split(separator: "\n")
    let rows = lines.filter { $0.hasPrefix("| ") }
    #expect(
      rows.count == 4
        && rows.dropFirst(1).allSatisfy {
          $0.replacing("\\|", with: "").split(separator: "|", omittingEmptySubsequences: false).count == 6
        })
    #expect(review.markdown.contains("\\<script\\>") && !review.markdown.contains("<script>"))
    #expect(review.markdown.contains("Within the tolerance: calm \\(0.001 %\\)"))
  }

  @Test func markdownFitsIntoAComment() throws {
    let many = (0..<3000).map { cell("cell-with-a-long-name-\($0)", .value("value \($0)")) }
    let other = (0..<3000).map { cell("cell-with-a-long-name-\($0)", .value("another \($0)")) }
    #expect(
      try Review(
        MemoryRecords("a", NotebookRecord(notebook: "n", cells: many)),
        MemoryRecords("b", NotebookRecord(notebook: "n", cells: other))
      ).markdown.utf8.count < 65_536)
  }

  @Test func jsonHasTheDocumentedNames() throws {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(review.json.utf8)) as? [String: Any])
    #expect(json["format"] as? Int == 1 && json["isChanged"] as? Bool == true && json["base"] as? String == "v1")
    let notebook = try #require((json["notebooks"] as? [[String: Any]])?.first)
    let cell = try #require((notebook["cells"] as? [[String: Any]])?.first)
    let output = try #require((cell["outputs"] as? [[String: Any]])?.first)
    let largest = try #require((output["numbers"] as? [String: Any])?["largest"] as? [String: Any])
    #expect(cell["id"] as? String == "dla" && output["verdict"] as? String == "changed" && largest["place"] as? String == "L0H0")
    // It can be read again.
    struct Report: Decodable { var notebooks: [NotebookReview] }
    #expect(try JSONDecoder().decode(Report.self, from: Data(review.json.utf8)).notebooks.count == 1)
  }

  @Test func thePageShowsBothSidesAndTheirDifferenceAndRunsNothingOfTheRecord() {
    let html = ReviewPage(review, base: base, head: head).html
    #expect(
      html.contains("<figure data-side=\"base\"") && html.contains("<figure data-side=\"head\"")
        && html.contains("<figure data-side=\"head less base\""))
    #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"))
    #expect(html.contains("<a href=\"#n--dla\">") && html.contains("id=\"n--dla\""))
    // Nothing is asked of anybody.
    #expect(!html.contains("src=") && !html.contains("href=\"http"))
  }

  @Test func figuresOfOtherShapesHaveNoDifference() throws {
    let other = MemoryRecords("v2", NotebookRecord(notebook: "n", cells: [cell("dla", figure([[0.5, 0.2], [1, 2]]))]))
    let html = ReviewPage(try Review(base, other), base: base, head: other).html
    #expect(html.contains("<figure data-side=\"head\"") && !html.contains("<figure data-side=\"head less base\""))
  }
}
