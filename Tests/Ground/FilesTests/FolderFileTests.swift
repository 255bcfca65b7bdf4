import Files
import Foundation
import TestSupport
import Testing

@Suite struct FolderFileTests {
  private let home: TestFolder
  private var folder: String { home.path }

  init() throws {
    home = try TestFolder()
    try home.write("secret", to: "secret")
    try home.write("text", to: "site/a/text")
    for (name, target) in [("link", "../../secret"), ("near", "text"), ("gone", "nowhere")] {
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/site/a/\(name)", withDestinationPath: target)
    }
    try FileManager.default.createSymbolicLink(atPath: folder + "/site/b", withDestinationPath: "a")
    try FileManager.default.createSymbolicLink(atPath: folder + "/also-site", withDestinationPath: "site")
    mkfifo(folder + "/site/a/pipe", 0o600)
  }

  @Test func whatLiesInTheFolderIsRead() throws {
    #expect(try FolderFile.read("a/text", in: folder + "/site") == Data("text".utf8))
    #expect(try FolderFile.read("a/text", in: folder + "/also-site") == Data("text".utf8))
  }

  @Test(arguments: ["a/other", "c/text", "a/text/more", "a"]) func whatIsNotThereIsNone(path: String) throws {
    #expect(try FolderFile.read(path, in: folder + "/site") == nil)
  }

  @Test(arguments: [
    "../secret", "a/../../secret", "a/link", "a/near", "a/gone", "b/text", "a/pipe", "/etc/passwd", "", ".", "a/.", "a//text",
    "a/text\0",
  ])
  func nothingLeadsOut(path: String) {
    #expect(throws: FolderFile.Refused.self) { try FolderFile.read(path, in: folder + "/site") }
  }

  @Test func onlyFilesOfTheFolderAreListed() {
    #expect(FolderFile.names(in: "a", of: folder + "/site") == ["text"])
    #expect(FolderFile.names(in: "b", of: folder + "/site").isEmpty)
  }

  @Test func aReasonIsASentenceWithThePath() {
    let error = #expect(throws: FolderFile.Refused.self) { try FolderFile.read("a/link", in: folder + "/site") }
    #expect(error?.description == "a/link is a link, or lies behind one")
  }
}
