/// A tensor that a checkpoint may hold, and that says again what is computed anyway. What it says is compared with that.
package struct SpareTensor: Sendable {
  /// Its name in the family's words, with “#” for the number of a layer: `model.layers.#.self_attn.rotary_emb.inv_freq`.
  let pattern: String
  let kind: Kind

  package enum Kind: Sendable {
    /// The unembedding of a model that has no other one than its embedding.
    case embedding
    /// The frequencies of rotary embedding, which old versions of transformers wrote as a buffer.
    case frequencies
    /// Which keys a query sees, `[1, 1, contextLength, contextLength]`: 1 up to its own position, 0 behind it.
    case causalMask
    /// The score in place of those that are masked, one number.
    case maskedScore
  }

  package init(_ pattern: String, _ kind: Kind) { (self.pattern, self.kind) = (pattern, kind) }

  /// The layer that a tensor of the layout belongs to, 0 if the pattern has none; nil if it is another tensor.
  func layer(of tensor: String, in layout: TensorLayout) -> Int? {
    let parts = layout.name(pattern).split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return tensor == layout.name(pattern) ? 0 : nil }
    guard tensor.hasPrefix(parts[0]), tensor.hasSuffix(parts[1]), tensor.count > parts[0].count + parts[1].count else { return nil }
    let digits = tensor.dropFirst(parts[0].count).dropLast(parts[1].count)
    return Int(digits).flatMap { "\($0)" == digits && $0 >= 0 ? $0 : nil }
  }
}
