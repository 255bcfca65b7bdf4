import Tensors

/// A product with a weight `[out, in]`, and a bias that is added to it. It owns its way forward and its way back.
package struct Linear: Sendable {
  let name: WeightName
  package let weight: WeightMatrix
  let biasName: WeightName
  /// `[out]`, where there is one.
  package let bias: Tensor?

  /// The same product where a backend computes.
  func moved(to backend: any Backend) -> Linear {
    Linear(name: name, weight: weight.moved(to: backend), biasName: biasName, bias: bias?.moved(to: backend))
  }

  /// `[row, in]` becomes `[row, out]`.
  func forward(_ x: Tensor, _ kind: ProductKind) -> Tensor {
    var result = kind == .prompt ? x.projected(by: weight) : x.decoded(by: weight)
    if let bias { result.addToRows(bias) }
    return result
  }

  /// The gradient of the input, `[row, in]`, given that of the result, `[row, out]`.
  func backward(_ gradient: Tensor) -> Tensor { gradient.projectedBack(by: weight) }

  /// Adds what a batch gives to the gradients of weight and bias.
  func addGradients(to sums: WeightGradients?, _ gradient: Tensor, input: @autoclosure () -> Tensor?) {
    guard let sums, let input = input() else { return }
    sums.add(name, gradient: gradient, input: input)
    if bias != nil { sums.addBias(biasName, gradient: gradient) }
  }
}

/// Which of the two kernels computes the products of a pass. Each gives a row the same bits whatever other rows are computed with it; the two
/// take their sums in different orders.
enum ProductKind: Sendable {
  /// At the speed of the arithmetic: many rows.
  case prompt
  /// At the speed at which the weights are read: one row of each text, or a few.
  case decoding
}
