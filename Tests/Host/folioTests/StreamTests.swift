import TestSupport
import Testing

/// What is left of a run if nobody can be told of it.
@Suite struct StreamTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write("```swift\nprint(40 + 2)\n```\n", to: "Notebooks/n.md")
  }

  /// The exit status of a line of shell in which `$F` is the program.
  private func shell(_ line: String) throws -> Int32 {
    try folioTests.shell("set -o pipefail; " + line, in: folder, environment: ["FOLIO_CACHE": folder.path + "/cache"]).status
  }

  @Test(arguments: ["2>/dev/full", ">/dev/full", ">/dev/full 2>&1", ">/dev/full 2>/dev/full"])
  func aBuildIsWholeThoughNothingCouldBeSaid(redirection: String) throws {
    #expect(try shell("$F build \(redirection)") == 74)
    let page = try folder.read("Site/n/index.html")
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
    let said = try folder.read("said")
    #expect(
      said == "error: the standard output could not be written: No space left on device; what ran is kept, and is not lost\n")
  }
}
