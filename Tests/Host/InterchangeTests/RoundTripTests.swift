import Document
import Foundation
import Interchange
import Record
import TestSupport
import Testing

@Suite struct RoundTripTests {
  private static let folder = Repository.notebooks
  private static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".md") }

  /// The same file, also if another program has read and written it meanwhile.
  private func expectSame(_ markdown: String) throws {
    let notebook: String
    do {
      notebook = try exported(markdown)
    } catch {
      Issue.record(error, "\(markdown.debugDescription)")
      return
    }
    let back = try imported(notebook)
    #expect(areSame(back, markdown), "\(back.debugDescription) of \(markdown.debugDescription)")
    let withValues = try imported(try JupyterJSON(try exported(markdown, record: record(of: markdown))).text)
    #expect(areSame(withValues, markdown), "\(withValues.debugDescription) of \(markdown.debugDescription), with values")
    let again = try imported(try JupyterJSON(notebook).text)
    #expect(areSame(again, markdown), "\(again.debugDescription) of \(markdown.debugDescription), saved again")
  }

  /// Values for all cells, in number and kind as those of inline expressions are, hard ones among them.
  private func record(of markdown: String) throws -> NotebookRecord {
    let texts = ["0.81", "-1", "a*b_c", "1. x", "", "<b>", "`", "<!-- {swift} x -->", "é e\u{301}"]
    let cells = try Notebook(markdown: markdown, file: "n.md").cells.map { cell in
      CellRecord(
        id: cell.id, outcome: .succeeded,
        outputs: cell.expressions.indices.map { .value(texts[(cell.number + $0) % texts.count]) })
    }
    return NotebookRecord(notebook: "n", cells: cells)
  }

  @Test(arguments: names) func eachShippedNotebookIsTheSameFile(_ name: String) throws {
    let markdown = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
    try expectSame(markdown)
    let document = try Notebook(markdown: markdown, file: name)
    let record = NotebookRecord(
      notebook: document.name,
      cells: document.cells.map {
        CellRecord(
          id: $0.id, outcome: .succeeded,
          outputs: [.text(.standardOutput, "```\n"), .value("\($0.number)"), .table(Table(columns: [.init("a")], rows: [["1"]]))])
      })
    #expect(areSame(try imported(try exported(markdown, record: record)), markdown))
  }

  @Test func thereAreNotebooksToTestThatWith() { #expect(Self.names.count >= 5) }

  @Test(arguments: [
    "", "\n", "\n\n \n", "text", "text\n", "text\n\n\n", "\n\ntext  \n", "```swift\n1\n```", "```swift\n1\n```\n",
    "\n```swift\n1\n```\n\n",
    "```swift\n```\n", "```swift\n\n```\n", "```swift\n\n\n```\n", "```swift\n  \n```", "```swift\n1\n```\n```swift\n2\n```\n",
    "```swift\n1\n```\n\n\n\n```swift\n2\n```\n", "text\n```swift\n1\n```\ntext\n", "text\n \n\t\n```swift\n1\n```\n",
    "~~~swift\n1\n~~~\n", "~~~~ swift  \n```\n~~~\n~~~~~  \n", "````swift\n\"\"\"\n```\n\"\"\"\n````\n", "``` swift\n1\n ```\n",
    "   ```swift\n   let x = 1\n     x\n\n   ```\n", "  ```swift\n x\n\ty\n   z\n```\n", "```swift\n1", "```swift",
    "```swift\n1\n\n\n",
    "# a\n```swift\nlet s = \"\"\"\n````\n```````\n\"\"\"\n```\n", "~~~swift\n1\n",
    "```swift\n//| label: a-b\n//| caption: \"x: y\"\n//|   \n\n1\n```\n", "```swift\n//| fold: true\n```\n",
    "```swift norun\nlet = 3\n```\n", "```python\nprint(1)\n```\n\n~~~\n```swift\n~~~\n",
    "````markdown\n```swift\n1\n```\n````\n",
    "> ```swift norun\n> 1\n> ```\n\n- a\n\n  ```swift norun\n  1\n  ```\n- b\n```swift\n1\n```\n  - c\n",
    "<!--\n```swift\nnot a cell\n```\n-->\n\n```swift\n1\n```\n", "<pre>\n```swift\n</pre>\n",
    "<div>\n\n```swift\n1\n```\n\n</div>\n",
    "<!-- never closed\n\n```swift\n", "    indented\n\n    ```swift\n    code\n\n```swift\n1\n```\n\n    indented\n",
    "1. a\n2. b\n\n```swift\n1\n```\n3. c\n", "a\n===\nb\n---\n\n---\n\n```swift\n1\n```\n***\n",
    "[a]: /b\n\n[a]\n```swift\n1\n```\n[a]\n",
    "---\n---\n", "---\n---", "---\ntitle: x\n---\ntext", "---\ntitle: x\n---\n```swift\n1\n```",
    "---\n# comment: \"quoted\"\ntitle:   'x'   # why\n\nparams: {a: 1, b: [x, \"y`z\"]}\n---   \n\n\n# x\n\ntext\n",
    "\u{FEFF}---\ntitle: x\n---\n\ntext\n", "\u{FEFF}# x\n", "\u{FEFF}\n```swift\n1\n```\n", "\u{FEFF}",
    "---\r\ntitle: x\r\n---\r\n\r\n# x\r\n\r\n```swift\r\n1\r\n```\r\n",
    "a\r\n\r\n```swift\r\n//| label: x\r\nlet s = 1\r\n```", "a\r\n",
    "a\r\nb\n\n```swift\r\n1\n2\r\n```\n\r\nc\r\n", "a\rb\r\r```swift\r1\r```\r", "---\r\ntitle: x\n---\r\na\n",
    "a\n\r\n\n\r```swift\n1\r\n```",
    "é e\u{301} 👩‍👧 \u{2028} \u{85} \u{202E}\n\n```swift\nlet é = \"e\u{301}\u{2028}\"\n```\n",
    "\u{301}\n```swift\n\u{301}\n```\n\u{301}\n",
    "a\u{0}b\n\n```swift\nlet s = \"\u{0}\"\n```\n", "a\u{1F}\u{7F}\u{B}\u{C}\n\n```swift\n\u{C}\n```\n", "\\ \" \t / \u{8}\n",
    "# prose-1\n\n```swift\n//| label: prose-1\n1\n```\n\ntext\n\n```swift\n//| label: title\n1\n```\n",
    "```swift\n//| label: \(String(repeating: "a", count: 90))\n1\n```\n```swift\n//| label: \(String(repeating: "a", count: 91))\n1\n```\n",
    "`{swift} a` is `{swift} a`, and\n`{swift} b + 1`\n", "# H `{swift}  a `\n\n- `` {swift} a ``\n- `{swift} c--`\n",
    "---\ntitle: x\n---\n`{swift} é`e\u{301} `{swift} norun a` `{swift} a\nb`\n",
    "`{swift} x` <!-- {swift} x --> `{swift} x`\r\n",
    "----\nx\n", "---x\ny\n", "---a: b\n---\n", "-----\n```swift\n1\n```\n", "[a][p]\n\n```swift\n1\n```\n\n[p]: /x\n",
    "[p]: /x\n```swift\n1\n```\n[p]: /y\n[p]",
    "[a]\n```swift\n1\n```\n<!-- x\n```swift\n[a]: /x\n-->\n[a]: /z", "[a][b]\r\n```swift\r\n1\r\n```\r\n[b]: <c d> 'e'\r\n",
    "`{swift} x` [a]\n```swift\n1\n```\n[a]: /b \"`{swift} x`\"\n",
    "> [a]\n```swift\n1\n```\n- [A]: /x\n\n```python\n[a]\n```\n", "    [a]\n```swift\n1\n```\n[a]: /x\n<div>\n[a]",
    "```swift\n//| label: 注意-é\n1\n```\n```swift\n//| label: \(String(repeating: "注", count: 90))\n1\n```\n",
    "***\na\n***\n", "text\n```swift\n1\n```\n<!-- c -->\n```swift\n2\n```\n", "```swift\n/*\n```\n\n```swift\n*/\n```\n",
  ])
  func aNotebookIsTheSameFileWhateverIsInIt(_ markdown: String) throws { try expectSame(markdown) }

  /// Notebooks of pieces that do not go well together; those that Folio refuses are no notebooks.
  @Test(arguments: 0..<8) func aNotebookIsTheSameFileHoweverItsPiecesMeet(_ seed: UInt64) throws {
    let pieces = [
      "text", "text  ", "# h", "- a", "  - b", "1. c", "> q", "    code", "---", "***", "===", "<div>", "</div>", "<!--", "-->",
      "",
      " ", "\t", "```", "````", "~~~", "```swift", "```swift", "```swift", " ```swift", "~~~swift", "``` swift ",
      "```swift norun", "```python",
      "   ```", "  ~~~", "//| label: a", "//| fold: true", "let x = \"```\"", "\u{301}", "é", "[a]: /b", "[a]: /c 'd'", "[a]",
      "[x][a]", "----", "---x", "title: x",
      "> ```swift norun", "`{swift} x`", "a `{swift} x` <!-- {swift} x -->",
    ]
    var generator = SeededGenerator(seed: seed &+ 1)
    var count = 0
    for _ in 0..<1500 {
      let ends = [["\n"], ["\n"], ["\r\n"], ["\n", "\r\n", "\r"]].randomElement(using: &generator)!
      let length = Int.random(in: 0...14, using: &generator)
      let lines = (0..<length).map { _ in pieces.randomElement(using: &generator)! + ends.randomElement(using: &generator)! }
      let text = Bool.random(using: &generator) ? lines.joined() : lines.joined() + "end"
      guard (try? Notebook(markdown: text, file: "n.md")) != nil else { continue }
      try expectSame(text)
      count += 1
    }
    #expect(count > 200)
  }
}

