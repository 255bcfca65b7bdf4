/// Operations of two tensors whose shapes differ, as NumPy and PyTorch broadcast: axes are compared from the last one; they must be equally long, or one
/// of them is 1 long (or missing) and counts for every index of the other. Nothing is repeated in memory for it on the processor.
extension Tensor {
  /// The shape of what two tensors make number by number: `[head, position, 1]` and `[position, width]` make `[head, position, width]`.
  public static func broadcastShape(_ left: [Int], _ right: [Int]) -> [Int] {
    let rank = Swift.max(left.count, right.count)
    let (l, r) = (padded(left, to: rank), padded(right, to: rank))
    return (0..<rank).map { axis in
      require(
        l[axis] == r[axis] || l[axis] == 1 || r[axis] == 1,
        "Tensors of shapes \(left) and \(right) cannot be combined element by element: counted from the last, axis \(axis - rank) is "
          + "\(l[axis]) long in one and \(r[axis]) in the other.")
      return l[axis] == 1 ? r[axis] : l[axis]
    }
  }

  /// The tensor repeated along axes of length 1, and along new first axes, until it has a shape: `[width]` as `[position, width]`.
  public func broadcast(to target: [Int]) -> Tensor {
    if shape == target { return self }
    require(
      rank <= target.count && Tensor.canRepeat(shape, to: target),
      "A tensor of shape \(shape) cannot be repeated to the shape \(target).")
    return strided(target, broadcastStrides(to: target))
  }

  private static func canRepeat(_ shape: [Int], to target: [Int]) -> Bool {
    zip(padded(shape, to: target.count), target).allSatisfy { $0 == 1 || $0 == $1 }
  }

  private static func padded(_ shape: [Int], to rank: Int) -> [Int] {
    Array(repeating: 1, count: Swift.max(rank - shape.count, 0)) + shape
  }

  /// How far apart two neighbours along each axis of a wider shape lie in this tensor.
  private func broadcastStrides(to target: [Int]) -> [Int] {
    let own = zip(shape, contiguousStrides).map { length, stride in length == 1 ? 0 : stride }
    return Array(repeating: 0, count: target.count - rank) + own
  }

  /// One of the four operations with two tensors of different shapes.
  func broadcastCombined(_ operation: Arithmetic, _ other: Tensor) -> Tensor {
    let backend = Tensor.meeting(self, other)
    guard backend === CPUBackend.shared else {
      let shape = Tensor.broadcastShape(shape, other.shape)
      var result = backend.allocate(shape)
      backend.combine(
        operation, moved(to: backend).broadcast(to: shape), other.moved(to: backend).broadcast(to: shape), into: &result)
      return result
    }
    return switch operation {
    case .add: zipped(with: other) { $0 + $1 }
    case .subtract: zipped(with: other) { $0 - $1 }
    case .multiply: zipped(with: other) { $0 * $1 }
    case .divide: zipped(with: other) { $0 / $1 }
    }
  }

  /// A tensor of what a function makes of the numbers of two tensors, for functions that the compiler puts into the loop.
  @inline(__always)
  func zipped(with other: Tensor, _ combine: (Float, Float) -> Float) -> Tensor {
    lines(with: other) { line in
      let (target, left, right) = (line.target, line.left, line.right)
      switch (line.leftStride, line.rightStride) {
      case (1, 1): for i in 0..<line.count { target[i] = combine(left[i], right[i]) }
      case (1, 0):
        let right = right[0]
        for i in 0..<line.count { target[i] = combine(left[i], right) }
      case (0, 1):
        let left = left[0]
        for i in 0..<line.count { target[i] = combine(left, right[i]) }
      case (let l, let r): for i in 0..<line.count { target[i] = combine(left[i * l], right[i * r]) }
      }
    }
  }

  /// Numbers of two tensors that are combined along the innermost axis.
  struct PairedLine {
    let target: UnsafeMutablePointer<Float>
    let left: UnsafePointer<Float>
    let leftStride: Int
    let right: UnsafePointer<Float>
    let rightStride: Int
    let count: Int
  }

  /// A tensor of the shape to which two broadcast, written line by line, in the computer's memory.
  func lines(with other: Tensor, _ write: (PairedLine) throws -> Void) rethrows -> Tensor {
    let shape = Tensor.broadcastShape(shape, other.shape)
    var result = Tensor(uninitialized: shape)
    guard result.count > 0 else { return result }
    var axes = StridedAxes(
      shape, [broadcastStrides(to: shape), other.broadcastStrides(to: shape), result.contiguousStrides])
    axes.pad(to: 1)
    let last = axes.lengths.count - 1
    try withUnsafeElements { left in
      try other.withUnsafeElements { right in
        try result.withUnsafeMutableElements { target in
          guard let left = left.baseAddress, let right = right.baseAddress, let target = target.baseAddress else { return }
          try axes.forEachIndex(ofFirst: last) { offsets in
            try write(
              PairedLine(
                target: target + offsets[2], left: left + offsets[0], leftStride: axes.strides[0][last],
                right: right + offsets[1], rightStride: axes.strides[1][last], count: axes.lengths[last]))
          }
        }
      }
    }
    return result
  }
}

extension Tensor {
  /// Adds another tensor, which may broadcast to this one's shape.
  public static func += (left: inout Tensor, right: Tensor) { left = changed(left, left + right) }
  /// Subtracts another tensor, which may broadcast to this one's shape.
  public static func -= (left: inout Tensor, right: Tensor) { left = changed(left, left - right) }
  /// Multiplies by another tensor, which may broadcast to this one's shape.
  public static func *= (left: inout Tensor, right: Tensor) { left = changed(left, left * right) }
  /// Divides by another tensor, which may broadcast to this one's shape.
  public static func /= (left: inout Tensor, right: Tensor) { left = changed(left, left / right) }
  /// Adds a number to each number.
  public static func += (left: inout Tensor, right: Float) { left = left + right }
  /// Subtracts a number from each number.
  public static func -= (left: inout Tensor, right: Float) { left = left - right }
  /// Multiplies each number by a number.
  public static func *= (left: inout Tensor, right: Float) { left = left * right }
  /// Divides each number by a number.
  public static func /= (left: inout Tensor, right: Float) { left = left / right }

  /// What a tensor becomes in place: it keeps its shape.
  private static func changed(_ old: Tensor, _ new: Tensor) -> Tensor {
    require(old.shape == new.shape, "A tensor of shape \(old.shape) cannot become one of shape \(new.shape) in place.")
    return new
  }
}
