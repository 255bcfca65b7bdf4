import Files
import Foundation
import Testing

@Suite final class WholeFileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "whole-file-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } }

  /// What a process leaves that is killed while it writes a file.
  private func leaveOrphan() -> String {
    let orphan = ".folio-\(UUID().uuidString)"
    FileManager.default.createFile(atPath: "\(folder)/\(orphan)", contents: Data("half".utf8))
    return orphan
  }

  @Test func whatAKilledProcessLeftGoesWhenAFileIsWrittenThere() throws {
    _ = leaveOrphan()
    FileManager.default.createFile(atPath: folder + "/.folio-mine", contents: nil)
    try WholeFile.write("text", to: folder + "/a")
    #expect(try names == [".folio-mine", "a"])
  }

  @Test func whatAnotherProcessIsWritingStays() throws {
    let other = FolderLock(folder, .shared)
    let begun = leaveOrphan()
    try WholeFile.write("text", to: folder + "/a")
    #expect(try names == [begun, "a"])
    withExtendedLifetime(other) {}
  }

  @Test func manyWritersOfOneFileLeaveOneWhole() throws {
    DispatchQueue.concurrentPerform(iterations: 100) { [folder] round in
      try? WholeFile.write(String(repeating: "\(round % 10)", count: 10_000), to: folder + "/a")
    }
    #expect(try names == ["a"])
    let text = try String(contentsOfFile: folder + "/a", encoding: .utf8)
    #expect(text.count == 10_000)
    #expect(Set(text).count == 1)
  }

  @Test func aNameMayBeAsLongAsAnyIs() throws {
    let name = String(repeating: "n", count: 255)
    try WholeFile.write("text", to: "\(folder)/\(name)")
    #expect(try names == [name])
  }

  @Test func noneOfManyIsWrittenIfOneCannotBe() throws {
    #expect(throws: WholeFile.CannotWrite.self) { try WholeFile.write([(folder + "/a", [1]), ("/proc/none/b", [2])]) }
    #expect(try names == [])
  }
}

@Suite final class WhereverTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "wherever-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func kind(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  @Test func aDeviceStaysOne() throws {
    #expect(throws: WholeFile.CannotWrite.self) { try WholeFile.write("text", wherever: "/dev/full") }
    try WholeFile.write("text", wherever: "/dev/null")
    #expect(kind("/dev/full") == S_IFCHR)
    #expect(kind("/dev/null") == S_IFCHR)
  }

  @Test func aLinkStaysOneAndItsFileIsReplaced() throws {
    try Data("old".utf8).write(to: URL(filePath: folder + "/file"))
    try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
    try WholeFile.write("new", wherever: folder + "/link")
    #expect(kind(folder + "/link") == S_IFLNK)
    #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "new")
  }

  @Test func whatIsNotThereIsMade() throws {
    try WholeFile.write("new", wherever: folder + "/deeper/file")
    #expect(try String(contentsOfFile: folder + "/deeper/file", encoding: .utf8) == "new")
  }
}
