import Files
import Foundation
import TestSupport
import Testing

@Suite struct WholeFileTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } }

  /// What a process leaves that is killed while it writes a file.
  private func leaveOrphan() -> String {
    let orphan = ".folio-\(UUID().uuidString)"
    FileManager.default.createFile(atPath: "\(folder.path)/\(orphan)", contents: Data("half".utf8))
    return orphan
  }

  @Test func whatAKilledProcessLeftGoesWhenAFileIsWrittenThere() throws {
    _ = leaveOrphan()
    FileManager.default.createFile(atPath: folder.path + "/.folio-mine", contents: nil)
    try WholeFile.write("text", to: folder.path + "/a")
    #expect(try names == [".folio-mine", "a"])
  }

  @Test func whatAnotherProcessIsWritingStays() throws {
    let other = FolderLock(folder.path, .shared)
    let begun = leaveOrphan()
    try WholeFile.write("text", to: folder.path + "/a")
    #expect(try names == [begun, "a"])
    withExtendedLifetime(other) {}
  }

  @Test func whereOtherMachinesMayWriteOnlyWhatIsOldGoes() throws {
    let (young, old) = (leaveOrphan(), leaveOrphan())
    let times = [timeval(tv_sec: time(nil) - 100_000, tv_usec: 0), timeval(tv_sec: time(nil) - 100_000, tv_usec: 0)]
    utimes("\(folder.path)/\(old)", times)
    WholeFile.removeOrphans(in: folder.path, holding: FolderLock(folder.path, .shared, ownFileSystems: []))
    #expect(try names == [young])
  }

  @Test func aFolderThatOtherMachinesMayShareIsNeverKnownToBeHeldAlone() {
    #expect(FolderLock(folder.path, .shared).isAlone)
    #expect(!FolderLock(folder.path, .shared, ownFileSystems: []).isAlone)
  }

  @Test func manyWritersOfOneFileLeaveOneWhole() throws {
    DispatchQueue.concurrentPerform(iterations: 100) { [folder] round in
      try? WholeFile.write(String(repeating: "\(round % 10)", count: 10_000), to: folder.path + "/a")
    }
    #expect(try names == ["a"])
    let text = try folder.read("a")
    #expect(text.count == 10_000)
    #expect(Set(text).count == 1)
  }

  @Test func aNameMayBeAsLongAsAnyIs() throws {
    let name = String(repeating: "n", count: 255)
    try WholeFile.write("text", to: "\(folder.path)/\(name)")
    #expect(try names == [name])
  }

  @Test func noneOfManyIsWrittenIfOneCannotBe() throws {
    #expect(throws: WholeFile.CannotWrite.self) { try WholeFile.write([(folder.path + "/a", [1]), ("/proc/none/b", [2])]) }
    #expect(try names == [])
  }
}

@Suite struct WhereverTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

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
    try folder.write("old", to: "file")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "file")
    try WholeFile.write("new", wherever: folder.path + "/link")
    #expect(kind(folder.path + "/link") == S_IFLNK)
    #expect(try folder.read("file") == "new")
  }

  @Test func whatIsNotThereIsMade() throws {
    try WholeFile.write("new", wherever: folder.path + "/deeper/file")
    #expect(try folder.read("deeper/file") == "new")
  }
}
