/// Axes by their number, from 0, or from the last one backwards: -1 is the last, as NumPy and PyTorch count. Every function of a tensor that takes
/// an axis takes it so.
extension Tensor {
  /// The number of an axis that may have been counted from the end.
  func resolved(_ axis: Int) -> Int { Tensor.resolved(axis, rank: rank, of: shape) }

  /// The same for a result of another rank than the tensor that a message names.
  static func resolved(_ axis: Int, rank: Int, of shape: [Int]) -> Int {
    require(
      axis >= -rank && axis < rank,
      "A tensor of shape \(shape) has no axis \(axis); "
        + (rank == 0 ? "it is a single number." : "its axes are 0 to \(rank - 1), or -\(rank) to -1 from the last."))
    return axis < 0 ? axis + rank : axis
  }

  /// The axes in another order: of `[position, head, width]`, `permuted([1, 0, 2])` is `[head, position, width]`. Every axis is named once.
  public func permuted(_ axes: [Int]) -> Tensor {
    let order = axes.map { resolved($0) }
    require(order.sorted() == Array(0..<rank), "\(axes) does not name each axis of a tensor of shape \(shape) once.")
    if order == Array(0..<rank) { return self }
    let strides = contiguousStrides
    return strided(order.map { shape[$0] }, order.map { strides[$0] })
  }

  /// Two axes exchanged: of `[head, query, key]`, `transposed(-2, -1)` is `[head, key, query]`.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(resolved(first), resolved(second))
    return permuted(order)
  }

  /// One axis moved to another place; the others keep their order.
  public func movingAxis(_ axis: Int, to place: Int) -> Tensor {
    var order = Array(0..<rank)
    order.insert(order.remove(at: resolved(axis)), at: resolved(place))
    return permuted(order)
  }

  /// A new axis of length 1, before the axis of that number, or as the last for -1: `[position]` becomes `[1, position]` with `axis: 0`. No number
  /// is copied.
  public func expanded(axis: Int) -> Tensor {
    var longer = shape
    longer.insert(1, at: Tensor.resolved(axis, rank: rank + 1, of: shape))
    return reshaped(longer)
  }

  /// Without an axis of length 1, or without all of them if none is named. No number is copied.
  public func squeezed(axis: Int? = nil) -> Tensor {
    guard let axis else { return reshaped(shape.filter { $0 != 1 }) }
    var shorter = shape
    let length = shorter.remove(at: resolved(axis))
    require(length == 1, "The axis \(axis) of a tensor of shape \(shape) is \(length) long, and not 1.")
    return reshaped(shorter)
  }

  /// All numbers along one axis. No number is copied.
  public func flattened() -> Tensor { reshaped([count]) }

  /// The part along one axis: of `[head, query, key]`, `slice(..<4, axis: -1)` keeps the first four keys. `tensor[range]` does so along the first
  /// axis, without copying.
  public func slice(_ range: some RangeExpression<Int>, axis: Int) -> Tensor {
    let axis = resolved(axis)
    if axis == 0 { return self[range] }
    let bounds = range.relative(to: 0..<shape[axis])
    require(
      bounds.lowerBound >= 0 && bounds.upperBound <= shape[axis],
      "The range \(bounds) lies outside of axis \(axis) of a tensor of shape \(shape).")
    let (outer, length, inner) = split(at: axis)
    var part = shape
    part[axis] = bounds.count
    var result = backend.allocate(part)
    backend.copy(
      self, into: &result,
      .rows(
        outer, of: bounds.count * inner, from: bounds.lowerBound * inner, every: length * inner, to: 0,
        every: bounds.count * inner))
    return result
  }

  /// The parts at some indices of one axis, in the given order; one may be taken several times: `logits.gathered([7, 42], axis: -1)`.
  public func gathered(_ indices: some Collection<Int>, axis: Int = 0) -> Tensor {
    let axis = resolved(axis)
    for index in indices {
      require(
        index >= 0 && index < shape[axis], "The index \(index) lies outside of axis \(axis) of a tensor of shape \(shape).")
    }
    let (outer, length, inner) = split(at: axis)
    var gathered = shape
    gathered[axis] = indices.count
    var result = backend.allocate(gathered)
    for (place, index) in indices.enumerated() {
      backend.copy(
        self, into: &result,
        .rows(outer, of: inner, from: index * inner, every: length * inner, to: place * inner, every: indices.count * inner))
    }
    return result
  }

  /// Tensors one behind the other along an axis; their other axes are equally long.
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { return Tensor([]) }
    let axis = first.resolved(axis)
    let rest = { (shape: [Int]) in shape.enumerated().filter { $0.offset != axis }.map(\.element) }
    require(
      tensors.allSatisfy { $0.rank == first.rank && rest($0.shape) == rest(first.shape) },
      "Tensors of shapes \(tensors.map(\.shape)) cannot be put one behind the other along axis \(axis): their other axes differ.")
    var shape = first.shape
    shape[axis] = tensors.reduce(0) { $0 + $1.shape[axis] }
    let backend = meeting(tensors)
    var result = backend.allocate(shape)
    let (outer, whole, inner) = result.split(at: axis)
    var start = 0
    for tensor in tensors {
      let line = tensor.shape[axis] * inner
      backend.copy(
        tensor.moved(to: backend), into: &result,
        .rows(outer, of: line, from: 0, every: line, to: start * inner, every: whole * inner))
      start += tensor.shape[axis]
    }
    return result
  }

  /// The numbers on the diagonal of a matrix, `[min(rows, columns)]`.
  public func diagonal() -> Tensor {
    require(rank == 2, "A tensor of shape \(shape) is not a matrix, and has no diagonal.")
    return strided([Swift.min(shape[0], shape[1])], [shape[1] + 1])
  }

  /// A matrix where what lies above a diagonal is 0; the main one, or one so many places to the right of it.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor { triangle { row, column in column <= row + diagonal } }

  /// A matrix where what lies below a diagonal is 0; the main one, or one so many places to the right of it.
  public func upperTriangle(diagonal: Int = 0) -> Tensor { triangle { row, column in column >= row + diagonal } }

  private func triangle(_ keeps: (Int, Int) -> Bool) -> Tensor {
    require(rank == 2, "A tensor of shape \(shape) is not a matrix, and has no triangle.")
    var result = self
    let columns = shape[1]
    result.withUnsafeMutableElements { numbers in
      for i in numbers.indices where !keeps(i / columns, i % columns) { numbers[i] = 0 }
    }
    return result
  }
}

