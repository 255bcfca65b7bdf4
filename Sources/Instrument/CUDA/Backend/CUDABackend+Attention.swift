import Tensors

/// Attention on a card.
///
/// The squares of all heads of a block of queries, `[head, query, key]`, lie in memory, and each step is one launch. Blocks begin at multiples of
/// their length, wherever the first query is, and keys are added up in chunks that begin at multiples of 64: so that no sum depends on which
/// queries are computed.
extension CUDABackend {
  package func attend(_ call: AttentionCall, into z: inout Tensor) -> [AttentionSquares] {
    call.parts.map { part in
      var recorded = AttentionSquares(call, part, on: self, unseen: -.infinity)
      for block in CardSquare.blocks(call, part) {
        let pattern = self.pattern(call, part, block, recording: &recorded)
        gather(pattern, call, part, block, hidden: .keys, into: &z)
      }
      return recorded
    }
  }

  package func attentionGradient(
    _ call: AttentionCall, z: Tensor, into gradients: inout AttentionGradients
  ) -> [AttentionSquares] {
    call.parts.map { part in
      var recorded = AttentionSquares(call, part, on: self, unseen: 0)
      var ignored = AttentionSquares()
      for block in CardSquare.blocks(call, part) {
        let pattern = self.pattern(call, part, block, recording: &ignored)
        addForKeys(pattern, z, call, part, block, factor: 1, hidden: .queries, to: &gradients.value)
        var square = self.square(z, times: part.values, call, part, block, factor: 1, hidden: .results)
        record(square, block, call, part, part.recordedPattern, unseen: 0, in: &recorded.pattern)
        softmaxGradient(&square, pattern: pattern, seeing: block.columns)
        record(square, block, call, part, part.recordedScores, unseen: 0, in: &recorded.scores)
        if let cap = call.softCap {
          var capped = self.square(call.queries, times: part.keys, call, part, block, factor: call.scale, hidden: .results)
          softCap(&capped, at: cap)
          softCapGradient(&square, at: cap, capped: capped)
          // Where nobody looks the scores were not computed, and the gradient is 0.
          setUnseen(&square, to: 0, seeing: block.columns, where: nil)
        }
        addScoreGradient(square, call, part, block, hidden: true, to: &gradients)
      }
      return recorded
    }
  }

  package func scores(_ call: AttentionCall, _ part: AttentionPart) -> Tensor {
    var square = self.square(call.queries, times: part.keys, call, part, .whole(call, part), factor: call.scale, hidden: .nothing)
    if let cap = call.softCap { softCap(&square, at: cap) }
    return square
  }

  package func gather(_ pattern: Tensor, _ call: AttentionCall, _ part: AttentionPart, into z: inout Tensor) {
    gather(pattern, call, part, .whole(call, part), hidden: .nothing, into: &z)
  }

  package func patternGradient(_ z: Tensor, _ call: AttentionCall, _ part: AttentionPart) -> Tensor {
    square(z, times: part.values, call, part, .whole(call, part), factor: 1, hidden: .nothing)
  }

  package func addValueGradient(
    _ pattern: Tensor, _ z: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients
  ) {
    addForKeys(pattern, z, call, part, .whole(call, part), factor: 1, hidden: .nothing, to: &gradients.value)
  }

  package func addScoreGradient(
    _ scores: Tensor, _ call: AttentionCall, _ part: AttentionPart, to gradients: inout AttentionGradients
  ) {
    addScoreGradient(scores, call, part, .whole(call, part), hidden: false, to: &gradients)
  }

  // MARK: Of one block of queries

  /// The patterns of a block. Scores and patterns are recorded if they are wanted.
  private func pattern(
    _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, recording recorded: inout AttentionSquares
  ) -> Tensor {
    var square = self.square(call.queries, times: part.keys, call, part, block, factor: call.scale, hidden: .results)
    if let cap = call.softCap { softCap(&square, at: cap) }
    record(
      square, block, call, part, recorded.scores == nil ? nil : part.recordedScores, unseen: -.infinity, in: &recorded.scores)
    softmax(&square, seeing: block.columns)
    record(square, block, call, part, recorded.pattern == nil ? nil : part.recordedPattern, unseen: 0, in: &recorded.pattern)
    return square
  }

