import CKernels
import Tensors

/// The attention of one layer: scores, pattern, and the values that the pattern gathers.
///
/// Queries are taken in blocks, and each block sees only the keys up to its last query: half of the products are never computed, and the
/// scores of a long prompt need not lie in memory all at once. Keys and values of all heads lie side by side, `[key, g · c]`, and are
/// multiplied where they lie. Several query heads read the same key head when there are fewer of those. Blocks and heads are divided
/// among the cores.
struct Attention {
  let configuration: ModelConfiguration
  let layer: Int
  /// After rotary embedding, `[row, h, c]`, of all lanes.
  let queries: Tensor
  let rows: RowLayout

  /// Large enough for products to run at speed, small enough for a block's scores to stay in the cache.
  static let block = 128

  /// The queries at some positions in blocks. Blocks begin at multiples of their length, wherever the first query is: so that sums over
  /// queries are the same for a part of a prompt as for all of it.
  static func blocks(_ positions: Range<Int>) -> [Range<Int>] {
    let first = positions.lowerBound / block * block
    return stride(from: first, to: positions.upperBound, by: block).map {
      max($0, positions.lowerBound)..<min($0 + block, positions.upperBound)
    }
  }

  /// z, `[row, h, c]`, and the whole patterns, `[h, query, key]`, of those lanes, by their index, whose hooks act on them. Scores and
  /// patterns pass through the lanes' hooks, and are recorded if they are wanted.
  func callAsFunction(_ lanes: inout [Lane]) throws -> (z: Tensor, patterns: [Int: Tensor]) {
    var z = Tensor(uninitialized: queries.shape)
    let target = z.sharedBase()
    var tasks: [() -> Void] = []
    var (squares, patterns): ([RecordedSquares?], [Int: Tensor]) = ([], [:])
    for lane in lanes.indices {
      let part = LaneAttention(self, lanes[lane], lane)
      if lanes[lane].hooks.acts(at: [.attentionScores(layer: layer), .pattern(layer: layer)]) {
        squares.append(nil)
        patterns[lane] = try part.whole(&lanes[lane].hooks, into: target)
      } else {
        let recorded = RecordedSquares(lanes[lane].hooks.recorder, part)
        squares.append(recorded)
        for block in Self.blocks(part.positions) {
          for head in 0..<configuration.heads {
            tasks.append { part.gather(part.pattern(block, head, recorded), block, head, into: target) }
          }
        }
      }
    }
    Parallel.perform(tasks.count) { tasks[$0]() }
    for lane in lanes.indices { squares[lane]?.keep(in: &lanes[lane].hooks.recorder, layer) }
    return withExtendedLifetime(tasks) { (z, patterns) }
  }
}

/// The attention of one lane: its queries, and all keys and values up to the last of them.
struct LaneAttention {
  let configuration: ModelConfiguration
  let layer: Int
  /// The positions of the queries.
  let positions: Range<Int>
  /// The lane's first row in the batch.
  let firstRow: Int
  let queries: Tensor
  /// `[key, g · c]`, from position 0.
  let keys: Tensor
  let values: Tensor

  init(_ attention: Attention, _ lane: Lane, _ index: Int) {
    (configuration, layer, queries) = (attention.configuration, attention.layer, attention.queries)
    positions = attention.rows.starts[index]..<lane.end
    firstRow = attention.rows.rows[index].lowerBound
    (keys, values) = lane.past.layer(attention.layer, length: lane.end)
  }

  var factor: Float { 1 / Float(configuration.headWidth).squareRoot() }

  /// The pattern of some queries of one head, `[block, keys that the block's last query sees]`.
  func pattern(_ block: Range<Int>, _ head: Int, _ recorded: RecordedSquares? = nil) -> Tensor {
    var square = scores(block, head, visible: block.upperBound)
    recorded?.scores?.copy(square, block, head)
    square.applyCausalSoftmax(visible: block.lowerBound + 1)
    recorded?.pattern?.copy(square, block, head)
    return square
  }

  /// q · k / √c of one head.
  private func scores(_ block: Range<Int>, _ head: Int, visible: Int) -> Tensor {
    var square = Tensor(uninitialized: [block.count, visible])
    view(queries.constantBase, block, head).multiply(
      keys(head, count: visible).transposed, into: square.sharedBase(), stride: visible, factor: factor)
    return square
  }

  /// Writes the values that a pattern gathers into z, `[row, h, c]`.
  func gather(_ pattern: Tensor, _ block: Range<Int>, _ head: Int, into z: UnsafeMutablePointer<Float>) {
    pattern.view.multiply(values(head, count: pattern.shape[1]), into: z + offset(block, head), stride: stride)
    withExtendedLifetime(pattern) {}
  }

