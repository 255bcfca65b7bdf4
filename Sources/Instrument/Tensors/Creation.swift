import Foundation

extension Tensor {
  /// A tensor of zeros: `Tensor.zeros([18, 8])`.
  public static func zeros(_ shape: [Int]) -> Tensor { Tensor(repeating: 0, shape: shape) }
  /// A tensor of zeros: `Tensor.zeros(18, 8)`.
  public static func zeros(_ lengths: Int...) -> Tensor { zeros(lengths) }
  /// A tensor of ones: `Tensor.ones([18, 8])`.
  public static func ones(_ shape: [Int]) -> Tensor { Tensor(repeating: 1, shape: shape) }
  /// A tensor of ones: `Tensor.ones(18, 8)`.
  public static func ones(_ lengths: Int...) -> Tensor { ones(lengths) }

  /// The identity matrix, `[size, size]`.
  public static func identity(_ size: Int) -> Tensor { diagonal(.ones([size])) }

  /// A matrix of zeros with a vector on its diagonal, `[count, count]`.
  public static func diagonal(_ vector: Tensor) -> Tensor {
    require(vector.rank == 1, "Only a vector makes a diagonal matrix, not a tensor of shape \(vector.shape).")
    var result = zeros([vector.count, vector.count])
    vector.withUnsafeElements { numbers in
      result.withUnsafeMutableElements { for i in numbers.indices { $0[i * (numbers.count + 1)] = numbers[i] } }
    }
    return result
  }

  /// The whole numbers of a range: `Tensor.counting(0..<5)`.
  public static func counting(_ range: Range<Int>) -> Tensor { Tensor(range.map { Float($0) }) }

  /// So many numbers at equal distances, from one to another, both included.
  public static func linearSpace(from first: Float, to last: Float, count: Int) -> Tensor {
    require(count >= 2, "\(count) numbers do not reach from \(first) to \(last); it takes at least 2.")
    let step = (Double(last) - Double(first)) / Double(count - 1)
    return Tensor((0..<count).map { $0 == count - 1 ? last : Float(Double(first) + Double($0) * step) })
  }

  /// One row for each index, `[index, classes]`, that is 1 at the index and 0 elsewhere.
  public static func oneHot(_ indices: some Collection<Int>, classes: Int) -> Tensor {
    var result = zeros([indices.count, classes])
    for (row, index) in indices.enumerated() {
      require(index >= 0 && index < classes, "The index \(index) lies outside of \(classes) classes.")
      result[row, index] = 1
    }
    return result
  }

  /// Independent numbers of the standard normal distribution, drawn from a generator, so that a seed gives the same ones again.
  public static func normal(_ shape: [Int], using generator: inout some RandomNumberGenerator) -> Tensor {
    var result = Tensor(uninitialized: shape)
    result.withUnsafeMutableElements { numbers in
      // Box and Muller 1958: two uniform numbers make two normal ones.
      for i in stride(from: 0, to: numbers.count, by: 2) {
        let radius = (-2 * Foundation.log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
        let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
        numbers[i] = Float(radius * Foundation.cos(angle))
        if i + 1 < numbers.count { numbers[i + 1] = Float(radius * Foundation.sin(angle)) }
      }
    }
    return result
  }

  /// Independent numbers, equally likely anywhere in a range, drawn from a generator.
  public static func uniform(
    _ shape: [Int], in range: Range<Float> = 0..<1, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    result.withUnsafeMutableElements { for i in $0.indices { $0[i] = .random(in: range, using: &generator) } }
    return result
  }
}
