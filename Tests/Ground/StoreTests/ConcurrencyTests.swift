import Foundation
import Store
import TestSupport
import Testing

/// Threads, and stores that know nothing of each other, as in several processes.
@Suite struct ConcurrencyTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  /// Each a different length, so that a mixture of two would be noticed.
  private static func payload(_ number: Int) -> Data { Data(repeating: UInt8(number), count: 10_000 + 977 * number) }

  @Test func manyWritersAndReadersOfOneKeyMeetOnlyWholeEntries() async {
    let payloads = Set((0..<8).map(Self.payload))
    let stores = [folder.store, folder.store]
    #expect(stores[0].put(Self.payload(0), .memo, key("a")))
    await concurrently(8) { thread in
      for round in 0..<100 {
        let store = stores[round % 2]
        if thread % 2 == 0 { #expect(store.put(Self.payload(thread), .memo, key("a"))) }
        // Files are replaced, and whole: there is always one.
        let found = store.data(.memo, key("a"))
        #expect(found.map(payloads.contains) == true)
      }
    }
    #expect(stores[0].allFiles.count == 1)
  }

  @Test func writersPrunersAndVandalsDoNotMakeAReaderMeetWhatWasNotKept() async {
    let store = folder.store
    await concurrently(6) { thread in
      for round in 0..<60 {
        let name = "\(round % 5)"
        switch thread {
        case 0, 1: store.put(Self.payload(round % 5), .memo, key(name))
        case 2: store.prune(to: 20_000)
        case 3: truncate(store.file(.memo, key(name)), round * 100)
        default: if let found = store.data(.memo, key(name)) { #expect(found == Self.payload(round % 5)) }
        }
      }
    }
    #expect(store.usage().keys.allSatisfy { $0 == .memo })
    #expect(store.allFiles.allSatisfy { !$0.contains(".new-") })
  }

  @Test func writersOutliveThatTheStoreIsDeletedAgainAndAgain() async throws {
    let store = folder.store
    await concurrently(4) { thread in
      for round in 0..<50 {
        if thread == 0 { try? FileManager.default.removeItem(atPath: store.folder) }
        if thread != 0 { store.put(Self.payload(1), .memo, key("\(round)")) }
      }
    }
    #expect(store.put(Self.payload(1), .memo, key("last")))
    #expect(store.data(.memo, key("last")) == Self.payload(1))
  }

  @Test func digestsAreTheSameOnAllThreads() async throws {
    let path = try folder.write(String(repeating: "text", count: 100_000), to: "data.txt")
    setAge(path, seconds: 100)
    let digests = FileDigests(store: folder.store)
    let expected = try #require(FileDigests(store: nil).digest(path))
    await concurrently(8) { _ in
      for _ in 0..<20 { #expect(digests.digest(path) == expected) }
    }
  }
}
