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

/// Where the lanes' rows lie in a batch: of all their positions, or, in the last layer, from each lane's first needed one on.
struct RowLayout {
  /// Of each lane, its rows in the batch.
  let rows: [Range<Int>]
  /// Of each lane, the position of its first row.
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

  /// The rows in equal parts: so many that the products of the MLP run at speed, and so few that the neurons of a long prompt need not lie
  /// in memory all at once.
  var mlpBlocks: [Range<Int>] {
    let parts = max(1, (count + 1023) / 1024)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }

  /// The rows of another layout, which begins later in some lanes.
  func narrowed(_ x: Tensor, to other: RowLayout) -> Tensor {
    guard other.count != count else { return x }
    if rows.count == 1 { return x[(count - other.count)...] }
    var result = Tensor(uninitialized: [other.count] + x.shape.dropFirst())
    for (from, to) in zip(rows, other.rows) {
      result.replace(TensorPart(first: .range(to), second: .all), with: x[(from.upperBound - to.count)..<from.upperBound])
    }
    return result
  }

  /// The opposite for gradients: rows that the other layout lacks are 0.
  func widened(_ x: Tensor, from other: RowLayout) -> Tensor {
    guard other.count != count else { return x }
    var result = Tensor(repeating: 0, shape: [count] + x.shape.dropFirst())
    for (to, from) in zip(rows, other.rows) {
      result.replace(TensorPart(first: .range(to.upperBound - from.count..<to.upperBound), second: .all), with: x[from])
    }
    return result
  }
}
