import Randomness
import Statistics
import Tensors

/// How well a ridge probe follows numbers of examples that it has not learned from, beside probes that learned shuffled targets.
public struct RidgeEvaluation: Sendable {
  /// What is read from what.
  public let title: String
  /// How examples were held out.
  public let split: String
  /// R², the share of the held-out targets' variance that the probe explains; below 0 it is worse than their mean. By bootstrap over
  /// examples, or over groups.
  public let explained: Estimate
  /// R² beside that of probes that learned shuffled targets.
  public let shuffled: Comparison
  /// For each held-out example, how far the prediction is from its target, without sign.
  public let errors: Evidence
  /// A probe of all examples, to be used as a direction.
  public let probe: RidgeProbe
}

extension RidgeEvaluation: CustomStringConvertible {
  /// R², and its controls as a note.
  public var description: String { "\(title): R² \(explained) (\(split)). \(shuffled)" }
}

extension RidgeProbe {
  /// Measures a ridge probe on held-out examples, and beside it probes that learn shuffled targets in the same way.
  /// - Parameters:
  ///   - activations: `[example, width]`.
  ///   - targets: one for each example, not all equal.
  ///   - groups: one for each example; those of one group are never on both sides of the split. If nil, examples with equal rows are a group.
  ///   - names: one for each example, for the nearest and farthest.
  /// - Throws: `ProbingError` as for a probe.
  public static func evaluated(
    on activations: Tensor, targets: [Double], split: ProbeSplit = .folds(5), groups: [String]? = nil,
    names: [String]? = nil, penalty: Double = 1, shuffles: Int = 20, seed: UInt64 = 0, title: String = "Ridge probe"
  ) throws -> RidgeEvaluation {
    let x = try ProbeInput.matrix(activations, targets.count, "targets")
    try ProbeInput.checkFinite(targets)
    guard Set(targets).count > 1 else {
      throw ProbingError.badRequest("All targets are \(targets[0]), and nothing varies that could be explained.")
    }
    if let names { try requireEqualCounts(("names", names.count), ("examples", targets.count)) }
    guard shuffles > 0 else {
      throw ProbingError.badRequest("\(shuffles) shuffles are no control. Take 1 or more; 20 are usual.")
    }
    let home = activations.home()
    let held = HeldOut(split, groups, equal: [x])
    let folds = try held.parts(count: targets.count, classes: []).map { train, test in
      (part: TrainingPart(x.gathered(train)), train: train, test: test, x: Tensor.stack(test.map { home.select($0) }))
    }
    func predictions(of targets: [Double]) throws -> [(example: Int, target: Double, predicted: Double)] {
      try folds.flatMap { fold in
        let probe = try RidgeProbe(fold.part, fold.train.map { targets[$0] }, penalty: penalty)
        return zip(fold.test, probe.predictions(fold.x)).map { ($0, targets[$0], $1) }
      }
    }
    let found = try predictions(of: targets)
    var random = SeededGenerator(seed: seed)
    let controls = try (0..<shuffles).map { _ in explained(try predictions(of: targets.shuffled(using: &random))) }
    let units = held.groups.map { groups in
      Dictionary(grouping: found, by: { groups[$0.example] }).sorted { $0.key < $1.key }.map(\.value)
    }
    return RidgeEvaluation(
      title: title, split: "\(held)",
      explained: try .bootstrap(of: units ?? found.map { [$0] }) { explained($0.flatMap { $0 }) },
      shuffled: try Comparison(title + ", R²", value: explained(found), controls: controls, of: "probes of shuffled targets"),
      errors: try Evidence(
        title + ", error", values: found.map { abs($0.predicted - $0.target) },
        names: found.map { names?[$0.example] ?? "#\($0.example)" }),
      probe: try RidgeProbe(on: activations, targets: targets, penalty: penalty))
  }

  /// R² over held-out examples; 0 for a sample whose targets are all equal.
  private static func explained(_ found: [(example: Int, target: Double, predicted: Double)]) -> Double {
    let mean = found.reduce(0) { $0 + $1.target } / Double(found.count)
    let (rest, whole) = found.reduce((0.0, 0.0)) {
      let (error, deviation) = ($1.predicted - $1.target, $1.target - mean)
      return ($0.0 + error * error, $0.1 + deviation * deviation)
    }
    return whole > 0 ? 1 - rest / whole : 0
  }
}
