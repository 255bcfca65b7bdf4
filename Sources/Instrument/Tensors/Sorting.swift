/// Indices in the shape of a tensor: where `argmax` and `topK` found what they sought. As a collection, it gives them in row-major order.
public struct IndexTensor: Sendable, Hashable, RandomAccessCollection, CustomStringConvertible {
  /// The length of each axis, outermost first.
  public let shape: [Int]
  /// The indices in row-major order.
  public let elements: [Int]

  /// Indices in row-major order; there must be as many as the shape holds. The shape is one axis if not given.
  public init(_ elements: [Int], shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    require(elements.count == shape.reduce(1, *), "\(elements.count) indices do not fill the shape \(shape).")
    (self.shape, self.elements) = (shape, elements)
  }

  /// The first place in row-major order.
  public var startIndex: Int { 0 }
  /// Behind the last place in row-major order.
  public var endIndex: Int { elements.count }
  /// The index at a place in row-major order.
  public subscript(place: Int) -> Int {
    require(
      elements.indices.contains(place),
      "The place [\(place)] lies outside of indices of shape \(shape), of which there are \(count).")
    return elements[place]
  }

  /// One index by its place on every axis of two: `best.indices[position, rank]`.
  public subscript(row: Int, column: Int) -> Int {
    require(
      shape.count == 2 && row >= 0 && row < shape[0] && column >= 0 && column < shape[1],
      "The place [\(row), \(column)] lies outside of indices of shape \(shape).")
    return elements[row * shape[1] + column]
  }

  /// The rows of a matrix of indices, as arrays.
  public var rows: [[Int]] {
    require(shape.count == 2, "Indices of shape \(shape) are not a matrix.")
    return (0..<shape[0]).map { Array(elements[$0 * shape[1]..<($0 + 1) * shape[1]]) }
  }

  /// The index, where there is just one.
  public var scalar: Int {
    require(elements.count == 1, "Indices of shape \(shape) are not a single one.")
    return elements[0]
  }

  /// The indices, row by row where they are a matrix.
  public var description: String {
    shape.count == 2
      ? "Indices \(shape)\n[" + rows.map { "\($0)" }.joined(separator: ",\n ") + "]" : "Indices \(shape) \(elements)"
  }
}

extension Tensor {
  /// The index of the largest number along an axis; of several equal ones, that of the first. NaN counts as larger than all, as in NumPy and PyTorch, so that
  /// it does not pass unseen.
  public func argmax(axis: Int) -> IndexTensor { topIndices(1, axis, last: false, keepingAxis: false) }

  /// The index of the smallest number along an axis; of several equal ones, that of the first. NaN counts as smaller than all.
  public func argmin(axis: Int) -> IndexTensor { topIndices(1, axis, last: true, keepingAxis: false) }

  /// The k largest numbers along an axis, from the largest down, and their indices along it; with `largest: false`, the smallest, from the smallest up. Of
  /// equal ones the first come first; NaN comes before all. The axis becomes k long.
  public func topK(_ k: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: IndexTensor) {
    let indices = topIndices(k, axis, last: !largest, keepingAxis: true)
    return (taking(indices, axis: axis), indices)
  }

  /// All numbers along an axis from the smallest up, or from the largest down, and their indices along it. Equal ones keep their order; NaN comes first.
  public func sorted(axis: Int = -1, descending: Bool = false) -> (values: Tensor, indices: IndexTensor) {
    topK(shape[resolved(axis)], axis: axis, largest: descending)
  }

  /// The numbers at indices along an axis, `[…]` of the shape of the indices, whose other axes are the tensor's (PyTorch's `gather`).
  public func taking(_ indices: IndexTensor, axis: Int = -1) -> Tensor {
    let axis = resolved(axis)
    var expected = shape
    if indices.shape.count == rank { expected[axis] = indices.shape[axis] }
    require(
      indices.shape == expected, "Indices of shape \(indices.shape) do not take from axis \(axis) of a tensor of shape \(shape).")
    let (length, inner, k) = (shape[axis], split(at: axis).inner, indices.shape[axis])
    return withUnsafeElements { numbers in
      let taken = indices.elements.enumerated().map { place, index in
        require(index >= 0 && index < length, "The index \(index) lies outside of axis \(axis) of a tensor of shape \(shape).")
        return numbers[(place / (k * inner) * length + index) * inner + place % inner]
      }
      return Tensor(taken, shape: indices.shape)
    }
  }

  private func topIndices(_ k: Int, _ axis: Int, last: Bool, keepingAxis: Bool) -> IndexTensor {
    let axis = resolved(axis)
    let (outer, length, inner) = split(at: axis)
    require(k >= 0 && k <= length, "A tensor of shape \(shape) has no \(k) numbers along axis \(axis), but \(length).")
    var result = [Int](repeating: 0, count: outer * inner * k)
    result.withUnsafeMutableBufferPointer { target in
      nonisolated(unsafe) let target = target
      forEachLine(axis) { line, index in
        let first = index / inner * k * inner + index % inner
        for (place, found) in line.top(k, smallest: last).enumerated() { target[first + place * inner] = found }
      }
    }
    var shape = shape
    if keepingAxis { shape[axis] = k } else { shape.remove(at: axis) }
    return IndexTensor(result, shape: shape)
  }
}

extension Tensor.Line {
  /// The indices of the k numbers that come first: the largest, or the smallest.
  func top(_ k: Int, smallest: Bool) -> [Int] {
    let key = { (index: Int) in smallest ? -self[index] : self[index] }
    let isBefore = { (left: (key: Float, index: Int), right: (key: Float, index: Int)) in
      if left.key.isNaN || right.key.isNaN { return left.key.isNaN && (!right.key.isNaN || left.index < right.index) }
      return left.key > right.key || left.key == right.key && left.index < right.index
    }
    // Beyond some hundred, sorting all costs less than keeping the best sorted.
    if k > 128 { return (0..<count).map { (key($0), $0) }.sorted(by: isBefore).prefix(k).map(\.1) }
    var best: [(key: Float, index: Int)] = []
    for index in 0..<(k > 0 ? count : 0) {
      let candidate = (key: key(index), index: index)
      if best.count == k {
        if candidate.key <= best[k - 1].key || !isBefore(candidate, best[k - 1]) { continue }
        best.removeLast()
      }
      best.insert(candidate, at: best.firstIndex { isBefore(candidate, $0) } ?? best.count)
    }
    return best.map(\.index)
  }
}