// MARK: - Strides

extension Tensor {
  /// How far apart two neighbours lie along each axis, in numbers.
  var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// A tensor of a shape, whose numbers lie in this one `strides` apart; with 0, one number is repeated along an axis.
  func strided(_ shape: [Int], _ strides: [Int]) -> Tensor {
    var result = backend.allocate(shape)
    guard result.count > 0 else { return result }
    // A backend copies along four axes; if more are left, it is called for each index of the outer ones.
    var axes = StridedAxes(shape, [strides, result.contiguousStrides])
    axes.pad(to: 4)
    let outer = axes.lengths.count - 4
    let (n, from, to) = (axes.lengths[outer...], axes.strides[0][outer...], axes.strides[1][outer...])
    axes.forEachIndex(ofFirst: outer) { offsets in
      backend.copy(
        self, into: &result,
        CopyPlaces(
          lengths: (n[outer], n[outer + 1], n[outer + 2], n[outer + 3]),
          from: (offsets[0], (from[outer], from[outer + 1], from[outer + 2], from[outer + 3])),
          to: (offsets[1], (to[outer], to[outer + 1], to[outer + 2], to[outer + 3]))))
    }
    return result
  }
}

/// Axes along which several tensors are walked together: of each its length, and how far apart two neighbours lie in each tensor. Neighbouring axes
/// that can be walked as one are one.
struct StridedAxes {
  private(set) var lengths: [Int]
  /// Of each tensor, along each axis.
  private(set) var strides: [[Int]]

  init(_ shape: [Int], _ tensors: [[Int]]) {
    (lengths, strides) = ([], tensors.map { _ in [] })
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      let here = tensors.map { $0[axis] }
      if let inner = lengths.first, zip(here, strides).allSatisfy({ $0 == $1[0] * inner }) {
        lengths[0] = shape[axis] * inner
      } else {
        lengths.insert(shape[axis], at: 0)
        for tensor in strides.indices { strides[tensor].insert(here[tensor], at: 0) }
      }
    }
  }

  /// Adds axes of length 1 in front, until there are so many.
  mutating func pad(to count: Int) {
    while lengths.count < count {
      lengths.insert(1, at: 0)
      for tensor in strides.indices { strides[tensor].insert(0, at: 0) }
    }
  }

  /// Gives where each tensor stands at each index of the first axes, in order.
  func forEachIndex(ofFirst axes: Int, _ body: ([Int]) throws -> Void) rethrows {
    var index = [Int](repeating: 0, count: axes)
    var offsets = [Int](repeating: 0, count: strides.count)
    while true {
      try body(offsets)
      var axis = axes - 1
      while axis >= 0 {
        index[axis] += 1
        for tensor in offsets.indices { offsets[tensor] += strides[tensor][axis] }
        if index[axis] < lengths[axis] { break }
        for tensor in offsets.indices { offsets[tensor] -= lengths[axis] * strides[tensor][axis] }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
