import Foundation
import Tensors

extension ConformanceCheck {
  static let reductions = [
    ConformanceCheck("sums and largest numbers are taken along any axis") { trial in
      let small = [[4], [1, 1], [3, 7], [2, 5, 33], [3, 100, 2], [0, 4], [4, 0, 3]]
      for shape in trial.isLarge ? [[700, 2048], [18, 8, 1130], [2, 256_000], [1130, 16, 100]] : small {
        for axis in shape.indices {
          reduce(trial, trial.numbers(shape), axis)
        }
      }
    },
    ConformanceCheck("the sum of all numbers is taken in Double") { trial in
      for count in [0, 1, 7, 577, 4096] + (trial.isLarge ? [16 * 256_000] : []) {
        let x = trial.numbers([count], 1e5), (sum, size) = (x.doubles.sum, x.doubles.map(abs).sum)
        let error = abs(trial.backend.sum(trial.put(x)) - sum)
        trial.expect("sum", "\(count) numbers", error <= size * 0x1p-40, "it is off by \(error) of magnitudes of \(size)")
      }
    },
    ConformanceCheck("of equal largest numbers the first is found") { trial in
      for count in [1, 2, 33, 577, 5000] + (trial.isLarge ? [256_000] : []) {
        for place in Set([0, count / 3, count - 1]) {
          var x = trial.numbers([count])
          x.withUnsafeMutableElements { numbers in
            numbers[place] = 2
            numbers[count - 1] = 2
          }
          let found = trial.backend.argmax(trial.put(x))
          trial.expect("argmax", "\(count) numbers", found == place, "\(found) is found, and not \(place)")
        }
      }
    },
    ConformanceCheck("the logarithm of a sum of exponentials is taken in Double, of numbers of any size") { trial in
      for (rows, width) in [(1, 1), (3, 7), (2, 577), (1, 40_000)] + (trial.isLarge ? [(2, 256_000)] : []) {
        for scale: Float in [1, 300] {
          var x = trial.numbers([rows, width], scale)
          x.withUnsafeMutableElements { if width > 1 { $0[0] = -.infinity } }
          let found = trial.backend.logSumExp(trial.put(x))
          for row in 0..<rows {
            let numbers = x.select(row).elements.map(Double.init)
            let largest = numbers.max() ?? 0
            let expected = largest + log(numbers.map { exp($0 - largest) }.sum)
            let error = abs(found[row] - expected)
            trial.expect(
              "logSumExp", "row \(row) of [\(rows), \(width)]", error <= 1e-12 * max(1, abs(expected)), "it is off by \(error)")
          }
        }
      }
    },
    ConformanceCheck("a number that is not finite is noticed wherever it is, and no other") { trial in
      for count in [1, 7, 100, 577] + (trial.isLarge ? [1130 * 2048] : []) {
        let x = trial.numbers([count], 3e38)
        trial.expect("isFinite", "\(count) numbers", trial.backend.isFinite(trial.put(x)), "a finite number is taken for another")
        for place in [0, count / 2, count - 1] {
          for value: Float in [.nan, .infinity, -.infinity] {
            var broken = x
            broken.withUnsafeMutableElements { $0[place] = value }
            trial.expect(
              "isFinite", "\(value) at \(place) of \(count)", !trial.backend.isFinite(trial.put(broken)), "it is not noticed")
          }
        }
      }
      trial.expect("isFinite", "no numbers", trial.backend.isFinite(trial.put(Tensor([]))), "something is not finite")
    },
  ]

  private static func reduce(_ trial: Trial, _ x: Tensor, _ axis: Int) {
    let (shape, numbers) = (x.shape, x.doubles)
    let (length, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    var rest = shape
    rest.remove(at: axis)
    for reduction in [Reduction.sum, .max] {
      let y = trial.made(rest) { trial.backend.reduce(reduction, trial.put(x), axis: axis, into: &$0) }
      let twin = Twin(count: y.count) { place in
        let first = place / inner * length * inner + place % inner
        let line = (0..<length).map { numbers[first + $0 * inner] }
        return reduction == .sum ? (line.sum, line.map(abs).sum) : (line.max() ?? -.infinity, 0)
      }
      trial.expect("reduce", "\(reduction) along axis \(axis) of \(shape)", y, twin, .arithmetic)
    }
  }
}
