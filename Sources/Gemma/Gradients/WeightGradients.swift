import CKernels
import Tensors

/// The gradients of a model's weights, added up over the prompts of a batch.
final class WeightGradients {
  /// Which weight of the model, or of a layer.
  enum Name: Hashable, CaseIterable {
    case embedding, finalNorm
    case inputNorm, query, key, value, output, mlpNorm, gate, up, down
  }

  /// A weight of the whole model, or of one layer.
  struct Place: Hashable {
    let name: Name
    let layer: Int?
  }

  private(set) var gradients: [Place: Tensor] = [:]

  subscript(_ name: Name, _ layer: Int? = nil) -> Tensor? { gradients[Place(name: name, layer: layer)] }

  /// Adds what a product with a weight `[out, in]` gives: `gradientᵀ · input`, of the gradient of its result `[row, out]` and of its
  /// input `[row, in]`.
  func add(_ name: Name, _ layer: Int?, gradient: @autoclosure () -> Tensor, input: @autoclosure () -> Tensor) {
    let (gradient, input) = (gradient(), input())
    let place = Place(name: name, layer: layer)
    let (out, width) = (gradient.shape[1], input.shape[1])
    var sum = gradients.removeValue(forKey: place) ?? Tensor(repeating: 0, shape: [out, width])
    multiply(
      ck_product(
        rows: out, columns: width, inner: gradient.shape[0], left: gradient.constantBase, left_stride: out, left_transposed: true,
        right: input.constantBase, format: ck_float32, right_stride: width, right_transposed: false, result: sum.sharedBase(),
        result_stride: width, factor: 1, adding: true))
    withExtendedLifetime((gradient, input)) {}
    gradients[place] = sum
  }

  /// Adds what a norm gives, of which the result is `normalized · (1 + weight)`.
  func addNorm(_ name: Name, _ layer: Int?, gradient: @autoclosure () -> Tensor, normalized: @autoclosure () -> Tensor) {
    add(Place(name: name, layer: layer), (gradient() * normalized()).sum(axis: 0))
  }

  /// Adds the rows of the embedding that tokens read, times √width as the embedding is.
  func addEmbedding(_ tokens: [Int], gradient: Tensor, shape: [Int]) {
    let place = Place(name: .embedding, layer: nil)
    var sum = gradients.removeValue(forKey: place) ?? Tensor(repeating: 0, shape: shape)
    let (width, factor) = (shape[1], Float(shape[1]).squareRoot())
    sum.withUnsafeMutableElements { sum in
      gradient.withUnsafeElements { gradient in
        for (row, token) in tokens.enumerated() {
          for i in 0..<width { sum[token * width + i] += factor * gradient[row * width + i] }
        }
      }
    }
    gradients[place] = sum
  }

  private func add(_ place: Place, _ gradient: Tensor) {
    guard var sum = gradients.removeValue(forKey: place) else {
      gradients[place] = gradient
      return
    }
    sum.add(gradient)
    gradients[place] = sum
  }
}
