import Document
import Figures
import Record
import Rendering
import TestSupport
import Testing

/// A document of cells with the given sources, and options for all of them.
func document(_ sources: [String], file: String = "Notebooks/n.md", options set: (inout CellOptions) -> Void = { _ in })
  -> Notebook
{
  let cells = sources.enumerated().map { index, source in
    var options = CellOptions()
    set(&options)
    return Block.cell(Cell(number: index + 1, source: source, line: 10 * index, options: options))
  }
  return Notebook(file: file, frontMatter: FrontMatter(title: "N"), blocks: cells)
}

/// A page of one cell with outputs.
func page(
  _ outputs: [Output], outcome: CellRecord.Outcome = .succeeded, source: String = "x",
  options set: (inout CellOptions) -> Void = { _ in }
) -> Page {
  let document = document([source], options: set)
  let id = document.cells.first?.id ?? ""
  return Page(document, record: NotebookRecord(notebook: "n", cells: [CellRecord(id: id, outcome: outcome, outputs: outputs)]))
}

extension Site {
  /// Writes the page and the record of a notebook of one cell with outputs.
  func write(_ outputs: [Output], plotly: PlotlyScript? = nil) throws {
    let notebook = document(["x"])
    let record = NotebookRecord(
      notebook: notebook.name, cells: [CellRecord(id: notebook.cells[0].id, outcome: .succeeded, outputs: outputs)])
    try write(Page(notebook, record: record, context: PageContext(plotly: plotly)), record: RecordFiles(notebook, record: record))
  }
}

@Suite struct PageTests {
  @Test func aPageIsThisWhole() throws {
    var options = CellOptions()
    options.label = "sum"
    options.caption = "A sum."
    let document = Notebook(
      file: "Notebooks/first-light.md",
      frontMatter: FrontMatter(
        title: "First <light>", description: "About & so on.",
        parameters: [
          Parameter(name: "model", value: .string("tiny"), line: 3), Parameter(name: "shots", value: .int(7), line: 4),
        ]),
      blocks: [
        .heading(Heading(level: 1, html: "First &lt;light&gt;", text: "First <light>", anchor: "first-light", line: 6)),
        .prose(html: "<p>Some <em>prose</em>.</p>\n", line: 8),
        .heading(Heading(level: 2, html: "A <code>sum</code>", text: "A sum", anchor: "a-sum", line: 10)),
        .cell(Cell(number: 1, source: "let a = 1 // one\nprint(a < 2)\n", line: 14, options: options)),
        .listing(Listing(language: "python", source: "x = \"<\"\n", line: 20)),
        .cell(Cell(number: 2, source: "b", line: 26)),
        .cell(Cell(number: 3, source: "c", line: 30)),
      ])
    let error = CellError(
      kind: .compile,
      diagnostics: [
        Diagnostic(
          at: Place(file: "Notebooks/first-light.md", line: 26, column: 1), "cannot find 'b' in scope", advice: "Define it.",
          excerpt: "b")
      ])
    let table = Table(columns: [.init("name"), .init("n", isNumeric: true)], rows: [["a&b", "1"]])
    let record = NotebookRecord(
      notebook: "first-light",
      cells: [
        CellRecord(
          id: "sum", outcome: .succeeded,
          outputs: [
            .text(.standardOutput, "true\n"), .text(.standardError, "careful\n"), .value("3"), .table(table),
            .progress(ProgressOutput(title: "Generating", completed: 26, total: 26)),
          ]),
        CellRecord(id: "cell-2", outcome: .failed, outputs: [.error(error)]),
        CellRecord(id: "cell-3", outcome: .notRun, outputs: []),
      ])
    try expect(Page(document, record: record).html, isSnapshot: "page.html")
  }

