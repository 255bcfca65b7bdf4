import Statistics
import Tensors
import Transformer

/// Probes of one component in all layers, each with its control: where in a model something can be read.
public struct ProbeSweep: Sendable {
  /// What was probed.
  public let component: HookPoint.Component
  /// The layers, in their order.
  public let layers: [Int]
  /// One for each layer.
  public let evaluations: [ProbeEvaluation]

  /// The layer whose probe reads most held-out examples; of equals, the first.
  public var best: ProbeEvaluation { evaluations.max { $0.accuracy.value < $1.accuracy.value } ?? evaluations[0] }
}

extension ProbeSweep: CustomStringConvertible {
  /// Where the best probe is, with its controls.
  public var description: String { "Probes of \(component) in \(layers.count) layers; the best: \(best)" }
}

extension LanguageModel {
  /// Trains and measures a logistic probe in each layer, all on the same split of the same prompts.
  ///
  /// ```swift
  /// let sweep = try model.probeSweep(of: prompts, labels: isTrue)
  /// ```
  /// - Parameters:
  ///   - component: in every layer.
  ///   - layers: all if nil.
  ///   - positions: one for each prompt; the last if nil.
  ///   - groups: see `LogisticProbe.evaluated`; if nil, examples whose rows are equal in all layers are a group.
  /// - Throws: what `activations(of:at:)` and `LogisticProbe.evaluated` throw.
  public func probeSweep(
    of prompts: [some Prompt], labels: [some CustomStringConvertible], component: HookPoint.Component = .residualPost,
    layers: Range<Int>? = nil, head: Int? = nil, positions: [Int]? = nil, split: ProbeSplit = .folds(5), groups: [String]? = nil,
    names: [String]? = nil, penalty: Double = 1, shuffles: Int = 20, seed: UInt64 = 0
  ) throws -> ProbeSweep {
    let layers = Array(layers ?? 0..<config.layers)
    guard layers.allSatisfy({ (0..<config.layers).contains($0) }), !layers.isEmpty else {
      throw ProbingError.badRequest("The model has the layers 0 to \(config.layers - 1), and those asked for are not among them.")
    }
    let points = layers.map { HookPoint(component, layer: $0) }
    let activations = try activations(of: prompts, at: points, head: head, positions: positions)
    let labels = labels.map(\.description)
    // One split for all layers: examples that differ in any of them are different.
    let held = HeldOut(split, groups, equal: try activations.map { try ProbeInput.matrix($0, labels.count, "labels") })
    let evaluations = try zip(layers, activations).map { layer, activations in
      try LogisticProbe.evaluated(
        on: activations, labels: labels, split: held, names: names, penalty: penalty, shuffles: shuffles,
        seed: seed, title: "Layer \(layer)")
    }
    return ProbeSweep(component: component, layers: layers, evaluations: evaluations)
  }
}
