import Foundation
import Tensors

/// What scikit-learn 1.x computes on data that a formula makes: `make_pipeline(StandardScaler(), LogisticRegression(C=1/0.5, tol=1e-12))`,
/// and `Ridge(alpha=2)`, as weights for the data as they are.
struct ScikitLearnNumbers: Sendable, CustomStringConvertible {
  let examples: Int
  let width: Int
  let binary: (weights: [Float], bias: Float)
  let three: (weights: [[Float]], biases: [Float])
  let ridge: (weights: [Float], bias: Double)

  var description: String { "\(examples) examples of \(width) numbers" }

  var activations: Tensor {
    Tensor(rows: (0..<examples).map { i in (0..<width).map { j in Self.number(Double(i), Double(j)) } })
  }

  private static func number(_ i: Double, _ j: Double) -> Float {
    let wave = sin(1.3 * i * (j + 1) + 0.7 * j)
    return Float(wave * (1 + 0.5 * j) + 0.2 * j)
  }

  private var rows: [[Double]] { activations.rows.map { $0.map(Double.init) } }

  var binaryLabels: [Bool] { rows.enumerated().map { i, x in x[0] + 0.3 * x[1] + 0.4 * sin(7.1 * Double(i)) > 0 } }

  var threeLabels: [Int] { rows.map { x in Int(3 * (0.5 + 0.49 * sin(x[0] + 0.5 * x[2]))) } }

  var targets: [Double] {
    rows.enumerated().map { i, x in
      let sum = x.enumerated().reduce(0.0) { $0 + $1.element * cos(Double($1.offset)) }
      return sum + 0.3 * sin(5 * Double(i))
    }
  }

  static let all = [
    // More examples than numbers, and fewer.
    ScikitLearnNumbers(
      examples: 24, width: 4, binary: ([3.858827, 0.404093, 0.056524, 0.356822], 0.22715245),
      three: (
        [
          [-2.337092, -0.086951, -1.397148, 0.044893], [-0.334721, 0.035999, 0.125186, 0.050083],
          [2.671814, 0.050951, 1.271961, -0.094975],
        ], [-0.1352262, 0.7267327, -0.5915065]
      ),
      ridge: ([0.652776, 0.496505, -0.383598, -0.921528], -0.05366917)),
    ScikitLearnNumbers(
      examples: 9, width: 14,
      binary: (
        [
          1.493966, -0.005701, -0.017344, 0.571389, 0.208427, -0.162513, -0.254028, 0.057141, -0.022086, -0.025893, -0.1073,
          -0.008388, -0.021785, -0.023173,
        ], 1.67318364
      ),
      three: (
        [
          [
            -0.443058, -0.401004, -0.21065, -0.162234, -0.025817, -0.030288, 0.019304, 0.059593, 0.087843, 0.093546, 0.069218,
            0.044852, 0.032359, 0.005832,
          ],
          [
            -0.108631, 0.324948, -0.094488, -0.056621, -0.109493, 0.172088, 0.130404, 0.025197, -0.160982, -0.124885, 0.044238,
            -0.145884, 0.035359, 0.009438,
          ],
          [
            0.551689, 0.076056, 0.305138, 0.218855, 0.135309, -0.141801, -0.149707, -0.08479, 0.073139, 0.03134, -0.113456,
            0.101032, -0.067719, -0.015271,
          ],
        ], [-2.0674648, 1.2379758, 0.8294890]
      ),
      ridge: (
        [
          0.045374, -0.883283, -0.905363, -0.519124, 0.616426, 0.801185, 0.438964, -0.080497, -0.486234, 0.176208, -0.176143,
          -0.131585, 0.161167, 0.336775,
        ], -0.442572
      )),
  ]
}