@Suite struct EditedTests {
  private func edited(_ markdown: String, _ edit: (inout JupyterJSON) -> Void) throws -> String {
    var notebook = try JupyterJSON(try exported(markdown))
    edit(&notebook)
    return try imported(try notebook.text)
  }

  @Test func anEditedCellKeepsTheFenceThatItsAuthorChose() throws {
    let text = try edited("~~~swift\n1\n~~~\n\n\n\ntext\n") { $0.cells[0]["source"] = "2" }
    #expect(text == "~~~swift\n2\n~~~\n\n\n\ntext\n")
  }

  @Test func anEditedCellGetsAnotherFenceWhereTheNewCodeWouldCloseTheOldOne() throws {
    #expect(
      try edited("~~~swift\n1\n~~~\n") { $0.cells[0]["source"] = "\"\"\"\n~~~\n\"\"\"" } == "```swift\n\"\"\"\n~~~\n\"\"\"\n```\n"
    )
    #expect(try edited("```swift\n1\n```\n") { $0.cells[0]["source"] = "```" } == "````swift\n```\n````\n")
  }

  @Test func theRestIsKeptByteByByte() throws {
    let text = try edited("---\r\ntitle: x # y\r\n---\r\na\r\n\r\n```swift\r\n1\r\n```\r\n\r\n\r\nb") {
      $0.cells[1]["source"] = "A\nB"
    }
    #expect(areSame(text, "---\r\ntitle: x # y\r\n---\r\nA\r\nB\r\n\r\n```swift\r\n1\r\n```\r\n\r\n\r\nb"))
  }

  @Test func anExactCopyIsNotTakenForWhatWasEdited() throws {
    let text = try edited("```swift\n\n```\n\na\rb\n") {
      $0.cells[0]["source"] = "2"
      $0.cells[1]["source"] = "c"
    }
    #expect(text == "```swift\n2\n```\n\nc\n")
  }

  @Test func codeThatEndedWithTheFileEndsWhenSomethingFollowsIt() throws {
    let added: [String: Any] = ["cell_type": "markdown", "metadata": [String: String](), "source": "more"]
    #expect(try edited("```swift\n1") { $0.cells.append(added) } == "```swift\n1\n```\n\nmore")
    #expect(try edited("~~~python\n1\n") { $0.cells.append(added) } == "~~~python\n1\n~~~\n\nmore\n")
    #expect(try edited("<!-- x\n") { $0.cells.append(added) } == "<!-- x\n-->\n\nmore\n")
  }

  @Test func theExpressionsOfShownValuesAreKeptWhereverTheyWereMovedTo() throws {
    let markdown = "There are `{swift} n` heads of `{swift} all.count`, best `{swift} best`.\n"
    let values: [Output] = [.value("3"), .value("144"), .value("L1H2")]
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "inline-1", outcome: .succeeded, outputs: values)])
    var notebook = try JupyterJSON(try exported(markdown, record: record))
    #expect(
      notebook.source(0)
        == "There are 3<!-- {swift} n --> heads of 144<!-- {swift} all.count -->, best L1H2<!-- {swift} best -->.")
    notebook.cells[0]["source"] = "Of 144<!-- {swift} all.count --> heads 3<!-- {swift} n -->; L5H2<!-- {swift} best -->"
    #expect(try imported(try notebook.text) == "Of `{swift} all.count` heads `{swift} n`; L5H2\n")
  }

  @Test func cellsStandWhereTheyWereMovedTo() throws {
    let text = try edited("a\n```swift\n1\n```\nb\n```swift\n2\n```\n") {
      $0.cells = [$0.cells[2], $0.cells[0], $0.cells[3], $0.cells[1]]
    }
    let document = try Notebook(markdown: text, file: "n.md")
    #expect(document.cells.map(\.source) == ["2", "1"])
    #expect(text.contains("b\n\na\n"))
  }

  @Test func nothingIsLostOfATitleThatWasWrittenAnew() throws {
    let markdown = "---\ntitle: old\n---\n\ntext\n"
    let text = try edited(markdown) { $0.cells[0]["source"] = "# new" }
    #expect(text == "---\ntitle: old\n---\n\n# new\n\ntext\n")
    #expect(try edited(markdown) { $0.cells.removeFirst() } == markdown)
  }

  @Test func aFrontMatterOrSpacesThatAreNoneAreNotKept() throws {
    let text = try edited("---\ntitle: old\n---\n\n\ntext\n\n") { notebook in
      notebook.cells.removeFirst()
      notebook.cells[0]["metadata"] = ["folio": ["before": "```swift\n"]]
      notebook.json["metadata"] = ["folio": ["frontMatter": "---\nno end", "end": "x", "lineEnd": "y"]]
    }
    #expect(text == "text\n")
  }
}
