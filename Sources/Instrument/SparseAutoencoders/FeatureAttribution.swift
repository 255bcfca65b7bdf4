import Attribution
import Checkpoints
import Randomness
import Tensors
import Transformer

/// How much each feature at each position speaks for the metric: gradient times activation, over the features of a dictionary
/// (Marks et al. 2024, arXiv:2403.19647).
///
/// Along what a feature writes this is exact for small changes, and to first order what taking the feature away at that position would cost:
/// positive values speak for the metric. All values and those of the error terms sum to the gradient times the whole activation (or the difference
/// from the corrupted one), less the biases'; `remainder` says how exactly.
public struct FeatureAttribution: Sendable {
  /// One feature at one position.
  public struct Entry: Sendable, Equatable {
    /// The feature.
    public let feature: Int
    /// The position, from 0.
    public let position: Int
    /// Its activation on the prompt.
    public let activation: Float
    /// Its activation on the corrupted prompt; 0 if there is none.
    public let baseline: Float
    /// By how much the metric changes with the activation.
    public let gradient: Float
    /// What is attributed to it, in the metric's unit.
    public let value: Float
  }

  /// The features that are active, or were on the corrupted prompt, largest values first.
  public let entries: [Entry]
  /// What is attributed to the part of the activation that the dictionary does not reconstruct, `[position]`.
  public let errors: [Float]
  /// The metric on the prompt.
  public let metric: Float
  /// The metric on the corrupted prompt; nil without one.
  public let corruptedMetric: Float?
  /// Over how many steps the gradient was integrated; 1 is the gradient on the prompt itself.
  public let steps: Int
  /// The sum of all values and errors less what the gradient makes of the activation's change: rounding.
  public let remainder: Float
  /// The text of each token, or its number.
  public let labels: [String]
  /// How the values compare with features that were really taken away, if that was asked for. Positions are the prompt's; labels name the feature.
  public internal(set) var check: PatchingCheck?

  /// The largest values by size.
  public func strongest(_ count: Int = 10) -> [Entry] { Array(entries.prefix(max(0, count))) }

  /// Each feature's values summed over positions, the largest by size first.
  public var byFeature: [(feature: Int, value: Float)] {
    let sums = entries.reduce(into: [Int: Double]()) { $0[$1.feature, default: 0] += Double($1.value) }
    return sums.sorted { (abs($0.value), $1.key) > (abs($1.value), $0.key) }.map { (feature: $0.key, value: Float($0.value)) }
  }

  /// The values of all features at each position, `[position]`, without the errors.
  public var byPosition: [Float] {
    entries.reduce(into: [Double](repeating: 0, count: labels.count)) { $0[$1.position] += Double($1.value) }.map { Float($0) }
  }
}

extension FeatureAttribution: CustomStringConvertible {
  /// How many features were active, and the strongest.
  public var description: String {
    let strongest = strongest(3).map { "feature \($0.feature) at \($0.position): \($0.value)" }.joined(separator: ", ")
    return "\(entries.count) active features, metric \(metric); \(strongest)"
  }
}

extension LanguageModel {
  /// Attributes a metric to the features of a dictionary at each position of a prompt.
  ///
  /// One run forward and back: gradient times activation. With `steps`, the gradient is integrated on the straight way from the activation
  /// without its features (or the corrupted one) to the activation (Sundararajan et al. 2017, arXiv:1703.01365): values and errors then sum to the change
  /// of the metric on that way, up to the rule's own error.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - corrupted: One of as many tokens; values are then of the difference of the activations, and positive where what the prompt has and the
  ///     corrupted one lacks speaks for the metric.
  ///   - metric: As `LogitDifference(clean: " a", corrupted: " b")`, whose gradient is taken.
  ///   - steps: How many nodes the Gauss-Legendre rule has; the gradient on the prompt itself if 1.
  ///   - nodes: How many features are really taken away at their position, to compare; 0 for none. Half are the largest, the others drawn.
  ///   - seed: Draws them.
  /// - Throws: `wrongModel` for a dictionary of another model, `badRequest` for no steps, and what the prompts or the metric throw.
  public func featureAttribution(
    _ prompt: some Prompt, corrupted: (any Prompt)? = nil, in sae: SparseAutoencoder, toward metric: some Metric, steps: Int = 1,
    checking nodes: Int = 0, seed: UInt64 = 0
  ) throws -> FeatureAttribution {
    try check(sae)
    guard steps > 0 else {
      throw SparseAutoencoderError.badRequest("No integral can be taken in \(steps) steps. Take 1 or more.")
    }
    let tokens = try prompt.tokens(for: self)
    let question = FeatureQuestion(self, sae, metric)
    let clean = try question.coding(tokens)
    var base: FeatureCoding?
    if let corrupted {
      let pair = try PromptPair(clean: tokens, corrupted: corrupted.tokens(for: self), model: self)
      base = try question.coding(pair.corrupted)
    }
    var result = try question.attribution(clean, base, steps: steps)
    if nodes > 0 { result.check = try question.compare(result, clean, nodes: nodes, seed: seed) }
    return result
  }
}

