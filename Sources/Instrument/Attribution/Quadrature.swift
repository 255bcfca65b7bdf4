import Foundation

/// Where an integral from 0 to 1 is sampled, and how much each sample counts.
public struct Quadrature: Sendable {
  /// Where the integrand is sampled, each between 0 and 1.
  public let nodes: [Double]
  /// How much each sample counts. All together sum to 1.
  public let weights: [Double]

  /// The Gauss-Legendre rule, exact for polynomials up to degree 2 · steps - 1. Its nodes are the zeros of the Legendre polynomial, found
  /// by Newton's method (Press et al., Numerical Recipes, 4.6).
  public static func gaussLegendre(_ steps: Int) -> Quadrature {
    var (nodes, weights): ([Double], [Double]) = ([], [])
    for i in 0..<max(steps, 0) {
      var x = cos(Double.pi * (Double(i) + 0.75) / (Double(steps) + 0.5))
      var derivative = 0.0
      for _ in 0..<100 {
        var (p, before) = (1.0, 0.0)
        for degree in 1...steps {
          (p, before) = ((Double(2 * degree - 1) * x * p - Double(degree - 1) * before) / Double(degree), p)
        }
        derivative = Double(steps) * (x * p - before) / (x * x - 1)
        let step = p / derivative
        x -= step
        if abs(step) < 1e-15 { break }
      }
      nodes.append((1 - x) / 2)
      weights.append(1 / ((1 - x * x) * derivative * derivative))
    }
    return Quadrature(nodes: nodes, weights: weights)
  }

  /// The midpoints of `steps` equal parts.
  public static func midpoint(_ steps: Int) -> Quadrature { equalParts(steps, offset: 0.5) }

  /// The left ends of `steps` equal parts: 0, 1/steps, …
  public static func leftEnds(_ steps: Int) -> Quadrature { equalParts(steps, offset: 0) }

  /// The right ends of `steps` equal parts: 1/steps, …, 1.
  public static func rightEnds(_ steps: Int) -> Quadrature { equalParts(steps, offset: 1) }

  /// A sample at the same place of each of `steps` equal parts.
  private static func equalParts(_ steps: Int, offset: Double) -> Quadrature {
    let parts = 0..<max(steps, 0)
    return Quadrature(nodes: parts.map { (Double($0) + offset) / Double(steps) }, weights: parts.map { _ in 1 / Double(steps) })
  }

  /// The end of the way alone, α = 1: integrated gradients become attribution patching.
  public static let clean = Quadrature(nodes: [1], weights: [1])
}
