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
          for block in Attention.blocks(part.attention.positions) { part.backward(block, head, recorded) }
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
  func backward(_ block: Range<Int>, _ head: Int, _ recorded: RecordedSquares?) {
    let keys = attention.keys(of: block)
    let (pattern, capped) = attention.pattern(block, head)
    addValueGradient(block, keys, head, pattern)
    var square = patternGradient(block, keys, head)
    recorded?.pattern?.copy(square, block, keys, head)
    ck_softmax_gradient(pattern.constantBase, square.sharedBase(), block.count, keys.count)
    recorded?.scores?.copy(square, block, keys, head)
    addScoreGradient(block, keys, head, square, capped: capped)
    withExtendedLifetime(pattern) {}
  }

  /// All queries at once, where a hook may have replaced scores or patterns, `[h, query, key]`.
  func backward(_ patterns: Tensor, _ hooks: HookSet, _ recorder: inout ActivationRecorder) {
    let (positions, heads, layer) = (attention.positions, 0..<attention.configuration.heads, attention.layer)
    let keys = 0..<patterns.shape[2]
    for head in heads { addValueGradient(positions, keys, head, patterns.select(head)) }
    var square = Tensor.stack(heads.map { patternGradient(positions, keys, $0) })
    clearUnseen(&square, patterns)
    recorder.record(.pattern(layer: layer), square, start: positions.lowerBound)
    hooks.cut(.pattern(layer: layer), &square, start: positions.lowerBound)
    ck_softmax_gradient(patterns.constantBase, square.sharedBase(), square.shape[0] * square.shape[1], square.shape[2])
    recorder.record(.attentionScores(layer: layer), square, start: positions.lowerBound)
    hooks.cut(.attentionScores(layer: layer), &square, start: positions.lowerBound)
    let isCapped = attention.configuration.attention.softCap != nil
    for head in heads {
      // What was replaced has no gradient left; elsewhere the scores are what they were.
      let capped = isCapped ? attention.scores(positions, head, keys) : nil
      addScoreGradient(positions, keys, head, square.select(head), capped: capped)
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

  /// dz · Vᵀ, `[block, keys]`.
  private func patternGradient(_ block: Range<Int>, _ keys: Range<Int>, _ head: Int) -> Tensor {
    var square = Tensor(uninitialized: [block.count, keys.count])
    attention.view(z.constantBase, block, head).multiply(
      attention.values(head, keys).transposed, into: square.sharedBase(), stride: keys.count)
    return square
  }

  /// Adds Pᵀ · dz to the gradient of the lane's own values.
  private func addValueGradient(_ block: Range<Int>, _ keys: Range<Int>, _ head: Int, _ pattern: Tensor) {
    let rows = attention.view(z.constantBase, block, head)
    addForKeys(pattern, keys, head, rows: rows, to: targets.value, factor: 1)
  }

  /// Writes the gradient of the queries, and adds to that of the lane's own keys, given the gradient of the scores.
  /// - Parameter capped: The scores, if they were capped.
  private func addScoreGradient(_ block: Range<Int>, _ keys: Range<Int>, _ head: Int, _ gradient: Tensor, capped: Tensor?) {
    var square = gradient
    if let capped, let cap = attention.configuration.attention.softCap { square.goBackThroughSoftCap(at: cap, capped: capped) }
    let factor = attention.configuration.attention.scale
    square.view.multiply(
      attention.keys(head, keys), into: targets.query + attention.offset(block, head), stride: attention.stride, factor: factor)
    let rows = attention.view(attention.queries.constantBase, block, head)
    addForKeys(square, keys, head, rows: rows, to: targets.key, factor: factor)
    withExtendedLifetime(square) {}
  }

  /// Adds squareᵀ · rows for the keys that the lane computed itself; those before it are given.
  private func addForKeys(
    _ square: Tensor, _ keys: Range<Int>, _ head: Int, rows: MatrixView, to target: UnsafeMutablePointer<Float>, factor: Float
  ) {
    let own = keys.clamped(to: keyStart..<max(keyStart, keys.upperBound))
    guard !own.isEmpty else { return }
    let columns = MatrixView(
      square.constantBase + own.lowerBound - keys.lowerBound, rows: square.shape[0], columns: own.count, stride: keys.count)
    columns.transposed.multiply(
      rows, into: target + (head * batchRows + keyRows.lowerBound + own.lowerBound - keyStart) * c, stride: c, factor: factor,
      adding: true)
    withExtendedLifetime(square) {}
  }
}
