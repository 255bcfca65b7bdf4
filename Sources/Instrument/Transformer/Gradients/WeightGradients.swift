import Tensors

/// The gradients of a model's weights, added up over the prompts of a batch. One thread adds at a time.
final class WeightGradients {
  /// The gradients of all weights, in the order of the layout.
  private(set) var values: Tensor
  private let layout: ParameterLayout

  init(_ layout: ParameterLayout) { (self.layout, values) = (layout, Tensor(repeating: 0, shape: [layout.count])) }

  /// Adds what a product with a weight `[out, in]` gives: `gradientᵀ · input`, of the gradient of its result `[row, out]` and of
  /// its input `[row, in]`.
  func add(_ name: WeightName, gradient: Tensor, input: Tensor) {
    values.addProduct(ofTransposed: gradient, input, at: layout.range(name).lowerBound)
  }

  /// Adds what a norm gives, whose result is `normalized · (offset + weight)`.
  func addNorm(_ name: WeightName, gradient: Tensor, normalized: Tensor) {
    addRows(of: gradient * normalized, to: name)
  }

  /// Adds what a bias gives, which is added to every row: the sum of the rows of the gradient of the result, `[row, width]`.
  func addBias(_ name: WeightName, gradient: Tensor) {
    addRows(of: gradient, to: name)
  }

  /// Adds what reading rows of an embedding gives, each multiplied by `factor`: the gradient is that of the residual stream,
  /// `[row, width]`, with one row for each index.
  func addEmbedding(_ name: WeightName, _ indices: [Int], gradient: Tensor, factor: Float) {
    let (first, width) = (layout.range(name).lowerBound, gradient.shape[1])
    values.withUnsafeMutableElements { sum in
      gradient.withUnsafeElements { gradient in
        for (row, index) in indices.enumerated() {
          for i in 0..<width { sum[first + index * width + i] += factor * gradient[row * width + i] }
        }
      }
    }
  }

  /// Adds the sum of some rows.
  private func addRows(of rows: Tensor, to name: WeightName) {
    let (first, width) = (layout.range(name).lowerBound, rows.shape[1])
    values.withUnsafeMutableElements { sum in
      rows.withUnsafeElements { rows in
        for row in Swift.stride(from: 0, to: rows.count, by: width) {
          for i in 0..<width { sum[first + i] += rows[row + i] }
        }
      }
    }
  }
}
