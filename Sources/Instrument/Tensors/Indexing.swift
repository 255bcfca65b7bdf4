extension Tensor {
  /// One number, by its index on every axis: `pattern[query, key]`.
  public subscript(indices: Int...) -> Float {
    get { withUnsafeElements { $0[position(of: indices)] } }
    set {
      let position = position(of: indices)
      withUnsafeMutableElements { $0[position] = newValue }
    }
  }

  /// The part along the first axis: `activation[1000...]` holds the positions from 1000 on. No number is copied.
  public subscript(range: some RangeExpression<Int>) -> Tensor {
    require(rank > 0, "A single number has no range to take.")
    let bounds = range.relative(to: 0..<shape[0])
    require(
      bounds.lowerBound >= 0 && bounds.upperBound <= shape[0],
      "The range \(bounds) lies outside of the first axis of a tensor of shape \(shape).")
    let row = rowCount
    return Tensor(shape: [bounds.count] + shape.dropFirst(), storage: storage, offset: offset + bounds.lowerBound * row)
  }

  /// The part at an index of one axis, which disappears: of `[layer, head, position]`, `select(3, axis: 1)` is `[layer, position]` of
  /// head 3. Along the first axis no number is copied.
  public func select(_ index: Int, axis: Int = 0) -> Tensor {
    let axis = resolved(axis)
    require(
      index >= 0 && index < shape[axis], "The index \(index) lies outside of axis \(axis) of a tensor of shape \(shape).")
    var rest = shape
    rest.remove(at: axis)
    if axis == 0 { return Tensor(shape: rest, storage: storage, offset: offset + index * rowCount) }
    let (outer, length, inner) = split(at: axis)
    var result = backend.allocate(rest)
    backend.copy(self, into: &result, .rows(outer, of: inner, from: index * inner, every: length * inner, to: 0, every: inner))
    return result
  }

  /// The same numbers in memory of their own, so that a small part does not keep a large whole alive.
  package func compacted() -> Tensor {
    var copy = backend.allocate(shape)
    backend.copy(self, into: &copy, .rows(1, of: count, from: 0, every: 0, to: 0, every: 0))
    return copy
  }

  /// The tensor itself, or a copy if it is a part of a larger one.
  package func ownedAlone() -> Tensor { storage.count == count ? self : compacted() }

  /// Rows and columns exchanged. For other axes there are `transposed(_:_:)` and `permuted(_:)`.
  public func transposed() -> Tensor {
    require(rank == 2, "Only a matrix can be transposed, not a tensor of shape \(shape); name two axes, or permute them.")
    var result = backend.allocate([shape[1], shape[0]])
    let (rows, columns) = (shape[0], shape[1])
    backend.copy(
      self, into: &result,
      CopyPlaces(lengths: (1, 1, columns, rows), from: (0, (0, 0, 1, columns)), to: (0, (0, 0, rows, 1))))
    return result
  }

  /// How many numbers one index of the first axis holds.
  var rowCount: Int { shape.dropFirst().reduce(1, *) }

  /// How an axis divides the storage: `outer` blocks of `length` parts of `inner` numbers.
  func split(at axis: Int) -> (outer: Int, length: Int, inner: Int) {
    (shape[..<axis].reduce(1, *), shape[axis], shape[(axis + 1)...].reduce(1, *))
  }

  private func position(of indices: [Int]) -> Int {
    require(
      indices.count == rank, "\(indices.count) indices for a tensor of shape \(shape); for a part of it, use select or a range.")
    var position = 0
    for (index, length) in zip(indices, shape) {
      require(index >= 0 && index < length, "The index \(indices) lies outside of a tensor of shape \(shape).")
      position = position * length + index
    }
    return position
  }
}
