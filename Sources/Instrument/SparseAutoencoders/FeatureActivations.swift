import Checkpoints
import Tensors
import Transformer

/// A prompt's features at each of its positions.
public struct FeatureActivations: Sendable {
  /// The text of each token, or its number in a model without a tokenizer.
  public let labels: [String]
  /// `[position, feature]`.
  public let values: Tensor
  /// What the dictionary is.
  public let dictionary: String

  /// How many features are active at each position: its L0.
  public var activeCounts: [Int] { (0..<labels.count).map { sparse.starts[$0 + 1] - sparse.starts[$0] } }

  private let sparse: SparseRows

  init(labels: [String], values: Tensor, dictionary: String) {
    (self.labels, self.values, self.dictionary) = (labels, values, dictionary)
    sparse = SparseRows(values)
  }

  /// A feature's activation at each position.
  /// - Throws: `featureOutOfRange`.
  public func values(of feature: Int) throws(SparseAutoencoderError) -> [Float] {
    guard (0..<values.shape[1]).contains(feature) else {
      throw .featureOutOfRange(feature: feature, features: values.shape[1])
    }
    return values.select(feature, axis: 1).elements
  }

  /// The features that are most active, strongest first.
  /// - Parameters:
  ///   - count: at most so many.
  ///   - position: where; if nil, each counts by its largest activation of the prompt.
  /// - Throws: `badRequest` for a position that the prompt does not have.
  public func strongest(_ count: Int = 10, at position: Int? = nil) throws(SparseAutoencoderError) -> [(
    feature: Int, value: Float
  )] {
    if let position, !labels.indices.contains(position) {
      throw .badRequest("The prompt has positions 0 to \(labels.count - 1), and \(position) is none of them.")
    }
    var largest: [Int: Float] = [:]
    for row in position.map({ $0..<$0 + 1 }) ?? 0..<labels.count {
      for entry in sparse.entries(row) { largest[entry.column] = max(largest[entry.column] ?? 0, entry.value) }
    }
    let sorted = largest.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    return sorted.prefix(max(0, count)).map { (feature: $0.key, value: $0.value) }
  }
}

extension FeatureActivations: CustomStringConvertible {
  /// How many positions there are, and how many features are active at one.
  public var description: String {
    let mean = Double(activeCounts.reduce(0, +)) / Double(max(labels.count, 1))
    return "\(labels.count) positions, \((mean * 10).rounded() / 10) features active at one in the mean, of \(values.shape[1])"
  }
}

extension LanguageModel {
  /// The features of a prompt: the model runs, and what the dictionary reads is encoded.
  /// - Throws: `wrongModel` for a dictionary of another model.
  public func features(_ prompt: some Prompt, in sae: SparseAutoencoder) throws -> FeatureActivations {
    let run = try dictionaryRun(prompt.tokens(for: self), sae)
    return FeatureActivations(labels: try labels(run.tokens), values: try sae.encode(run.read), dictionary: "\(sae)")
  }

  /// What a dictionary reads, and what it reconstructs, of a prompt.
  func dictionaryRun(_ tokens: [Int], _ sae: SparseAutoencoder, logits: LogitPositions = .none) throws -> DictionaryRun {
    try check(sae)
    let points = [sae.configuration.point] + (sae.configuration.target.map { [$0] } ?? [])
    let run = try run(tokens, capturing: .points(points), logits: logits)
    return DictionaryRun(run, sae, read: try sae.part(of: run.cache[points[0]]), written: try run.cache[points[points.count - 1]])
  }

  /// An error for a dictionary whose activations are not as wide as the model's.
  func check(_ sae: SparseAutoencoder) throws {
    let configuration = sae.configuration
    let places =
      [(configuration.point, configuration.inputWidth)] + (configuration.target.map { [($0, configuration.outputWidth)] } ?? [])
    for (point, width) in places {
      try point.check(config)
      let isOneHead = configuration.head != nil
      let found = point.width(config, ofOneHead: isOneHead)
      guard found == width else {
        throw SparseAutoencoderError.wrongModel(
          point: point.name, expected: width, found: found, trainedOn: configuration.modelName)
      }
    }
    guard let head = configuration.head else { return }
    let heads = configuration.point.headCount(config) ?? 0
    guard (0..<heads).contains(head) else {
      throw ModelError.headOutOfRange(point: configuration.point.name, head: head, heads: heads)
    }
  }
}

/// A run of a prompt, and what a dictionary has to do with it.
struct DictionaryRun {
  let tokens: [Int]
  let logits: Tensor
  /// What it reads, in the shape of the activation.
  let read: Tensor
  /// What it reconstructs, `[position, d_out]`.
  let written: Tensor

  init(_ run: ModelRun, _ sae: SparseAutoencoder, read: Tensor, written: Tensor) {
    (tokens, logits, self.read) = (run.tokens, run.logits, read)
    let written = sae.configuration.target == nil ? read : written
    self.written = written.home().reshaped([written.shape[0], sae.configuration.outputWidth])
  }
}

extension SparseAutoencoder {
  /// What is read of an activation: the one head, if only one is.
  func part(of activation: Tensor) -> Tensor { configuration.head.map { activation.select($0, axis: 1) } ?? activation }
}

extension HookPoint {
  /// How many numbers an activation has at each position, all heads together, or in one.
  fileprivate func width(_ config: ModelConfiguration, ofOneHead: Bool) -> Int {
    switch component {
    case .attentionScores, .pattern: 0
    case .mlpPre, .mlpPreLinear, .mlpPost: config.mlpWidth
    case .result: (ofOneHead ? 1 : config.heads) * config.width
    default: headCount(config).map { (ofOneHead ? 1 : $0) * config.headWidth } ?? config.width
    }
  }
}
