import Foundation

/// Student's t distribution with a whole number of degrees of freedom (Student 1908, The Probable Error of a Mean).
package enum StudentDistribution {
  /// The t for which a share of the distribution lies between -t and t.
  ///
  /// With the angle θ = atan(t / √degrees) that share is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), which grows with θ: it is
  /// halved until its digits are at an end.
  package static func reach(_ share: Double, degrees: Int) -> Double {
    guard share < 1 else { return .infinity }
    var (lower, upper) = (0.0, Double.pi / 2)
    while true {
      let angle = (lower + upper) / 2
      guard angle > lower, angle < upper else { break }
      if within(angle, degrees: degrees) < share { lower = angle } else { upper = angle }
    }
    return Double(degrees).squareRoot() * tan(lower)
  }

  /// The share between -t and t.
  private static func within(_ angle: Double, degrees: Int) -> Double {
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = degrees % 2 == 1
    var term = isOdd ? cosine : 1
    var sum = 0.0
    // Of 1 degree the sum is empty.
    for index in stride(from: isOdd ? 3 : 2, through: degrees, by: 2) {
      sum += term
      term *= cosine * cosine * Double(index - 1) / Double(index)
    }
    return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
  }
}
