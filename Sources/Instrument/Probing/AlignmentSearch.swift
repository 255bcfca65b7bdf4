import Foundation
import Randomness
import Tensors

/// What kind of part is searched for that carries a variable.
public enum AlignmentSearch: Sendable, Equatable {
  /// A space of so many dimensions, anywhere: distributed alignment search, DAS (Geiger et al. 2023, arXiv:2303.02536).
  case rotation(dimensions: Int)
  /// A space of as many dimensions as it takes, at most `upTo` (all if nil): boundless DAS (Wu et al. 2023, arXiv:2305.08809). The
  /// boundary is learned too, under a penalty for the share of dimensions within it.
  case boundless(upTo: Int? = nil, penalty: Double = 0.1)
  /// Some coordinates of the activation, under a penalty for their share: a mask over neurons (De Cao et al. 2020, arXiv:2004.14992).
  case mask(penalty: Double = 0.1)
  /// Some heads of `.z(layer:)`, or whatever has heads, under a penalty for their share.
  case headMask(penalty: Double = 0.1)
}

/// How a part is searched for.
public struct AlignmentTraining: Sendable, Equatable {
  /// How many steps of Adam.
  public var steps: Int
  /// How many pairs each step looks at.
  public var batch: Int
  /// How far a step turns a direction at first, in radians; it falls to 0 along a line.
  public var learningRate: Double
  /// Of the first directions, and of the order of the pairs.
  public var seed: UInt64

  /// Steps of Adam over batches of pairs.
  public init(steps: Int = 150, batch: Int = 32, learningRate: Double = 0.1, seed: UInt64 = 0) {
    (self.steps, self.batch, self.learningRate, self.seed) = (steps, batch, learningRate, seed)
  }

  func check() throws(ProbingError) {
    guard steps > 0, batch > 0, learningRate > 0, learningRate.isFinite else {
      throw .badRequest(
        "A search of \(steps) steps over \(batch) pairs with a learning rate of \(learningRate) finds nothing. Take numbers above 0."
      )
    }
  }

  /// How soft masks and boundaries are after a share of the steps, from 1 down to a fiftieth.
  func temperature(_ step: Int) -> Double { pow(0.02, Double(step) / Double(max(1, steps - 1))) }

  func rate(_ step: Int) -> Double { learningRate * (1 - Double(step) / Double(steps)) }
}

/// Numbers that Adam moves (Kingma and Ba 2014, arXiv:1412.6980).
struct Adam {
  private var first: [Double]
  private var second: [Double]
  private var steps = 0.0

  init(count: Int) { (first, second) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count)) }

  /// How far each number goes for a gradient, at the rate 1.
  mutating func step(_ gradient: [Double]) -> [Double] {
    steps += 1
    let (firstShare, secondShare) = (1 - pow(0.9, steps), 1 - pow(0.999, steps))
    return gradient.indices.map { i in
      first[i] = 0.9 * first[i] + 0.1 * gradient[i]
      second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i]
      return -(first[i] / firstShare) / ((second[i] / secondShare).squareRoot() + 1e-12)
    }
  }
}

/// What a search turns into an exchange: directions that stay at right angles, a boundary among them, a mask.
struct SearchedPart {
  /// `[direction, width]`; nil for a mask over coordinates.
  private var basis: Matrix?
  private var turning = Adam(count: 0)
  /// The boundary, in dimensions; or a number for each unit of a mask, which is within where it is above 0.
  private var gates: [Double]
  private var opening: Adam
  private let gating: Gating
  private let width: Int
  private let penalty: Double

  private enum Gating {
    case none
    case boundary(upTo: Int)
    /// So many coordinates lie under each gate.
    case mask(coordinates: Int)
  }

  init(_ search: AlignmentSearch, width: Int, heads: Int?, seed: UInt64) throws {
    self.width = width
    switch search {
    case .rotation(let dimensions):
      (gates, gating, penalty) = ([], .none, 0)
      basis = try Self.begin(dimensions, width, seed)
    case .boundless(let most, let penalty):
      let most = most ?? width
      (gates, gating, self.penalty) = ([Double(most) / 2], .boundary(upTo: most), penalty)
      basis = try Self.begin(most, width, seed)
    case .mask(let penalty):
      (gates, gating, self.penalty) = ([Double](repeating: 0, count: width), .mask(coordinates: 1), penalty)
    case .headMask(let penalty):
      guard let heads else {
        throw ProbingError.badRequest(
          "A mask over heads needs a hook point that has them, such as z(layer:), and no single head of it.")
      }
      (gates, gating, self.penalty) = ([Double](repeating: 0, count: heads), .mask(coordinates: width / heads), penalty)
    }
    guard penalty >= 0, penalty.isFinite else {
      throw ProbingError.badRequest("A penalty of \(penalty) does not hold a part small. Take 0 or more.")
    }
    opening = Adam(count: gates.count)
    if let basis { turning = Adam(count: basis.elements.count) }
  }

