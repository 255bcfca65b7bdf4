/// The tokens of a vocabulary by their numbers, and the other way round.
///
/// Numbers may be missing: other files may give them to tokens that they add.
struct Vocabulary: Sendable {
  /// What each token is, one behind the other.
  private var bytes: [UInt8] = []
  /// Where each token's bytes lie; nil where a number is missing.
  private var ranges: [Range<Int>?] = []
  private var numbers: [[UInt8]: Int] = [:]

  var count: Int { ranges.count }

  /// - Returns: False if the number or the text is there already.
  mutating func add(_ text: [UInt8], _ token: Int) -> Bool {
    if token >= ranges.count { ranges += Array(repeating: nil, count: token + 1 - ranges.count) }
    guard ranges[token] == nil, numbers.updateValue(token, forKey: text) == nil else { return false }
    let start = bytes.count
    bytes += text
    ranges[token] = start..<bytes.count
    return true
  }

  mutating func reserve(_ count: Int) { numbers.reserveCapacity(count) }

  subscript(token: Int) -> ArraySlice<UInt8>? {
    guard ranges.indices.contains(token), let range = ranges[token] else { return nil }
    return bytes[range]
  }

  func token(_ text: [UInt8]) -> Int? { numbers[text] }

  /// All of its tokens, from the smallest.
  var tokens: some Sequence<Int> { ranges.indices.lazy.filter { ranges[$0] != nil } }
}
