import Tensors

/// The way back through a forward pass: from the gradient of a metric with respect to the normed final residual stream to its gradient at
/// every activation below. It mirrors `ForwardPass`, read from bottom to top.
///
/// A gradient passes through each lane's hooks as the activation did: it is recorded where it is wanted, and where the activation was
/// replaced it ends.
struct BackwardPass {
  let configuration: GemmaConfiguration
  let weights: Weights
  let rotary: RotaryTable
  let tape: Tape
  let lanes: [Lane]
  let layout: RowLayout
  let outputLayout: RowLayout
  /// Of each lane, what is recorded.
  var recorders: [ActivationRecorder]
  /// A layer through whose attention and MLP no gradient passes, only beside them.
  var dropped: Int?
  /// Where gradients of weights are added up, if they are wanted.
  let weightGradients: WeightGradients?

  /// - Parameters:
  ///   - forward: a pass with a tape, which has run.
  ///   - recorders: one a lane.
  init(_ forward: ForwardPass, tape: Tape, recorders: [ActivationRecorder], weightGradients: WeightGradients? = nil) {
    (configuration, weights, rotary, lanes) = (forward.configuration, forward.weights, forward.rotary, forward.lanes)
    (layout, outputLayout) = (forward.layout, forward.outputLayout)
    (self.tape, self.recorders, self.weightGradients) = (tape, recorders, weightGradients)
  }

  /// Records the gradients that are wanted down to layer `last`. The result is the gradient with respect to the residual stream before
  /// that layer, `[row, width]`, if somebody wants it recorded too.
  /// - Parameter final: the gradient with respect to the normed residual stream, of the rows from each lane's `outputStart` on.
  mutating func callAsFunction(_ final: Tensor, downTo last: Int = 0) throws -> Tensor {
    guard let finalNorm = tape.final else { fatalError("A backward pass needs the tape of a forward pass.") }
    var gradient = throughNorm(
      final, finalNorm, weights.finalNorm, .finalNormScale, .finalNormalized, nil, outputLayout, weight: .finalNorm)
    let angles = rotary.angles(layout.starts, lanes.map(\.count)).inverse
    for layer in stride(from: configuration.layers - 1, through: last, by: -1) {
      if Interruption.isRequested() { throw GemmaError.interrupted }
      guard let saved = tape.layers[layer] else { fatalError("The tape lacks layer \(layer).") }
      let rows = layer == configuration.layers - 1 ? outputLayout : layout
      reach(.residualPost, layer, &gradient, rows)
      // In the lowest layer, what nobody waits for is left out.
      if layer == last && !wantsAny(of: Self.belowMLPOutput, layer) {
        reach(.mlpOutput, layer, &gradient, rows)
        return gradient
      }
      throughMLP(&gradient, saved, layer, rows)
      reach(.residualMid, layer, &gradient, rows)
      if layer == last && !wantsAny(of: Self.belowAttentionOutput, layer) {
        reach(.attentionOutput, layer, &gradient, rows)
        return gradient
      }
      throughAttention(&gradient, saved, layer, rows, angles)
      reach(.residualPre, layer, &gradient, layout)
    }
    if last == 0 { reach(.embedding, nil, &gradient, layout) }
    return gradient
  }

  /// Adds to the gradient of the residual stream behind the MLP what comes to it through the MLP.
  private mutating func throughMLP(_ gradient: inout Tensor, _ saved: LayerTape, _ layer: Int, _ rows: RowLayout) {
    let weights = weights.layers[layer]
    guard let norm = saved.mlp else { fatalError("The tape lacks the MLP of layer \(layer).") }
    var output = gradient
    reach(.mlpOutput, layer, &output, rows)
    // Blocks of rows, so that the gradients of a long prompt's neurons need not lie in memory all at once.
    let isWhole = rows.mlpBlocks.count == 1 || wantsNeurons(layer) || weightGradients != nil
    let blocks = isWhole ? [0..<rows.count] : rows.mlpBlocks
    var normed = Tensor.joined(
      blocks.map { block in
        let (gate, up) = gates(saved, norm, layer, block)
        var neurons = output[block].projectedBack(by: weights.down)
        if isWhole { reach(.mlpPost, layer, &neurons, rows) }
        weightGradients?.add(.down, layer, gradient: output, input: gate.geluGating(up))
        var (gateGradient, upGradient) = neurons.gradientOfGating(gate: gate, up: up)
        if isWhole {
          reach(.mlpPre, layer, &gateGradient, rows)
          reach(.mlpPreLinear, layer, &upGradient, rows)
        }
        if let input = saved.mlpNormed {
          weightGradients?.add(.gate, layer, gradient: gateGradient, input: input)
          weightGradients?.add(.up, layer, gradient: upGradient, input: input)
        }
        var normed = gateGradient.projectedBack(by: weights.gate)
        normed.addProjectedBack(upGradient, by: weights.up)
        return normed
      })
    normed = throughNorm(normed, norm, weights.mlpNorm, .mlpNormScale, .mlpNormalized, layer, rows, weight: .mlpNorm)
    if layer != dropped { gradient.add(normed) }
  }

  private static let belowMLPOutput = Set(HookPoint.Component.allCases).subtracting([.mlpOutput, .residualPost])
  private static let belowAttentionOutput: Set<HookPoint.Component> = belowMLPOutput.subtracting([
    .mlpPost, .mlpPre, .mlpPreLinear, .mlpNormalized, .mlpNormScale, .residualMid, .attentionOutput,
  ])

