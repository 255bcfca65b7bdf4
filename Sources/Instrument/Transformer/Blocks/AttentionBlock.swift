import Tensors

/// The attention of one layer with its norm and its projections: what it writes into the residual stream, and the way back.
struct AttentionBlock {
  let layer: Int
  let weights: LayerWeights
  /// The rotary angles of the pass's rows; on the way back, their inverse.
  let angles: RotaryAngles

  init(_ weights: Weights, layer: Int, _ angles: RotaryAngles) {
    (self.layer, self.weights, self.angles) = (layer, weights.layers[layer], angles)
  }

  /// What a backward pass needs to know of an attention.
  struct Tape {
    let norm: Norm.Tape
    /// After rotary embedding, `[row, h, c]`; in the last layer of the rows that are needed.
    let query: Tensor
    /// Whole patterns `[h, query, key]` of those lanes, by their index, that may have replaced them.
    let patterns: [Int: Tensor]
    /// The norm's result, `[row, width]`, and z, `[row, h · c]`, if the inputs of products are kept.
    let inputs: (normed: Tensor, z: Tensor)?
  }

  // MARK: - Forward

  /// What is added to the residual stream, given all of its rows before the layer, `[row, width]`: in the last layer, of the rows that
  /// are needed behind it.
  func forward(_ x: Tensor, in batch: inout LaneBatch) throws -> Tensor {
    let rows = batch.rows(behindAttentionOf: layer)
    let (normed, norm) = try weights.attentionNorm.forward(x, batch.layout, in: &batch)
    let query = try appendKeysAndValues(of: normed, in: &batch)
    let attention = Attention(configuration: batch.configuration, layer: layer, queries: query, rows: rows)
    var (z, patterns) = try attention(&batch.lanes)
    try batch.visit(.z(layer: layer), &z, rows)
    batch.tape.keep(
      Tape(norm: norm, query: query, patterns: patterns, inputs: batch.tape.keepsInputs ? (normed, flat(z)) : nil))
    var output = try output(z, rows, in: &batch)
    try batch.visit(.attentionOutput(layer: layer), &output, rows)
    return output
  }

  /// Adds the rows' keys and values to each lane's, and returns the queries, `[row, h, c]`.
  private func appendKeysAndValues(of normed: Tensor, in batch: inout LaneBatch) throws -> Tensor {
    let (layout, rows) = (batch.layout, batch.rows(behindAttentionOf: layer))
    var key = heads(normed.projected(by: weights.key), batch.configuration)
    var value = heads(normed.projected(by: weights.value), batch.configuration)
    var query = heads(layout.narrowed(normed, to: rows).projected(by: weights.query), batch.configuration)
    try batch.visit(.query(layer: layer), &query, rows)
    try batch.visit(.key(layer: layer), &key, layout)
    try batch.visit(.value(layer: layer), &value, layout)
    query = query.rotated(angles.narrowed(from: layout, to: rows))
    key = key.rotated(angles)
    try batch.visit(.rotatedQuery(layer: layer), &query, rows)
    try batch.visit(.rotatedKey(layer: layer), &key, layout)
    for (lane, range) in layout.rows.enumerated() {
      _ = batch.lanes[lane].past.append(keys: flat(key[range]), values: flat(value[range]), layer: layer)
    }
    return query
  }

  /// What all heads together write, `[row, width]`. Only where a head's result is replaced are the results added up one by one.
  private func output(_ z: Tensor, _ rows: RowLayout, in batch: inout LaneBatch) throws -> Tensor {
    let point = HookPoint.result(layer: layer)
    guard batch.acts(at: [point]) else {
      recordResults(z, rows, in: &batch)
      return flat(z).projected(by: weights.output)
    }
    var results = results(z, batch.configuration)
    try batch.visit(point, &results, rows)
    return batch.replaces(point) ? results.sum(axis: 1) : flat(z).projected(by: weights.output)
  }

  /// Computes the results at the positions where they are recorded.
  private func recordResults(_ z: Tensor, _ rows: RowLayout, in batch: inout LaneBatch) {
    for lane in batch.lanes.indices where batch.lanes[lane].hooks.recorder.wants(.result(layer: layer)) {
      let (kept, start) = (batch.lanes[lane].hooks.recorder.kept, rows.starts[lane])
      let wanted = max(kept.lowerBound, start)..<max(kept.upperBound, start)
      let part = z[rows.rows[lane]][(wanted.lowerBound - start)..<(wanted.upperBound - start)]
      let results = results(part, batch.configuration)
      batch.lanes[lane].hooks.recorder.record(.result(layer: layer), results, start: wanted.lowerBound)
    }
  }

