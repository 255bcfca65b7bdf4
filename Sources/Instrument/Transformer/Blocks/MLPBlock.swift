import Tensors

/// The MLP of one layer with its norm: what it writes into the residual stream, and the way back.
///
/// It computes `down(gelu_tanh(gate(x)) ⊙ up(x))` of the normed residual stream x.
struct MLPBlock {
  let layer: Int
  let weights: LayerWeights

  init(_ weights: Weights, layer: Int) { (self.layer, self.weights) = (layer, weights.layers[layer]) }

  /// The gate before its activation function, and what it multiplies, `[row, mlpWidth]` each.
  typealias Gates = (gate: Tensor, up: Tensor)

  /// What a backward pass needs to know of an MLP.
  struct Tape {
    let norm: Norm.Tape
    /// The norm's result, `[row, width]`, if the inputs of products are kept.
    let normed: Tensor?
    /// Nil if they are to be computed again.
    let gates: Gates?
  }

  // MARK: - Forward

  /// What is added to the residual stream `x`, `[row, width]`.
  func forward(_ x: Tensor, in batch: inout LaneBatch) throws -> Tensor {
    let rows = batch.rows(behindAttentionOf: layer)
    let (normed, norm) = try weights.mlpNorm.forward(x, rows, in: &batch)
    var (output, gates): (Tensor, Gates?)
    if needsNeurons(batch) || batch.tape.reservesGates(rows: rows.count, batch.configuration) {
      let neurons: Tensor
      (neurons, gates) = try self.neurons(normed, rows, in: &batch)
      output = neurons.projected(by: weights.down)
    } else {
      (output, gates) = (Tensor.joined(rows.mlpBlocks.map { gated(normed[$0]).projected(by: weights.down) }), nil)
    }
    batch.tape.keep(Tape(norm: norm, normed: batch.tape.keepsInputs ? normed : nil, gates: gates))
    try batch.visit(.mlpOutput(layer: layer), &output, rows)
    return output
  }

  /// The neurons of all rows at once, where somebody looks at them, or a backward pass will. The gates come with them if they are kept.
  private func neurons(
    _ normed: Tensor, _ rows: RowLayout, in batch: inout LaneBatch
  ) throws -> (neurons: Tensor, gates: Gates?) {
    var (gate, up) = gates(of: normed)
    try batch.visit(.mlpPre(layer: layer), &gate, rows)
    try batch.visit(.mlpPreLinear(layer: layer), &up, rows)
    var neurons = gate.geluGating(up)
    try batch.visit(.mlpPost(layer: layer), &neurons, rows)
    return (neurons, batch.tape.isKept ? (gate, up) : nil)
  }

  private func gates(of normed: Tensor) -> Gates { (normed.projected(by: weights.gate), normed.projected(by: weights.up)) }

  private func gated(_ normed: Tensor) -> Tensor {
    let (gate, up) = gates(of: normed)
    return gate.geluGating(up)
  }

  private func needsNeurons(_ batch: LaneBatch) -> Bool {
    // Gates that come of a replaced norm cannot be computed again from what the tape holds.
    if batch.tape.isKept, batch.replaces(.mlpNormalized(layer: layer)) { return true }
    return batch.acts(at: inner) || batch.lanes.contains { lane in inner.contains(where: lane.hooks.recorder.wants) }
  }

  /// The hook points between the two products.
  private var inner: [HookPoint] { [.mlpPre(layer: layer), .mlpPreLinear(layer: layer), .mlpPost(layer: layer)] }

  // MARK: - Backward

  /// What comes through the MLP to the gradient of the residual stream before it, given that behind it.
  func backward(_ gradient: Tensor, _ tape: Tape, in batch: inout GradientBatch) -> Tensor {
    let rows = batch.forward.rows(behindAttentionOf: layer)
    var output = gradient
    batch.visit(.mlpOutput(layer: layer), &output, rows)
    // Blocks of rows, so that the gradients of a long prompt's neurons need not lie in memory all at once.
    let isWhole = rows.mlpBlocks.count == 1 || wantsNeurons(batch) || batch.weightGradients != nil
    let normed =
      isWhole
      ? backwardWhole(output, tape, rows, in: &batch)
      : Tensor.joined(
        rows.mlpBlocks.map { block in
          let (gate, up) = gates(tape, block)
          return projectedBack(output[block].projectedBack(by: weights.down).gradientOfGating(gate: gate, up: up))
        })
    return weights.mlpNorm.backward(normed, tape.norm, rows, in: &batch)
  }

  /// All rows at once, where somebody wants the gradients of neurons or of weights.
  private func backwardWhole(
    _ output: Tensor, _ tape: Tape, _ rows: RowLayout, in batch: inout GradientBatch
  ) -> Tensor {
    let (gate, up) = gates(tape, 0..<rows.count)
    var neurons = output.projectedBack(by: weights.down)
    batch.visit(.mlpPost(layer: layer), &neurons, rows)
    batch.weightGradients?.add(.layer(layer, .down), gradient: output, input: gate.geluGating(up))
    var gradients = neurons.gradientOfGating(gate: gate, up: up)
    batch.visit(.mlpPre(layer: layer), &gradients.gate, rows)
    batch.visit(.mlpPreLinear(layer: layer), &gradients.up, rows)
    if let input = tape.normed {
      batch.weightGradients?.add(.layer(layer, .gate), gradient: gradients.gate, input: input)
      batch.weightGradients?.add(.layer(layer, .up), gradient: gradients.up, input: input)
    }
    return projectedBack(gradients)
  }

  /// The gradient of the normed rows, given those of the gates.
  private func projectedBack(_ gradients: Gates) -> Tensor {
    var normed = gradients.gate.projectedBack(by: weights.gate)
    normed.addProjectedBack(gradients.up, by: weights.up)
    return normed
  }

  /// The gates of some rows, kept or computed again.
  private func gates(_ tape: Tape, _ rows: Range<Int>) -> Gates {
    if let gates = tape.gates { return (gates.gate[rows], gates.up[rows]) }
    return gates(of: weights.mlpNorm.recomputed(tape.norm, rows: rows))
  }

  private func wantsNeurons(_ batch: GradientBatch) -> Bool {
    batch.forward.acts(at: inner) || batch.recorders.contains { inner.contains(where: $0.wants) }
  }
}