/// A prompt's activation as a dictionary writes it: features times what they write, biases, and what is left.
private struct FeatureCoding {
  let tokens: [Int]
  /// What the dictionary reconstructs, `[position, d_out]`.
  let activation: Tensor
  /// The features, as they are.
  let features: SparseRows
  /// By what each row's features are multiplied before the decoder writes them, `[position]`, besides each feature's own factor.
  let rowFactors: [Float]
  /// What the features write, `[position, d_out]`.
  let written: Tensor
  /// What the dictionary does not reconstruct.
  let error: Tensor
}

private struct FeatureQuestion<Question: Metric> {
  let (model, sae, metric): (LanguageModel, SparseAutoencoder, Question)
  /// Where the gradient is taken: what the dictionary reconstructs.
  var point: HookPoint { sae.configuration.target ?? sae.configuration.point }
  var head: Int? { sae.configuration.target == nil ? sae.configuration.head : nil }

  init(_ model: LanguageModel, _ sae: SparseAutoencoder, _ metric: Question) {
    (self.model, self.sae, self.metric) = (model, sae, metric)
  }

  func coding(_ tokens: [Int]) throws -> FeatureCoding {
    let run = try model.dictionaryRun(tokens, sae)
    let x = try sae.flat(run.read)
    let scaling = RowScaling(x, sae.configuration)
    let features = sae.encoded(x, scaling, on: model.backend)
    let written = scaling.undoneDifference(sae.written(features))
    let ones = scaling.undoneDifference(Tensor(repeating: 1, shape: [x.shape[0], 1]))
    return FeatureCoding(
      tokens: tokens, activation: run.written, features: SparseRows(features), rowFactors: ones.elements, written: written,
      error: run.written - sae.finished(sae.decoded(features), x, scaling))
  }

  func attribution(_ clean: FeatureCoding, _ base: FeatureCoding?, steps: Int) throws -> FeatureAttribution {
    let (gradient, value) = try gradient(clean, base, steps: steps)
    let corrupted = try base.map { try gradients($0.tokens, hooks: []).value }
    // Along the error term, and along all that changes.
    let change = base.map { clean.activation - $0.activation } ?? clean.written
    let errors = ((base.map { clean.error - $0.error } ?? clean.error) * gradient).sum(axis: 1).elements
    let entries = entries(clean, base, gradient)
    let sum = entries.reduce(0.0) { $0 + Double($1.value) } + (base == nil ? 0 : errors.reduce(0.0) { $0 + Double($1) })
    let biases = base.map { base in
      (clean.activation - clean.error - clean.written) - (base.activation - base.error - base.written)
    }
    let expected = Double((change * gradient).sum()) - Double(biases.map { ($0 * gradient).sum() } ?? 0)
    return FeatureAttribution(
      entries: entries.sorted { (abs($0.value), $1.position, $1.feature) > (abs($1.value), $0.position, $0.feature) },
      errors: errors, metric: value, corruptedMetric: corrupted, steps: steps, remainder: Float(sum - expected),
      labels: try model.labels(clean.tokens))
  }

