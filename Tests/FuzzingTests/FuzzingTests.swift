import Foundation
import Processes
import TestSupport
import Testing

/// A short run of the fuzzing that `.ci/fuzz` does at length, and that its watcher sees what it is there for.
@Suite(.serialized) struct FuzzingTests {
  /// On a thread of its own, since it takes its time.
  private func fuzz(_ arguments: String...) async throws -> ChildProcess.Finished {
    try await waiting {
      let folder = try TestFolder()
      let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("folio-fuzz")
      return try ChildProcess.finish(.init(program.path, arguments + ["--keep", folder.path]))
    }
  }

  @Test(arguments: [
    "notebooks", "frontmatter", "ipynb", "records", "outputs", "figures", "charts", "csv", "configurations", "safetensors",
    "tokenizers", "tokenizer.json", "merges", "requests", "prose",
    "cache", "pages", "site.yml",
  ])
  func mutatedInputsCostNoMoreThanTheyMust(kind: String) async throws {
    let run = try await fuzz("--kinds", kind, "--each", "300", "--seed", "15")
    #expect(run.status == 0, "\(run.text)")
    #expect(run.text.contains("300"))
  }

  @Test(arguments: [
    ("crash", "Fatal error"), ("hang", "2 s of processor time"), ("memory", "it ended by"), ("promise", "a promise was broken"),
  ])
  func aFailureIsSeenAndNamesItsInputAndTheRunGoesOn(kind: String, reason: String) async throws {
    let run = try await fuzz("--kinds", kind, "--each", "150", "--seed", "3")
    #expect(run.status == 1)
    #expect(run.text.contains(reason), "\(run.text)")
    #expect(run.text.contains("150"))
  }
}
