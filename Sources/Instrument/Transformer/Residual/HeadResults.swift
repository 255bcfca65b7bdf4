import Checkpoints
import Tensors

extension ActivationCache {
  /// What each head writes into the residual stream, in all layers below one: TransformerLens's `stack_head_results`. The labels
  /// are `L0H0`, `L0H1`, …, and at the end `remainder` if wanted: what the residual stream holds there besides.
  ///
  /// A norm that stands behind the attention is applied with the run's own divisor, so that the parts still sum; it needs
  /// `attentionPostNormScale`. The output's bias, which is no head's, is part of the remainder.
  ///
  /// Needs `z` of these layers, from which the results are computed; `result` is used where it was captured, and must be where a
  /// hook replaced it. The remainder needs `residualPost` of the last of them.
  /// - Parameter layer: From 1 to the number of layers, which nil stands for.
  public func headResults(
    upTo layer: Int? = nil, includingRemainder: Bool = false, normalized: Bool = false
  ) throws(ModelError) -> ResidualStack {
    let reader = try ResidualReader(layer, model.config, from: 1)
    let parts = reader.layer * model.config.heads + (includingRemainder ? 1 : 0)
    var builder = try StackBuilder(self, parts: parts, advice: "a part for every head")
    for layer in 0..<reader.layer { try appendHeads(of: layer, to: &builder) }
    if includingRemainder { builder.appendRemainder(of: try self[.residualPost(layer: reader.layer - 1)]) }
    return try stack(&builder, for: reader, normalized: normalized)
  }

  /// Adds what a layer's heads write.
  func appendHeads(of layer: Int, to builder: inout StackBuilder) throws(ModelError) {
    for (head, part) in try headContributions(layer: layer).enumerated() { builder.append("L\(layer)H\(head)", part) }
  }

  /// What each head of a layer adds to the residual stream, `[position, width]`. Needs `z`, or `result` where it was captured, and
  /// `attentionPostNormScale` in models that have it.
  package func headContributions(layer: Int) throws(ModelError) -> [Tensor] {
    let results = try? self[.result(layer: layer)]
    let source = if let results { results } else { try self[.z(layer: layer)] }
    let projection = model.weights.layers[layer].output.weight
    var parts: [Tensor] = []
    for head in 0..<model.config.heads {
      let part = source.select(head, axis: 1)
      let result = results == nil ? part.projected(by: projection.columns(model.config.columns(ofHead: head))) : part
      parts.append(try written(result, through: .attentionOutput(layer: layer)))
    }
    return parts
  }

  /// What a part of the output of an attention or an MLP, `[position, width]`, adds to the residual stream: the part itself, or what the norm
  /// behind makes of it with the divisor of the run.
  func written(_ part: Tensor, through point: NormPoint) throws(ModelError) -> Tensor {
    guard model.weights.norm(point) != nil else { return part }
    let scale = try self[point.scale]
    guard scale.shape[0] == part.shape[0] else {
      throw .badRequest("The part has \(part.shape[0]) positions, and this cache \(scale.shape[0]). Take both from the same run.")
    }
    return model.written(part, through: point, dividedBy: scale)
  }
}

extension LanguageModel {
  /// What the norm behind an attention or an MLP makes of a part of its output, `[position, width]`, with given divisors, `[position, 1]`.
  package func written(_ part: Tensor, through point: NormPoint, dividedBy scale: Tensor) -> Tensor {
    guard let norm = weights.norm(point) else { return part }
    return (norm.centers ? part.centeredRows() : part).dividedRows(by: scale).scaledColumns(by: norm.factors)
  }
}
