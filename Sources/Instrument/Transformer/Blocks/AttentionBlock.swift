import Tensors

/// The attention of one layer with its norms and its projections: what it writes into the residual stream, and the way back.
struct AttentionBlock {
  let layer: Int
  let weights: LayerWeights
  /// The rotary angles of the pass's rows; on the way back, their inverse. Nil in a model without them.
  let angles: RotaryAngles?

  init(_ weights: Weights, layer: Int, _ angles: RotaryAngles?) {
    (self.layer, self.weights, self.angles) = (layer, weights.layers[layer], angles)
  }

  /// What a backward pass needs to know of an attention.
  struct Tape {
    let norm: Norm.Tape
    /// As they meet the keys, `[row, h, c]`; in the last layer of the rows that are needed.
    let query: Tensor
    let queryNorm: Norm.Tape?
    let keyNorm: Norm.Tape?
    /// Whole patterns `[h, query, key]` of those lanes, by their index, that may have replaced them.
    let patterns: [Int: Tensor]
    let postNorm: Norm.Tape?
    /// Those heads that read something of their own.
    let readers: (query: ReaderInputs.Tape, key: ReaderInputs.Tape, value: ReaderInputs.Tape)
    /// The norm's result, `[row, width]`, and z, `[row, h · c]`, if the inputs of products are kept.
    let inputs: (normed: Tensor, z: Tensor)?
  }

  // MARK: - Forward

  /// What is added to the residual stream, given all of its rows before the layer, `[row, width]`: in the last layer, of the rows that
  /// are needed behind it.
  func forward(_ x: Tensor, in batch: inout LaneBatch) throws -> Tensor {
    let rows = batch.rows(behindAttentionOf: layer)
    let (normed, norm) = try weights.attentionNorm.forward(x, batch.layout, in: &batch)
    let (query, queryNorm, keyNorm, readers) = try appendKeysAndValues(of: normed, stream: x, in: &batch)
    let attention = Attention(configuration: batch.configuration, layer: layer, queries: query, rows: rows)
    var (z, patterns) = try attention(&batch.lanes, batch.kind)
    try batch.visit(.z(layer: layer), &z, rows)
    var output = try output(z, rows, in: &batch)
    var postNorm: Norm.Tape?
    if let norm = weights.attentionPostNorm {
      try batch.visit(.attentionOutputRaw(layer: layer), &output, rows)
      (output, postNorm) = try norm.forward(output, rows, in: &batch)
    }
    batch.tape.keep(
      Tape(
        norm: norm, query: query, queryNorm: queryNorm, keyNorm: keyNorm, patterns: patterns, postNorm: postNorm,
        readers: readers,
        inputs: batch.tape.keepsInputs ? (normed, flat(z)) : nil))
    try batch.visit(.attentionOutput(layer: layer), &output, rows)
    return output
  }

  /// Adds the rows' keys and values to each lane's, and returns the queries, `[row, h, c]`, with what the norms of both have to know.
  private func appendKeysAndValues(
    of normed: Tensor, stream: Tensor, in batch: inout LaneBatch
  ) throws -> (
    query: Tensor, queryNorm: Norm.Tape?, keyNorm: Norm.Tape?,
    readers: (query: ReaderInputs.Tape, key: ReaderInputs.Tape, value: ReaderInputs.Tape)
  ) {
    let (layout, rows) = (batch.layout, batch.rows(behindAttentionOf: layer))
    var key = heads(weights.key.forward(normed, batch.kind), batch.configuration)
    var value = heads(weights.value.forward(normed, batch.kind), batch.configuration)
    var query = heads(weights.query.forward(layout.narrowed(normed, to: rows), batch.kind), batch.configuration)
    let c = batch.configuration
    let readers = (
      query: try queryInputs(c).forward(layout.narrowed(stream, to: rows), &query, rows, in: &batch),
      key: try keyInputs(c).forward(stream, &key, layout, in: &batch),
      value: try valueInputs(c).forward(stream, &value, layout, in: &batch)
    )
    try batch.visit(.query(layer: layer), &query, rows)
    try batch.visit(.key(layer: layer), &key, layout)
    try batch.visit(.value(layer: layer), &value, layout)
    var (queryNorm, keyNorm): (Norm.Tape?, Norm.Tape?)
    if let norm = weights.queryNorm { (query, queryNorm) = try norm.forward(query, rows, in: &batch) }
    if let norm = weights.keyNorm { (key, keyNorm) = try norm.forward(key, layout, in: &batch) }
    if let angles {
      query = query.rotated(angles.narrowed(from: layout, to: rows))
      key = key.rotated(angles)
      try batch.visit(.rotatedQuery(layer: layer), &query, rows)
      try batch.visit(.rotatedKey(layer: layer), &key, layout)
    }
    for (lane, range) in layout.rows.enumerated() {
      batch.lanes[lane].past.append(keys: flat(key[range]), values: flat(value[range]), layer: layer)
    }
    return (query, queryNorm, keyNorm, readers)
  }

