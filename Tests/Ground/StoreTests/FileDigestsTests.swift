import Foundation
import Keys
import Store
import TestSupport
import Testing

@Suite struct FileDigestsTests {
  /// Of "abc", as FIPS 180-2 has it.
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  private let folder: TestFolder
  private let store: EntryStore
  private let digests: FileDigests

  init() throws {
    folder = try TestFolder()
    store = folder.store
    digests = FileDigests(store: store)
  }

  /// A file that was changed so long ago that its digest can be remembered.
  private func settled(_ text: String, _ name: String = "file", seconds: Int = 100) throws -> String {
    let path = try folder.write(text, to: name)
    setAge(path, seconds: seconds)
    return path
  }

  private var remembered: Int { store.usage()[.digests]?.entries ?? 0 }

  /// Changes what is in a file so that it says the same of itself as before, which shows who reads it and who remembers.
  private func changeSecretly(_ path: String, to text: String) throws {
    var status = stat()
    #expect(stat(path, &status) == 0)
    try overwrite(path, with: text.utf8)
    #expect(utimensat(AT_FDCWD, path, [status.st_mtim, status.st_mtim], 0) == 0)
  }

  // MARK: - Files

  @Test func theDigestIsTheSHA256OfTheBytes() throws {
    #expect(digests.digest(try settled("abc")) == Self.abc)
    #expect(digests.digest(try settled("", "empty")) == Self.nothing)
    #expect(FileDigests(store: nil).digest(try settled("abc", "again")) == Self.abc)
  }

  /// `yes a | head -c 5000001 | sha256sum`
  @Test func aFileLongerThanTheBufferIsReadToItsEnd() throws {
    let path = try settled(String(repeating: "a\n", count: 2_500_000) + "a")
    #expect(digests.digest(path) == "252aec3f17c28727575491bad3a6561f2c438f8781ccd315897d8b192cc05599")
  }

  @Test func whatCannotBeReadHasNone() throws {
    #expect(digests.digest(folder.path + "/none") == nil)
    #expect(digests.digest("") == nil)
    #expect(digests.digest(try settled("abc") + "/below a file") == nil)
    #expect(symlink("nowhere", folder.path + "/dangling") == 0)
    #expect(digests.digest(folder.path + "/dangling") == nil)
  }

  @Test func pipesAndDevicesHaveNone() {
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(digests.digest(folder.path + "/pipe") == nil)
    #expect(digests.digest("/dev/zero") == nil)
  }

