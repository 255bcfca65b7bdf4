import Document
import Foundation
import Interchange
import Record
import TestSupport
import Testing

/// In Jupyter each Markdown cell has link definitions of its own; in a file all prose shares them.
@Suite struct LinkTests {
  /// What the prose of a notebook looks like on its page, and what its cells look like one by one.
  private func pages(_ cells: [String]) throws -> (whole: String, parts: String, text: String) {
    let text = try imported(notebook(cells.map { try cell("markdown", $0) }.joined(separator: ",")))
    func html(_ markdown: String) -> String { LinkDefinition.html(markdown).replacing("<!-- -->\n", with: "") }
    return (html(text), cells.map { html($0) }.joined(), text)
  }

  @Test(arguments: [
    ["[one][1]\n\n[1]: https://e.org/a", "[two][1]\n\n[1]: https://e.org/b"],
    ["[1]\n\n[1]: /a", "[1]\n\n[1]: /b", "[1]\n\n[1]: /c \"t\"", "[1]\n\n[1]: /a"],
    ["[x] ![p][X] [X][]\n\n[x]: </a b> 'it''s \"q\"'", "[ x ] `[x]` \\[x]\n\n    [x]\n\n> [X]: /b?c&d"],
    ["see [1]", "[a][1]\n\n[1]: /a"],
    ["[a][1]\n\n[1]: /a", "see [1], [2]: x"], ["[1-2]", "[1]\n\n[1]: /a", "[1]\n\n[1]: /b"],
    ["- [a]\n\n  [a]: /a\n- b", "[a]: /b\n\n[A]"],
    ["[a]: /a", "[a]: /b", "[a]"], ["[![x][i]][l]\n\n[i]: a.png\n[l]: /l", "[![x][i]][l]\n\n[i]: b.png\n[l]: /m"],
    ["[a\nb]\n\n[a b]: /1", "[a b]\n\n[a\nb]: /2"],
    ["```\n[1]: /a\n```", "[1]\n\n[1]: /b", "[1]"], ["[é]: /a\n\n[é]", "[E\u{301}]: /b\n\n[é]"],
    ["[1]: <>\n\n[1]", "[1]: /\n\n[1]"], ["a [ b\n\n[x]: /1", "[x]: /2\n\n[x]:"],
  ])
  func linkDefinitionsOfSeveralCellsLeadWhereTheyLed(_ cells: [String]) throws {
    let (whole, parts, text) = try pages(cells)
    #expect(areSame(whole, parts), "\(text)")
  }

  @Test func linkDefinitionsThatSayTheSameInAllCellsStayAsTheyAre() throws {
    #expect(try pages(["[1]\n\n[1]: /a", "[1]\n\n[1]: /a", "text"]).text == "[1]\n\n[1]: /a\n\n[1]\n\n[1]: /a\n\ntext\n")
  }

