import Foundation
import Processes
import TestSupport
import Testing

/// The command where few files may be open.
extension CommandTests {
  private func limited(_ limit: String, _ arguments: [String], in folder: TestFolder) throws -> ChildProcess.Finished {
    var call = ChildProcess.Call("bash", ["-c", "ulimit \(limit); exec \"$0\" \"$@\"", Command.path] + arguments)
    (call.directory, call.environment, call.joinsStreams) = (folder.path, Command.environment, true)
    return try ChildProcess.finish(call)
  }

  private static let commands = [
    ["run", "Notebooks/n.md"], ["build"], ["check"], ["diff"], ["doctor"], ["preview", "--port", "0"],
    ["export", "Notebooks/n.md", "--to", "ipynb"],
  ]

  @Test(arguments: [32, 16, 12, 10, 8], commands)
  func withTooFewDescriptorsEveryCommandSaysSoAndWhatToDo(limit: Int, arguments: [String]) throws {
    try withNotebook("```swift\n1\n```") { folder in
      let result = try limited("-n \(limit)", arguments, in: folder)
      #expect(result.status == 2)
      expect(result.text, contains: "descriptors are short", "At most \(limit) files", "ulimit -n")
      #expect(result.text.split(separator: "\n").count == 2, "\(result.text)")
    }
  }

  @Test(arguments: ["-n 64", "-n 48", "-Sn 10"])
  func withFewItRuns(limit: String) throws {
    try withNotebook("```swift\nimport Foundation\nprint(\"it runs\")\n```") { folder in
      var git = ChildProcess.Call(
        "bash", ["-c", "git init -q . && git -c user.name=a -c user.email=a commit -q --allow-empty -m a"])
      git.directory = folder.path
      #expect(try ChildProcess.finish(git).status == 0)
      #expect(try limited(limit, ["run", "Notebooks/n.md"], in: folder).text == "it runs\n")
      for arguments in [["build", "--force"], ["check"], ["diff"]] {
        let result = try limited(limit, arguments, in: folder)
        #expect(result.status == (arguments == ["diff"] ? 1 : 0), "\(arguments): \(result.text)")
      }
    }
  }

  /// What a process has open, as `/proc` names it, but for the site that it writes to.
  private func open(in process: pid_t) -> [String] {
    let folder = "/proc/\(process)/fd"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
      .filter { !$0.contains("/Site") }.map { $0.replacing(/\d+/, with: "") }.sorted()
  }

  @Test func aPreviewOutlivesMoreConnectionsThanItHasDescriptors() async throws {
    try await waiting { try previewOutlivesConnections() }
  }

  private func previewOutlivesConnections() throws {
    // It always runs, so that there is a worker from the beginning on.
    try withNotebook("```swift\n//| cache: false\n40 + 2\n```") { folder in
      let output = try Descriptor.pipe()
      let nothing = try Descriptor.null()
      let preview = try ChildProcess(
        "bash", arguments: ["-c", "ulimit -n 64; exec \"$0\" preview --port 0", Command.path], environment: Command.environment,
        descriptors: [nothing, output.write, nothing], directory: folder.path)
      defer {
        kill(preview.identifier, SIGKILL)
        _ = preview.wait()
      }
      var (text, buffer) = ("", [UInt8](repeating: 0, count: 1 << 12))
      while !text.contains("\n") { text += String(decoding: try #require(output.read.read(&buffer)), as: UTF8.self) }
      let port = try #require(text.firstMatch(of: /:(\d+)\//).flatMap { UInt16($0.1) })
      func page() throws -> String {
        try ChildProcess.finish(.init("curl", ["-s", "-m", "60", "http://127.0.0.1:\(port)/n/"])).text
      }
      #expect(eventually { try page().contains(">42<") })
      try #require(eventually { open(in: preview.identifier).filter { $0.hasPrefix("socket") }.count == 3 })
      let before = open(in: preview.identifier)
      for round in 43...45 {
        let clients = (0..<300).map { _ in try? ClientSocket(port: port, seconds: 180) }
        // What is saved meanwhile is run: some are left for that.
        try folder.write("```swift\n\(round)\n```", to: "Notebooks/n.md")
        #expect(
          eventually {
            (try? folder.read("Site/n/index.html").contains(">\(round)<")) == true
          })
        withExtendedLifetime(clients) {}
      }
      #expect(eventually { try page().contains(">45<") })
      #expect(eventually { open(in: preview.identifier) == before }, "\(before) \(open(in: preview.identifier))")
    }
  }

  @Test func noFileOfOursBecomesAStandardStreamThatIsClosed() throws {
    let link = "(try? FileManager.default.destinationOfSymbolicLink(atPath: \"/proc/\\(getppid())/fd/\\(n)\")) ?? \"none\""
    try withNotebook("```swift\nimport Foundation\nfor n in [0, 2] { print(\(link)) }\n```") { folder in
      var call = ChildProcess.Call("bash", ["-c", "exec \"$0\" run --force Notebooks/n.md <&- 2>&-", Command.path])
      (call.directory, call.environment) = (folder.path, Command.environment)
      let finished = try ChildProcess.finish(call)
      #expect(finished.text == "/dev/null\n/dev/null\n")
    }
  }
}
