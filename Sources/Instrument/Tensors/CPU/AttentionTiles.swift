import CKernels

/// A rectangle of one head's scores: some queries and some keys, by their positions.
struct AttentionTile {
  let queries: Range<Int>
  let keys: Range<Int>
  let head: Int
}

/// The attention of one text, tile by tile.
struct AttentionTiles {
  let call: AttentionCall
  let part: AttentionPart

  init(_ call: AttentionCall, _ part: AttentionPart) { (self.call, self.part) = (call, part) }

  /// Large enough for products to run at speed, small enough for a block's scores to stay in the cache.
  static let block = 128

  /// The queries at some positions in blocks. Blocks begin at multiples of their length, wherever the first query is: so that sums over
  /// queries are the same for a part of a prompt as for all of it.
  static func blocks(_ positions: Range<Int>) -> [Range<Int>] {
    let first = positions.lowerBound / block * block
    return Swift.stride(from: first, to: positions.upperBound, by: block).map {
      max($0, positions.lowerBound)..<min($0 + block, positions.upperBound)
    }
  }

  /// The keys that a block's products are taken over: to its last query, from the first key that any query of a whole block could see. It
  /// begins at a multiple of the block's length, so that it is the same whichever of the block's queries are computed.
  func keys(of block: Range<Int>) -> Range<Int> {
    let first = call.visible(block.lowerBound / Self.block * Self.block).lowerBound
    return first / Self.block * Self.block..<block.upperBound
  }

  /// All queries and all keys of a head.
  func whole(_ head: Int) -> AttentionTile {
    AttentionTile(queries: part.positions, keys: 0..<part.keys.shape[0], head: head)
  }

  /// The pattern of a block's queries over the keys that they are taken over, `[query, key]`, and the scores, if they were capped.
  func pattern(_ tile: AttentionTile, _ recorded: RecordedSquares? = nil) -> (pattern: Tensor, capped: Tensor?) {
    var square = scores(tile)
    recorded?.scores?.copy(square, tile)
    let capped = call.softCap == nil ? nil : square
    square.applyCausalSoftmax(visible: tile.queries.lowerBound + 1 - tile.keys.lowerBound, window: call.window)
    recorded?.pattern?.copy(square, tile)
    return (square, capped)
  }

  /// q · k, scaled and capped, `[query, key]`.
  func scores(_ tile: AttentionTile) -> Tensor {
    var square = Tensor(uninitialized: [tile.queries.count, tile.keys.count])
    view(call.queries.constantBase, tile).multiply(
      keys(tile).transposed, into: square.sharedBase(), stride: tile.keys.count, factor: call.scale)
    if let cap = call.softCap { square.softCap(at: cap) }
    return square
  }

  /// Writes the values that a pattern gathers into z, `[row, h, c]`.
  func gather(_ pattern: Tensor, _ tile: AttentionTile, into z: UnsafeMutablePointer<Float>) {
    pattern.view.multiply(values(tile), into: z + offset(tile), stride: stride)
    withExtendedLifetime(pattern) {}
  }

  /// Gathers by a whole pattern, `[query, key]`. A block whose queries look at nothing but its own keys takes the same sums as one whose pattern
  /// was never whole.
  func gatherWhole(_ pattern: Tensor, _ head: Int, into z: UnsafeMutablePointer<Float>) {
    let all = 0..<pattern.shape[1]
    guard call.window < all.count else { return gather(pattern, whole(head), into: z) }
    for block in Self.blocks(part.positions) {
      let first = part.positions.lowerBound
      let (keys, rows) = (keys(of: block), pattern[block.lowerBound - first..<block.upperBound - first])
      let isWithin = rows.withUnsafeElements { rows in
        rows.indices.allSatisfy { keys.contains($0 % all.count) || rows[$0] == 0 }
      }
      let narrowed = isWithin ? WeightMatrix(rows).columns(keys).tensor : rows
      gather(narrowed, AttentionTile(queries: block, keys: isWithin ? keys : all, head: head), into: z)
    }
  }

  /// dz · Vᵀ, `[query, key]`.
  func patternGradient(_ z: Tensor, _ tile: AttentionTile) -> Tensor {
    var square = Tensor(uninitialized: [tile.queries.count, tile.keys.count])
    view(z.constantBase, tile).multiply(values(tile).transposed, into: square.sharedBase(), stride: tile.keys.count)
    withExtendedLifetime(z) {}
    return square
  }

  /// How many numbers a row of `[row, h, c]` has.
  var stride: Int { call.heads * call.headWidth }

  /// Where a head's numbers of a tile's first query begin in `[row, h, c]`.
  func offset(_ tile: AttentionTile) -> Int {
    (part.firstRow + tile.queries.lowerBound - part.positions.lowerBound) * stride + tile.head * call.headWidth
  }

  /// A tile's queries in memory that is laid out as `[row, h, c]`: `[query, c]`.
  func view(_ base: UnsafePointer<Float>, _ tile: AttentionTile) -> MatrixView {
    MatrixView(base + offset(tile), rows: tile.queries.count, columns: call.headWidth, stride: stride)
  }

  /// The keys that a tile's head reads, `[key, c]`.
  func keys(_ tile: AttentionTile) -> MatrixView { keyValueView(part.keys, tile) }

  /// The values that a tile's head reads, `[key, c]`.
  private func values(_ tile: AttentionTile) -> MatrixView { keyValueView(part.values, tile) }

  private func keyValueView(_ rows: Tensor, _ tile: AttentionTile) -> MatrixView {
    let column = tile.head / call.headsPerGroup * call.headWidth
    return MatrixView(
      rows.constantBase + tile.keys.lowerBound * rows.shape[1] + column, rows: tile.keys.count, columns: call.headWidth,
      stride: rows.shape[1])
  }
}

/// Scores and patterns of all heads, gathered block by block, at the positions that a text keeps.
struct RecordedSquares {
  let scores: RecordedSquare?
  let pattern: RecordedSquare?

  init(_ call: AttentionCall, _ part: AttentionPart, gradient: Bool) {
    scores = part.recordedScores.map { RecordedSquare(call, part, $0, filling: gradient ? 0 : -.infinity) }
    pattern = part.recordedPattern.map { RecordedSquare(call, part, $0, filling: 0) }
  }

  var squares: AttentionSquares { AttentionSquares(scores: scores?.square, pattern: pattern?.square) }
}

/// `[head, query, key]`, into which several threads write their blocks.
struct RecordedSquare: @unchecked Sendable {
  private(set) var square: Tensor
  private let base: UnsafeMutablePointer<Float>
  private let kept: Range<Int>
  private let call: AttentionCall

  init(_ call: AttentionCall, _ part: AttentionPart, _ kept: Range<Int>, filling: Float) {
    (self.kept, self.call) = (kept, call)
    square = Tensor(repeating: filling, shape: [call.heads, kept.count, part.positions.upperBound])
    base = square.sharedBase()
  }

  /// Takes over a tile's rows, of each the keys that its query may see.
  func copy(_ numbers: Tensor, _ tile: AttentionTile) {
    let keys = square.shape[2]
    numbers.withUnsafeElements { source in
      for query in tile.queries.clamped(to: kept) {
        let row = base + (tile.head * kept.count + query - kept.lowerBound) * keys
        let from = (query - tile.queries.lowerBound) * tile.keys.count - tile.keys.lowerBound
        for key in call.visible(query) { row[key] = source[from + key] }
      }
    }
  }
}
