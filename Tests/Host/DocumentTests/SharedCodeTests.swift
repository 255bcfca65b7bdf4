import Document
import Foundation
import Record
import TestSupport
import Testing

@Suite struct SharedCodeTests {
  private func project(_ files: [String: String]) throws -> TestFolder {
    let folder = try TestFolder()
    for (path, text) in files {
      let url = URL(fileURLWithPath: folder.path).appending(path: path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return folder
  }

  private static let cell = "# N\n\n```swift\nf()\n```\n"

  @Test func filesOfTheFolderSharedAreCellsBeforeTheFirst() throws {
    let folder = try project([
      "Notebooks/n.md": Self.cell, "Notebooks/Shared/b.swift": "let b = 1", "Notebooks/Shared/a.swift": "func f() {}\r\nf()",
      "Notebooks/Shared/notes.txt": "no code", "Notebooks/Shared/.hidden.swift": "no code",
    ])
    let notebook = try Notebook(contentsOf: "\(folder.path)/Notebooks/n.md")
    #expect(notebook.shared.map(\.id) == ["Shared/a.swift", "Shared/b.swift"])
    #expect(notebook.shared.map(\.source) == ["func f() {}\nf()", "let b = 1"])
    #expect(notebook.cells.map(\.number) == [1, 2, 3])
    #expect(notebook.cells.last?.id == "cell-1")
    #expect(notebook.fencedCells.count == 1)
    #expect(notebook.file(of: notebook.cells[0]) == "\(folder.path)/Notebooks/Shared/a.swift")
  }

  @Test func aNotebookInAFolderSharesWhatStandsAboveItFirst() throws {
    let folder = try project([
      "Notebooks/part/n.md": Self.cell, "Notebooks/Shared/z.swift": "1", "Notebooks/part/Shared/a.swift": "2",
      "Shared/no.swift": "3",
    ])
    let notebook = try Notebook(contentsOf: "\(folder.path)/Notebooks/part/n.md")
    #expect(notebook.shared.map(\.source) == ["1", "2"])
  }

  @Test func includedFilesFollowInTheirOrderAndOnce() throws {
    let folder = try project([
      "Notebooks/n.md": "---\ninclude: [../lib/b.swift, ../lib/a.swift, Shared/s.swift]\n---\n" + Self.cell,
      "lib/a.swift": "a", "lib/b.swift": "b", "Notebooks/Shared/s.swift": "s",
    ])
    let notebook = try Notebook(contentsOf: "\(folder.path)/Notebooks/n.md")
    #expect(notebook.shared.map(\.source) == ["s", "b", "a"])
    #expect(notebook.shared[1].file == "\(folder.path)/lib/b.swift")
  }

  @Test func anIncludedFileThatIsNotThereIsAnErrorAtItsLine() throws {
    let folder = try project(["Notebooks/n.md": "---\ntitle: N\ninclude: gone.swift\n---\n" + Self.cell])
    let error = #expect(throws: Diagnostics.self) { try Notebook(contentsOf: "\(folder.path)/Notebooks/n.md") }
    #expect(error?.all.first?.place?.line == 3)
    #expect(error?.all.first?.message.contains("gone.swift") == true)
  }

  @Test func allFilesAndTheFoldersInWhichOthersMayAppearAreWatched() throws {
    let folder = try project([
      "Notebooks/n.md": "---\ninclude: a.swift\n---\n" + Self.cell, "Notebooks/a.swift": "", "Notebooks/Shared/s.swift": "",
    ])
    let notebook = try Notebook(contentsOf: "\(folder.path)/Notebooks/n.md")
    let names = notebook.codeFiles.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }
    #expect(Set(names) == ["Notebooks/a.swift", "Shared/s.swift", "Notebooks/Shared"])
  }

  @Test func aTextWithoutAFileSharesNothing() throws {
    #expect(try Notebook(markdown: Self.cell, file: "n.md").shared.isEmpty)
  }
}
