import Checkpoints
import Tensors
import Transformer

/// Where in some texts a feature is most active, and what it writes: by what people find out what a feature stands for.
public struct FeatureExamples: Sendable {
  /// The feature.
  public let feature: Int
  /// The positions at which it is most active, strongest first; at most one a text.
  public let examples: [Example]
  /// At which part of the positions it is active.
  public let density: Double
  /// Its mean where it is active; 0 if it never is.
  public let meanActive: Double
  /// At how many positions it was looked for.
  public let positionCount: Int
  /// The tokens whose logits rise most with the feature, by what it writes alone, per unit of its activation.
  public let promoted: [TokenEffect]
  /// The tokens whose logits fall most.
  public let suppressed: [TokenEffect]

  /// Its largest activation over the texts; 0 if it never is active.
  public var largest: Float { examples.first?.value ?? 0 }

  /// A place in one of the texts.
  public struct Example: Sendable {
    /// Which text, by its number in the order given.
    public let text: Int
    /// The position of the largest activation in the text.
    public let position: Int
    /// The activation there.
    public let value: Float
    /// The tokens around it.
    public let labels: [String]
    /// The activation at each of them.
    public let values: [Float]
    /// The position of the first of them.
    public let start: Int
  }

  /// What a feature does to one token's logit.
  public struct TokenEffect: Sendable, Equatable {
    /// The token's text, or its number.
    public let label: String
    /// Its id.
    public let token: Int
    /// By how much its logit changes, before the last norm divides.
    public let value: Float
  }
}

extension FeatureExamples: CustomStringConvertible {
  /// The feature, how often it is active, and the token at which it is most so.
  public var description: String {
    let top = examples.first.map { example in
      let value = (example.value * 100).rounded() / 100
      return ", most at “\(example.labels[example.position - example.start])” (\(value))"
    }
    let share = (density * 1000).rounded() / 10
    return "feature \(feature): active at \(share) % of \(positionCount) positions\(top ?? "")"
  }
}

extension LanguageModel {
  /// Looks for the positions in texts at which features are most active, in one pass over the texts.
  ///
  /// - Parameters:
  ///   - features: Which; all of them are looked for in the same pass.
  ///   - sae: Their dictionary.
  ///   - texts: Texts or tokens.
  ///   - count: How many places each feature gets, at most one a text.
  ///   - context: How many tokens before and behind are shown.
  ///   - tokens: How many tokens are listed whose logits the feature raises, and lowers; 0 for none. Only features that write into the residual
  ///     stream have such.
  ///   - excludingBOS: Whether a beginning-of-sequence token in front is passed over.
  /// - Throws: `featureOutOfRange`, `wrongModel`; `badRequest` for no feature or no text.
  public func featureExamples(
    of features: [Int], in sae: SparseAutoencoder, over texts: [some Prompt], count: Int = 8, context: Int = 12, tokens: Int = 8,
    excludingBOS: Bool = true
  ) throws -> [FeatureExamples] {
    guard !features.isEmpty else {
      throw SparseAutoencoderError.badRequest("No feature is named. Name some, from 0 to \(sae.featureCount - 1).")
    }
    guard !texts.isEmpty else { throw SparseAutoencoderError.badRequest("Features cannot be looked for in no texts. Give some.") }
    try check(sae)
    for feature in features { try sae.check(feature) }
    var searches = features.map { _ in FeatureSearch(count: count, context: context) }
    for (number, text) in texts.enumerated() {
      let run = try dictionaryRun(text.tokens(for: self), sae)
      let x = try sae.flat(run.read)
      let values = sae.encoded(x, RowScaling(x, sae.configuration), only: features, on: backend)
      let (labels, first) = (try labels(run.tokens), excludingBOS ? firstPosition(run.tokens) : 0)
      for index in features.indices {
        searches[index].add(values.select(index, axis: 1).elements, text: number, labels: labels, from: first)
      }
    }
    return try zip(features, searches).map { feature, search in
      let effects = tokens > 0 && sae.writesIntoStream ? try tokenEffects(of: feature, in: sae, count: tokens) : ([], [])
      return search.result(feature, effects)
    }
  }

  /// The tokens whose logits rise and fall most with a feature by what it writes alone, through the last norm's factors and the unembedding, per unit
  /// of its activation and before the norm divides.
  /// - Throws: `badRequest` for a feature that does not write into the residual stream.
  public func tokenEffects(
    of feature: Int, in sae: SparseAutoencoder, count: Int = 8
  ) throws -> (promoted: [FeatureExamples.TokenEffect], suppressed: [FeatureExamples.TokenEffect]) {
    try check(sae)
    guard sae.writesIntoStream else {
      throw SparseAutoencoderError.badRequest(
        "Features at \(sae.configuration.point.name) do not write into the residual stream, and so change no logit by themselves."
      )
    }
    let row = try sae.direction(of: feature).reshaped([1, config.width])
    let logits = weights.finalNorm.read(row.moved(to: backend)).projected(by: weights.unembedding).reshaped([config.vocabulary])
      .elements
    let order = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
    func effects(_ tokens: some Sequence<Int>) throws -> [FeatureExamples.TokenEffect] {
      let tokens = Array(tokens)
      return zip(tokens, try labels(tokens)).map { .init(label: $1, token: $0, value: logits[$0]) }
    }
    return (try effects(order.prefix(max(0, count))), try effects(order.reversed().prefix(max(0, count))))
  }
}

extension SparseAutoencoder {
  /// Whether what its features write is added to the residual stream.
  fileprivate var writesIntoStream: Bool {
    let point = configuration.target ?? configuration.point
    return [
      .residualPre, .residualMid, .residualPost, .mlpOutput, .attentionOutput, .embedding,
    ].contains(point.component) && configuration.head == nil
  }
}

/// The places of one feature, while texts are read.
private struct FeatureSearch {
  let count: Int
  let context: Int
  private var examples: [FeatureExamples.Example] = []
  private var (positions, active) = (0, 0)
  private var sum = 0.0

  init(count: Int, context: Int) { (self.count, self.context) = (max(0, count), max(0, context)) }

  mutating func add(_ values: [Float], text: Int, labels: [String], from first: Int) {
    positions += values.count - first
    for value in values[first...] where value != 0 { (active, sum) = (active + 1, sum + Double(value)) }
    guard let position = (first..<values.count).max(by: { (values[$0], $1) < (values[$1], $0) }), values[position] > 0 else {
      return
    }
    guard examples.count < count || (examples.last?.value ?? 0) < values[position] else { return }
    let range = max(0, position - context)..<min(values.count, position + context + 1)
    examples.append(
      .init(
        text: text, position: position, value: values[position], labels: Array(labels[range]), values: Array(values[range]),
        start: range.lowerBound))
    examples.sort { ($0.value, $1.text) > ($1.value, $0.text) }
    examples = Array(examples.prefix(count))
  }

  func result(
    _ feature: Int, _ effects: (promoted: [FeatureExamples.TokenEffect], suppressed: [FeatureExamples.TokenEffect])
  ) -> FeatureExamples {
    FeatureExamples(
      feature: feature, examples: examples, density: Double(active) / Double(max(positions, 1)),
      meanActive: active == 0 ? 0 : sum / Double(active), positionCount: positions, promoted: effects.promoted,
      suppressed: effects.suppressed)
  }
}
