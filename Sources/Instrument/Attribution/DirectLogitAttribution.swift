import Transformer
import Tensors

/// How much each part of the model writes into the residual stream, at the last position, of what the answer reads from it.
///
/// The residual stream is a sum: the embedding, what every head adds, what every MLP adds. The final norm divides the sum by one number
/// (its scale) and multiplies by `1 + w`, and the unembedding takes the dot product with a column for each token. Once the scale is known
/// all of this is linear, so that the logit difference is the sum of what each part contributes (Elhage et al. 2021, “A Mathematical
/// Framework for Transformer Circuits”; the accumulated residual is nostalgebraist's logit lens, 2020).
///
/// The parts sum to the logit difference, and `remainder` says how exactly. Only the columns of the answer's tokens are computed.
public struct DirectLogitAttribution: Sendable {
  /// What was asked.
  public let answer: LogitDifference
  /// Whether the final norm's scale was applied. Without it the values are the original notebook's, and do not sum to anything.
  public let isNormalized: Bool
  /// The logit difference if the model ended before each layer (the logit lens), `[layer]`.
  public let residualStream: Tensor
  /// What each MLP contributes, `[layer]`.
  public let mlps: Tensor
  /// What each attention head contributes, `[layer, head]`.
  public let heads: Tensor
  /// What the embedding of the last token contributes.
  public let embedding: Float
  /// The model's logit difference, from its logits.
  public let logitDifference: Float
  /// The tokens of the prompt.
  public let tokens: [Int]

  /// The sum of the parts less the logit difference. It is rounding, of the order of 1e-6 of the largest part, if `isNormalized`; nil
  /// otherwise, where the sum has no meaning.
  public var remainder: Float? {
    isNormalized ? Float(Double(embedding) + Double(mlps.sum()) + Double(heads.sum()) - Double(logitDifference)) : nil
  }

  /// `L0`, `L1`, … for the rows of the tensors.
  public var layerLabels: [String] { (0..<heads.shape[0]).map { "L\($0)" } }
  /// `H0`, `H1`, … for the columns of `heads`.
  public var headLabels: [String] { (0..<heads.shape[1]).map { "H\($0)" } }

  /// The heads that contribute most, in either direction, strongest first.
  public func strongestHeads(_ count: Int) -> [(head: HeadReference, value: Float)] {
    let all = (0..<heads.shape[0]).flatMap { layer in
      (0..<heads.shape[1]).map { head in
        (
          head: HeadReference(layer: layer, head: head, sign: heads[layer, head] < 0 ? .negative : .positive),
          value: heads[layer, head]
        )
      }
    }
    return Array(all.sorted { abs($0.value) > abs($1.value) }.prefix(Swift.max(0, count)))
  }
}

extension LanguageModel {
  /// Attributes a logit difference at the prompt's last position to the residual stream, the MLPs and the heads.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens, which end where the answer comes next.
  ///   - answer: The tokens that are compared.
  ///   - normalized: Whether to apply the final norm's scale, so that the parts sum to the logit difference. `false` gives the numbers of
  ///     the original notebook, which left it out.
  public func directLogitAttribution(
    _ prompt: some Prompt, toward answer: LogitDifference, normalized: Bool = true
  ) throws -> DirectLogitAttribution {
    let direction = try direction(of: answer)
    let capture = Capture.matching { [.embedding, .residualPre, .mlpOutput, .z, .finalNormScale].contains($0.component) }
    let run = try run(prompt, capturing: capture.atLast(1))
    let scale = normalized ? try run.cache[.finalNormScale].scalar : 1
    let contribution = { (component: HookPoint.Component) in
      try run.cache.stacked(component).reshaped([self.config.layers, self.config.width]).dotted(with: direction) / scale
    }
    return DirectLogitAttribution(
      answer: answer, isNormalized: normalized, residualStream: try contribution(.residualPre),
      mlps: try contribution(.mlpOutput),
      heads: try heads(run.cache, direction) / scale,
      embedding: try run.cache[.embedding].dotted(with: direction).scalar / scale,
      logitDifference: try answer.value(run.logits, tokenizer: tokenizer), tokens: run.tokens)
  }

  /// The direction of the residual stream, before the final norm divides it, along which the logit difference grows:
  /// `factors of the final norm ⊙ (mean of clean columns - mean of corrupted columns)`, `[width]`.
  package func direction(of answer: LogitDifference) throws -> Tensor {
    let (clean, corrupted) = try answer.tokens(tokenizer)
    let difference = weights.embedding.gathered(clean).mean(axis: 0) - weights.embedding.gathered(corrupted).mean(axis: 0)
    return difference * weights.finalNorm.factors
  }

  /// What each head's z at the last position, through its part of the output projection, has along a direction: `[layer, head]`. The
  /// direction goes through the projection once, so that no head's `[width]` result is computed.
  private func heads(_ cache: ActivationCache, _ direction: Tensor) throws -> Tensor {
    let row = direction.reshaped([1, config.width])
    return Tensor.stack(
      try (0..<config.layers).map { layer in
        let z = try cache[.z(layer: layer)].reshaped([config.heads * config.headWidth])
        let read = row.projectedBack(by: weights.layers[layer].output).reshaped(z.shape)
        return (z * read).reshaped([config.heads, config.headWidth]).sum(axis: 1)
      })
  }
}

extension Tensor {
  /// The dot product of each row of `[row, width]` with a vector, added up in Double: `[row]`.
  fileprivate func dotted(with vector: Tensor) -> Tensor {
    Tensor((0..<shape[0]).map { (select($0) * vector).sum() })
  }
}