  private static func begin(_ dimensions: Int, _ width: Int, _ seed: UInt64) throws -> Matrix {
    let exchange = try Exchange.randomSubspace(dimensions: dimensions, width: width, seed: seed)
    return Matrix(exchange.basis ?? Tensor([]))
  }

  /// How open the gates of each direction or coordinate are, 0 to 1.
  private func weights(_ temperature: Double) -> [Double] {
    switch gating {
    case .none: [Double](repeating: 1, count: basis?.rows ?? width)
    case .boundary(let most): (0..<most).map { sigmoid((gates[0] - Double($0) - 0.5) / softness(temperature)) }
    case .mask(let coordinates): (0..<width).map { sigmoid(gates[$0 / coordinates] / temperature) }
    }
  }

  /// Over how many dimensions a boundary goes from open to closed.
  private func softness(_ temperature: Double) -> Double {
    guard case .boundary(let most) = gating else { return temperature }
    return max(0.05, temperature * Double(most) / 8)
  }

  /// What is exchanged while the search goes on.
  func exchange(_ temperature: Double) -> Exchange {
    Exchange(basis: basis?.tensor, weights: weights(temperature).map(Float.init))
  }

  /// What was found: each direction and coordinate wholly, or not at all.
  var result: Exchange {
    switch gating {
    case .none: return exchange(1)
    case .boundary(let most):
      let kept = min(most, max(1, Int(gates[0].rounded())))
      return Exchange(
        basis: basis.map { $0.gathered(Array(0..<kept)).tensor }, weights: [Float](repeating: 1, count: kept))
    case .mask(let coordinates): return Exchange(basis: nil, weights: (0..<width).map { gates[$0 / coordinates] > 0 ? 1 : 0 })
    }
  }

  /// What the size of the part costs.
  func cost(_ temperature: Double) -> Double {
    switch gating {
    case .none: 0
    case .boundary(let most): penalty * gates[0] / Double(most)
    case .mask: penalty * weights(temperature).reduce(0, +) / Double(width)
    }
  }

  /// Moves directions and gates against the gradient of a loss.
  /// - Parameters:
  ///   - gradient: at the exchanged activation, `[row, width]`.
  ///   - difference: source less base, `[row, width]`.
  mutating func step(_ gradient: Tensor, _ difference: Tensor, rate: Double, temperature: Double) {
    let derivatives = exchange(temperature).derivatives(gradient, difference)
    moveGates(derivatives.weights, rate: rate, temperature: temperature)
    if let basis, let derivative = derivatives.basis { turn(basis, Matrix(derivative), rate: rate) }
  }

  /// Goes against a derivative along the directions that keep right angles, and makes the angles right again.
  private mutating func turn(_ basis: Matrix, _ derivative: Matrix, rate: Double) {
    let products = Matrix.product(derivative, basis, turningRight: true)
    var symmetric = products
    for i in 0..<products.rows { for j in 0..<products.rows { symmetric[i, j] = (products[i, j] + products[j, i]) / 2 } }
    let normal = Matrix.product(symmetric, basis)
    let steps = turning.step(zip(derivative.elements, normal.elements).map { $0 - $1 })
    // A step of 1 in every number would be as long as the root of the width.
    let length = rate / Double(width).squareRoot()
    let moved = Matrix(
      rows: basis.rows, columns: width, zip(basis.elements, steps).map { $0 + length * $1 })
    self.basis = Orthonormal.rows(moved) ?? basis
  }

  private mutating func moveGates(_ ofWeights: [Double], rate: Double, temperature: Double) {
    guard !gates.isEmpty else { return }
    let weights = weights(temperature)
    var ofGates = [Double](repeating: 0, count: gates.count)
    var scale = 1.0
    switch gating {
    case .none: return
    case .boundary(let most):
      let softness = softness(temperature)
      ofGates[0] = penalty / Double(most)
      for (i, slope) in ofWeights.enumerated() { ofGates[0] += slope * weights[i] * (1 - weights[i]) / softness }
      // The boundary must be able to cross all dimensions.
      scale = Double(most) / 4
    case .mask(let coordinates):
      for (i, slope) in ofWeights.enumerated() {
        ofGates[i / coordinates] += (slope + penalty / Double(width)) * weights[i] * (1 - weights[i]) / temperature
      }
    }
    for (i, step) in opening.step(ofGates).enumerated() { gates[i] += rate * scale * step }
    if case .boundary(let most) = gating { gates[0] = min(Double(most), max(0, gates[0])) }
  }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
