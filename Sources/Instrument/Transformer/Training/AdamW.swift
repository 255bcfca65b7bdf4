import Checkpoints
import Foundation
import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101), as `torch.optim.AdamW` computes it.
///
/// With the gradient g of step t, of which the norm over all weights is first cut to `gradientClip`, and the learning rate η of
/// that step:
///
///     m = β₁m + (1 - β₁)g        v = β₂v + (1 - β₂)g²
///     w = (1 - ηλ)w - η · m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
///
/// The matrices decay, the embedding among them; norms and biases do not.
public struct AdamW: Sendable {
  /// η of each step.
  public var learningRate: LearningRate
  /// β₁: how much of the first moment each step keeps, from 0 to below 1.
  public var beta1: Double
  /// β₂: how much of the second moment each step keeps, from 0 to below 1.
  public var beta2: Double
  /// ε: what is added to the root of the second moment, above 0.
  public var epsilon: Double
  /// λ.
  public var weightDecay: Double
  /// The longest gradient, as the root of the sum of squares over all weights; longer ones are shortened to it. Nil: any length.
  public var gradientClip: Double?

  /// Settings, which by default are those of `torch.optim.AdamW` with a clipped gradient. They are checked at each step.
  public init(
    learningRate: LearningRate = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, gradientClip: Double? = 1
  ) {
    (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
    (self.epsilon, self.weightDecay, self.gradientClip) = (epsilon, weightDecay, gradientClip)
  }
}

/// The learning rate of each step; steps are counted from 1. A number stands for a constant rate.
public struct LearningRate: Sendable, ExpressibleByFloatLiteral {
  private let rate: @Sendable (Int) -> Double

  /// Any function of the step.
  public init(_ rate: @escaping @Sendable (Int) -> Double) { self.rate = rate }

  /// A constant rate, written as a number.
  public init(floatLiteral value: Double) { self.init { _ in value } }

  /// A rate that is the same at every step.
  public static func constant(_ value: Double) -> LearningRate { LearningRate { _ in value } }

  /// Rises in a straight line to `peak` at step `warmup`, then falls along half a cosine to `floor` at step `steps`, and stays.
  public static func cosine(peak: Double, warmup: Int = 0, steps: Int, floor: Double = 0) -> LearningRate {
    LearningRate { step in
      if step < warmup { return peak * Double(step) / Double(warmup) }
      let part = min(1, Double(step - warmup) / Double(max(steps - warmup, 1)))
      return floor + (peak - floor) * (1 + cos(.pi * part)) / 2
    }
  }

  /// The rate of a step.
  public func callAsFunction(_ step: Int) -> Double { rate(step) }
}

/// What changes in training: the weights, the moments of their gradients, and how many steps were made.
package struct TrainingState: Sendable {
  package var parameters: Parameters
  package var firstMoment: Tensor
  package var secondMoment: Tensor
  package var steps: Int

  package init(_ parameters: Parameters) {
    let zeros = Tensor(repeating: 0, shape: [parameters.layout.count])
    (self.parameters, firstMoment, secondMoment, steps) = (parameters, zeros, zeros, 0)
  }

  fileprivate init(_ vector: OptimizedVector, _ layout: ParameterLayout) {
    parameters = Parameters(layout, vector.values)
    (firstMoment, secondMoment, steps) = (vector.firstMoment, vector.secondMoment, vector.steps)
  }

  fileprivate var vector: OptimizedVector {
    OptimizedVector(parameters.values, firstMoment, secondMoment, steps: steps)
  }
}

/// Numbers that an optimizer changes, the moments of their gradients, and how many steps were made.
package struct OptimizedVector: Sendable {
  package var values: Tensor
  fileprivate var firstMoment: Tensor
  fileprivate var secondMoment: Tensor
  package fileprivate(set) var steps: Int

  package init(_ values: Tensor) {
    let zeros = Tensor(repeating: 0, shape: [values.count])
    self.init(values, zeros, zeros, steps: 0)
  }

  fileprivate init(_ values: Tensor, _ firstMoment: Tensor, _ secondMoment: Tensor, steps: Int) {
    (self.values, self.firstMoment, self.secondMoment, self.steps) = (values, firstMoment, secondMoment, steps)
  }
}

extension AdamW {
  func check(rate: Double, step: Int) throws(ModelError) {
    func expect(_ holds: Bool, _ setting: String, is value: Double, not range: String) throws(ModelError) {
      if !holds { throw .badRequest("AdamW's \(setting) is \(value); it must be \(range).") }
    }
    try expect(rate.isFinite && rate >= 0, "learning rate at step \(step)", is: rate, not: "0 or more, and finite")
    try expect((0..<1).contains(beta1), "beta1", is: beta1, not: "from 0 to below 1")
    try expect((0..<1).contains(beta2), "beta2", is: beta2, not: "from 0 to below 1")
    try expect(epsilon.isFinite && epsilon > 0, "epsilon", is: epsilon, not: "above 0, and finite")
    try expect(weightDecay.isFinite && weightDecay >= 0, "weightDecay", is: weightDecay, not: "0 or more, and finite")
    if let clip = gradientClip { try expect(clip > 0, "gradientClip", is: clip, not: "above 0, or nil") }
  }

