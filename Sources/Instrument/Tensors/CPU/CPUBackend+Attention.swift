import CKernels

/// Attention on the processor.
///
/// Queries are taken in blocks, and each block sees only the keys up to its last query, and only those that its window reaches: half of the
/// products are never computed, and the scores of a long prompt need not lie in memory all at once. Keys and values of all heads lie side by
/// side, `[key, g · c]`, and are multiplied where they lie. Blocks and heads are divided among the cores.
extension CPUBackend {
  package func attend(_ call: AttentionCall, into z: inout Tensor) -> [AttentionSquares] {
    let target = z.sharedBase()
    var (tasks, squares): ([() -> Void], [RecordedSquares]) = ([], [])
    for part in call.parts {
      let tiles = AttentionTiles(call, part)
      let recorded = RecordedSquares(call, part, gradient: false)
      squares.append(recorded)
      for block in AttentionTiles.blocks(part.positions) {
        for head in 0..<call.heads {
          let tile = AttentionTile(queries: block, keys: tiles.keys(of: block), head: head)
          tasks.append { tiles.gather(tiles.pattern(tile, recorded).pattern, tile, into: target) }
        }
      }
    }
    Parallel.perform(tasks.count) { tasks[$0]() }
    return withExtendedLifetime(tasks) { squares.map(\.squares) }
  }

  package func attentionGradient(
    _ call: AttentionCall, z: Tensor, into gradients: inout AttentionGradients
  ) -> [AttentionSquares] {
    let targets = GradientTargets(&gradients)
    var (tasks, squares): ([() -> Void], [RecordedSquares]) = ([], [])
    for part in call.parts {
      let tiles = AttentionGradientTiles(AttentionTiles(call, part), z, targets)
      let recorded = RecordedSquares(call, part, gradient: true)
      squares.append(recorded)
      for head in 0..<call.heads {
        tasks.append {
          for block in AttentionTiles.blocks(part.positions) {
            tiles.backward(AttentionTile(queries: block, keys: tiles.tiles.keys(of: block), head: head), recorded)
          }
        }
      }
    }
    Parallel.perform(tasks.count) { tasks[$0]() }
    return withExtendedLifetime(tasks) { squares.map(\.squares) }
  }

  package func scores(_ call: AttentionCall, _ part: AttentionPart) -> Tensor {
    let tiles = AttentionTiles(call, part)
    return Tensor.stack((0..<call.heads).map { tiles.scores(tiles.whole($0)) })
  }

  package func gather(_ pattern: Tensor, _ call: AttentionCall, _ part: AttentionPart, into z: inout Tensor) {
    let (tiles, target) = (AttentionTiles(call, part), z.sharedBase())
    for head in 0..<call.heads { tiles.gatherWhole(pattern.select(head), head, into: target) }
  }

  package func patternGradient(_ z: Tensor, _ call: AttentionCall, _ part: AttentionPart) -> Tensor {
    let tiles = AttentionTiles(call, part)
    return Tensor.stack((0..<call.heads).map { tiles.patternGradient(z, tiles.whole($0)) })
  }

  package func addValueGradient(
    _ pattern: Tensor, _ z: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients
  ) {
    let gradient = AttentionGradientTiles(AttentionTiles(call, part), z, GradientTargets(&gradients))
    for head in 0..<call.heads { gradient.addValueGradient(gradient.tiles.whole(head), pattern.select(head)) }
  }

  package func addScoreGradient(
    _ scores: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients
  ) {
    let gradient = AttentionGradientTiles(AttentionTiles(call, part), call.queries, GradientTargets(&gradients))
    for head in 0..<call.heads { gradient.addScoreGradient(gradient.tiles.whole(head), scores.select(head)) }
  }

  package func attendDecoding(_ call: AttentionCall, into z: inout Tensor) {
    let (target, groups, stride) = (z.sharedBase(), call.keyValueHeads, call.heads * call.headWidth)
    // A short text's attention is less work than to wake a thread.
    let work = call.parts.reduce(0) { $0 + $1.keys.shape[0] } * stride
    let tasks = work > 1 << 18 ? call.parts.count * groups : 1
    Parallel.perform(tasks) { task in
      for pair in 0..<call.parts.count * groups where tasks == 1 || pair == task {
        attend(call, call.parts[pair / groups], pair % groups, into: target)
      }
    }
  }

  /// The heads of one group, which read the same keys and values, for one text's query.
  private func attend(_ call: AttentionCall, _ part: AttentionPart, _ group: Int, into z: UnsafeMutablePointer<Float>) {
    let (heads, c, count) = (call.headsPerGroup, call.headWidth, part.keys.shape[0])
    let (stride, first) = (part.keys.shape[1], part.firstRow * call.heads * c + group * heads * c)
    var pattern = Tensor(uninitialized: [heads, count])
    let weights = pattern.sharedBase()
    ck_gemv(
      call.queries.constantBase + first, heads, c, part.keys.constantBase + group * c, ck_float32, c, stride, weights, count, 0,
      count)
    ck_scale(weights, call.scale, heads * count)
    if let cap = call.softCap { ck_soft_cap(weights, cap, heads * count) }
    ck_causal_softmax(weights, heads, count, count, .max)
    pattern.view.multiply(
      MatrixView(part.values.constantBase + group * c, rows: count, columns: c, stride: stride), into: z + first, stride: c)
    withExtendedLifetime((call, pattern)) {}
  }
}
