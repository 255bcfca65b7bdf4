import CKernels
import Tensors

/// The attention of one layer: scores, pattern, and the values that the pattern gathers.
///
/// Queries are taken in blocks, and each block sees only the keys up to its last query, and only those that its window reaches: half of the
/// products are never computed, and the scores of a long prompt need not lie in memory all at once. Keys and values of all heads lie side by
/// side, `[key, g · c]`, and are multiplied where they lie. Several query heads read the same key head when there are fewer of those. Blocks
/// and heads are divided among the cores.
struct Attention {
  let configuration: ModelConfiguration
  let layer: Int
  /// As they meet the keys, `[row, h, c]`, of all lanes.
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
  func callAsFunction(_ lanes: inout [Lane], _ kind: ProductKind) throws -> (z: Tensor, patterns: [Int: Tensor]) {
    if kind == .decoding { return (DecodingAttention(self)(lanes), [:]) }
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
            let tile = AttentionTile(queries: block, keys: part.keys(of: block), head: head)
            tasks.append { part.gather(part.pattern(tile, recorded).pattern, tile, into: target) }
          }
        }
      }
    }
    Parallel.perform(tasks.count) { tasks[$0]() }
    for lane in lanes.indices { squares[lane]?.keep(in: &lanes[lane].hooks.recorder, layer) }
    return withExtendedLifetime(tasks) { (z, patterns) }
  }
}

/// A rectangle of one head's scores: some queries and some keys, by their positions.
struct AttentionTile {
  let queries: Range<Int>
  let keys: Range<Int>
  let head: Int
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

  /// How many keys a query sees, itself included.
  var window: Int { configuration.windows[layer] ?? .max }

  /// The keys that a query sees.
  func visible(_ position: Int) -> Range<Int> { (position >= window ? position + 1 - window : 0)..<position + 1 }

  /// The keys that a block's products are taken over: to its last query, from the first key that any query of a whole block could see. It
  /// begins at a multiple of the block's length, so that it is the same whichever of the block's queries are computed.
  func keys(of block: Range<Int>) -> Range<Int> {
    let first = visible(block.lowerBound / Attention.block * Attention.block).lowerBound
    return first / Attention.block * Attention.block..<block.upperBound
  }

  /// The pattern of a block's queries over the keys that they are taken over, `[query, key]`, and the scores, if they were capped.
  func pattern(_ tile: AttentionTile, _ recorded: RecordedSquares? = nil) -> (pattern: Tensor, capped: Tensor?) {
    var square = scores(tile)
    recorded?.scores?.copy(square, tile)
    let capped = configuration.attention.softCap == nil ? nil : square
    square.applyCausalSoftmax(visible: tile.queries.lowerBound + 1 - tile.keys.lowerBound, window: window)
    recorded?.pattern?.copy(square, tile)
    return (square, capped)
  }

  /// q · k, scaled and capped, `[query, key]`.
  func scores(_ tile: AttentionTile) -> Tensor {
    var square = Tensor(uninitialized: [tile.queries.count, tile.keys.count])
    view(queries.constantBase, tile).multiply(
      keys(tile).transposed, into: square.sharedBase(), stride: tile.keys.count, factor: configuration.attention.scale)
    if let cap = configuration.attention.softCap { square.softCap(at: cap) }
    return square
  }

  /// Writes the values that a pattern gathers into z, `[row, h, c]`.
  func gather(_ pattern: Tensor, _ tile: AttentionTile, into z: UnsafeMutablePointer<Float>) {
    pattern.view.multiply(values(tile), into: z + offset(tile), stride: stride)
    withExtendedLifetime(pattern) {}
  }

  /// Scores and patterns of all queries and keys at once, `[h, query, key]`, where a hook may change them. Returns the patterns.
  func whole(_ hooks: inout HookSet, into z: UnsafeMutablePointer<Float>) throws -> Tensor {
    let all = 0..<keys.shape[0]
    var square = Tensor.stack(
      (0..<configuration.heads).map { scores(AttentionTile(queries: positions, keys: all, head: $0)) })
    forEachRow(&square) { row, position in
      let visible = visible(position)
      for key in all where !visible.contains(key) { row[key] = -.infinity }
    }
    try hooks.visit(.attentionScores(layer: layer), &square, start: positions.lowerBound)
    forEachRow(&square) { row, position in
      // Who replaces scores may also lift the mask.
      let visible = visible(position)
      let end = all[visible.upperBound...].allSatisfy { row[$0] == -.infinity } ? visible.upperBound : all.upperBound
      let start = all[..<visible.lowerBound].allSatisfy { row[$0] == -.infinity } ? visible.lowerBound : 0
      ck_causal_softmax(row, 1, all.count, end, end - start)
    }
    try hooks.visit(.pattern(layer: layer), &square, start: positions.lowerBound)
    for head in 0..<configuration.heads { gatherWhole(square.select(head), head, into: z) }
    return square
  }

