import Foundation
import Store
import TestSupport
import Testing

@Suite struct PruningTests {
  /// What a payload's file has besides the payload.
  private static let header = 48

  private let folder: TestFolder
  private let store: EntryStore

  init() throws {
    folder = try TestFolder()
    store = folder.store
  }

  /// Keeps an entry whose file has that size, used so many seconds ago.
  private func put(_ name: String, size: Int, age: Int, kind: EntryStore.Kind = .cells) throws {
    try #require(store.put(Data(count: size - Self.header), kind, key(name)))
    setAge(store.file(kind, key(name)), seconds: age)
  }

  private func isThere(_ name: String, kind: EntryStore.Kind = .cells) -> Bool { exists(store.file(kind, key(name))) }

  // MARK: - Usage

  @Test func usageCountsEntriesAndTheirFilesBytes() throws {
    try put("a", size: 100, age: 0)
    try put("b", size: 1000, age: 0)
    try put("c", size: 60, age: 0, kind: .memo)
    #expect(store.usage() == [.cells: EntryStore.Usage(entries: 2, bytes: 1100), .memo: EntryStore.Usage(entries: 1, bytes: 60)])
  }

  @Test func theReportSaysWhatAndHowMuchAndWhere() throws {
    try put("a", size: 1_500_000, age: 0)
    try put("b", size: 2_000_000, age: 0, kind: .digests)
    let lines = store.report().split(separator: "\n").map(String.init)
    #expect(lines.first == store.folder)
    #expect(lines.count == EntryStore.Kind.allCases.count + 2)
    expect(lines, contains: "compiled cells                 1         1.5 MB", "records                        0         0.0 MB")
    #expect(lines.last == "in all                         2         3.5 MB")
    #expect(Set(lines.dropFirst().map(\.count)).count == 1)
  }

  // MARK: - The order

  @Test func whatWasUsedLeastRecentlyGoesFirst() throws {
    for (name, age) in [("old", 300), ("oldest", 400), ("new", 100), ("newest", 0)] { try put(name, size: 100, age: age) }
    #expect(store.prune(to: 399) == EntryStore.Usage(entries: 1, bytes: 100))
    #expect(!isThere("oldest"))
    #expect(isThere("old"))
    #expect(store.prune(to: 200) == EntryStore.Usage(entries: 1, bytes: 100))
    #expect(!isThere("old"))
    #expect(isThere("new"))
    #expect(isThere("newest"))
  }

  @Test func nothingGoesThatHasRoom() throws {
    for name in ["a", "b"] { try put(name, size: 100, age: 1_000_000) }
    #expect(store.prune(to: 200) == EntryStore.Usage())
    #expect(store.prune(to: .max) == EntryStore.Usage())
    #expect(isThere("a"))
    #expect(isThere("b"))
  }

  @Test func aSmallOldEntryDoesNotOutliveALargeNewerOne() throws {
    try put("small and old", size: 50, age: 300)
    try put("large", size: 10_000, age: 200)
    try put("new", size: 100, age: 0)
    #expect(store.prune(to: 1000) == EntryStore.Usage(entries: 2, bytes: 10_050))
    #expect(isThere("new"))
  }

  @Test func anEntryTooLargeForTheLimitGoesWithAllBeforeIt() throws {
    try put("a", size: 100, age: 10)
    try put("b", size: 5000, age: 0)
    #expect(store.prune(to: 1000).entries == 2)
  }

  @Test(arguments: [0, -1, Int.min])
  func withoutAnyRoomEverythingGoes(limit: Int) throws {
    let count = EntryStore.Kind.allCases.count
    for kind in EntryStore.Kind.allCases { try put("a", size: 100, age: 0, kind: kind) }
    #expect(store.prune(to: limit) == EntryStore.Usage(entries: count, bytes: 100 * count))
    #expect(store.usage().isEmpty)
    #expect(store.allFiles.isEmpty)
    #expect(store.prune(to: limit) == EntryStore.Usage())
  }

