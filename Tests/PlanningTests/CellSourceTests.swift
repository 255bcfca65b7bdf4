import Document
import Planning
import Testing

@Suite struct CellSourceTests {
  private func source(_ text: String, line: Int = 10) -> CellSource {
    let cell = Cell(number: 1, source: text, line: line)
    return CellSource(cell: cell, analysis: CellAnalysis(source: text), file: "dir/a \"b\".md", scope: Scope())
  }

  @Test func theCellKeepsItsLines() {
    #expect(
      source("let x = 1\nx + 1").text == """
        import FolioKit
        #sourceLocation(file: "dir/a \\"b\\".md", line: 10)
        let x = 1
        _folioShow(x + 1)

        """)
  }

  @Test func columnsAreTheAuthors() {
    let source = source("let x = 1\n  é + y")
    // The call stands at column 3 of line 11 and is 11 bytes long.
    #expect(source.authorsColumn(line: 10, column: 5) == 5)
    #expect(source.authorsColumn(line: 11, column: 2) == 2)
    #expect(source.authorsColumn(line: 11, column: 3) == 3)
    #expect(source.authorsColumn(line: 11, column: 9) == 3)
    #expect(source.authorsColumn(line: 11, column: 14) == 3)
    #expect(source.authorsColumn(line: 11, column: 19) == 8)
  }

  @Test func accessModifiersBecomeSpaces() {
    let text = source("private let a = 1\nstruct S { fileprivate(set) var b = \"private\"; private\nfunc c() {} }").text
    #expect(text.contains("\n        let a = 1\nstruct S {                  var b = \"private\";        \nfunc c() {} }\n"))
  }

  @Test func theIndentationOfAFenceCounts() {
    let cell = Cell(number: 1, source: "let x = y", line: 10, indentation: 3)
    let source = CellSource(cell: cell, analysis: CellAnalysis(source: cell.source), file: "n.md", scope: Scope())
    #expect(source.authorsColumn(line: 10, column: 9) == 12)
  }

  @Test func variablesOfAnAsynchronousCellAreNotIsolated() {
    let text = source("let a = await f(), b = 2\n@W private var c = 1\nvar d: Int { 1 }\nfunc g() { let e = 1 }").text
    #expect(
      text.contains(
        "\nnonisolated(unsafe) let a = await f(), b = 2\n@W         nonisolated(unsafe) var c = 1\nvar d: Int { 1 }\n"))
    #expect(text.contains("{ let e = 1 }"))
  }

  @Test(arguments: ["a\"b", "a\\b", "line\nbreak", "\u{0}\u{1B}", "é🌍 \\(x)"])
  func literalsMeanWhatTheySay(text: String) {
    let literal = CellSource.literal(text)
    let inner = literal.dropFirst().dropLast()
    #expect(literal.hasPrefix("\"") && literal.hasSuffix("\""))
    #expect(!inner.contains("\n"))
    let unescaped = inner.replacing("\\\\", with: "\u{1}").replacing("\\\"", with: "\"").replacing("\\n", with: "\n")
      .replacing("\\u{0}", with: "\u{0}").replacing("\\u{1b}", with: "\u{1B}").replacing("\u{1}", with: "\\")
    #expect(unescaped == text)
  }

  @Test func parametersKeepTheirTypes() {
    let text = ParametersSource.text([
      Parameter(name: "idx", value: .int(2), line: 1), Parameter(name: "rate", value: .double(1), line: 1),
      Parameter(name: "names", value: .array([.string("a\"")]), line: 1), Parameter(name: "none", value: .array([]), line: 1),
    ])
    #expect(
      text == """
        struct Parameters {
          let `idx`: Int = 2
          let `rate`: Double = 1.0
          let `names`: [String] = ["a\\""]
          let `none`: [String] = []
        }
        let params = Parameters()

        """)
  }
}
