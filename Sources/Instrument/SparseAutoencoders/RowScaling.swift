import Tensors

/// How each position's activation is scaled before it is encoded, and its reconstruction back: `z = (x - mean) · in` and `y · out + mean`.
///
/// Where the factors depend on the activation's own length L, the gradient takes that into account; so each row keeps how they change with it.
package struct RowScaling: Sendable {
  /// One position's numbers.
  struct Row: Sendable {
    /// What is taken away first.
    var mean = 0.0
    /// By what the activation is multiplied, and the reconstruction.
    var factor = 1.0
    var back = 1.0
    /// The derivatives of both by L.
    var factorSlope = 0.0
    var backSlope = 0.0
    /// That of L by each number of the activation, over the number.
    var lengthSlope = 0.0
  }

  private let rows: [Row]
  /// Whether the mean of each row is taken away.
  private let centers: Bool
  /// Whether nothing is scaled at all.
  let isIdentity: Bool
  /// Whether all rows are scaled by the same factor.
  private let isConstant: Bool
  /// Whether what is reconstructed is scaled back as the activation was scaled.
  private let restores: Bool

  /// - Parameter x: `[position, d_in]`.
  package init(_ x: Tensor, _ configuration: SparseAutoencoderConfiguration) {
    let (normalization, scale) = (configuration.normalization, Double(configuration.inputScale))
    let centers = configuration.centersInput || normalization == .layerNorm
    self.centers = centers
    (restores, isConstant) = (configuration.target == nil, normalization == .none)
    isIdentity = !centers && normalization == .none && scale == 1
    guard !isIdentity else {
      rows = []
      return
    }
    let width = x.shape[1]
    rows = x.withUnsafeElements { numbers in
      (0..<x.shape[0]).map { row in
        let numbers = numbers[row * width..<(row + 1) * width]
        let mean = centers ? numbers.reduce(0.0) { $0 + Double($1) } / Double(width) : 0
        let square = normalization == .none ? 0 : numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return Row(mean: mean, square: square, width: Double(width), normalization, scale: scale)
      }
    }
  }

  /// The activations as the encoder reads them.
  func applied(to x: Tensor) -> Tensor {
    guard !isIdentity else { return x }
    return eachRow(x) { row, value in (value - row.mean) * row.factor }
  }

  /// Reconstructions `[position, d_out]` as the model reads them. What a transcoder reconstructs is another activation, which only a constant
  /// factor scales back.
  func undone(_ y: Tensor) -> Tensor {
    guard !isIdentity else { return y }
    let difference = undoneDifference(y)
    return restores ? eachRow(difference) { row, value in value + row.mean } : difference
  }

  /// What is written into a reconstruction, as the model reads it: `undone` without the mean.
  func undoneDifference(_ y: Tensor) -> Tensor {
    guard !isIdentity, restores || isConstant else { return y }
    return eachRow(y) { row, value in value * row.back }
  }

  /// What `undoneDifference` made of it.
  func beforeUndoing(_ difference: Tensor) -> Tensor {
    guard !isIdentity else { return difference }
    return eachRow(difference) { row, value in row.back == 0 ? 0 : value / row.back }
  }

  /// The gradient of x, of which z is scaled and with which the reconstruction is scaled back.
  ///
  /// - Parameters:
  ///   - z: the gradient of z, `[position, d_in]`.
  ///   - output: that of the reconstruction as the model reads it.
  ///   - y: the reconstruction before it was scaled back.
  ///   - restoresMean: whether the mean was added to it.
  func gradient(x: Tensor, z: Tensor, output: Tensor, y: Tensor, restoresMean: Bool) -> Tensor {
    guard !isIdentity else { return z }
    let width = x.shape[1]
    var result = Tensor(uninitialized: x.shape)
    x.withUnsafeElements { x in
      z.withUnsafeElements { z in
        output.withUnsafeElements { output in
          y.withUnsafeElements { y in
            result.withUnsafeMutableElements { result in
              for (index, row) in rows.enumerated() {
                let range = index * width..<(index + 1) * width
                self.gradient(row, x[range], z[range], output[range], y[range], restoresMean, into: &result[range])
              }
            }
          }
        }
      }
    }
    return result
  }

  private typealias Numbers = Slice<UnsafeBufferPointer<Float>>

  private func gradient(
    _ row: Row, _ x: Numbers, _ z: Numbers, _ output: Numbers, _ y: Numbers, _ restoresMean: Bool,
    into result: inout Slice<UnsafeMutableBufferPointer<Float>>
  ) {
    let range = x.startIndex..<x.endIndex
    var (throughFactor, throughBack, sum, mean) = (0.0, 0.0, 0.0, 0.0)
    for i in range {
      throughFactor += Double(z[i]) * (Double(x[i]) - row.mean)
      throughBack += Double(output[i]) * Double(y[i])
      sum += restoresMean ? Double(output[i]) : 0
    }
    let slope = (row.factorSlope * throughFactor + row.backSlope * throughBack) * row.lengthSlope
    for i in range {
      let value = Double(z[i]) * row.factor + slope * (Double(x[i]) - row.mean)
      mean += value / Double(range.count)
      result[i] = Float(value)
    }
    guard centers else { return }
    for i in range { result[i] = Float(Double(result[i]) - mean + sum / Double(range.count)) }
  }

  private func eachRow(_ x: Tensor, _ function: (Row, Double) -> Double) -> Tensor {
    let width = x.shape[1]
    var result = Tensor(uninitialized: x.shape)
    x.withUnsafeElements { x in
      result.withUnsafeMutableElements { result in
        for (index, row) in rows.enumerated() {
          for i in index * width..<(index + 1) * width { result[i] = Float(function(row, Double(x[i]))) }
        }
      }
    }
    return result
  }
}

extension RowScaling.Row {
  /// - Parameter square: the sum of the squares of the activation, less its mean where that is taken away.
  fileprivate init(
    mean: Double, square: Double, width: Double, _ normalization: SparseAutoencoderConfiguration.Normalization, scale: Double
  ) {
    self.init(mean: mean)
    switch normalization {
    case .none: (factor, back) = (scale, 1 / scale)
    case .layerNorm:
      let deviation = (square / (width - 1)).squareRoot()
      factor = 1 / (deviation + 1e-5)
      (factorSlope, back, backSlope) = (-factor * factor, deviation, 1)
      lengthSlope = deviation == 0 ? 0 : 1 / ((width - 1) * deviation)
    case .constantNorm:
      let length = square.squareRoot()
      (back, backSlope) = (length / width.squareRoot(), 1 / width.squareRoot())
      // What is 0 has no length to bring to another; it is read as 0.
      guard length > 0 else {
        factor = 0
        return
      }
      (factor, lengthSlope) = (width.squareRoot() / length, 1 / length)
      factorSlope = -factor / length
    }
  }
}
