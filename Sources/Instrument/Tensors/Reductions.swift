/// What becomes of the numbers along an axis, which disappears, or with `keepingAxis` stays with length 1, so that the result broadcasts against the tensor:
/// `x - x.mean(axis: -1, keepingAxis: true)`. Sums are taken in Double.
extension Tensor {
  /// The sum along an axis.
  public func sum(axis: Int, keepingAxis: Bool = false) -> Tensor { reduced(.sum, along: axis, keepingAxis) }

  /// The sum along several axes.
  public func sum(axes: [Int], keepingAxes: Bool = false) -> Tensor {
    let wanted = Set(axes.map { resolved($0) })
    require(wanted.count == axes.count, "\(axes) names an axis of a tensor of shape \(shape) twice.")
    let sums = wanted.sorted(by: >).reduce(self) { $0.sum(axis: $1) }
    return keepingAxes ? sums.reshaped(shape.indices.map { wanted.contains($0) ? 1 : shape[$0] }) : sums
  }

  /// The mean along an axis; NaN where there is nothing along it.
  public func mean(axis: Int, keepingAxis: Bool = false) -> Tensor {
    sum(axis: axis, keepingAxis: keepingAxis) / Float(shape[resolved(axis)])
  }

  /// The largest number along an axis, which must have some; NaN where one is NaN.
  public func max(axis: Int, keepingAxis: Bool = false) -> Tensor {
    requireNumbers(axis, "largest")
    guard storage.block != nil else { return reducedLines(axis, keepingAxis) { $0.numbers.reduce(-.infinity, Self.larger) } }
    let largest = reduced(.max, along: axis, keepingAxis)
    // Devices pass over NaN when they seek the largest number, and not when they add up: only where a sum is NaN there can be one.
    guard sum(axis: axis).withUnsafeElements({ $0.contains(where: \.isNaN) }) else { return largest }
    return home().max(axis: axis, keepingAxis: keepingAxis).moved(to: backend)
  }

  /// The smallest number along an axis, which must have some; NaN where one is NaN.
  public func min(axis: Int, keepingAxis: Bool = false) -> Tensor {
    requireNumbers(axis, "smallest")
    return reducedLines(axis, keepingAxis) { $0.numbers.reduce(.infinity, Self.smaller) }
  }

  private func requireNumbers(_ axis: Int, _ which: String) {
    require(shape[resolved(axis)] > 0, "A tensor of shape \(shape) has no \(which) number along axis \(axis).")
  }

  private func reduced(_ reduction: Reduction, along axis: Int, _ keepingAxis: Bool) -> Tensor {
    let axis = resolved(axis)
    var result = backend.allocate(reducedShape(axis, keeping: false))
    backend.reduce(reduction, self, axis: axis, into: &result)
    return keepingAxis ? result.reshaped(reducedShape(axis, keeping: true)) : result
  }

  /// The variance of all numbers: their squared distances from the mean, summed and divided by `count - correction`. With 1 (PyTorch's
  /// default) it estimates the variance of what the numbers were drawn from; with 0 (NumPy's) it is that of the numbers themselves, as norms take it.
  public func variance(correction: Int = 1) -> Float { flattened().variance(axis: 0, correction: correction).scalar }

  /// The variance along an axis; see `variance(correction:)`. NaN where nothing is left to divide by.
  public func variance(axis: Int, correction: Int = 1, keepingAxis: Bool = false) -> Tensor {
    reducedLines(axis, keepingAxis) { $0.variance(correction) }
  }

  /// The standard deviation of all numbers; see `variance(correction:)`.
  public func std(correction: Int = 1) -> Float { flattened().std(axis: 0, correction: correction).scalar }

  /// The standard deviation along an axis; see `variance(correction:)`. NaN where nothing is left to divide by.
  public func std(axis: Int, correction: Int = 1, keepingAxis: Bool = false) -> Tensor {
    reducedLines(axis, keepingAxis) { $0.variance(correction).squareRoot() }
  }

  /// The Euclidean length of all numbers as one vector: of a matrix, its Frobenius norm.
  public func norm() -> Float { Float(euclideanLength()) }

  /// The norm of the vectors along an axis: the Euclidean one, or with another order p the p-th root of the sum of |x|ᵖ; with infinity, the largest |x|.
  public func norm(axis: Int, order: Double = 2, keepingAxis: Bool = false) -> Tensor {
    require(order > 0, "There is no norm of order \(order); it must be positive.")
    return reducedLines(axis, keepingAxis) { $0.norm(order) }
  }

  /// The sums of the numbers along an axis up to each of them, `[…]` of the same shape.
  public func cumulativeSum(axis: Int) -> Tensor {
    let axis = resolved(axis)
    var result = Tensor(uninitialized: shape)
    let target = result.sharedBase()
    forEachLine(axis) { line, _ in
      var sum = 0.0
      for (i, number) in line.numbers.enumerated() {
        sum += number
        target[line.first + i * line.stride] = Float(sum)
      }
    }
    return result
  }

  /// The shape of what is left when an axis disappears, or becomes 1 long.
  func reducedShape(_ axis: Int, keeping: Bool) -> [Int] {
    var rest = shape
    if keeping { rest[axis] = 1 } else { rest.remove(at: axis) }
    return rest
  }

  /// A tensor of a number for each line along an axis.
  private func reducedLines(_ axis: Int, _ keepingAxis: Bool, _ reduce: (Line) -> Double) -> Tensor {
    let axis = resolved(axis)
    var result = Tensor(uninitialized: reducedShape(axis, keeping: keepingAxis))
    let target = result.sharedBase()
    forEachLine(axis) { line, index in target[index] = Float(reduce(line)) }
    return result
  }

  /// The numbers along an axis at one index of the others.
  struct Line {
    let base: UnsafePointer<Float>
    /// Where the line begins in the tensor, in numbers.
    let first: Int
    let count: Int
    let stride: Int

    subscript(index: Int) -> Float { base[first + index * stride] }
    var numbers: some Collection<Double> { (0..<count).lazy.map { Double(self[$0]) } }

    func variance(_ correction: Int) -> Double {
      let mean = numbers.reduce(0, +) / Double(count)
      let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return count > correction ? squares / Double(count - correction) : .nan
    }
  }

  /// Gives each line along an axis, with its index among them in row-major order, on all cores.
  func forEachLine(_ axis: Int, _ body: (Line, Int) -> Void) {
    let (outer, length, inner) = split(at: axis)
    withUnsafeElements { numbers in
      // Without numbers there is nothing to point at, and nothing is read.
      let base = numbers.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Float>.alignment)
      guard let base else { return }
      Parallel.overRows(outer * inner, width: length) { part in
        for index in part {
          body(Line(base: base, first: index / inner * length * inner + index % inner, count: length, stride: inner), index)
        }
      }
    }
  }
}
