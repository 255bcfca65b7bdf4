import CKernels

/// Where the gradients of an attention gather: query `[row, h, c]`, key and value `[h, row, c]`.
struct GradientTargets {
  let query: UnsafeMutablePointer<Float>
  let key: UnsafeMutablePointer<Float>
  let value: UnsafeMutablePointer<Float>
  /// How many rows of keys a head has.
  let rows: Int

  init(_ gradients: inout AttentionGradients) {
    (query, key, value) = (gradients.query.sharedBase(), gradients.key.sharedBase(), gradients.value.sharedBase())
    rows = gradients.key.shape[1]
  }
}

/// The way back through the attention of one text, tile by tile. Patterns are computed again, as they were on the way forward.
struct AttentionGradientTiles {
  let tiles: AttentionTiles
  private let z: Tensor
  private let targets: GradientTargets

  /// - Parameter z: the gradient of z, `[row, h, c]`.
  init(_ tiles: AttentionTiles, _ z: Tensor, _ targets: GradientTargets) {
    (self.tiles, self.z, self.targets) = (tiles, z, targets)
  }

  /// One block of queries of one head.
  func backward(_ tile: AttentionTile, _ recorded: RecordedSquares) {
    let (pattern, capped) = tiles.pattern(tile)
    addValueGradient(tile, pattern)
    var square = tiles.patternGradient(z, tile)
    recorded.pattern?.copy(square, tile)
    square.goBackThroughSoftmax(pattern: pattern)
    recorded.scores?.copy(square, tile)
    if let capped, let cap = tiles.call.softCap { square.goBackThroughSoftCap(at: cap, capped: capped) }
    addScoreGradient(tile, square)
  }

  /// Adds Pᵀ · dz to the gradient of the text's own values.
  func addValueGradient(_ tile: AttentionTile, _ pattern: Tensor) {
    addForKeys(pattern, tile, rows: tiles.view(z.constantBase, tile), to: targets.value, factor: 1)
  }

  /// Writes the gradient of the queries, and adds to that of the text's own keys, given the gradient of the scores before their cap.
  func addScoreGradient(_ tile: AttentionTile, _ square: Tensor) {
    let factor = tiles.call.scale
    square.view.multiply(tiles.keys(tile), into: targets.query + tiles.offset(tile), stride: tiles.stride, factor: factor)
    addForKeys(square, tile, rows: tiles.view(tiles.call.queries.constantBase, tile), to: targets.key, factor: factor)
    withExtendedLifetime(square) {}
  }

  /// Adds squareᵀ · rows for the keys that the text computed itself; those before it are given.
  private func addForKeys(
    _ square: Tensor, _ tile: AttentionTile, rows: MatrixView, to target: UnsafeMutablePointer<Float>, factor: Float
  ) {
    let (keys, firstOwn, c) = (tile.keys, tiles.part.firstOwn, tiles.call.headWidth)
    let own = keys.clamped(to: firstOwn.position..<max(firstOwn.position, keys.upperBound))
    guard !own.isEmpty else { return }
    let columns = MatrixView(
      square.constantBase + own.lowerBound - keys.lowerBound, rows: square.shape[0], columns: own.count, stride: keys.count)
    columns.transposed.multiply(
      rows, into: target + (tile.head * targets.rows + firstOwn.row + own.lowerBound - firstOwn.position) * c, stride: c,
      factor: factor, adding: true)
    withExtendedLifetime(square) {}
  }
}
