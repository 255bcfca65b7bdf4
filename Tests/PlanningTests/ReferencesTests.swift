import Planning
import Testing

@Suite struct ReferencesTests {
  private func access(_ source: String, to name: String = "xs") -> References.Access? {
    CellAnalysis(source: source).references.names[name]
  }

  @Test(arguments: [
    "xs", "print(xs)", "xs.count", "xs[0]", "xs[0] + 1", "f(xs, a: 1)", "for x in xs {}", "xs.map { $0 }", "let y = xs", "-xs",
    "xs == y",
    "y = xs", "[xs]", "(xs, 1)", "\"\\(xs)\"", "xs?.count ?? 0", "if xs.isEmpty {}", "xs as Any", "xs ? 1 : 2", "{ xs }",
  ])
  func readingIsToldFromChanging(source: String) {
    #expect(access(source) == .reads)
  }

  @Test(arguments: [
    "xs = []", "xs[0] = 1", "xs.a.b = 1", "xs += [1]", "xs[0] += 1", "f(&xs)", "f(&xs.a)", "xs.append(1)", "xs[0].append(1)",
    "xs?.append(1)", "(xs, ys) = (ys, xs)", "xs++", "xs <~ 1", "func f() { xs.append(1) }", "{ xs = [] }", "xs!.removeLast()",
    "$xs", "_xs",
  ])
  func whatMayChangeIsInDoubt(source: String) {
    #expect(access(source) == .mayChange)
  }

  @Test(arguments: ["a.xs", ".xs", "f(xs: 1)", "import xs", "\"xs\"", "// xs", "a.xs(1)"])
  func aMembersOrALabelsNameIsNoReference(source: String) {
    #expect(access(source) == nil)
  }

  @Test(arguments: [
    "let a: P = b", "struct S: P {}", "func f(_ x: [P]) {}", "x as? P", "extension P {}", "P()", "P.x", "@P var a = 1", "Q<P>()",
  ])
  func typesAreReferences(source: String) {
    #expect(access(source, to: "P") == .reads)
  }

  @Test func parametersAreReadByName() {
    let references = CellAnalysis(source: "f(params.idx, params.heads.count)").references
    #expect(references.parameters == ["idx", "heads"] && !references.usesAllParameters)
    #expect(CellAnalysis(source: "print(params)").references.usesAllParameters)
  }
}
