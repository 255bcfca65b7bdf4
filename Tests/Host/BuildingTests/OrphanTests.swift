import Building
import Document
import Foundation
import Record
import Rendering
import Session
import TestSupport
import Testing

@Suite struct OrphanTests {
  private func build(_ names: [String], in folder: TestFolder, isWhole: Bool) throws {
    let paths = names.map { "\(folder.path)/Notebooks/\($0).md" }
    for path in paths { try "```swift\nprint(1)\n```\n".write(toFile: path, atomically: true, encoding: .utf8) }
    var options = NotebookSession.Options()
    options.store = folder.path + "/cache"
    let builder = SiteBuilder(try Notebooks.read(paths), site: folder.path + "/Site", isWhole: isWhole, options: options)
    #expect(builder.build { _ in } == .succeeded)
  }

  @Test func onlyAWholeBuildRemovesWhatFolioMadeOfNotebooksThatAreNoMore() throws {
    let folder = try TestFolder()
    try folder.write("", to: "Notebooks/none.txt")
    try build(["a", "gone", "kept"], in: folder, isWhole: true)
    try folder.write("mine", to: "Site/mine/index.html")
    try folder.write("mine", to: "Site/kept/notes.txt")
    try folder.write("{}", to: "Site/data/record/index.json")
    let site = Site(folder: folder.path + "/Site")
    #expect(site.orphans(besides: ["a", "gone", "kept"]).isEmpty)
    #expect(site.orphans(besides: ["a"]) == ["gone", "kept"])
    try build(["a"], in: folder, isWhole: false)
    #expect(try folder.read("Site/index.html").contains("gone/"))
    try build(["a"], in: folder, isWhole: true)
    #expect(try !folder.read("Site/index.html").contains("gone/"))
    let exists = { FileManager.default.fileExists(atPath: folder.path + "/Site/" + $0) }
    #expect(!exists("gone"))
    #expect(!exists("kept/index.html"))
    #expect(!exists("kept/record"))
    #expect(exists("mine/index.html"))
    #expect(exists("kept/notes.txt"))
    #expect(exists("data/record/index.json"))
    #expect(exists("a/record"))
  }

  @Test func aPageWhoseNotebookLiesElsewhereStays() throws {
    let folder = try TestFolder()
    let document = Notebook(file: "other/n.md", frontMatter: FrontMatter(), blocks: [])
    let site = Site(folder: folder.path + "/Site")
    let record = NotebookRecord(notebook: "n", cells: [])
    try site.write(Page(document, record: record), record: RecordFiles(document, record: record))
    #expect(site.orphans(besides: []) == ["n"])
    try folder.write("", to: "other/n.md")
    #expect(site.orphans(besides: []).isEmpty)
  }
}
