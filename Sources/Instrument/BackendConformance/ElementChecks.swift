import Foundation
import Tensors

extension ConformanceCheck {
  /// Shapes of what is computed number by number and row by row.
  static func shapes(_ trial: Trial) -> [[Int]] {
    let small = [[0, 5], [1, 1], [3, 7], [5, 33], [2, 100], [1, 256], [3, 577]]
    return trial.isLarge ? [[16, 16384], [700, 2048], [1, 256_000]] : small
  }

  static let elements = [
    ConformanceCheck("numbers are combined with numbers") { trial in
      for shape in shapes(trial) {
        let (l, r) = (trial.numbers(shape, 3), trial.numbers(shape).map { $0 < 0 ? $0 - 0.1 : $0 + 0.1 })
        let (a, b) = (l.doubles, r.doubles)
        for operation in Arithmetic.all {
          let y = trial.made(shape) { trial.backend.combine(operation, trial.put(l), trial.put(r), into: &$0) }
          let twin = Twin(count: l.count) { operation.twin(a[$0], b[$0]) }
          trial.expect("combine", "\(operation) of \(shape)", y, twin, .arithmetic)
        }
      }
    },
    ConformanceCheck("a tensor is combined with itself") { trial in
      let x = trial.numbers([5, 33])
      for operation in Arithmetic.all {
        let given = trial.put(x)
        let y = trial.made(x.shape) { trial.backend.combine(operation, given, given, into: &$0) }
        let numbers = x.doubles
        trial.expect(
          "combine", "\(operation) of one tensor", y, Twin(count: x.count) { operation.twin(numbers[$0], numbers[$0]) },
          .arithmetic)
      }
    },
    ConformanceCheck("numbers are combined with one number on either side") { trial in
      for shape in shapes(trial) {
        let x = trial.numbers(shape, 2).map { $0 < 0 ? $0 - 0.1 : $0 + 0.1 }
        let (a, number) = (x.doubles, Float(-0.7))
        for operation in Arithmetic.all {
          for reversed in [false, true] {
            let y = trial.made(shape) {
              trial.backend.combine(operation, trial.put(x), number, reversed: reversed, into: &$0)
            }
            let twin = Twin(count: x.count) {
              reversed ? operation.twin(Double(number), a[$0]) : operation.twin(a[$0], Double(number))
            }
            trial.expect("combine", "\(operation) of \(shape) and a number\(reversed ? ", reversed" : "")", y, twin, .arithmetic)
          }
        }
      }
    },
    ConformanceCheck("numbers are added, times a factor") { trial in
      for shape in shapes(trial) {
        for factor: Float in [1, -0.3, 0] {
          let (x, before) = (trial.numbers(shape), trial.numbers(shape, 2))
          let y = trial.changed("add", "\(shape)", before) { trial.backend.add(trial.put(x), times: factor, to: &$0) }
          let (a, b) = (x.doubles, before.doubles)
          let twin = Twin(count: x.count) { (b[$0] + Double(factor) * a[$0], abs(b[$0]) + abs(Double(factor) * a[$0])) }
          trial.expect("add", "\(shape) times \(factor)", y, twin, .arithmetic)
        }
      }
      // What is added may be what it is added to.
      let x = trial.numbers([3, 33]), given = trial.put(x)
      var y = given
      trial.backend.add(given, times: 1, to: &y)
      let numbers = x.doubles
      trial.expect("add", "a tensor to itself", y, Twin(count: x.count) { (2 * numbers[$0], abs(numbers[$0])) }, .arithmetic)
    },
    ConformanceCheck("numbers are capped softly, and gradients go back through the cap") { trial in
      for shape in shapes(trial) {
        for (cap, scale): (Float, Float) in [(30, 100), (5, 1), (50, 0.01)] {
          let (x, gradient) = (trial.numbers(shape, scale), trial.numbers(shape))
          let (numbers, g, c) = (x.doubles, gradient.doubles, Double(cap))
          let y = trial.changed("softCap", "\(shape)", x) { trial.backend.softCap(&$0, at: cap) }
          let twin = Twin(count: x.count) { (c * tanh(numbers[$0] / c), abs(c * tanh(numbers[$0] / c))) }
          trial.expect("softCap", "\(shape) at \(cap)", y, twin, .functions)
          let capped = Tensor(y.elements, shape: shape), s = capped.doubles
          let back = trial.changed("softCapGradient", "\(shape)", gradient) {
            trial.backend.softCapGradient(&$0, at: cap, capped: trial.put(capped))
          }
          let backTwin = Twin(count: x.count) { (g[$0] * (1 - s[$0] / c * (s[$0] / c)), abs(g[$0])) }
          trial.expect("softCapGradient", "\(shape) at \(cap)", back, backTwin, .slopes)
        }
      }
    },
    ConformanceCheck("neurons are made of numbers, with and without a gate") { trial in
      for shape in shapes(trial) {
        for scale: Float in trial.isLarge ? [6] : [0.01, 1, 6, 50] {
          for function in Activation.allCases { activate(trial, function, shape, scale) }
        }
      }
    },
  ]

