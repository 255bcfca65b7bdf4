import Checkpoints
import Tensors
import Transformer

extension SparseAutoencoder {
  /// The same transcoder for an activation that a hook point holds: one that was trained on what an MLP (or an attention) reads, behind its norm's
  /// factors, as Gemma Scope's were, is made to read the norm's output without them.
  ///
  /// ```swift
  /// let read = try SparseAutoencoder.load(file, at: .mlpNormalized(layer: 5), writingTo: .mlpOutput(layer: 5)).foldingNorm(of: model)
  /// ```
  /// The factors are multiplied into the rows of `W_enc` and the columns of `W_skip`, a norm's bias into the encoder's biases.
  /// - Throws: `badRequest` for a dictionary that does not read a norm's output, scales it, or is gated or not a transcoder; `wrongModel`.
  public func foldingNorm(of model: LanguageModel) throws -> SparseAutoencoder {
    guard configuration.target != nil, let layer = configuration.point.layer,
      [.mlpNormalized, .attentionNormalized].contains(configuration.point.component), configuration.normalization == .none,
      !configuration.centersInput, configuration.inputScale == 1, weights.magnitude == nil
    else {
      throw SparseAutoencoderError.badRequest(
        "A norm's factors can be folded into a transcoder that reads .mlpNormalized or .attentionNormalized as it is, and this is a \(self)."
      )
    }
    try model.check(self)
    let norms = model.weights.layers[layer]
    let norm = configuration.point.component == .mlpNormalized ? norms.mlpNorm : norms.attentionNorm
    let (factors, encoder) = (norm.factors.home(), weights.encoder.home.tensor)
    var tensors = [
      "W_enc": encoder.scaledColumns(by: factors).transposed(), "W_dec": W_dec, "b_enc": b_enc, "b_dec": b_dec,
    ]
    if let bias = norm.bias?.home() {
      let shift = bias.reshaped([1, -1]).multipliedByTransposed(encoder).reshaped([featureCount])
      tensors["b_enc"] = b_enc + shift
      if let skip = weights.skip {
        tensors["b_dec"] = b_dec + bias.reshaped([1, -1]).projected(by: skip.home).reshaped(b_dec.shape)
      }
    }
    tensors["threshold"] = threshold
    tensors["W_skip"] = W_skip?.scaledColumns(by: factors)
    tensors["finetuning_scaling_factor"] = weights.decodingFactors
    return SparseAutoencoder(
      configuration, try SparseAutoencoderWeights(TensorSource(tensors), configuration, hasSkip: weights.skip != nil), name: name)
  }
}
