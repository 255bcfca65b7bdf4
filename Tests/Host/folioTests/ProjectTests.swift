import Foundation
import TestSupport
import Testing

/// A project is found from every folder in it, and what is printed can be opened from there.
@Suite struct ProjectTests {
  private static let subfolder = "data/raw"

  private func withSubfolder(_ body: (_ project: TestFolder) throws -> Void) throws {
    try withNotebook("```swift\n6 * 7\n```\n") { project in
      try project.write("1", to: Self.subfolder + "/a.csv")
      try body(project)
    }
  }

  @Test func aBuildInASubfolderWritesTheProjectsSite() throws {
    try withSubfolder { project in
      let result = try folio("build", in: project, at: Self.subfolder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.hasPrefix("../../Site/n/index.html "), "\(result)")
      #expect(project.exists("Site/index.html"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(project.path)/\(Self.subfolder)") == ["a.csv"])
    }
  }

  @Test func aSiteIsTheSameWhereverItWasBuilt() throws {
    try withSubfolder { project in
      #expect(try folio("build", in: project, at: Self.subfolder).status == 0)
      #expect(try folio("build", "--site", "Other", in: project).status == 0)
      let difference = try shell("diff -r Site Other", in: project).output
      #expect(difference == "")
    }
  }

  @Test func anErrorNamesTheFileAsItIsSeenFromHere() throws {
    try withSubfolder { project in
      try project.write("```swift\nlet x = y\n```\n", to: "Notebooks/n.md")
      let result = try folio("build", in: project, at: Self.subfolder)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("../../Notebooks/n.md:2:9: error:"), "\(result)")
    }
  }

  @Test func aNamedNotebookIsBuiltIntoTheProjectsSiteToo() throws {
    try withSubfolder { project in
      let result = try folio("build", "n.md", in: project, at: "Notebooks")
      #expect(result.status == 0, "\(result)")
      #expect(result.output.hasPrefix("../Site/n/index.html "), "\(result)")
    }
  }

  @Test(arguments: ["n", "n.md"]) func aNotebookIsNamedAsADiffNamesIt(name: String) throws {
    try withSubfolder { project in
      // A folder of the notebook's name is somebody's data.
      try project.write("", to: "n/a.csv")
      for place in ["", Self.subfolder] {
        #expect(try folio("run", name, in: project, at: place).output == "42\n")
        #expect(try folio("build", name, in: project, at: place).output.contains("Site/n/index.html"))
      }
      #expect(try folio("run", "m", in: project).errors.contains("'m' cannot be read: there is no such file"))
    }
  }

  @Test func aFileThatIsHereIsMeantBeforeOneOfTheProject() throws {
    try withSubfolder { project in
      try project.write("```swift\n7\n```\n", to: Self.subfolder + "/n.md")
      #expect(try folio("run", "n.md", in: project, at: Self.subfolder).output == "7\n")
    }
  }

  @Test func aCheckInASubfolderFindsTheRecords() throws {
    try withSubfolder { project in
      #expect(try folio("build", in: project).status == 0)
      let result = try folio("check", in: project, at: Self.subfolder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("No output changed"), "\(result)")
    }
  }

  @Test func theNearestProjectIsMeant() throws {
    try withSubfolder { project in
      try project.write("```swift\n1\n```\n", to: Self.subfolder + "/Notebooks/inner.md")
      #expect(try folio("build", in: project, at: Self.subfolder).output.hasPrefix("Site/inner/index.html "))
      #expect(!project.exists("Site"))
    }
  }

  @Test(.enabled(if: getuid() == 0, "only root can give a folder to another user"))
  func theNotebooksOfAnotherUserAboveAreNotRun() throws {
    try withSubfolder { project in
      #expect(chown(project.path + "/Notebooks", 12345, 12345) == 0)
      let result = try folio("build", in: project, at: Self.subfolder)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("belongs to another user"), "\(result)")
      #expect(try folio("build", in: project).status == 0)
    }
  }

  @Test func overSSHAPreviewTellsHowToForwardItsPort() throws {
    try withNotebook("```swift\n1\n```\n") { project in
      let script = """
        exec 3< <(exec timeout -s TERM 300 "$F" preview --port 0 2>&1); preview=$!
        grep -m1 'ssh -N' <&3; kill -TERM $preview
        """
      let line = try shell(script, in: project, environment: ["SSH_CONNECTION": "198.51.100.7 50022 192.0.2.1 2222"]).output
      #expect(line.contains(/ssh -N -L (\d+):127\.0\.0\.1:\1 -p 2222 \S+@192\.0\.2\.1\n/), "\(line)")
    }
  }
}
