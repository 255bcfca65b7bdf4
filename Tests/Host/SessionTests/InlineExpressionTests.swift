import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// Inline expressions in a real worker.
@Suite struct InlineExpressionSessionTests {
  private let definitions = "```swift\nlet n = 3\nfunc fails() throws -> Int { throw NotebookError(\"oops\") }\n```\n\n"

  @Test func valuesAreRecordedInTheirOrder() throws {
    let record = try run(definitions + "a `{swift} n` b\nc `{swift} Double(n) / 7` d `{swift} \"x\"`\n\n```swift\nn\n```\n")
    #expect(record.cells.map(\.id) == ["cell-1", "inline-1", "cell-2"])
    #expect(record.cells[1].values == ["3", "0.4286", "x"])
  }

  @Test func anExpressionThatDoesNotCompileIsReportedAtItsColumn() throws {
    let record = try run(definitions + "a `{swift} n` b\nc `{swift} nope` d\n")
    let place = try #require(record.cells[1].diagnostic?.place)
    #expect(place.line == 7)
    #expect(place.column == 12)
    #expect(record.cells[1].error?.kind == .compile)
    #expect(record.cells[1].diagnostic?.excerpt == "c `{swift} nope` d")
  }

  @Test func anExpressionThatThrowsOrTrapsIsReportedAtItsLine() throws {
    let thrown = try run(definitions + "a `{swift} n` b\nc `{swift} fails()` d\n").cells[1]
    #expect(thrown.diagnostic?.place?.line == 7)
    #expect(thrown.error?.kind == .thrown)
    #expect(thrown.values == ["3"])
    let trapped = try run(definitions + "a `{swift} [n][n]` b\n").cells[1]
    #expect(trapped.diagnostic?.place?.line == 6)
    #expect(trapped.error?.kind == .trap)
    let table = try run(definitions + "a `{swift} Table(columns: [], rows: [])` b\n").cells[1]
    #expect(table.diagnostic?.message.contains("has no place within a sentence") == true)
  }

  @Test func itRunsAgainOnlyIfWhatItUsesChanged() throws {
    let folder = try TestFolder()
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    func reasons(_ used: Int, _ other: Int) throws -> [String: String] {
      let session = try NotebookSession(
        directory: folder.path, toolchain: .find(), installation: .find(), options: options)
      let markdown = "```swift\nlet used = \(used)\n```\n```swift\nlet other = \(other)\n```\n\nThere are `{swift} used`.\n"
      let run = try session.run(Notebook(markdown: markdown, file: "notebook.md"))
      return Dictionary(uniqueKeysWithValues: run.explanations.map { ($0.cell, $0.text) })
    }
    _ = try reasons(1, 1)
    #expect(try reasons(1, 2)["inline-1"] == "reused")
    #expect(try reasons(2, 2)["inline-1"]?.hasPrefix("ran") == true)
  }
}
