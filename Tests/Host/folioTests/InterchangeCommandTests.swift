import Foundation
import Processes
import TestSupport
import Testing

/// `folio export` and `folio import`, as a user runs them.
extension CommandTests {
  private func cells(_ path: String, in folder: TestFolder) throws -> [[String: Any]] {
    let json = try JSONSerialization.jsonObject(with: Data(folder.read(path).utf8)) as? [String: Any]
    return try #require(json?["cells"] as? [[String: Any]])
  }

  @Test func anExportHasTheOutputsAndComesBackAsTheSameFile() throws {
    let notebook = "---\nparams: {n: 2} # why\n---\n# T\n~~~swift\nprint(\"a\")\nparams.n * 21\n~~~\n\n\n```swift norun\nx\n```"
    try withNotebook(notebook) { folder in
      let result = try folio("export", "Notebooks/n.md", "--to", "ipynb", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output == "Notebooks/n.ipynb\n", "\(result)")
      let written = try folder.read("Notebooks/n.ipynb")
      expect(written, contains: "\"a\\n\"", "\"42\"")
      #expect(!written.contains(folder.path))
      // An earlier export is replaced; what is known does not run again, and is the same.
      let again = try folio("export", "Notebooks/n.md", "--to", "ipynb", in: folder)
      #expect(again.status == 0)
      #expect(try folder.read("Notebooks/n.ipynb") == written)
      #expect(try folio("export", "Notebooks/n.md", "--to", "ipynb", "-P", "n=3", "-o", "o/x.ipynb", in: folder).status == 0)
      #expect(try folder.read("o/x.ipynb").contains("\"63\""))

      let refused = try folio("import", "Notebooks/n.ipynb", in: folder)
      #expect(refused.status == 2, "\(refused)")
      #expect(refused.errors.contains("'Notebooks/n.md' exists"), "\(refused)")
      let copy = try folio("import", "o/x.ipynb", in: folder)
      #expect(copy.status == 0, "\(copy)")
      #expect(copy.output == "o/x.md\n", "\(copy)")
      #expect(copy.errors.isEmpty, "\(copy)")
      #expect(try folder.read("o/x.md") == notebook)
      #expect(try folio("import", "Notebooks/n.ipynb", "-o", "o/x.md", "--force", in: folder).status == 0)
    }
  }

  @Test func aNotebookThatFailsIsExportedAllTheSame() throws {
    try withNotebook("```swift\n1\n```\n```swift\n[1][3]\n```\n```swift\n3\n```") { folder in
      let result = try folio("export", "Notebooks/n.md", "--to", "ipynb", in: folder)
      #expect(result.status == 1, "\(result)")
      #expect(result.errors.contains("Notebooks/n.md:5: error"), "\(result)")
      let cells = try cells("Notebooks/n.ipynb", in: folder).filter { $0["cell_type"] as? String == "code" }
      let kinds = cells.map { ($0["outputs"] as? [[String: Any]])?.first?["output_type"] as? String }
      #expect(kinds == ["display_data", "error", nil])
      #expect(cells.last?["execution_count"] is NSNull)
    }
    try withNotebook("```swift\nlet x = y\n```") { folder in
      let result = try folio("export", "Notebooks/n.md", "--to", "ipynb", in: folder)
      #expect(result.status == 2, "\(result)")
      #expect(try folder.read("Notebooks/n.ipynb").contains("Notebooks/n.md:2:9: error: cannot find 'y' in scope"))
    }
  }

  @Test func withoutOutputsNothingRuns() throws {
    try withNotebook("```swift\nclose(creat(\"ran\", 0o644))\n```") { folder in
      let result = try folio("export", "Notebooks/n.md", "--to", "ipynb", "--no-outputs", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(try folio("export", "Notebooks/n.md", "--to", "swift", in: folder).status == 0)
      #expect(!folder.exists("Notebooks/ran"))
      #expect(try (cells("Notebooks/n.ipynb", in: folder)[0]["outputs"] as? [Any])?.isEmpty == true)
    }
  }

  @Test func anExportReplacesNothingButAnExport() throws {
    try withNotebook("```swift\nclose(creat(\"ran\", 0o644))\n```") { folder in
      for (format, path) in [("ipynb", "Notebooks/n.md"), ("swift", "Notebooks/n.md"), ("ipynb", "own.ipynb")] {
        if path == "own.ipynb" { try folder.write("{\"cells\": []}", to: path) }
        let before = try folder.read(path)
        let result = try folio("export", "Notebooks/n.md", "--to", format, "-o", path, in: folder)
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("'\(path)' exists, and is no export"), "\(result)")
        #expect(try folder.read(path) == before)
      }
      // It was said before anything ran.
      #expect(!folder.exists("Notebooks/ran"))
      #expect(try folio("export", "Notebooks/n.md", in: folder).status == 64)
      #expect(try folio("export", "Notebooks/n.md", "--to", "docx", in: folder).status == 64)
    }
  }

  @Test func theCompilerNamesTheNotebooksLinesInAScript() throws {
    try withNotebook("---\nparams: {n: 2}\n---\ntext\n\n```swift\n//| label: good\nlet x = 1\n```\n\n```swift\n\nlet = 3\n```\n")
    { folder in
      let script = try folio("export", "Notebooks/n.md", "--to", "swift", "-P", "n=5", in: folder)
      #expect(script.status == 0, "\(script)")
      #expect(script.output.contains("let params = Parameters(n: 5)\n"), "\(script)")
      #expect(try folio("export", "Notebooks/n.md", "--to", "swift", "-o", "main.swift", in: folder).output == "main.swift\n")
      // The notebook is found from wherever the script is compiled.
      let complaint = try shell("cd / && swiftc -frontend -parse -diagnostic-style llvm \"$OLDPWD/main.swift\"", in: folder)
        .errors
      let lines = complaint.split(separator: "\n").filter { $0.contains(": error: ") }
      #expect(lines.count == 1, "\(complaint)")
      #expect(lines.first?.hasPrefix("\(folder.path)/Notebooks/n.md:13:5: error: ") == true, "\(complaint)")
    }
  }

  @Test func whatIsNoNotebookOfJupyterIsRefusedWithItsPlace() throws {
    try withNotebook("") { folder in
      try folder.write("{\"nbformat\": 3,\n\"worksheets\": []}", to: "a.ipynb")
      let old = try folio("import", "a.ipynb", in: folder)
      #expect(old.status == 2, "\(old)")
      #expect(old.errors.contains("a.ipynb:1:14: error: the notebook is in format 3"), "\(old)")
      #expect(try folio("import", "b.ipynb", in: folder).errors.contains("'b.ipynb' cannot be read: there is no such file"))
      #expect(!folder.exists("a.md"))
      let cell = "{\"cell_type\": \"code\", \"metadata\": {}, \"source\": \"//| eval: false\"}"
      let json = "{\"nbformat\": 4, \"cells\": [\(cell)], \"metadata\": {\"language_info\": {\"name\": \"swift\"}}}"
      try folder.write(json, to: "c.ipynb")
      let warned = try folio("import", "c.ipynb", in: folder)
      #expect(warned.status == 0, "\(warned)")
      #expect(warned.errors.contains("c.md:2: warning: a cell has no option 'eval'"), "\(warned)")
    }
  }
}
