import Checkpoints
import Foundation
import Tensors
import Transformer

/// A transformer once more, as a `ModelConfiguration` describes it: in Double, plain and slow, number by number as it is defined. It is what
/// `ForwardPass` is measured against, and it shares no arithmetic with it; only the rotary angles, whose fp32 rounding is part of the
/// model, are computed in fp32 here too.
///
/// Every hook point that the model has can be replaced, and what is computed from it uses the new numbers, as in TransformerLens.
/// Nothing is skipped for speed: scores that are masked are -∞, and patterns are multiplied with all values.
package struct DoubleTwin: Sendable {
  package typealias Replacements = [HookPoint: ([Double]) -> [Double]]

  package let config: ModelConfiguration
  private let weights: [WeightName: TwinMatrix]

  /// A twin of given weights, in the shapes of `WeightName`. Vectors are matrices of one row.
  package init(_ config: ModelConfiguration, _ weights: [WeightName: [Double]]) {
    self.config = config
    self.weights = Dictionary(
      uniqueKeysWithValues: weights.map { name, elements in
        let columns = name.shape(config).last ?? elements.count
        return (name, TwinMatrix(rows: elements.count / columns, columns: columns, elements: elements))
      })
  }

  /// Reads the weights of a checkpoint, and widens them.
  package init(_ checkpoint: Checkpoint, _ config: ModelConfiguration) throws {
    var weights: [WeightName: [Double]] = [:]
    for name in WeightName.all(config) {
      weights[name] = try Self.numbers(of: config.stored(name), shape: name.shape(config), in: checkpoint)
    }
    self.init(config, weights)
  }

  /// The twin of a model in a folder.
  package init(folder: URL) throws {
    try self.init(Checkpoint(folder: folder), ModelConfiguration(contentsOf: folder.appending(path: "config.json")))
  }

  /// The numbers of a weight of a shape, row after row, out of the tensor that holds it.
  private static func numbers(of stored: StoredWeight, shape: [Int], in checkpoint: Checkpoint) throws -> [Double] {
    func tensor(_ shape: [Int]) throws -> [Double] {
      try checkpoint.tensor(stored.tensor, shape: shape).elements.map(Double.init)
    }
    switch stored.place {
    case .whole: return try tensor(shape)
    case .columns(let columns, let count):
      guard shape.count == 2 else { return Array(try tensor([count])[columns]) }
      let whole = try tensor([shape[1], count])
      return columns.flatMap { column in (0..<shape[1]).map { whole[$0 * count + column] } }
    case .rows(let ranges, let count):
      let width = shape.count == 2 ? shape[1] : 1
      let whole = try tensor(shape.count == 2 ? [count, width] : [count])
      return ranges.flatMap { whole[$0.lowerBound * width..<$0.upperBound * width] }
    }
  }

  /// A weight that the model has.
  func matrix(_ name: WeightName) -> TwinMatrix {
    guard let matrix = weights[name] else { preconditionFailure("The twin has no \(name).") }
    return matrix
  }

  package func vector(_ name: WeightName) -> [Double] { matrix(name).elements }

  /// The logits, `[position][vocabulary]`, and every activation in row-major order, in the shapes of `HookPoint.Component`.
  ///
  /// - Parameter replacing: At a hook point, makes the numbers to go on with of those that were computed.
  package func run(_ tokens: [Int], replacing: Replacements = [:]) -> (logits: [[Double]], activations: [HookPoint: [Double]]) {
    var pass = TwinPass(self, positions: tokens.count, replacing)
    let final = pass(tokens)
    let unembedding = matrix(config.tiesUnembedding ? .embedding : .unembedding)
    let logits = (0..<tokens.count).map { position in
      let row = unembedding.times(Array(final[position * config.width..<(position + 1) * config.width]))
      return config.logitSoftCap.map { cap in row.map { capped($0, cap) } } ?? row
    }
    return (logits, pass.activations)
  }
}

/// What a soft cap makes of a number: hardly anything else while it is small, and never more than the cap.
func capped(_ x: Double, _ cap: Float) -> Double { Double(cap) * tanh(x / Double(cap)) }

/// `[rows, columns]`, row after row.
struct TwinMatrix: Sendable {
  let rows: Int
  let columns: Int
  let elements: [Double]

  func row(_ index: Int) -> [Double] { Array(elements[index * columns..<(index + 1) * columns]) }

  /// Of a row x of `columns` numbers, those of W·x; of several rows, one after the other.
  func times(_ x: [Double]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(x.count / columns * rows)
    for start in stride(from: 0, to: x.count, by: columns) {
      for row in 0..<rows {
        var sum = 0.0
        for i in 0..<columns { sum += elements[row * columns + i] * x[start + i] }
        result.append(sum)
      }
    }
    return result
  }
}
