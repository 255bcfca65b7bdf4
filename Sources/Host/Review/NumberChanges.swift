import Record

/// How numbers at the same places differ.
package struct NumberChanges: Codable, Sendable, Equatable {
  /// How many there are in both.
  package var count = 0
  /// How many differ by more than the tolerance.
  package var changed = 0
  /// How many differ, and by no more.
  package var within = 0
  /// How many of these are only within the rounding noise of larger numbers beside them.
  package var noise = 0
  /// How many changed their sign, beyond the tolerance.
  package var signFlips = 0
  /// How many are a number in one, and none in the other.
  package var missing = 0
  /// The largest difference.
  package var largest: Difference?
  /// The largest difference relative to the number itself, among those that changed.
  package var largestRelative: Difference?
  /// The largest difference relative to its scale, of those within the tolerance.
  package var largestWithin: Difference?
  /// Pearson's, of all numbers; nil if either does not vary.
  package var correlation: Double?

  /// One number in both.
  package struct Difference: Codable, Sendable, Equatable {
    /// Where, by its labels: `L14H0 at ' a' (312)`.
    package var place: String
    package var base: Double
    package var head: Double
    /// What the difference is compared with: the number itself, or the largest beside it where only that makes it small.
    package var scale: Double

    package var absolute: Double { abs(head - base) }
    package var relative: Double { abs(head - base) / max(abs(base), .leastNormalMagnitude) }
    var share: Double { absolute / max(scale, .leastNormalMagnitude) }
  }

  private enum CodingKeys: String, CodingKey {
    case count, changed, within, noise, signFlips, missing, largest, largestRelative, largestWithin, correlation
  }

  private var sums = Sums()

  /// Takes in two numbers that stand at the same place; nil is none.
  /// - Parameters:
  ///   - acceptance: what a rule says of them; nil if they differ.
  ///   - beside: the largest number beside them.
  mutating func add(
    _ base: Double?, _ head: Double?, _ acceptance: NumberRule.Acceptance?, largest beside: Double = 0, place: () -> String
  ) {
    count += 1
    guard let base, let head else {
      if (base == nil) != (head == nil) { missing += 1 }
      return
    }
    sums.add(base, head)
    if acceptance == .equal { return }
    let own = max(abs(base), abs(head))
    // Named only where it is kept.
    var difference = Difference(place: "", base: base, head: head, scale: acceptance == .noise ? max(own, beside) : own)
    if let acceptance {
      within += 1
      if acceptance == .noise { noise += 1 }
      guard difference.share > (largestWithin?.share ?? -1) else { return }
      difference.place = place()
      largestWithin = difference
      return
    }
    changed += 1
    if base.sign != head.sign, base != 0, head != 0 { signFlips += 1 }
    let isLargest = difference.absolute > (largest?.absolute ?? -1)
    let isMostRelative = base != 0 && difference.relative > (largestRelative?.relative ?? -1)
    guard isLargest || isMostRelative else { return }
    difference.place = place()
    if isLargest { largest = difference }
    if isMostRelative { largestRelative = difference }
  }

  /// Takes in what was found elsewhere, but not its numbers: `count` is of those that are the output's own.
  mutating func add(_ other: NumberChanges) {
    within += other.within
    noise += other.noise
    guard let difference = other.largestWithin, difference.share > (largestWithin?.share ?? -1) else { return }
    largestWithin = difference
  }

  mutating func finish() { correlation = sums.correlation }

  var verdict: OutputReview.Verdict { changed > 0 || missing > 0 ? .changed : within > 0 ? .within : .same }

  /// Running sums, which need no list of the numbers.
  private struct Sums: Equatable {
    private var (n, meanX, meanY, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    mutating func add(_ x: Double, _ y: Double) {
      n += 1
      let (dx, dy) = (x - meanX, y - meanY)
      meanX += dx / n
      meanY += dy / n
      xx += dx * (x - meanX)
      yy += dy * (y - meanY)
      xy += dx * (y - meanY)
    }

    var correlation: Double? { xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil }

    static func == (left: Sums, right: Sums) -> Bool { true }
  }
}
