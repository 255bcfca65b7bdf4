/// How estimates compare with the truth.
package struct Agreement {
  private let pairs: [(estimate: Float, truth: Float)]

  package init(_ pairs: [(estimate: Float, truth: Float)]) { self.pairs = pairs }

  /// Pearson's correlation of estimates and truth; NaN if either does not vary.
  package var correlation: Double {
    let (x, y) = (pairs.map { Double($0.estimate) }, pairs.map { Double($0.truth) })
    let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    let variance = { (v: [Double], m: Double) in v.reduce(0) { $0 + ($1 - m) * ($1 - m) } }
    return covariance / (variance(x, mx) * variance(y, my)).squareRoot()
  }

  /// Which part of the `k` with the largest truth is among the `k` with the largest estimates, from 0 to 1. Sizes count, not signs.
  package func recall(top k: Int) -> Double {
    let count = min(k, pairs.count)
    func top(_ size: (Int) -> Float) -> Set<Int> {
      Set(pairs.indices.sorted { (size($0), $1) > (size($1), $0) }.prefix(count))
    }
    guard count > 0 else { return 1 }
    return Double(top { abs(pairs[$0].estimate) }.intersection(top { abs(pairs[$0].truth) }).count) / Double(count)
  }

  /// The largest difference of an estimate from the truth.
  package var largestError: Float { pairs.map { abs($0.estimate - $0.truth) }.max() ?? 0 }
}