  @Test func aFileThatGoesHasNoneAnyMore() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    #expect(unlink(path) == 0)
    #expect(digests.digest(path) == nil)
  }

  // MARK: - Remembering

  @Test func aSettledFileIsReadOnce() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    try changeSecretly(path, to: "xyz")
    #expect(digests.digest(path) == Self.abc)
  }

  @Test func otherProcessesNeedNotReadItAgain() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    #expect(remembered == 1)
    try changeSecretly(path, to: "xyz")
    #expect(FileDigests(store: EntryStore(folder: store.folder)).digest(path) == Self.abc)
    #expect(FileDigests(store: nil).digest(path) != Self.abc)
  }

  @Test func withoutAStoreItIsRememberedInMemory() throws {
    let digests = FileDigests(store: nil)
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    try changeSecretly(path, to: "xyz")
    #expect(digests.digest(path) == Self.abc)
  }

  @Test func aStoreThatCannotKeepDoesNotMatter() throws {
    let path = try settled("abc")
    #expect(FileDigests(store: EntryStore(folder: path + "/cache")).digest(path) == Self.abc)
  }

  @Test func changedContentOfTheSameSizeIsNoticed() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    try overwrite(path, with: "xyz".utf8)
    setAge(path, seconds: 50)
    #expect(digests.digest(path) == FileDigests(store: nil).digest(path))
    #expect(digests.digest(path) != Self.abc)
    // The newer digest takes the older one's place.
    #expect(remembered == 1)
  }

  @Test func aNanosecondIsNoticed() throws {
    let path = try settled("abc")
    setAge(path, seconds: 100, nanoseconds: 5)
    #expect(digests.digest(path) == Self.abc)
    var status = stat()
    #expect(stat(path, &status) == 0)
    try overwrite(path, with: "xyz".utf8)
    let time = timespec(tv_sec: status.st_mtim.tv_sec, tv_nsec: 6)
    #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
    #expect(digests.digest(path) != Self.abc)
  }

  @Test func anotherSizeIsNoticed() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    try changeSecretly(path, to: "abcd")
    #expect(digests.digest(path) != Self.abc)
  }

  @Test func anotherFileOfTheSameTimeAndSizeIsNoticed() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    let other = try folder.write("xyz", to: "other")
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(utimensat(AT_FDCWD, other, [status.st_mtim, status.st_mtim], 0) == 0)
    #expect(rename(other, path) == 0)
    #expect(digests.digest(path) != Self.abc)
  }

  @Test func aChangeAndBackIsTheSameDigest() throws {
    let path = try settled("abc")
    let before = digests.digest(path)
    try overwrite(path, with: "xyz".utf8)
    #expect(digests.digest(path) != before)
    try overwrite(path, with: "abc".utf8)
    #expect(digests.digest(path) == before)
  }

  @Test func aRecordOfAnotherFormIsForgotten() throws {
    let path = try settled("abc")
    #expect(digests.digest(path) == Self.abc)
    for name in store.allFiles { try overwrite("\(store.folder)/\(name)", with: "no digest".utf8) }
    #expect(FileDigests(store: store).digest(path) == Self.abc)
    #expect(remembered == 1)
  }

  // MARK: - What is not remembered

  @Test func aFileThatWasJustChangedIsNotRemembered() throws {
    let path = try folder.write("abc", to: "file")
    #expect(digests.digest(path) == Self.abc)
    #expect(remembered == 0)
    try changeSecretly(path, to: "xyz")
    #expect(digests.digest(path) != Self.abc)
  }

  @Test(arguments: [(0, false), (-1, false), (-100, false), (4, true)])
  func twoSecondsDecide(age: Int, isRemembered: Bool) throws {
    #expect(digests.digest(try settled("abc", seconds: age)) == Self.abc)
    #expect((remembered == 1) == isRemembered)
  }

  @Test func onceItHasSettledItIsRemembered() throws {
    let path = try folder.write("abc", to: "file")
    #expect(digests.digest(path) == Self.abc)
    #expect(remembered == 0)
    setAge(path, seconds: 10)
    #expect(digests.digest(path) == Self.abc)
    #expect(remembered == 1)
  }

  @Test(arguments: [10_000_000_000, 15_000_000_000, -1, 0])
  func aFileOfAnyCenturyHasADigest(seconds: Int) throws {
    let path = try settled("abc")
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
    #expect(digests.digest(path) == Self.abc)
    #expect(digests.digest(path) == Self.abc)
  }

  @Test func whatTheKernelMakesUpIsNotRemembered() throws {
    _ = digests.digest("/proc/uptime")
    #expect(remembered == 0)
  }

  @Test func aFileThatGrowsWhileItIsReadIsNotRemembered() throws {
    let path = try settled(String(repeating: "x", count: 50_000_000))
    let old = timespec(tv_sec: 1_700_000_000, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, path, [old, old], 0) == 0)
    let digests = digests
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      if thread == 0 { _ = digests.digest(path) }
      if thread == 1 {
        usleep(5000)
        truncate(path, 50_000_001)
        utimensat(AT_FDCWD, path, [old, old], 0)
      }
    }
    #expect(digests.digest(path) == FileDigests(store: nil).digest(path))
  }

  // MARK: - Folders

  @Test func aFoldersDigestIsThatOfItsNamesAndContents() throws {
    for name in ["one", "two"] {
      _ = try settled("abc", "\(name)/a")
      _ = try settled("xyz", "\(name)/below/b")
    }
    let one = try #require(digests.digest(folder.path + "/one"))
    #expect(Key(hexadecimal: one) != nil)
    for name in ["/two", "/one/", "/one/."] { #expect(digests.digest(folder.path + name) == one) }
  }

  private func expectChange(_ change: () throws -> Void) throws {
    let before = try #require(digests.digest(folder.path + "/f"))
    try change()
    #expect(try #require(digests.digest(folder.path + "/f")) != before)
  }

  @Test func anyChangeWithinAFolderIsNoticed() throws {
    let file = try settled("abc", "f/a")
    let path = folder.path + "/f"
    try expectChange { _ = try settled("xyz", "f/below/deeper/b") }
    try expectChange { _ = try settled("xyy", "f/below/deeper/b", seconds: 50) }
    try expectChange { #expect(rename(file, path + "/c") == 0) }
    try expectChange { #expect(mkdir(path + "/empty", 0o700) == 0) }
    try expectChange { #expect(rename(path + "/empty", path + "/void") == 0) }
    try expectChange { #expect(symlink("nowhere", path + "/dangling") == 0) }
    try expectChange { #expect(unlink(path + "/c") == 0) }
  }

  @Test func anEmptyFolderHasADigestAndIsNoEmptyFile() throws {
    #expect(mkdir(folder.path + "/f", 0o700) == 0)
    let digest = try #require(digests.digest(folder.path + "/f"))
    #expect(digest != Self.nothing)
  }

  @Test func contentsThatChangePlacesAreNoticed() throws {
    let paths = [try settled("abc", "f/a"), try settled("xyz", "f/b")]
    try expectChange {
      #expect(rename(paths[0], folder.path + "/c") == 0)
      #expect(rename(paths[1], paths[0]) == 0)
      #expect(rename(folder.path + "/c", paths[1]) == 0)
    }
  }

  @Test func theDigestDoesNotDependOnTheOrderInWhichFilesWereMade() throws {
    let names = ["\u{e9}", "e\u{301}", "e", "f", "Z", "10", "9", "\u{1F600}", "\u{FF5E}"]
    for name in names { _ = try settled("of " + name.unicodeScalars.map { "\($0.value)" }.joined(), "one/\(name)") }
    for name in names.reversed() { _ = try settled("of " + name.unicodeScalars.map { "\($0.value)" }.joined(), "two/\(name)") }
    #expect(digests.digest(folder.path + "/one") == digests.digest(folder.path + "/two"))
    // They are in the order of their bytes.
    var builder = KeyBuilder("folder")
    for name in ["10", "9", "Z", "e", "e\u{301}", "f", "\u{e9}", "\u{FF5E}", "\u{1F600}"] {
      builder.add(name, try #require(digests.digest(folder.path + "/one/" + name)))
    }
    #expect(digests.digest(folder.path + "/one") == builder.key.description)
  }

  @Test func linksThatLeadRoundInCirclesEnd() throws {
    _ = try settled("abc", "f/below/a")
    for name in ["x", "y", "z"] { #expect(symlink("..", folder.path + "/f/below/\(name)") == 0) }
    let before = try #require(digests.digest(folder.path + "/f"))
    _ = try settled("xyz", "f/below/a", seconds: 50)
    #expect(digests.digest(folder.path + "/f") != before)
  }

  @Test(arguments: ["/proc", "/sys"]) func whatTheKernelMakesUpIsNotRead(place: String) throws {
    _ = try settled("abc", "f/a")
    #expect(symlink(place, folder.path + "/f/link") == 0)
    #expect(digests.digest(place) == nil)
    let digest = try #require(digests.digest(folder.path + "/f"))
    #expect(digests.digest(folder.path + "/f") == digest)
  }

  @Test func aLinkIsWhatItLeadsTo() throws {
    let file = try settled("abc")
    #expect(symlink(file, folder.path + "/link") == 0)
    #expect(digests.digest(folder.path + "/link") == Self.abc)
    try overwrite(file, with: "xyz".utf8)
    #expect(digests.digest(folder.path + "/link") == digests.digest(file))
  }
}
