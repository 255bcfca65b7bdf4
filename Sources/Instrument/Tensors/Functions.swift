import Foundation

/// Functions of each number.
extension Tensor {
  /// e to the power of each number.
  public func exp() -> Tensor { each { Foundation.exp($0) } }
  /// The natural logarithm of each number.
  public func log() -> Tensor { each { Foundation.log($0) } }
  /// The square root of each number.
  public func squareRoot() -> Tensor { each { $0.squareRoot() } }
  /// Each number times itself.
  public func squared() -> Tensor { each { $0 * $0 } }
  /// Each number to a power.
  public func power(_ exponent: Float) -> Tensor { each { Foundation.pow($0, exponent) } }
  /// The hyperbolic tangent of each number.
  public func tanh() -> Tensor { each { Foundation.tanh($0) } }
  /// 1 / (1 + e⁻ˣ) of each number.
  public func sigmoid() -> Tensor { each { 1 / (1 + Foundation.exp(-$0)) } }
  /// Each number, or 0 in place of a negative one. NaN stays NaN.
  public func relu() -> Tensor { each { $0 < 0 ? 0 : $0 } }
  /// -1, 0 or 1, as each number is negative, 0 or positive. NaN stays NaN.
  public func sign() -> Tensor { each { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 } }

  /// Each number, or the bound that it lies beyond. NaN stays NaN.
  public func clamped(to bounds: ClosedRange<Float>) -> Tensor {
    each { $0 < bounds.lowerBound ? bounds.lowerBound : $0 > bounds.upperBound ? bounds.upperBound : $0 }
  }

  /// A tensor of what a function makes of each number, computed on all cores, for functions that the compiler puts into the loop.
  @inline(__always)
  func each(_ function: (Float) -> Float) -> Tensor {
    var result = Tensor(uninitialized: shape)
    let target = result.sharedBase()
    withUnsafeElements { source in
      Parallel.overRows(count, width: 8) { part in for i in part { target[i] = function(source[i]) } }
    }
    return result
  }
}

// MARK: - Softmax

extension Tensor {
  /// Each number's exponential over the sum of those along an axis, the last if none is named: probabilities of logits. -∞ has probability 0.
  public func softmax(axis: Int = -1) -> Tensor {
    alongRows(axis) { rows in
      var result = rows
      result.applySoftmax()
      return result
    }
  }

  /// The logarithm of `softmax(axis:)`, which also holds for probabilities that fp32 cannot: the sum is taken in Double.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    alongRows(axis) { rows in
      let (sums, width) = (rows.logSumExp(), rows.shape[1])
      var result = rows.home()
      result.withUnsafeMutableElements { numbers in
        for (row, sum) in sums.enumerated() {
          // Of ∞ there is no share, as with `softmax(axis:)`.
          let sum = sum.isFinite ? sum : .nan
          for i in row * width..<(row + 1) * width { numbers[i] = Float(Double(numbers[i]) - sum) }
        }
      }
      return result
    }
  }

  /// The logarithm of the sum of the exponentials along an axis, which disappears; taken in Double. -∞ where all numbers are.
  public func logSumExp(axis: Int, keepingAxis: Bool = false) -> Tensor {
    let axis = resolved(axis)
    require(shape[axis] > 0, "A tensor of shape \(shape) has no numbers along axis \(axis) to sum.")
    let moved = movingAxis(axis, to: -1)
    let sums = moved.reshaped([-1, shape[axis]]).logSumExp()
    return Tensor(sums.map { Float($0) }, shape: reducedShape(axis, keeping: keepingAxis))
  }

  /// Does something with rows `[row, width]`, where a row's numbers are those along an axis.
  private func alongRows(_ axis: Int, _ body: (Tensor) -> Tensor) -> Tensor {
    let axis = resolved(axis)
    guard count > 0 else { return self }
    let moved = movingAxis(axis, to: -1)
    return body(moved.reshaped([-1, shape[axis]])).reshaped(moved.shape).movingAxis(-1, to: axis)
  }
}
