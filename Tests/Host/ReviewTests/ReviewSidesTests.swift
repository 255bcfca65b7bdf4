import Foundation
import Processes
import Record
import Rendering
import Review
import TestSupport
import Testing

/// A repository with a site of one notebook, in a folder of its own.
struct TemporaryRepository {
  private let home: TestFolder
  var folder: String { home.path }

  init() throws {
    home = try TestFolder()
    try git("init", "-q", "-b", "main")
    try git("config", "user.email", "a@example.org")
    try git("config", "user.name", "A")
  }

  @discardableResult func git(_ arguments: String...) throws -> String {
    try ChildProcess.finish(.init("git", ["-C", folder] + arguments)).text
  }

  /// Writes the record of a notebook of one cell that printed a number, and its Markdown.
  func write(_ number: String, notebook: String = "n") throws {
    let record = NotebookRecord(
      notebook: notebook, cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.value("x = \(number)")])])
    let files = RecordFiles(record, details: ["a": .init(key: number)])
    try Site(folder: folder + "/Site").write(files, of: notebook)
    try home.write("```swift\n//| label: a\nprint(\(number))\n```\n", to: "Notebooks/\(notebook).md")
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
    try RevisionRecords(name, in: GitRepository(containing: repository.folder), site: "Site", notebookFolder: "Notebooks")
  }

  @Test func twoRevisionsAreComparedWithTheirSources() throws {
    let review = try SiteReview(revision("HEAD~1"), revision("HEAD"))
    #expect(review.notebooks.map(\.name) == ["n", "second"])
    #expect(review.notebooks[1].status == .added)
    let cell = try #require(review.notebooks[0].cells.first)
    #expect(cell.outputs.first?.numbers?.largest?.base == 1)
    #expect(cell.outputs.first?.numbers?.largest?.head == 2)
    #expect(cell.source.contains { $0.base == "print(1.0)" && $0.head == "print(2.0)" })
  }

  @Test func aRevisionIsComparedWithTheWorkingTree() throws {
    let tree = try FolderRecords(folder: repository.folder + "/Site", name: "the working tree")
    #expect(try !SiteReview(revision("HEAD"), tree).isChanged)
    try repository.write("3.0")
    #expect(try SiteReview(revision("HEAD"), tree).isChanged)
  }

  @Test func equalBlobsAreNotRead() throws {
    // The object is gone, so whoever read it would fail.
    let blob = try repository.git("rev-parse", "HEAD:Site/n/record/a-1.txt").trimmingCharacters(in: .newlines)
    try FileManager.default.removeItem(atPath: "\(repository.folder)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    #expect(try !SiteReview(revision("HEAD"), revision("main")).isChanged)
    let broken = try SiteReview(revision("HEAD~1"), revision("HEAD"))
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

@Suite struct CheckoutTests {
  @Test func otherLineEndsOfACheckoutAreNoChange() throws {
    let repository = try TemporaryRepository()
    try repository.write("1.0")
    try repository.commit("one")
    try repository.git("config", "core.autocrlf", "true")
    try FileManager.default.removeItem(atPath: repository.folder + "/Site")
    try repository.git("checkout", "Site")
    let file = repository.folder + "/Site/n/record/a-1.txt"
    #expect(FileManager.default.contents(atPath: file) == Data("x = 1.0\r\n".utf8))
    let git = try GitRepository(containing: repository.folder)
    let committed = try RevisionRecords("HEAD", in: git, site: "Site", notebookFolder: "Notebooks")
    let tree = try FolderRecords(folder: repository.folder + "/Site")
    let same = try SiteReview(committed, tree)
    #expect(!same.isChanged)
    #expect(same.notebooks[0].cells.allSatisfy { $0.status == .same })
    try Data("x = 2.0\r\n".utf8).write(to: URL(filePath: file))
    let changed = try SiteReview(committed, tree)
    #expect(changed.notebooks[0].cells[0].outputs[0].lines.map(\.head) == ["x = 2.0"])
    // Nothing was written into the repository.
    #expect(try repository.git("fsck", "--unreachable").isEmpty)
  }

  @Test func whatGoesThroughAFilterIsComparedAsItIsCheckedOut() throws {
    let repository = try TemporaryRepository()
    try repository.git("config", "filter.turn.clean", "tr 0-9 a-j")
    try repository.git("config", "filter.turn.smudge", "tr a-j 0-9")
    try "Site/**/*.txt filter=turn\n".write(toFile: repository.folder + "/.gitattributes", atomically: true, encoding: .utf8)
    try repository.write("1.25")
    try repository.commit("one")
    #expect(try repository.git("show", "HEAD:Site/n/record/a-1.txt") == "x = b.cf\n")
    try repository.write("1.5")
    try repository.commit("two")
    let git = try GitRepository(containing: repository.folder)
    func revision(_ name: String) throws -> RevisionRecords {
      try RevisionRecords(name, in: git, site: "Site", notebookFolder: "Notebooks")
    }
    let tree = try FolderRecords(folder: repository.folder + "/Site")
    #expect(try !SiteReview(revision("HEAD"), tree).isChanged)
    for head: any RecordSource in [try revision("HEAD"), tree] {
      let numbers = try SiteReview(revision("HEAD~1"), head).notebooks[0].cells[0].outputs[0].numbers
      #expect(numbers?.largest?.base == 1.25)
      #expect(numbers?.largest?.head == 1.5)
    }
  }

  @Test func linesInThePlaceOfALargeFileAreSaidAndNotCompared() throws {
    let repository = try TemporaryRepository()
    for number in [1, 2] {
      try repository.write("\(number)")
      let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "\(number)", count: 64))\nsize 8\n"
      try pointer.write(toFile: repository.folder + "/Site/n/record/a-1.txt", atomically: true, encoding: .utf8)
      try repository.commit("\(number)")
    }
    let git = try GitRepository(containing: repository.folder)
    func revision(_ name: String) throws -> RevisionRecords {
      try RevisionRecords(name, in: git, site: "Site", notebookFolder: "Notebooks")
    }
    let review = try SiteReview(revision("HEAD~1"), revision("HEAD"))
    #expect(review.isChanged)
    #expect(review.notebooks[0].cells[0].outputs[0].findings.first?.contains("git lfs") == true)
    #expect(try !SiteReview(revision("HEAD"), FolderRecords(folder: repository.folder + "/Site")).isChanged)
  }

  @Test func aRecordThatSomethingConvertedIsReadOutsideOfARepository() throws {
    let folder = try TestFolder()
    let record = NotebookRecord(notebook: "n", cells: [CellRecord(id: "a", outcome: .succeeded, outputs: [.value("x\ny")])])
    for (file, text) in RecordFiles(record).files {
      try folder.write(text, to: "old/n/record/\(file)")
      try folder.write(text.replacing("\n", with: "\r\n"), to: "new/n/record/\(file)")
    }
    #expect(try !SiteReview(FolderRecords(folder: folder.path + "/old"), FolderRecords(folder: folder.path + "/new")).isChanged)
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
    #expect(text.hasPrefix("*.bin binary\n"))
    #expect(text.components(separatedBy: "diff=folio-notebook").count == 2)
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
    expect(text, contains: "+ b", "- a")
  }

  @Test func whatIsNoRecordAndWhatTheProgramCannotSayIsLeftToGit() throws {
    let repository = try TemporaryRepository()
    try repository.write("1.0")
    let other = repository.folder + "/Site/other/record/s one.json"
    try FileManager.default.createDirectory(atPath: repository.folder + "/Site/other/record", withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: repository.folder + "/src/record", withIntermediateDirectories: true)
    for path in [other, repository.folder + "/src/record/s.json"] {
      try "{\"port\": 80}\n".write(toFile: path, atomically: true, encoding: .utf8)
    }
    try repository.commit("one")
    try GitDrivers(in: repository.folder, program: "/gone/folio").install()
    try repository.write("2.0")
    for path in [other, repository.folder + "/src/record/s.json"] {
      try "{\"port\": 81}\n".write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try repository.git("check-attr", "diff", "src/record/s.json").contains("unspecified"))
    #expect(try repository.git("check-attr", "diff", "Site/n/record/a-1.txt").contains("folio-record"))
    let (text, own) = (try repository.git("diff"), try repository.git("diff", "--no-ext-diff"))
    #expect(text.contains("+x = 2.0"))
    #expect(text == own)
    try repository.commit("two")
    #expect(try repository.git("log", "-p", "-1").contains("+x = 2.0"))
  }
}
