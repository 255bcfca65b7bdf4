import CKernels
import Tensors

/// The way back through the attention of one layer: from the gradient of z to those of the rotated queries and keys, and of the values.
///
/// Patterns are computed again, block by block, as `Attention` computed them. Heads that share keys and values are computed side by side,
/// and added up in the order of the heads.
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
    var query = Tensor(uninitialized: saved.query.shape)
    let perHead = [configuration.heads, layout.count, configuration.headWidth]
    var (keys, values) = (Tensor(repeating: 0, shape: perHead), Tensor(repeating: 0, shape: perHead))
    let targets = Targets(query: query.sharedBase(), key: keys.sharedBase(), value: values.sharedBase())
    var (tasks, squares): ([() -> Void], [RecordedSquares?]) = ([], [])
    for lane in lanes.indices {
      let part = LaneGradient(self, LaneAttention(attention, lanes[lane], lane), lane: lane, start: lanes[lane].start, targets)
      if let patterns = saved.patterns[lane] {
        squares.append(nil)
        part.backward(patterns, lanes[lane].hooks, &recorders[lane])
        continue
      }
      let recorded = RecordedSquares(gradient: recorders[lane], part.attention)
      squares.append(recorded)
      for head in 0..<configuration.heads {
        tasks.append {
          for block in Attention.blocks(part.attention.positions) {
            part.backward(AttentionTile(queries: block, keys: part.attention.keys(of: block), head: head), recorded)
          }
        }
      }
    }
    Parallel.perform(tasks.count) { tasks[$0]() }
    for lane in lanes.indices { squares[lane]?.keep(in: &recorders[lane], layer) }
    return withExtendedLifetime(tasks) { (query, addedUp(keys), addedUp(values)) }
  }

  /// The sums over the query heads of each key and value head: `[h, row, c]` becomes `[row, g, c]`.
  private func addedUp(_ perHead: Tensor) -> Tensor {
    let sums = (0..<configuration.keyValueHeads).map { group in
      let first = group * configuration.headsPerKeyValueHead
      var sum = perHead.select(first)
      for head in first + 1..<max(first + configuration.headsPerKeyValueHead, first + 1) { sum.add(perHead.select(head)) }
      return sum
    }
    return sums.count == 1 ? sums[0].reshaped([layout.count, 1, configuration.headWidth]) : Tensor.stackColumns(sums)
  }

  /// Where the gradients are written: query `[row, h, c]`, key and value `[h, row, c]`.
  fileprivate struct Targets {
    let query: UnsafeMutablePointer<Float>
    let key: UnsafeMutablePointer<Float>
    let value: UnsafeMutablePointer<Float>
  }
}

/// The part of one lane.
private struct LaneGradient {
  let attention: LaneAttention
  private let z: Tensor
  private let targets: AttentionGradient.Targets
  private let keyRows: Range<Int>
  private let keyStart: Int
  private let batchRows: Int

  /// - Parameter start: the position of the first key that the lane computed itself.
  init(
    _ gradient: AttentionGradient, _ attention: LaneAttention, lane: Int, start: Int, _ targets: AttentionGradient.Targets
  ) {
    (self.attention, z, self.targets) = (attention, gradient.z, targets)
    (keyRows, keyStart, batchRows) = (gradient.layout.rows[lane], start, gradient.layout.count)
  }

  private var c: Int { attention.configuration.headWidth }

  /// One block of queries of one head.
  func backward(_ tile: AttentionTile, _ recorded: RecordedSquares?) {
    let (pattern, capped) = attention.pattern(tile)
    addValueGradient(tile, pattern)
    var square = patternGradient(tile)
    recorded?.pattern?.copy(square, tile)
    ck_softmax_gradient(pattern.constantBase, square.sharedBase(), tile.queries.count, tile.keys.count)
    recorded?.scores?.copy(square, tile)
    addScoreGradient(tile, square, capped: capped)
    withExtendedLifetime(pattern) {}
  }

