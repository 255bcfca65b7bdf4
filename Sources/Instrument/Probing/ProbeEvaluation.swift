import Randomness
import Statistics
import Tensors

/// How well a probe reads examples that it has not learned from, beside probes that learned shuffled labels.
///
/// A probe of many numbers finds some direction for any labels; only what it does beyond shuffled ones speaks of the activations
/// (Hewitt and Liang 2019, arXiv:1909.03368).
public struct ProbeEvaluation: Sendable {
  /// What is read from what.
  public let title: String
  /// How examples were held out.
  public let split: String
  /// The share of held-out examples whose label is read, with Wilson's interval; with groups, over the groups, by bootstrap.
  public let accuracy: Estimate
  /// The share that the most frequent label of the training part would have got.
  public let majority: Double
  /// The accuracy beside that of probes that learned shuffled labels.
  public let shuffled: Comparison
  /// For each held-out example, by how much the score of its label is above the best other one; above 0 it is read.
  public let margins: Evidence
  /// How many held-out examples of each class (row) were read as each (column), in the order of `probe.classes`.
  public let confusion: [[Int]]
  /// A probe of all examples, to be used as a direction.
  public let probe: LogisticProbe
}

extension ProbeEvaluation: CustomStringConvertible {
  /// The accuracy, and its controls as a note.
  public var description: String {
    "\(title): accuracy \(accuracy) (\(split)), majority class \(Self.text(majority)). \(shuffled)"
  }

  private static func text(_ share: Double) -> String { "\((share * 1000).rounded() / 1000)" }
}

extension LogisticProbe {
  /// Measures a probe on held-out examples, and beside it probes that learn shuffled labels in the same way.
  ///
  /// ```swift
  /// let result = try LogisticProbe.evaluated(on: x, labels: isTrue, groups: statements, title: "Layer 5")
  /// ```
  /// - Parameters:
  ///   - activations: `[example, width]`.
  ///   - labels: one for each example.
  ///   - groups: one for each example; those of one group (the same sentence in other words) are never on both sides of the split. If nil, examples
  ///     with equal rows are a group.
  ///   - names: one for each example, for the strongest and weakest.
  ///   - shuffles: how many probes learn shuffled labels. Where all examples of a group have one label, groups exchange theirs.
  /// - Throws: `ProbingError` as for a probe, and for a training part with one class only.
  public static func evaluated(
    on activations: Tensor, labels: [some CustomStringConvertible], split: ProbeSplit = .folds(5), groups: [String]? = nil,
    names: [String]? = nil, penalty: Double = 1, shuffles: Int = 20, seed: UInt64 = 0, title: String = "Logistic probe"
  ) throws -> ProbeEvaluation {
    let x = try ProbeInput.matrix(activations, labels.count, "labels")
    return try evaluated(
      on: activations, labels: labels.map(\.description), split: HeldOut(split, groups, equal: [x]), names: names,
      penalty: penalty,
      shuffles: shuffles, seed: seed, title: title)
  }

  static func evaluated(
    on activations: Tensor, labels: [String], split: HeldOut, names: [String]?, penalty: Double, shuffles: Int, seed: UInt64,
    title: String
  ) throws -> ProbeEvaluation {
    let x = try ProbeInput.matrix(activations, labels.count, "labels")
    let groups = split.groups
    if let names { try requireEqualCounts(("names", names.count), ("examples", labels.count)) }
    guard shuffles > 0 else {
      throw ProbingError.badRequest("\(shuffles) shuffles are no control. Take 1 or more; 20 are usual.")
    }
    let trial = try ProbeTrial(x, activations, split.parts(count: labels.count, classes: labels), penalty)
    let reading = try trial.reading(of: labels)
    var random = SeededGenerator(seed: seed)
    let controls = try (0..<shuffles).map { _ in
      try trial.reading(of: Shuffling.shuffled(labels, groups: groups, &random)).accuracy
    }
    let probe = try LogisticProbe(on: activations, labels: labels, penalty: penalty)
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: probe.classes.count), count: probe.classes.count)
    for (index, predicted) in zip(reading.tested, reading.predictions) {
      guard let row = probe.classes.firstIndex(of: labels[index]), let column = probe.classes.firstIndex(of: predicted) else {
        continue
      }
      confusion[row][column] += 1
    }
    return ProbeEvaluation(
      title: title, split: "\(split)", accuracy: try reading.estimate(groups: groups), majority: reading.majority,
      shuffled: try Comparison(
        title + ", accuracy", value: reading.accuracy, controls: controls, of: "probes of shuffled labels"),
      margins: try Evidence(
        title + ", margin", values: reading.margins, names: reading.tested.map { names?[$0] ?? "#\($0)" }),
      confusion: confusion, probe: probe)
  }
}

