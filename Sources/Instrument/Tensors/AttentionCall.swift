/// The attention of one layer as arithmetic: queries against the keys and values of some texts.
///
/// Query heads share key and value heads in groups. Scores are `scale · q · k`, capped softly if `softCap` is given; a query sees its own
/// position and those before it, at most `window` of them.
package struct AttentionCall: Sendable {
  package let heads: Int
  package let keyValueHeads: Int
  package let headWidth: Int
  package let scale: Float
  package let softCap: Float?
  /// How many keys a query sees, itself included.
  package let window: Int
  /// As they meet the keys, `[row, h, c]`, of all texts.
  package let queries: Tensor
  package var parts: [AttentionPart]

  package init(
    heads: Int, keyValueHeads: Int, headWidth: Int, scale: Float, softCap: Float?, window: Int?, queries: Tensor,
    parts: [AttentionPart] = []
  ) {
    (self.heads, self.keyValueHeads, self.headWidth, self.scale) = (heads, keyValueHeads, headWidth, scale)
    (self.softCap, self.window, self.queries, self.parts) = (softCap, window ?? .max, queries, parts)
  }

  /// Query heads that share one key and value head.
  package var headsPerGroup: Int { heads / keyValueHeads }

  /// The keys that the query at a position sees.
  package func visible(_ position: Int) -> Range<Int> { (position >= window ? position + 1 - window : 0)..<position + 1 }

  /// The columns that the queries of a part see in a square over all keys.
  package func columns(_ part: AttentionPart) -> VisibleColumns {
    VisibleColumns(first: part.positions.lowerBound + 1, window: window)
  }
}

/// The attention of one text: its queries, and all keys and values up to the last of them.
package struct AttentionPart: Sendable {
  /// The positions of the queries.
  package let positions: Range<Int>
  /// The text's first row among the queries.
  package let firstRow: Int
  /// `[key, g · c]`, from position 0; in a decoding step from the first one that is seen.
  package let keys: Tensor
  package let values: Tensor
  /// The first position whose key the text computed itself, and its row among those of all texts: of those before it nobody wants gradients.
  package let firstOwn: (position: Int, row: Int)
  /// The positions of the queries whose scores, and whose patterns, are recorded.
  package let recordedScores: Range<Int>?
  package let recordedPattern: Range<Int>?

  package init(
    positions: Range<Int>, firstRow: Int, keys: Tensor, values: Tensor, firstOwn: (position: Int, row: Int) = (0, 0),
    recordedScores: Range<Int>? = nil, recordedPattern: Range<Int>? = nil
  ) {
    (self.positions, self.firstRow, self.keys, self.values) = (positions, firstRow, keys, values)
    (self.firstOwn, self.recordedScores, self.recordedPattern) = (firstOwn, recordedScores, recordedPattern)
  }
}

/// What was recorded of one text's attention, `[head, query, key]`: scores with -∞ and patterns with 0 where a query does not look; of
/// gradients, both with 0.
package struct AttentionSquares: Sendable {
  package var scores: Tensor?
  package var pattern: Tensor?

  package init(scores: Tensor? = nil, pattern: Tensor? = nil) { (self.scores, self.pattern) = (scores, pattern) }
}

/// Where the gradients of an attention gather.
package struct AttentionGradients {
  /// Of the queries, `[row, h, c]`.
  package var query: Tensor
  /// Of the texts' own keys and values, for each query head by itself, `[h, row, c]`.
  package var key: Tensor
  package var value: Tensor

  /// - Parameter rows: how many keys the texts computed themselves.
  package init(_ call: AttentionCall, rows: Int) {
    let (backend, shape) = (call.queries.backend, [call.heads, rows, call.headWidth])
    query = backend.allocate(call.queries.shape)
    key = Tensor(repeating: 0, shape: shape, on: backend)
    value = Tensor(repeating: 0, shape: shape, on: backend)
  }

  /// The sums over the query heads of each key and value head, in the order of the heads: `[h, row, c]` becomes `[row, g, c]`.
  package static func groups(_ perHead: Tensor, _ call: AttentionCall) -> Tensor {
    let sums = (0..<call.keyValueHeads).map { group in
      let first = group * call.headsPerGroup
      var sum = perHead.select(first)
      for head in first + 1..<max(first + call.headsPerGroup, first + 1) { sum.add(perHead.select(head)) }
      return sum
    }
    return sums.count == 1 ? sums[0].reshaped([perHead.shape[1], 1, call.headWidth]) : Tensor.stackColumns(sums)
  }
}
