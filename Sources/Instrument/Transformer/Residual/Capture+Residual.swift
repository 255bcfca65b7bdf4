/// What the functions of the residual stream need, under their names. The divisors of all norms are always among it, which are
/// small: so that the parts can be normalized for any reader.
///
/// ```swift
/// let cache = try model.run(prompt, capturing: .decomposedResidual.atLast(1)).cache
/// try cache.decomposedResidual(normalized: true)
/// ```
extension Capture {
  /// What `ActivationCache.accumulatedResidual` needs, also with `includingMid`.
  public static let accumulatedResidual = normalizable([.residualPre, .residualMid, .residualPost])
  /// What `ActivationCache.decomposedResidual` needs.
  public static let decomposedResidual = normalizable([.embedding, .positionEmbedding, .attentionOutput, .mlpOutput])
  /// What `ActivationCache.headResults` needs, also with a remainder.
  public static let headResults = normalizable([.z, .residualPost])
  /// What `ActivationCache.neuronResults` needs, also with a remainder.
  public static let neuronResults = normalizable([.mlpPost, .residualPost])
  /// What `ActivationCache.fullDecomposition` needs.
  public static func fullDecomposition(expandingNeurons: Bool = true) -> Capture {
    normalizable([.embedding, .positionEmbedding, .z, expandingNeurons ? .mlpPost : .mlpOutput])
  }

  private static func normalizable(_ components: Set<HookPoint.Component>) -> Capture {
    let scales: Set<HookPoint.Component> = [
      .attentionNormScale, .attentionPostNormScale, .mlpNormScale, .mlpPostNormScale, .finalNormScale,
    ]
    // Those of them that a model has.
    return .matching { components.union(scales).contains($0.component) }
  }
}