  /// Gathers by a whole pattern, `[query, key]`. A block whose queries look at nothing but its own keys takes the same sums as one that no hook
  /// has touched.
  private func gatherWhole(_ pattern: Tensor, _ head: Int, into z: UnsafeMutablePointer<Float>) {
    let all = 0..<pattern.shape[1]
    guard window < all.count else {
      return gather(pattern, AttentionTile(queries: positions, keys: all, head: head), into: z)
    }
    for block in Attention.blocks(positions) {
      let (keys, rows) = (
        keys(of: block), pattern[block.lowerBound - positions.lowerBound..<block.upperBound - positions.lowerBound]
      )
      let isWithin = rows.withUnsafeElements { rows in
        rows.indices.allSatisfy { keys.contains($0 % all.count) || rows[$0] == 0 }
      }
      let narrowed = isWithin ? WeightMatrix(rows).columns(keys).tensor : rows
      gather(narrowed, AttentionTile(queries: block, keys: isWithin ? keys : all, head: head), into: z)
    }
  }

  private func forEachRow(_ square: inout Tensor, _ body: (UnsafeMutablePointer<Float>, Int) -> Void) {
    let (base, count) = (square.sharedBase(), square.shape[2])
    for row in 0..<square.shape[0] * positions.count { body(base + row * count, positions.lowerBound + row % positions.count) }
  }

  /// How many numbers a row of `[row, h, c]` has.
  var stride: Int { configuration.heads * configuration.headWidth }

  /// Where a head's numbers of a tile's first query begin in `[row, h, c]`.
  func offset(_ tile: AttentionTile) -> Int {
    (firstRow + tile.queries.lowerBound - positions.lowerBound) * stride + tile.head * configuration.headWidth
  }

  /// A tile's queries in memory that is laid out as `[row, h, c]`: `[query, c]`.
  func view(_ base: UnsafePointer<Float>, _ tile: AttentionTile) -> MatrixView {
    MatrixView(base + offset(tile), rows: tile.queries.count, columns: configuration.headWidth, stride: stride)
  }

  /// The keys that a tile's head reads, `[key, c]`.
  func keys(_ tile: AttentionTile) -> MatrixView { keyValueView(keys, tile) }

  /// The values that a tile's head reads, `[key, c]`.
  func values(_ tile: AttentionTile) -> MatrixView { keyValueView(values, tile) }

  private func keyValueView(_ rows: Tensor, _ tile: AttentionTile) -> MatrixView {
    let column = tile.head / configuration.headsPerKeyValueHead * configuration.headWidth
    return MatrixView(
      rows.constantBase + tile.keys.lowerBound * rows.shape[1] + column, rows: tile.keys.count,
      columns: configuration.headWidth, stride: rows.shape[1])
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
  private let lane: LaneAttention

  init?(_ point: HookPoint, _ recorder: ActivationRecorder, _ lane: LaneAttention, filling: Float) {
    guard recorder.wants(point) else { return nil }
    (kept, self.lane) = (recorder.kept, lane)
    square = Tensor(repeating: filling, shape: [lane.configuration.heads, kept.count, lane.positions.upperBound])
    base = square.sharedBase()
  }

  /// Takes over a tile's rows, of each the keys that its query may see.
  func copy(_ numbers: Tensor, _ tile: AttentionTile) {
    let keys = square.shape[2]
    numbers.withUnsafeElements { source in
      for query in tile.queries.clamped(to: kept) {
        let row = base + (tile.head * kept.count + query - kept.lowerBound) * keys
        let from = (query - tile.queries.lowerBound) * tile.keys.count - tile.keys.lowerBound
        for key in lane.visible(query) { row[key] = source[from + key] }
      }
    }
  }
}