  /// The products of the block's rows of `[row, h, c]` with rows of `[key, g · c]`: `[head, query, key]`.
  private func square(
    _ rows: Tensor, times keys: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, factor: Float,
    hidden: CardProduct.Hidden
  ) -> Tensor {
    var square = allocate([call.heads, block.queries.count, block.keys.count])
    var product = CardProduct(
      batches: call.heads, group: call.headsPerGroup, rows: block.queries.count, columns: block.keys.count,
      inner: call.headWidth, left: place(rows[block.rows(of: part)...], call),
      right: .init(
        memory: input(keys[block.keys.lowerBound...]), batch: call.headWidth, down: 1, across: keys.shape[1]),
      result: squarePlace(&square))
    (product.factor, product.hidden, product.visible, product.window) = (factor, hidden, block.columns.first, call.window)
    launch(product)
    return square
  }

  /// Writes the values that a block's patterns gather into z.
  private func gather(
    _ pattern: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, hidden: CardProduct.Hidden,
    into z: inout Tensor
  ) {
    let values = part.values[block.keys.lowerBound...]
    writeRows(pattern, values, call, part, block, factor: 1, hidden: hidden, into: &z)
  }

  /// Writes square · rows of `[key, g · c]` into the block's rows of `[row, h, c]`.
  private func writeRows(
    _ square: Tensor, _ values: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, factor: Float,
    hidden: CardProduct.Hidden, into target: inout Tensor
  ) {
    let stride = call.heads * call.headWidth
    var product = CardProduct(
      batches: call.heads, group: call.headsPerGroup, rows: block.queries.count, columns: call.headWidth,
      inner: block.keys.count, left: squarePlace(square),
      right: .init(memory: input(values), batch: call.headWidth, down: values.shape[1], across: 1),
      result: .init(
        memory: output(&target).advanced(by: block.rows(of: part) * stride), batch: call.headWidth, down: stride, across: 1))
    (product.factor, product.hidden, product.visible, product.window) = (factor, hidden, block.columns.first, call.window)
    launch(product)
  }

  /// Writes the gradient of the block's queries, and adds to that of the keys, given that of the scores before their cap.
  private func addScoreGradient(
    _ square: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, hidden: Bool,
    to gradients: inout AttentionGradients
  ) {
    writeRows(
      square, part.keys[block.keys.lowerBound...], call, part, block, factor: call.scale, hidden: hidden ? .keys : .nothing,
      into: &gradients.query)
    addForKeys(
      square, call.queries, call, part, block, factor: call.scale, hidden: hidden ? .queries : .nothing, to: &gradients.key)
  }

  /// Adds squareᵀ · rows for the keys that the text computed itself; those before it are given.
  private func addForKeys(
    _ square: Tensor, _ rows: Tensor, _ call: AttentionCall, _ part: AttentionPart, _ block: CardSquare, factor: Float,
    hidden: CardProduct.Hidden, to target: inout Tensor
  ) {
    let own = block.keys.clamped(to: part.firstOwn.position..<max(part.firstOwn.position, block.keys.upperBound))
    guard !own.isEmpty else { return }
    let (skipped, c, count) = (own.lowerBound - block.keys.lowerBound, call.headWidth, target.shape[1])
    let from = squarePlace(square, from: skipped)
    let first = (part.firstOwn.row + own.lowerBound - part.firstOwn.position) * c
    var product = CardProduct(
      batches: call.heads, rows: own.count, columns: c, inner: block.queries.count,
      left: .init(memory: from.memory, batch: from.batch, down: 1, across: from.down),
      right: .init(memory: place(rows[block.rows(of: part)...], call).memory, batch: c, down: call.heads * c, across: 1),
      result: .init(memory: output(&target).advanced(by: first), batch: count * c, down: c, across: 1))
    (product.factor, product.adding, product.hidden) = (factor, true, hidden)
    (product.visible, product.window) = (block.columns.first - skipped, call.window)
    product.phase = block.queries.lowerBound % 64
    launch(product)
  }

  /// `[row, h, c]` as one matrix `[row, c]` a head.
  private func place(_ rows: Tensor, _ call: AttentionCall) -> CardProduct.Place {
    .init(memory: input(rows), batch: call.headWidth, down: call.heads * call.headWidth, across: 1)
  }

  private func squarePlace(_ square: Tensor, from key: Int = 0) -> CardProduct.Place {
    .init(memory: input(square).advanced(by: key), batch: square.shape[1] * square.shape[2], down: square.shape[2], across: 1)
  }

  private func squarePlace(_ square: inout Tensor) -> CardProduct.Place {
    .init(memory: output(&square), batch: square.shape[1] * square.shape[2], down: square.shape[2], across: 1)
  }

