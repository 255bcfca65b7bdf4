import Attribution
import Statistics
import Tensors
import Text
import Transformer

/// Which edges are ablated to judge a circuit.
public enum AblatedSide: String, Hashable, Sendable, CaseIterable {
  /// Those outside of it: how much of the behaviour the circuit keeps alone.
  case outside
  /// Those of the circuit: how much of the behaviour remains without it.
  case inside
}

/// How much of a behaviour is there when only some edges of a model carry what it computes.
public struct Faithfulness: Sendable {
  /// How many edges carry what the model computes, and how many it has.
  public let edges: (kept: Int, all: Int)
  /// Whether the circuit was kept or ablated.
  public let side: AblatedSide
  /// What ablated edges carry.
  public let ablation: String
  /// The examples' names.
  public let names: [String]
  /// The metric of each example on the whole model.
  public let clean: [Float]
  /// The metric of each example with every edge ablated.
  public let ablated: [Float]
  /// The metric of each example with some edges ablated.
  public let metric: [Float]
  /// The part beside those of random circuits of as many edges, if they were asked for.
  public internal(set) var comparison: Comparison?

  /// The part of the change from the ablated to the whole model that is there: `(m - m_ablated) / (m_whole - m_ablated)` of the examples' mean
  /// metrics, as in the MIB benchmark. 1 is the whole model, 0 the ablated one; above and below are possible.
  public var value: Double { Self.part(metric, clean, ablated) }

  /// The part with its interval over the examples, which a seed repeats.
  /// - Throws: `StatisticsError` where examples are too few, or too much alike, for a part of the change.
  public func estimate(confidence: Double = 0.95, resamples: Int = 10_000, seed: UInt64 = 0) throws -> Estimate {
    try Estimate.bootstrap(of: Array(names.indices), confidence: confidence, resamples: resamples, seed: seed) { rows in
      Self.part(rows.map { metric[$0] }, rows.map { clean[$0] }, rows.map { ablated[$0] })
    }
  }

  /// The metric of each example on the whole model and with some edges ablated: how many decisions flipped, which examples keep least.
  public func evidence() throws -> Evidence {
    try Evidence(
      "\(edges.kept) of \(edges.all) edges kept", before: clean.map(Double.init), after: metric.map(Double.init), names: names)
  }

  fileprivate static func part(_ metric: [Float], _ clean: [Float], _ ablated: [Float]) -> Double {
    func sum(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } }
    return (sum(metric) - sum(ablated)) / (sum(clean) - sum(ablated))
  }
}

extension Faithfulness: CustomStringConvertible {
  /// The part, what was kept, and the mean metrics: `0.83 of the behaviour with 200 of 32,491 edges …`.
  public var description: String {
    func mean(_ values: [Float]) -> Float { Float(values.reduce(0) { $0 + Double($1) } / Double(values.count)) }
    return
      "\(Float(value)) of the behaviour with \(edges.kept) of \(edges.all) edges, the others ablated by \(ablation), n = \(names.count): "
      + "the metric is \(mean(metric)), \(mean(clean)) on the whole model and \(mean(ablated)) with every edge ablated"
      + (comparison.map { "\n\($0)" } ?? "")
  }
}

