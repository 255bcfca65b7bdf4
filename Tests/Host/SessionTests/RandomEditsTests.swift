import Document
import Foundation
import Record
import Session
import Testing

/// Notebooks whose cells change each other's state in every way that Swift has, edited at random: whatever the session reuses, the outputs
/// are those of a fresh session that runs everything.
///
/// `FOLIO_EDITS=10000 swift test -c release --disable-testable-imports --filter RandomEditsTests` tries as many edits (200 by default), from
/// the seed `FOLIO_SEED` on.
@Suite struct RandomEditsTests {
  private static func setting(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
  }

  private static let editsOfOne = 20
  private static let seeds = (0..<max(1, setting("FOLIO_EDITS", 200) / editsOfOne)).map { setting("FOLIO_SEED", 1) + $0 }

  @Test(arguments: seeds)
  func whatIsReusedIsWhatAFreshSessionGives(seed: Int) throws {
    let warm = try WarmSession()
    var options = NotebookSession.Options()
    options.store = warm.folder + "/store"
    options.isForced = true
    options.keepsGoing = true
    var notebook = RandomNotebook(seed: UInt64(seed))
    for edit in 0..<Self.editsOfOne {
      if edit > 0 { notebook.edit() }
      if edit % 5 == 4 { try warm.restart() }
      let files = data(in: warm.folder)
      let reused = try warm.run(notebook.cells)
      try restore(files, in: warm.folder)
      let fresh = try NotebookSession(directory: warm.folder, toolchain: .find(), installation: .find(), options: options)
      let markdown = notebook.cells.map { "```swift\n\($0)\n```" }.joined(separator: "\n\nprose\n\n")
      let whole = try fresh.run(Notebook(markdown: markdown, file: warm.folder + "/notebook.md")).record
      for (index, pair) in zip(reused.record.cells, whole.cells).enumerated() where pair.0 != pair.1 {
        let text = notebook.cells.enumerated().map { "\($0 + 1)  \($1)" }.joined(separator: "\n")
        Issue.record(
          "seed \(seed), edit \(edit), which ran \(reused.ran), gave in cell \(index + 1)\n\(pair.0)\nand fresh\n\(pair.1)\n\(text)"
        )
        return
      }
    }
  }

  /// What cells have written: both sessions begin with the same.
  private func data(in folder: String) -> [String: Data] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix("data") }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, FileManager.default.contents(atPath: folder + "/" + $0) ?? Data()) })
  }

  private func restore(_ files: [String: Data], in folder: String) throws {
    for name in data(in: folder).keys { try FileManager.default.removeItem(atPath: folder + "/" + name) }
    for (name, content) in files { try content.write(to: URL(fileURLWithPath: folder + "/" + name)) }
  }
}
