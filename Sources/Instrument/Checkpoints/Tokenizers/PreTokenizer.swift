/// How a text is cut into the words within which tokens are merged: the `pre_tokenizer` of a `tokenizer.json`.
struct PreTokenizer: Sendable {
  enum Step: Sendable {
    case split(Pattern, Behavior, isInverted: Bool)
    /// A space before each word that has none.
    case prefixSpace
    case metaspace(Metaspace)
  }

  /// What becomes of what a pattern matches.
  enum Behavior: String, Sendable {
    case removed = "Removed", isolated = "Isolated", withPrevious = "MergedWithPrevious", withNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Spaces as a character of their own, which begins each word.
  struct Metaspace: Sendable {
    enum Scheme: String, Sendable { case always, first, never }

    let replacement: [UInt8]
    let scheme: Scheme
    /// Finds the replacement; nil if the text is not cut.
    let pattern: Pattern?
  }

  var steps: [Step] = []

  /// Whether a space is put before a text that has none.
  var addsSpace: Bool {
    steps.contains { step in
      switch step {
      case .split: false
      case .prefixSpace: true
      case .metaspace(let metaspace): metaspace.scheme != .never
      }
    }
  }

  /// A text, and where its words lie in it.
  struct Words {
    var bytes: [UInt8]
    var ranges: [Range<Int>]
  }

  /// Cuts a text that is not empty.
  func words(_ text: [UInt8], isStart: Bool) throws(ModelError) -> Words {
    var words = Words(bytes: text, ranges: [0..<text.count])
    for step in steps {
      switch step {
      case .split(let pattern, let behavior, let isInverted):
        words.ranges = try Self.split(words, pattern, behavior, isInverted)
      case .prefixSpace:
        words = Self.rewritten(words) { word, _ in word.first == 0x20 ? Array(word) : [0x20] + word }
      case .metaspace(let metaspace): words = try metaspace.applied(words, isStart)
      }
    }
    return words
  }

  /// Words that are changed each by itself.
  fileprivate static func rewritten(_ words: Words, _ change: (ArraySlice<UInt8>, Int) -> [UInt8]) -> Words {
    var result = Words(bytes: [], ranges: [])
    result.bytes.reserveCapacity(words.bytes.count + words.ranges.count)
    for range in words.ranges {
      let start = result.bytes.count
      result.bytes += change(words.bytes[range], range.lowerBound)
      result.ranges.append(start..<result.bytes.count)
    }
    return result
  }

  fileprivate static func split(
    _ words: Words, _ pattern: Pattern, _ behavior: Behavior, _ isInverted: Bool
  ) throws(ModelError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(words.ranges.count + words.bytes.count / 4)
    try words.bytes.withPointer { (bytes) throws(ModelError) in
      for word in words.ranges {
        var joiner = Joiner(behavior)
        try pattern.forEach(bytes, in: word) { range, isMatch in joiner.add(range, isMatch != isInverted, to: &ranges) }
        joiner.finish(&ranges)
      }
    }
    return ranges
  }
}

extension PreTokenizer.Metaspace {
  fileprivate func applied(_ words: PreTokenizer.Words, _ isStart: Bool) throws(ModelError) -> PreTokenizer.Words {
    var result = PreTokenizer.rewritten(words) { word, position in
      let text = UTF8Text.replacing([0x20], with: replacement, in: word)
      let isWanted = scheme == .always || scheme == .first && isStart && position == 0
      return isWanted && !text.starts(with: replacement) ? replacement + text : text
    }
    if let pattern { result.ranges = try PreTokenizer.split(result, pattern, .withNext, false) }
    return result
  }
}

/// Joins what a pattern matches to its neighbours.
private struct Joiner {
  private let behavior: PreTokenizer.Behavior
  private var previousIsMatch = false
  /// What may still be joined to what follows.
  private var pending: Range<Int>?

  init(_ behavior: PreTokenizer.Behavior) { self.behavior = behavior }

  @inline(__always)
  mutating func add(_ range: Range<Int>, _ isMatch: Bool, to ranges: inout [Range<Int>]) {
    switch behavior {
    case .isolated: ranges.append(range)
    case .removed: if !isMatch { ranges.append(range) }
    case .contiguous: join(range, pending != nil && isMatch == previousIsMatch, &ranges)
    case .withPrevious: join(range, pending != nil && isMatch && !previousIsMatch, &ranges)
    // Matches are joined from the end: one that another match follows stands alone.
    case .withNext: join(range, pending != nil && previousIsMatch && !isMatch, &ranges)
    }
    previousIsMatch = isMatch
  }

  private mutating func join(_ range: Range<Int>, _ isJoined: Bool, _ ranges: inout [Range<Int>]) {
    if isJoined, let before = pending {
      pending = before.lowerBound..<range.upperBound
    } else {
      if let pending { ranges.append(pending) }
      pending = range
    }
  }

  mutating func finish(_ ranges: inout [Range<Int>]) {
    if let pending { ranges.append(pending) }
    pending = nil
  }
}