  /// The values of all features that are active on either prompt.
  private func entries(_ clean: FeatureCoding, _ base: FeatureCoding?, _ gradient: Tensor) -> [FeatureAttribution.Entry] {
    let factors = sae.weights.writingFactors?.elements
    return (0..<clean.tokens.count).flatMap { position in
      var active = Dictionary(
        uniqueKeysWithValues: clean.features.entries(position).map { ($0.column, (clean: $0.value, base: Float(0))) })
      for entry in base.map({ Array($0.features.entries(position)) }) ?? [] {
        active[entry.column, default: (clean: 0, base: 0)].base = entry.value
      }
      let features = active.keys.sorted()
      guard !features.isEmpty else { return [FeatureAttribution.Entry]() }
      let along = gradient[position..<position + 1].multipliedByTransposed(sae.weights.decoder.gathered(features)).elements
      return zip(features, along).map { feature, along in
        let values = active[feature] ?? (clean: 0, base: 0)
        let slope = along * (factors.map { $0[feature] } ?? 1)
        let (cleanFactor, baseFactor) = (clean.rowFactors[position], base?.rowFactors[position] ?? 1)
        return FeatureAttribution.Entry(
          feature: feature, position: position, activation: values.clean, baseline: values.base, gradient: slope * cleanFactor,
          value: slope * (values.clean * cleanFactor - values.base * baseFactor))
      }
    }
  }

  /// The gradient at what the dictionary reconstructs, `[position, d_out]`, integrated if there are several steps; and the metric on the prompt.
  private func gradient(_ clean: FeatureCoding, _ base: FeatureCoding?, steps: Int) throws -> (gradient: Tensor, value: Float) {
    let own = try gradients(clean.tokens, hooks: [])
    guard steps > 1 else { return own }
    let start = base?.activation ?? (clean.activation - clean.written)
    let rule = Quadrature.gaussLegendre(steps)
    var sum = Tensor(repeating: 0, shape: clean.activation.shape)
    for (node, weight) in zip(rule.nodes, rule.weights) {
      var value = start
      value.add(clean.activation - start, times: Float(node))
      sum.add(try gradients(clean.tokens, hooks: [replacement(by: value)]).gradient, times: Float(weight))
    }
    return (sum, own.value)
  }

  private func replacement(by rows: Tensor) -> Replacement {
    Replacement(point, head: head) { rows.reshaped($0.shape) }
  }

  private func gradients(_ tokens: [Int], hooks: [any Hook]) throws -> (gradient: Tensor, value: Float) {
    let run = try model.gradients(tokens, of: metric, at: .points([point]), hooks: hooks)
    let gradient = try run.gradients[point]
    let own = head.map { gradient.select($0, axis: 1) } ?? gradient
    return (own.home().reshaped([tokens.count, sae.configuration.outputWidth]), run.value)
  }

  /// Takes features away in truth, each at its position alone, and compares.
  func compare(_ attribution: FeatureAttribution, _ clean: FeatureCoding, nodes count: Int, seed: UInt64) throws -> PatchingCheck
  {
    guard let layer = point.layer else {
      throw SparseAutoencoderError.badRequest(
        "Features at \(point.name) cannot be checked: it lies in no layer. Leave `checking` out.")
    }
    let active = attribution.entries.filter { $0.activation != $0.baseline }
    let largest = active.prefix(count / 2)
    var random = SeededGenerator(seed: seed)
    let chosen = largest + active.dropFirst(largest.count).shuffled(using: &random).prefix(count - largest.count)
    let base = try model.baseRun(clean.tokens, from: 0, metric, capturing: [])
    let patches = chosen.map { entry in
      var row = clean.activation[entry.position..<entry.position + 1]
      let factor = clean.rowFactors[entry.position] * (sae.weights.writingFactors?[entry.feature] ?? 1)
      row.add(sae.weights.decoder.gathered([entry.feature]), times: (entry.baseline - entry.activation) * factor)
      return Patch([replacement(by: row, at: entry.position)], start: entry.position)
    }
    return PatchingCheck(
      of: zip(chosen, try model.resume(base, at: layer, patches)).map { entry, value in
        .init(
          "F\(entry.feature)", layer: layer, position: entry.position, estimate: entry.value, patched: base.value - value)
      })
  }

  private func replacement(by row: Tensor, at position: Int) -> Replacement {
    Replacement(point, positions: position, head: head) { row.reshaped($0.shape) }
  }
}
