import Tensors

/// One pass of prompts through the model, from the embedding to the final norm. It reads from top to bottom as the model is defined:
/// Gemma Team 2024 (arXiv:2403.08295), in the form of Hugging Face's `modeling_gemma.py`, all of it in fp32.
///
/// What a lane's hooks look at or record changes no number. Each row of an activation is the same, bit for bit, whichever rows are
/// computed with it: a prompt's beginning taken from a cache, other lanes beside it, or a last layer of which only the last row is
/// needed, make no difference.
struct ForwardPass {
  let configuration: GemmaConfiguration
  let weights: Weights
  let rotary: RotaryTable
  var lanes: [Lane]
  /// What the backward pass needs to know, if there will be one.
  let tape: Tape?
  private let keepsInputs: Bool

  /// All rows, and those that are left behind the last layer's keys and values.
  let layout: RowLayout
  let outputLayout: RowLayout

  init(_ model: GemmaModel, lanes: [Lane], tape: Tape? = nil) {
    (configuration, weights, rotary) = (model.config, model.weights, model.rotary)
    (self.lanes, self.tape, keepsInputs) = (lanes, tape, tape?.keepsInputs ?? false)
    layout = RowLayout(lanes) { $0.start }
    outputLayout = RowLayout(lanes) { $0.outputStart }
  }

  /// The normed residual stream behind the last layer, of the rows from each lane's `outputStart` on: what the unembedding reads.
  /// - Parameters:
  ///   - tokens: the tokens of each lane's rows.
  /// - Throws: `interrupted`, before any layer, if the work is asked to end; what a hook throws.
  mutating func callAsFunction(_ tokens: [[Int]]) throws -> Tensor {
    var x = weights.embedding.gathered(tokens.flatMap(\.self))
    x.scale(by: Float(configuration.width).squareRoot())
    try reach(.embedding, nil, &x, layout)
    return try run(x, from: 0)
  }

  /// The same from a layer on, given the residual stream before it, `[row, width]`.
  mutating func run(_ residual: Tensor, from first: Int) throws -> Tensor {
    let angles = rotary.angles(layout.starts, lanes.map(\.count))
    var x = residual
    for layer in first..<configuration.layers {
      if Interruption.isRequested() { throw GemmaError.interrupted }
      try reach(.residualPre, layer, &x, layout)
      try attend(&x, layer, angles)
      let rows = layer == configuration.layers - 1 ? outputLayout : layout
      try reach(.residualMid, layer, &x, rows)
      try transform(&x, layer, rows)
      try reach(.residualPost, layer, &x, rows)
    }
    for lane in lanes.indices { lanes[lane].past.advance(by: lanes[lane].count) }
    let scale: Tensor
    let final = x
    (x, scale) = try norm(x, weights.finalNorm, .finalNormScale, .finalNormalized, nil, outputLayout)
    tape?.final = NormTape(input: final, scale: scale)
    return x
  }

  /// Adds what a layer's attention writes to the residual stream. In the last layer, only the rows that are needed remain.
  private mutating func attend(_ x: inout Tensor, _ layer: Int, _ angles: RotaryAngles) throws {
    let weights = weights.layers[layer]
    let rows = layer == configuration.layers - 1 ? outputLayout : layout
    let before = x
    let (normed, scale) = try norm(x, weights.inputNorm, .attentionNormScale, .attentionNormalized, layer, layout)
    var key = heads(normed.projected(by: weights.key))
    var value = heads(normed.projected(by: weights.value))
    var query = heads(layout.narrowed(normed, to: rows).projected(by: weights.query))
    x = layout.narrowed(x, to: rows)
    try reach(.query, layer, &query, rows)
    try reach(.key, layer, &key, layout)
    try reach(.value, layer, &value, layout)
    query = query.rotated(angles.narrowed(from: layout, to: rows))
    key = key.rotated(angles)
    try reach(.rotatedQuery, layer, &query, rows)
    try reach(.rotatedKey, layer, &key, layout)
    for (lane, range) in layout.rows.enumerated() {
      _ = lanes[lane].past.append(keys: flat(key[range]), values: flat(value[range]), layer: layer)
    }
    tape?.layers[layer] = LayerTape(
      attention: NormTape(input: before, scale: scale), query: query, normed: keepsInputs ? normed : nil)
    var z = try Attention(configuration: configuration, layer: layer, queries: query, rows: rows)(&lanes, tape)
    try reach(.z, layer, &z, rows)
    if keepsInputs { tape?.layers[layer]?.z = flat(z) }
    var output = try output(z, layer, rows)
    try reach(.attentionOutput, layer, &output, rows)
    x.add(output)
  }

  /// What all heads together write, `[row, width]`. Only where a head's result is replaced are the results added up one by one.
  private mutating func output(_ z: Tensor, _ layer: Int, _ rows: RowLayout) throws -> Tensor {
    let projection = weights.layers[layer].output
    guard lanes.contains(where: { $0.hooks.acts([.result], layer) }) else {
      recordResults(z, layer, rows)
      return flat(z).projected(by: projection)
    }
    var results = results(z, projection)
    try reach(.result, layer, &results, rows)
    let isReplaced = lanes.contains { $0.hooks.replaces(.result, layer) }
    return isReplaced ? results.sum(axis: 1) : flat(z).projected(by: projection)
  }