extension LanguageModel {
  /// How much of a behaviour a circuit keeps when the edges outside of it are ablated, or how much remains when its own are.
  ///
  /// Every receiver reads its own residual stream, in which what the sender of an ablated edge writes is replaced by what it writes when ablated; the
  /// senders compute from what they read so. (The MIB benchmark, Mueller et al. 2025, arXiv:2504.13151; Hanna et al. 2024, arXiv:2403.17806.)
  /// A circuit that is kept is pruned first, as there.
  ///
  /// - Parameters:
  ///   - circuit: Of this model.
  ///   - examples: Prompts with their metrics; the part is that of their means.
  ///   - side: Whether the circuit is kept (`.outside` is ablated) or ablated (`.inside`).
  ///   - ablation: What ablated edges carry.
  ///   - controls: How many random circuits of as many edges are judged beside it, which also grow from the logits; 20 are usual, 0 is none. Those that
  ///     are kept are pruned too, which leaves fewer edges of them than of a circuit whose edges belong together; the comparison says how many.
  ///   - seed: Draws them.
  /// - Throws: `CircuitError` for no example, a circuit of another model, a metric that the ablation does not change, an example that lacks what
  ///   the ablation needs.
  public func faithfulness(
    of circuit: Circuit, on examples: [PromptExample], ablating side: AblatedSide = .outside,
    by ablation: EdgeAblation = .patching,
    controls: Int = 0, seed: UInt64 = 0
  ) throws -> Faithfulness {
    guard controls >= 0 else { throw CircuitError.badCount(what: "controls", count: controls) }
    let random = try (0..<controls).map { draw in
      try Circuit.random(circuit.edgeCount, of: circuit.graph, seed: seed &+ UInt64(draw))
    }
    let results = try faithfulness(of: [circuit] + random, on: examples, ablating: side, by: ablation)
    var result = results[0]
    guard !random.isEmpty else { return result }
    let left = results.dropFirst().map(\.edges.kept).sorted()
    let pruned = side == .outside ? ", of which a median of \(left[left.count / 2]) remain behind pruning" : ""
    result.comparison = try Comparison(
      "Part of the behaviour", value: result.value, controls: results.dropFirst().map(\.value),
      of: "random circuits of \(circuit.edgeCount) edges\(pruned)", side: side == .outside ? .larger : .smaller)
    return result
  }

  /// The faithfulness of several circuits, on the same runs.
  func faithfulness(
    of circuits: [Circuit], on examples: [PromptExample], ablating side: AblatedSide, by ablation: EdgeAblation
  ) throws -> [Faithfulness] {
    try examples.checkNotEmpty()
    let graph = circuitGraph
    for circuit in circuits where circuit.graph != graph {
      throw CircuitError.otherGraph(expected: "\(graph)", found: "\(circuit.graph)")
    }
    let kept = circuits.map { side == .outside ? $0.pruned : $0.complement }
    let everything = Circuit.whole(graph)
    // The whole model and the wholly ablated one need no more runs than there are.
    let masks = kept.map(\.complement.isIncluded)
    let all = everything.isIncluded
    var (clean, ablated): ([Float], [Float]) = ([], [])
    var metrics: [[Float]] = circuits.map { _ in [] }
    for example in examples {
      let run = try AblatedRun(self, example, ablation)
      let values = try values(of: run, cutting: [all] + masks)
      clean.append(run.base.value)
      ablated.append(values[0])
      for index in metrics.indices { metrics[index].append(values[index + 1]) }
    }
    let change = zip(clean, ablated).reduce(0) { $0 + Double($1.0) - Double($1.1) } / Double(clean.count)
    let size = zip(clean, ablated).reduce(0) { $0 + Double(abs($1.0)) + Double(abs($1.1)) } / Double(2 * clean.count)
    guard abs(change) > 1e-6 * size else {
      throw CircuitError.noChange(
        clean: clean.reduce(0, +) / Float(clean.count), ablated: ablated.reduce(0, +) / Float(ablated.count))
    }
    return zip(kept, metrics).map { circuit, metric in
      Faithfulness(
        edges: (circuit.edgeCount, graph.edgeCount), side: side, ablation: "\(ablation)", names: examples.map(\.name),
        clean: clean,
        ablated: ablated, metric: metric)
    }
  }
}

/// The faithfulness of circuits of more and more edges of the same scores.
public struct FaithfulnessCurve: Sendable {
  /// One circuit.
  public struct Point: Sendable {
    /// Which part of all edges was chosen, up to 1.
    public let fraction: Double
    /// How many edges were chosen; of them, `faithfulness.edges.kept` are left behind pruning.
    public let edgeCount: Int
    /// How much of the behaviour they keep.
    public let faithfulness: Faithfulness
  }

  /// The circuits, from the smallest.
  public let points: [Point]
  /// How edges were scored.
  public let method: EdgeMethod
  /// How circuits were taken from the scores.
  public let selection: CircuitSelection
  /// How scores were compared.
  public let ranking: EdgeRanking
  /// What ablated edges carry.
  public let ablation: String

