import Foundation
import Transformer
import ModelFixture
import Tensors
import TestSupport
import Testing

/// A metric for the model and for the twin.
protocol TwinMetric: Sendable {
  var positions: [Int] { get }
  var columns: [Int] { get }
  /// Of `[positions, columns]`, row after row.
  func value(_ logits: [Double]) -> Double
  func derivative(_ logits: [Double]) -> [Double]
}

extension TwinMetric {
  var function: LogitFunction {
    LogitFunction(positions: positions, columns: columns) { logits in
      let numbers = logits.elements.map(Double.init)
      return (value(numbers), Tensor(derivative(numbers).map(Float.init), shape: logits.shape))
    }
  }

  func callAsFunction(_ logits: [[Double]]) -> Double {
    value(positions.flatMap { position in columns.map { logits[position][$0] } })
  }
}

/// A weighted sum.
struct LinearMetric: TwinMetric {
  let positions: [Int]
  let columns: [Int]
  let weights: [Double]

  func value(_ logits: [Double]) -> Double { zip(weights, logits).reduce(0) { $0 + $1.0 * $1.1 } }
  func derivative(_ logits: [Double]) -> [Double] { weights }
}

/// Something that bends, and in which the logits of several positions, in no order and one of them twice, work together:
/// `Σ wᵢ sin(lᵢ) + (mean l)²`.
struct SmoothMetric: TwinMetric {
  var positions = [6, 2, 4, 2]
  var columns = [77, 3, 998]

  private func weight(_ index: Int) -> Double { 1 + 0.3 * Double(index % 5) }

  func value(_ logits: [Double]) -> Double {
    let mean = logits.reduce(0, +) / Double(logits.count)
    return logits.indices.reduce(mean * mean) { $0 + weight($1) * sin(logits[$1]) }
  }

  func derivative(_ logits: [Double]) -> [Double] {
    let mean = logits.reduce(0, +) / Double(logits.count)
    return logits.indices.map { weight($0) * cos(logits[$0]) + 2 * mean / Double(logits.count) }
  }
}

/// Where a number of an activation belongs.
struct EntryPlace {
  let position: Int
  /// 0 where there are no heads.
  let head: Int
  /// Of squares: whether the query sees the key, which is no later, and in the layer's window if it has one.
  let isVisible: Bool

  init(_ index: Int, _ shape: [Int], _ point: HookPoint, window: Int? = nil) {
    let width = shape.dropFirst().reduce(1, *)
    if point.component.isSquare {
      (head, position) = (index / width, index % width / shape[2])
      isVisible = (position - (window ?? shape[2]) + 1...position).contains(index % shape[2])
    } else {
      (position, head) = (index / width, shape.count == 3 ? index % width / shape[2] : 0)
      isVisible = true
    }
  }
}

/// The gradients of a model beside central differences of its twin.
struct Comparison {
  let pair: DoubleTwinTests.Pair
  let metric: any Metric
  let twinMetric: ([[Double]]) -> Double
  var tokens = DoubleTwinTests.tokens
  /// So many of the largest entries of a gradient are compared, and as many at random.
  let samples: Int
  var hooks: [any Hook] = []
  var replacing: DoubleTwin.Replacements = [:]
  var tapeBudget = 2_000_000_000
  var label = ""
  /// Which entries of patterns are compared: those that are masked have none, unless somebody lifts the mask.
  var sees: (EntryPlace) -> Bool = \.isVisible

  init(_ pair: DoubleTwinTests.Pair, _ metric: any Metric, samples: Int, twinMetric: @escaping ([[Double]]) -> Double) {
    (self.pair, self.metric, self.samples, self.twinMetric) = (pair, metric, samples, twinMetric)
  }

  init(_ pair: DoubleTwinTests.Pair, _ metric: some TwinMetric, tokens: [Int] = DoubleTwinTests.tokens, samples: Int) {
    self.init(pair, metric.function, samples: samples) { metric($0) }
    self.tokens = tokens
  }

  func check(_ points: [HookPoint], at capture: Capture) throws {
    let run = try pair.model.gradients(tokens, of: metric, at: capture, hooks: hooks, tapeBudget: tapeBudget)
    let expected = twinMetric(pair.twin.run(tokens, replacing: replacing).logits)
    #expect(abs(Double(run.value) - expected) <= 1e-5 * max(1, abs(expected)), "\(label)")
    var random = SeededGenerator(seed: UInt64(points.count))
    for point in points {
      let gradient = try run.gradients[point]
      let numbers = gradient.elements
      let window = point.layer.flatMap { pair.model.config.windows[$0] }
      let candidates = numbers.indices.filter {
        point.component != .pattern || sees(EntryPlace($0, gradient.shape, point, window: window))
      }
      let largest = candidates.sorted { abs(numbers[$0]) > abs(numbers[$1]) }.prefix(samples)
      let others = (0..<samples).compactMap { _ in candidates.randomElement(using: &random) }
      let indices = Set(largest + others).sorted()
      let reference = indices.map {
        pair.twin.gradient(of: twinMetric, tokens: tokens, at: point, index: $0, replacing: replacing)
      }
      let error = try relativeError(indices.map { numbers[$0] }, reference, atLeast: lengthOfTerms(point, indices, run))
      #expect(error < GradientTests.tolerance, "\(point) \(label)")
    }
  }

  /// The gradient of a norm's divisor is a sum of one term a number, `-gᵢ · xᵢ / s` of the gradient g at the quotients x, which may all but
  /// cancel. fp32 rounds the terms, so that their length is what an error is measured by.
  private func lengthOfTerms(_ point: HookPoint, _ rows: [Int], _ run: GradientRun) throws -> Double {
    guard point.name.hasSuffix("hook_scale") else { return 0 }
    let quotients = try HookPoint(point.name.replacing("hook_scale", with: "hook_normalized"))
    let products = try run.gradients[quotients] * run.activations[quotients]
    let terms = products.reshaped([-1, products.shape[products.rank - 1]])
    let scale = try run.activations[point].elements
    return rows.reduce(0) { sum, row in
      terms.select(row).elements.reduce(sum) { $0 + Double($1 / scale[row]) * Double($1 / scale[row]) }
    }.squareRoot()
  }
}
