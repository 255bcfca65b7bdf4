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
    try write(Page(notebook, record: record, plotly: plotly), record: RecordFiles(notebook, record: record))
  }
}

@Suite struct PageTests {
  @Test func aPageIsThisWhole() {
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
    #expect(Page(document, record: record).html == Self.wholePage)
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
    expect(html, contains: "<figcaption>&lt;caption&gt;</figcaption>", #"aria-label="&quot;alt&quot;""#)
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
    #expect(html.contains(##"<li><a href="#it">Cell <code>it</code></a> failed: Index out of range</li>"##))
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
    let index = IndexPage([.init(name: text, title: text, description: text, status: .complete(cells: 1))], title: text).html
    for (html, scripts) in [(html, 2), (index, 1)] {
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
    let html = page([figure]).html.replacing("http://www.w3.org/2000/svg", with: "")
    for text in [html, Stylesheet.text, Script.text] {
      expect(text, lacks: "http", "url(", "@import", "\"//")
    }
  }

  private static let wholePage = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="description" content="About &amp; so on."/>
    <title>First &lt;light&gt;</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="../assets/folio.css">
    <script src="../assets/folio.js"></script>
    <script type="application/json" id="folio-notebook">{"description":"About \\u0026 so on.","name":"first-light","source":"Notebooks/first-light.md",\
    "status":{"failed":{"cells":1,"of":3}},"title":"First \\u003clight\\u003e"}</script>
    </head>
    <body>
    <a class="skip" href="#_content">Skip to the text</a>
    <header class="bar"><a class="home" href="../index.html">Notebooks</a></header>
    <div class="layout">
    <nav class="sidebar" aria-label="Contents">
    <p class="caps">Contents</p>
    <ol>
    <li class="level2"><a href="#a-sum">A sum</a></li>
    </ol>
    </nav>
    <main id="_content">
    <header class="head">
    <h1>First &lt;light&gt;</h1>
    <p class="lead">About &amp; so on.</p>
    <dl class="parameters" aria-label="Parameters"><div><dt>model</dt><dd>tiny</dd></div><div><dt>shots</dt><dd>7</dd></div>\
    </dl>
    <div class="banner">
    <p><strong>This notebook did not run through.</strong></p>
    <ul><li><a href="#cell-2">Cell <code>cell-2</code></a> failed: cannot find &#39;b&#39; in scope</li></ul>
    <p>One cell did not run.</p>
    </div>
    </header>
    <details class="contents">
    <summary>Contents</summary>
    <nav aria-label="Contents">
    <ol>
    <li class="level2"><a href="#a-sum">A sum</a></li>
    </ol>
    </nav>
    </details>
    <div class="prose">
    <p>Some <em>prose</em>.</p>
    </div>
    <h2 id="a-sum">A <code>sum</code><a class="anchor" href="#a-sum" aria-label="Link to this section">#</a></h2>
    <section class="cell" id="sum" aria-label="Cell sum">
    <div class="source"><a class="label" href="#sum">sum</a><pre class="code"><code><span class="k">let</span> a = \
    <span class="n">1</span> <span class="c">// one</span>
    print(a &lt; <span class="n">2</span>)</code></pre></div>
    <div class="outputs">
    <pre class="stdout">true</pre>
    <pre class="stderr">careful</pre>
    <pre class="value">3</pre>
    <div class="scroll table">
    <table>
    <thead><tr><th scope="col" class="text">name</th><th scope="col" class="number">n</th></tr></thead>
    <tbody>
    <tr><td class="text">a&amp;b</td><td class="number">1</td></tr>
    </tbody>
    </table>
    </div>
    <p class="progress">Generating: 26 of 26</p>
    <p class="caption">A sum.</p>
    </div>
    </section>
    <div class="listing"><pre class="code"><code>x = &quot;&lt;&quot;</code></pre></div>
    <section class="cell failed" id="cell-2" aria-label="Cell cell-2">
    <div class="source"><a class="label" href="#cell-2">cell-2</a><pre class="code"><code>b</code></pre></div>
    <div class="outputs">
    <div class="failure">
    <p class="caps">Does not compile</p>
    <div class="diagnostic error">
    <p class="message">cannot find &#39;b&#39; in scope <span class="place">Notebooks/first-light.md:26:1</span></p>
    <pre class="excerpt">b
    <span aria-hidden="true"><span class="unseen"></span>^</span></pre>
    <p class="advice">Define it.</p>
    </div>
    </div>
    </div>
    </section>
    <section class="cell not-run" id="cell-3" aria-label="Cell cell-3">
    <div class="source"><a class="label" href="#cell-3">cell-3</a><pre class="code"><code>c</code></pre></div>
    <p class="status">Not run.</p>
    </section>
    </main>
    </div>
    </body>
    </html>

    """
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
