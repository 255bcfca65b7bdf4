import Checkpoints
import Transformer
import Tensors

/// Where heads look: the attention patterns of some heads on one prompt.
public struct AttentionPatterns: Sendable {
  /// The heads, in the order in which they were asked for.
  public let heads: [HeadReference]
  /// The pattern of each head, `[query, key]`: each row sums to 1, and is 0 behind its diagonal. Row 0 is `firstQuery`.
  public let patterns: [Tensor]
  /// The position of the first row.
  public let firstQuery: Int
  /// The text of each token, for the axes.
  public let labels: [String]

  /// The patterns from some query and some key on: of a long prompt, one shows only the end.
  public func from(query: Int = 0, key: Int = 0) -> AttentionPatterns.Part {
    let (query, key) = (min(max(query, firstQuery), labels.count), min(max(key, 0), labels.count))
    let parts = patterns.map { $0[(query - firstQuery)...].transposed()[key...].transposed() }
    let ticks = labels.enumerated().map { "\($0.element) (\($0.offset))" }
    return Part(heads: heads, patterns: parts, queryLabels: Array(ticks[query...]), keyLabels: Array(ticks[key...]))
  }

  /// Some rows and columns of patterns, with their labels.
  public struct Part: Sendable {
    /// The heads, in the order in which they were asked for.
    public let heads: [HeadReference]
    /// The pattern of each head, `[query, key]`.
    public let patterns: [Tensor]
    /// The text of each row's token with its position: ` grimpus (1003)`.
    public let queryLabels: [String]
    /// The text of each column's token with its position.
    public let keyLabels: [String]
  }
}

extension LanguageModel {
  /// The attention patterns of some heads: `try model.attentionPatterns(text, heads: ["L10H7+", "L14H0+"])`.
  /// - Parameter firstQuery: the first position that asks. What comes before is not computed, if the model remembers it.
  public func attentionPatterns(
    _ prompt: some Prompt, heads: [some HeadName], from firstQuery: Int = 0
  ) throws -> AttentionPatterns {
    guard !heads.isEmpty else {
      throw ModelError.badRequest("No head is named whose pattern is to be shown. Name some: [\"L3H1\"].")
    }
    var references: [HeadReference] = []
    for head in heads {
      let reference = try head.reference()
      try reference.check(config)
      references.append(reference)
    }
    let tokens = try prompt.tokens(for: self)
    let first = min(max(firstQuery, 0), max(tokens.count - 1, 0))
    let capture = Capture.points(references.map { .pattern(layer: $0.layer) }).at(positions: first..<max(tokens.count, 1))
    let run = try run(tokens, capturing: capture, logits: .none)
    let patterns = try references.map { try run.cache[.pattern(layer: $0.layer)].select($0.head) }
    return AttentionPatterns(
      heads: references, patterns: patterns, firstQuery: first, labels: try labels(run.tokens))
  }
}
