import Document
import Figures
import Foundation
import Interchange
import Record
import TestSupport
import Testing

@Suite struct JupyterNotebookTests {
  private func outputs(_ outputs: [Output], options: String = "", outcome: CellRecord.Outcome = .succeeded) throws -> JupyterJSON
  {
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "cell-1", outcome: outcome, outputs: outputs)])
    return try JupyterJSON(try exported("```swift\n\(options)1\n```\n", record: record))
  }

  private func data(_ output: [String: Any]?, _ type: String) -> String {
    ((output?["data"] as? [String: Any])?[type] as? [String] ?? []).joined()
  }

  @Test func itHasWhatTheFormatAsksFor() throws {
    let markdown =
      "---\ntitle: T\n---\n\na\n\n```swift\n//| label: prose-1\n1\n```\nb\n```swift\n//| label: title\n2\n```\n```swift\n//| label: \(String(repeating: "a", count: 90))\n3\n```\n"
    let notebook = try JupyterJSON(try exported(markdown))
    #expect(notebook.json["nbformat"] as? Int == 4)
    #expect(notebook.json["nbformat_minor"] as? Int == 5)
    let ids = notebook.cells.compactMap { $0["id"] as? String }
    #expect(ids.count == 6)
    #expect(Set(ids).count == 6)
    #expect(ids.allSatisfy { $0.wholeMatch(of: /[a-zA-Z0-9_-]{1,64}/) != nil })
    for cell in notebook.cells {
      #expect(cell["metadata"] is [String: Any])
      #expect(cell["source"] is [String])
      let isCode = cell["cell_type"] as? String == "code"
      #expect(Set(cell.keys) == Set(["cell_type", "id", "metadata", "source"] + (isCode ? ["execution_count", "outputs"] : [])))
      #expect(isCode || cell["cell_type"] as? String == "markdown")
    }
    let metadata = try #require(notebook.json["metadata"] as? [String: Any])
    #expect((metadata["kernelspec"] as? [String: String])?["name"] == "swift")
    #expect(metadata["title"] as? String == "T")
    #expect((metadata["language_info"] as? [String: String])?["name"] == "swift")
    #expect((metadata["folio"] as? [String: String]) == ["frontMatter": "---\ntitle: T\n---"])
  }

  @Test func itBeginsWithTitleDescriptionAndParametersWhereTheProseDoesNotSayThem() throws {
    let front = "---\ntitle: A *b* $c$\ndescription: d_e\nparams: {n: 1, s: \"x`y\"}\n---\n"
    let notebook = try JupyterJSON(try exported(front + "text\n"))
    #expect(notebook.source(0) == "# A \\*b\\* \\$c\\$\n\nd\\_e\n\nParameters: `n = 1`, ``` s = \"x`y\" ```")
    #expect(notebook.source(1) == "text")
    #expect(try JupyterJSON(try exported("---\ntitle: A\n---\n# A\n")).source(0) == "# A")
    #expect(try JupyterJSON(try exported("---\ntitle: A\n---\n# B\n")).source(0) == "# A")
    #expect(try JupyterJSON(try exported("# B\n")).cells.count == 1)
    #expect(try JupyterJSON(try exported("---\ntitle: 1. x\ndescription: '- y'\n---\n")).source(0) == "# 1\\. x\n\n\\- y")
  }

  @Test func itHasTheValuesWithWhichItRan() throws {
    let markdown = "---\nparams: {n: 1}\n---\n"
    let document = try Notebook(markdown: markdown, file: "n.md").applying(overrides: [("n", "7")])
    let text = JupyterNotebook(document, parts: try NotebookParts(markdown, of: document), record: nil).text()
    #expect(try JupyterJSON(text).source(0) == "Parameters: `n = 7`")
    #expect(try imported(text) == markdown)
  }

  @Test func itSaysWhereItsNumbersWereMadeAndComesBackWithoutThat() throws {
    let markdown = "---\ndevice: cuda:1\n---\n\ntext\n"
    let text = try exported(markdown, record: NotebookRecord(notebook: "n", device: "NVIDIA A100-SXM4*", cells: []))
    #expect(try JupyterJSON(text).source(0) == "Models computed on NVIDIA A100-SXM4\\*.")
    #expect(try imported(text) == markdown)
    #expect(try JupyterJSON(try exported(markdown)).source(0) == "text")
  }

  @Test func itKeepsCodeAndOptionsAsTheyAreAndSaysWhatIsHidden() throws {
    let markdown = "```swift\n//| echo: false\n//| output: false\n//| expect: error\nlet x = \"\\n\"\n```\n"
    let notebook = try JupyterJSON(try exported(markdown))
    #expect(notebook.source(0) == "//| echo: false\n//| output: false\n//| expect: error\nlet x = \"\\n\"")
    let metadata = try #require(notebook.cells[0]["metadata"] as? [String: Any])
    #expect((metadata["jupyter"] as? [String: Bool]) == ["source_hidden": true, "outputs_hidden": true])
    #expect(metadata["tags"] as? [String] == ["raises-exception"])
    #expect(metadata["folio"] == nil)
    #expect(notebook.cells[0]["execution_count"] is NSNull)
    #expect(notebook.outputs.isEmpty)
  }

  @Test func itHasWhatACellPrintedAsStreamsInOrder() throws {
    let notebook = try outputs([.text(.standardOutput, "a\nb"), .text(.standardError, "\u{1B}[31mc"), .value("3")])
    #expect(notebook.outputs.map { $0["name"] as? String } == ["stdout", "stderr", nil])
    #expect(notebook.outputs[0]["text"] as? [String] == ["a\n", "b"])
    #expect(notebook.outputs[1]["text"] as? [String] == ["\u{1B}[31mc"])
    #expect(data(notebook.outputs[2], "text/plain") == "3")
    #expect(notebook.outputs[2]["output_type"] as? String == "display_data")
    #expect(notebook.cells[0]["execution_count"] as? Int == 1)
  }

  @Test func tablesAreHTMLThatStandsAloneTextAndCSV() throws {
    let table = Table(columns: [.init("<a>"), .init("n", isNumeric: true)], rows: [["x,y", "1"]])
    let output = try outputs([.table(table)]).outputs.first
    let html = data(output, "text/html")
    expect(html, contains: "<td style=\"text-align:right\">1</td>", "&lt;a&gt;")
    expect(html, lacks: "class=")
    #expect(data(output, "text/plain") == table.plainText)
    #expect(data(output, "text/csv") == "<a>,n\n\"x,y\",1\n")
  }

  @Test func figuresAreADrawingDataForPlotlyAndWords() throws {
    let figure = Figure(Heatmap([[1.0, -2.5]], title: "H"))
    let output = try outputs([.figure(FigureOutput(plotly: figure.plotlyJSON))]).outputs.first
    #expect(areSame(data(output, "image/svg+xml"), figure.svg()))
    #expect(data(output, "text/plain") == figure.altText)
    let plotly = try #require((output?["data"] as? [String: Any])?["application/vnd.plotly.v1+json"] as? NSDictionary)
    let own = try JSONSerialization.jsonObject(with: Data(figure.plotlyJSON.utf8)) as? NSDictionary
    #expect(plotly == own)
    let described = try outputs([.figure(FigureOutput(plotly: figure.plotlyJSON))], options: "//| alt: my words\n").outputs.first
    #expect(data(described, "text/plain") == "my words")
    #expect(data(described, "image/svg+xml").contains("aria-label=\"my words\""))
    #expect(data(try outputs([.figure(FigureOutput(plotly: "{}}"))]).outputs.first, "text/plain").isEmpty == false)
  }

  @Test func theCaptionStandsBelowTheLastFigureOrBelowTheRestWhereThereIsNone() throws {
    let figure = Output.figure(FigureOutput(plotly: Figure(Heatmap([[1.0]])).plotlyJSON))
    let options = "//| caption: a < b\n"
    let both = try outputs([figure, .value("1")], options: options).outputs
    try #require(both.count == 3)
    #expect(data(both[1], "text/html") == "<p><em>a &lt; b</em></p>")
    #expect(data(both[1], "text/plain") == "a < b")
    #expect(data(try outputs([.value("1")], options: options).outputs.last, "text/plain") == "a < b")
    #expect(try outputs([], options: options).outputs.isEmpty)
  }

  @Test func colouredTokensKeepTheirColoursAndProgressIsText() throws {
    let tokens = ColoredTokens(title: "AtP", tokens: ["Fae", " <is>"], values: [1, nil], limit: 1)
    let outputs = try outputs([.tokens(tokens), .progress(ProgressOutput(title: "Generating", completed: 2, total: 3))]).outputs
    let html = data(outputs.first, "text/html")
    expect(html, contains: "background:#053061;color:#fff\">Fae", " &lt;is&gt;", "white-space:pre-wrap")
    #expect(data(outputs.first, "text/plain") == tokens.plainText)
    #expect(data(outputs.last, "text/plain") == "Generating: 2 of 3")
  }

  @Test func picturesMarkdownAndHTMLKeepTheirForms() throws {
    let picture = try #require(PictureOutput(Data([0xFF, 0xD8, 0xFF]), alt: "A dot"))
    let drawing = try #require(PictureOutput(Data("<svg></svg>".utf8)))
    let outputs = try outputs([
      .picture(picture), .picture(drawing), .markdown(MarkdownOutput("*a*")), .html(HTMLOutput("<p>b</p>")),
    ]).outputs
    try #require(outputs.count == 4)
    #expect(data(outputs[0], "image/jpeg") == "/9j/")
    #expect(data(outputs[0], "text/plain") == "A dot")
    #expect(data(outputs[1], "image/svg+xml") == "<svg></svg>")
    #expect(data(outputs[2], "text/markdown") == "*a*")
    #expect(data(outputs[3], "text/html") == "<p>b</p>")
  }

  @Test func errorsHaveTheirPlaceAlsoWhereOutputsAreHidden() throws {
    let diagnostic = Diagnostic(at: Place(file: "n.md", line: 2, column: 3), "no such thing", advice: "Try.", excerpt: "x = y")
    let error = Output.error(CellError(kind: .compile, diagnostics: [diagnostic]))
    let outputs = try outputs([.value("1"), error], options: "//| output: false\n", outcome: .failed).outputs
    try #require(outputs.count == 1)
    #expect(outputs[0]["output_type"] as? String == "error")
    #expect(outputs[0]["ename"] as? String == "Does not compile")
    #expect(outputs[0]["evalue"] as? String == "no such thing")
    #expect(outputs[0]["traceback"] as? [String] == ["n.md:2:3: error: no such thing", "x = y", "  ^", "Try."])
  }

  @Test func aCellThatDidNotRunHasNoNumber() throws {
    #expect(try outputs([], outcome: .notRun).cells[0]["execution_count"] is NSNull)
  }

  @Test func itIsNotMadeOfAFileThatChangedMeanwhile() throws {
    let document = try Notebook(markdown: "```swift\n1\n```\n", file: "n.md")
    for other in ["", "```swift\n2\n```\n", "```swift\n1\n```\n```swift\n1\n```\n"] {
      #expect(problems { _ = try NotebookParts(other, of: document) }.first?.message == "n.md changed while it was read")
    }
  }
}

