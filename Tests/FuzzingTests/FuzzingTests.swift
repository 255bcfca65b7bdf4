import Foundation
import Testing

/// A short run of the fuzzing that `.ci/fuzz` does at length, and that its watcher sees what it is there for.
@Suite struct FuzzingTests {
  private struct Run {
    var status: Int32
    var output: String
  }

  private func fuzz(_ arguments: String...) throws -> Run {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("folio-fuzz-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("folio-fuzz")
    process.arguments = arguments + ["--keep", folder.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: text)
  }

  @Test(arguments: [
    "notebooks", "frontmatter", "ipynb", "records", "outputs", "figures", "charts", "csv", "configurations", "safetensors",
    "tokenizers", "requests",
    "cache", "pages",
  ])
  func mutatedInputsCostNoMoreThanTheyMust(kind: String) throws {
    let run = try fuzz("--kinds", kind, "--each", "300", "--seed", "15")
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("300"))
  }

  @Test(arguments: [
    ("crash", "Fatal error"), ("hang", "2 s of processor time"), ("memory", "it ended by"), ("promise", "a promise was broken"),
  ])
  func aFailureIsSeenAndNamesItsInputAndTheRunGoesOn(kind: String, reason: String) throws {
    let run = try fuzz("--kinds", kind, "--each", "150", "--seed", "3")
    #expect(run.status == 1)
    #expect(run.output.contains(reason), "\(run.output)")
    #expect(run.output.contains("150"))
  }
}