  /// Cells of pieces that share labels by chance.
  @Test(arguments: 0..<4) func linkDefinitionsOfRandomCellsLeadWhereTheyLed(_ seed: UInt64) throws {
    let pieces = [
      "[1]", "[a][1]", "[1][]", "![p][2]", "[2]: /x", "[1]: /a", "[1]: /b 't'", "[2]: <c d>", "> [1]: /q", "- [1]", "`[1]`",
      "[1]:", "\\[1]", "text", "", "", "# [2]", "    [1]", "[x](y)[1]",
      "[1 ]", "[1-2]", "[[1]]", "[2]: /z", "*[1]*", "[a [1] b][2]",
    ]
    var generator = SeededGenerator(seed: seed &+ 77)
    for _ in 0..<300 {
      let cells = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        (0..<Int.random(in: 1...5, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined(
          separator: "\n")
      }
      // Blocks that meet, as two lists, look otherwise for another reason.
      let (whole, parts, text) = try pages(cells)
      #expect(areSame(whole, parts), "\(cells) became\n\(text)")
    }
  }

  @Test(arguments: [
    (
      "See [the paper][p].\n\n```swift\n1\n```\n\nMore.\n\n[p]: https://e.org/p\n",
      ["See [the paper][p].\n\n[p]: https://e.org/p", "More.\n\n[p]: https://e.org/p"]
    ),
    ("[p]: /a\n\n```swift\n1\n```\n[p]: /b\n[P]\n", ["[p]: /a", "[p]: /a\n\n[p]: /b\n[P]"]),
    (
      "a\n```swift\n1\n```\n[p]: <a b> \"c \\\" d\"\n```swift\n2\n```\n![q][p] [no]",
      ["a", "[p]: <a b> \"c \\\" d\"", "![q][p] [no]\n\n[p]: <a b> \"c \\\" d\""]
    ),
    (
      "[a] [b]\n```swift\n1\n```\n> [b]: /b\n\n- [a]: /a\n- [c]: /c\n",
      ["[a] [b]\n\n[b]: /b\n[a]: /a", "> [b]: /b\n\n- [a]: /a\n- [c]: /c"]
    ),
  ])
  func linkDefinitionsGoToEachCellThatUsesThemAndNotBack(_ markdown: String, _ sources: [String]) throws {
    let notebook = try JupyterJSON(try exported(markdown))
    let prose = notebook.cells.indices.filter { notebook.cells[$0]["cell_type"] as? String == "markdown" }.map(notebook.source)
    #expect(prose == sources)
    #expect(areSame(try imported(try notebook.text), markdown))
  }

  @Test func linkDefinitionsThatWereEditedInJupyterAreThoseOfTheNewText() throws {
    let markdown = "[a][p]\n\n```swift\n1\n```\n\n[p]: /a\n"
    var notebook = try JupyterJSON(try exported(markdown))
    notebook.cells[0]["source"] = "[b][p]\n\n[p]: /b"
    #expect(try imported(try notebook.text) == "[b][p]\n\n[p]: /b\n\n```swift\n1\n```\n\n[p]: /a\n")
    // Without the cell that has the definition, the one that uses it keeps it.
    notebook = try JupyterJSON(try exported(markdown))
    notebook.cells.removeLast()
    #expect(try imported(try notebook.text) == "[a][p]\n\n[p]: /a\n\n```swift\n1\n```\n")
  }

  @Test(arguments: [
    "/a", "<>", "<a b>", "<a\\<b\\>c>", "a&amp;b", "a\\(b", "(a)", "é", "a\\\\b", "<a&amp;b> 'x \"y\" \\\\ z'", "/a \"x\ny\"",
    "#f", "a%20b",
  ])
  func linkDefinitionsAreWrittenAsTheyAreRead(_ destination: String) throws {
    let definition = try #require(LinkDefinition.all(in: "[l]: \(destination)\n").first)
    #expect(LinkDefinition.all(in: definition.text) == [definition])
  }
}

@Suite struct ForeignProseTests {
  @Test(
    arguments: [
      ("One writes `{swift} print(1)` for it.", "One writes `{swift norun} print(1)` for it."),
      ("`` {swift} ` `` *`{swift} a`* `{swift}`", "`` {swift norun} ` `` *`{swift norun} a`* `{swift norun}`"),
      ("`{swift}\na` b", "`{swift norun}\na` b"),
      ("# `{swift} a`\n\n- `{swift} b`\n\n> `{swift} c`", "# `{swift norun} a`\n\n- `{swift norun} b`\n\n> `{swift norun} c`"),
      ("```\n`{swift} a`\n```\n\n`{swift} a`", "```\n`{swift} a`\n```\n\n`{swift norun} a`"),
      ("`{swift norun} a` {swift} \\`{swift} b`", "`{swift norun} a` {swift} \\`{swift} b`"),
      ("0.81<!-- {swift} score -->", "0.81<!-- {swift} score -->"), ("```Swift\n1\n```", "```swift norun\n1\n```"),
      ("~~~{swift}\n1\n~~~", "~~~swift norun\n1\n~~~"),
      ("- ```swift,ignore\n  1\n  ```", "- ```swift norun\n  1\n  ```"),
      ("{swift}`{swift} é`{swift}", "{swift}`{swift norun} é`{swift}"),
      ("<div>\n```swift\n1\n```\n~~~{swift}\n</div>", "<div>\n```swift norun\n1\n```\n~~~swift norun\n</div>"),
    ],
    ["python", "swift"])
  func foreignProseNeverRuns(_ prose: (String, String), _ language: String) throws {
    let metadata = #"{"folio": {"values": {"score": ["0.81"]}, "exact": "```swift\n1\n```"}}"#
    let text = try imported(
      notebook(try cell("markdown", prose.0, metadata: metadata), metadata: #"{"language_info": {"name": "\#(language)"}}"#))
    #expect(text == prose.1 + "\n")
    #expect(try Notebook(markdown: text, file: "n.md").cells.isEmpty)
  }

  @Test(arguments: 0..<4) func foreignProseDoesNotRunHoweverItsPiecesMeet(_ seed: UInt64) throws {
    let pieces = [
      "`{swift} a`", "`` {swift} b ``", "{swift}", "`", "``", "```swift", "```", "~~~{swift}", "~~~", "- a", "> b", "<!--", "-->",
      "<div>", "", "", "    c", "  ", "\\", "`{swift", "} d`", "[x]: /y",
      "---", "title: x", "//| label: a",
    ]
    var generator = SeededGenerator(seed: seed &+ 5)
    for _ in 0..<400 {
      let cells = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        (0..<Int.random(in: 1...6, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined(
          separator: "\n")
      }
      let text = try imported(notebook(try cells.map { try cell("markdown", $0) }.joined(separator: ",")))
      // A file that is refused runs nothing either.
      let document = try? Notebook(markdown: text, file: "n.md")
      #expect(document?.cells.isEmpty ?? true, "\(cells) became\n\(text)")
      #expect(document?.frontMatter.title == nil)
    }
  }

  @Test(arguments: [
    ("----\nx", ""), ("---x\ny", ""), ("---\ntitle: x\n---", "\n"), ("---", "\n"), ("---  \nfoo", "\n"),
    ("\u{FEFF}---\na", "\n"), ("--", ""),
  ])
  func foreignProseBeginsNoFrontMatterAndIsNotMovedWhereItWouldNot(_ prose: String, _ before: String) throws {
    #expect(areSame(try imported(notebook(try cell("markdown", prose))), before + prose + "\n"))
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity", "1e999", "[NaN, -1]"])
  func numbersThatJSONHasNotMayStandInItAsPythonWritesThem(_ number: String) throws {
    let metadata = #"{"language_info": {"name": "swift"}, "x": \#(number)}"#
    #expect(try imported(notebook(try cell("code", "1"), metadata: metadata)) == "```swift\n1\n```\n")
    let problem = problems { _ = try imported("{\"x\": \(number),\n\"nbformat\": 3}") }.first
    #expect(problem?.place?.line == 2)
  }

  @Test(arguments: ["nan", "NAN", "Inf", "-Inf", "+1", "--Infinity", "Nan"]) func whatPythonDoesNotWriteIsNoNumber(
    _ number: String
  ) {
    #expect(
      problems { _ = try imported(notebook(metadata: "{\"x\": \(number)}")) }.first?.message.hasPrefix("this is not JSON") == true
    )
  }

  @Test(arguments: [
    ("![x](attachment:a.png)", "![x](data:image/png;base64,QUJD)"),
    ("<img src=\"attachment:a.png\">", "<img src=\"data:image/png;base64,QUJD\">"),
    ("![x][r]\n\n[r]: attachment:a.png", "![x][r]\n\n[r]: data:image/png;base64,QUJD"),
    ("attachment:a.png", "attachment:a.png"), ("![x](<attachment:a.png>)", "![x](<data:image/png;base64,QUJD>)"),
  ])
  func attachmentsComeAlongByWhateverNameAndInWhateverPlace(_ prose: String, _ expected: String) throws {
    let text = try imported(notebook(try cell("markdown", prose, #", "attachments": {"a.png": {"image/png": "QUJD\n"}}"#)))
    #expect(text == expected + "\n")
  }
}