  @Test func aPageSaysWhereItsNumbersWereMade() {
    func html(_ device: String?) -> String {
      Page(document(["x"]), record: NotebookRecord(notebook: "n", device: device, cells: [])).html
    }
    expect(html("NVIDIA <H200>"), contains: #"<p class="provenance">Models computed on NVIDIA &lt;H200&gt;.</p>"#)
    expect(html("cpu"), contains: #"<p class="provenance">Models computed on the processor.</p>"#)
    expect(html(nil), lacks: #"class="provenance""#)
  }

  @Test func outputsAreShownInTheOrderInWhichTheyCame() throws {
    let html = page([.value("one"), .text(.standardError, "two"), .value("three"), .text(.standardOutput, "four")]).html
    let places = try ["one", "two", "three", "four"].map { try #require(html.firstRange(of: ">\($0)</pre>")).lowerBound }
    #expect(places == places.sorted())
  }

  @Test func aFigureIsShownWithItsCaptionAndAlternativeText() {
    let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0]], title: "<T>")).plotlyJSON))
    let html = page([figure]) {
      $0.caption = "<caption>"
      $0.alt = "\"alt\""
    }.html
    let caption = "<figcaption><span class=\"number\">Figure 1.</span> &lt;caption&gt;</figcaption>"
    expect(html, contains: caption, #"aria-label="&quot;alt&quot;""#)
    let two = page([figure, figure]) { $0.caption = "Once" }.html
    #expect(two.ranges(of: "Once").count == 1)
    #expect(two.ranges(of: "<svg").count == 2)
  }

  @Test func aFigureThatCannotBeReadIsSaidToBe() {
    let html = page([.figure(FigureOutput(plotly: "{<"))]).html
    #expect(html.contains(#"<p class="unreadable">This is not a figure that can be drawn"#))
  }

  @Test func codeAndOutputsAreHiddenAsTheOptionsSayButNeverAFailure() {
    let output = Output.value("OUT")
    #expect(!page([output], source: "SRC") { $0.echo = false }.html.contains("SRC"))
    #expect(page([output], source: "SRC") { $0.fold = true }.html.contains(#"<details class="source"><summary>Code "#))
    #expect(!page([output]) { $0.output = false }.html.contains("OUT"))
    let error = Output.error(CellError(kind: .thrown, diagnostics: [Diagnostic("it broke")]))
    let failed = page([output, error], outcome: .failed) { $0.output = false }.html
    expect(failed, contains: "it broke")
    expect(failed, lacks: "OUT")
  }

  @Test func aBannerLinksToTheCellsThatFailed() {
    let error = Output.error(CellError(kind: .trap, diagnostics: [Diagnostic("Index out of range")]))
    let html = page([error], outcome: .failed) { $0.label = "it" }.html
    #expect(html.contains(##"<li>Cell <a href="#it"><code>it</code></a> failed: Index out of range</li>"##))
    #expect(html.contains(#"<section class="cell failed" id="it""#))
    let expected = page([error], outcome: .failedAsExpected).html
    expect(expected, contains: "meant to fail")
    expect(expected, lacks: "banner")
  }

  @Test func anErrorIsShownWithItsPlaceTheLineWithACaretNotesAndAdvice() {
    let note = Diagnostic(.note, at: Place(file: "n.md", line: 3), "'x' declared here")
    let diagnostic = Diagnostic(
      at: Place(file: "n.md", line: 9, column: 6), "no <x>", advice: "Try y.", excerpt: "\té = x", notes: [note])
    let html = page([.error(CellError(kind: .compile, diagnostics: [diagnostic]))], outcome: .failed).html
    expect(
      html, contains: #"<p class="message">no &lt;x&gt; <span class="place">n.md:9:6</span></p>"#,
      "\té = x\n<span aria-hidden=\"true\"><span class=\"unseen\">\té =</span>^</span>",
      #"<p class="message"><b>note</b> &#39;x&#39; declared here"#, "Try y.")
  }

  @Test(arguments: [-5, 0, 1, 3, 99, Int.max])
  func aCaretThatIsNowhereIsSurvived(_ column: Int) {
    let diagnostic = Diagnostic(at: Place(file: "n.md", line: 1, column: column), "m", excerpt: "é\nsecond")
    #expect(page([.error(CellError(kind: .trap, diagnostics: [diagnostic]))]).html.contains("é"))
  }

  @Test func aCellWithoutARecordIsShownAsOneThatDidNotRun() {
    let html = Page(document(["a"]), record: NotebookRecord(notebook: "n", cells: [])).html
    #expect(html.contains("Not run."))
  }

  @Test func aHeadingAndACellOfTheSameNameAreKeptApart() {
    var document = document(["a"]) { $0.label = "dla" }
    document.blocks.insert(.heading(Heading(level: 2, html: "DLA", text: "DLA", anchor: "dla", line: 1)), at: 0)
    let html = Page(document, record: NotebookRecord(notebook: "n", cells: [])).html
    #expect(html.ranges(of: #" id="dla""#).count == 1)
    #expect(html.contains(##"<a href="#section-dla">DLA</a>"##))
    #expect(html.contains(#"<h2 id="section-dla">"#))
  }

  @Test(arguments: HostileTexts.all) func hostileTextIsShownAsTextWhereverItStands(_ text: String) {
    var options = CellOptions()
    options.caption = text
    options.alt = text
    let document = Notebook(
      file: "Notebooks/n.md",
      frontMatter: FrontMatter(
        title: text, description: text, parameters: [Parameter(name: text, value: .array([.string(text)]), line: 1)]),
      blocks: [
        .cell(Cell(number: 1, source: text, line: 1, options: options)), .listing(Listing(language: text, source: text, line: 2)),
        .heading(Heading(level: 2, html: "h", text: text, anchor: text, line: 3)),
      ])
    let figure = Figure(Heatmap([[1.0]], title: text, xLabels: [text]))
    let diagnostic = Diagnostic(
      at: Place(file: text, line: 1, column: 2), text, advice: text, excerpt: text, notes: [Diagnostic(.note, text)])
    let outputs: [Output] = [
      .text(.standardOutput, text), .text(.standardError, text), .value(text), .figure(FigureOutput(plotly: figure.plotlyJSON)),
      .figure(FigureOutput(plotly: text)), .table(Table(columns: [.init(text)], rows: [[text], []])),
      .progress(ProgressOutput(title: text, completed: 1, total: 2)),
      .error(CellError(kind: .thrown, diagnostics: [diagnostic])),
    ]
    let cell = CellRecord(id: "cell-1", outcome: .failed, outputs: outputs)
    let html = Page(document, record: NotebookRecord(notebook: "n", cells: [cell])).html
    var site = SiteDescription()
    (site.title, site.description, site.authors) = (text, text, [text])
    let entry = IndexPage.Entry(name: text, title: text, description: text, status: .complete(cells: 1))
    let index = IndexPage(SiteMap([entry], description: site)).html
    for (page, scripts) in [(html, 2), (index, 1)] {
      let html = page.replacing(/<!--\/?folio:[a-z]+-->/, with: "")
      #expect(html.ranges(of: "<script").count == scripts, "Only the site's own script, and a notebook's mark")
      for forbidden in ["<img", "<b>x", " onload=\"", "javascript:", "-->"] + HostileTexts.noText {
        #expect(!html.contains(forbidden), "\(forbidden)")
      }
    }
  }

  @Test func aPageIsTheSameWheneverItIsMade() {
    let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0, 2]], title: "T")).plotlyJSON))
    #expect(page([figure, .value("x")]).html == page([figure, .value("x")]).html)
  }

  @Test func aPageAsksNoOtherHostForAnything() {
    let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0]])).plotlyJSON))
    // The name of SVG is no address, in a figure and in the icon.
    let html = page([figure]).html.replacing(/http(:\/\/|%3A%2F%2F)www\.w3\.org(\/|%2F)2000(\/|%2F)svg/, with: "")
    for text in [html, Stylesheet.text, Script.text] {
      expect(text, lacks: "http", "url(", "@import", "\"//")
    }
  }
}

enum HostileTexts {
  static let all = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload=\"alert(1)\"", "</title></style></script><b>x</b>",
    "</pre></code>-->]]>", "\u{0}\u{1}\u{8}\u{1B}[31mred\u{1B}[0m\u{7F}\u{9F}\u{1B}]0;title\u{7}", "\u{202E}evil\u{2066}",
    String(String.UnicodeScalarView([0xFFFE, 0xFFFF, 0xFDD0].compactMap(Unicode.Scalar.init))), "a\r\nb\rc\n\n",
    "&lt;script&gt;&amp;", "שלום 👩‍👩‍👧‍👦", "", "`\\(x)", "let s = \"\"\"\n<b>x</b>", "/* <b>x</b>",
  ]
  /// What must not reach a page, wherever it comes from.
  static let noText =
    [
      "\u{0}", "\u{1}", "\u{8}", "\u{1B}", "\u{7F}", "\u{9F}", "\u{7}", "\u{202E}", "\u{2066}",
    ] + [0xFFFE, 0xFFFF, 0xFDD0].compactMap(Unicode.Scalar.init).map { String(Character($0)) }
}
