import Checkpoints
import Tensors

/// Which writers into the residual stream a decomposition holds.
public enum ResidualWriters: Sendable {
  /// Attention and MLP of every layer.
  case all
  /// The attention of every layer.
  case attention
  /// The MLP of every layer.
  case mlp
}

/// TransformerLens's vocabulary of the residual stream. Each function needs activations that the run captured, and there is a
/// `Capture` of the same name that holds them: `model.run(prompt, capturing: .headResults.atLast(1)).cache.headResults()`. What
/// is missing is `notCaptured`, which says what to add.
///
/// `upTo` is TransformerLens's `layer`: the parts are those that the attention of this layer reads, with `mlpInput` those that
/// its MLP reads, and if nil, those that the unembedding reads. With `normalized`, the norm of that reader is applied to every
/// part; see `normalized(_:at:mlpInput:)`.
extension ActivationCache {
  /// The residual stream before each layer, and at the end: TransformerLens's `accumulated_resid`, for the logit lens. The labels
  /// are `0_pre`, `0_mid` if `includingMid`, `1_pre`, …, `final_post`.
  ///
  /// Needs `residualPre` of each layer, `residualMid` for what lies between attention and MLP, and `residualPost` of the last
  /// layer.
  public func accumulatedResidual(
    upTo layer: Int? = nil, includingMid: Bool = false, mlpInput: Bool = false, normalized: Bool = false
  ) throws(ModelError) -> ResidualStack {
    let reader = try ResidualReader(layer, mlpInput: mlpInput, model.config)
    var points: [(String, HookPoint)] = []
    for layer in 0...min(reader.layer, model.config.layers - 1) {
      points.append(("\(layer)_pre", .residualPre(layer: layer)))
      let hasMid = includingMid && layer < reader.layer || reader.isMLPInput && layer == reader.layer
      if hasMid && HookPoint.Component.residualMid.exists(in: model.config) {
        points.append(("\(layer)_mid", .residualMid(layer: layer)))
      }
    }
    if reader.norm == .final { points.append(("final_post", .residualPost(layer: model.config.layers - 1))) }
    return try stack(points, for: reader, normalized: normalized)
  }

  /// What the embedding and each layer's attention and MLP write into the residual stream: TransformerLens's `decompose_resid`.
  /// The labels are `embed`, `pos_embed` where positions are learned, `0_attn_out`, `0_mlp_out`, `1_attn_out`, …; all together sum to the residual stream.
  ///
  /// Needs `embedding`, `attentionOutput` and `mlpOutput`, as far as they are asked for.
  public func decomposedResidual(
    upTo layer: Int? = nil, mlpInput: Bool = false, of writers: ResidualWriters = .all, includingEmbedding: Bool = true,
    normalized: Bool = false
  ) throws(ModelError) -> ResidualStack {
    let reader = try ResidualReader(layer, mlpInput: mlpInput, model.config)
    var points: [(String, HookPoint)] = includingEmbedding ? embeddings : []
    for layer in 0..<reader.attentions {
      if writers != .mlp { points.append(("\(layer)_attn_out", .attentionOutput(layer: layer))) }
      if writers != .attention, layer < reader.layer { points.append(("\(layer)_mlp_out", .mlpOutput(layer: layer))) }
    }
    return try stack(points, for: reader, normalized: normalized)
  }

  /// Every head, every neuron (or every MLP as a whole), and the embedding: TransformerLens's `get_full_resid_decomposition`. The
  /// labels are `L0H0`, …, then `L0N0`, … (or `0_mlp_out`, …), then `embed`, `pos_embed` where positions are learned, and `bias` where outputs have
  /// biases, which no head and no neuron writes; all together sum to the residual stream.
  ///
  /// Needs `z` (or `result`), `mlpPost` (or `mlpOutput`) and `embedding`. With neurons this is large, `4 · layers · mlpWidth ·
  /// width` bytes for each position, 2.4 GB for gemma-2b; `neuronResults(projectedOn:)` gives their share of an answer without that.
  public func fullDecomposition(
    upTo layer: Int? = nil, mlpInput: Bool = false, expandingNeurons: Bool = true, normalized: Bool = false
  ) throws(ModelError) -> ResidualStack {
    let reader = try ResidualReader(layer, mlpInput: mlpInput, model.config)
    let config = model.config
    let mlpParts = expandingNeurons ? config.mlpWidth : 1
    var builder = try StackBuilder(
      self, parts: reader.attentions * config.heads + reader.layer * mlpParts + embeddings.count + (hasOutputBias ? 1 : 0),
      advice: expandingNeurons ? "a part for every neuron, which `expandingNeurons: false` saves" : "the heads")
    for layer in 0..<reader.attentions { try appendHeads(of: layer, to: &builder) }
    for layer in 0..<reader.layer {
      if expandingNeurons {
        try appendNeurons(Array(0..<config.mlpWidth), of: layer, to: &builder)
      } else {
        builder.append("\(layer)_mlp_out", try self[.mlpOutput(layer: layer)])
      }
    }
    for (label, point) in embeddings { builder.append(label, try self[point]) }
    if hasOutputBias { builder.append("bias", try outputBias(of: reader, includingMLPs: expandingNeurons)) }
    return try stack(&builder, for: reader, normalized: normalized)
  }

  /// What stands at the beginning of the residual stream.
  private var embeddings: [(String, HookPoint)] {
    [("embed", .embedding)] + (model.config.positions == .learned ? [("pos_embed", .positionEmbedding)] : [])
  }

  private var hasOutputBias: Bool { model.config.attention.hasOutputBias || model.config.mlp.hasBias }

  /// What the biases of outputs add to the residual stream up to a reader, at each position.
  private func outputBias(of reader: ResidualReader, includingMLPs: Bool) throws(ModelError) -> Tensor {
    var sum = Tensor(repeating: 0, shape: [positionCount, model.config.width])
    func add(_ bias: Tensor?, _ point: NormPoint) throws(ModelError) {
      guard let bias else { return }
      var rows = Tensor(repeating: 0, shape: sum.shape)
      rows.addToRows(bias)
      sum.add(try written(rows, through: point))
    }
    for layer in 0..<reader.attentions {
      try add(model.weights.layers[layer].output.bias, .attentionOutput(layer: layer))
      if includingMLPs, layer < reader.layer { try add(model.weights.layers[layer].down.bias, .mlpOutput(layer: layer)) }
    }
    return sum
  }

  /// One component's activations in all layers that have been captured, `[layer, …]`: `stacked(_:)` with the labels `L0`, `L1`,
  /// …, or the name of what is in no layer. As TransformerLens's `stack_activation`.
  public func stackedActivations(_ component: HookPoint.Component) throws(ModelError) -> LabelledTensor {
    let values = try stacked(component)
    let labels = points.filter { $0.component == component }.map { point in point.layer.map { "L\($0)" } ?? point.name }
    return LabelledTensor(labels: labels, values: values)
  }

  /// Activations `[position, width]` as they were captured, under labels.
  private func stack(
    _ points: [(label: String, point: HookPoint)], for reader: ResidualReader, normalized: Bool
  ) throws(ModelError) -> ResidualStack {
    guard !points.isEmpty else {
      throw .badRequest("There is no part to stack: nothing of what was asked for lies before layer \(reader.layer).")
    }
    var builder = try StackBuilder(self, parts: points.count, advice: "a part for every layer")
    for (label, point) in points { builder.append(label, try self[point]) }
    return try stack(&builder, for: reader, normalized: normalized)
  }
}
