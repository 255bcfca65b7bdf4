import Tensors

/// The way back through the attention of one layer: from the gradient of z to those of the rotated queries and keys, and of the values.
///
/// Patterns are computed again, as `Attention` computed them.
struct AttentionGradient {
  let configuration: ModelConfiguration
  let layer: Int
  /// The gradient of z, `[row, h, c]`.
  let z: Tensor
  let rows: RowLayout
  /// Where the keys' rows lie.
  let layout: RowLayout

  /// The gradients of the query, `[row, h, c]`, and of the lanes' own keys and values, `[row, g, c]`.
  func callAsFunction(
    _ saved: AttentionBlock.Tape, _ lanes: [Lane], _ recorders: inout [ActivationRecorder]
  ) -> (query: Tensor, key: Tensor, value: Tensor) {
    let attention = Attention(configuration: configuration, layer: layer, queries: saved.query, rows: rows)
    let backend = saved.query.backend
    let (call, z) = (attention.call(), z.moved(to: backend))
    var gradients = AttentionGradients(call, rows: layout.count)
    let part = { (lane: Int, recorder: ActivationRecorder?) in
      attention.part(lanes[lane], lane, ownRow: layout.rows[lane].lowerBound, recording: recorder)
    }
    let others = lanes.indices.filter { saved.patterns[$0] == nil }
    if !others.isEmpty {
      let parts = attention.call(others.map { part($0, recorders[$0]) })
      let squares = backend.attentionGradient(parts, z: z, into: &gradients)
      for (lane, recorded) in zip(others, squares) { recorders[lane].keep(recorded, layer) }
    }
    for lane in lanes.indices {
      guard let patterns = saved.patterns[lane] else { continue }
      whole(patterns, call, part(lane, nil), lanes[lane].hooks, &recorders[lane], z, &gradients)
    }
    return (
      gradients.query, AttentionGradients.groups(gradients.key, call), AttentionGradients.groups(gradients.value, call)
    )
  }

  /// All queries of a lane at once, where a hook may have replaced scores or patterns, `[h, query, key]`.
  private func whole(
    _ patterns: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ hooks: HookSet, _ recorder: inout ActivationRecorder,
    _ z: Tensor, _ gradients: inout AttentionGradients
  ) {
    let (backend, start) = (z.backend, part.positions.lowerBound)
    backend.addValueGradient(patterns, z, call, part, to: &gradients)
    var square = backend.patternGradient(z, call, part)
    // Where a query does not look, a pattern has no gradient; unless a hook has lifted the mask.
    square.setUnseen(to: 0, seeing: call.columns(part), where: patterns)
    recorder.record(.pattern(layer: layer), square, start: start)
    hooks.goBack(.pattern(layer: layer), &square, start: start)
    square.goBackThroughSoftmax(pattern: patterns)
    recorder.record(.attentionScores(layer: layer), square, start: start)
    hooks.goBack(.attentionScores(layer: layer), &square, start: start)
    // What was replaced has no gradient left; elsewhere the scores are what they were.
    if let cap = call.softCap { square.goBackThroughSoftCap(at: cap, capped: backend.scores(call, part)) }
    backend.addScoreGradient(square, call, part, to: &gradients)
  }
}
