/// Which of a model's norms is meant.
public enum NormPoint: Hashable, Sendable {
  /// Before a layer's attention, TransformerLens's `ln1`.
  case attention(layer: Int)
  /// Of each head's queries, `attn.q_norm`, in models that have it.
  case query(layer: Int)
  /// Of each head's keys, `attn.k_norm`.
  case key(layer: Int)
  /// Behind a layer's attention, `ln1_post`, in models that norm what they add.
  case attentionOutput(layer: Int)
  /// Before a layer's MLP, `ln2`.
  case mlp(layer: Int)
  /// Behind a layer's MLP, `ln2_post`.
  case mlpOutput(layer: Int)
  /// Before the unembedding, `ln_final`.
  case final

  /// Where its divisors pass, one for each row: `[position, 1]`; for queries and keys `[position, head, 1]`.
  public var scale: HookPoint {
    switch self {
    case .attention(let layer): .attentionNormScale(layer: layer)
    case .query(let layer): .queryNormScale(layer: layer)
    case .key(let layer): .keyNormScale(layer: layer)
    case .attentionOutput(let layer): .attentionPostNormScale(layer: layer)
    case .mlp(let layer): .mlpNormScale(layer: layer)
    case .mlpOutput(let layer): .mlpPostNormScale(layer: layer)
    case .final: .finalNormScale
    }
  }

  /// Where the divided rows pass, before they are multiplied by anything, in the shape of what is normed.
  public var normalized: HookPoint {
    switch self {
    case .attention(let layer): .attentionNormalized(layer: layer)
    case .query(let layer): .queryNormalized(layer: layer)
    case .key(let layer): .keyNormalized(layer: layer)
    case .attentionOutput(let layer): .attentionPostNormalized(layer: layer)
    case .mlp(let layer): .mlpNormalized(layer: layer)
    case .mlpOutput(let layer): .mlpPostNormalized(layer: layer)
    case .final: .finalNormalized
    }
  }

  /// The weight that it multiplies by.
  package var weight: WeightName {
    switch self {
    case .attention(let layer): .layer(layer, .attentionNorm)
    case .query(let layer): .layer(layer, .queryNorm)
    case .key(let layer): .layer(layer, .keyNorm)
    case .attentionOutput(let layer): .layer(layer, .attentionPostNorm)
    case .mlp(let layer): .layer(layer, .mlpNorm)
    case .mlpOutput(let layer): .layer(layer, .mlpPostNorm)
    case .final: .finalNorm
    }
  }

  /// What it adds, in a layer norm; nil where no family has a layer norm.
  var bias: WeightName? {
    switch self {
    case .attention(let layer): .layer(layer, .attentionNormBias)
    case .mlp(let layer): .layer(layer, .mlpNormBias)
    case .final: .finalNormBias
    case .query, .key, .attentionOutput, .mlpOutput: nil
    }
  }
}

extension NormPoint: CustomStringConvertible {
  /// TransformerLens's name of the norm: `blocks.3.ln1`.
  public var description: String { String(scale.name.dropLast(".hook_scale".count)) }
}
