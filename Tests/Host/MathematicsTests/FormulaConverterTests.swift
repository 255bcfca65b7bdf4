import Document
import Foundation
import Mathematics
import Record
import Store
import TestSupport
import Testing

@Suite struct FormulaConverterTests {
  private func result(_ tex: String, isDisplay: Bool = false) throws -> FormulaConverter.Result? {
    let formula = Formula(tex: tex, isDisplay: isDisplay, line: 1, column: 1)
    return try FormulaConverter(store: nil).results([formula])[formula.source]
  }

  private func html(_ tex: String, isDisplay: Bool = false) throws -> String {
    guard case .html(let html)? = try result(tex, isDisplay: isDisplay) else { return "" }
    return html
  }

  private func problem(_ tex: String) throws -> FormulaProblem? {
    guard case .problem(let problem)? = try result(tex) else { return nil }
    return problem
  }

  @Test(arguments: [
    (#"\mathbb{R}"#, "<mi>ℝ</mi>"), (#"\mathcal{L}"#, "<mi>ℒ</mi>"), (#"\mathfrak{g}"#, "<mi>𝔤</mi>"),
    (#"\mathbf{x}"#, "<mi>𝐱</mi>"),
    (#"\boldsymbol{\theta}"#, "<mi>𝜽</mi>"), (#"\mathbf{12}"#, "<mn>𝟏𝟐</mn>"), (#"\mathsf{K}"#, "<mi>𝖪</mi>"),
    (#"\mathtt{d}"#, "<mi>𝚍</mi>"), (#"\mathrm{d}"#, "<mi mathvariant=\"normal\">d</mi>"), ("x", "<mi>x</mi>"),
    (#"\log"#, "<mi>log</mi>"), (#"\partial"#, "<mi mathvariant=\"normal\">∂</mi>"),
  ])
  func stylesOfLettersAreLetters(_ tex: String, _ expected: String) throws {
    #expect(
      try html(tex)
        == "<math><semantics><mrow>\(expected)</mrow><annotation encoding=\"application/x-tex\">\(tex)</annotation></semantics></math>"
    )
  }

  @Test func aDisplayFormulaIsABlock() throws {
    expect(try html("x", isDisplay: true), contains: "<math display=\"block\">")
  }

  @Test func whatBrowsersIgnoreIsLeftOut() throws {
    expect(
      try html(#"\begin{aligned} a &= b \\ &= \hat{c} \end{aligned}"#, isDisplay: true),
      contains: "<mtd class=\"right\"><mi>a</mi></mtd>", "<mtd class=\"left\">", "<mover accent=\"true\">")
    expect(try html(#"\begin{aligned} a &= b \end{aligned}"#, isDisplay: true), lacks: "columnalign", "columnspacing", "xmlns")
    expect(try html("xyz"), lacks: "mspace")
  }

  @Test(arguments: [#"\text{<script>alert(1)</script>}"#, "a<b>c", #"a \& b"#])
  func whatIsWrittenIsText(_ tex: String) throws {
    let html = try html(tex)
    #expect(!html.isEmpty)
    expect(html, lacks: "<script", "<b>")
  }

  @Test(arguments: [
    (#"\tfrac12"#, "<mfrac>"), (#"\dfrac{a}{b}"#, "<mfrac>"), (#"\bm{x}"#, "<mi>𝒙</mi>"), (#"\mathscr{L}"#, "<mi>ℒ</mi>"),
    (#"\stackrel{a}{b}"#, "<mover>"), (#"\operatorname*{argmax}_x"#, "<mi>argmax</mi>"),
  ])
  func commandsThatAuthorsUseAreKnown(_ tex: String, _ part: String) throws {
    expect(try html(tex), contains: part)
  }

  @Test(arguments: [
    (#"a + \frca{b}{c}"#, 4, #"'\frca' is no command of formulas"#, #"Did you mean '\frac'?"#),
    (#"\alphabet + \alph"#, 0, #"'\alphabet' is no command of formulas"#, nil),
    (#"\begin{align} a \end{align}"#, 0, #"'\begin{align}' is no command of formulas"#, #"Did you mean '\begin{aligned}'?"#),
    (#"a\_ & b"#, 4, nil, nil), ("x^2^3", 0, nil, nil),
    (#"\frac{a}"#, 0, #"not enough arguments were supplied for '\frac'"#, nil),
    ("a\u{1}b", 1, "the formula holds the control character U+0001", "Take it out."),
  ])
  func aMistakeHasItsPlaceAndAnAdvice(_ tex: String, _ offset: Int, _ message: String?, _ advice: String?) throws {
    let problem = try #require(try problem(tex))
    #expect(problem.offset == offset)
    if let message { #expect(problem.message == message) }
    if let advice { #expect(problem.advice == advice) }
    #expect(!problem.advice.isEmpty)
  }

  @Test func manyFormulasKeepTheirPlaces() throws {
    let formulas = (0..<500).map {
      Formula(tex: $0 % 7 == 0 ? "\\foo" : "x_{\($0)}", isDisplay: $0 % 2 == 0, line: $0, column: 1)
    }
    let results = try FormulaConverter(store: nil).results(formulas)
    for (index, formula) in formulas.enumerated() {
      guard case .html(let html)? = results[formula.source] else {
        #expect(index % 7 == 0)
        continue
      }
      expect(html, contains: "x_{\(index)}")
    }
  }

  @Test func withoutTheProgramOneErrorSaysHowToInstallIt() throws {
    let converter = FormulaConverter(store: nil, program: "/nowhere/blahtexml")
    let formula = Formula(tex: "x", isDisplay: false, line: 1, column: 1)
    let error = #expect(throws: Diagnostic.self) { try converter.results([formula, formula]) }
    expect(error?.advice, contains: "apt-get install blahtexml")
    #expect(try converter.results([]).isEmpty)
  }

  @Test func whatIsKeptIsNotMadeAgain() throws {
    let folder = try TestFolder()
    let (count, program) = ("\(folder.path)/count", "\(folder.path)/blahtexml")
    let script = "#!/bin/sh\n[ \"$1\" = --xmlin ] && echo x >> '\(count)'\nexec blahtexml \"$@\"\n"
    try script.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let formula = Formula(tex: "x", isDisplay: false, line: 1, column: 1)
    let converter = FormulaConverter(store: EntryStore(folder: "\(folder.path)/store"), program: program)
    let (first, second) = (try converter.results([formula]), try converter.results([formula]))
    #expect(first == second)
    #expect(try String(contentsOfFile: count, encoding: .utf8) == "x\n")
  }

  @Test func oneThatEndsTheProgramLeavesTheOthers() throws {
    let folder = try TestFolder()
    let program = "\(folder.path)/blahtexml"
    let script = """
      #!/bin/sh
      [ "$1" = --help ] && exec blahtexml --help
      input=$(cat)
      case "$input" in *bad*) kill -9 $$;; esac
      printf '%s' "$input" | blahtexml "$@"
      """
    try script.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let formulas = ["a", "b", "bad", "c"].map { Formula(tex: $0, isDisplay: false, line: 1, column: 1) }
    let results = try FormulaConverter(store: nil, program: program).results(formulas)
    let failed = formulas.filter { if case .problem = results[$0.source] { true } else { false } }
    #expect(failed.map(\.tex) == ["bad"])
  }
}
