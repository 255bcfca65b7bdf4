import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

/// Shared code in a real worker.
@Suite struct SharedCodeSessionTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    for part in ["Shared", "store"] {
      try FileManager.default.createDirectory(atPath: "\(folder.path)/\(part)", withIntermediateDirectories: true)
    }
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(path)"))
  }

  private func run(_ name: String = "n") throws -> NotebookSession.RunResult {
    var options = NotebookSession.Options()
    options.store = folder.path + "/store"
    let session = try NotebookSession(directory: folder.path, toolchain: .find(), installation: .find(), options: options)
    defer { session.close() }
    return try session.run(Notebook(contentsOf: "\(folder.path)/\(name).md"))
  }

  @Test func cellsSeeWhatSharedCodeDefinesAndRunAgainWhenItChanges() throws {
    try write("func f() -> Int { 1 }\nlet unused = 2", "Shared/a.swift")
    try write("```swift\nf()\n```\n\n```swift\n3\n```\n", "n.md")
    #expect(try run().record.cells.map(\.values) == [[], ["1"], ["3"]])
    #expect(try run().explanations.map(\.ran) == [false, false, false])
    try write("func f() -> Int { 10 }\nlet unused = 2", "Shared/a.swift")
    let changed = try run()
    #expect(changed.record.cells.map(\.values) == [[], ["10"], ["3"]])
    #expect(changed.explanations.map(\.ran) == [true, true, false])
  }

  @Test func anErrorOfSharedCodeStandsInItsFile() throws {
    try write("\nfunc f() -> Int { \"a\" }", "Shared/a.swift")
    try write("```swift\n1\n```\n", "n.md")
    let error = try run().record.cells.first?.error
    #expect(error?.kind == .compile)
    #expect(error?.diagnostics.first?.place == Place(file: "\(folder.path)/Shared/a.swift", line: 2, column: 19))
    #expect(error?.diagnostics.first?.excerpt == "func f() -> Int { \"a\" }")
  }

  @Test func aTrapInSharedCodeStandsThereWithItsCallerInTheNotebook() throws {
    try write("// One\nfunc f(_ x: [Int]) -> Int {\n  x[3]\n}", "Shared/a.swift")
    try write("# N\n\n```swift\nf([1])\n```\n", "n.md")
    let diagnostic = try run().record.cells.last?.error?.diagnostics.first
    #expect(diagnostic?.place?.file == "\(folder.path)/Shared/a.swift")
    #expect(diagnostic?.place?.line == 3)
    #expect(diagnostic?.excerpt == "  x[3]")
    #expect(diagnostic?.notes.first?.place?.file == "\(folder.path)/n.md")
    #expect(diagnostic?.notes.first?.place?.line == 4)
  }

  @Test func twoNotebooksShareWhatIsCompiledAndNotItsValues() throws {
    try write("var count = 0", "Shared/a.swift")
    try write("```swift\ncount += 1\ncount\n```\n", "n.md")
    try write("```swift\ncount += 5\ncount\n```\n", "m.md")
    #expect(try run("n").record.cells.last?.values == ["1"])
    #expect(try run("m").record.cells.last?.values == ["5"])
  }
}
