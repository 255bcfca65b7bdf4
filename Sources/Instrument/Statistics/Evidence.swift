import Text

/// A number over examples, with the examples that it stands on: what each one says, which say it most and which least, and how many
/// decisions an intervention has turned.
///
/// ```swift
/// let evidence = try Evidence("L9H6 ablated", before: differences, after: ablated, names: prompts)
/// print(evidence)  // L9H6 ablated: −1.2 [−1.5, −0.91], n = 26, 3 of 26 decisions flipped
/// evidence.weakest(2)  // the examples that speak against it
/// ```
public struct Evidence: Sendable, Hashable, Codable {
  /// One example's part.
  public struct Example: Sendable, Hashable, Codable {
    /// By what it is told from the others: its prompt, or `#7`.
    public let name: String
    /// What it says.
    public let value: Double
    /// The metric without and with the intervention, where the value is their difference.
    public let before: Double?
    /// The metric with the intervention.
    public let after: Double?

    /// Whether the decision is another one: the metric above 0 before and not after, or the other way round.
    public var isFlipped: Bool {
      guard let before, let after else { return false }
      return (before > 0) != (after > 0)
    }
  }

  /// What is measured.
  public let title: String
  /// In the order in which they were given.
  public let examples: [Example]
  /// The mean of the examples' values.
  public let estimate: Estimate

  /// A number of each example.
  /// - Parameters:
  ///   - names: one for each example; by default `#0`, `#1`, …
  ///   - confidence: of the interval of their mean, between 0 and 1.
  ///   - resamples: of the bootstrap.
  /// - Throws: `StatisticsError` for no values, for values that are not finite, and for as many names as there are not values.
  public init(
    _ title: String, values: [Double], names: [String]? = nil, confidence: Double = 0.95, resamples: Int = 10_000,
    seed: UInt64 = 0
  ) throws {
    let names = try Self.names(names, count: values.count)
    self.title = title
    examples = zip(names, values).map { Example(name: $0, value: $1, before: nil, after: nil) }
    estimate = try .mean(of: values, confidence: confidence, resamples: resamples, seed: seed)
  }

  /// The change of a metric for each example: after − before, or, of what is lost, before − after.
  /// - Parameters:
  ///   - before: the metric of each example without the intervention.
  ///   - after: the metric of each example with it, in the same order.
  ///   - ofLoss: whether the number is what the intervention takes away.
  ///   - names: one for each example; by default `#0`, `#1`, …
  /// - Throws: `StatisticsError` as `init(_:values:…)`, and for lists of different lengths.
  public init(
    _ title: String, before: [Double], after: [Double], ofLoss: Bool = false, names: [String]? = nil, confidence: Double = 0.95,
    resamples: Int = 10_000, seed: UInt64 = 0
  ) throws {
    try requireEqualCounts(("numbers before", before.count), ("numbers after", after.count))
    try requireFinite(before, "numbers before")
    try requireFinite(after, "numbers after")
    let names = try Self.names(names, count: before.count)
    self.title = title
    examples = before.indices.map {
      Example(
        name: names[$0], value: ofLoss ? before[$0] - after[$0] : after[$0] - before[$0], before: before[$0], after: after[$0])
    }
    estimate = try .mean(of: examples.map(\.value), confidence: confidence, resamples: resamples, seed: seed)
  }

  private static func names(_ names: [String]?, count: Int) throws(StatisticsError) -> [String] {
    guard let names else { return (0..<count).map { "#\($0)" } }
    try requireEqualCounts(("names", names.count), ("examples", count))
    return names
  }

  /// The examples' values, in their order.
  public var values: [Double] { examples.map(\.value) }

  /// The examples that say most of what the mean says, the foremost first: the largest values under a positive mean, the smallest
  /// under a negative one.
  public func strongest(_ count: Int = 3) -> [Example] { Array(ordered.prefix(max(0, count))) }

  /// The examples that say least of what the mean says, or the opposite, the foremost first.
  public func weakest(_ count: Int = 3) -> [Example] { Array(ordered.reversed().prefix(max(0, count))) }

  private var ordered: [Example] {
    let sign: Double = estimate.value < 0 ? -1 : 1
    // Equal values stay in their order, on every machine.
    return examples.enumerated().sorted { ($1.element.value * sign, $0.offset) < ($0.element.value * sign, $1.offset) }
      .map(\.element)
  }

  /// How many decisions are others after the intervention; `nil` where there is no metric before and after.
  public var flipped: Int? {
    examples.allSatisfy { $0.before != nil && $0.after != nil } ? examples.count { $0.isFlipped } : nil
  }

  /// The share of decisions that are others after the intervention, with Wilson's interval.
  public var flips: Estimate? { flipped.flatMap { try? .proportion($0, of: examples.count, confidence: estimate.confidence) } }
}

extension Evidence: CustomStringConvertible {
  /// What is measured, its estimate, and how many decisions flipped.
  public var description: String {
    "\(title): \(estimate)" + (flipped.map { ", \($0) of \(examples.count) decisions flipped" } ?? "")
  }
}
