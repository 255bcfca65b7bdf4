import Foundation
import Text

/// A number over examples, with how many there are and how far it can be trusted.
///
/// ```swift
/// let effect = try Estimate.mean(of: effects)
/// print(effect)  // 0.83 [0.71, 0.92], n = 26
/// ```
/// The interval speaks of examples drawn as these were: it knows nothing of examples of another kind. One example has no interval.
public struct Estimate: Sendable, Hashable, Codable {
  /// The number itself.
  public let value: Double
  /// How many examples it stands on.
  public let n: Int
  /// Where the number lies with the stated confidence; `nil` for one example.
  public let interval: ClosedRange<Double>?
  /// The interval's confidence, between 0 and 1.
  public let confidence: Double
  /// How far the number would deviate over other examples; `nil` for one example.
  public let standardError: Double?

  init(value: Double, n: Int, interval: ClosedRange<Double>?, confidence: Double, standardError: Double?) {
    (self.value, self.n, self.interval, self.confidence) = (value, n, interval, confidence)
    self.standardError = standardError
  }

  /// Below so many examples the interval of a mean is Student's: resamples of few examples spread less than their means do.
  static let fewExamples = 15

  /// The mean of values, with a bootstrap interval (BCa, Efron 1987) that a seed repeats; of fewer than 15 examples with Student's t interval, the
  /// mean ± t · s / √n with n - 1 degrees of freedom, since resamples of few examples lie too close together: of two, half of all intervals would miss
  /// the true mean.
  /// - Parameters:
  ///   - values: one for each example.
  ///   - confidence: between 0 and 1.
  ///   - resamples: how often the examples are drawn anew; each costs as many additions as there are examples.
  /// - Throws: `StatisticsError` for no values, for values that are not finite, and for a confidence that no interval has.
  public static func mean(
    of values: [Double], confidence: Double = 0.95, resamples: Int = 10_000, seed: UInt64 = 0
  ) throws -> Estimate {
    try requireFinite(values, "values")
    let (sum, count) = (values.reduce(0, +), Double(values.count))
    let resampling = Resampling(confidence: confidence, count: resamples, seed: seed)
    guard values.count < 2 || values.count >= fewExamples else {
      try resampling.check()
      return try student(values, mean: sum / count, confidence)
    }
    return try estimate(
      value: sum / count, count: values.count, leftOut: values.map { (sum - $0) / max(1, count - 1) }, resampling
    ) { chosen in
      values.withUnsafeBufferPointer { values in chosen.reduce(0) { $0 + values[$1] } / count }
    }
  }

  /// The mean of values, with a bootstrap interval that a seed repeats; of fewer than 15 examples with Student's t interval.
  public static func mean(
    of values: [Float], confidence: Double = 0.95, resamples: Int = 10_000, seed: UInt64 = 0
  ) throws -> Estimate {
    try mean(of: values.map(Double.init), confidence: confidence, resamples: resamples, seed: seed)
  }

  /// Any statistic of examples, with a bootstrap interval (BCa, Efron 1987) that a seed repeats: of values a median, of pairs a
  /// correlation. Of fewer than about 15 examples such an interval is too short; a mean has a better one (`mean(of:)`).
  /// - Parameters:
  ///   - examples: what is drawn anew, with putting back.
  ///   - statistic: of a sample. It is called `resamples` times, and once without each example.
  /// - Throws: `StatisticsError` for no examples, and for a statistic that is not finite on a resample.
  public static func bootstrap<Example>(
    of examples: [Example], confidence: Double = 0.95, resamples: Int = 10_000, seed: UInt64 = 0,
    statistic: ([Example]) -> Double
  ) throws -> Estimate {
    guard !examples.isEmpty else { throw StatisticsError.noExamples(of: "examples") }
    let leftOut =
      examples.count == 1
      ? []
      : examples.indices.map { left in statistic(examples.indices.filter { $0 != left }.map { examples[$0] }) }
    return try estimate(
      value: statistic(examples), count: examples.count, leftOut: leftOut,
      Resampling(confidence: confidence, count: resamples, seed: seed)
    ) { chosen in statistic(chosen.map { examples[$0] }) }
  }

  /// A share of trials, with Wilson's interval (Wilson 1927), which holds for few trials and for shares near 0 and 1.
  /// - Throws: `StatisticsError` for no trials, and for hits that are no part of them.
  public static func proportion(_ hits: Int, of trials: Int, confidence: Double = 0.95) throws -> Estimate {
    guard trials > 0 else { throw StatisticsError.noExamples(of: "trials") }
    guard (0...trials).contains(hits) else { throw StatisticsError.badHits(hits, of: trials) }
    guard confidence > 0, confidence < 1 else { throw StatisticsError.badConfidence(confidence) }
    let (n, z) = (Double(trials), NormalDistribution.quantile((1 + confidence) / 2))
    let share = Double(hits) / n
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // Where all or none hit, one end is the share itself, and rounding must not move it.
    let lower = hits == 0 ? 0 : max(0, center - reach)
    let upper = hits == trials ? 1 : min(1, center + reach)
    return Estimate(
      value: share, n: trials, interval: trials > 1 ? lower...upper : nil, confidence: confidence,
      standardError: trials > 1 ? (share * (1 - share) / n).squareRoot() : nil)
  }

  /// Student's interval of the mean of two values or more.
  private static func student(_ values: [Double], mean: Double, _ confidence: Double) throws(StatisticsError) -> Estimate {
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
    let reach = StudentDistribution.reach(confidence, degrees: values.count - 1) * error
    guard mean.isFinite, reach.isFinite else { throw .badStatistic("\(mean.isFinite ? reach : mean)") }
    return Estimate(
      value: mean, n: values.count, interval: mean - reach...mean + reach, confidence: confidence, standardError: error)
  }

  private static func estimate(
    value: Double, count: Int, leftOut: [Double], _ resampling: Resampling, statistic: ([Int]) -> Double
  ) throws(StatisticsError) -> Estimate {
    try resampling.check()
    let confidence = resampling.confidence
    guard value.isFinite else { throw .badStatistic("\(value)") }
    guard count > 1 else { return Estimate(value: value, n: 1, interval: nil, confidence: confidence, standardError: nil) }
    let bootstrap = Bootstrap(count: count, resamples: resampling.count, seed: resampling.seed, statistic: statistic)
    if let bad = (bootstrap.draws + leftOut).first(where: { !$0.isFinite }) { throw .badStatistic("\(bad)") }
    return Estimate(
      value: value, n: count, interval: bootstrap.interval(around: value, leftOut: leftOut, confidence: confidence),
      confidence: confidence, standardError: bootstrap.deviation)
  }

  /// Whether the interval lies on one side of a number: by this confidence the estimate differs from it. One example never does.
  public func differs(from number: Double) -> Bool { interval.map { !$0.contains(number) } ?? false }
}

extension Estimate: CustomStringConvertible {
  /// The number, its interval and how many examples there are: `0.83 [0.71, 0.92], n = 26`
  public var description: String { "\(short), n = \(n)" }

  /// The number and its interval: `0.83 [0.71, 0.92]`
  public var short: String {
    guard let interval else { return Self.text(value) }
    return "\(Self.text(value)) [\(Self.text(interval.lowerBound)), \(Self.text(interval.upperBound))]"
  }

  /// A number with three digits that count.
  static func text(_ number: Double) -> String { NumberFormat(".3~g")(number) }
}
