import Document
import Record
import TestSupport
import Testing

/// A fence that looks like a cell and is not run is told, with its place.
@Suite struct FenceTests {
  private func problems(_ markdown: String) -> [Diagnostic] {
    do {
      return try Notebook(markdown: markdown, file: "n.md").warnings
    } catch {
      return (error as? Diagnostics)?.all ?? [Diagnostic("an error of another kind: \(error)")]
    }
  }

  private static let spellings = [
    "{swift}", "Swift", "SWIFT", "swift,ignore", "{swift echo=false}", "{.swift .numberLines}", "{#first .swift}", ".swift",
    "swift:main.swift", "swift=x", "{swift, label=\"x\"}", "swift{1}", "Swift norun", "{swift norun}", "{Swift}", "=swift",
    "\"swift\"", "swift.", "sw\u{200D}ift", "\u{FEFF}swift", "{ swift }", "swift;x", "&#123;swift}",
  ]

  @Test(arguments: spellings, ["```", "~~~~", "   ```"])
  func aFenceThatLooksLikeACellIsAnErrorHoweverItSpellsSwift(_ words: String, _ marks: String) throws {
    let problem = try #require(problems("text\n\n\(marks)\(words)\n1\n\(marks)\n").first)
    #expect(problem.severity == .error, "\(problem)")
    #expect(problem.place?.line == 3, "\(problem)")
    #expect(problem.message.contains("looks like a cell"), "\(problem)")
    #expect(problem.advice?.contains("'swift norun'") == true)
  }

  @Test(arguments: ["swift", "{swift}", "Swift", "swift,ignore"])
  func aCellsFenceWithinAListAQuoteOrRawHTMLIsAnError(_ words: String) throws {
    for (markdown, line) in [
      ("- a\n\n  ```\(words)\n  1\n  ```\n", 3), ("> a\n>\n> ~~~\(words)\n> 1\n> ~~~\n", 3),
      ("1. - ```\(words)\n     1\n     ```\n", 1),
      ("<div>\n```\(words)\n1\n```\n</div>\n", 2),
    ] {
      let problem = try #require(problems(markdown).first, "\(markdown)")
      #expect(problem.severity == .error)
      #expect(problem.place?.line == line)
      #expect(problem.message.hasPrefix("a cell stands within"))
    }
  }

  @Test(arguments: [
    "swift norun", "swift-output", "swiftui", "swift5", "swift_x", "swift+", "SwiftUI", "python", "", "text swift",
    "language-swift",
    "{python}", "{.python #swift-x}", "objective-swift", "taylorswift", "swiftсyrillic",
  ])
  func aFenceInAnotherLanguageInWordsOrMeantToBeShownIsNoCell(_ words: String) throws {
    #expect(problems("```\(words)\n1\n```\n\n- a\n\n  ```\(words)\n  1\n  ```\n").isEmpty)
  }

  @Test(arguments: [
    ("text\n\n    ```swift\n    1\n    ```\n", 3), ("text\n\n    a\n\n    ```{swift}\n    1\n    ```\n", 5),
    ("- a\n\n      ```swift\n      1\n", 3),
    ("\t```swift\n\t1\n\t```\n", 1), ("```\na\n```swift\n1\n```\n", 3), ("~~~text\na\n~~~~ Swift\n1\n~~~\n", 3),
    ("> ```python\n> a\n> ```swift\n> 1\n", 3), ("    ```swift\n    1\n\n    2\n\n\n", 1),
  ])
  func aFenceInCodeThatWasHardlyMeantToBeShownIsAWarning(_ markdown: String, _ line: Int) throws {
    let document = try Notebook(markdown: markdown, file: "n.md")
    #expect(document.cells.isEmpty)
    #expect(document.warnings.map { $0.place?.line } == [line], "\(document.warnings)")
    #expect(document.warnings.first?.severity == .warning)
    #expect(document.warnings.first?.advice != nil)
  }

  @Test(arguments: [
    "````markdown\n```swift\n1\n```\n````\n", "~~~\n```swift\n```\n~~~\n", "<!--\n```swift\n-->\n",
    "<pre>\n```{swift}\n</pre>\n",
    "a ```swift b``` c\n", "    swift\n    ```\n", "```swift norun\n1\n```\n",
  ])
  func aFenceMayBeShownByALongerFenceOtherMarksACommentOrPreformattedText(_ markdown: String) throws {
    #expect(problems(markdown).isEmpty)
  }
}

/// Lines `//|` and `#|` in a cell.
@Suite struct OptionMarkTests {
  private func read(_ code: String) throws -> Cell {
    try #require(try Notebook(markdown: "```swift\n\(code)\n```\n", file: "n.md").cells.first)
  }

  @Test(arguments: [
    "let s = \"\"\"\n//| label: x\n\"\"\"", "let s = \"\"\"\n  //| a: b\n  #| c: d\n  \"\"\"",
    "let s = #\"\"\"\n//| \\#(1) x\n\"\"\"#",
    "/*\n//| label: x\n#| y\n*/\n1", "/* /* */\n//| a: b\n*/ 1", "/**\n //| a\n */\nfunc f() {}", "let r = #/\n//| a\n#| b\n/#",
    "f(\"\"\"\na \\(x + \"\"\"\n//| b: c\n\"\"\")\n//| d: e\n\"\"\")", "let s = \"\"\"\n\"\n//| a: b\n\"\"\"",
  ])
  func optionMarksWithinATextARegularExpressionOrABlockCommentAreTheAuthors(_ code: String) throws {
    #expect(try read(code).source == code)
    #expect(try read("//| echo: false\n" + code).source == code)
  }

  @Test(arguments: [
    ("1\n//| label: x", 3), ("\n//| label: x\n1", 3), ("let s = \"\"\"\na\n\"\"\"\n//| a: b", 5), ("/* a */\n//| a: b", 3),
    ("// a\n  //| a: b", 3), ("let s = \"/*\"\n//| a: b\nlet t = \"*/\"", 3), ("let s = \"\"\"\n\\(\n//| a: b\n1)\n\"\"\"", 4),
    ("//| echo: true\nlet a = 1 // \"\"\"\n//| a: b\n// \"\"\"", 4),
  ])
  func anOptionAfterTheCodeHasBegunIsTold(_ code: String, _ line: Int) {
    let error = #expect(throws: Diagnostics.self) { try read(code) }
    #expect(error?.all.map { $0.place?.line } == [line])
    #expect(error?.all.first?.message.contains("after the cell's code") == true)
  }

  @Test(arguments: [
    ("#| label: x\n1", 2), ("//| echo: false\n#|label: x\n1", 3), ("1\n  #| label: x", 3), ("#| label: x\n//| echo: no", 2),
  ])
  func optionMarksOfPythonAndRAreToldWithHowTheyAreWrittenInSwift(_ code: String, _ line: Int) {
    let error = #expect(throws: Diagnostics.self) { try read(code) }
    #expect(error?.all.first?.place?.line == line)
    #expect(error?.all.first?.message.hasPrefix("'#|' begins an option") == true)
    expect(error?.all.first?.advice, contains: "'//|", "label: x'")
  }
}