  // MARK: Recording

  /// Copies a block's rows of the kept queries to where they are recorded.
  private func record(
    _ square: Tensor, _ block: CardSquare, _ call: AttentionCall, _ part: AttentionPart, _ kept: Range<Int>?, unseen: Float,
    in target: inout Tensor?
  ) {
    guard let kept, var recorded = target else { return }
    let queries = block.queries.clamped(to: kept)
    guard !queries.isEmpty else { return }
    target = nil
    var numbers = square
    setUnseen(&numbers, to: unseen, seeing: block.columns, where: nil)
    let (own, other) = (block.keys.count, recorded.shape[2])
    copy(
      numbers, into: &recorded,
      CopyPlaces(
        lengths: (1, call.heads, queries.count, own),
        from: ((queries.lowerBound - block.queries.lowerBound) * own, (0, block.queries.count * own, own, 1)),
        to: (
          (queries.lowerBound - kept.lowerBound) * other + block.keys.lowerBound, (0, kept.count * other, other, 1)
        )))
    target = recorded
  }

  // MARK: Decoding

  package func attendDecoding(_ call: AttentionCall, into z: inout Tensor) {
    for part in call.parts {
      let (c, count, stride) = (call.headWidth, part.keys.shape[0], part.keys.shape[1])
      let parts = (count + 31) / 32
      let sums = context.allocate(call.heads * parts * (c + 2) * 4)
      let row = part.firstRow * call.heads * c
      launch(
        .decode_attention_parts, (parts, call.keyValueHeads * ((call.headsPerGroup + 7) / 8), 1),
        [
          input(call.queries).advanced(by: row), input(part.keys), input(part.values), .output(sums), .long(call.heads),
          .long(call.headsPerGroup), .long(c),
          .long(stride), .long(0), .long(count), .float(call.scale), .float(call.softCap ?? 0),
        ])
      launch(
        .decode_attention, (call.heads, (c + 255) / 256, 1),
        [.input(sums), output(&z).advanced(by: row), .long(call.heads), .long(c), .long(parts)])
    }
  }
}

/// The square of some queries and the keys that any of them sees, by their positions.
struct CardSquare {
  let queries: Range<Int>
  let keys: Range<Int>
  /// What the queries see of the keys.
  let columns: VisibleColumns

  /// So many queries that products run at speed, and so few that the squares of a long text need not lie in memory all at once.
  private static let length = 2048

  static func blocks(_ call: AttentionCall, _ part: AttentionPart) -> [CardSquare] {
    let first = part.positions.lowerBound / length * length
    return stride(from: first, to: part.positions.upperBound, by: length).map { start in
      let queries = max(start, part.positions.lowerBound)..<min(start + length, part.positions.upperBound)
      let firstKey = call.visible(queries.lowerBound).lowerBound / 64 * 64
      return CardSquare(
        queries: queries, keys: firstKey..<queries.upperBound,
        columns: VisibleColumns(first: queries.lowerBound + 1 - firstKey, window: call.window))
    }
  }

  /// All queries and all keys.
  static func whole(_ call: AttentionCall, _ part: AttentionPart) -> CardSquare {
    CardSquare(queries: part.positions, keys: 0..<part.keys.shape[0], columns: call.columns(part))
  }

  /// The first row of the queries among all texts'.
  func rows(of part: AttentionPart) -> Int { part.firstRow + queries.lowerBound - part.positions.lowerBound }
}

extension AttentionSquares {
  /// Where a text's squares are recorded, with nothing in them yet.
  fileprivate init(_ call: AttentionCall, _ part: AttentionPart, on backend: CUDABackend, unseen: Float) {
    let square = { (kept: Range<Int>?, value: Float) in
      kept.map { Tensor(repeating: value, shape: [call.heads, $0.count, part.positions.upperBound], on: backend) }
    }
    self.init(scores: square(part.recordedScores, unseen), pattern: square(part.recordedPattern, 0))
  }
}

extension KernelArgument {
  /// The place so many numbers further.
  func advanced(by count: Int) -> KernelArgument {
    switch self {
    case .input(let memory, let offset): .input(memory, byteOffset: offset + count * MemoryLayout<Float>.stride)
    case .output(let memory, let offset): .output(memory, byteOffset: offset + count * MemoryLayout<Float>.stride)
    case .null, .int, .long, .float: self
    }
  }
}
