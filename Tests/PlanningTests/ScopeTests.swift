import Planning
import Testing

@Suite struct ScopeTests {
  private func scope(_ cells: String...) -> Scope {
    var scope = Scope()
    for (index, source) in cells.enumerated() {
      scope.add(module: "Cell\(index + 1)", cell: index + 1, analysis: CellAnalysis(source: source))
    }
    return scope
  }

  @Test func eachCellIsImportedWholeAndByItsDefinitions() {
    #expect(
      scope("let a = 1; func == (l: S, r: S) -> Bool { true }", "print(1)").imports
        == ["import Cell1", "import var Cell1.`a`", "import Cell2"])
  }

  @Test func theLatestDefinitionOfANameWins() {
    let imports = scope("let a = 1; func f() {}", "struct a {}", "func f() {}").imports
    #expect(imports == ["import Cell2", "import struct Cell2.`a`", "import Cell3", "import func Cell3.`f`"])
  }

  @Test func whatALaterCellLeavesOfAnEarlierOneStays() {
    let imports = scope("let a = 1, b = 2; struct S {}", "func a() {}").imports
    #expect(
      imports == ["import var Cell1.`b`", "import struct Cell1.`S`", "import Cell2", "import func Cell2.`a`"])
  }

  @Test func overloadsStandBesideEachOther() {
    let imports = scope("func f(_ x: Int) {}", "func f(_ x: String) {}").imports
    #expect(imports == ["import Cell1", "import func Cell1.`f`", "import Cell2", "import func Cell2.`f`"])
  }

  @Test func aRedefinedOverloadKeepsThoseOfOtherCells() {
    let imports = scope("func f(_ x: Int) {}", "func f(_ x: String) {}", "func f(_ x: Int) {}").imports
    #expect(imports == ["import Cell2", "import func Cell2.`f`", "import Cell3", "import func Cell3.`f`"])
  }

  @Test func aCellOfWhichOnlyExtensionsAreLeftIsStillImported() {
    let imports = scope("let a = 1\nextension Int {}", "let a = 2").imports
    #expect(imports == ["import Cell1", "import Cell2", "import var Cell2.`a`"])
  }

  @Test func importsOfEarlierCellsHoldForLaterOnes() {
    #expect(scope("import Dispatch", "import Dispatch").imports == ["import Dispatch", "import Cell1", "import Cell2"])
  }
}
