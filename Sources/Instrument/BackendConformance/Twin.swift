import Tensors

/// The numbers of a result in Double, and what the error of each is relative to.
struct Twin {
  var values: [Double] = []
  var sizes: [Double] = []
  /// Which of the result's numbers these are; all of them if nil.
  var places: [Int]?

  init() {}

  init(count: Int, _ number: (Int) -> (value: Double, size: Double)) {
    (values, sizes) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
    for i in 0..<count { (values[i], sizes[i]) = number(i) }
  }

  /// The same for many numbers, divided among the cores.
  init(places: [Int], _ number: (Int) -> (value: Double, size: Double)) {
    let count = places.count
    var pairs = [(value: Double, size: Double)](repeating: (0, 0), count: count)
    pairs.withUnsafeMutableBufferPointer { pairs in
      nonisolated(unsafe) let pairs = pairs
      let parts = min(64, count)
      Parallel.perform(parts) { part in
        for i in count * part / parts..<count * (part + 1) / parts { pairs[i] = number(places[i]) }
      }
    }
    (values, sizes, self.places) = (pairs.map(\.value), pairs.map(\.size), places)
  }

  mutating func append(_ value: Double, size: Double) {
    values.append(value)
    sizes.append(size)
  }

  /// The largest error relative to its size; infinite where a number is not what it should be, or not finite. What no normal fp32 number can
  /// tell from 0 counts for nothing.
  func largestError(_ result: Tensor) -> Double {
    result.withUnsafeElements { numbers in
      var worst = 0.0
      for (i, value) in values.enumerated() {
        let actual = Double(numbers[places?[i] ?? i])
        if actual == value || abs(actual - value) < 0x1p-125 { continue }
        let error = abs(actual - value) / sizes[i]
        worst = error.isFinite ? max(worst, error) : .infinity
      }
      return worst
    }
  }
}

extension Tensor {
  /// The numbers in Double, wherever they lie.
  var doubles: [Double] { elements.map(Double.init) }
}

extension RangeReplaceableCollection<Double> {
  var sum: Double { reduce(0, +) }
}
