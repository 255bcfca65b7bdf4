import Building
import Foundation
import Record
import Rendering
import Review
import Testing

/// A repository with a site of one notebook, in a folder of its own.
final class TemporaryRepository {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "repository-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/Notebooks", withIntermediateDirectories: true)
    try git("init", "-q", "-b", "main")
    try git("config", "user.email", "a@example.org")
    try git("config", "user.name", "A")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @discardableResult func git(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "-C", folder] + arguments
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  /// Writes the record of a notebook of one cell that printed a number, and its Markdown.
  func write(_ number: String, notebook: String = "n") throws {
    let record = NotebookRecord(
      notebook: notebook, cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.value("x = \(number)")])])
    let files = RecordFiles(record, details: ["a": .init(key: number)])
    try Site(folder: folder + "/Site").write(files, of: notebook)
    try "```swift\n//| label: a\nprint(\(number))\n```\n"
      .write(toFile: folder + "/Notebooks/\(notebook).md", atomically: true, encoding: .utf8)
  }

  func commit(_ message: String) throws {
    try git("add", "-A")
    try git("commit", "-q", "-m", message)
  }
}

@Suite struct RevisionTests {
  private let repository: TemporaryRepository

  init() throws {
    repository = try TemporaryRepository()
    try repository.write("1.0")
    try repository.commit("one")
    try repository.write("2.0")
    try repository.write("5.0", notebook: "second")
    try repository.commit("two")
  }

  private func revision(_ name: String) throws -> RevisionRecords {
    try RevisionRecords(name, in: GitRepository(containing: repository.folder), site: "Site", documents: "Notebooks")
  }

  @Test func twoRevisionsAreComparedWithTheirSources() throws {
    let review = try Review(revision("HEAD~1"), revision("HEAD"))
    #expect(review.notebooks.map(\.name) == ["n", "second"] && review.notebooks[1].status == .added)
    let cell = try #require(review.notebooks[0].cells.first)
    #expect(cell.outputs.first?.numbers?.largest?.base == 1 && cell.outputs.first?.numbers?.largest?.head == 2)
    #expect(cell.source.contains { $0.base == "print(1.0)" && $0.head == "print(2.0)" })
  }

  @Test func aRevisionIsComparedWithTheWorkingTree() throws {
    let tree = try FolderRecords(folder: repository.folder + "/Site", name: "the working tree")
    #expect(try !Review(revision("HEAD"), tree).isChanged)
    try repository.write("3.0")
    #expect(try Review(revision("HEAD"), tree).isChanged)
  }

  @Test func equalBlobsAreNotRead() throws {
    // The object is gone, so whoever read it would fail.
    let blob = try repository.git("rev-parse", "HEAD:Site/n/record/a-1.txt").trimmingCharacters(in: .newlines)
    try FileManager.default.removeItem(atPath: "\(repository.folder)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    #expect(try !Review(revision("HEAD"), revision("main")).isChanged)
    let broken = try Review(revision("HEAD~1"), revision("HEAD"))
    #expect(broken.notebooks[0].cells.first?.outputs.first?.findings.first?.contains("git has no blob") == true)
  }

  @Test func whatIsNoRevisionOrNoRepositoryIsSaid() throws {
    #expect(throws: Diagnostic.self) { try self.revision("no-such") }
    #expect(throws: Diagnostic.self) { try self.revision("--help") }
    #expect(throws: Diagnostic.self) { try GitRepository(containing: "/proc") }
    #expect(throws: Diagnostic.self) { try FolderRecords(folder: "/no/such") }
  }

  @Test func aRecordOfItsOwnIsASide() throws {
    for folder in ["Site/n/record", "Site/n"] {
      #expect(try FolderRecords(folder: "\(repository.folder)/\(folder)").notebooks() == ["n"])
    }
  }
}

@Suite struct GitDriverTests {
  @Test func driversAreSetAndTakenAwayWithoutATrace() throws {
    let repository = try TemporaryRepository()
    let attributes = repository.folder + "/.git/info/attributes"
    try FileManager.default.createDirectory(atPath: repository.folder + "/.git/info", withIntermediateDirectories: true)
    try "*.bin binary\n".write(toFile: attributes, atomically: true, encoding: .utf8)
    let before = try repository.git("config", "--local", "--list")
    let drivers = try GitDrivers(in: repository.folder, program: "/it's/folio")
    try drivers.install()
    try drivers.install()
    let text = try String(contentsOfFile: attributes, encoding: .utf8)
    #expect(text.hasPrefix("*.bin binary\n") && text.components(separatedBy: "diff=folio-notebook").count == 2)
    #expect(try repository.git("config", "diff.folio-record.command").contains("'/it'\\''s/folio' git compare -- \"$@\""))
    try drivers.uninstall()
    #expect(try String(contentsOfFile: attributes, encoding: .utf8) == "*.bin binary\n")
    #expect(try repository.git("config", "--local", "--list") == before)
  }

  @Test func gitDiffSaysWhatChangedInARecord() throws {
    let repository = try TemporaryRepository()
    try repository.write("1.0")
    try repository.commit("one")
    // The command that git calls writes what it was called with.
    let script = repository.folder + "/.git/driver"
    try "#!/bin/sh\necho called \"$@\"\n".write(toFile: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    try GitDrivers(in: repository.folder, program: script).install()
    try repository.write("2.0")
    #expect(try repository.git("diff").contains("called git compare -- Site/n/record/a-1.txt"))
    try repository.commit("two")
    #expect(try repository.git("log", "-p", "-1", "--", "Site/n/record/a-1.txt").contains("+called git lines --"))
  }

  @Test func aFileOfARecordIsComparedAlone() {
    func data(_ text: String) -> Data { Data(text.utf8) }
    #expect(FileReview.text("Site/n/record/a-1.txt", data("x 1.0\n"), data("x 2.0\n")).contains("1.0"))
    #expect(FileReview.text("r/a-1.csv", data("h,v\na,1\n"), data("h,v\na,2\n")).contains("a, v: 1 -> 2"))
    #expect(FileReview.text("r/a-1.txt", nil, data("x")) == "r/a-1.txt: added\n")
    let compact = data(
      #"{"data":[{"type":"heatmap","name":"H","z":[[1,2]]}],"layout":{"xaxis":{"title":{"text":"head"}},"yaxis":{"title":{"text":"layer"}}}}"#
    )
    let json = (try? JSONValue(compact)) ?? .null
    let figure = data(json.text() + "\n")
    #expect(FileReview.lines("a-1.json", compact) == compact)
    #expect(String(decoding: FileReview.lines("a-1.json", figure), as: UTF8.self).contains("  L0H1: 2\n"))
    #expect(FileReview.lines("a-1.json", data("rubbish")) == data("rubbish"))
    let old = RecordFiles(NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [])]))
    let new = RecordFiles(NotebookRecord(notebook: "n", cells: [CellRecord(id: "b", outcome: .failed, outputs: [])]))
    let text = FileReview.text("r/index.json", data(old.files["index.json"]!), data(new.files["index.json"]!))
    #expect(text.contains("+ b") && text.contains("- a"))
  }
}
