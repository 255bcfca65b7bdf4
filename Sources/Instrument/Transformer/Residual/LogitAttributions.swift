import Checkpoints
import Tensors

extension LanguageModel {
  /// The direction of the normed residual stream along which the logit of a token grows, `[width]`: its column of the
  /// unembedding, or the mean of several. With `against`, minus that of those tokens: the direction of the logit difference. As
  /// TransformerLens's `tokens_to_residual_directions`, of which only the columns asked for are read.
  ///
  /// What is projected on it must have been through the final norm: `normalized: true`.
  public func logitDirection(
    of tokens: any TokenChoice, against others: (any TokenChoice)? = nil
  ) throws(ModelError) -> Tensor {
    let direction = try meanColumn(tokens)
    return if let others { direction - (try meanColumn(others)) } else { direction }
  }

  /// The part of a logit, or of a logit difference, that no component writes: what the final norm adds, in a model with layer norms. Elsewhere
  /// it is 0.
  public func logitBias(of tokens: any TokenChoice, against others: (any TokenChoice)? = nil) throws(ModelError) -> Float {
    guard let bias = weights.finalNorm.bias else { return 0 }
    return (try logitDirection(of: tokens, against: others) * bias).sum()
  }

  private func meanColumn(_ tokens: any TokenChoice) throws(ModelError) -> Tensor {
    let ids = try tokens.choices(self)
    guard !ids.isEmpty else { throw .badRequest("No token is named whose logit is to be attributed.") }
    return weights.unembedding.gathered(ids).mean(axis: 0)
  }
}

extension ActivationCache {
  /// How much each part of a stack contributes to the logit of a token, or to a difference of logits, `[component, position]`:
  /// TransformerLens's `logit_attrs`.
  ///
  /// The final norm is applied with the run's own divisor (which needs `finalNormScale`), unless the stack has been through it
  /// already; so the parts of `fullDecomposition()` or `decomposedResidual()`, and `logitBias(of:against:)` in models with layer norms, sum to the
  /// model's logit at each position, before a soft cap. Of several tokens it is the mean of their logits. Single logits are the checkpoint's; TransformerLens's default loading
  /// subtracts their mean over the vocabulary, which changes no difference.
  ///
  /// - Parameters:
  ///   - stack: Parts at the positions of this cache.
  ///   - tokens: Token ids or texts, `" is"`, `[235, 476]`.
  ///   - others: The tokens whose mean logit is subtracted.
  /// - Throws: `badRequest` for a stack that another norm has been applied to.
  public func logitAttributions(
    of stack: ResidualStack, tokens: any TokenChoice, against others: (any TokenChoice)? = nil
  ) throws(ModelError) -> Tensor {
    let direction = try model.logitDirection(of: tokens, against: others)
    switch stack.norm {
    case .final: return try stack.projected(on: direction)
    case nil: return try normalizedProjection(of: stack, on: direction)
    case .some(let norm):
      throw .badRequest("The unembedding reads what \(NormPoint.final) makes, and \(norm) was applied to this stack.")
    }
  }

  /// What parts have along a direction behind the final norm. Its weight moves to the direction, and its divisor behind the
  /// product, so that no second stack is built.
  private func normalizedProjection(of stack: ResidualStack, on direction: Tensor) throws(ModelError) -> Tensor {
    let read = model.weights.finalNorm.read(direction.reshaped([1, direction.count])).reshaped(direction.shape)
    let projected = try stack.projected(on: read)
    var values = projected.reshaped(projected.shape + [1])
    try apply(.final, to: &values, factors: Tensor([1]))
    return values.reshaped(projected.shape)
  }
}
