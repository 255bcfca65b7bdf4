import Foundation

/// The normal distribution with mean 0 and deviation 1.
package enum NormalDistribution {
  /// The share below a value.
  package static func cumulative(_ value: Double) -> Double { 0.5 * erfc(-value / 2.0.squareRoot()) }

  /// The value below which a share lies; infinite at 0 and 1.
  package static func quantile(_ share: Double) -> Double {
    guard share > 0 else { return -.infinity }
    guard share < 1 else { return .infinity }
    // The tail that is small is the one that is known to full precision.
    if share > 0.5 { return -quantile(1 - share) }
    // A first guess within 4.5e-4 (Abramowitz and Stegun 26.2.23), then Newton's steps, which square the error.
    let t = (-2 * log(share)).squareRoot()
    var value = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in 0..<4 {
      let density = exp(-0.5 * value * value) / (2 * Double.pi).squareRoot()
      let step = (cumulative(value) - share) / density
      guard step.isFinite else { break }
      value -= step / (1 + 0.5 * value * step)
    }
    return value
  }
}
