import Foundation
import Store
import TestSupport
import Testing

/// Whatever happened to a file, what is found is what was kept, or nothing.
@Suite struct DamageTests {
  private static let payload = Data("the payload of an entry".utf8)
  /// The format's name, the checksum and the length.
  private static let header = 8 + 32 + 8

  private let folder: TestFolder
  private let store: EntryStore
  private let file: String

  init() throws {
    folder = try TestFolder()
    store = folder.store
    file = store.file(.cells, key("a"))
    try #require(store.put(Self.payload, .cells, key("a")))
  }

  /// Changes the entry's bytes; the entry must be missing then, its file gone, and its place free.
  private func expectMissing(_ change: (inout [UInt8]) -> Void, _ comment: Comment? = nil) throws {
    var bytes = try contents(file)
    change(&bytes)
    try overwrite(file, with: bytes)
    #expect(store.data(.cells, key("a")) == nil, comment)
    #expect(!exists(file), comment)
    #expect(store.put(Self.payload, .cells, key("a")), comment)
    #expect(store.data(.cells, key("a")) == Self.payload, comment)
  }

  @Test func theFileIsTheFormatsNameTheChecksumTheLengthAndThePayload() throws {
    let bytes = try contents(file)
    #expect(bytes.count == Self.header + Self.payload.count)
    #expect(bytes.prefix(8).elementsEqual("folio 1\n".utf8))
    #expect(bytes.suffix(Self.payload.count).elementsEqual(Self.payload))
    #expect(Array(bytes[40..<48]) == [23, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test(arguments: 0..<(header + payload.count))
  func aTruncatedEntryIsMissing(length: Int) throws { try expectMissing { $0 = Array($0.prefix(length)) } }

  @Test func anEntryWithAFlippedBitIsMissing() throws {
    for place in 0..<(Self.header + Self.payload.count) {
      for bit in 0..<8 { try expectMissing({ $0[place] ^= 1 << bit }, "byte \(place), bit \(bit)") }
    }
  }

  @Test(arguments: [1, 8, 4096])
  func anExtendedEntryIsMissing(count: Int) throws { try expectMissing { $0 += [UInt8](repeating: 0, count: count) } }

  @Test func anEntryOfAnotherFormatIsMissing() throws {
    try expectMissing { $0.replaceSubrange(0..<8, with: "folio 2\n".utf8) }
    try expectMissing { $0.replaceSubrange(0..<8, with: "FOLIO 1\n".utf8) }
  }

  @Test(arguments: ["", "x", "{}", String(repeating: "a text of someone else\n", count: 1000)])
  func aForeignFileIsMissing(text: String) throws { try expectMissing { $0 = Array(text.utf8) } }

  @Test func zeroesAfterAPowerFailureAreMissing() throws { try expectMissing { $0 = [UInt8](repeating: 0, count: $0.count) } }

  @Test(arguments: [UInt64.max, UInt64(Int64.max), 1 << 40, 0, 22, 24])
  func anEntryThatClaimsAnotherLengthIsMissing(length: UInt64) throws {
    try expectMissing { $0.replaceSubrange(40..<48, with: withUnsafeBytes(of: length.littleEndian, Array.init)) }
  }

  @Test func aHugeFileWithNothingInItCostsNoMemory() throws {
    #expect(truncate(file, 1 << 40) == 0)
    #expect(store.data(.cells, key("a")) == nil)
    #expect(!exists(file))
  }

  @Test func aValueInADamagedEntryIsMissing() throws {
    store.put(value: [1, 2, 3], .memo, key("v"))
    let file = store.file(.memo, key("v"))
    try overwrite(file, with: try contents(file).dropLast())
    #expect(store.value([Int].self, .memo, key("v")) == nil)
    #expect(!exists(file))
  }

  // MARK: - What is no file

  @Test func aLinkIsMissingAndWhatItLeadsToStays() throws {
    let other = store.file(.cells, key("other"))
    store.put(Data("other".utf8), .cells, key("other"))
    #expect(unlink(file) == 0)
    #expect(symlink(other, file) == 0)
    #expect(store.data(.cells, key("a")) == nil)
    #expect(!exists(file))
    #expect(store.data(.cells, key("other")) == Data("other".utf8))
  }

  @Test func aPipeIsMissingAndNotWaitedFor() {
    #expect(unlink(file) == 0)
    #expect(mkfifo(file, 0o600) == 0)
    #expect(store.data(.cells, key("a")) == nil)
    #expect(!exists(file))
  }

  @Test func aFolderInAnEntrysPlaceIsMissingAndStays() throws {
    #expect(unlink(file) == 0)
    #expect(mkdir(file, 0o700) == 0)
    let note = try folder.write("mine", to: String(file.dropFirst(folder.path.count + 1)) + "/note")
    #expect(store.data(.cells, key("a")) == nil)
    #expect(!store.put(Self.payload, .cells, key("a")))
    #expect(store.allFiles.map { "\(store.folder)/\($0)" } == [note])
  }
}
