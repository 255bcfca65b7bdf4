import Tensors

/// The attention of one layer: scores, pattern, and the values that the pattern gathers. A `Backend` computes it; here stands which lanes take
/// part, and what their hooks see of it.
struct Attention {
  let configuration: ModelConfiguration
  let layer: Int
  /// As they meet the keys, `[row, h, c]`, of all lanes.
  let queries: Tensor
  let rows: RowLayout

  private var scores: HookPoint { .attentionScores(layer: layer) }
  private var pattern: HookPoint { .pattern(layer: layer) }

  /// z, `[row, h, c]`, and the whole patterns, `[h, query, key]`, of those lanes, by their index, whose hooks act on them. Scores and
  /// patterns pass through the lanes' hooks, and are recorded if they are wanted.
  func callAsFunction(_ lanes: inout [Lane], _ kind: ProductKind) throws -> (z: Tensor, patterns: [Int: Tensor]) {
    let backend = queries.backend
    var z = backend.allocate(queries.shape)
    if kind == .decoding {
      backend.attendDecoding(call(lanes.indices.map { latest(lanes[$0], $0) }), into: &z)
      return (z, [:])
    }
    let isWhole = lanes.map { $0.hooks.acts(at: [scores, pattern]) }
    let others = lanes.indices.filter { !isWhole[$0] }
    if !others.isEmpty {
      let squares = backend.attend(call(others.map { part(lanes[$0], $0, recording: lanes[$0].hooks.recorder) }), into: &z)
      for (lane, recorded) in zip(others, squares) { lanes[lane].hooks.recorder.keep(recorded, layer) }
    }
    var patterns: [Int: Tensor] = [:]
    for lane in lanes.indices where isWhole[lane] { patterns[lane] = try whole(&lanes[lane], lane, into: &z) }
    return (z, patterns)
  }

  /// The arithmetic of some lanes.
  func call(_ parts: [AttentionPart] = []) -> AttentionCall {
    AttentionCall(
      heads: configuration.heads, keyValueHeads: configuration.keyValueHeads, headWidth: configuration.headWidth,
      scale: configuration.attention.scale, softCap: configuration.attention.softCap, window: configuration.windows[layer],
      queries: queries, parts: parts)
  }

  /// The part of a lane: its queries, and all keys and values up to the last of them.
  /// - Parameter ownRow: its first row among all lanes' own keys.
  func part(_ lane: Lane, _ index: Int, ownRow: Int = 0, recording recorder: ActivationRecorder? = nil) -> AttentionPart {
    let (keys, values) = lane.past.layer(layer, length: lane.end, on: queries.backend)
    let kept = { (point: HookPoint) in recorder.flatMap { $0.wants(point) ? $0.kept : nil } }
    return AttentionPart(
      positions: rows.starts[index]..<lane.end, firstRow: rows.rows[index].lowerBound, keys: keys, values: values,
      firstOwn: (lane.start, ownRow), recordedScores: kept(scores), recordedPattern: kept(pattern))
  }

  /// The part of a lane of which one token is read, with the keys and values that it sees.
  private func latest(_ lane: Lane, _ index: Int) -> AttentionPart {
    let (keys, values) = lane.past.latest(layer, before: lane.past.count + 1, on: queries.backend)
    let first = max(0, keys.shape[0] - (configuration.windows[layer] ?? .max))
    return AttentionPart(
      positions: lane.start..<lane.end, firstRow: rows.rows[index].lowerBound, keys: keys[first...], values: values[first...])
  }

  /// Scores and patterns of all queries and keys at once, `[h, query, key]`, where a hook may change them. Returns the patterns.
  private func whole(_ lane: inout Lane, _ index: Int, into z: inout Tensor) throws -> Tensor {
    let (call, part) = (call(), part(lane, index))
    var square = z.backend.scores(call, part)
    square.setUnseen(to: -.infinity, seeing: call.columns(part))
    try lane.hooks.visit(scores, &square, start: part.positions.lowerBound)
    // Who replaces scores may also lift the mask.
    square.applySoftmax()
    try lane.hooks.visit(pattern, &square, start: part.positions.lowerBound)
    let gathered = square.moved(to: z.backend)
    z.backend.gather(gathered, call, part, into: &z)
    return gathered
  }
}

extension ActivationRecorder {
  /// Keeps what was recorded of an attention.
  mutating func keep(_ squares: AttentionSquares, _ layer: Int) {
    if let scores = squares.scores { keep(.attentionScores(layer: layer), scores) }
    if let pattern = squares.pattern { keep(.pattern(layer: layer), pattern) }
  }
}