  /// What all heads together write, `[row, width]`. Only where a head's result is replaced are the results added up one by one.
  private func output(_ z: Tensor, _ rows: RowLayout, in batch: inout LaneBatch) throws -> Tensor {
    let point = HookPoint.result(layer: layer)
    guard batch.acts(at: [point]) else {
      recordResults(z, rows, in: &batch)
      return weights.output.forward(flat(z), batch.kind)
    }
    var results = results(z, batch.configuration)
    try batch.visit(point, &results, rows)
    guard batch.replaces(point) else { return weights.output.forward(flat(z), batch.kind) }
    var sum = results.sum(axis: 1)
    if let bias = weights.output.bias { sum.addToRows(bias) }
    return sum
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

  /// What each head gives, `[row, h, width]`: its z times its columns of the output projection.
  private func results(_ z: Tensor, _ configuration: ModelConfiguration) -> Tensor {
    let heads = (0..<configuration.heads).map { head in
      z.select(head, axis: 1).projected(by: weights.output.weight.columns(configuration.columns(ofHead: head)))
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
    if let norm = weights.attentionPostNorm, let postNorm = tape.postNorm {
      output = norm.backward(output, postNorm, rows, in: &batch)
      batch.visit(.attentionOutputRaw(layer: layer), &output, rows)
    }
    weights.output.addGradients(to: batch.weightGradients, output, input: tape.inputs?.z)
    var z = backwardToZ(output, rows, in: &batch)
    batch.visit(.z(layer: layer), &z, rows)
    let attention = AttentionGradient(
      configuration: batch.forward.configuration, layer: layer, z: z, rows: rows, layout: layout)
    var (query, key, value) = attention(tape, batch.forward.lanes, &batch.recorders)
    backwardThroughAngles(&query, &key, tape, in: &batch)
    batch.visit(.query(layer: layer), &query, rows)
    batch.visit(.key(layer: layer), &key, layout)
    batch.visit(.value(layer: layer), &value, layout)
    let own = backwardToReaders(&query, &key, &value, tape, in: &batch)
    let input = tape.inputs?.normed
    weights.query.addGradients(to: batch.weightGradients, flat(query), input: input.map { layout.narrowed($0, to: rows) })
    weights.key.addGradients(to: batch.weightGradients, flat(key), input: input)
    weights.value.addGradients(to: batch.weightGradients, flat(value), input: input)
    var normed = layout.widened(weights.query.backward(flat(query)), from: rows)
    normed.addProjectedBack(flat(key), by: weights.key.weight)
    normed.addProjectedBack(flat(value), by: weights.value.weight)
    var stream = weights.attentionNorm.backward(normed, tape.norm, layout, in: &batch)
    for gradient in own { stream.add(gradient) }
    return stream
  }

  /// From the gradients of queries, keys and values to what single heads read: those of the stream through heads that read something of their
  /// own, `[row, width]` each.
  private func backwardToReaders(
    _ query: inout Tensor, _ key: inout Tensor, _ value: inout Tensor, _ tape: Tape, in batch: inout GradientBatch
  ) -> [Tensor] {
    let (layout, rows, c) = (
      batch.forward.layout, batch.forward.rows(behindAttentionOf: layer), batch.forward.configuration
    )
    let narrowed = Norm.Tape(
      input: layout.narrowed(tape.norm.input, to: rows), scale: layout.narrowed(tape.norm.scale, to: rows))
    let ofQueries = queryInputs(c).backward(&query, tape.readers.query, narrowed, rows, in: &batch)
    return [
      ofQueries.map { layout.widened($0, from: rows) },
      keyInputs(c).backward(&key, tape.readers.key, tape.norm, layout, in: &batch),
      valueInputs(c).backward(&value, tape.readers.value, tape.norm, layout, in: &batch),
    ].compactMap(\.self)
  }

  /// From the gradients of queries and keys as they meet to those before rotary embedding and their norms.
  private func backwardThroughAngles(_ query: inout Tensor, _ key: inout Tensor, _ tape: Tape, in batch: inout GradientBatch) {
    let (layout, rows) = (batch.forward.layout, batch.forward.rows(behindAttentionOf: layer))
    if let angles {
      batch.visit(.rotatedQuery(layer: layer), &query, rows)
      batch.visit(.rotatedKey(layer: layer), &key, layout)
      query = query.rotated(angles.narrowed(from: layout, to: rows))
      key = key.rotated(angles)
    }
    if let norm = weights.queryNorm, let saved = tape.queryNorm { query = norm.backward(query, saved, rows, in: &batch) }
    if let norm = weights.keyNorm, let saved = tape.keyNorm { key = norm.backward(key, saved, layout, in: &batch) }
  }

  /// The gradient of z, given that of the attention's output, which is also that of each head's result. Where a result was replaced, it
  /// ends for that head.
  private func backwardToZ(_ output: Tensor, _ rows: RowLayout, in batch: inout GradientBatch) -> Tensor {
    let (point, configuration) = (HookPoint.result(layer: layer), batch.forward.configuration)
    let isReplaced = batch.forward.replaces(point)
    guard isReplaced || batch.recorders.contains(where: { $0.wants(point) }) else {
      return heads(weights.output.backward(output), configuration)
    }
    var results = Tensor.stackColumns(Array(repeating: output, count: configuration.heads))
    batch.visit(point, &results, rows)
    guard isReplaced else { return heads(weights.output.backward(output), configuration) }
    let parts = (0..<configuration.heads).map { head in
      results.select(head, axis: 1).projectedBack(by: weights.output.weight.columns(configuration.columns(ofHead: head)))
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
