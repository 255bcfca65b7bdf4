/// Finds the formulas in the inline content of a paragraph or heading.
///
/// Whatever begins first wins: code spans, tags, autolinks, addresses of links and their titles are passed over, and so is `\$`. A `$` opens a
/// formula if no space follows it and no letter or digit stands before it; the next `$` must close it, with no space before it and no digit
/// behind it. So prices stay prices.
struct MathematicsScanner {
  struct Found {
    /// With its marks.
    var range: Range<Int>
    /// Of the TeX; nil for a `$$` at the start of a line that nothing in this paragraph closes.
    var tex: Range<Int>?
    var isDisplay: Bool
  }

  /// The lines of the content, with `\n` between them.
  let bytes: [UInt8]
  private var index = 0
  /// Lengths of runs of backticks that nothing closes.
  private var unclosedRuns: Set<Int> = []
  private var hasNoMoreDisplay = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func at(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

  /// The next formula; nil at the end.
  mutating func next() -> Found? {
    while let byte = at(index) {
      switch byte {
      case UInt8(ascii: "\\"): index += at(index + 1).map { $0 < 0x80 && $0 != 0x0A } ?? false ? 2 : 1
      case UInt8(ascii: "`"): passCode()
      case UInt8(ascii: "<"): index = MarkupSpan(bytes: bytes).endOfTag(at: index) ?? index + 1
      case UInt8(ascii: "]") where at(index + 1) == UInt8(ascii: "("):
        index = MarkupSpan(bytes: bytes).endOfLinkTarget(at: index + 1) ?? index + 1
      case UInt8(ascii: ":") where at(index + 1) == UInt8(ascii: "/") && at(index + 2) == UInt8(ascii: "/"):
        while let next = at(index), next > 0x20, next != UInt8(ascii: "<") { index += 1 }
      case UInt8(ascii: "$"):
        if let found = formula() {
          index = found.range.upperBound
          return found
        }
        while at(index) == UInt8(ascii: "$") { index += 1 }
      default: index += 1
      }
    }
    return nil
  }

  private func run(of byte: UInt8, at start: Int) -> Int {
    var end = start
    while at(end) == byte { end += 1 }
    return end - start
  }

  private func end(ofRun count: Int, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "`") else { index += 1; continue }
      let length = run(of: UInt8(ascii: "`"), at: index)
      index += length
      if length == count { return index }
    }
    return nil
  }

  private mutating func passCode() {
    let count = run(of: UInt8(ascii: "`"), at: index)
    index += count
    guard !unclosedRuns.contains(count) else { return }
    if let end = end(ofRun: count, from: index) { index = end } else { unclosedRuns.insert(count) }
  }

  private mutating func formula() -> Found? {
    let before = index > 0 ? bytes[index - 1] : 0x20
    let isWord = before >= 0x80 ? false : Character(Unicode.Scalar(before)).isLetter || Character(Unicode.Scalar(before)).isNumber
    switch run(of: UInt8(ascii: "$"), at: index) {
    case 1: return isWord ? nil : quoted() ?? inline()
    case 2: return display()
    default: return nil
    }
  }

  /// `` $`…`$ ``
  private func quoted() -> Found? {
    let count = run(of: UInt8(ascii: "`"), at: index + 1)
    guard count > 0, let end = end(ofRun: count, from: index + 1 + count), at(end) == UInt8(ascii: "$") else { return nil }
    return found(from: index + 1 + count, to: end - count, end: end + 1, isDisplay: false)
  }

  private func inline() -> Found? {
    guard let first = at(index + 1), !isSpace(first) else { return nil }
    var end = index + 1
    while let byte = at(end), byte != UInt8(ascii: "$") {
      if byte == UInt8(ascii: "`") || byte == MathematicsMask.taken { return nil }
      end += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    guard at(end) == UInt8(ascii: "$"), !isSpace(bytes[end - 1]), at(end + 1) != UInt8(ascii: "$") else { return nil }
    if let next = at(end + 1), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { return nil }
    return found(from: index + 1, to: end, end: end + 1, isDisplay: false)
  }

  private mutating func display() -> Found? {
    if !hasNoMoreDisplay, let end = Self.closing(in: bytes, from: index + 2) {
      return found(from: index + 2, to: end, end: end + 2, isDisplay: true)
    }
    hasNoMoreDisplay = true
    // What begins a line is meant for a block, which may hold blank lines and whatever looks like Markdown.
    let line = bytes[..<index].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    guard bytes[line..<index].allSatisfy(isSpace) else { return nil }
    return Found(range: index..<bytes.count, tex: nil, isDisplay: true)
  }

  /// Where the next `$$` stands that no backslash takes its meaning from.
  static func closing(in bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == MathematicsMask.taken { return nil }
      if bytes[index] == UInt8(ascii: "$"), bytes[index + 1] == UInt8(ascii: "$") { return index }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private func found(from start: Int, to end: Int, end outer: Int, isDisplay: Bool) -> Found? {
    guard start < end, !bytes[start..<end].allSatisfy(isSpace), !bytes[start..<end].contains(MathematicsMask.taken) else {
      return nil
    }
    return Found(range: index..<outer, tex: start..<end, isDisplay: isDisplay)
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }
}
