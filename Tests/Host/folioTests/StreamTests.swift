import Foundation
import Processes
import Testing

/// What is left of a run if nobody can be told of it.
@Suite final class StreamTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "folio-streams-\(UUID().uuidString)")
  private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
    path: "folio")

  init() throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "Notebooks"), withIntermediateDirectories: true)
    try Data("```swift\nprint(40 + 2)\n```\n".utf8).write(to: folder.appending(path: "Notebooks/n.md"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The exit status of a line of shell in which `$F` is the program.
  private func shell(_ line: String) throws -> Int32 {
    var call = ChildProcess.Call("bash", ["-c", "set -o pipefail; " + line])
    call.directory = folder.path
    call.environment["F"] = program.path
    call.environment["FOLIO_CACHE"] = folder.path + "/cache"
    return try ChildProcess.finish(call).status
  }

  @Test(arguments: ["2>/dev/full", ">/dev/full", ">/dev/full 2>&1", ">/dev/full 2>/dev/full"])
  func aBuildIsWholeThoughNothingCouldBeSaid(redirection: String) throws {
    #expect(try shell("$F build \(redirection)") == 74)
    let page = try String(contentsOf: folder.appending(path: "Site/n/index.html"), encoding: .utf8)
    #expect(page.contains("42"))
  }

  @Test(arguments: [
    "run Notebooks/n.md", "--help", "--version", "cache", "diff --help", "export Notebooks/n.md --to swift", "nope",
    "run gone.md",
  ])
  func theStatusSaysThatNobodyWasTold(command: String) throws {
    #expect(try shell("$F \(command) >/dev/full 2>/dev/full") == 74)
  }

  @Test func aReportThatWasNotDeliveredIsNoVerdict() throws {
    #expect(try shell("$F build && cp -r Site old && sed -i 's/2/3/' Notebooks/n.md && $F build && $F diff old Site") == 1)
    #expect(try shell("$F diff old Site >/dev/full 2>said") == 74)
    let said = try String(contentsOf: folder.appending(path: "said"), encoding: .utf8)
    #expect(
      said == "error: the standard output could not be written: No space left on device; what ran is kept, and is not lost\n")
  }
}