  /// What each head writes to the residual stream, `[row, h, width]`: its z times its columns of the output projection.
  private func results(_ z: Tensor, _ configuration: ModelConfiguration) -> Tensor {
    let heads = (0..<configuration.heads).map { head in
      z.select(head, axis: 1).projected(by: weights.output.columns(configuration.columns(ofHead: head)))
    }
    return Tensor.stackColumns(heads)
  }

  // MARK: - Backward

  /// What comes through the attention to the gradient of the residual stream before it, given that behind it. Rows that the
  /// last layer left out of its queries come back.
  func backward(_ gradient: Tensor, _ tape: Tape, in batch: inout GradientBatch) -> Tensor {
    let (layout, rows) = (batch.forward.layout, batch.forward.rows(behindAttentionOf: layer))
    var output = gradient
    batch.visit(.attentionOutput(layer: layer), &output, rows)
    if let inputs = tape.inputs { batch.weightGradients?.add(.layer(layer, .output), gradient: output, input: inputs.z) }
    var z = backwardToZ(output, rows, in: &batch)
    batch.visit(.z(layer: layer), &z, rows)
    let attention = AttentionGradient(
      configuration: batch.forward.configuration, layer: layer, z: z, rows: rows, layout: layout)
    var (query, key, value) = attention(tape, batch.forward.lanes, &batch.recorders)
    batch.visit(.rotatedQuery(layer: layer), &query, rows)
    batch.visit(.rotatedKey(layer: layer), &key, layout)
    query = query.rotated(angles.narrowed(from: layout, to: rows))
    key = key.rotated(angles)
    batch.visit(.query(layer: layer), &query, rows)
    batch.visit(.key(layer: layer), &key, layout)
    batch.visit(.value(layer: layer), &value, layout)
    if let input = tape.inputs?.normed {
      batch.weightGradients?.add(.layer(layer, .query), gradient: flat(query), input: layout.narrowed(input, to: rows))
      batch.weightGradients?.add(.layer(layer, .key), gradient: flat(key), input: input)
      batch.weightGradients?.add(.layer(layer, .value), gradient: flat(value), input: input)
    }
    var normed = layout.widened(flat(query).projectedBack(by: weights.query), from: rows)
    normed.addProjectedBack(flat(key), by: weights.key)
    normed.addProjectedBack(flat(value), by: weights.value)
    return weights.attentionNorm.backward(normed, tape.norm, layout, in: &batch)
  }

  /// The gradient of z, given that of the attention's output, which is also that of each head's result. Where a result was replaced, it
  /// ends for that head.
  private func backwardToZ(_ output: Tensor, _ rows: RowLayout, in batch: inout GradientBatch) -> Tensor {
    let (point, configuration) = (HookPoint.result(layer: layer), batch.forward.configuration)
    let isReplaced = batch.forward.replaces(point)
    guard isReplaced || batch.recorders.contains(where: { $0.wants(point) }) else {
      return heads(output.projectedBack(by: weights.output), configuration)
    }
    var results = Tensor.stackColumns(Array(repeating: output, count: configuration.heads))
    batch.visit(point, &results, rows)
    guard isReplaced else { return heads(output.projectedBack(by: weights.output), configuration) }
    let parts = (0..<configuration.heads).map { head in
      results.select(head, axis: 1).projectedBack(by: weights.output.columns(configuration.columns(ofHead: head)))
    }
    return Tensor.stackColumns(parts)
  }

  // MARK: - Shapes

  /// `[row, heads · c]` as `[row, head, c]`.
  private func heads(_ x: Tensor, _ configuration: ModelConfiguration) -> Tensor {
    x.reshaped([x.shape[0], -1, configuration.headWidth])
  }

  /// `[row, head, c]` as `[row, heads · c]`.
  private func flat(_ x: Tensor) -> Tensor { x.reshaped([x.shape[0], -1]) }
}

extension ModelConfiguration {
  /// The columns of the output projection that read a head's z.
  func columns(ofHead head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }
}
