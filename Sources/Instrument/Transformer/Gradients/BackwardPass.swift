import Checkpoints
import Tensors

/// The way back through a forward pass: from the gradient of a metric with respect to the normed final residual stream to its gradient at
/// every activation below. It mirrors `ForwardPass`, read from bottom to top.
///
/// A gradient passes through each lane's hooks as the activation did: it is recorded where it is wanted, and where the activation was
/// replaced it ends.
struct BackwardPass {
  private let weights: Weights
  private let rotary: RotaryTables
  private let tape: Tape
  private(set) var batch: GradientBatch
  /// A layer through whose attention and MLP no gradient passes, only beside them.
  var droppedLayer: Int?

  /// - Parameters:
  ///   - forward: the pass that gave the tape.
  ///   - recorders: what is recorded of each lane.
  init(_ forward: ForwardPass, _ tape: Tape, recorders: [ActivationRecorder], weightGradients: WeightGradients? = nil) {
    (weights, rotary, self.tape) = (forward.weights, forward.rotary, tape)
    batch = GradientBatch(forward: forward.batch, recorders: recorders, weightGradients: weightGradients)
  }

  /// Records the gradients that are wanted down to layer `last`. The result is the gradient with respect to the residual stream before
  /// that layer, `[row, width]`, if somebody wants it recorded too.
  /// - Parameter final: the gradient with respect to the normed residual stream, of the rows from each lane's `outputStart` on.
  mutating func callAsFunction(_ final: Tensor, downTo last: Int = 0) throws -> Tensor {
    let gradient = try layers(final, downTo: last)
    // Nothing that a device could not make leaves the pass.
    try weights.backend.checked()
    guard !gradient.isVoid, !batch.recorders.contains(where: \.isVoid) else { throw weights.backend.noRoom }
    return gradient
  }

  private mutating func layers(_ final: Tensor, downTo last: Int) throws -> Tensor {
    let layout = batch.forward.layout
    var gradient = weights.finalNorm.backward(final, tape.final, batch.forward.outputLayout, in: &batch)
    let angles = rotary.angles(batch.forward, on: weights.backend)
    for saved in tape.layers.reversed().prefix(while: { $0.layer >= last }) {
      if Interruption.isRequested() { throw ModelError.interrupted }
      try weights.backend.checked()
      batch.visit(.residualPost(layer: saved.layer), &gradient, batch.forward.rows(behindAttentionOf: saved.layer))
      let isWhole =
        switch batch.forward.configuration.block {
        case .sequential: sequential(&gradient, saved, angles, isLowest: saved.layer == last)
        case .parallel: parallel(&gradient, saved, angles, isLowest: saved.layer == last)
        }
      guard isWhole else { return gradient }
      batch.visit(.residualPre(layer: saved.layer), &gradient, layout)
    }
    if last == 0 {
      batch.visit(.embedding, &gradient, layout)
      if weights.positionEmbedding != nil {
        var positions = gradient
        batch.visit(.positionEmbedding, &positions, layout)
      }
    }
    return gradient
  }

  /// Goes back through a layer whose MLP reads what its attention has written. False if nobody waits for what lies below, in the lowest layer.
  private mutating func sequential(
    _ gradient: inout Tensor, _ saved: LayerTape, _ angles: LayerAngles, isLowest: Bool
  ) -> Bool {
    let (layer, rows) = (saved.layer, batch.forward.rows(behindAttentionOf: saved.layer))
    if isLowest && !wantsAny(of: Self.belowMLPOutput, layer) {
      batch.visit(.mlpOutput(layer: layer), &gradient, rows)
      return false
    }
    let throughMLP = mlp(layer).backward(gradient, saved.mlp, in: &batch)
    if layer != droppedLayer { gradient.add(throughMLP) }
    batch.visit(.residualMid(layer: layer), &gradient, rows)
    if isLowest && !wantsAny(of: Self.belowAttentionOutput, layer) {
      batch.visit(.attentionOutput(layer: layer), &gradient, rows)
      return false
    }
    let throughAttention = attention(layer, angles).backward(gradient, saved.attention, in: &batch)
    gradient = sum(beside: gradient, throughAttention, layer)
    return true
  }

  /// Goes back through a layer whose attention and MLP read the same.
  private mutating func parallel(
    _ gradient: inout Tensor, _ saved: LayerTape, _ angles: LayerAngles, isLowest: Bool
  ) -> Bool {
    let (layer, rows) = (saved.layer, batch.forward.rows(behindAttentionOf: saved.layer))
    if isLowest && !wantsAny(of: Self.belowMLPOutput.subtracting([.attentionOutput]), layer) {
      for point in [HookPoint.mlpOutput(layer: layer), .attentionOutput(layer: layer)] {
        var output = gradient
        batch.visit(point, &output, rows)
      }
      return false
    }
    let throughMLP = mlp(layer).backward(gradient, saved.mlp, in: &batch)
    let throughAttention = attention(layer, angles).backward(gradient, saved.attention, in: &batch)
    if layer != droppedLayer { gradient.add(throughMLP) }
    gradient = sum(beside: gradient, throughAttention, layer)
    return true
  }

  private func mlp(_ layer: Int) -> MLPBlock { MLPBlock(weights, layer: layer, batch.forward.configuration) }

  private func attention(_ layer: Int, _ angles: LayerAngles) -> AttentionBlock {
    AttentionBlock(weights, layer: layer, angles[layer]?.inverse)
  }

  /// The gradient of all rows before a layer: of what passed beside the attention, and of what came through it.
  private func sum(beside gradient: Tensor, _ throughAttention: Tensor, _ layer: Int) -> Tensor {
    let beside = batch.forward.layout.widened(gradient, from: batch.forward.rows(behindAttentionOf: layer))
    guard layer != droppedLayer else { return beside }
    var sum = throughAttention
    sum.add(beside)
    return sum
  }

  private static let belowMLPOutput = Set(HookPoint.Component.allCases).subtracting([.mlpOutput, .residualPost])
  private static let belowAttentionOutput: Set<HookPoint.Component> = belowMLPOutput.subtracting([
    .mlpOutputRaw, .mlpPostNormScale, .mlpPostNormalized, .mlpPost, .mlpPre, .mlpPreLinear, .mlpNormalized, .mlpNormScale,
    .mlpInput, .residualMid, .attentionOutput,
  ])

  private func wantsAny(of components: Set<HookPoint.Component>, _ layer: Int) -> Bool {
    batch.weightGradients != nil
      || batch.recorders.contains { recorder in
        recorder.points.contains { ($0.layer ?? 0) == layer && components.contains($0.component) }
      }
  }
}
