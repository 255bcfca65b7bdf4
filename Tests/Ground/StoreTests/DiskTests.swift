import Foundation
import Store
import TestSupport
import Testing

/// A disk that is full, read-only or not there costs time, and nothing else.
@Suite struct DiskTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func nothingIsKeptUnderAFile() throws {
    let file = try folder.write("a file", to: "file")
    let store = EntryStore(folder: file + "/cache")
    #expect(!store.put(Data("x".utf8), .cells, key("a")))
    #expect(!store.put(value: 1, .memo, key("a")))
    #expect(store.data(.cells, key("a")) == nil)
    #expect(store.usage().isEmpty)
    #expect(store.prune(to: 0) == EntryStore.Usage())
    #expect(try contents(file) == Array("a file".utf8))
  }

  @Test func aFileInPlaceOfTheFolderIsLeftAlone() throws {
    for (number, name) in ["", "/cells", "/cells/\(key("a").description.prefix(2))"].enumerated() {
      let file = try folder.write("a file", to: "cache\(number)\(name)")
      let store = EntryStore(folder: folder.path + "/cache\(number)")
      #expect(!store.put(Data("x".utf8), .cells, key("a")))
      #expect(store.data(.cells, key("a")) == nil)
      store.prune(to: 0)
      #expect(try contents(file) == Array("a file".utf8))
    }
  }

  @Test(arguments: ["/dev/null", "/dev/full", "/proc/nothing", ""])
  func nothingIsKeptWhereNothingCanBe(path: String) {
    let store = EntryStore(folder: path)
    #expect(!store.put(Data("x".utf8), .cells, key("a")))
    #expect(store.data(.cells, key("a")) == nil)
    #expect(store.usage().isEmpty)
    #expect(store.prune(to: 0) == EntryStore.Usage())
  }

  @Test func aNameThatIsTooLongIsNoFolder() {
    let store = EntryStore(folder: folder.path + "/" + String(repeating: "x", count: 300))
    #expect(!store.put(Data("x".utf8), .cells, key("a")))
    #expect(store.data(.cells, key("a")) == nil)
  }

  @Test(.enabled(if: TinyDisk.isPossible, "only root can make a disk")) func aFullDiskMeansThatNothingIsKept() throws {
    try TinyDisk.with(folder.path + "/disk") { disk in
      let store = EntryStore(folder: disk.path + "/cache")
      #expect(store.put(Data(count: 1000), .cells, key("small")))
      #expect(!store.put(Data(count: 1_000_000), .cells, key("large")))
      #expect(store.data(.cells, key("large")) == nil)
      #expect(store.data(.cells, key("small")) == Data(count: 1000))
      // Nothing of the failure is left: neither a part of the file nor the space that it took.
      #expect(store.allFiles.count == 1)
      #expect(store.put(Data(count: 100_000), .cells, key("middle")))
      #expect(store.data(.cells, key("middle")) == Data(count: 100_000))
    }
  }

  @Test(.enabled(if: TinyDisk.isPossible, "only root can make a disk")) func whatIsThereIsNotLostToAFullDisk() throws {
    try TinyDisk.with(folder.path + "/disk") { disk in
      let store = EntryStore(folder: disk.path + "/cache")
      store.put(Data("old".utf8), .cells, key("a"))
      #expect(!store.put(Data(count: 1_000_000), .cells, key("a")))
      #expect(store.data(.cells, key("a")) == Data("old".utf8))
    }
  }

  @Test(.enabled(if: TinyDisk.isPossible, "only root can make a disk")) func aReadOnlyDiskCanBeRead() throws {
    try TinyDisk.with(folder.path + "/disk") { disk in
      let store = EntryStore(folder: disk.path + "/cache")
      store.put(Data("x".utf8), .cells, key("a"))
      store.put(Data("damaged".utf8), .cells, key("b"))
      #expect(truncate(store.file(.cells, key("b")), 5) == 0)
      try disk.makeReadOnly()
      #expect(store.data(.cells, key("a")) == Data("x".utf8))
      #expect(store.data(.cells, key("b")) == nil)
      #expect(!store.put(Data("y".utf8), .cells, key("a")))
      #expect(!store.put(Data("y".utf8), .cells, key("c")))
      #expect(store.prune(to: 0) == EntryStore.Usage())
      #expect(store.usage()[.cells]?.entries == 2)
    }
  }
}

/// A file system in memory that is full after 256 kB.
private struct TinyDisk {
  let path: String

  /// Whether this process may mount one.
  static let isPossible: Bool = {
    guard let folder = try? TestFolder() else { return false }
    return (try? with(folder.path + "/trial") { _ in true }) ?? false
  }()

  private struct NotMounted: Error { var reason = String(cString: strerror(errno)) }

  /// Mounts one there, for as long as `body` runs.
  static func with<Result>(_ path: String, body: (TinyDisk) throws -> Result) throws -> Result {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=256k") == 0 else { throw NotMounted() }
    defer { umount2(path, Int32(MNT_DETACH)) }
    return try body(TinyDisk(path: path))
  }

  func makeReadOnly() throws {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_RDONLY | MS_REMOUNT), nil) == 0 else { throw NotMounted() }
  }
}
