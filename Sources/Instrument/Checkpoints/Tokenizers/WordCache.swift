import Synchronization

/// The tokens of words that were met before.
///
/// Half of a text is a few hundred words. A cache belongs to one call at a time: a call that finds it taken goes on with one of its own.
struct WordCache: Sendable {
  private struct Entry: Sendable {
    var hash: UInt64 = 0
    var word: Range<Int> = 0..<0
    var tokens: Range<Int> = 0..<0
  }

  private static let size = 1 << 15
  /// Longer words seldom come twice, in bytes.
  static let longest = 48
  private static let mostBytes = 1 << 21

  private var entries: [Entry] = []
  private var bytes: [UInt8] = []
  private var ids: [Int32] = []

  /// Appends the tokens of a word, if they are known.
  @inline(__always)
  func find(_ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, into tokens: inout [Int]) -> Bool {
    guard !entries.isEmpty else { return false }
    let entry = entries.withUnsafeBufferPointer { $0[Int(truncatingIfNeeded: hash) & (Self.size - 1)] }
    guard entry.hash == hash, entry.word.count == word.count else { return false }
    let isSame = bytes.withUnsafeBufferPointer { known in
      for index in 0..<word.count where known[entry.word.lowerBound + index] != word[index] { return false }
      return true
    }
    guard isSame else { return false }
    ids.withUnsafeBufferPointer { ids in for index in entry.tokens { tokens.append(Int(ids[index])) } }
    return true
  }

  mutating func remember(_ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ tokens: ArraySlice<Int>) {
    if entries.isEmpty || bytes.count > Self.mostBytes {
      entries = Array(repeating: Entry(), count: Self.size)
      bytes.removeAll(keepingCapacity: true)
      ids.removeAll(keepingCapacity: true)
    }
    let (firstByte, firstToken) = (bytes.count, ids.count)
    bytes += word
    ids += tokens.lazy.map(Int32.init(truncatingIfNeeded:))
    entries[Int(truncatingIfNeeded: hash) & (Self.size - 1)] = Entry(
      hash: hash, word: firstByte..<bytes.count, tokens: firstToken..<ids.count)
  }

  /// Never 0, which is what an empty entry has.
  @inline(__always)
  static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(word.count) &* 0x9E37_79B9_7F4A_7C15
    let raw = UnsafeRawBufferPointer(word)
    var position = 0
    while position + 8 <= word.count {
      hash = (hash ^ raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
      position += 8
    }
    var rest: UInt64 = 0
    while position < word.count {
      rest = rest << 8 | UInt64(raw[position])
      position += 1
    }
    hash = (hash ^ rest) &* 0xD6E8_FEB8_6659_FD93
    hash ^= hash >> 29
    return hash | 1 << 63
  }
}

/// A cache that calls share, one at a time.
final class SharedWordCache: Sendable {
  private let cache = Mutex(WordCache())

  /// Works with the shared cache if it is free, else with a new one.
  func with(_ body: (inout WordCache) throws(ModelError) -> Void) throws(ModelError) {
    let done = cache.withLockIfAvailable { cache in
      Result { () throws(ModelError) in try body(&cache) }
    }
    if let done { return try done.get() }
    var own = WordCache()
    try body(&own)
  }
}