  /// The fractions of the MIB benchmark: 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50 and 100 % of the edges.
  public static let mibFractions = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

  /// The circuit performance ratio: the area under the faithfulness over the fraction of edges, by trapezoids. The larger the better. (MIB takes it
  /// of signed scores.) `nil` where the curve has no such area: fewer than two points, or a last fraction below 1.
  public var circuitPerformanceRatio: Double? { area { $0 } }

  /// The circuit-model distance: the area between the faithfulness and 1. The smaller the better; 0 is the whole model at every size. (MIB
  /// takes it of scores by magnitude.) `nil` where the curve has no such area: fewer than two points, or a last fraction below 1.
  public var circuitModelDistance: Double? { area { abs(1 - $0) } }

  /// Both areas in words, or why there are none.
  public var areas: String {
    guard let cpr = circuitPerformanceRatio, let cmd = circuitModelDistance else {
      return "no CPR and CMD, which take two fractions or more, the last of them 1"
    }
    let digits = NumberFormat(".3~f")
    return "CPR \(digits(cpr)), CMD \(digits(cmd))"
  }

  private func area(_ height: (Double) -> Double) -> Double? {
    guard points.count > 1, points.last?.fraction == 1 else { return nil }
    return zip(points, points.dropFirst()).reduce(0) { sum, pair in
      let (left, right) = (height(pair.0.faithfulness.value), height(pair.1.faithfulness.value))
      return sum + (pair.1.fraction - pair.0.fraction) * (left + right) / 2
    }
  }
}

extension FaithfulnessCurve: CustomStringConvertible {
  /// CPR and CMD where the curve has them, and each circuit's faithfulness.
  public var description: String {
    let lines = points.map { "  \($0.fraction * 100) %, \($0.edgeCount) edges: \(Float($0.faithfulness.value))" }
    return "\(method), \(selection.rawValue) by \(ranking.rawValue), ablated by \(ablation): \(areas)\n"
      + lines.joined(separator: "\n")
  }
}

extension LanguageModel {
  /// The faithfulness of circuits of growing parts of all edges, with the areas by which the MIB benchmark compares methods (Mueller et al. 2025,
  /// arXiv:2504.13151). The circuits of one example run side by side.
  ///
  /// - Parameters:
  ///   - scores: Of this model; at best found on other examples.
  ///   - fractions: Parts of all edges above 0 and up to 1, ascending; the areas need two or more, the last of them 1.
  ///   - selection: The best edges, or grown from the logits.
  ///   - ranking: By magnitude, for the distance; signed, for the performance ratio.
  /// - Throws: `CircuitError` as `faithfulness(of:on:)`, and for fractions that are none.
  public func faithfulnessCurve(
    of scores: EdgeScores, on examples: [PromptExample], fractions: [Double] = FaithfulnessCurve.mibFractions,
    selection: CircuitSelection = .top, ranking: EdgeRanking = .magnitude, by ablation: EdgeAblation = .patching
  ) throws -> FaithfulnessCurve {
    guard !fractions.isEmpty else { throw CircuitError.nothing("fractions", advice: "Give parts of all edges, as [0.01, 0.1].") }
    for (index, fraction) in fractions.enumerated() {
      let isGrowing = index == 0 || fraction > fractions[index - 1]
      guard fraction > 0, fraction <= 1, isGrowing else { throw CircuitError.badFraction(fraction) }
    }
    let counts = fractions.map { Int($0 * Double(scores.graph.edgeCount)) }
    let circuits = try counts.map { try scores.circuit(of: $0, selection, by: ranking) }
    let results = try faithfulness(of: circuits, on: examples, ablating: .outside, by: ablation)
    return FaithfulnessCurve(
      points: fractions.indices.map {
        FaithfulnessCurve.Point(fraction: fractions[$0], edgeCount: counts[$0], faithfulness: results[$0])
      },
      method: scores.method, selection: selection, ranking: ranking, ablation: "\(ablation)")
  }
}
