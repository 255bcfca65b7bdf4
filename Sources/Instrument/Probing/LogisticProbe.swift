import Foundation
import Tensors

/// A linear classifier of activations: which class an activation speaks of, read off along one direction for each class.
///
/// ```swift
/// let x = try model.activations(of: prompts, at: .residualPost(layer: 5))
/// let probe = try LogisticProbe(on: x, labels: isTrue)
/// try model.run(prompt, hooks: [.project(out: probe.direction, at: .residualPost(layer: 5))])
/// ```
/// It minimises Σ −log p(label) + penalty / 2 · Σ weights², of activations standardised over the examples that it learns from: as
/// scikit-learn's `LogisticRegression(C: 1 / penalty)` behind its `StandardScaler`. Two classes share one direction; more have one each.
/// What it can read need not be what the model reads: see `evaluated(…)` for its controls.
public struct LogisticProbe: Sendable, Equatable {
  /// The labels that it tells apart, in the order of their texts.
  public let classes: [String]
  /// For activations as they are: `[class, width]`.
  public let weights: Tensor
  /// `[class]`.
  public let biases: Tensor

  /// Learns from examples.
  /// - Parameters:
  ///   - activations: `[example, width]`.
  ///   - labels: one for each example, of any type that has a text: `Bool`, `String`, `Int`.
  ///   - penalty: of the squares of the weights; above 0.
  /// - Throws: `ProbingError` for no examples, for shapes and counts that do not fit, for numbers that are not finite, and for
  ///   one class only.
  public init(on activations: Tensor, labels: [some CustomStringConvertible], penalty: Double = 1) throws {
    let x = try ProbeInput.matrix(activations, labels.count, "labels")
    try self.init(TrainingPart(x), labels.map(\.description), penalty: penalty, part: "the examples")
  }

  init(_ part: TrainingPart, _ labels: [String], penalty: Double, part name: String) throws(ProbingError) {
    guard penalty > 0, penalty.isFinite else {
      throw .badRequest("A penalty of \(penalty) does not hold weights back. Take a number above 0; 1 is usual.")
    }
    let classes = Set(labels).sorted()
    guard classes.count > 1 else { throw .oneClass(labels.first ?? "", part: name) }
    let index = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    let fit = LogisticFit(
      features: part.features, labels: labels.map { index[$0] ?? 0 }, classes: classes.count, penalty: penalty)
    let (weights, biases) = fit.minimum()
    let raw = part.standardisation.undone(weights: part.widened(weights), biases: biases)
    // The one direction of two classes speaks for the second as much as against the first.
    let isBinary = classes.count == 2
    let rows = isBinary ? raw.weights.elements.map { -$0 / 2 } + raw.weights.elements.map { $0 / 2 } : raw.weights.elements
    let offsets = isBinary ? [-raw.biases[0] / 2, raw.biases[0] / 2] : raw.biases
    self.classes = classes
    self.weights = Tensor(rows.map(Float.init), shape: [classes.count, raw.weights.columns])
    self.biases = Tensor(offsets.map(Float.init))
  }

  /// Each class's score, `[example, class]`; their softmax are the probabilities.
  public func logits(_ activations: Tensor) -> Tensor {
    ProbeInput.require(activations, width: weights.shape[1])
    let scores = activations.home().multiplied(by: weights.transposed())
    let biases = biases.elements
    var result = scores
    result.withUnsafeMutableElements { for i in $0.indices { $0[i] += biases[i % biases.count] } }
    return result
  }

  /// The probability of each class, `[example, class]`.
  public func probabilities(_ activations: Tensor) -> Tensor {
    Tensor(
      rows: logits(activations).rows.map { row in
        let largest = row.max() ?? 0
        let powers = row.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
      })
  }

  /// The likeliest class of each example.
  public func predictions(_ activations: Tensor) -> [String] {
    logits(activations).rows.map { row in classes[row.indices.max { row[$0] < row[$1] } ?? 0] }
  }

