import Planning
import Testing

@Suite struct CellAnalysisTests {
  private func shown(_ source: String) -> String? {
    CellAnalysis(source: source).lastExpression.map { String(decoding: Array(source.utf8)[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    ("1 + 1", "1 + 1"), ("let x = 1\nx", "x"), ("xs.map { $0 }\n  .count // so many\n", "xs.map { $0 }\n  .count"),
    ("try f()", "try f()"), ("await f()", "await f()"), ("\"é🌍\"", "\"é🌍\""), ("x == 1", "x == 1"),
    ("Figure.row {\n  a\n}", "Figure.row {\n  a\n}"), ("print(1)", "print(1)"),
  ])
  func theLastExpressionIsShown(source: String, expected: String) {
    #expect(shown(source) == expected)
  }

  @Test(arguments: [
    "let x = 1", "x = 1", "_ = f()", "try x = f()", "x;", "if a { 1 } else { 2 }", "switch a { default: 1 }", "for x in y { x }",
    "", "// only a comment", "func f() {}", "#warning(\"w\")", "1 +",
  ])
  func whatHasNoValueIsNotShown(source: String) {
    #expect(shown(source) == nil)
  }

  @Test func allDeclarationsOfTheTopLevelAreFound() {
    let source = """
      import Foundation
      let a = 1, (b, c) = (2, 3)
      var `default`: Int { 1 }
      func f(_ x: Int, to y: [String]) -> Int { let local = 1; return local }
      func == (l: S, r: S) -> Bool { true }
      struct S { var inner = 1 }
      class C {}
      actor A {}
      enum E { case one }
      protocol P {}
      typealias T = Int
      extension S { func method() {} }
      guard let g = optional else { fatalError() }
      #if os(Linux)
      let onLinux = 1
      #endif
      """
    let analysis = CellAnalysis(source: source)
    let expected = ["a", "b", "c", "default", "f", "==", "S", "C", "A", "E", "P", "T", "g", "onLinux"]
    #expect(analysis.declarations.map(\.name) == expected)
    #expect(analysis.declarations.first { $0.name == "f" }?.signature == "(_:Int,to:[String])")
    #expect(analysis.imports == ["import Foundation"])
  }

  @Test(arguments: [
    ("let x = await f()", true), ("for await x in s {}", true), ("if await f() { }", true),
    ("func f() async { await g() }", false),
    ("Task { await f() }", false), ("struct S { func f() async { await g() } }", false),
    ("var x: Int { get async { await f() } }", false),
  ])
  func anAwaitOfTheTopLevelMakesACellAsynchronous(source: String, expected: Bool) {
    #expect(CellAnalysis(source: source).isAsynchronous == expected)
  }
}
