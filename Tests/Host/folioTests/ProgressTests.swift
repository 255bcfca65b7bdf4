import Foundation
import TestSupport
import Testing

/// What a command says while it works.
@Suite struct ProgressTests {
  @Test func cellsOfNotebooksThatRunSideBySideAreEachToldByTheirOwnName() throws {
    // Equal cells would run once for all.
    func cells(_ name: String) -> String {
      (1...2).map { "```swift\nusleep(100_000)\nprint(\"\(name) \($0)\")\n```\n" }.joined()
    }
    try withNotebook(cells("n")) { folder in
      for name in ["a", "b", "c"] {
        try folder.write(cells(name), to: "Notebooks/\(name).md")
      }
      let lines = try folio("build", in: folder).errors.split(separator: "\n")
      let told = lines.filter { $0.hasPrefix("[") }.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
      #expect(told.sorted() == ["a", "b", "c", "n"].flatMap { ["[1/2] \($0) cell-1", "[2/2] \($0) cell-2"] }.sorted())
    }
  }

  @Test(arguments: [["check"], ["check", "--accept"], ["check", "--site", "Notebooks/n.md"]])
  func whereThereIsNothingToCompareWithNoCellRuns(arguments: [String]) throws {
    try withNotebook("```swift\nprint(1)\n```\n") { folder in
      let result = try Command.run(Command.path, arguments, in: folder)
      #expect(result.status == 2)
      expect(result.errors, contains: "There is no folder")
      expect(result.errors, lacks: "cell-1")
    }
  }

  @Test func aNotebookThatIsNamedTwiceIsToldAsThat() throws {
    try withNotebook("```swift\nprint(1)\n```\n") { folder in
      let result = try folio("build", "Notebooks/n.md", "Notebooks/n.md", in: folder)
      #expect(result.errors.contains("Notebooks/n.md is named 2 times"))
      #expect(result.status == 2)
    }
  }

  @Test func anEmptyPrefixInstallsNothing() throws {
    try withNotebook("") { folder in
      let result = try folio("install", "--prefix", "", in: folder)
      #expect(result.status == 64)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["Notebooks"])
    }
  }
}
