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
    gradient.view.transposed.multiply(input.view, into: base(name), stride: input.shape[1], adding: true)
    withExtendedLifetime((gradient, input)) {}
  }

  /// Adds what a norm gives, whose result is `normalized · (offset + weight)`.
  func addNorm(_ name: WeightName, gradient: Tensor, normalized: Tensor) {
    let (width, sum) = (gradient.shape[1], base(name))
    gradient.withUnsafeElements { gradient in
      normalized.withUnsafeElements { normalized in
        guard let g = gradient.baseAddress, let n = normalized.baseAddress else { return }
        for first in stride(from: 0, to: gradient.count, by: width) {
          for i in 0..<width { sum[i] += g[first + i] * n[first + i] }
        }
      }
    }
  }

  /// Adds what a bias gives, which is added to every row: the sum of the rows of the gradient of the result, `[row, width]`.
  func addBias(_ name: WeightName, gradient: Tensor) {
    let (width, sum) = (gradient.shape[1], base(name))
    gradient.withUnsafeElements { gradient in
      guard let g = gradient.baseAddress else { return }
      for first in stride(from: 0, to: gradient.count, by: width) {
        for i in 0..<width { sum[i] += g[first + i] }
      }
    }
  }

  /// Adds what reading rows of an embedding gives, each multiplied by `factor`: the gradient is that of the residual stream,
  /// `[row, width]`, with one row for each index.
  func addEmbedding(_ name: WeightName, _ indices: [Int], gradient: Tensor, factor: Float) {
    let (sum, width) = (base(name), gradient.shape[1])
    gradient.withUnsafeElements { gradient in
      guard let g = gradient.baseAddress else { return }
      for (row, index) in indices.enumerated() {
        for i in 0..<width { sum[index * width + i] += factor * g[row * width + i] }
      }
    }
  }

  private func base(_ name: WeightName) -> UnsafeMutablePointer<Float> {
    values.sharedBase() + layout.range(name).lowerBound
  }
}