  @Test func aHitSavesAnEntry() throws {
    try put("a", size: 100, age: 300)
    try put("b", size: 100, age: 200)
    #expect(store.data(.cells, key("a")) != nil)
    store.prune(to: 100)
    #expect(isThere("a"))
    #expect(!isThere("b"))
  }

  @Test func theOrderGoesAcrossKinds() throws {
    try put("a", size: 100, age: 300, kind: .memo)
    try put("b", size: 100, age: 200, kind: .cells)
    store.prune(to: 100)
    #expect(!isThere("a", kind: .memo))
    #expect(isThere("b"))
  }

  @Test func nanosecondsDecide() throws {
    for (name, nanoseconds) in [("later", 2), ("earlier", 1)] {
      try put(name, size: 100, age: 0)
      let time = timespec(tv_sec: 1_700_000_000, tv_nsec: nanoseconds)
      #expect(utimensat(AT_FDCWD, store.file(.cells, key(name)), [time, time], 0) == 0)
    }
    store.prune(to: 100)
    #expect(isThere("later"))
    #expect(!isThere("earlier"))
  }

  // MARK: - What writers left behind

  private func leave(_ name: String, age: Int) throws -> String {
    let part = key("a").description.prefix(2)
    let file = try folder.write("a part of an entry", to: "cache/cells/\(part)/\(name)")
    setAge(file, seconds: age)
    return file
  }

  @Test func temporaryFilesGoAfterAnHour() throws {
    let old = try leave(".new-1", age: 3700)
    let fresh = try leave(".new-2", age: 3500)
    #expect(store.prune(to: .max) == EntryStore.Usage(entries: 1, bytes: 18))
    #expect(!exists(old))
    #expect(exists(fresh))
  }

  @Test func temporaryFilesAreNoEntries() throws {
    let fresh = try leave(".new-1", age: 0)
    try put("a", size: 100, age: 0)
    #expect(store.usage() == [.cells: EntryStore.Usage(entries: 1, bytes: 100)])
    #expect(store.prune(to: 100) == EntryStore.Usage())
    #expect(store.prune(to: 0) == EntryStore.Usage(entries: 1, bytes: 100))
    #expect(exists(fresh))
  }

  // MARK: - What is not the store's

  @Test func whatSomeoneElsePutThereStays() throws {
    let digits = String(repeating: "a", count: 62)
    let names = [
      "notebooks/mine.md", "notebooks/ab/mine.md", "notebooks/\(digits)", "notebooks/abc/\(digits)", "notebooks/AB/\(digits)",
      "notebooks/ab/\(digits)a", "notebooks/ab/\(digits.uppercased())", "notebooks/ab/\(digits)/deep", "notebooks/.new-x", "mine",
      "others/ab/\(digits)",
    ]
    let files = try names.map { try folder.write("mine", to: "cache/" + $0) }
    for file in files { setAge(file, seconds: 1_000_000) }
    #expect(store.usage().isEmpty)
    #expect(store.prune(to: 0) == EntryStore.Usage())
    for file in files { #expect(exists(file), "\(file)") }
  }

  @Test func whatALinkLeadsToStays() throws {
    let mine = try folder.write("mine", to: "mine")
    try put("a", size: 100, age: 0)
    let file = store.file(.cells, key("a"))
    #expect(unlink(file) == 0)
    #expect(symlink(mine, file) == 0)
    #expect(store.prune(to: 0) == EntryStore.Usage())
    #expect(exists(mine))
  }

  // MARK: - The limit

  @Test(
    arguments: [
      (nil, 5_000_000_000), ("1", 1_000_000_000), ("0.5", 500_000_000), ("0", 0), ("-1", 5_000_000_000), ("nan", 5_000_000_000),
      ("inf", 5_000_000_000), ("much", 5_000_000_000), ("1e300", 1_000_000_000_000_000), ("", 5_000_000_000),
    ])
  func theLimitIsInGigabytesAndElseFive(text: String?, bytes: Int) {
    #expect(EntryStore.limit(environment: text.map { ["FOLIO_CACHE_LIMIT": $0] } ?? [:]) == bytes)
  }
}
