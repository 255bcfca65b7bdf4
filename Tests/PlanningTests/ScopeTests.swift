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

  @Test func eachCellIsImported() {
    #expect(scope("let a = 1", "let b = 2").imports == ["import Cell1", "import Cell2"])
  }

  @Test func theLatestDefinitionOfANameWins() {
    let imports = scope("let a = 1; func f() {}", "struct a {}", "func f() {}").imports
    #expect(imports == ["import Cell2", "import Cell3"])
    #expect(
      scope("let a = 1, b = 2; struct S {}", "func a() {}").imports == [
        "import var Cell1.`b`", "import struct Cell1.`S`", "import Cell2",
      ])
  }

  @Test func overloadsStandBesideEachOther() {
    #expect(scope("func f(_ x: Int) {}", "func f(_ x: String) {}").imports == ["import Cell1", "import Cell2"])
  }

  @Test func aRedefinedOverloadKeepsThoseOfOtherCells() {
    let imports = scope("func f(_ x: Int) {}", "func f(_ x: String) {}", "func f(_ x: Int) {}").imports
    #expect(imports == ["import Cell2", "import Cell3"])
  }

  @Test func aCellOfWhichOnlyExtensionsAreLeftIsStillImported() {
    #expect(scope("let a = 1\nextension Int {}", "let a = 2").imports == ["import Cell1", "import Cell2"])
  }

  @Test func importsOfEarlierCellsHoldForLaterOnes() {
    #expect(scope("import Dispatch", "import Dispatch").imports == ["import Dispatch", "import Cell1", "import Cell2"])
  }
}
