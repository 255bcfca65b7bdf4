import Tensors

/// The MLP of one layer with its norms: what it writes into the residual stream, and the way back.
///
/// Of the normed residual stream x, it computes `down(f(gate(x)) ⊙ up(x))`, or `down(f(up(x)))` where there is no gate.
struct MLPBlock {
  let layer: Int
  let weights: LayerWeights
  let activation: Activation

  init(_ weights: Weights, layer: Int, _ configuration: ModelConfiguration) {
    (self.layer, self.weights, activation) = (layer, weights.layers[layer], configuration.mlp.activation)
  }

  /// What the activation function is taken of, and what its result multiplies in a gated MLP, `[row, mlpWidth]` each.
  struct Inner {
    var pre: Tensor
    var linear: Tensor?

    func neurons(_ activation: Activation) -> Tensor { pre.activated(by: activation, gating: linear) }

    subscript(rows: Range<Int>) -> Inner { Inner(pre: pre[rows], linear: linear?[rows]) }
  }

  /// What a backward pass needs to know of an MLP.
  struct Tape {
    let norm: Norm.Tape
    /// The norm's result, `[row, width]`, if the inputs of products are kept.
    let normed: Tensor?
    /// Nil if it is to be computed again.
    let inner: Inner?
    let postNorm: Norm.Tape?
  }

  // MARK: - Forward

  /// What is added to the residual stream `x`, `[row, width]`.
  func forward(_ x: Tensor, in batch: inout LaneBatch) throws -> Tensor {
    let rows = batch.rows(behindAttentionOf: layer)
    var input = x
    if batch.looks(at: .mlpInput(layer: layer)) { try batch.visit(.mlpInput(layer: layer), &input, rows) }
    let (normed, norm) = try weights.mlpNorm.forward(input, rows, in: &batch)
    var (output, inner): (Tensor, Inner?)
    if needsNeurons(batch) || batch.tape.reservesNeurons(rows: rows.count, batch.configuration) {
      let neurons: Tensor
      (neurons, inner) = try self.neurons(normed, rows, in: &batch)
      output = weights.down.forward(neurons, batch.kind)
    } else {
      let kind = batch.kind
      let blocks = rows.blocks(of: x.backend.rowsAtOnce).map { block in
        weights.down.forward(self.inner(of: normed[block], kind).neurons(activation), kind)
      }
      (output, inner) = (Tensor.joined(blocks), nil)
    }
    var postNorm: Norm.Tape?
    if let norm = weights.mlpPostNorm {
      try batch.visit(.mlpOutputRaw(layer: layer), &output, rows)
      (output, postNorm) = try norm.forward(output, rows, in: &batch)
    }
    batch.tape.keep(Tape(norm: norm, normed: batch.tape.keepsInputs ? normed : nil, inner: inner, postNorm: postNorm))
    try batch.visit(.mlpOutput(layer: layer), &output, rows)
    return output
  }

  /// The neurons of all rows at once, where somebody looks at them, or a backward pass will. What they are made of comes with them if it is kept.
  private func neurons(
    _ normed: Tensor, _ rows: RowLayout, in batch: inout LaneBatch
  ) throws -> (neurons: Tensor, inner: Inner?) {
    var inner = inner(of: normed, batch.kind)
    try batch.visit(.mlpPre(layer: layer), &inner.pre, rows)
    if var linear = inner.linear {
      try batch.visit(.mlpPreLinear(layer: layer), &linear, rows)
      inner.linear = linear
    }
    var neurons = inner.neurons(activation)
    try batch.visit(.mlpPost(layer: layer), &neurons, rows)
    return (neurons, batch.tape.isKept ? inner : nil)
  }

  private func inner(of normed: Tensor, _ kind: ProductKind) -> Inner {
    guard let gate = weights.gate else { return Inner(pre: weights.up.forward(normed, kind)) }
    return Inner(pre: gate.forward(normed, kind), linear: weights.up.forward(normed, kind))
  }

