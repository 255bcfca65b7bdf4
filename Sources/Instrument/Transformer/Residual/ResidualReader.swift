import Checkpoints
import Tensors

/// What reads the residual stream: a layer's attention, a layer's MLP, or, behind the last layer, the unembedding.
struct ResidualReader {
  /// From 0 to the number of layers, which is the end.
  let layer: Int
  let norm: NormPoint

  /// - Parameters:
  ///   - layer: TransformerLens's `layer`; nil is the end.
  ///   - isMLPInput: whether it is the MLP of this layer that reads, and not the attention.
  ///   - lowest: the first layer that makes sense.
  init(_ layer: Int?, mlpInput isMLPInput: Bool = false, _ config: ModelConfiguration, from lowest: Int = 0) throws(ModelError) {
    self.layer = layer ?? config.layers
    attentions = self.layer + (isMLPInput && config.block == .sequential ? 1 : 0)
    guard (lowest...config.layers).contains(self.layer) else {
      throw .badRequest(
        "The layer \(self.layer) is no place to go up to: the model has \(config.layers) layers. Use \(lowest) to \(config.layers), "
          + "where \(config.layers), or nil, is the end of the residual stream.")
    }
    guard self.layer < config.layers else {
      guard !isMLPInput else {
        throw .badRequest("mlpInput asks for what a layer's MLP reads. Say of which layer, from 0 to \(config.layers - 1).")
      }
      norm = .final
      return
    }
    norm = isMLPInput ? .mlp(layer: self.layer) : .attention(layer: self.layer)
  }

  /// Whether it lies between the attention and the MLP of its layer.
  var isMLPInput: Bool { norm == .mlp(layer: layer) }

  /// How many layers have added their attention by then. Beside a parallel attention, the MLP does not read it.
  let attentions: Int
}

extension ActivationCache {
  /// Applies the norm that reads the residual stream at a place to each part, with the divisor of the run: as TransformerLens's
  /// `apply_ln_to_stack`. The parts of a stream then sum to what the attention, the MLP or the unembedding really read there.
  ///
  /// A norm divides each position by one number, its cached scale, and multiplies by its factors; a layer norm takes each part's mean from it
  /// first, and what it adds, its bias, is no part's. TransformerLens's default loading folds the factors into the next matrix, so that its
  /// function only divides; here the weights stand as in the checkpoint, and both are done.
  ///
  /// - Parameters:
  ///   - stack: Parts at the positions of this cache, to which no norm was applied yet.
  ///   - layer: The layer that reads; the unembedding if nil.
  ///   - mlpInput: Whether the layer's MLP reads, and not its attention.
  public func normalized(_ stack: ResidualStack, at layer: Int? = nil, mlpInput: Bool = false) throws(ModelError) -> ResidualStack
  {
    let norm = try ResidualReader(layer, mlpInput: mlpInput, model.config).norm
    if let applied = stack.norm {
      throw .badRequest("The norm \(applied) was applied to this stack already; give it as it was before.")
    }
    var values = stack.values
    try normalize(&values, norm)
    return ResidualStack(stack.labels, values, norm: norm)
  }

  /// Applies a norm to `[component, position, width]`, in place.
  func normalize(_ values: inout Tensor, _ norm: NormPoint) throws(ModelError) {
    guard values.shape[2] == model.config.width else {
      throw .badRequest(
        "The stack's parts are \(values.shape[2]) wide, and the model's residual stream is \(model.config.width).")
    }
    guard let applied = model.weights.norm(norm) else { return }
    if applied.centers { values = values.reshaped([-1, values.shape[2]]).centeredRows().reshaped(values.shape) }
    try apply(norm, to: &values, factors: applied.factors)
  }

  /// Divides `[component, position, k]` by a norm's divisor at each position, and multiplies by a weight `[k]`, in place.
  func apply(_ norm: NormPoint, to values: inout Tensor, factors: Tensor) throws(ModelError) {
    let (positions, width) = (values.shape[1], values.shape[2])
    let scale = try self[norm.scale]
    guard scale.shape[0] == positions else {
      throw .badRequest("The stack has \(positions) positions, and this cache \(scale.shape[0]). Take both from the same run.")
    }
    let rows = values.shape[0] * positions
    values.withUnsafeMutableElements { values in
      guard let target = values.baseAddress else { return }
      scale.withUnsafeElements { scale in
        factors.withUnsafeElements { factors in
          Parallel.overRows(rows, width: width) { range in
            for row in range {
              let (x, divisor) = (target + row * width, scale[row % positions])
              for i in 0..<width { x[i] = x[i] / divisor * factors[i] }
            }
          }
        }
      }
    }
  }
}
