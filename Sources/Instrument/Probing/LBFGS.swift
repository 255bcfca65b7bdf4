/// Finds the minimum of a convex function with a gradient by the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno
/// (Liu and Nocedal 1989).
enum LBFGS {
  /// - Parameters:
  ///   - tolerance: of the gradient's largest number at the end.
  ///   - function: the value and the gradient at a point.
  static func minimum(
    from start: [Double], tolerance: Double, steps: Int = 2000, of function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> [Double] {
    var point = start
    var (value, gradient) = function(point)
    var history: [(step: [Double], change: [Double], curvature: Double)] = []
    for _ in 0..<steps {
      guard gradient.contains(where: { abs($0) > tolerance }) else { break }
      let direction = direction(against: gradient, history)
      let slope = dot(direction, gradient)
      var length = history.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1
      var next = (point: point, value: value, gradient: gradient)
      // Half as far until the function falls as its slope promises.
      while length > 1e-18 {
        let candidate = zip(point, direction).map { $0 + length * $1 }
        let (candidateValue, candidateGradient) = function(candidate)
        if candidateValue <= value + 1e-4 * length * slope {
          next = (candidate, candidateValue, candidateGradient)
          break
        }
        length /= 2
      }
      let step = zip(next.point, point).map { $0 - $1 }
      // At the end of Double's digits no step falls.
      guard step.contains(where: { $0 != 0 }) else { break }
      let change = zip(next.gradient, gradient).map { $0 - $1 }
      let curvature = dot(step, change)
      if curvature > 1e-14 * dot(change, change) {
        history.append((step, change, curvature))
        if history.count > 12 { history.removeFirst() }
      }
      (point, value, gradient) = next
    }
    return point
  }

  /// The gradient through the inverse curvature that the steps have shown, with the other sign.
  private static func direction(
    against gradient: [Double], _ history: [(step: [Double], change: [Double], curvature: Double)]
  ) -> [Double] {
    var q = gradient
    var factors: [Double] = []
    for (step, change, curvature) in history.reversed() {
      let factor = dot(step, q) / curvature
      factors.append(factor)
      for i in q.indices { q[i] -= factor * change[i] }
    }
    if let last = history.last {
      let scale = last.curvature / dot(last.change, last.change)
      for i in q.indices { q[i] *= scale }
    }
    for ((step, change, curvature), factor) in zip(history, factors.reversed()) {
      let correction = factor - dot(change, q) / curvature
      for i in q.indices { q[i] += correction * step[i] }
    }
    return q.map { -$0 }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }
}
