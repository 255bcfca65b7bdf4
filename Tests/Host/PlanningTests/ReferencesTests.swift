import Planning
import Testing

@Suite struct ReferencesTests {
  private func names(_ source: String) -> Set<String> { CellAnalysis(source: source).references.names }

  @Test(arguments: [
    "xs", "print(xs)", "xs.count", "xs[0]", "f(xs, a: 1)", "for x in xs {}", "xs.map { $0 }", "let y = xs", "-xs", "xs == y",
    "y = xs",
    "(xs, 1)", "\"\\(xs)\"", "xs?.count ?? 0", "xs as Any", "{ xs }", "xs = []", "xs[0].a = 1", "f(&xs)", "xs++", "xs <~ 1",
    "func f() { xs.append(1) }", "$xs", "_xs",
  ])
  func whateverIsDoneToItANameIsAReference(source: String) {
    #expect(names(source).contains("xs"))
  }

  @Test(arguments: ["a.xs", ".xs", "f(xs: 1)", "import xs", "\"xs\"", "// xs", "a.xs(1)"])
  func aMembersOrALabelsNameIsNoReference(source: String) {
    #expect(!names(source).contains("xs"))
  }

  @Test(arguments: [
    "let a: P = b", "struct S: P {}", "func f(_ x: [P]) {}", "x as? P", "extension P {}", "P()", "P.x", "@P var a = 1", "Q<P>()",
  ])
  func typesAreReferences(source: String) {
    #expect(names(source).contains("P"))
  }

  @Test func parametersAreReadByName() {
    let references = CellAnalysis(source: "f(params.idx, params.heads.count)").references
    #expect(references.parameters == ["idx", "heads"])
    #expect(!references.usesAllParameters)
    #expect(CellAnalysis(source: "print(params)").references.usesAllParameters)
  }
}
