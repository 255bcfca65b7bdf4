import Foundation
import Store
import TestSupport
import Testing

/// Code is loaded from the store: nobody else may put something there.
@Suite struct TrustTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func danger(_ path: String) -> EntryStore.Danger? { EntryStore(folder: path).makeSafeFolder() }

  private func make(_ name: String, mode: mode_t) -> String {
    let path = folder.path + "/" + name
    mkdir(path, 0o700)
    chmod(path, mode)
    return path
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test func aFolderThatTheStoreMakesIsForItsUserAlone() {
    let path = folder.path + "/a/b/cache"
    #expect(danger(path) == nil)
    #expect(mode(path) == 0o700)
    #expect(mode(folder.path + "/a") == 0o700)
  }

  @Test(arguments: [0o777, 0o1777, 0o722, 0o702]) func aFolderThatOthersMayWriteToIsNotSafe(mode: mode_t) {
    let path = make("cache", mode: mode)
    let danger = danger(path)
    #expect(danger?.message.contains("others may write to '\(path)'") == true)
    expect(danger?.advice, contains: "chmod go-w '\(path)'", "FOLIO_CACHE")
  }

  @Test(arguments: [0o700, 0o755, 0o711]) func aFolderThatOthersMayOnlyReadIsSafe(mode: mode_t) {
    #expect(danger(make("cache", mode: mode)) == nil)
  }

  @Test func whoMayRenameItOnTheWayMayReplaceIt() {
    let parent = make("parent", mode: 0o777)
    mkdir(parent + "/cache", 0o700)
    #expect(danger(parent + "/cache")?.message.contains("on the way to it, others may write to '\(parent)'") == true)
    #expect(danger(parent + "/new")?.advice.contains("chmod go-w '\(parent)'") == true)
    chmod(parent, 0o1777)
    #expect(danger(parent + "/cache") == nil)
  }

  @Test func aLinkIsAsSafeAsWhatItLeadsTo() throws {
    let open = make("open", mode: 0o777)
    let closed = make("closed", mode: 0o700)
    for (name, target) in [("a", open), ("b", "closed"), ("c", closed)] { symlink(target, folder.path + "/" + name) }
    #expect(danger(folder.path + "/a") != nil)
    #expect(danger(folder.path + "/b") == nil)
    #expect(danger(folder.path + "/c") == nil)
  }

  @Test func theFoldersInItMustBeSafeToo() {
    let path = make("cache", mode: 0o700)
    mkdir(path + "/cells", 0o700)
    chmod(path + "/cells", 0o777)
    #expect(danger(path)?.message.contains("in it, others may write to '\(path)/cells'") == true)
  }

  @Test func whatIsNoFolderKeepsNothingAndIsNoDanger() {
    #expect(danger("/dev/null") == nil)
    #expect(danger("/dev/null/cache") == nil)
    #expect(danger("") == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func anotherUsersFolderIsNotSafe() {
    let path = make("cache", mode: 0o700)
    chown(path, 4711, 4711)
    #expect(danger(path)?.message.contains("'\(path)' belongs to another user, number 4711") == true)
    #expect(danger(path + "/deeper")?.message.contains("on the way to it, '\(path)'") == true)
  }

  @Test func anEntryThatOthersMayWriteToIsNotRead() {
    let store = EntryStore(folder: folder.path + "/cache")
    #expect(store.put(Data("x".utf8), .cells, key("a")))
    let entry = store.file(.cells, key("a"))
    chmod(entry, 0o666)
    #expect(store.data(.cells, key("a")) == nil)
    chmod(entry, 0o600)
    #expect(store.data(.cells, key("a")) == Data("x".utf8))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func rootTrustsTheUserWhoseHomeItRunsIn() {
    let home = make("home", mode: 0o755)
    mkdir(home + "/cache", 0o700)
    chown(home, 4321, 4321)
    #expect(Trust(user: 0, home: folder.path).firstDanger(onTheWayTo: home + "/cache")?.danger.message.contains("4321") == true)
    #expect(Trust(user: 0, home: home).firstDanger(onTheWayTo: home + "/cache") == nil)
    #expect(Trust(user: 4322, home: home).firstDanger(onTheWayTo: home + "/cache") != nil)
  }
}