  private func needsNeurons(_ batch: LaneBatch) -> Bool {
    // What comes of a replaced norm cannot be computed again from what the tape holds.
    if batch.tape.isKept, batch.replaces(.mlpNormalized(layer: layer)) { return true }
    return innerPoints.contains { batch.looks(at: $0) }
  }

  /// The hook points between the two products.
  private var innerPoints: [HookPoint] { [.mlpPre(layer: layer), .mlpPreLinear(layer: layer), .mlpPost(layer: layer)] }

  // MARK: - Backward

  /// What comes through the MLP to the gradient of the residual stream before it, given that behind it.
  func backward(_ gradient: Tensor, _ tape: Tape, in batch: inout GradientBatch) -> Tensor {
    let rows = batch.forward.rows(behindAttentionOf: layer)
    var output = gradient
    batch.visit(.mlpOutput(layer: layer), &output, rows)
    if let norm = weights.mlpPostNorm, let postNorm = tape.postNorm {
      output = norm.backward(output, postNorm, rows, in: &batch)
      batch.visit(.mlpOutputRaw(layer: layer), &output, rows)
    }
    // Blocks of rows, so that the gradients of a long prompt's neurons need not lie in memory all at once.
    let blocks = rows.blocks(of: output.backend.rowsAtOnce)
    let isWhole = blocks.count == 1 || wantsNeurons(batch) || batch.weightGradients != nil
    let normed =
      isWhole
      ? backwardWhole(output, tape, rows, in: &batch)
      : Tensor.joined(
        blocks.map { block in
          let neurons = weights.down.backward(output[block])
          return backwardFromInner(self.gradient(of: inner(tape, block), neurons))
        })
    var input = weights.mlpNorm.backward(normed, tape.norm, rows, in: &batch)
    batch.visit(.mlpInput(layer: layer), &input, rows)
    return input
  }

  /// All rows at once, where somebody wants the gradients of neurons or of weights.
  private func backwardWhole(
    _ output: Tensor, _ tape: Tape, _ rows: RowLayout, in batch: inout GradientBatch
  ) -> Tensor {
    let inner = inner(tape, 0..<rows.count)
    var neurons = weights.down.backward(output)
    batch.visit(.mlpPost(layer: layer), &neurons, rows)
    weights.down.addGradients(to: batch.weightGradients, output, input: inner.neurons(activation))
    var gradient = self.gradient(of: inner, neurons)
    batch.visit(.mlpPre(layer: layer), &gradient.pre, rows)
    if var linear = gradient.linear {
      batch.visit(.mlpPreLinear(layer: layer), &linear, rows)
      gradient.linear = linear
    }
    for (product, part) in products(gradient) {
      product.addGradients(to: batch.weightGradients, part, input: tape.normed)
    }
    return backwardFromInner(gradient)
  }

  private func gradient(of inner: Inner, _ neurons: Tensor) -> Inner {
    let (pre, linear) = neurons.gradientOfActivation(activation, of: inner.pre, gating: inner.linear)
    return Inner(pre: pre, linear: linear)
  }

  /// The products before the activation function, each with its part.
  private func products(_ inner: Inner) -> [(Linear, Tensor)] {
    guard let gate = weights.gate, let linear = inner.linear else { return [(weights.up, inner.pre)] }
    return [(gate, inner.pre), (weights.up, linear)]
  }

  /// The gradient of the normed rows.
  private func backwardFromInner(_ gradient: Inner) -> Tensor {
    guard let gate = weights.gate, let linear = gradient.linear else { return weights.up.backward(gradient.pre) }
    var normed = gate.backward(gradient.pre)
    normed.addProjectedBack(linear, by: weights.up.weight)
    return normed
  }

  /// What the neurons of some rows are made of, kept or computed again.
  private func inner(_ tape: Tape, _ rows: Range<Int>) -> Inner {
    tape.inner?[rows] ?? inner(of: weights.mlpNorm.recomputed(tape.norm, rows: rows), .prompt)
  }

  private func wantsNeurons(_ batch: GradientBatch) -> Bool {
    batch.forward.acts(at: innerPoints) || batch.recorders.contains { innerPoints.contains(where: $0.wants) }
  }
}