  private func wantsAny(of components: Set<HookPoint.Component>, _ layer: Int) -> Bool {
    weightGradients != nil
      || recorders.contains { recorder in
        recorder.points.contains { ($0.layer ?? 0) == layer && components.contains($0.component) }
      }
  }

  private func wantsNeurons(_ layer: Int) -> Bool {
    let inner: Set<HookPoint.Component> = [.mlpPre, .mlpPreLinear, .mlpPost]
    return lanes.contains { $0.hooks.acts(inner, layer) } || recorders.contains { r in inner.contains { r.wants($0, layer) } }
  }

  /// The gates of some rows, kept or computed again.
  private func gates(_ saved: LayerTape, _ norm: NormTape, _ layer: Int, _ block: Range<Int>) -> (gate: Tensor, up: Tensor) {
    if let gates = saved.gates { return (gates.gate[block], gates.up[block]) }
    let weights = weights.layers[layer]
    let normed = norm.input[block].dividedRows(by: norm.scale[block]).scaledByOnePlus(weights.mlpNorm)
    return (normed.projected(by: weights.gate), normed.projected(by: weights.up))
  }

  /// Adds to the gradient of the residual stream behind the attention what comes to it through the attention. Rows that the last layer
  /// left out of its queries come back.
  private mutating func throughAttention(
    _ gradient: inout Tensor, _ saved: LayerTape, _ layer: Int, _ rows: RowLayout, _ angles: RotaryAngles
  ) {
    let weights = weights.layers[layer]
    var output = gradient
    reach(.attentionOutput, layer, &output, rows)
    if let z = saved.z { weightGradients?.add(.output, layer, gradient: output, input: z) }
    var z = throughResults(output, layer, rows)
    reach(.z, layer, &z, rows)
    var (query, key, value) = AttentionGradient(configuration: configuration, layer: layer, z: z, rows: rows, layout: layout)(
      saved, lanes, &recorders)
    reach(.rotatedQuery, layer, &query, rows)
    reach(.rotatedKey, layer, &key, layout)
    query = query.rotated(angles.narrowed(from: layout, to: rows))
    key = key.rotated(angles)
    reach(.query, layer, &query, rows)
    reach(.key, layer, &key, layout)
    reach(.value, layer, &value, layout)
    if let input = saved.normed {
      weightGradients?.add(.query, layer, gradient: flat(query), input: layout.narrowed(input, to: rows))
      weightGradients?.add(.key, layer, gradient: flat(key), input: input)
      weightGradients?.add(.value, layer, gradient: flat(value), input: input)
    }
    var normed = layout.widened(flat(query).projectedBack(by: weights.query), from: rows)
    normed.addProjectedBack(flat(key), by: weights.key)
    normed.addProjectedBack(flat(value), by: weights.value)
    normed = throughNorm(
      normed, saved.attention, weights.inputNorm, .attentionNormScale, .attentionNormalized, layer, layout, weight: .inputNorm)
    let beside = layout.widened(gradient, from: rows)
    if layer == dropped { normed = beside } else { normed.add(beside) }
    gradient = normed
  }

  /// From the gradient of the attention's output, which is that of each head's result, to that of z. Where a result was replaced, it
  /// ends for that head.
  private mutating func throughResults(_ output: Tensor, _ layer: Int, _ rows: RowLayout) -> Tensor {
    let (projection, width) = (weights.layers[layer].output, configuration.headWidth)
    let isReplaced = lanes.contains { $0.hooks.replaces(.result, layer) }
    guard isReplaced || recorders.contains(where: { $0.wants(.result, layer) }) else {
      return heads(output.projectedBack(by: projection))
    }
    var results = Tensor.stack(Array(repeating: output, count: configuration.heads), axis: 1)
    reach(.result, layer, &results, rows)
    guard isReplaced else { return heads(output.projectedBack(by: projection)) }
    let parts = (0..<configuration.heads).map { head in
      results.select(head, axis: 1).projectedBack(by: projection.columns(head * width..<(head + 1) * width))
    }
    return Tensor.stack(parts, axis: 1)
  }

  /// From the gradient of a norm's result to that of its input.
  private mutating func throughNorm(
    _ gradient: Tensor, _ norm: NormTape, _ weight: Tensor, _ scalePoint: HookPoint.Component,
    _ normalizedPoint: HookPoint.Component, _ layer: Int?, _ rows: RowLayout, weight name: WeightGradients.Name
  ) -> Tensor {
    weightGradients?.addNorm(name, layer, gradient: gradient, normalized: norm.input.dividedRows(by: norm.scale))
    var normalized = gradient.scaledByOnePlus(weight)
    reach(normalizedPoint, layer, &normalized, rows)
    var scale = normalized.gradientOfScale(x: norm.input, scale: norm.scale)
    reach(scalePoint, layer, &scale, rows)
    return normalized.gradientThroughNorm(x: norm.input, scale: norm.scale, scaleGradient: scale)
  }

  /// Records each lane's rows of a gradient, and ends it where the activation was replaced.
  private mutating func reach(_ component: HookPoint.Component, _ layer: Int?, _ gradient: inout Tensor, _ rows: RowLayout) {
    for (lane, range) in rows.rows.enumerated() {
      let start = rows.starts[lane]
      recorders[lane].record(component, layer, gradient[range], start: start)
      guard lanes[lane].hooks.replaces(component, layer) else { continue }
      var part = gradient[range]
      lanes[lane].hooks.cut(component, layer, &part, start: start)
      gradient.replace(TensorPart(first: .range(range), second: .all), with: part)
    }
  }

  private func heads(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1, configuration.headWidth]) }

  private func flat(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1]) }
}
