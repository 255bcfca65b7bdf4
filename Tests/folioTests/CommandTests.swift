import Foundation
import Testing

/// The command itself, as a user runs it: the program that lies beside the tests.
@Suite struct CommandTests {
  private struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  private let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("folio")

  private func folio(_ arguments: String..., in folder: URL? = nil) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    process.environment = Self.environment
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: text, errors: complaint)
  }

  /// A store of the tests' own.
  private static let environment = ProcessInfo.processInfo.environment.merging(
    ["FOLIO_CACHE": FileManager.default.temporaryDirectory.appendingPathComponent("folio-test-cache-\(getpid())").path]
  ) { $1 }

  private func withNotebook(_ text: String, _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("folio-test-\(UUID())")
    let notebooks = folder.appendingPathComponent("Notebooks")
    try FileManager.default.createDirectory(at: notebooks, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text.utf8).write(to: notebooks.appendingPathComponent("n.md"))
    try body(folder)
  }

  @Test(arguments: [
    (["--help"], ["build", "run", "doctor", "Exit status"]),
    (["build", "--help"], ["--site", "-P", "--keep-going", "--timeout", "Notebooks/", "Examples"]),
    (["run", "--help"], ["<notebook>", "-P", "--keep-going", "--timeout"]), (["doctor", "--help"], ["BLAS", "Exit status"]),
  ])
  func helpNamesEverything(arguments: [String], words: [String]) throws {
    let result = try arguments.count == 1 ? folio(arguments[0]) : folio(arguments[0], arguments[1])
    #expect(result.status == 0)
    for word in words { #expect(result.output.contains(word), "\(word) in \(result.output)") }
  }

  @Test func buildingWritesPagesAndSaysWhere() throws {
    try withNotebook("---\nparams: {n: 2}\n---\n# T\n```swift\nparams.n * 21\n```") { folder in
      let result = try folio("build", in: folder)
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("Site/n/index.html"))
      let page = try String(contentsOf: folder.appendingPathComponent("Site/n/index.html"), encoding: .utf8)
      #expect(page.contains("42") && !page.contains(folder.path))
      #expect(try folio("build", "Notebooks/n.md", "-P", "n=3", "--site", "Other", in: folder).status == 0)
      #expect(try String(contentsOf: folder.appendingPathComponent("Other/n/index.html"), encoding: .utf8).contains("63"))
    }
  }

  @Test func runningShowsOutputsInOrder() throws {
    try withNotebook("```swift\nprint(\"a\")\ndisplay(1)\nprint(\"b\", terminator: \"\")\n```\n```swift\n\"c\"\n```") { folder in
      let result = try folio("run", "Notebooks/n.md", in: folder)
      #expect(result.output == "a\n1\nb\nc\n" && result.status == 0, "\(result)")
    }
  }

  @Test(arguments: [
    (
      "```swift\nthrow CancellationError()\n```", Int32(1),
      "Notebooks/n.md:2: error: Error raised at top level: CancellationError()"
    ),
    ("\n```swift\n[1][3]\n```", 1, "Notebooks/n.md:3: error: Fatal error: Index out of range"),
    ("```swift\nlet x = y\n```", 2, "Notebooks/n.md:2:9: error: cannot find 'y' in scope"),
    ("```swift\n//| labl: x\n```", 2, "Notebooks/n.md:2: error: a cell has no option 'labl'"),
    ("```swift\nkill(getpid(), SIGKILL)\n```", 1, "killed by SIGKILL in cell-1"),
    ("```swift\ntry GemmaModel.load(\"no/such-model\")\n```", 2, "no/such-model"),
  ])
  func theExitStatusAndTheMessageSayWhatWentWrong(notebook: String, status: Int32, message: String) throws {
    try withNotebook(notebook) { folder in
      let result = try folio("build", in: folder)
      #expect(result.status == status && result.errors.contains(message), "\(result)")
    }
  }

  @Test func aWrongUseOfTheCommandIs64() throws {
    try withNotebook("---\nparams: {n: 2}\n---\n") { folder in
      #expect(try folio("biuld", in: folder).status == 64)
      #expect(try folio("build", "--sit", "x", in: folder).status == 64)
      #expect(try folio("build", "-P", "n", in: folder).status == 64)
      #expect(try folio("build", "--timeout", "-1", in: folder).status == 64)
      let result = try folio("build", "-P", "n=two", in: folder)
      #expect(result.status == 64 && result.errors.contains("'n' is of type Int"))
      #expect(try folio("build", "-P", "m=1", in: folder).errors.contains("no parameter 'm'"))
    }
  }

  @Test func aWorkerDoesNotOutliveItsHost() throws {
    try withNotebook("```swift\nprint(getpid())\nwhile true {}\n```") { folder in
      let process = Process()
      process.executableURL = program
      process.environment = Self.environment
      process.arguments = ["run", folder.appendingPathComponent("Notebooks/n.md").path]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let printed = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      let worker = try #require(Int32(printed.trimmingCharacters(in: .newlines)), "\(printed)")
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      // Gone, or dead and not yet reaped.
      var state = "running"
      for _ in 0..<100 where state == "running" {
        usleep(50_000)
        let status = try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)
        state = status.map { $0.contains(") Z ") ? "dead" : "running" } ?? "gone"
      }
      #expect(state != "running")
    }
  }

  @Test func aFolderWithoutNotebooksIsExplained() throws {
    let result = try folio("build", in: URL(fileURLWithPath: "/"))
    #expect(result.status == 2 && result.errors.contains("there is no folder 'Notebooks' here"))
  }
}