/// How examples are held out, and which of them stay together.
struct HeldOut: CustomStringConvertible {
  let split: ProbeSplit
  /// What stays together; nil if each example is alone.
  let groups: [String]?
  private let areEqualRows: Bool

  /// - Parameters:
  ///   - groups: the author's.
  ///   - equal: the activations, of which examples with equal rows stay together if the author has no groups.
  init(_ split: ProbeSplit, _ groups: [String]?, equal activations: [Matrix]) {
    self.split = split
    self.groups = groups ?? ProbeInput.equalRows(activations)
    areEqualRows = groups == nil && self.groups != nil
  }

  func parts(count: Int, classes: [String]) throws(ProbingError) -> [(train: [Int], test: [Int])] {
    try split.parts(count: count, classes: classes, groups: groups, units: areEqualRows ? "different examples" : "groups")
  }

  /// How examples are held out, and how many of them differ where not all do.
  var description: String {
    guard areEqualRows, let groups else { return "\(split)" }
    return "\(split); \(Set(groups).count) of \(groups.count) examples are different, and equal ones on one side"
  }
}

/// The labels in another order.
enum Shuffling {
  /// Labels exchanged among the examples, or, where a group has one label, among the groups.
  static func shuffled(_ labels: [String], groups: [String]?, _ random: inout SeededGenerator) -> [String] {
    guard let groups else { return labels.shuffled(using: &random) }
    var ofGroup: [String: String] = [:]
    for (group, label) in zip(groups, labels) {
      guard ofGroup[group, default: label] == label else { return labels.shuffled(using: &random) }
      ofGroup[group] = label
    }
    let order = ofGroup.keys.sorted()
    let exchanged = Dictionary(uniqueKeysWithValues: zip(order, order.map { ofGroup[$0] ?? "" }.shuffled(using: &random)))
    return groups.map { exchanged[$0] ?? "" }
  }
}

/// The training parts of a split, prepared once for all labels that are learned from them.
private struct ProbeTrial {
  private let folds: [(part: TrainingPart, train: [Int], test: [Int], activations: Tensor)]
  private let penalty: Double

  init(_ x: Matrix, _ activations: Tensor, _ parts: [(train: [Int], test: [Int])], _ penalty: Double) throws {
    let home = activations.home()
    folds = parts.map { train, test in
      (
        TrainingPart(x.gathered(train)), train, test,
        Tensor.joined(test.map { home[$0..<$0 + 1] }).reshaped([test.count, x.columns])
      )
    }
    self.penalty = penalty
  }

  /// What probes of the training parts read in the held-out examples.
  func reading(of labels: [String]) throws -> Reading {
    var reading = Reading()
    for (index, fold) in folds.enumerated() {
      let learned = fold.train.map { labels[$0] }
      let probe = try LogisticProbe(
        fold.part, learned, penalty: penalty, part: folds.count == 1 ? "the training part" : "the training part of fold \(index)")
      let counts = Dictionary(grouping: learned, by: { $0 }).mapValues(\.count)
      let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      for (example, scores) in zip(fold.test, probe.logits(fold.activations).rows) {
        let own = probe.classes.firstIndex(of: labels[example])
        let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
        let other = scores.indices.filter { $0 != own }.map { scores[$0] }.max() ?? 0
        reading.tested.append(example)
        reading.predictions.append(probe.classes[best])
        reading.hits.append(best == own)
        // A class that was not learned has no score: it is as far below the best as that is above the least.
        reading.margins.append(Double(own.map { scores[$0] - other } ?? (scores.min() ?? 0) - other))
        if labels[example] == most { reading.majorityHits += 1 }
      }
    }
    return reading
  }

  struct Reading {
    var tested: [Int] = []
    var predictions: [String] = []
    var hits: [Bool] = []
    var margins: [Double] = []
    var majorityHits = 0

    var accuracy: Double { Double(hits.count { $0 }) / Double(hits.count) }
    var majority: Double { Double(majorityHits) / Double(hits.count) }

    func estimate(groups: [String]?) throws -> Estimate {
      guard let groups else { return try .proportion(hits.count { $0 }, of: hits.count) }
      let byGroup = Dictionary(grouping: zip(tested, hits), by: { groups[$0.0] }).sorted { $0.key < $1.key }
      let counts = byGroup.map { (hits: $0.value.count { $0.1 }, all: $0.value.count) }
      return try .bootstrap(of: counts) { sample in
        Double(sample.reduce(0) { $0 + $1.hits }) / Double(sample.reduce(0) { $0 + $1.all })
      }
    }
  }
}
