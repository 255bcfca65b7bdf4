/// A weight of the whole model, or of one layer: which one it is, and its shape. What a checkpoint calls it is its family's matter.
package enum WeightName: Hashable, Sendable {
  /// `[vocabulary, width]`.
  case embedding
  /// The rows of learned positions, `[contextLength, width]`.
  case positionEmbedding
  case layer(Int, LayerWeight)
  case finalNorm
  case finalNormBias
  /// `[vocabulary, width]`, where it is not the embedding.
  case unembedding

  /// All weights of a model, in a fixed order: the embeddings, the layers from below, the final norm, the unembedding.
  package static func all(_ configuration: ModelConfiguration) -> [WeightName] {
    let inLayer = LayerWeight.allCases.filter { $0.exists(in: configuration) }
    var names: [WeightName] = [.embedding]
    if configuration.positions == .learned { names.append(.positionEmbedding) }
    for layer in 0..<configuration.layers { names += inLayer.map { .layer(layer, $0) } }
    names.append(.finalNorm)
    if configuration.norm == .layer { names.append(.finalNormBias) }
    if !configuration.tiesUnembedding { names.append(.unembedding) }
    return names
  }

  /// What kind of weight it is.
  package enum Kind: Sendable {
    /// A matrix `[out, in]`.
    case matrix
    /// The factors of a norm, a vector.
    case norm
    /// What is added to the columns, a vector.
    case bias
  }

  package var kind: Kind {
    switch self {
    case .embedding, .positionEmbedding, .unembedding: .matrix
    case .layer(_, let weight): weight.kind
    case .finalNorm: .norm
    case .finalNormBias: .bias
    }
  }

  /// Whether it is a matrix whose product is added to the residual stream.
  var writesToResidualStream: Bool {
    switch self {
    case .layer(_, .output), .layer(_, .down): true
    default: false
    }
  }

  package func shape(_ configuration: ModelConfiguration) -> [Int] {
    switch self {
    case .embedding, .unembedding: [configuration.vocabulary, configuration.width]
    case .positionEmbedding: [configuration.contextLength, configuration.width]
    case .layer(_, let weight): weight.shape(configuration)
    case .finalNorm, .finalNormBias: [configuration.width]
    }
  }
}

/// A weight that each layer may have one of, in the order in which a layer uses them.
package enum LayerWeight: String, CaseIterable, Sendable {
  case attentionNorm, attentionNormBias
  case query, queryBias, key, keyBias, value, valueBias, queryNorm, keyNorm, output, outputBias
  case attentionPostNorm
  case mlpNorm, mlpNormBias
  case gate, gateBias, up, upBias, down, downBias
  case mlpPostNorm

  /// Whether the layers of a model have it.
  package func exists(in c: ModelConfiguration) -> Bool {
    switch self {
    case .attentionNorm, .query, .key, .value, .output, .mlpNorm, .up, .down: true
    case .attentionNormBias, .mlpNormBias: c.norm == .layer
    case .queryBias, .keyBias, .valueBias: c.attention.hasInputBias
    case .outputBias: c.attention.hasOutputBias
    case .queryNorm, .keyNorm: c.attention.normsQueriesAndKeys
    case .attentionPostNorm, .mlpPostNorm: c.normsOutputs
    case .gate: c.mlp.isGated
    case .gateBias: c.mlp.isGated && c.mlp.hasBias
    case .upBias, .downBias: c.mlp.hasBias
    }
  }

  var kind: WeightName.Kind {
    switch self {
    case .query, .key, .value, .output, .gate, .up, .down: .matrix
    case .attentionNorm, .queryNorm, .keyNorm, .attentionPostNorm, .mlpNorm, .mlpPostNorm: .norm
    case .attentionNormBias, .queryBias, .keyBias, .valueBias, .outputBias, .mlpNormBias, .gateBias, .upBias, .downBias: .bias
    }
  }

  fileprivate func shape(_ c: ModelConfiguration) -> [Int] {
    switch self {
    case .query: [c.heads * c.headWidth, c.width]
    case .queryBias: [c.heads * c.headWidth]
    case .key, .value: [c.keyValueHeads * c.headWidth, c.width]
    case .keyBias, .valueBias: [c.keyValueHeads * c.headWidth]
    case .queryNorm, .keyNorm: [c.headWidth]
    case .output: [c.width, c.heads * c.headWidth]
    case .gate, .up: [c.mlpWidth, c.width]
    case .gateBias, .upBias: [c.mlpWidth]
    case .down: [c.width, c.mlpWidth]
    case .attentionNorm, .attentionNormBias, .outputBias, .attentionPostNorm, .mlpNorm, .mlpNormBias, .downBias, .mlpPostNorm:
      [c.width]
    }
  }
}