  /// The direction along which the second of two classes is told from the first, of length 1: `[width]`. It can be added
  /// (`.add`), or projected out (`.project(out:)`).
  /// - Throws: `ProbingError` for more than two classes, each of which has a direction of its own.
  public var direction: Tensor {
    get throws {
      guard classes.count == 2 else {
        throw ProbingError.badRequest(
          "A probe of \(classes.count) classes has no single direction. Ask for `direction(of:)` one of \(Self.list(classes)).")
      }
      return try direction(of: classes[1])
    }
  }

  /// The direction along which a class is told from all others, of length 1: `[width]`.
  /// - Throws: `ProbingError` for a class that the probe does not know.
  public func direction(of label: some CustomStringConvertible) throws -> Tensor {
    guard let index = classes.firstIndex(of: label.description) else {
      throw ProbingError.badRequest("The probe knows no class “\(label)”. It tells apart \(Self.list(classes)).")
    }
    // Softmax knows differences only: what all classes share is no direction.
    let centered = weights.select(index) - weights.mean(axis: 0)
    let length = centered.elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0 else {
      throw ProbingError.badRequest("The probe has learned nothing of the class “\(label)”: its direction is 0 everywhere.")
    }
    return centered / Float(length)
  }

  private static func list(_ classes: [String]) -> String {
    classes.prefix(12).map { "“\($0)”" }.joined(separator: ", ") + (classes.count > 12 ? ", …" : "")
  }
}

extension LogisticProbe: CustomStringConvertible {
  /// What it tells apart: `Logistic probe of “false”, “true” over 64 numbers`.
  public var description: String { "Logistic probe of \(Self.list(classes)) over \(weights.shape[1]) numbers" }
}

/// The minimisation of a logistic probe's loss over the features of its training part.
private struct LogisticFit {
  let features: Matrix
  let labels: [Int]
  let classes: Int
  let penalty: Double

  /// How many directions there are: one for two classes.
  private var directions: Int { classes == 2 ? 1 : classes }

  /// `[direction, feature]`, and `[direction]`.
  func minimum() -> (weights: Matrix, biases: [Double]) {
    let (width, count) = (features.columns, directions)
    let found = LBFGS.minimum(
      from: [Double](repeating: 0, count: count * (width + 1)), tolerance: 1e-8 * Double(max(1, features.rows))
    ) { parameters in
      let weights = Matrix(rows: count, columns: width, Array(parameters[..<(count * width)]))
      var scores = Matrix.product(features, weights, turningRight: true)
      for row in 0..<scores.rows { for k in 0..<count { scores[row, k] += parameters[count * width + k] } }
      var value = penalty / 2 * weights.elements.reduce(0) { $0 + $1 * $1 }
      var biases = [Double](repeating: 0, count: count)
      for row in 0..<scores.rows { value += self.loss(&scores, row, &biases) }
      var gradient = Matrix.product(scores, features, turningLeft: true).elements
      for i in gradient.indices { gradient[i] += penalty * weights.elements[i] }
      return (value, gradient + biases)
    }
    return (Matrix(rows: count, columns: width, Array(found[..<(count * width)])), Array(found[(count * width)...]))
  }

  /// The loss of an example. Its scores become their gradients, which are added to those of the biases.
  private func loss(_ scores: inout Matrix, _ row: Int, _ biases: inout [Double]) -> Double {
    let label = labels[row]
    if directions == 1 {
      let (score, sign): (Double, Double) = (scores[row, 0], label == 1 ? 1 : -1)
      let slope = -sign / (1 + exp(sign * score))
      scores[row, 0] = slope
      biases[0] += slope
      return max(0, -sign * score) + log1p(exp(-abs(score)))
    }
    let own = Array(scores.row(row))
    let largest = own.max() ?? 0
    let sum = own.reduce(0) { $0 + exp($1 - largest) }
    for k in own.indices {
      let slope = exp(own[k] - largest) / sum - (k == label ? 1 : 0)
      scores[row, k] = slope
      biases[k] += slope
    }
    return largest + log(sum) - own[label]
  }
}