  /// What a gradient of some length is multiplied by.
  package func scale(ofNorm norm: Double) -> Double { gradientClip.map { norm > $0 ? $0 / norm : 1 } ?? 1 }

  /// The next state. The old one stays as it is.
  /// - Parameter scale: what the gradient is multiplied by.
  package func stepped(_ state: TrainingState, _ gradient: Tensor, scale: Double) -> TrainingState {
    let layout = state.parameters.layout
    let vector = step(state.vector, gradient, scale, layout.names.map { (layout.range($0), $0.kind == .matrix) })
    return TrainingState(vector, layout)
  }

  /// The next numbers of a vector. The old ones stay as they are.
  /// - Parameters:
  ///   - scale: what the gradient is multiplied by.
  ///   - parts: all of the vector, and what of it decays.
  package func stepped(
    _ vector: OptimizedVector, _ gradient: Tensor, scale: Double, parts: [(range: Range<Int>, decays: Bool)]
  ) throws(ModelError) -> OptimizedVector {
    try check(rate: learningRate(vector.steps + 1), step: vector.steps + 1)
    return step(vector, gradient, scale, parts)
  }

  private func step(
    _ vector: OptimizedVector, _ gradient: Tensor, _ scale: Double, _ parts: [(range: Range<Int>, decays: Bool)]
  ) -> OptimizedVector {
    let factors = Factors(self, step: vector.steps + 1, scale: scale)
    var next = vector
    next.steps += 1
    for numbers in [\OptimizedVector.values, \.firstMoment, \.secondMoment] {
      next[keyPath: numbers] = Tensor(uninitialized: [gradient.count])
    }
    vector.withVectors { old in
      next.withMutableVectors { new in
        gradient.withUnsafeElements { gradient in
          guard let gradient = gradient.baseAddress else { return }
          for (range, decays) in parts {
            Parallel.overRows(range.count, width: 8) { part in
              let first = range.lowerBound + part.lowerBound
              factors.apply(old + first, gradient + first, new + first, count: part.count, decays: decays)
            }
          }
        }
      }
    }
    return next
  }
}

/// The numbers of one step, rounded as PyTorch rounds them.
private struct Factors {
  let scale, beta1, beta2, rest1, rest2, kept, rate, root2, epsilon: Float

  init(_ adam: AdamW, step: Int, scale: Double) {
    let rate = adam.learningRate(step)
    self.scale = Float(scale)
    (beta1, beta2) = (Float(adam.beta1), Float(adam.beta2))
    (rest1, rest2) = (Float(1 - adam.beta1), Float(1 - adam.beta2))
    kept = Float(1 - rate * adam.weightDecay)
    self.rate = Float(rate / (1 - pow(adam.beta1, Double(step))))
    root2 = Float(1 / (1 - pow(adam.beta2, Double(step))).squareRoot())
    epsilon = Float(adam.epsilon)
  }

  func apply(_ old: Vectors, _ gradient: UnsafePointer<Float>, _ new: MutableVectors, count: Int, decays: Bool) {
    let kept = decays ? kept : 1
    for i in 0..<count {
      let g = gradient[i] * scale
      let m = beta1 * old.first[i] + rest1 * g
      let v = beta2 * old.second[i] + rest2 * (g * g)
      new.first[i] = m
      new.second[i] = v
      new.weights[i] = kept * old.weights[i] - rate * m / (v.squareRoot() * root2 + epsilon)
    }
  }
}

/// Where a state's numbers lie.
private struct Vectors {
  let weights, first, second: UnsafePointer<Float>

  static func + (left: Vectors, right: Int) -> Vectors {
    Vectors(weights: left.weights + right, first: left.first + right, second: left.second + right)
  }
}

private struct MutableVectors {
  let weights, first, second: UnsafeMutablePointer<Float>

  static func + (left: MutableVectors, right: Int) -> MutableVectors {
    MutableVectors(weights: left.weights + right, first: left.first + right, second: left.second + right)
  }
}

extension OptimizedVector {
  fileprivate func withVectors(_ body: (Vectors) -> Void) {
    values.withUnsafeElements { weights in
      firstMoment.withUnsafeElements { first in
        secondMoment.withUnsafeElements { second in
          guard let weights = weights.baseAddress, let first = first.baseAddress, let second = second.baseAddress else { return }
          body(Vectors(weights: weights, first: first, second: second))
        }
      }
    }
  }

  fileprivate mutating func withMutableVectors(_ body: (MutableVectors) -> Void) {
    values.withUnsafeMutableElements { weights in
      firstMoment.withUnsafeMutableElements { first in
        secondMoment.withUnsafeMutableElements { second in
          guard let weights = weights.baseAddress, let first = first.baseAddress, let second = second.baseAddress else { return }
          body(MutableVectors(weights: weights, first: first, second: second))
        }
      }
    }
  }
}
