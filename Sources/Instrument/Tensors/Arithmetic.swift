extension Tensor {
  /// A tensor of the same shape, whose numbers a function makes of these.
  public func map(_ function: (Float) throws -> Float) rethrows -> Tensor {
    var result = Tensor(uninitialized: shape)
    try withUnsafeElements { source in
      try result.withUnsafeMutableElements { target in
        for i in 0..<count { target[i] = try function(source[i]) }
      }
    }
    return result
  }

  /// The numbers of two tensors combined, index by index. The shapes must be equal, or broadcast; see `broadcastShape(_:_:)`.
  public func combined(with other: Tensor, _ combine: (Float, Float) throws -> Float) rethrows -> Tensor {
    try lines(with: other) { line in
      for i in 0..<line.count { line.target[i] = try combine(line.left[i * line.leftStride], line.right[i * line.rightStride]) }
    }
  }

  /// The sum of two tensors, number by number. The shapes must be equal, or broadcast.
  public static func + (left: Tensor, right: Tensor) -> Tensor { left.combined(.add, right) }
  /// The difference of two tensors, number by number. The shapes must be equal, or broadcast.
  public static func - (left: Tensor, right: Tensor) -> Tensor { left.combined(.subtract, right) }
  /// The product of two tensors, number by number. The shapes must be equal, or broadcast.
  public static func * (left: Tensor, right: Tensor) -> Tensor { left.combined(.multiply, right) }
  /// The quotient of two tensors, number by number. The shapes must be equal, or broadcast.
  public static func / (left: Tensor, right: Tensor) -> Tensor { left.combined(.divide, right) }
  /// A number added to each number of a tensor.
  public static func + (left: Tensor, right: Float) -> Tensor { left.combined(.add, right) }
  /// A number subtracted from each number of a tensor.
  public static func - (left: Tensor, right: Float) -> Tensor { left.combined(.subtract, right) }
  /// Each number of a tensor times a number.
  public static func * (left: Tensor, right: Float) -> Tensor { left.combined(.multiply, right) }
  /// Each number of a tensor divided by a number.
  public static func / (left: Tensor, right: Float) -> Tensor { left.combined(.divide, right) }
  /// Each number of a tensor times a number.
  public static func * (left: Float, right: Tensor) -> Tensor { right.combined(.multiply, left, reversed: true) }
  /// A number added to each number of a tensor.
  public static func + (left: Float, right: Tensor) -> Tensor { right.combined(.add, left, reversed: true) }
  /// Each number of a tensor subtracted from a number.
  public static func - (left: Float, right: Tensor) -> Tensor { right.combined(.subtract, left, reversed: true) }
  /// A number divided by each number of a tensor.
  public static func / (left: Float, right: Tensor) -> Tensor { right.combined(.divide, left, reversed: true) }
  /// Each number of a tensor with the other sign.
  public static prefix func - (tensor: Tensor) -> Tensor { tensor.combined(.multiply, -1) }

  private func combined(_ operation: Arithmetic, _ other: Tensor) -> Tensor {
    guard shape == other.shape else { return broadcastCombined(operation, other) }
    let backend = Tensor.meeting(self, other)
    var result = backend.allocate(shape)
    backend.combine(operation, moved(to: backend), other.moved(to: backend), into: &result)
    return result
  }

  private func combined(_ operation: Arithmetic, _ number: Float, reversed: Bool = false) -> Tensor {
    var result = backend.allocate(shape)
    backend.combine(operation, self, number, reversed: reversed, into: &result)
    return result
  }

  /// The size of each number without its sign.
  public func magnitude() -> Tensor { map { Swift.abs($0) } }
}

// MARK: - Over the whole tensor

extension Tensor {
  /// The sum of all numbers, added up in Double.
  public func sum() -> Float { Float(backend.sum(self)) }

  /// The mean of all numbers; NaN for a tensor without any.
  public func mean() -> Float { Float(backend.sum(self) / Double(count)) }

  /// The largest number; NaN where one is NaN.
  public func max() -> Float {
    require(count > 0, "A tensor of shape \(shape) has no largest number.")
    return withUnsafeElements { $0.reduce(-.infinity, Self.larger) }
  }

  /// The smallest number; NaN where one is NaN.
  public func min() -> Float {
    require(count > 0, "A tensor of shape \(shape) has no smallest number.")
    return withUnsafeElements { $0.reduce(.infinity, Self.smaller) }
  }

  /// The larger of two numbers, or NaN if either is, so that it does not pass unseen.
  static func larger<Number: BinaryFloatingPoint>(_ a: Number, _ b: Number) -> Number { a.isNaN || a > b ? a : b }
  /// The smaller of two numbers, or NaN if either is.
  static func smaller<Number: BinaryFloatingPoint>(_ a: Number, _ b: Number) -> Number { a.isNaN || a < b ? a : b }

  /// The index of the largest number in row-major order; of several equal ones, that of the first.
  public func argmax() -> Int {
    require(count > 0, "A tensor of shape \(shape) has no largest number.")
    return backend.argmax(self)
  }
}

// MARK: - Of several tensors

extension Tensor {
  /// Tensors of one shape under a new axis, which is the first if none is named: `Tensor.stack(layers.map { $0.pattern })`.
  public static func stack(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { return Tensor([]) }
    require(
      tensors.allSatisfy { $0.shape == first.shape }, "Tensors of different shapes cannot be stacked: \(tensors.map(\.shape)).")
    let axis = resolved(axis, rank: first.rank + 1, of: first.shape)
    if axis > 0 { return concatenate(tensors.map { $0.expanded(axis: axis) }, axis: axis) }
    return lined(up: tensors, shape: [tensors.count] + first.shape)
  }

  /// Tensors of one shape `[row, …]` under a new second axis: heads' results `[position, d]` become `[position, head, d]`.
  package static func stackColumns(_ tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first else { return Tensor([]) }
    let (rows, width) = (first.shape[0], first.count / Swift.max(first.shape[0], 1))
    let backend = meeting(tensors)
    var result = backend.allocate([rows, tensors.count] + first.shape.dropFirst())
    for (index, tensor) in tensors.enumerated() {
      backend.copy(
        tensor.moved(to: backend), into: &result,
        .rows(rows, of: width, from: 0, every: width, to: index * width, every: tensors.count * width))
    }
    return result
  }

  /// Tensors that differ in their first axis only, one behind the other.
  package static func joined(_ tensors: [Tensor]) -> Tensor {
    guard tensors.count != 1, let first = tensors.first else { return tensors.first ?? Tensor([]) }
    return lined(up: tensors, shape: [tensors.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst())
  }

  /// The numbers of tensors, those of one behind those of the other.
  private static func lined(up tensors: [Tensor], shape: [Int]) -> Tensor {
    let backend = meeting(tensors)
    var result = backend.allocate(shape)
    var start = 0
    for tensor in tensors {
      backend.copy(tensor.moved(to: backend), into: &result, .rows(1, of: tensor.count, from: 0, every: 0, to: start, every: 0))
      start += tensor.count
    }
    return result
  }

  static func meeting(_ tensors: [Tensor]) -> any Backend {
    (tensors.first { $0.storage.block != nil })?.backend ?? CPUBackend.shared
  }

  /// The mean of tensors of one shape, element by element: what an aggregate over examples shows.
  public static func mean(of tensors: [Tensor]) -> Tensor {
    require(!tensors.isEmpty, "There is no mean of no tensors.")
    return stack(tensors).mean(axis: 0)
  }
}

extension Collection<Tensor> {
  /// The mean of tensors of one shape, element by element.
  public func mean() -> Tensor { Tensor.mean(of: Array(self)) }
}
