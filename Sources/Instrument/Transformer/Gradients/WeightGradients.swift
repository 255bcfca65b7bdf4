import Tensors

/// The gradients of a model's weights, added up over the prompts of a batch. One thread adds at a time.
final class WeightGradients {
  /// The gradients of all weights, in the order of the layout.
  private(set) var values: Tensor
  private let layout: ParameterLayout

  init(_ layout: ParameterLayout) { (self.layout, values) = (layout, Tensor(repeating: 0, shape: [layout.count])) }

  /// Adds what a product with a weight `[out, in]` gives: `gradientᵀ · input`, of the gradient of its result `[row, out]` and of
  /// its input `[row, in]`.
  func add(_ name: WeightName, gradient: @autoclosure () -> Tensor, input: @autoclosure () -> Tensor) {
    let (gradient, input) = (gradient(), input())
    gradient.view.transposed.multiply(input.view, into: base(name), stride: input.shape[1], adding: true)
    withExtendedLifetime((gradient, input)) {}
  }

  /// Adds what a norm gives, whose result is `normalized · (offset + weight)`.
  func addNorm(_ name: WeightName, gradient: @autoclosure () -> Tensor, normalized: @autoclosure () -> Tensor) {
    let (gradient, normalized, sum) = (gradient(), normalized(), base(name))
    let width = gradient.shape[1]
    gradient.withUnsafeElements { gradient in
      normalized.withUnsafeElements { normalized in
        guard let g = gradient.baseAddress, let n = normalized.baseAddress else { return }
        for first in stride(from: 0, to: gradient.count, by: width) {
          for i in 0..<width { sum[i] += g[first + i] * n[first + i] }
        }
      }
    }
  }

  /// Adds what reading tokens gives to the rows of the embedding, which are multiplied by √width: the gradient is that of the
  /// residual stream, `[row, width]`, with one row for each token.
  func addEmbedding(_ tokens: [Int], gradient: Tensor) {
    let (sum, width) = (base(.embedding), gradient.shape[1])
    let factor = Float(width).squareRoot()
    gradient.withUnsafeElements { gradient in
      guard let g = gradient.baseAddress else { return }
      for (row, token) in tokens.enumerated() {
        for i in 0..<width { sum[token * width + i] += factor * g[row * width + i] }
      }
    }
  }

  private func base(_ name: WeightName) -> UnsafeMutablePointer<Float> {
    values.sharedBase() + layout.range(name).lowerBound
  }
}
