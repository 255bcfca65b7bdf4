import Building
import Document
import Foundation
import Record
import Session
import TestSupport
import Testing

@Suite struct LeftOutTests {
  private static let needing = "---\nneeds: no/such-model\n---\nThe weights are in the hub.\n```swift\nprint(1 + 1)\n```"

  private func build(_ folder: TestFolder) throws -> (status: SiteBuilder.Status, told: [String]) {
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    let notebooks = try Notebooks.read(Notebooks.all(in: folder.path + "/Notebooks"))
    nonisolated(unsafe) var told: [String] = []
    let status = SiteBuilder(notebooks, site: folder.path + "/Site", isWhole: true, options: options).build { event in
      if case .warning(let diagnostic) = event { told.append("\(diagnostic)") }
    }
    return (status, told)
  }

  @Test func aNotebookWhoseModelIsNotHereIsLeftOutAndTold() throws {
    let folder = try TestFolder()
    try folder.write(Self.needing, to: "Notebooks/a.md")
    try folder.write("---\nafter: a\n---\n```swift\n6 * 7\n```", to: "Notebooks/b.md")
    let (status, told) = try build(folder)
    #expect(status == .succeeded)
    #expect(told.contains { $0.contains("a is left out: it needs the model no/such-model") })
    #expect(try folder.read("Site/b/index.html").contains("42"))
    #expect((try? folder.read("Site/a/index.html")) == nil)
  }

  @Test func itsPageStaysAsItWas() throws {
    let folder = try TestFolder()
    try folder.write(Self.needing, to: "Notebooks/a.md")
    try folder.write("a page", to: "Site/a/index.html")
    _ = try build(folder)
    #expect(try folder.read("Site/a/index.html") == "a page")
  }

  @Test func aParameterMayNameTheModel() throws {
    let folder = try TestFolder()
    try folder.write(
      Self.needing.replacing("needs: no/such-model", with: "needs: params.model\nparams:\n  model: no/such-model"),
      to: "Notebooks/a.md")
    try folder.write("{}", to: "Notebooks/models/tiny/config.json")
    let paths = try Notebooks.all(in: folder.path + "/Notebooks")
    #expect(try Notebooks.read(paths)[0].missingModels == ["no/such-model"])
    #expect(try Notebooks.read(paths, overrides: [("model", "models/tiny")])[0].missingModels == [])
  }

  @Test func itIsBuiltWhereTheModelIs() throws {
    let folder = try TestFolder()
    try folder.write(Self.needing.replacing("no/such-model", with: "models/tiny"), to: "Notebooks/a.md")
    try folder.write("{}", to: "Notebooks/models/tiny/config.json")
    let (status, told) = try build(folder)
    #expect(status == .succeeded)
    #expect(told.isEmpty)
    #expect(try folder.read("Site/a/index.html").contains("<"))
  }
}
