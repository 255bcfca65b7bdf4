import Foundation
import Store
import Testing

@Suite struct FileDigestsTests {
  private let folder = TestFolder()
  private var file: String { folder.path + "/file" }

  private func write(_ text: String, secondsAgo: Double = 10) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -secondsAgo)], ofItemAtPath: file)
  }

  @Test func theDigestIsThatOfTheBytes() throws {
    try write("abc")
    // FIPS 180-2, B.1.
    #expect(FileDigests(store: nil).digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(FileDigests(store: nil).digest(file + "x") == nil)
  }

  @Test func aChangeIsNoticedAlsoIfTheSizeIsTheSame() throws {
    let digests = FileDigests(store: Store(folder: folder.path + "/store"))
    try write("one")
    let first = digests.digest(file)
    try write("two", secondsAgo: 9)
    #expect(digests.digest(file) != first)
    try write("one", secondsAgo: 8)
    #expect(digests.digest(file) == first)
  }

  /// A file whose time is too young to tell a second change is read each time.
  @Test func whatChangedJustNowIsNotRemembered() throws {
    let digests = FileDigests(store: nil)
    try write("one", secondsAgo: 0)
    let date = try #require(try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] as? Date)
    let first = digests.digest(file)
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    try handle.write(contentsOf: Data("two".utf8))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
    #expect(digests.digest(file) != first)
  }

  @Test func aDigestIsRememberedByOthers() throws {
    let store = Store(folder: folder.path + "/store")
    try write("one")
    let first = FileDigests(store: store).digest(file)
    #expect(store.usage()[.digests]?.entries == 1)
    #expect(FileDigests(store: store).digest(file) == first)
  }

  @Test func aFolderIsWhatIsUnderIt() throws {
    let digests = FileDigests(store: nil)
    try write("one")
    let first = digests.digest(folder.path)
    try write("two", secondsAgo: 9)
    let second = digests.digest(folder.path)
    try Data().write(to: URL(fileURLWithPath: folder.path + "/other"))
    #expect(Set([first, second, digests.digest(folder.path)]).count == 3 && first != nil)
  }
}
