import Document
import Record
import Rendering
import TestSupport
import Testing

@Suite struct LongTextTests {
  @Test func aLongTextShowsItsBeginningAndEndAndCountsTheRestExactly() throws {
    let text = (1...10_000).map { "line \($0)\n" }.joined()
    let long = try #require(LongText(text))
    #expect(long.head.hasPrefix("line 1\n"))
    #expect(long.head.hasSuffix("line 24\n"))
    #expect(long.tail.hasPrefix("line 9989\n"))
    #expect(long.tail.hasSuffix("line 10000\n"))
    let omitted = text.utf8.count - long.head.utf8.count - long.tail.utf8.count
    #expect(long.omission == "9,964 lines (\(Count.text(omitted)) bytes)")
  }

  @Test func anEndlessLineIsCutBetweenCharacters() throws {
    let text = String(repeating: "é", count: 100_000)
    let long = try #require(LongText(text))
    #expect(long.head.allSatisfy { $0 == "é" })
    #expect(long.tail.allSatisfy { $0 == "é" })
    #expect(long.omission == "\(Count.text(200_000 - long.head.utf8.count - long.tail.utf8.count)) bytes")
  }

  @Test(arguments: [1, 7, 100, 3000, 200_000]) func nothingIsLostBetweenBeginningAndEnd(_ length: Int) throws {
    let text = (0..<600).map { String(repeating: "x", count: ($0 * 31) % length) + "\n" }.joined() + "end"
    let long = try #require(LongText(text))
    #expect(text.hasPrefix(long.head))
    #expect(text.hasSuffix(long.tail))
    #expect(long.head.utf8.count <= LongText.headBytes)
    #expect(long.tail.utf8.count <= LongText.headBytes / 2)
  }

  @Test func aTextThatIsShortEnoughIsShownWhole() {
    #expect(LongText("a\nb") == nil)
    #expect(LongText(String(repeating: "x\n", count: 400)) == nil)
  }

  @Test func tenMegabytesMakeASmallPageAndStandWholeBesideIt() {
    let text = String(repeating: "0123456789 0123456789\r\n", count: 450_000)
    let page = page([.text(.standardOutput, text), .text(.standardError, text)]) { $0.label = "a/b" }
    #expect(page.html.utf8.count < 60_000)
    #expect(page.attachments.map(\.path) == ["outputs/a~2fb-1.txt", "outputs/a~2fb-2.txt"])
    #expect(page.attachments[0].text == text.replacing("\r\n", with: "\n"))
    #expect(page.html.contains(#"449,964 lines (9,899,208 bytes) left out. <a href="outputs/a~2fb-1.txt">Read all.</a>"#))
  }

  @Test func thousandsOfOutputsMakeASmallPageAndTheErrorIsStillThere() {
    let error = Output.error(CellError(kind: .thrown, diagnostics: [Diagnostic("the error")]))
    let html = page((0..<5000).map { .value("value \($0)") } + [error], outcome: .failed).html
    #expect(html.contains("4,801 of 5,001 outputs left out."))
    #expect(html.ranges(of: "<pre class=\"value\">").count == 199)
    expect(html, contains: "value 179<", "value 4999<", "the error")
    expect(html, lacks: "value 180<")
  }
}

@Suite struct TableTests {
  @Test func numbersAreSetFlushRightAndAWideTableScrolls() {
    let table = Table(columns: [.init("name"), .init("score", isNumeric: true)], rows: [["a", "1.5"], ["b"]])
    let html = TableView(table: table).html(link: nil)
    expect(
      html, contains: #"<th scope="col" class="number">score</th>"#, #"<td class="number">1.5</td>"#,
      #"<tr><td class="text">b</td><td class="number"></td></tr>"#)
    #expect(html.hasPrefix(#"<div class="scroll table">"#))
  }

  @Test func aTableOfVeryManyRowsShowsFirstAndLastAndStandsWholeBesideThePage() {
    let rows = (0..<5000).map { ["row \($0)", "a,\"b\"\nc"] }
    let page = page([.table(Table(columns: [.init("n"), .init("t")], rows: rows))])
    expect(
      page.html, contains: #"4,600 rows left out. <a href="outputs/cell-1-1.csv">Read all.</a>"#, "row 379<", "row 4980<")
    expect(page.html, lacks: "row 380<")
    #expect(page.attachments.first?.text.hasPrefix("n,t\nrow 0,\"a,\"\"b\"\"\nc\"\n") == true)
  }

  @Test func aTableWithoutColumnsOrRowsIsATableStill() {
    #expect(TableView(table: Table(columns: [], rows: [])).html(link: nil).contains("<table>"))
  }
}

@Suite struct HighlighterTests {
  @Test func wordsStringsNumbersAndCommentsHaveColours() {
    #expect(
      Highlighter.html("let x: Int = 42 // <n>\nprint(\"é \\(x)\")")
        == """
        <span class="k">let</span> x: <span class="t">Int</span> = <span class="n">42</span> \
        <span class="c">// &lt;n&gt;</span>
        print(<span class="s">"é </span>\\(x)<span class="s">"</span>)
        """.replacing("\"é", with: "&quot;é").replacing("<span class=\"s\">\"</span>", with: "<span class=\"s\">&quot;</span>"))
  }

  @Test(arguments: [
    "", "\n", "let", "func f( {", "\"unterminated", "/* never ends", "a\r\nb", "👩‍👩‍👧 = \"🏳️‍🌈\"", "\\(", "#if", "}}}}",
    "\t@x #y $0 `k`",
    "\u{FEFF}let a = 1", "let s = #\"\"\"\n x",
  ])
  func highlightedCodeIsTheSourceToTheByteAlsoIfItIsNoSwift(_ source: String) {
    let html = Highlighter.html(source)
    let text = html.replacing(/<[^>]*>/, with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    #expect(text.unicodeScalars.elementsEqual(source.unicodeScalars))
  }
}