  /// Scores and patterns of all queries and keys at once, `[h, query, key]`, where a hook may change them. Returns the patterns.
  func whole(_ hooks: inout HookSet, into z: UnsafeMutablePointer<Float>) throws -> Tensor {
    let count = keys.shape[0]
    var square = Tensor.stack((0..<configuration.heads).map { scores(positions, $0, visible: count) })
    forEachRow(&square) { row, position in
      for key in (position + 1)..<max(count, position + 1) { row[key] = -.infinity }
    }
    try hooks.visit(.attentionScores(layer: layer), &square, start: positions.lowerBound)
    forEachRow(&square) { row, position in
      // Who replaces scores may also lift the mask.
      let isMasked = (position + 1..<max(count, position + 1)).allSatisfy { row[$0] == -.infinity }
      ck_causal_softmax(row, 1, count, isMasked ? position + 1 : count)
    }
    try hooks.visit(.pattern(layer: layer), &square, start: positions.lowerBound)
    for head in 0..<configuration.heads { gather(square.select(head), positions, head, into: z) }
    return square
  }

  private func forEachRow(_ square: inout Tensor, _ body: (UnsafeMutablePointer<Float>, Int) -> Void) {
    let (base, count) = (square.sharedBase(), square.shape[2])
    for row in 0..<square.shape[0] * positions.count { body(base + row * count, positions.lowerBound + row % positions.count) }
  }

  /// How many numbers a row of `[row, h, c]` has.
  var stride: Int { configuration.heads * configuration.headWidth }

  /// Where a head's numbers of a block's first query begin in `[row, h, c]`.
  func offset(_ block: Range<Int>, _ head: Int) -> Int {
    (firstRow + block.lowerBound - positions.lowerBound) * stride + head * configuration.headWidth
  }

  /// A block's rows of one head in memory that is laid out as `[row, h, c]`: `[block, c]`.
  func view(_ base: UnsafePointer<Float>, _ block: Range<Int>, _ head: Int) -> MatrixView {
    MatrixView(base + offset(block, head), rows: block.count, columns: configuration.headWidth, stride: stride)
  }

  /// The first `count` keys that a query head reads, `[key, c]`.
  func keys(_ head: Int, count: Int) -> MatrixView { keyValueView(keys, head, count) }

  /// The first `count` values that a query head reads, `[key, c]`.
  func values(_ head: Int, count: Int) -> MatrixView { keyValueView(values, head, count) }

  private func keyValueView(_ rows: Tensor, _ head: Int, _ count: Int) -> MatrixView {
    let column = head / configuration.headsPerKeyValueHead * configuration.headWidth
    return MatrixView(rows.constantBase + column, rows: count, columns: configuration.headWidth, stride: rows.shape[1])
  }
}

/// Scores and patterns of all heads, gathered block by block, at the positions that a lane keeps.
struct RecordedSquares {
  let scores: RecordedSquare?
  let pattern: RecordedSquare?

  init?(_ recorder: ActivationRecorder, _ lane: LaneAttention) {
    scores = RecordedSquare(.attentionScores(layer: lane.layer), recorder, lane, filling: -.infinity)
    pattern = RecordedSquare(.pattern(layer: lane.layer), recorder, lane, filling: 0)
    if scores == nil && pattern == nil { return nil }
  }

  /// The gradients of both, which are 0 where a query does not look.
  init?(gradient recorder: ActivationRecorder, _ lane: LaneAttention) {
    scores = RecordedSquare(.attentionScores(layer: lane.layer), recorder, lane, filling: 0)
    pattern = RecordedSquare(.pattern(layer: lane.layer), recorder, lane, filling: 0)
    if scores == nil && pattern == nil { return nil }
  }

  func keep(in recorder: inout ActivationRecorder, _ layer: Int) {
    if let scores { recorder.keep(.attentionScores(layer: layer), scores.square) }
    if let pattern { recorder.keep(.pattern(layer: layer), pattern.square) }
  }
}

/// `[head, query, key]`, into which several threads write their blocks.
struct RecordedSquare: @unchecked Sendable {
  private(set) var square: Tensor
  private let base: UnsafeMutablePointer<Float>
  private let kept: Range<Int>

  init?(_ point: HookPoint, _ recorder: ActivationRecorder, _ lane: LaneAttention, filling: Float) {
    guard recorder.wants(point) else { return nil }
    kept = recorder.kept
    square = Tensor(repeating: filling, shape: [lane.configuration.heads, kept.count, lane.positions.upperBound])
    base = square.sharedBase()
  }

  /// Takes over a block's rows, each up to the key that its query may see.
  func copy(_ block: Tensor, _ positions: Range<Int>, _ head: Int) {
    let (keys, visible) = (square.shape[2], block.shape[1])
    block.withUnsafeElements { source in
      for query in positions.clamped(to: kept) {
        let row = base + (head * kept.count + query - kept.lowerBound) * keys
        for key in 0...query { row[key] = source[(query - positions.lowerBound) * visible + key] }
      }
    }
  }
}
