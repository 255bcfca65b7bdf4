import Document
import Planning
import TestSupport
import Testing

@Suite struct CellSourceTests {
  private func source(_ text: String, line: Int = 10) -> CellSource {
    let cell = Cell(number: 1, source: text, line: line)
    return CellSource(cell: cell, analysis: CellAnalysis(source: text), file: "dir/a \"b\".md")
  }

  @Test func theCellKeepsItsLines() {
    #expect(
      source("let x = 1\nx + 1").text == """
        import FolioKit
        #sourceLocation(file: "folio", line: 1)
        @_cdecl("folio_variables") func _folioVariables() {
          _folioVariable("x") { withUnsafePointer(to: `x`) { $0 } }
        }
        #sourceLocation(file: "cell.swift", line: 1)
        let x = 1
        _folioShow(x + 1)

        """)
  }

  @Test func theWorkerIsToldOfStaticMembersThatCanBeNamed() {
    let text = source(
      "enum K { private static let a = 1; enum I { static var b = [2] }; @W static var c = 1; static var d: Int { 1 }; func f() { enum L { static let e = 1 } } }"
    ).text
    expect(
      text, contains: "_folioVariable(\"K.a\") { withUnsafePointer(to: `K`.`a`) { $0 } }",
      "_folioVariable(\"K.I.b\") { withUnsafePointer(to: `K`.`I`.`b`) { $0 } }")
    #expect(text.count { $0 == "W" } == 1)
    expect(text, lacks: "K.c", "K.d", "L.e")
  }

  @Test func aCellThatAsksForItsPlaceKnowsIt() {
    #expect(
      source("print(#line)").text
        == "import FolioKit\n#sourceLocation(file: \"dir/a \\\"b\\\".md\", line: 10)\n_folioShow(print(#line))\n")
    #expect(source("print(#line)").cellsLine(file: "dir/a \"b\".md", line: 12) == 3)
    #expect(source("print(1)").cellsLine(file: "cell.swift", line: 3) == 3)
    #expect(source("print(1)").cellsLine(file: "folio", line: 1) == nil)
  }

  @Test func columnsAreTheAuthors() {
    let source = source("let x = 1\n  é + y")
    // The call stands at column 3 of line 11 and is 11 bytes long.
    #expect(source.authorsColumn(line: 1, column: 5) == 5)
    #expect(source.authorsColumn(line: 2, column: 2) == 2)
    #expect(source.authorsColumn(line: 2, column: 3) == 3)
    #expect(source.authorsColumn(line: 2, column: 9) == 3)
    #expect(source.authorsColumn(line: 2, column: 14) == 3)
    #expect(source.authorsColumn(line: 2, column: 19) == 8)
  }

  @Test func accessModifiersBecomeSpaces() {
    let text = source("private let a = 1\nstruct S { fileprivate(set) var b = \"private\"; private\nfunc c() {} }").text
    #expect(text.contains("\n        let a = 1\nstruct S {                  var b = \"private\";        \nfunc c() {} }\n"))
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
    #expect(literal.hasPrefix("\""))
    #expect(literal.hasSuffix("\""))
    #expect(!inner.contains("\n"))
    let unescaped = inner.replacing("\\\\", with: "\u{1}").replacing("\\\"", with: "\"").replacing("\\n", with: "\n")
      .replacing("\\u{0}", with: "\u{0}").replacing("\\u{1b}", with: "\u{1B}").replacing("\u{1}", with: "\\")
    #expect(unescaped == text)
  }

  private let parameters = [
    Parameter(name: "idx", value: .int(2), line: 1), Parameter(name: "rate", value: .double(1), line: 1),
    Parameter(name: "names", value: .array([.string("a\"\n")]), line: 1), Parameter(name: "none", value: .array([]), line: 1),
    Parameter(name: "far", value: .double(-.infinity), line: 1),
  ]

  @Test func parametersKeepTheirTypes() {
    #expect(
      ParametersSource.text(parameters) == """
        struct Parameters {
          let `idx`: Int
          let `rate`: Double
          let `names`: [String]
          let `none`: [String]
          let `far`: Double
        }
        let params = Parameters(idx: try _folioParameter("idx"), rate: try _folioParameter("rate"), names: try _folioParameter("names"), \
        none: try _folioParameter("none"), far: try _folioParameter("far"))

        """)
  }

  @Test func parametersAreSentAsJSON() {
    #expect(ParametersSource.values(parameters) == #"{"idx":2,"rate":1.0,"names":["a\"\n"],"none":[],"far":"-inf"}"#)
  }
}
