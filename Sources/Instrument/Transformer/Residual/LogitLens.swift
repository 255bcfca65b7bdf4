import Checkpoints
import Machine
import Tensors

extension ActivationCache {
  /// The logits that the model would give if it ended at each part of a stack, `[component, position, vocabulary]`: the logit lens
  /// (nostalgebraist 2020). Of `accumulatedResidual()` it shows how a prediction grows from layer to layer.
  ///
  /// Each part goes through the final norm as the whole stream would, with its own divisor, and through the unembedding; so the last part of
  /// `accumulatedResidual()` has the model's own logits. It takes `4 · components · positions · vocabulary` bytes: capture few positions.
  /// - Throws: `badRequest` for a stack that a norm has been applied to; `captureTooLarge` if the logits do not fit into memory.
  public func logitLens(of stack: ResidualStack) throws(ModelError) -> Tensor {
    if let norm = stack.norm {
      throw .badRequest(
        "The logit lens applies the final norm itself, and \(norm) was applied to this stack. Leave `normalized` out.")
    }
    let (rows, width) = (stack.count * stack.positionCount, model.config.width)
    guard stack.values.shape[2] == width else {
      throw .badRequest("The stack's parts are \(stack.values.shape[2]) wide, and the model's residual stream is \(width).")
    }
    let bytes = rows * model.config.vocabulary * MemoryLayout<Float>.stride
    if bytes > 64 << 20, case let available = SystemMemory.available, bytes > available {
      throw .captureTooLarge(
        bytes: bytes, available: available, tokens: stack.positionCount, largest: "the logits of \(stack.count) parts")
    }
    return try model.logits(ofResidual: stack.values.reshaped([rows, width]))
      .reshaped([stack.count, stack.positionCount, model.config.vocabulary])
  }
}

extension LanguageModel {
  /// The logits that the model would give if its residual stream ended with these rows, `[row, width]`: `[row, vocabulary]`.
  package func logits(ofResidual rows: Tensor) throws(ModelError) -> Tensor {
    try finished(weights.finalNorm.applied(to: rows).projected(by: weights.unembedding))
  }
}
