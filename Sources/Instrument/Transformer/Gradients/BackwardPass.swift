import Checkpoints
import Tensors

/// The way back through a forward pass: from the gradient of a metric with respect to the normed final residual stream to its gradient at
/// every activation below. It mirrors `ForwardPass`, read from bottom to top.
///
/// A gradient passes through each lane's hooks as the activation did: it is recorded where it is wanted, and where the activation was
/// replaced it ends.
struct BackwardPass {
  private let weights: Weights
  private let rotary: RotaryTable
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
    let layout = batch.forward.layout
    var gradient = weights.finalNorm.backward(final, tape.final, batch.forward.outputLayout, in: &batch)
    let angles = rotary.angles(layout.starts, batch.forward.lanes.map(\.count)).inverse
    for saved in tape.layers.reversed().prefix(while: { $0.layer >= last }) {
      if Interruption.isRequested() { throw ModelError.interrupted }
      let layer = saved.layer
      let rows = batch.forward.rows(behindAttentionOf: layer)
      batch.visit(.residualPost(layer: layer), &gradient, rows)
      // In the lowest layer, what nobody waits for is left out.
      if layer == last && !wantsAny(of: Self.belowMLPOutput, layer) {
        batch.visit(.mlpOutput(layer: layer), &gradient, rows)
        return gradient
      }
      let throughMLP = MLPBlock(weights, layer: layer).backward(gradient, saved.mlp, in: &batch)
      if layer != droppedLayer { gradient.add(throughMLP) }
      batch.visit(.residualMid(layer: layer), &gradient, rows)
      if layer == last && !wantsAny(of: Self.belowAttentionOutput, layer) {
        batch.visit(.attentionOutput(layer: layer), &gradient, rows)
        return gradient
      }
      var before = AttentionBlock(weights, layer: layer, angles).backward(gradient, saved.attention, in: &batch)
      let beside = layout.widened(gradient, from: rows)
      if layer == droppedLayer { before = beside } else { before.add(beside) }
      gradient = before
      batch.visit(.residualPre(layer: layer), &gradient, layout)
    }
    if last == 0 { batch.visit(.embedding, &gradient, layout) }
    return gradient
  }

  private static let belowMLPOutput = Set(HookPoint.Component.allCases).subtracting([.mlpOutput, .residualPost])
  private static let belowAttentionOutput: Set<HookPoint.Component> = belowMLPOutput.subtracting([
    .mlpPost, .mlpPre, .mlpPreLinear, .mlpNormalized, .mlpNormScale, .residualMid, .attentionOutput,
  ])

  private func wantsAny(of components: Set<HookPoint.Component>, _ layer: Int) -> Bool {
    batch.weightGradients != nil
      || batch.recorders.contains { recorder in
        recorder.points.contains { ($0.layer ?? 0) == layer && components.contains($0.component) }
      }
  }
}
