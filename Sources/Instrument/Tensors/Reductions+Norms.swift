import Foundation

extension Tensor.Line {
  /// The p-norm of the numbers, taken in Double.
  func norm(_ order: Double) -> Double {
    switch order {
    case 2: numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case 1: numbers.reduce(0) { $0 + Swift.abs($1) }
    case .infinity: numbers.reduce(0) { $1.isNaN || $0.isNaN ? .nan : Swift.max($0, Swift.abs($1)) }
    default: Foundation.pow(numbers.reduce(0) { $0 + Foundation.pow(Swift.abs($1), order) }, 1 / order)
    }
  }
}

// MARK: - Products of vectors

extension Tensor {
  /// The root of the sum of squares, in Double. Blocks of one size are added up in their order, whatever the number of cores.
  package func euclideanLength() -> Double {
    let block = 1 << 14
    var sums = [Double](repeating: 0, count: (count + block - 1) / block)
    withUnsafeElements { x in
      sums.withUnsafeMutableBufferPointer { sums in
        Parallel.overRows(sums.count, width: block) { part in
          for index in part {
            for i in index * block..<Swift.min((index + 1) * block, x.count) { sums[index] += Double(x[i]) * Double(x[i]) }
          }
        }
      }
    }
    return sums.reduce(0, +).squareRoot()
  }

  /// The sum of the products of two tensors of one shape, number by number, taken in Double: of two vectors, their dot product.
  public func dot(_ other: Tensor) -> Float {
    require(shape == other.shape, "Tensors of shapes \(shape) and \(other.shape) have no dot product: they differ.")
    return Float(
      withUnsafeElements { left in
        other.withUnsafeElements { right in zip(left, right).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
      })
  }

  /// The products of each number of a vector with each of another: `[m]` and `[n]` make `[m, n]`.
  public func outer(_ other: Tensor) -> Tensor {
    require(
      rank == 1 && other.rank == 1, "Only two vectors have an outer product, not tensors of shapes \(shape) and \(other.shape).")
    return expanded(axis: 1) * other.expanded(axis: 0)
  }

  /// The cosine of the angle between the vectors of two tensors along an axis, which disappears: `[…]` without it. Shapes broadcast; sums are taken in
  /// Double. A vector of zeros is like no other: 0.
  public func cosine(with other: Tensor, axis: Int = -1) -> Tensor {
    let shape = Tensor.broadcastShape(shape, other.shape)
    let (left, right) = (broadcast(to: shape), other.broadcast(to: shape))
    let axis = left.resolved(axis)
    var result = Tensor(uninitialized: left.reducedShape(axis, keeping: false))
    let target = result.sharedBase()
    left.forEachLine(axis) { l, index in
      right.withUnsafeElements { numbers in
        let lengths = l.norm(2)
        var (product, squares) = (0.0, 0.0)
        for i in 0..<l.count {
          let r = Double(numbers[l.first + i * l.stride])
          (product, squares) = (product + Double(l[i]) * r, squares + r * r)
        }
        let size = lengths * squares.squareRoot()
        target[index] = size == 0 ? 0 : Float(product / size)
      }
    }
    return result
  }

  /// Each vector along an axis over its Euclidean length. A vector of zeros stays as it is.
  public func normalized(axis: Int = -1) -> Tensor { self / norm(axis: axis, keepingAxis: true).each { $0 == 0 ? 1 : $0 } }
}