  private static func activate(_ trial: Trial, _ function: Activation, _ shape: [Int], _ scale: Float) {
    let (x, up, gradient) = (trial.numbers(shape, scale), trial.numbers(shape, 2), trial.numbers(shape))
    let (a, u, g) = (x.doubles, up.doubles, gradient.doubles)
    let f = a.map { function.twin($0) }
    for isGated in [false, true] {
      let situation = "\(function) of \(shape) up to \(scale)\(isGated ? ", gated" : "")"
      func gate(_ i: Int) -> Double { isGated ? u[i] : 1 }
      let y = trial.made(shape) {
        trial.backend.activate(function, trial.put(x), gating: isGated ? trial.put(up) : nil, into: &$0)
      }
      trial.expect("activate", situation, y, Twin(count: x.count) { (f[$0].value * gate($0), abs(a[$0] * gate($0))) }, .functions)
      var dup = isGated ? trial.blank(shape) : nil
      let dx = trial.made(shape) {
        trial.backend.activationGradient(
          function, trial.put(x), gating: isGated ? trial.put(up) : nil, trial.put(gradient), into: &$0, &dup)
      }
      trial.expect(
        "activationGradient", situation, dx, Twin(count: x.count) { (g[$0] * gate($0) * f[$0].slope, abs(g[$0] * gate($0))) },
        .slopes)
      guard let dup else { continue }
      trial.expect(
        "activationGradient", situation + ", of the gate", dup,
        Twin(count: x.count) { (g[$0] * f[$0].value, abs(g[$0] * a[$0])) }, .slopes)
    }
  }
}

extension Arithmetic {
  static let all = [Arithmetic.add, .subtract, .multiply, .divide]

  func twin(_ a: Double, _ b: Double) -> (value: Double, size: Double) {
    switch self {
    case .add: (a + b, abs(a) + abs(b))
    case .subtract: (a - b, abs(a) + abs(b))
    case .multiply: (a * b, abs(a * b))
    case .divide: (a / b, abs(a / b))
    }
  }
}

extension Activation {
  /// f(x), and its derivative.
  func twin(_ x: Double) -> (value: Double, slope: Double) {
    switch self {
    case .gelu:
      let half = 0.5 * erfc(-x / 2.0.squareRoot())
      return (x * half, half + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    case .geluTanh:
      let root = (2 / Double.pi).squareRoot()
      let sigmoid = 1 / (1 + exp(-2 * root * (x + 0.044715 * x * x * x)))
      return (x * sigmoid, sigmoid + x * sigmoid * (1 - sigmoid) * 2 * root * (1 + 0.134145 * x * x))
    case .silu:
      let sigmoid = 1 / (1 + exp(-x))
      return (x * sigmoid, sigmoid + x * sigmoid * (1 - sigmoid))
    }
  }
}
