import Attribution
import Checkpoints
import Tensors
import Transformer

extension LanguageModel {
  /// The attention patterns of all heads of some layers on one prompt: `try model.attentionPatterns(text, layers: 3..<5)`.
  /// - Parameter firstQuery: the first position that asks.
  /// - Throws: `ModelError.layerOutOfRange` for layers that the model does not have.
  public func attentionPatterns(
    _ prompt: some Prompt, layers: some RangeExpression<Int> & Sendable, from firstQuery: Int = 0
  ) throws -> AttentionPatterns {
    let layers = layers.relative(to: 0..<config.layers)
    guard layers.lowerBound >= 0, layers.upperBound <= config.layers, !layers.isEmpty else {
      throw ModelError.layerOutOfRange(point: "layers \(layers)", layers: config.layers)
    }
    let heads = layers.flatMap { layer in (0..<config.heads).map { HeadReference(layer: layer, head: $0) } }
    return try attentionPatterns(prompt, heads: heads, from: firstQuery)
  }
}

extension AttentionPatterns {
  /// How much a head attends from one position to each token of the prompt, in the order of `labels`: what colours the text.
  /// - Parameter query: the position that asks; the last if nil.
  /// - Throws: `LensError.noPattern` for a head whose pattern is not here; `ModelError.positionsOutOfRange` for a position that was not computed.
  public func attention(of head: some HeadName, from query: Int? = nil) throws -> [Double] {
    let (wanted, query) = (try head.reference(), query ?? labels.count - 1)
    guard let index = heads.firstIndex(where: { $0.layer == wanted.layer && $0.head == wanted.head }) else {
      throw LensError.noPattern(head: wanted.description, known: heads.map(\.description))
    }
    guard (firstQuery..<labels.count).contains(query) else {
      throw ModelError.positionsOutOfRange(positions: query..<query + 1, tokens: labels.count)
    }
    return patterns[index].select(query - firstQuery).elements.map(Double.init)
  }
}
