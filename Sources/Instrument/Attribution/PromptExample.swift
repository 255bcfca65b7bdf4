import Tensors
import Transformer

/// One example of a task: a prompt, what is measured on it, and perhaps the corrupted prompt that it is compared with.
///
/// ```swift
/// let examples = try pairs.map { pair in
///   try PromptExample(pair.name, clean: pair.clean, corrupted: pair.corrupted, metric: LogitDifference(clean: pair.answer, corrupted: pair.other), model: model)
/// }
/// ```
public struct PromptExample: Sendable {
  /// What it is called in tables and figures.
  public let name: String
  /// The tokens of the prompt that leads to the clean answer.
  public let clean: [Int]
  /// The tokens of the one that leads to the corrupted answer, as many; nil if nothing is taken from another prompt.
  public let corrupted: [Int]?
  /// What is measured. Above 0 the model decides for the clean answer, if it is a logit difference.
  public let metric: any Metric

  /// - Throws: an error that shows both tokenisations, if the prompts have different numbers of tokens, or are the same.
  public init(
    _ name: String, clean: some Prompt, corrupted: (any Prompt)? = nil, metric: some Metric, model: LanguageModel
  ) throws {
    (self.name, self.metric) = (name, metric)
    self.clean = try clean.tokens(for: model)
    self.corrupted = try corrupted?.tokens(for: model)
    if let corrupted = self.corrupted { _ = try PromptPair(clean: self.clean, corrupted: corrupted, model: model) }
  }
}
