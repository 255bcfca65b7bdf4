import Foundation
import Randomness

/// How examples are drawn anew.
struct Resampling {
  let confidence: Double
  /// How often.
  let count: Int
  let seed: UInt64

  /// An interval of this confidence exists, and beyond each of its ends there is a resample.
  func check() throws(StatisticsError) {
    guard confidence > 0, confidence < 1 else { throw .badConfidence(confidence) }
    let least = Int(min(1e9, (2 / (1 - confidence) - 1e-6).rounded(.up)))
    guard count >= least else { throw .badResamples(count, atLeast: least) }
  }
}

/// Resamples of examples, and the interval that they give: BCa, the bootstrap corrected for bias and for a spread that changes with
/// the value (Efron 1987, Better Bootstrap Confidence Intervals).
struct Bootstrap {
  /// The statistic of each resample, ascending.
  private(set) var draws: [Double]

  /// - Parameter statistic: of the indices of a resample.
  init(count: Int, resamples: Int, seed: UInt64, statistic: ([Int]) -> Double) {
    var random = SeededGenerator(seed: seed)
    var chosen = [Int](repeating: 0, count: count)
    draws = (0..<resamples).map { _ in
      for index in 0..<count { chosen[index] = Int.random(in: 0..<count, using: &random) }
      return statistic(chosen)
    }
    draws.sort()
  }

  /// The deviation of the statistic over the resamples.
  var deviation: Double {
    let mean = draws.reduce(0, +) / Double(draws.count)
    return (draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, draws.count - 1))).squareRoot()
  }

  /// - Parameters:
  ///   - value: the statistic of the examples themselves.
  ///   - leftOut: the statistic without each example.
  func interval(around value: Double, leftOut: [Double], confidence: Double) -> ClosedRange<Double> {
    guard let first = draws.first, let last = draws.last, first < last else { return value...value }
    let below = draws.reduce(0.0) { $0 + ($1 < value ? 1 : $1 == value ? 0.5 : 0) } / Double(draws.count)
    // A value beyond all resamples has no finite bias: the interval is then that of the plain percentiles.
    let bias = (0..<1).contains(below) && below > 0 ? NormalDistribution.quantile(below) : 0
    let acceleration = Self.acceleration(leftOut)
    func end(_ share: Double) -> Double {
      let shifted = bias + NormalDistribution.quantile(share)
      let divisor = 1 - acceleration * shifted
      return percentile(divisor > 0 ? NormalDistribution.cumulative(bias + shifted / divisor) : shifted > 0 ? 1 : 0)
    }
    let (lower, upper) = (end((1 - confidence) / 2), end((1 + confidence) / 2))
    return min(lower, upper)...max(lower, upper)
  }

  /// How the deviation changes with the value, from the statistic without each example.
  private static func acceleration(_ leftOut: [Double]) -> Double {
    let mean = leftOut.reduce(0, +) / Double(leftOut.count)
    let (squares, cubes) = leftOut.reduce((0.0, 0.0)) {
      let change = mean - $1
      return ($0.0 + change * change, $0.1 + change * change * change)
    }
    return squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
  }

  /// The value below which a share of the resamples lies, between two of them by a straight line.
  private func percentile(_ share: Double) -> Double {
    let place = share * Double(draws.count - 1)
    let lower = min(max(0, Int(place)), draws.count - 1)
    let upper = min(lower + 1, draws.count - 1)
    return draws[lower] + (place - Double(lower)) * (draws[upper] - draws[lower])
  }
}
