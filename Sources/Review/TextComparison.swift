/// Two texts, line by line. Lines that differ in their numbers alone stand beside each other.
struct TextComparison {
  private(set) var lines: [LineChange] = []
  private(set) var numbers = NumberChanges()

  /// Longer texts are compared without being aligned: the work would grow with the square of what changed.
  private static let mostLines = 20_000

  init(_ base: String, _ head: String, tolerance: Tolerance) {
    let (old, new) = (Self.split(base), Self.split(head))
    var (i, j) = (0, 0)
    func append(_ base: Int?, _ head: Int?, isWithin: Bool = false) {
      lines.append(
        LineChange(
          base: base.map { old[$0].text }, head: head.map { new[$0].text }, line: (head ?? base ?? 0) + 1, isWithin: isWithin))
    }
    for pair in Self.aligned(old.map(\.shape), new.map(\.shape)) + [(old.count, new.count)] {
      while i < pair.0 {
        append(i, nil)
        i += 1
      }
      while j < pair.1 {
        append(nil, j)
        j += 1
      }
      guard i < old.count, j < new.count else { continue }
      if old[i].text != new[j].text {
        let changed = numbers.changed
        for (a, b) in zip(old[i].numbers, new[j].numbers) {
          numbers.add(
            a.value, b.value, scale: max(abs(a.value), abs(b.value)), tolerance: tolerance, accepts: tolerance.accepts(a, b)
          ) { "line \(j + 1)" }
        }
        append(i, j, isWithin: numbers.changed == changed)
      } else {
        for number in new[j].numbers { numbers.add(number.value, number.value, scale: 1, tolerance: tolerance) { "" } }
      }
      (i, j) = (i + 1, j + 1)
    }
    numbers.finish()
  }

  /// Whether lines came, went, or changed their words.
  var isStructural: Bool { lines.contains { $0.base == nil || $0.head == nil } }

  var verdict: OutputReview.Verdict { lines.isEmpty ? .same : lines.allSatisfy(\.isWithin) ? .within : .changed }

  /// Indices of lines that belong together, rising.
  private static func aligned(_ old: [String], _ new: [String]) -> [(Int, Int)] {
    if old == new || max(old.count, new.count) > mostLines {
      return zip(old.indices, new.indices).filter { old[$0] == new[$1] }.map { ($0, $1) }
    }
    return Alignment.pairs(old, new)
  }

  private struct Line {
    var text: String
    /// The text with a sign in the place of each number.
    var shape: String
    var numbers: [PrintedNumber]
  }

  private static func split(_ text: String) -> [Line] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { line in
      var (shape, numbers, rest) = ("", [PrintedNumber](), line)
      // A digit within a word, as in L14H0, is no number.
      while let match = rest.firstMatch(of: /(^|[^\w.])([-−+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w])/),
        let number = PrintedNumber(match.2)
      {
        shape += rest[rest.startIndex..<match.2.startIndex] + "\u{0}"
        numbers.append(number)
        rest = rest[match.2.endIndex...]
      }
      return Line(text: String(line), shape: shape + rest, numbers: numbers)
    }
  }
}
