import Attribution
import Transformer

/// A prompt whose answer is explained: what the clean prompt is, what its activations are compared with, and how the answer is measured.
public struct CircuitExample: Sendable {
  /// What it is called where examples are told apart.
  public let name: String
  /// The tokens of the prompt that leads to the clean answer.
  public let clean: [Int]
  /// The tokens of the one that does not, from which edges are patched; nil if there is none.
  public let corrupted: [Int]?
  /// What the answer is measured by.
  public let metric: any Metric
  /// The first position at which the prompts differ; 0 without a corrupted one.
  let firstDifference: Int

  /// A pair of prompts of as many tokens.
  /// - Parameters:
  ///   - metric: as `LogitDifference(clean: " a", corrupted: " b")`.
  ///   - name: the text of the clean prompt if nil.
  /// - Throws: an error that shows both tokenisations, if the prompts have different numbers of tokens, or are the same.
  public init(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, model: LanguageModel, name: String? = nil
  ) throws {
    let pair = try PromptPair(clean: clean, corrupted: corrupted, model: model)
    self.init(
      name: name ?? pair.labels.joined(), clean: pair.clean, corrupted: pair.corrupted, metric: metric,
      firstDifference: pair.firstDifference)
  }

  /// A prompt alone, for ablations that need no other: by zero, or by means.
  public init(_ prompt: some Prompt, toward metric: some Metric, model: LanguageModel, name: String? = nil) throws {
    let tokens = try prompt.tokens(for: model)
    self.init(
      name: try name ?? model.labels(tokens).joined(), clean: tokens, corrupted: nil, metric: metric, firstDifference: 0)
  }

  private init(name: String, clean: [Int], corrupted: [Int]?, metric: any Metric, firstDifference: Int) {
    (self.name, self.clean, self.corrupted, self.metric) = (name, clean, corrupted, metric)
    self.firstDifference = firstDifference
  }
}

extension CircuitExample: CustomStringConvertible {
  /// Its name, and how long its prompts are.
  public var description: String {
    "“\(name)”, \(clean.count) tokens\(corrupted == nil ? "" : ", which differ from position \(firstDifference) on")"
  }
}

/// What an ablated edge carries in place of what its sender writes.
public enum EdgeAblation: Sendable {
  /// What the sender writes on the corrupted prompt, at the same positions: an interchange of activations.
  case patching
  /// Nothing.
  case zero
  /// The sender's mean over other prompts.
  case mean(SenderMeans)
}

extension EdgeAblation: CustomStringConvertible {
  /// `patching`, `zero`, `means over 20 prompts by position`.
  public var description: String {
    switch self {
    case .patching: "patching"
    case .zero: "zero"
    case .mean(let means): "\(means)"
    }
  }
}
