import Foundation
import Processes
import Testing

/// A project is found from every folder in it, and what is printed can be opened from there.
@Suite struct ProjectTests {
  private let command = CommandTests()

  private func inSubfolder(_ body: (_ project: URL, _ subfolder: URL) throws -> Void) throws {
    try command.withNotebook("```swift\n6 * 7\n```\n") { project in
      let subfolder = project.appending(path: "data/raw")
      try FileManager.default.createDirectory(at: subfolder, withIntermediateDirectories: true)
      try body(project, subfolder)
    }
  }

  @Test func aBuildInASubfolderWritesTheProjectsSite() throws {
    try inSubfolder { project, subfolder in
      let result = try command.folio("build", in: subfolder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.hasPrefix("../../Site/n/index.html "), "\(result)")
      #expect(FileManager.default.fileExists(atPath: project.path + "/Site/index.html"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: subfolder.path) == [])
    }
  }

  @Test func aSiteIsTheSameWhereverItWasBuilt() throws {
    try inSubfolder { project, subfolder in
      #expect(try command.folio("build", in: subfolder).status == 0)
      #expect(try command.folio("build", "--site", "Other", in: project).status == 0)
      var call = ChildProcess.Call("diff", ["-r", "Site", "Other"])
      call.directory = project.path
      let difference = try ChildProcess.finish(call).text
      #expect(difference == "")
    }
  }

  @Test func anErrorNamesTheFileAsItIsSeenFromHere() throws {
    try inSubfolder { project, subfolder in
      try Data("```swift\nlet x = y\n```\n".utf8).write(to: project.appending(path: "Notebooks/n.md"))
      let result = try command.folio("build", in: subfolder)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("../../Notebooks/n.md:2:9: error:"), "\(result)")
    }
  }

  @Test func aNamedNotebookIsBuiltIntoTheProjectsSiteToo() throws {
    try inSubfolder { project, _ in
      let result = try command.folio("build", "n.md", in: project.appending(path: "Notebooks"))
      #expect(result.status == 0, "\(result)")
      #expect(result.output.hasPrefix("../Site/n/index.html "), "\(result)")
    }
  }

  @Test func aCheckInASubfolderFindsTheRecords() throws {
    try inSubfolder { project, subfolder in
      #expect(try command.folio("build", in: project).status == 0)
      let result = try command.folio("check", in: subfolder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("No output changed"), "\(result)")
    }
  }

  @Test func theNearestProjectIsMeant() throws {
    try inSubfolder { project, subfolder in
      let inner = subfolder.appending(path: "Notebooks")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Data("```swift\n1\n```\n".utf8).write(to: inner.appending(path: "inner.md"))
      #expect(try command.folio("build", in: subfolder).output.hasPrefix("Site/inner/index.html "))
      #expect(!FileManager.default.fileExists(atPath: project.path + "/Site"))
    }
  }

  @Test(.enabled(if: getuid() == 0, "only root can give a folder to another user"))
  func theNotebooksOfAnotherUserAboveAreNotRun() throws {
    try inSubfolder { project, subfolder in
      #expect(chown(project.path + "/Notebooks", 12345, 12345) == 0)
      let result = try command.folio("build", in: subfolder)
      #expect(result.status == 2, "\(result)")
      #expect(result.errors.contains("belongs to another user"), "\(result)")
      #expect(try command.folio("build", in: project).status == 0)
    }
  }

  @Test func overSSHAPreviewTellsHowToForwardItsPort() throws {
    try command.withNotebook("```swift\n1\n```\n") { project in
      let script = """
        exec 3< <(exec timeout -s TERM 300 "$F" preview --port 0 2>&1); preview=$!
        grep -m1 'ssh -N' <&3; kill -TERM $preview
        """
      var call = ChildProcess.Call("bash", ["-c", script])
      call.directory = project.path
      call.environment = CommandTests.environment.merging(
        ["F": command.program.path, "SSH_CONNECTION": "198.51.100.7 50022 192.0.2.1 2222"]) { $1 }
      let line = try ChildProcess.finish(call).text
      #expect(line.contains(/ssh -N -L (\d+):127\.0\.0\.1:\1 -p 2222 \S+@192\.0\.2\.1\n/), "\(line)")
    }
  }
}