  /// Computes the results at the positions where they are recorded.
  private mutating func recordResults(_ z: Tensor, _ layer: Int, _ rows: RowLayout) {
    for lane in lanes.indices where lanes[lane].hooks.recorder.wants(.result, layer) {
      let (kept, start) = (lanes[lane].hooks.recorder.kept, rows.starts[lane])
      let wanted = max(kept.lowerBound, start)..<max(kept.upperBound, start)
      let part = z[rows.rows[lane]][(wanted.lowerBound - start)..<(wanted.upperBound - start)]
      let results = results(part, weights.layers[layer].output)
      lanes[lane].hooks.recorder.record(.result, layer, results, start: wanted.lowerBound)
    }
  }

  /// What each head writes to the residual stream, `[row, h, width]`: its z times its columns of the output projection.
  private func results(_ z: Tensor, _ projection: WeightMatrix) -> Tensor {
    let width = configuration.headWidth
    let heads = (0..<configuration.heads).map { head in
      z.select(head, axis: 1).projected(by: projection.columns(head * width..<(head + 1) * width))
    }
    return Tensor.stack(heads, axis: 1)
  }

  /// Adds what a layer's MLP writes to the residual stream.
  private mutating func transform(_ x: inout Tensor, _ layer: Int, _ rows: RowLayout) throws {
    let weights = weights.layers[layer]
    let (normed, scale) = try norm(x, weights.mlpNorm, .mlpNormScale, .mlpNormalized, layer, rows)
    tape?.layers[layer]?.mlp = NormTape(input: x, scale: scale)
    if keepsInputs { tape?.layers[layer]?.mlpNormed = normed }
    var output: Tensor
    if needsNeurons(layer) || tape?.reservesGates(rows: rows.count, configuration) == true {
      output = try neurons(normed, layer, rows).projected(by: weights.down)
    } else {
      output = Tensor.joined(rows.mlpBlocks.map { block in gated(normed[block], layer).projected(by: weights.down) })
    }
    try reach(.mlpOutput, layer, &output, rows)
    x.add(output)
  }

  /// The neurons of all rows at once, where somebody looks at them, or a backward pass will.
  private mutating func neurons(_ normed: Tensor, _ layer: Int, _ rows: RowLayout) throws -> Tensor {
    let weights = weights.layers[layer]
    var gate = normed.projected(by: weights.gate)
    var linear = normed.projected(by: weights.up)
    try reach(.mlpPre, layer, &gate, rows)
    try reach(.mlpPreLinear, layer, &linear, rows)
    var neurons = gate.geluGating(linear)
    try reach(.mlpPost, layer, &neurons, rows)
    tape?.layers[layer]?.gates = (gate, linear)
    return neurons
  }

  private func gated(_ normed: Tensor, _ layer: Int) -> Tensor {
    normed.projected(by: weights.layers[layer].gate).geluGating(normed.projected(by: weights.layers[layer].up))
  }

  private func needsNeurons(_ layer: Int) -> Bool {
    // Gates that come of a replaced norm cannot be computed again from what the tape holds.
    if tape != nil, lanes.contains(where: { $0.hooks.replaces(.mlpNormalized, layer) }) { return true }
    return lanes.contains { lane in
      lane.hooks.acts(Self.inner, layer) || Self.inner.contains { lane.hooks.recorder.wants($0, layer) }
    }
  }

  private static let inner: Set<HookPoint.Component> = [.mlpPre, .mlpPreLinear, .mlpPost]

  /// The normed rows, times `1 + weight`, and the divisors.
  private mutating func norm(
    _ x: Tensor, _ weight: Tensor, _ scalePoint: HookPoint.Component, _ normalizedPoint: HookPoint.Component, _ layer: Int?,
    _ rows: RowLayout
  ) throws -> (normed: Tensor, scale: Tensor) {
    var (normalized, scale) = x.rootMeanSquareNormalized(epsilon: configuration.normEpsilon)
    try reach(scalePoint, layer, &scale, rows)
    if lanes.contains(where: { $0.hooks.acts([scalePoint], layer) }) { normalized = x.dividedRows(by: scale) }
    try reach(normalizedPoint, layer, &normalized, rows)
    return (normalized.scaledByOnePlus(weight), scale)
  }

  /// Passes each lane's rows of an activation through its hooks.
  private mutating func reach(
    _ component: HookPoint.Component, _ layer: Int?, _ x: inout Tensor, _ rows: RowLayout
  ) throws {
    if lanes.count == 1 { return try lanes[0].hooks.reach(component, layer, &x, start: rows.starts[0]) }
    for (lane, range) in rows.rows.enumerated() {
      if lanes[lane].hooks.acts([component], layer) {
        var part = x[range]
        try lanes[lane].hooks.reach(component, layer, &part, start: rows.starts[lane])
        x.replace(TensorPart(first: .range(range), second: .all), with: part)
      } else {
        lanes[lane].hooks.recorder.record(component, layer, x[range], start: rows.starts[lane])
      }
    }
  }

  /// `[row, heads · c]` as `[row, head, c]`.
  private func heads(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1, configuration.headWidth]) }

  /// `[row, head, c]` as `[row, heads · c]`.
  private func flat(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1]) }
}
