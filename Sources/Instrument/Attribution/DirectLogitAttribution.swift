import Transformer
import Tensors

/// How much each part of the model writes into the residual stream, at the last position, of what the answer reads from it.
///
/// The residual stream is a sum: the embedding, what every head adds, what every MLP adds. The final norm divides the sum by one number
/// (its scale) and multiplies by its factors, and the unembedding takes the dot product with a column for each token. Once the scale is known
/// all of this is linear, so that the logit difference is the sum of what each part contributes (Elhage et al. 2021, “A Mathematical
/// Framework for Transformer Circuits”; the accumulated residual is nostalgebraist's logit lens, 2020).
///
/// Where a norm stands behind attention and MLP too, it is applied with its own divisor of the run, so that the parts still sum. A soft cap of
/// the logits is not linear: the difference is that of the logits before it.
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
  /// What the embedding of the last token contributes; with the row of its position, where positions are learned.
  public let embedding: Float
  /// What no part of the model's input changes: the biases of the attentions' outputs, which are no head's, and that of the final norm. 0 in
  /// a model without them.
  public let biases: Float
  /// The model's logit difference, from its logits before a soft cap.
  public let logitDifference: Float
  /// The tokens of the prompt.
  public let tokens: [Int]

  /// The sum of the parts less the logit difference. It is rounding, of the order of 1e-6 of the largest part, if `isNormalized`; nil
  /// otherwise, where the sum has no meaning.
  public var remainder: Float? {
    guard isNormalized else { return nil }
    return Float(Double(embedding) + Double(biases) + Double(mlps.sum()) + Double(heads.sum()) - Double(logitDifference))
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
    let needed: Set<HookPoint.Component> = [
      .embedding, .positionEmbedding, .residualPre, .mlpOutput, .z, .attentionPostNormScale, .finalNormScale, .finalNormalized,
    ]
    let run = try run(prompt, capturing: .matching { needed.contains($0.component) }.atLast(1))
    let scale = normalized ? try run.cache[.finalNormScale].scalar : 1
    let positions = weights.positionEmbedding == nil ? 0 : try run.cache[.positionEmbedding].dotted(with: direction).scalar
    let contribution = { (component: HookPoint.Component) in
      try run.cache.stacked(component).reshaped([self.config.layers, self.config.width]).dotted(with: direction) / scale
    }
    return DirectLogitAttribution(
      answer: answer, isNormalized: normalized, residualStream: try contribution(.residualPre),
      mlps: try contribution(.mlpOutput),
      heads: try heads(run.cache, direction) / scale,
      embedding: (try run.cache[.embedding].dotted(with: direction).scalar + positions) / scale,
      biases: try biases(run.cache, answer, direction, scale: scale),
      logitDifference: try logitDifference(run, answer), tokens: run.tokens)
  }

  /// The difference of the last position's logits, before their soft cap.
  private func logitDifference(_ run: ModelRun, _ answer: LogitDifference) throws -> Float {
    guard config.logitSoftCap != nil else { return try answer.value(run.logits, tokenizer: self) }
    let read = try unembeddingDifference(answer) * weights.finalNorm.factors
    return (try run.cache[.finalNormalized].reshaped([config.width]) * read).sum() + (try finalBias(answer))
  }

  /// What the final norm's bias contributes.
  private func finalBias(_ answer: LogitDifference) throws -> Float {
    guard let bias = weights.finalNorm.bias else { return 0 }
    return (try unembeddingDifference(answer) * bias).sum()
  }

  /// What the biases of the attentions' outputs and of the final norm contribute.
  private func biases(
    _ cache: ActivationCache, _ answer: LogitDifference, _ direction: Tensor, scale: Float
  ) throws -> Float {
    var sum = Double(try finalBias(answer))
    for layer in 0..<config.layers {
      guard let bias = weights.layers[layer].output.bias else { continue }
      sum += Double((try readThroughPostNorm(direction, cache, layer) * bias).sum() / scale)
    }
    return Float(sum)
  }

  /// The mean column of the clean answers less that of the corrupted ones, `[width]`.
  private func unembeddingDifference(_ answer: LogitDifference) throws -> Tensor {
    let (clean, corrupted) = try answer.tokens(self)
    return weights.unembedding.gathered(clean).mean(axis: 0) - weights.unembedding.gathered(corrupted).mean(axis: 0)
  }

  /// Along which direction what the heads of a layer give must move, for the residual stream to move along a direction at the last position: the
  /// same one, unless a norm stands behind the attention.
  private func readThroughPostNorm(_ direction: Tensor, _ cache: ActivationCache, _ layer: Int) throws -> Tensor {
    guard let norm = weights.layers[layer].attentionPostNorm else { return direction }
    return norm.read(direction.reshaped([1, config.width])).reshaped([config.width])
      / (try cache[.attentionPostNormScale(layer: layer)].scalar)
  }

  /// The direction of the residual stream, before the final norm divides it, along which the logit difference grows:
  /// `factors of the final norm ⊙ (mean of clean columns - mean of corrupted columns)`, `[width]`; in a layer norm, less its mean.
  package func direction(of answer: LogitDifference) throws -> Tensor {
    weights.finalNorm.read(try unembeddingDifference(answer).reshaped([1, config.width])).reshaped([config.width])
  }

  /// What each head's z at the last position, through its part of the output projection, has along a direction: `[layer, head]`. The
  /// direction goes through the projection once, so that no head's `[width]` result is computed.
  private func heads(_ cache: ActivationCache, _ direction: Tensor) throws -> Tensor {
    Tensor.stack(
      try (0..<config.layers).map { layer in
        let z = try cache[.z(layer: layer)].reshaped([config.heads * config.headWidth])
        let row = try readThroughPostNorm(direction, cache, layer).reshaped([1, config.width])
        let read = row.projectedBack(by: weights.layers[layer].output.weight).reshaped(z.shape)
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