@Suite struct SwiftScriptTests {
  private func script(_ markdown: String, file: String = "Notebooks/n.md") throws -> String {
    let document = try Notebook(markdown: markdown, file: file)
    return SwiftScript(document, parts: try NotebookParts(markdown, of: document), path: "/project/\(file)").text()
  }

  @Test func aScriptComputesWhereTheNotebookDoesUnlessItsEnvironmentSaysOtherwise() throws {
    let line = "setenv(\"FOLIO_DEVICE\", \"cuda:1\", 0)"
    #expect(try script("---\ndevice: cuda:1\n---\n").contains("import FolioKit\n\n\(line)\n"))
    #expect(try !script("text\n").contains("FOLIO_DEVICE"))
    let document = try Notebook(markdown: "---\ndevice: cpu\n---\n", file: "n.md")
    let parts = try NotebookParts("---\ndevice: cpu\n---\n", of: document)
    #expect(SwiftScript(document, parts: parts, path: "/n.md", device: .cuda(1)).text().contains(line))
  }

  @Test func aScriptHasCellsAtTheirLinesProseAsCommentsAndParametersAsAValue() throws {
    let markdown = """
      ---
      title: T
      params: {n: 1, x: .inf, names: [a, "b\\"c"], none: []}
      ---
      # Prose

      more
      ```swift
      //| label: first
      let a = params.n
      ```
      ```swift norun
      not = run
      ```
      ~~~swift
      a
      ~~~
      """
    try expect(try script(markdown), isSnapshot: "script.txt")
  }

  @Test func aScriptHoldsNoCellThatIsMeantToFailAndNothingThatLeavesAComment() throws {
    let text = try script("a\rlet x = 1\r\n*/ b\n```swift\n//| expect: error\nlet = 3\n```\n", file: "a\nb.md")
    let code = text.split(separator: "\n").filter { !$0.hasPrefix("//") }
    #expect(code == ["import FolioKit"])
    #expect(text.contains("// a b.md:6  cell-1  (meant to fail)\n// //| expect: error\n// let = 3\n"))
  }
}
