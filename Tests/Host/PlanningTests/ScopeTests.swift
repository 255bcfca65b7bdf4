import Planning
import Testing

@Suite struct ScopeTests {
  /// What a cell imports after others, named `Cell1`, `Cell2`, …
  private func imports(of cell: String, after cells: String...) -> [String] {
    var scope = Scope()
    for (index, source) in cells.enumerated() { scope.add(cell: index + 1, CellAnalysis(source: source)) }
    return scope.imports(for: CellAnalysis(source: cell).references) { "Cell\($0)" }
  }

  @Test func aCellImportsWhatItNamesAndNoMore() {
    #expect(imports(of: "print(a)", after: "let a = 1, b = 2", "let c = 3") == ["import var Cell1.`a`"])
    #expect(imports(of: "print(1)", after: "let a = 1", "struct S {}").isEmpty)
  }

  @Test func theLatestDefinitionOfANameWins() {
    #expect(imports(of: "a", after: "let a = 1; func f() {}", "struct a {}") == ["import struct Cell2.`a`"])
    #expect(
      imports(of: "f(a)", after: "let a = 1; func f() {}", "let a = 2") == ["import func Cell1.`f`", "import var Cell2.`a`"])
  }

  @Test func overloadsStandBesideEachOther() {
    let both = ["import func Cell1.`f`", "import func Cell2.`f`"]
    #expect(imports(of: "f(1)", after: "func f(_ x: Int) {}", "func f(_ x: String) {}") == both)
    let redefined = imports(of: "f(1)", after: "func f(_ x: Int) {}", "func f(_ x: String) {}", "func f(_ x: Int) {}")
    #expect(redefined == ["import func Cell2.`f`", "import func Cell3.`f`"])
  }

  @Test(arguments: ["extension Int {}", "func == (l: S, r: S) -> Bool { true }"])
  func everyCellSeesExtensionsAndOperators(source: String) {
    #expect(imports(of: "print(1)", after: source, "let x = 1") == ["import Cell1"])
  }

  @Test func importsOfEarlierCellsHoldForLaterOnes() {
    #expect(imports(of: "print(1)", after: "import Dispatch", "import Dispatch") == ["import Dispatch"])
  }
}
