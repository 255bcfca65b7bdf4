import Foundation
import Record
import Rendering
import Review
import TestSupport
import Testing

/// Records that want to have another file read, shown or removed.
@Suite struct HostileFolderTests {
  private let home: TestFolder
  private var folder: String { home.path }

  init() throws {
    home = try TestFolder()
    try home.write("a secret", to: "secret.txt")
    for side in ["base", "head"] {
      try home.write(index("x.txt"), to: "\(side)/n/record/index.json")
      try home.write(side, to: "\(side)/n/record/x.txt")
    }
  }

  private func index(_ file: String, notebook: String = "n") throws -> String {
    let output = RecordIndex.Output(kind: .text, file: file)
    let cell = RecordIndex.Cell(id: "a", outcome: .succeeded, outputs: [output])
    return String(decoding: try JSONEncoder().encode(RecordIndex(notebook: notebook, cells: [cell])), as: UTF8.self)
  }

  private func link(_ path: String, to target: String) throws {
    try? FileManager.default.removeItem(atPath: "\(folder)/\(path)")
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(path)", withDestinationPath: target)
  }

  /// What all reports say.
  private func reports() throws -> String {
    let (base, head) = (try FolderRecords(folder: folder + "/base"), try FolderRecords(folder: folder + "/head"))
    let review = try SiteReview(base, head)
    #expect(review.isChanged)
    return review.terminalText(colors: false) + review.markdown + review.json + ReviewPage(review, base: base, head: head).html
  }

  @Test(arguments: ["../../../secret.txt", "/etc/passwd", "..", "", "a/b", "x\0.txt"])
  func aNameThatLeadsOutOfTheFolderIsNotRead(file: String) throws {
    try home.write(index(file), to: "head/n/record/index.json")
    let reports = try reports()
    expect(reports, contains: "a record's files lie in its own folder")
    expect(reports, lacks: "a secret", "root:x:0")
  }

  @Test(arguments: ["../../../secret.txt", "/etc/passwd", "/dev/zero"]) func aLinkIsNotFollowed(target: String) throws {
    try link("head/n/record/x.txt", to: target)
    let reports = try reports()
    expect(reports, contains: "x.txt is a link")
    expect(reports, lacks: "a secret", "root:x:0")
  }

  @Test(arguments: ["head/n", "head/n/record", "head/n/record/index.json"]) func noPartOfTheWayIsALink(place: String) throws {
    let other = "\(folder)/\(place)".replacing("/head/", with: "/base/")
    try link(place, to: other)
    #expect(try reports().contains("is a link, or lies behind one"))
  }

  @Test func aPipeIsNotWaitedFor() throws {
    try FileManager.default.removeItem(atPath: folder + "/head/n/record/x.txt")
    mkfifo(folder + "/head/n/record/x.txt", 0o600)
    #expect(try reports().contains("x.txt is a device or a pipe"))
  }

  @Test func aNotebookIsAName() throws {
    try home.write(index("x.txt", notebook: "../../n"), to: "head/n/record/index.json")
    #expect(try reports().contains("its notebook's name, '../../n', leads out of the site"))
  }

  @Test func nothingBesidesTheRecordIsRemovedWithIt() throws {
    try home.write("{}", to: "head/keep.json")
    try home.write(index("../../keep.json"), to: "head/n/record/index.json")
    let site = Site(folder: folder + "/head")
    for name in site.orphans(besides: []) { site.removeOrphan(name) }
    #expect(home.exists("head/keep.json"))
  }
}
