import Foundation
import TestSupport
import Testing

/// Notebooks in folders of the project's notebooks, and what describes their site, as a user meets them.
@Suite struct FolderNotebookTests {
  private func withProject(_ body: (_ project: TestFolder) throws -> Void) throws {
    let project = try TestFolder()
    try project.write("# Ay\n", to: "Notebooks/a.md")
    try project.write("# Bee\n\n```swift\n//| label: it\n6 * 7\n```\n", to: "Notebooks/part/b.md")
    try body(project)
  }

  @Test func aNotebookInAFolderIsNamedByItsPath() throws {
    try withProject { project in
      try project.write("", to: "data/x.csv")
      for name in ["part/b", "part/b.md"] {
        #expect(try folio("run", name, in: project).output == "42\n")
        #expect(try folio("build", name, in: project, at: "data").output.contains("../Site/part/b/index.html"))
      }
      #expect(try folio("run", "b.md", in: project, at: "Notebooks/part").output == "42\n")
      #expect(project.exists("Site/part/b/record/index.json"))
    }
  }

  @Test func aReviewComparesItUnderItsName() throws {
    try withProject { project in
      #expect(try folio("build", in: project).status == 0)
      let setUp = "git init -q && git add -A && git -c user.email=a@b.c -c user.name=A commit -q -m one"
      #expect(try shell(setUp, in: project).status == 0)
      #expect(try folio("check", in: project).status == 0)
      try project.write("# Bee\n\n```swift\n//| label: it\n6 * 8\n```\n", to: "Notebooks/part/b.md")
      #expect(try folio("build", in: project).status == 0)
      for name in ["part/b", "Notebooks/part/b.md"] {
        let result = try folio("diff", name, in: project)
        #expect(result.output.contains("part/b"), "\(result)")
        #expect(result.output.contains("48"), "\(result)")
        #expect(result.status == 1, "\(result)")
      }
      #expect(try folio("diff", "a", in: project).status == 0)
    }
  }

  @Test func afterNamesItByItsPathToo() throws {
    try withProject { project in
      try project.write("---\nafter: part/b\n---\n# Ay\n", to: "Notebooks/a.md")
      #expect(try folio("build", in: project).errors.contains("after") == false)
      try project.write("---\nafter: part/bb\n---\n# Ay\n", to: "Notebooks/a.md")
      let result = try folio("build", in: project)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("Did you mean 'part/b'?"), "\(result)")
    }
  }

  @Test func anErrorInTheSitesDescriptionIsToldOnceAndNothingRuns() throws {
    try withProject { project in
      try project.write("title: T\nurl: nowhere\n", to: "Notebooks/site.yml")
      let result = try folio("build", in: project)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.ranges(of: "Notebooks/site.yml:2: error: 'url' is 'nowhere'").count == 1, "\(result)")
      #expect(!project.exists("Site"))
    }
  }
}
