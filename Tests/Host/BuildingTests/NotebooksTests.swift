import Building
import Document
import Foundation
import Record
import TestSupport
import Testing

@Suite struct NotebooksTests {
  @Test func whatOnlyBearsANotebooksNameIsToldAndTheOthersAreFound() throws {
    let folder = try TestFolder()
    try folder.write("# A", to: "n/a.md")
    try folder.write("# B", to: "n/folder.md/b.md")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/n/dead.md", withDestinationPath: "nowhere.md")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/n/link.md", withDestinationPath: "a.md")
    #expect(try Notebooks.all(in: folder.path + "/n") == ["a", "link"].map { "\(folder.path)/n/\($0).md" })
    let told = Notebooks.strangers(in: folder.path + "/n")
    #expect(
      told.map(\.message) == [
        "'\(folder.path)/n/dead.md' is a link to 'nowhere.md', which is not there", "'\(folder.path)/n/folder.md' is a folder",
      ])
    #expect(told.allSatisfy { $0.advice != nil })
  }

  @Test func whatIsNoNotebookComesWithAdvice() throws {
    let folder = try TestFolder()
    try folder.write("# A", to: "results.md")
    try folder.write("{}", to: "x.ipynb")
    func advice(_ name: String) throws -> String { try #require(Notebooks.whyNoNotebook(folder.path + name)?.advice) }
    #expect(Notebooks.whyNoNotebook(folder.path + "/results.md") == nil)
    #expect(try advice("/reslts.md") == "Did you mean 'results.md'?")
    #expect(try advice("/x.ipynb").contains("folio import"))
    #expect(try advice("").contains("\(folder.path)/results.md"))
    #expect(throws: Diagnostics.self) { try Notebooks.read([folder.path]) }
  }

  @Test func theReadableAreReadBesideThoseThatAreNot() throws {
    let folder = try TestFolder()
    try folder.write("# A", to: "a.md")
    try folder.write("---\ntitel: x\n---\n", to: "b.md")
    let (documents, problems) = try Notebooks.readable(["a", "b", "c"].map { "\(folder.path)/\($0).md" })
    #expect(documents.map(\.name) == ["a"])
    #expect(problems.count == 2)
  }
}

@Suite struct NotebookOrderTests {
  /// Notebooks by name with what each says of `after`.
  private func problems(_ after: [String: String], areAll: Bool = true) throws -> [Diagnostic] {
    let folder = try TestFolder()
    for (name, after) in after { try folder.write("---\ntitle: T\nafter: \(after)\n---\n", to: "\(name).md") }
    try folder.write("# R", to: "results.md")
    let documents = try Notebooks.read((after.keys + ["results"]).map { "\(folder.path)/\($0).md" })
    return NotebookOrder(documents, areAll: areAll).problems.map(\.diagnostic)
  }

  @Test func anOrderThatCanBeIsNoProblem() throws {
    #expect(try problems(["a": "results", "b": "[a, results]"]).isEmpty)
  }

  @Test func aNameThatNobodyHasIsAnErrorAtItsLine() throws {
    let found = try problems(["a": "\n  - results\n  - reslts"])
    #expect(found.map(\.message) == ["'after' names 'reslts', and there is no such notebook"])
    #expect(found.first?.place?.line == 5)
    #expect(found.first?.advice == "Did you mean 'results'?")
    #expect(try problems(["a": "results.md"]).first?.advice == "Say 'results': the file's name without '.md'.")
    #expect(try problems(["a": "reslts"], areAll: false).map(\.severity) == [.warning])
  }

  @Test func whoWaitsForItselfIsTold() throws {
    #expect(try problems(["a": "a"]).map(\.message) == ["'a' says that it runs after itself"])
    let circle = try problems(["a": "b", "b": "c", "c": "a", "d": "a"])
    #expect(circle.count == 3)
    #expect(circle.contains { $0.message.hasSuffix("each other: 'a' after 'b' after 'c' after 'a'") })
    #expect(circle.allSatisfy { $0.severity == .error && $0.place?.line == 3 })
  }

  @Test func aCircleIsToldAlsoIfOneNotebookOfItIsBuiltAlone() throws {
    let folder = try TestFolder()
    for (name, after) in ["a": "b", "b": "a"] { try folder.write("---\nafter: \(after)\n---\n", to: "\(name).md") }
    let alone = NotebookOrder(try Notebooks.read(["\(folder.path)/a.md"]), areAll: false).problems.map(\.diagnostic)
    #expect(alone.map(\.message) == ["notebooks wait for each other: 'a' after 'b' after 'a'"])
  }
}
