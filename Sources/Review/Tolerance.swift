import Foundation

/// How far two numbers may differ.
///
/// A number is within the tolerance t of another if they differ by at most t times the largest number beside it: of its matrix, its curve,
/// its column; for a number in a text, the larger of the two. Records are rounded to five digits, so what another kernel or another number of
/// threads does to the last bits may turn a fifth digit over; the default leaves room for that.
public struct Tolerance: Sendable, Equatable {
  public static let standard = 3e-4

  /// 0 and above.
  public var relative: Double

  public init(_ relative: Double = Tolerance.standard) { self.relative = relative }

  func accepts(_ base: Double, _ head: Double, scale: Double) -> Bool {
    base == head || abs(base - head) <= relative * scale * (1 + 1e-9)
  }

  /// Of numbers that are printed with few digits, also the last digit may turn over, where it says less than one percent.
  func accepts(_ base: PrintedNumber, _ head: PrintedNumber) -> Bool {
    let scale = max(abs(base.value), abs(head.value))
    if accepts(base.value, head.value, scale: scale) { return true }
    let unit = max(base.unit, head.unit)
    return relative > 0 && abs(base.value - head.value) <= unit * 1.000_001 && unit <= scale / 100
  }
}

/// A number as it stands in a text.
struct PrintedNumber: Equatable {
  var value: Double
  /// The worth of one in its last digit.
  var unit: Double

  /// Reads a whole text as one number, with a hyphen or a true minus sign.
  init?(_ text: some StringProtocol) {
    let ascii = String(text).replacing("−", with: "-")
    guard ascii.first.map({ $0.isNumber || "-+.".contains($0) }) == true, let value = Double(ascii), value.isFinite else {
      return nil
    }
    self.value = value
    let parts = ascii.lowercased().split(separator: "e", maxSplits: 1)
    let decimals = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    unit = pow(10, Double(exponent - decimals))
  }
}

/// How numbers at the same places differ.
public struct NumberChanges: Codable, Sendable, Equatable {
  /// How many there are in both.
  public var count = 0
  /// How many differ by more than the tolerance.
  public var changed = 0
  /// How many differ, and by no more.
  public var within = 0
  /// How many changed their sign, beyond the tolerance.
  public var signFlips = 0
  /// How many are a number in one, and none in the other.
  public var missing = 0
  /// The largest difference.
  public var largest: Difference?
  /// The largest difference relative to the number itself, among those that changed.
  public var largestRelative: Difference?
  /// The difference nearest to the tolerance, of those within it: the largest relative to its scale.
  public var largestWithin: Difference?
  /// Pearson's, of all numbers; nil if either does not vary.
  public var correlation: Double?

  /// One number in both.
  public struct Difference: Codable, Sendable, Equatable {
    /// Where, by its labels: `L14H0 at ' a' (312)`.
    public var place: String
    public var base: Double
    public var head: Double
    /// What the difference is compared with: the largest number beside it.
    public var scale: Double

    public var absolute: Double { abs(head - base) }
    public var relative: Double { abs(head - base) / max(abs(base), .leastNormalMagnitude) }
    var share: Double { absolute / max(scale, .leastNormalMagnitude) }
  }

  private enum CodingKeys: String, CodingKey {
    case count, changed, within, signFlips, missing, largest, largestRelative, largestWithin, correlation
  }

  private var sums = Sums()

  /// Compares two numbers; nil is none.
  mutating func add(
    _ base: Double?, _ head: Double?, scale: Double, tolerance: Tolerance, accepts: Bool? = nil, place: () -> String
  ) {
    count += 1
    guard let base, let head else {
      if (base == nil) != (head == nil) { missing += 1 }
      return
    }
    sums.add(base, head)
    guard base != head else { return }
    // Named only where it is kept.
    var difference = Difference(place: "", base: base, head: head, scale: scale)
    guard !(accepts ?? tolerance.accepts(base, head, scale: scale)) else {
      within += 1
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