  /// All queries at once, where a hook may have replaced scores or patterns, `[h, query, key]`.
  func backward(_ patterns: Tensor, _ hooks: HookSet, _ recorder: inout ActivationRecorder) {
    let (positions, layer) = (attention.positions, attention.layer)
    let tiles = (0..<attention.configuration.heads).map {
      AttentionTile(queries: positions, keys: 0..<patterns.shape[2], head: $0)
    }
    for tile in tiles { addValueGradient(tile, patterns.select(tile.head)) }
    var square = Tensor.stack(tiles.map { patternGradient($0) })
    clearUnseen(&square, patterns)
    recorder.record(.pattern(layer: layer), square, start: positions.lowerBound)
    hooks.cut(.pattern(layer: layer), &square, start: positions.lowerBound)
    ck_softmax_gradient(patterns.constantBase, square.sharedBase(), square.shape[0] * square.shape[1], square.shape[2])
    recorder.record(.attentionScores(layer: layer), square, start: positions.lowerBound)
    hooks.cut(.attentionScores(layer: layer), &square, start: positions.lowerBound)
    let isCapped = attention.configuration.attention.softCap != nil
    for tile in tiles {
      // What was replaced has no gradient left; elsewhere the scores are what they were.
      addScoreGradient(tile, square.select(tile.head), capped: isCapped ? attention.scores(tile) : nil)
    }
    withExtendedLifetime(patterns) {}
  }

  /// Where a query does not look, a pattern has no gradient; unless a hook has lifted the mask.
  private func clearUnseen(_ square: inout Tensor, _ patterns: Tensor) {
    let (keys, positions) = (square.shape[2], attention.positions)
    square.withUnsafeMutableElements { square in
      patterns.withUnsafeElements { patterns in
        for row in 0..<square.count / keys {
          let visible = attention.visible(positions.lowerBound + row % positions.count)
          for key in 0..<keys where !visible.contains(key) && patterns[row * keys + key] == 0 { square[row * keys + key] = 0 }
        }
      }
    }
  }

  /// dz · Vᵀ, `[query, key]`.
  private func patternGradient(_ tile: AttentionTile) -> Tensor {
    var square = Tensor(uninitialized: [tile.queries.count, tile.keys.count])
    attention.view(z.constantBase, tile).multiply(
      attention.values(tile).transposed, into: square.sharedBase(), stride: tile.keys.count)
    return square
  }

  /// Adds Pᵀ · dz to the gradient of the lane's own values.
  private func addValueGradient(_ tile: AttentionTile, _ pattern: Tensor) {
    addForKeys(pattern, tile, rows: attention.view(z.constantBase, tile), to: targets.value, factor: 1)
  }

  /// Writes the gradient of the queries, and adds to that of the lane's own keys, given the gradient of the scores.
  /// - Parameter capped: The scores, if they were capped.
  private func addScoreGradient(_ tile: AttentionTile, _ gradient: Tensor, capped: Tensor?) {
    var square = gradient
    if let capped, let cap = attention.configuration.attention.softCap { square.goBackThroughSoftCap(at: cap, capped: capped) }
    let factor = attention.configuration.attention.scale
    square.view.multiply(
      attention.keys(tile), into: targets.query + attention.offset(tile), stride: attention.stride, factor: factor)
    let rows = attention.view(attention.queries.constantBase, tile)
    addForKeys(square, tile, rows: rows, to: targets.key, factor: factor)
    withExtendedLifetime(square) {}
  }

  /// Adds squareᵀ · rows for the keys that the lane computed itself; those before it are given.
  private func addForKeys(
    _ square: Tensor, _ tile: AttentionTile, rows: MatrixView, to target: UnsafeMutablePointer<Float>, factor: Float
  ) {
    let keys = tile.keys
    let own = keys.clamped(to: keyStart..<max(keyStart, keys.upperBound))
    guard !own.isEmpty else { return }
    let columns = MatrixView(
      square.constantBase + own.lowerBound - keys.lowerBound, rows: square.shape[0], columns: own.count, stride: keys.count)
    columns.transposed.multiply(
      rows, into: target + (tile.head * batchRows + keyRows.lowerBound + own.lowerBound - keyStart) * c, stride: c,
      factor: factor,
      adding: true)
    withExtendedLifetime(square) {}
  }
}
