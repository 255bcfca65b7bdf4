import Foundation
import Store
import TestSupport
import Testing

@Suite struct StoreTests {
  private let folder: TestFolder
  private let store: EntryStore

  init() throws {
    folder = try TestFolder()
    store = folder.store
  }

  @Test(arguments: [0, 1, 47, 48, 49, 100_000, 5_000_000])
  func whatIsKeptIsFound(size: Int) {
    let data = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    #expect(store.put(data, .memo, key("a")))
    let found = store.data(.memo, key("a"))
    #expect(found == data)
    #expect(found?.startIndex == 0)
  }

  @Test func aPartOfOtherDataIsKept() {
    let part = Data([1, 2, 3, 4, 5])[1...3]
    #expect(store.put(part, .memo, key("a")))
    #expect(store.data(.memo, key("a")) == Data([2, 3, 4]))
  }

  @Test func whatWasNeverKeptIsMissing() {
    #expect(store.data(.cells, key("a")) == nil)
    store.put(Data("x".utf8), .cells, key("a"))
    #expect(store.data(.cells, key("b")) == nil)
  }

  @Test func kindsAreKeptApart() {
    for kind in EntryStore.Kind.allCases { #expect(store.put(Data(kind.rawValue.utf8), kind, key("a"))) }
    for kind in EntryStore.Kind.allCases { #expect(store.data(kind, key("a")) == Data(kind.rawValue.utf8)) }
  }

  @Test func theLastOneKeptIsFound() {
    store.put(Data("long long long".utf8), .memo, key("a"))
    store.put(Data("short".utf8), .memo, key("a"))
    #expect(store.data(.memo, key("a")) == Data("short".utf8))
  }

  @Test func anEntryLiesWhereItIsSaidToLie() {
    store.put(Data("x".utf8), .traces, key("a"))
    #expect(exists(store.file(.traces, key("a"))))
    #expect(store.allFiles.count == 1)
  }

  @Test func makingAStoreAndLookingDoNotTouchTheDisk() {
    #expect(store.data(.cells, key("a")) == nil)
    #expect(store.usage().isEmpty)
    #expect(store.prune(to: 0) == EntryStore.Usage())
    #expect(!exists(store.folder))
  }

  @Test func theFoldersAndFilesAreTheUsersAlone() throws {
    let store = EntryStore(folder: folder.path + "/new/cache")
    store.put(Data("x".utf8), .records, key("a"))
    let file = store.file(.records, key("a"))
    let parent = (file as NSString).deletingLastPathComponent
    for path in ["/new", "/new/cache", "/new/cache/records"].map({ folder.path + $0 }) + [parent] {
      #expect(try permissions(path) == 0o700)
    }
    #expect(try permissions(file) == 0o600)
  }

  private func permissions(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test func aHitCountsAsUse() {
    store.put(Data("x".utf8), .cells, key("a"))
    store.put(Data("x".utf8), .cells, key("b"))
    for name in ["a", "b"] { setAge(store.file(.cells, key(name)), seconds: 1000) }
    #expect(store.data(.cells, key("a")) != nil)
    #expect(age(store.file(.cells, key("a"))) < 100)
    #expect(age(store.file(.cells, key("b"))) > 900)
  }

  @Test func theStoreMayBeDeletedAtAnyTime() throws {
    #expect(store.put(Data("x".utf8), .cells, key("a")))
    try FileManager.default.removeItem(atPath: store.folder)
    #expect(store.data(.cells, key("a")) == nil)
    #expect(store.put(Data("y".utf8), .cells, key("a")))
    #expect(store.data(.cells, key("a")) == Data("y".utf8))
  }

  @Test func twoStoresOnOneFolderAreOne() {
    let other = EntryStore(folder: store.folder)
    store.put(Data("x".utf8), .cells, key("a"))
    #expect(other.data(.cells, key("a")) == Data("x".utf8))
    other.put(Data("y".utf8), .cells, key("a"))
    #expect(store.data(.cells, key("a")) == Data("y".utf8))
    other.prune(to: 0)
    #expect(store.data(.cells, key("a")) == nil)
  }

  // MARK: - Values

  private struct Person: Codable, Equatable {
    var name: String
    var age: Int
  }

  @Test func aValueIsKeptAsJSONWithSortedKeys() {
    #expect(store.put(value: Person(name: "é/\"", age: 36), .memo, key("a")))
    #expect(store.value(Person.self, .memo, key("a")) == Person(name: "é/\"", age: 36))
    store.put(value: ["b": 1, "c": 2, "a": 3], .memo, key("b"))
    #expect(store.data(.memo, key("b")) == Data(#"{"a":3,"b":1,"c":2}"#.utf8))
    #expect(store.put(value: 5, .memo, key("c")))
    #expect(store.value(Int.self, .memo, key("c")) == 5)
  }

  @Test func aValueOfAnotherFormIsMissing() {
    store.put(value: ["name": "Ada"], .memo, key("a"))
    #expect(store.value(Person.self, .memo, key("a")) == nil)
    store.put(Data("no JSON".utf8), .memo, key("b"))
    #expect(store.value(Person.self, .memo, key("b")) == nil)
    #expect(store.value(Person.self, .memo, key("c")) == nil)
  }

  @Test func whatJSONCannotSayIsNotKept() {
    #expect(!store.put(value: [Double.infinity], .memo, key("a")))
    #expect(store.data(.memo, key("a")) == nil)
    #expect(store.allFiles.isEmpty)
  }

  // MARK: - Where it is

  @Test(
    arguments: [
      (["FOLIO_CACHE": "/f", "XDG_CACHE_HOME": "/x", "HOME": "/h"], "/f"), (["FOLIO_CACHE": "/f/../g/"], "/g"),
      (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/folio"), (["XDG_CACHE_HOME": "/x/", "HOME": "/h"], "/x/folio"),
      (["FOLIO_CACHE": "", "XDG_CACHE_HOME": "/x"], "/x/folio"), (["XDG_CACHE_HOME": "", "HOME": "/h"], "/h/.cache/folio"),
      (["XDG_CACHE_HOME": "x", "HOME": "/h"], "/h/.cache/folio"), (["XDG_CACHE_HOME": "./x", "HOME": "/h"], "/h/.cache/folio"),
      (["XDG_CACHE_HOME": "~/x", "HOME": "/h/"], "/h/.cache/folio"), (["HOME": "/h"], "/h/.cache/folio"),
    ])
  func theFolderIsWhereTheEnvironmentSays(environment: [String: String], folder: String) {
    #expect(EntryStore.folder(environment: environment) == folder)
  }

  @Test(arguments: [[:], ["HOME": ""]])
  func withoutAnEnvironmentTheFolderIsInTheUsersHome(environment: [String: String]) {
    #expect(EntryStore.folder(environment: environment) == NSHomeDirectory() + "/.cache/folio")
  }

  @Test func aRelativeFolderIsTakenFromHere() {
    #expect(EntryStore.folder(environment: ["FOLIO_CACHE": "c"]) == FileManager.default.currentDirectoryPath + "/c")
  }
}
