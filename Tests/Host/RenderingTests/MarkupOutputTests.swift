import Document
import Foundation
import Record
import Rendering
import TestSupport
import Testing

/// A picture of one pixel.
let pixel =
  Data(base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
  ?? Data()

@Suite struct MarkupOutputTests {
  private func picture(_ data: Data = pixel, alt: String? = nil, width: Int? = nil) throws -> Output {
    .picture(try #require(PictureOutput(data, alt: alt, width: width)))
  }

  @Test func aPictureStandsInThePageWithItsWordsAndItsSize() throws {
    let html = page([try picture(alt: "A \"dot\"", width: 20)]) { $0.caption = "Small & red." }.html
    #expect(
      html.contains(
        "<img src=\"data:image/png;base64,\(pixel.base64EncodedString())\" alt=\"A &quot;dot&quot;\" width=\"20\" height=\"20\">")
    )
    #expect(html.contains("<figcaption><span class=\"number\">Figure 1.</span> Small &amp; red.</figcaption>"))
  }

  @Test func aPictureWithoutWordsTakesTheCellsOrItsFacts() throws {
    #expect(page([try picture()]) { $0.alt = "Of the cell" }.html.contains("alt=\"Of the cell\""))
    #expect(page([try picture()]).html.contains("alt=\"Picture (PNG, 1 × 1 pixels, 70 bytes)\""))
  }

  @Test func aPictureIsAFileOfTheRecord() throws {
    let folder = try TestFolder()
    let site = Site(folder: folder.path)
    try site.write([try picture(alt: "A dot")])
    #expect(FileManager.default.contents(atPath: "\(folder.path)/n/record/cell-1-1.png") == pixel)
    let index = try RecordIndex(json: #require(FileManager.default.contents(atPath: "\(folder.path)/n/record/index.json")))
    #expect(index.cells[0].outputs[0].text == "A dot")
    try site.write([.value("1")])
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/n/record/cell-1-1.png"))
  }

  @Test func htmlStaysAsItIsInItsElement() {
    let html = "<details open><summary>a</summary><p>b<br>c</p></details>"
    #expect(page([.html(HTMLOutput(html))]).html.contains("<div class=\"html scroll\">\n\(html)\n</div>"))
  }

  @Test(
    arguments: [
      ("<p>a", "'<p>' is not closed"), ("a</div>", "'</div>' closes what is not open"),
      ("<b><i></b></i>", "'</i>' is missing before it"),
      ("<div/>", "does not close itself"), ("<!-- a", "a comment is not closed"), ("<p title=\"a", "does not end"),
      ("<script>a", "'<script>' is not closed"), ("<base href=x>", "belongs to a whole document"),
      ("<!doctype html>", "a declaration"),
      ("<folio-math></folio-math>", "an element of Folio's own"), ("<p title=\"a>b\">\n</p></p>", "line 2"),
      ("<p></p", "does not end"),
    ])
  func htmlThatWouldLeaveItsElementIsShownAsTextAndTold(html: String, problem: String) {
    let output = Output.html(HTMLOutput(html))
    let shown = page([output]).html
    #expect(!shown.contains("class=\"html"))
    #expect(shown.contains("<pre class=\"value\">"))
    #expect(output.view.problems(in: "a").first?.contains(problem) == true, "\(output.view.problems(in: "a"))")
  }

  @Test(
    arguments: [
      "", "a < b > c", "<p title='>'>a</p>", "<svg viewBox=\"0 0 1 1\"><title>t</title><path d=\"M0 0\"/></svg>",
      "<script>if (a < b) c('</p>')</script>",
      "<!-- <p> --><br/><img src=a>", "<STYLE>p > a {}</style>", "<math><mi/></math>", "<a href=\"x\">b</a>",
    ])
  func htmlThatIsWholeIsNoProblem(html: String) {
    #expect(Output.html(HTMLOutput(html)).view.problems(in: "a").isEmpty)
  }

  @Test func noOutputMakesAMonstrousPage() throws {
    let html = Output.html(HTMLOutput("<p>" + String(repeating: "a", count: 5_000_000) + "</p>"))
    let markdown = Output.markdown(MarkdownOutput(String(repeating: "a ", count: 250_001)))
    let large = Output.picture(try #require(PictureOutput(pixel + Data(count: 20_000_000))))
    for output in [html, markdown, large] { #expect(page([output]).html.utf8.count < 100_000) }
    #expect(html.view.problems(in: "a").first?.contains("longer than") == true)
    #expect(markdown.view.problems(in: "a").first?.contains("longer than") == true)
  }

  @Test func htmlThatAsksAnotherHostIsTold() {
    let output = Output.html(HTMLOutput("<img src=\"https://example.com/a.png\">"))
    #expect(output.view.problems(in: "a").first?.contains("asks another host for 'https://example.com/a.png'") == true)
  }

  @Test func markdownIsShownAsProseAndItsCodeInColours() throws {
    let notebook = try Notebook(markdown: "```swift\n//| label: a\nx\n```\n", file: "n.md")
    let outputs: [Output] = [.value("1"), .markdown(MarkdownOutput("*a* <b>c</b>\n\n```python\ndef f(): pass\n```\n"))]
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: outputs)])
    let html = Page(notebook.takingFragments(of: record), record: record).html
    #expect(html.contains("<p><em>a</em> <b>c</b></p>"))
    #expect(html.contains("<span class=\"k\">def</span> f(): <span class=\"k\">pass</span>"))
  }

  @Test func markdownThatCannotBeReadIsAText() throws {
    let output = Output.markdown(MarkdownOutput("> ```swift\n> x\n> ```\n"))
    #expect(page([output]).html.contains("<pre class=\"value\">&gt; ```swift"))
    #expect(output.view.problems(in: "a").first?.contains("line 1") == true)
  }

  @Test func sharedCodeIsSeenOnlyIfItFailedOrPrinted() throws {
    var notebook = try Notebook(markdown: "# N\n", file: "n.md")
    var cell = Cell(number: 1, source: "let secret = 1", line: 1)
    cell.file = "Shared/a.swift"
    cell.options.label = "Shared/a.swift"
    cell.options.echo = false
    notebook.take([cell])
    func html(_ outcome: CellRecord.Outcome, _ outputs: [Output]) -> String {
      Page(notebook, record: NotebookRecord(notebook: "n", cells: [CellRecord(id: cell.id, outcome: outcome, outputs: outputs)]))
        .html
    }
    #expect(!html(.succeeded, []).contains("Shared/a.swift"))
    #expect(html(.succeeded, [.text(.standardOutput, "loud")]).contains("loud"))
    #expect(html(.failed, [.error(CellError(kind: .compile, diagnostics: [Diagnostic("wrong")]))]).contains("wrong"))
    #expect(!html(.succeeded, [.text(.standardOutput, "loud")]).contains("secret"))
  }

  @Test func longTextsWrapAndTextsInColumnsScroll() {
    #expect(page([.value(String(repeating: "word ", count: 100))]).html.contains("<pre class=\"value\">"))
    #expect(page([.value("a    1\nb    2")]).html.contains("<pre class=\"value columns\">"))
    #expect(page([.value("a    1\nb    2\n" + String(repeating: "word ", count: 100))]).html.contains("<pre class=\"value\">"))
  }

  @Test func aLongTableSaysHowLongItIs() {
    func html(_ count: Int) -> String {
      page([.table(Table(columns: [Table.Column("n")], rows: (0..<count).map { ["\($0)"] }))]).html
    }
    #expect(html(17).contains("<p class=\"rows\">17 rows</p>"))
    #expect(!html(16).contains("class=\"rows\""))
  }
}
