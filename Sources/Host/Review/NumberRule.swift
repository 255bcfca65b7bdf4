import Foundation
import Record

/// When two numbers count as the same.
///
/// Whole numbers must be equal. A floating-point number may differ by a small share of its own size, and by what its record rounded away. The
/// numbers beside it widen that only in two cases: the author asked for it, or the numbers were computed in sums, whose rounding noise is that of
/// the largest. A tolerance that somebody asked for holds for whole numbers too.
struct NumberRule {
  /// How far floating-point numbers may differ where nobody asks for anything, relative to themselves.
  static let standard = 3e-4
  /// What other kernels and numbers of threads do to sums in single precision, relative to the largest number beside: a few units of its last
  /// place (6e-8), and more where a network of many layers passes them on.
  private static let singleNoise = 1e-6
  /// The same in double precision.
  private static let doubleNoise = 1e-14

  /// Who rounded the numbers.
  enum Digits {
    /// A figure's or a token's number in a record: `Precision.digits`.
    case record
    /// A number in a sentence: four digits, without the zeros at its end.
    case sentence
    /// Its author, who chose how it is printed.
    case author

    /// The fewest digits of a number printed by an author whose last one may turn over: one in a thousand.
    fileprivate static let printed = 4
    fileprivate static let inSentences = 4
  }

  /// How a difference was found to be no change.
  enum Acceptance { case equal, within, noise }

  var tolerance: Tolerance
  /// Whether the call, the cell or the notebook asks for it.
  var isAsked: Bool
  var digits = Digits.author
  /// Relative to the largest number beside; nil for numbers that are no results of sums.
  private var noise: Double?

  /// - Parameter asked: nil for the standard.
  init(_ asked: Tolerance? = nil) { (tolerance, isAsked) = (asked ?? Tolerance(Self.standard), asked != nil) }

  /// The rule for numbers of a figure or of coloured tokens.
  /// - Parameters:
  ///   - isSingle: whether they were computed in single precision.
  ///   - isLogarithmic: whether they are drawn by their ratios; then small ones are no noise of others.
  func forRecorded(isSingle: Bool, isLogarithmic: Bool = false) -> NumberRule {
    var rule = self
    rule.digits = .record
    rule.noise =
      isLogarithmic || tolerance.relative == 0 ? nil : isSingle ? min(Self.singleNoise, tolerance.relative) : Self.doubleNoise
    return rule
  }

  /// The rule for numbers in sentences.
  var forSentences: NumberRule {
    var rule = self
    rule.digits = .sentence
    return rule
  }

  /// Whether it must know the largest number beside.
  var needsLargest: Bool { tolerance.isOfTheLargest || noise != nil }

  /// - Parameters:
  ///   - isWhole: whether both stand for whole numbers, counts or names.
  ///   - largest: the largest number beside them.
  ///   - slack: what rounding may have added to the difference.
  /// - Returns: nil if they differ.
  func accepts(_ base: Double, _ head: Double, isWhole: Bool, largest: Double, slack: Double = 0) -> Acceptance? {
    if base == head { return .equal }
    if isWhole, !isAsked { return nil }
    let (difference, own) = (abs(base - head), max(abs(base), abs(head)))
    let scale = tolerance.isOfTheLargest ? max(own, largest) : own
    let allowed = tolerance.relative * scale * (1 + 1e-9) + (isAsked ? 0 : slack)
    if difference <= allowed { return .within }
    if let noise, !isWhole, difference <= allowed + noise * largest { return .noise }
    return nil
  }

  /// Two numbers of a record, rounded to its digits.
  func accepts(recorded base: Double, _ head: Double, isWhole: Bool, largest: Double) -> Acceptance? {
    if base == head { return .equal }
    let slack = isWhole ? 0 : pow(10, Double(Precision.step(max(abs(base), abs(head)))))
    return accepts(base, head, isWhole: isWhole, largest: largest, slack: slack)
  }

  /// Two numbers as they are printed.
  func accepts(_ base: PrintedNumber, _ head: PrintedNumber, largest: Double = 0) -> Acceptance? {
    let isWhole = base.isWhole && head.isWhole
    if isWhole, base.wholeDigits == head.wholeDigits { return .equal }
    // Whole numbers of more digits than a Double holds.
    if isWhole, base.value == head.value { return isAsked && tolerance.relative > 0 ? .within : nil }
    if base.value == head.value { return .equal }
    return accepts(base.value, head.value, isWhole: isWhole, largest: largest, slack: isWhole ? 0 : slack(base, head))
  }

  /// What rounding may have added to a difference of printed numbers.
  private func slack(_ base: PrintedNumber, _ head: PrintedNumber) -> Double {
    let own = max(abs(base.value), abs(head.value))
    let unit = max(base.unit, head.unit)
    switch digits {
    case .record: return pow(10, Double(Precision.step(own)))
    case .sentence: return min(unit, pow(10, Double(Precision.step(own, digits: Digits.inSentences))))
    case .author:
      // The last digit may turn over, where that says no more than one in a thousand.
      guard unit <= own * pow(10, Double(1 - Digits.printed)) else { return 0 }
      return max(0, unit * 1.000_001 - tolerance.relative * own)
    }
  }
}
