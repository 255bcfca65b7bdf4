import Tensors

/// One prompt among those that a pass computes side by side: its rows lie together in every activation of the batch.
///
/// Lanes share the products with the weights, which are faster for more rows; everything else is each lane's own: its keys and values, its
/// positions, its hooks. A lane need not begin at its prompt's first token: what `past` holds is not computed again.
struct Lane {
  /// The position of the first row.
  let start: Int
  /// How many rows there are.
  let count: Int
  /// The first position whose final residual stream somebody needs: the last layer computes no query, and no MLP, before it.
  let outputStart: Int
  /// Keys and values; at the beginning those of the positions before `start`.
  var past: KeyValueCache
  /// What happens at hook points.
  var hooks: HookSet

  init(start: Int, count: Int, outputStart: Int? = nil, past: KeyValueCache, hooks: HookSet) {
    (self.start, self.count, self.past, self.hooks) = (start, count, past, hooks)
    self.outputStart = max(start, outputStart ?? start)
  }

  var end: Int { start + count }
  var positions: Range<Int> { start..<end }
}

/// The lanes of a forward pass, where their rows lie, and what the pass keeps for a backward pass.
struct LaneBatch {
  let configuration: ModelConfiguration
  var lanes: [Lane]
  /// Where all rows of the lanes lie.
  let layout: RowLayout
  /// Where those rows lie that are left behind the last layer's keys and values.
  let outputLayout: RowLayout
  /// Which kernel computes the products.
  let kind: ProductKind
  var tape = TapeRecorder.off

  init(_ lanes: [Lane], _ configuration: ModelConfiguration, _ kind: ProductKind) {
    (self.lanes, self.configuration, self.kind) = (lanes, configuration, kind)
    layout = RowLayout(lanes) { $0.start }
    outputLayout = RowLayout(lanes) { $0.outputStart }
  }

  /// The rows that are left behind a layer's attention.
  func rows(behindAttentionOf layer: Int) -> RowLayout { layer == configuration.layers - 1 ? outputLayout : layout }

  /// Whether a hook of any lane acts at one of the points, besides recording.
  func acts(at points: [HookPoint]) -> Bool { lanes.contains { $0.hooks.acts(at: points) } }

  /// Whether any lane acts on or records what is at a point.
  func looks(at point: HookPoint) -> Bool { lanes.contains { $0.hooks.recorder.wants(point) || $0.hooks.acts(at: [point]) } }

  /// Whether a hook of any lane replaces what is at a point.
  func replaces(_ point: HookPoint) -> Bool { lanes.contains { $0.hooks.replaces(point) } }

  /// Passes each lane's rows of an activation through its hooks.
  mutating func visit(_ point: HookPoint, _ x: inout Tensor, _ rows: RowLayout) throws {
    if lanes.count == 1 { return try lanes[0].hooks.visit(point, &x, start: rows.starts[0]) }
    for (lane, range) in rows.rows.enumerated() {
      if lanes[lane].hooks.acts(at: [point]) {
        var part = x[range]
        try lanes[lane].hooks.visit(point, &part, start: rows.starts[lane])
        x.replace(TensorPart(first: .range(range), second: .all), with: part)
      } else {
        lanes[lane].hooks.recorder.record(point, x[range], start: rows.starts[lane])
      }
    }
  }
}

/// The lanes of a backward pass: those of the forward pass, and what is recorded and added up on the way back.
struct GradientBatch {
  /// The lanes as the forward pass left them.
  let forward: LaneBatch
  /// What is recorded of each lane.
  var recorders: [ActivationRecorder]
  /// Where gradients of weights are added up, if they are wanted.
  let weightGradients: WeightGradients?

  /// Records each lane's rows of a gradient, and takes it back through what replaced the activation.
  mutating func visit(_ point: HookPoint, _ gradient: inout Tensor, _ rows: RowLayout) {
    for (lane, range) in rows.rows.enumerated() {
      let start = rows.starts[lane]
      recorders[lane].record(point, gradient[range], start: start)
      guard forward.lanes[lane].hooks.replaces(point) else { continue }
      var part = gradient[range]
      forward.lanes[lane].hooks.goBack(point, &part, start: start)
      gradient.replace(TensorPart(first: .range(range), second: .all), with: part)
    }
  }
}

/// Where the lanes' rows lie in a batch: of all their positions, or, in the last layer, from each lane's first needed one on.
struct RowLayout {
  /// The rows of each lane in the batch.
  let rows: [Range<Int>]
  /// The position of each lane's first row.
  let starts: [Int]

  init(_ lanes: [Lane], from start: (Lane) -> Int) {
    var (rows, next): ([Range<Int>], Int) = ([], 0)
    for lane in lanes {
      let count = lane.end - start(lane)
      rows.append(next..<next + count)
      next += count
    }
    (self.rows, starts) = (rows, lanes.map(start))
  }

  var count: Int { rows.last?.upperBound ?? 0 }

  /// The rows in equal parts, of as many rows as make products run at speed, and no more: the neurons of a long prompt need not lie in memory
  /// all at once.
  func blocks(of rows: Int) -> [Range<Int>] {
    let parts = max(1, (count + rows - 1) / rows)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }

  /// The rows of `x` that belong to another layout, which begins later in some lanes.
  func narrowed(_ x: Tensor, to other: RowLayout) -> Tensor {
    guard other.count != count else { return x }
    if rows.count == 1 { return x[(count - other.count)...] }
    var result = Tensor(uninitialized: [other.count] + x.shape.dropFirst())
    for (from, to) in zip(rows, other.rows) {
      result.replace(TensorPart(first: .range(to), second: .all), with: x[(from.upperBound - to.count)..<from.upperBound])
    }
    return result
  }

  /// The way of gradients back through `narrowed`: `x` has the rows of the other layout, and those that it lacks become 0.
  func widened(_ x: Tensor, from other: RowLayout) -> Tensor {
    guard other.count != count else { return x }
    var result = Tensor(repeating: 0, shape: [count] + x.shape.dropFirst())
    for (to, from) in zip(rows, other.rows) {
      result.replace(TensorPart(first: .range(to.upperBound - from.count..<to.upperBound), second: .all), with: x[from])
    }
    return result
  }
}
