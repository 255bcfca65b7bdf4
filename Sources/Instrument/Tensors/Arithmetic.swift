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

  /// The numbers of two tensors combined, index by index. The shapes must be equal.
  public func combined(with other: Tensor, _ combine: (Float, Float) throws -> Float) rethrows -> Tensor {
    require(shape == other.shape, "Tensors of shapes \(shape) and \(other.shape) cannot be combined element by element.")
    var result = Tensor(uninitialized: shape)
    try withUnsafeElements { left in
      try other.withUnsafeElements { right in
        try result.withUnsafeMutableElements { target in
          for i in 0..<count { target[i] = try combine(left[i], right[i]) }
        }
      }
    }
    return result
  }

  /// The sum of two tensors, number by number. The shapes must be equal.
  public static func + (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 + $1 } }
  /// The difference of two tensors, number by number. The shapes must be equal.
  public static func - (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 - $1 } }
  /// The product of two tensors, number by number. The shapes must be equal.
  public static func * (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 * $1 } }
  /// The quotient of two tensors, number by number. The shapes must be equal.
  public static func / (left: Tensor, right: Tensor) -> Tensor { left.combined(with: right) { $0 / $1 } }
  /// A number added to each number of a tensor.
  public static func + (left: Tensor, right: Float) -> Tensor { left.map { $0 + right } }
  /// A number subtracted from each number of a tensor.
  public static func - (left: Tensor, right: Float) -> Tensor { left.map { $0 - right } }
  /// Each number of a tensor times a number.
  public static func * (left: Tensor, right: Float) -> Tensor { left.map { $0 * right } }
  /// Each number of a tensor divided by a number.
  public static func / (left: Tensor, right: Float) -> Tensor { left.map { $0 / right } }
  /// Each number of a tensor times a number.
  public static func * (left: Float, right: Tensor) -> Tensor { right.map { left * $0 } }
  /// Each number of a tensor with the other sign.
  public static prefix func - (tensor: Tensor) -> Tensor { tensor.map { -$0 } }

  /// The size of each number without its sign.
  public func magnitude() -> Tensor { map { Swift.abs($0) } }
}

// MARK: - Over the whole tensor

extension Tensor {
  /// The sum of all numbers, added up in Double.
  public func sum() -> Float { Float(withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } }) }

  /// The mean of all numbers; NaN for a tensor without any.
  public func mean() -> Float { Float(withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } } / Double(count)) }

  /// The largest number.
  public func max() -> Float {
    require(count > 0, "A tensor of shape \(shape) has no largest number.")
    return withUnsafeElements { $0.reduce(-.infinity) { Swift.max($0, $1) } }
  }

  /// The smallest number.
  public func min() -> Float {
    require(count > 0, "A tensor of shape \(shape) has no smallest number.")
    return withUnsafeElements { $0.reduce(.infinity) { Swift.min($0, $1) } }
  }

  /// The index of the largest number in row-major order; of several equal ones, that of the first.
  public func argmax() -> Int {
    require(count > 0, "A tensor of shape \(shape) has no largest number.")
    return withUnsafeElements { values in
      var best = 0
      for i in 1..<Swift.max(count, 1) where values[i] > values[best] { best = i }
      return best
    }
  }
}

// MARK: - Along an axis

extension Tensor {
  /// The sum along an axis, which disappears.
  public func sum(axis: Int) -> Tensor { reduced(along: axis, from: 0) { $0 + Double($1) } }

  /// The mean along an axis, which disappears.
  public func mean(axis: Int) -> Tensor { sum(axis: axis) / Float(shape[axis]) }

  /// The largest number along an axis, which disappears.
  public func max(axis: Int) -> Tensor { reduced(along: axis, from: -.infinity) { Swift.max($0, Double($1)) } }

  private func reduced(along axis: Int, from initial: Double, _ combine: (Double, Float) -> Double) -> Tensor {
    check(axis)
    let (outer, length, inner) = split(at: axis)
    var rest = shape
    rest.remove(at: axis)
    var result = Tensor(uninitialized: rest)
    withUnsafeElements { source in
      result.withUnsafeMutableElements { target in
        for o in 0..<outer {
          for i in 0..<inner {
            var value = initial
            for l in 0..<length { value = combine(value, source[(o * length + l) * inner + i]) }
            target[o * inner + i] = Float(value)
          }
        }
      }
    }
    return result
  }
}

// MARK: - Of several tensors

extension Tensor {
  /// Tensors of one shape under a new first axis: `Tensor.stack(layers.map { $0.pattern })`.
  public static func stack(_ tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first else { return Tensor([]) }
    require(
      tensors.allSatisfy { $0.shape == first.shape }, "Tensors of different shapes cannot be stacked: \(tensors.map(\.shape)).")
    var result = Tensor(uninitialized: [tensors.count] + first.shape)
    result.withUnsafeMutableElements { target in
      for (i, tensor) in tensors.enumerated() where first.count > 0 {
        tensor.withUnsafeElements {
          _ = UnsafeMutableBufferPointer(rebasing: target[(i * first.count)...]).update(fromContentsOf: $0)
        }
      }
    }
    return result
  }

  /// Tensors of one shape `[row, …]` under a new second axis: heads' results `[position, d]` become `[position, head, d]`.
  package static func stackColumns(_ tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first else { return Tensor([]) }
    let (rows, width) = (first.shape[0], first.count / Swift.max(first.shape[0], 1))
    var result = Tensor(uninitialized: [rows, tensors.count] + first.shape.dropFirst())
    for (index, tensor) in tensors.enumerated() {
      result.withUnsafeMutableElements { target in
        tensor.withUnsafeElements { source in
          for row in 0..<rows {
            for i in 0..<width { target[(row * tensors.count + index) * width + i] = source[row * width + i] }
          }
        }
      }
    }
    return result
  }

  /// Tensors that differ in their first axis only, one behind the other.
  package static func joined(_ tensors: [Tensor]) -> Tensor {
    guard tensors.count != 1, let first = tensors.first else { return tensors.first ?? Tensor([]) }
    var result = Tensor(uninitialized: [tensors.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst())
    result.withUnsafeMutableElements { target in
      var start = 0
      for tensor in tensors {
        tensor.withUnsafeElements {
          _ = UnsafeMutableBufferPointer(rebasing: target[start..<start + tensor.count]).update(fromContentsOf: $0)
        }
        start += tensor.count
      }
    }
    return result
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
