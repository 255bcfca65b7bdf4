import Record

enum TextComparator: OutputComparator {
  static let form = OutputReview.Form.lines

  static func compare(_ sides: OutputSides) -> any Comparison {
    sides.comparingTexts { TextComparison($0, $1, rule: sides.rule) }
  }
}

/// Two texts, line by line. Equal lines stand beside each other, then those that differ in floating-point numbers alone, then those that differ
/// in any numbers; the others came or went.
struct TextComparison: Comparison {
  private(set) var lines: [LineChange] = []
  private(set) var numbers = NumberChanges()
  private let rule: NumberRule
  private let old: ByteLines
  private let new: ByteLines

  init(_ base: String, _ head: String, rule: NumberRule) {
    self.rule = rule
    (old, new) = (ByteLines(base), ByteLines(head))
    let end = (old.count, new.count)
    var (i, j) = (0, 0)
    for pair in aligned() + [end] {
      while i < pair.0 {
        append(i, nil)
        i += 1
      }
      while j < pair.1 {
        append(nil, j)
        j += 1
      }
      guard i < old.count, j < new.count else { continue }
      compare(i, j)
      (i, j) = (i + 1, j + 1)
    }
    numbers.finish()
  }

  private mutating func append(_ base: Int?, _ head: Int?, isWithin: Bool = false) {
    lines.append(
      LineChange(
        base: base.map(old.text), head: head.map(new.text), line: (head ?? base ?? 0) + 1, isWithin: isWithin))
  }

  private mutating func compare(_ i: Int, _ j: Int) {
    if old[i] == new[j] {
      PrintedText.forEachNumber(in: new[j]) { numbers.add($0.value, $0.value, .equal) { "" } }
      return
    }
    let (before, after) = (PrintedText(old[i]), PrintedText(new[j]))
    let changed = numbers.changed
    let hasSameWords = PrintedText.compare(
      before, after, rule: rule, largest: max(before.largest, after.largest), into: &numbers
    ) { "line \(j + 1)" }
    append(i, j, isWithin: hasSameWords && numbers.changed == changed)
  }

  /// Whether lines came, went, or changed their words.
  var isStructural: Bool { lines.contains { $0.base == nil || $0.head == nil } }

  /// `1 line came, 2 lines went`; nothing if only numbers changed.
  var findings: [String] {
    let (came, went) = (lines.count { $0.base == nil }, lines.count { $0.head == nil })
    let parts = [came > 0 ? "\(Words.count(came, "line")) came" : nil, went > 0 ? "\(Words.count(went, "line")) went" : nil]
    let sentence = parts.compactMap(\.self).joined(separator: ", ")
    return sentence.isEmpty ? [] : [sentence]
  }

  var verdict: OutputReview.Verdict { lines.isEmpty ? .same : lines.allSatisfy(\.isWithin) ? .within : .changed }

  /// Indices of lines that belong together, rising.
  private func aligned() -> [(Int, Int)] {
    let (old, new) = (old, new)
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var end = 0
    while end < min(old.count, new.count) - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
    func line(_ side: Alignment.Side, _ index: Int) -> ArraySlice<UInt8> {
      side == .old ? old[start + index] : new[start + index]
    }
    let middle = Alignment.pairs(
      old.count - start - end, new.count - start - end,
      by: [
        { line($0, $1) }, { PrintedText(line($0, $1)).wholeShape[...] }, { PrintedText(line($0, $1)).shape[...] },
      ])
    return (0..<start).map { ($0, $0) } + middle.map { ($0 + start, $1 + start) }
      + (0..<end).reversed().map { (old.count - 1 - $0, new.count - 1 - $0) }
  }
}

/// The lines of a text as bytes. A line ends by a line feed; a carriage return before it is a part of the line.
private struct ByteLines {
  private let bytes: [UInt8]
  private let ends: [Int]

  init(_ text: String) {
    let bytes = Array(text.utf8)
    var ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    if let last = bytes.last, last != UInt8(ascii: "\n") { ends.append(bytes.count) }
    (self.bytes, self.ends) = (bytes, ends)
  }

  var count: Int { ends.count }
  subscript(index: Int) -> ArraySlice<UInt8> { bytes[(index > 0 ? ends[index - 1] + 1 : 0)..<ends[index]] }
  func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
}
