import Foundation
import Store
import Testing

@Suite struct StoreTests {
  private let folder = TestFolder()
  private var store: Store { Store(folder: folder.path + "/store") }
  private let key = Self.key("a")

  private static func key(_ text: String) -> Key {
    var builder = KeyBuilder("test")
    builder.add("text", text)
    return builder.key
  }

  private var file: String {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: store.folder)) ?? []
    return store.folder + "/" + (names.first { $0.hasSuffix(String(key.description.dropFirst(2))) } ?? "")
  }

  @Test func whatIsPutIsFound() {
    #expect(store.data(.memo, key) == nil)
    #expect(store.put(Data("payload".utf8), .memo, key))
    #expect(store.data(.memo, key) == Data("payload".utf8))
    #expect(store.data(.cells, key) == nil)
    #expect(store.put(Data(), .cells, key) && store.data(.cells, key) == Data())
    #expect(store.put(value: ["x": [1.5]], .records, key) && store.value([String: [Double]].self, .records, key) == ["x": [1.5]])
    #expect(store.value([Int].self, .records, key) == nil)
  }

  /// Every kind of damage, at every place of the file.
  @Test func aDamagedEntryIsMissingAndRemoved() throws {
    let whole: [UInt8] = {
      store.put(Data("payload".utf8), .memo, key)
      return FileManager.default.contents(atPath: file).map(Array.init) ?? []
    }()
    #expect(whole.count > 40)
    var damaged: [[UInt8]] = whole.indices.map { Array(whole[..<$0]) } + [whole + [0], Array("something else".utf8)]
    for index in whole.indices {
      var flipped = whole
      flipped[index] ^= 0x10
      damaged.append(flipped)
    }
    for bytes in damaged {
      store.put(Data("payload".utf8), .memo, key)
      let path = file
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(store.data(.memo, key) == nil)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func aStoreThatCannotBeWrittenOnlyKeepsNothing() throws {
    try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
    let store = Store(folder: folder.path + "/file/store")
    #expect(!store.put(Data([1]), .memo, key))
    #expect(store.data(.memo, key) == nil && store.usage().isEmpty && store.prune(to: 0).entries == 0)
  }

  @Test func manyMayReadAndWriteAtOnce() async {
    let store = store
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          let payload = Data(repeating: UInt8(number % 4), count: 50_000)
          store.put(payload, .memo, Self.key("\(number % 4)"))
          let found = Store(folder: store.folder).data(.memo, Self.key("\(number % 4)"))
          return found == payload
        }
      }
      for await isRight in group { #expect(isRight) }
    }
    #expect(store.usage()[.memo]?.entries == 4)
  }

  @Test func pruningDropsWhatWasUsedLongestAgo() throws {
    for name in ["old", "used", "new"] {
      store.put(Data(repeating: 1, count: 1000), .records, Self.key(name))
      usleep(20_000)
    }
    _ = store.data(.records, Self.key("old"))
    let removed = store.prune(to: 2500)
    #expect(removed.entries == 1 && store.data(.records, Self.key("used")) == nil)
    #expect(store.data(.records, Self.key("old")) != nil && store.data(.records, Self.key("new")) != nil)
    store.prune(to: 0)
    #expect(store.usage().isEmpty)
  }

  @Test func whatAKilledWriterLeftGoesAfterAnHour() throws {
    store.put(Data([1]), .memo, key)
    let left = (file as NSString).deletingLastPathComponent + "/.new-x"
    try Data([1]).write(to: URL(fileURLWithPath: left))
    store.prune(to: 1000)
    #expect(FileManager.default.fileExists(atPath: left))
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -4000)], ofItemAtPath: left)
    store.prune(to: 1000)
    #expect(!FileManager.default.fileExists(atPath: left) && store.data(.memo, key) != nil)
  }

  @Test(arguments: [
    (["FOLIO_CACHE": "/a/b", "XDG_CACHE_HOME": "/x"], "/a/b"), (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/folio"),
    (["XDG_CACHE_HOME": "x", "HOME": "/h"], "/h/.cache/folio"), (["FOLIO_CACHE": "", "HOME": "/h"], "/h/.cache/folio"),
  ])
  func itIsWhereTheUserSays(environment: [String: String], path: String) {
    #expect(Store.folder(environment: environment) == path)
  }

  @Test func aLimitIsInGigabytes() {
    #expect(Store.limit(environment: ["FOLIO_CACHE_LIMIT": "0.5"]) == 500_000_000)
    #expect(Store.limit(environment: [:]) == 5_000_000_000)
    #expect(Store.limit(environment: ["FOLIO_CACHE_LIMIT": "much"]) == 5_000_000_000)
  }

  @Test func differentPartsMakeDifferentKeys() {
    func key(_ parts: [(String, String)]) -> Key {
      var builder = KeyBuilder("test")
      for part in parts { builder.add(part.0, part.1) }
      return builder.key
    }
    let keys = [
      key([("a", "bc")]), key([("ab", "c")]), key([("a", "b"), ("c", "")]), key([("a", "b")]), key([]), key([("", "")]),
      KeyBuilder("other").key,
    ]
    #expect(Set(keys).count == keys.count)
    #expect(key([("a", "b")]) == key([("a", "b")]))
    #expect(Key(hexadecimal: keys[0].description) == keys[0] && Key(hexadecimal: "12") == nil)
  }
}

/// A folder that is gone when the test is.
final class TestFolder: Sendable {
  let path = NSTemporaryDirectory() + "folio-store-\(UUID())"

  init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
