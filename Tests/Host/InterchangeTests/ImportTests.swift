import Document
import Foundation
import Interchange
import Record
import TestSupport
import Testing

@Suite struct ImportTests {
  @Test func aNotebookBecomesProseAndCellsWithABlankLineBetweenAndNoOutputs() throws {
    let output = #", "execution_count": 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": "out"}]"#
    let text = try imported(
      notebook(
        ##"{"cell_type": "markdown", "metadata": {}, "source": ["# T\n", "\n", "a"]}"##, try cell("code", "let x = 1\nx", output),
        try cell("markdown", "\n\nb\n\n"), try cell("code", ""), try cell("markdown", " ")))
    #expect(text == "# T\n\na\n\n```swift\nlet x = 1\nx\n```\n\nb\n")
    let document = try Notebook(markdown: text, file: "n.md")
    #expect(document.title == "T")
    #expect(document.cells.map(\.source) == ["let x = 1\nx"])
  }

  @Test(arguments: [("python", "python"), ("R", "R"), ("Wolfram Language", "Wolfram-Language"), ("c`\n+", "c-+")])
  func aNotebookInAnotherLanguageIsOnlyShown(_ name: String, _ shown: String) throws {
    let name = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
    let text = try imported(notebook(try cell("code", "print(1)"), metadata: #"{"language_info": {"name": \#(name)}}"#))
    #expect(text == "```\(shown)\nprint(1)\n```\n")
    #expect(try Notebook(markdown: text, file: "n.md").cells.isEmpty)
  }

  @Test func aNotebookSaysItsLanguageInSeveralWaysOrNotAtAll() throws {
    let code = try cell("code", "1")
    #expect(try imported(notebook(code, metadata: #"{"kernelspec": {"language": "Swift"}}"#)) == "```swift\n1\n```\n")
    #expect(try imported(notebook(code, metadata: "{}")) == "```\n1\n```\n")
    let mixed = try cell("code", "1", metadata: #"{"vscode": {"languageId": "julia"}}"#)
    #expect(try imported(notebook(mixed)) == "```julia\n1\n```\n")
    let skipped = try cell("code", "1", metadata: #"{"tags": ["x", "skip-execution"]}"#)
    #expect(try imported(notebook(skipped)) == "```swift norun\n1\n```\n")
  }

  @Test func codeWithFencesHasALongerOneAroundIt() throws {
    let code = "let s = \"\"\"\n````\n```swift\n\"\"\""
    #expect(try imported(notebook(try cell("code", code))) == "`````swift\n\(code)\n`````\n")
    #expect(try imported(notebook(try cell("raw", "```\n~~~"))) == "````text\n```\n~~~\n````\n")
  }

  @Test(arguments: [
    ("```swift\n1\n```", "```swift norun\n1\n```"), ("~~~~ swift {x}\n1\n~~~~", "~~~~swift norun\n1\n~~~~"),
    ("- ```swift\n  1\n  ```", "- ```swift norun\n  1\n  ```"), ("> a\n>\n> ```swift\n> 1", "> a\n>\n> ```swift norun\n> 1"),
    ("```swift norun\n1\n```", "```swift norun\n1\n```"), ("```swiftui\n1\n```", "```swiftui\n1\n```"),
    ("````markdown\n```swift\n````", "````markdown\n```swift\n````"), ("```&#115;wift\n1\n```", "```swift norun\n1\n```"),
  ])
  func nothingRunsThatWasOnlyShown(_ prose: String, _ expected: String) throws {
    let text = try imported(notebook(try cell("markdown", prose)))
    #expect(text == expected + "\n")
    #expect(try Notebook(markdown: text, file: "n.md").cells.isEmpty)
  }

  @Test(arguments: [
    "```python\n1", "~~~~\n```", "- a\n\n  ```\n  x", "<!-- x", "<pre>\n\nx", "<script>", "<?x", "<![CDATA[ x", "<!A", "<div>",
    "> q", "a\n===",
  ])
  func cellsAreKeptApartWhateverIsLeftOpen(_ prose: String) throws {
    let text = try imported(notebook(try cell("markdown", prose), try cell("code", "1"), try cell("markdown", "# end")))
    let document = try Notebook(markdown: text, file: "n.md")
    #expect(document.cells.map(\.source) == ["1"], "\(text)")
    #expect(document.blocks.last.map { if case .heading(let heading) = $0 { heading.text == "end" } else { false } } == true)
  }

  @Test func twoListsDoNotBecomeOne() throws {
    let lists = try imported(notebook(try cell("markdown", "1. a"), try cell("markdown", "1. b"), try cell("markdown", "c")))
    #expect(lists == "1. a\n\n<!-- -->\n\n1. b\n\nc\n")
    #expect(
      try imported(notebook(try cell("markdown", "- a"), try cell("markdown", "    code"))) == "- a\n\n<!-- -->\n\n    code\n")
  }

  @Test func theNotebooksTitleIsKeptIfItsFirstHeadingDoesNotSayIt() throws {
    let metadata = #"{"title": "A: \"b\"\n", "language_info": {"name": "swift"}}"#
    let text = try imported(notebook(try cell("markdown", "# C"), metadata: metadata))
    #expect(try Notebook(markdown: text, file: "n.md").title == "A: \"b\"\n")
    #expect(text.hasSuffix("---\n\n# C\n"))
    #expect(try imported(notebook(try cell("markdown", "# C"), metadata: #"{"title": "C"}"#)) == "# C\n")
  }

  @Test func theFrontMatterMayStandInAFirstRawCell() throws {
    #expect(
      try imported(notebook(try cell("raw", "---\ntitle: x\n---\n"), try cell("code", "1")))
        == "---\ntitle: x\n---\n\n```swift\n1\n```\n")
    #expect(try imported(notebook(try cell("raw", "---\nformat: html\n---"))) == "---\nformat: html\n---\n")
    let html = try cell("raw", "<b>", metadata: #"{"raw_mimetype": "text/html"}"#)
    #expect(try imported(notebook(html)) == "```html\n<b>\n```\n")
  }

  @Test func aNotebookThatBeginsWithARuleDoesNotBeginWithAFrontMatter() throws {
    let text = try imported(notebook(try cell("markdown", "---\n\na: b\n\n---")))
    #expect(text == "\n---\n\na: b\n\n---\n")
    #expect((try? Notebook(markdown: text, file: "n.md")) != nil)
  }

  @Test func thePicturesOfItsCellsComeAlong() throws {
    let more = #", "attachments": {"a b.png": {"image/png": "QUJD\n"}}"#
    let text = try imported(notebook(try cell("markdown", "![x](attachment:a%20b.png)", more)))
    #expect(text == "![x](data:image/png;base64,QUJD)\n")
  }

  @Test func whatFolioCannotRunYetIsImportedWithWarnings() throws {
    let notebook = try JupyterImport(notebook(try cell("code", "//| eval: false\n1")), file: "n.ipynb")
    #expect(notebook.text == "```swift\n//| eval: false\n1\n```\n")
    let problems = notebook.problems(at: "n.md")
    #expect(problems.map(\.severity) == [.warning])
    #expect(problems.first?.place?.line == 2)
    #expect(try JupyterImport(Self.empty, file: "n.ipynb").problems(at: "n.md").isEmpty)
  }

  private static let empty = notebook()

  @Test(arguments: [(#"\u00e9\ud83d\ude00"#, "é😀"), (#"\ud83d x"#, "\u{FFFD} x"), (#"\/\"\\\t\b"#, "/\"\\\t\u{8}")])
  func whatJSONEscapesIsEscaped(_ written: String, _ text: String) throws {
    #expect(try imported(notebook(#"{"cell_type": "markdown", "source": "a\#(written)"}"#)) == "a\(text)\n")
  }
}

@Suite struct BadNotebookTests {
  @Test(arguments: [
    ("", 1, "this is not JSON: the file is empty"), ("# a", 1, "this is not JSON: '#' stands where a value is expected"),
    ("{\n \"a\": }", 2, "'}' stands where a value"), ("{\n\"a\" 1}", 2, "where ':' is expected"),
    ("[1\n2]", 2, "where ',' or ']'"),
    ("{\"a\": 1,}", 1, "where a name in quotes"), ("{\"a\": \"x", 1, "a text is not closed"),
    ("{\"a\": \"\n\"}", 1, "a line break"),
    ("{\"a\": \"\\x\"}", 1, "'\\' stands before"), ("[01]", 1, "a number is malformed"), ("[1.]", 1, "malformed"),
    ("[-]", 1, "malformed"),
    ("[1e]", 1, "malformed"), ("[nul]", 1, "'n' stands"), ("{}\n{}", 2, "something follows"),
    ("{", 1, "the file ends where a name"),
    (String(repeating: "[", count: 100_000), 1, "nested too deeply"), ("<<<<<<< HEAD", 1, "'<' stands"),
    ("[1]", 1, "no notebook: it is a list"), ("{}", 1, "'nbformat' is missing"),
    ("{\n\"nbformat\": \"4\"}", 2, "'nbformat' is a text"),
    ("{\n\n\"nbformat\": 3, \"worksheets\": []}", 3, "the notebook is in format 3"), ("{\"nbformat\": 5}", 1, "format 5"),
    ("{\"nbformat\": 4.5}", 1, "'nbformat' is a number"), ("{\"nbformat\": 4}", 1, "'cells' is missing"),
    ("{\"nbformat\": 4,\n\"cells\": {}}", 2, "'cells' is an object, and must be a list"),
    ("{\"nbformat\": 4, \"cells\": [],\n\"metadata\": []}", 2, "'metadata' is a list"),
    ("{\"nbformat\": 4, \"cells\": [\n1]}", 2, "'cells[0]' is a number"),
    ("{\"nbformat\": 4, \"cells\": [{}]}", 1, "'cells[0].cell_type' is missing"),
    ("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\"}]}", 1, "'cells[0].source' is missing"),
    ("{\"nbformat\": 4, \"cells\": [{\"cell_type\": 1, \"source\": \"\"}]}", 1, "'cells[0].cell_type' is a number"),
    (
      "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"sql\", \"source\": \"\"}]}", 1,
      "is 'sql', and must be markdown, code or raw"
    ),
    (
      "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\",\n\"source\": null}]}", 2,
      "'cells[0].source' is null, and must be a text or"
    ),
    (
      "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": [\n\"a\",\ntrue]}]}", 3,
      "'cells[0].source[1]' is a truth value"
    ),
    (
      "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"raw\", \"source\": \"\",\n\"metadata\": 1}]}", 2,
      "'cells[0].metadata' is a number"
    ),
  ])
  func whatIsNoNotebookIsRefusedWithItsPlace(_ text: String, _ line: Int, _ message: String) {
    let problems = problems { _ = try imported(text) }
    #expect(problems.count == (message.contains("cell_type' is missing") ? 2 : 1), "\(problems)")
    #expect(problems.first?.place?.file == "n.ipynb", "\(problems)")
    #expect(problems.first?.place?.line == line, "\(problems)")
    #expect(problems.first?.message.contains(message) == true, "\(problems)")
  }

  @Test func aRefusalTellsAllThatIsWrong() {
    let text = "{\"nbformat\": 4, \"cells\": [1,\n{\"cell_type\": \"code\"},\n{\"cell_type\": \"x\", \"source\": \"\"}]}"
    #expect(problems { _ = try imported(text) }.map { $0.place?.line } == [1, 2, 3])
  }

  @Test func whatIsNoTextOrNotThereIsNotRead() throws {
    let folder = try TestFolder()
    let path = folder.path + "/n.ipynb"
    #expect(problems { _ = try JupyterImport(contentsOf: path) }.first?.message.contains("there is no such file") == true)
    try Data([0x7B, 0x0A, 0xFF, 0x7D]).write(to: URL(fileURLWithPath: path))
    let problem = problems { _ = try JupyterImport(contentsOf: path) }.first
    #expect(problem?.message.contains("not UTF-8") == true)
    #expect(problem?.place?.line == 2)
  }
}

@Suite struct OverwritingTests {
  @Test func anExportReplacesAnExportAndNothingElse() throws {
    let folder = try TestFolder()
    let path = folder.path + "/n.ipynb"
    try InterchangeFile.check(exportTo: path)
    func isFree(_ text: String) throws -> Bool {
      try InterchangeFile(path: path, text: text).write()
      return problems { try InterchangeFile.check(exportTo: path) }.isEmpty
    }
    #expect(try isFree(try exported("# a\n")))
    let document = try Notebook(markdown: "", file: "n.md")
    #expect(try isFree(SwiftScript(document, parts: try NotebookParts("", of: document), path: "n.md").text()))
    for other in [notebook(), "# a notebook\n", "", "{", "let x = 1\n"] { #expect(try !isFree(other), "\(other)") }
  }

  @Test func anImportReplacesNothing() throws {
    let folder = try TestFolder()
    let path = folder.path + "/n.md"
    try InterchangeFile.check(importTo: path)
    try InterchangeFile(path: path, text: "").write()
    #expect(problems { try InterchangeFile.check(importTo: path) }.first?.advice?.contains("--force") == true)
  }

  @Test func theFileLiesBesideTheNotebook() {
    #expect(InterchangeFile.path(beside: "a.b/n.md", from: ".md", to: ".ipynb") == "a.b/n.ipynb")
    #expect(InterchangeFile.path(beside: "n.IPYNB", from: ".ipynb", to: ".md") == "n.md")
    #expect(InterchangeFile.path(beside: "n", from: ".md", to: ".ipynb") == "n.ipynb")
  }
}
