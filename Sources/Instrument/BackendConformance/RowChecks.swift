import Foundation
import Tensors

extension ConformanceCheck {
  static let rows = [
    ConformanceCheck("rows are divided by their root mean square, and gradients go back through it") { trial in
      for shape in shapes(trial) { for scale: Float in [1e-3, 1, 300] { norm(trial, shape[0], shape[1], scale) } }
    },
    ConformanceCheck("rows are scaled, centred, and added to") { trial in
      for shape in shapes(trial) { plainRows(trial, shape[0], shape[1]) }
    },
    ConformanceCheck("heads turn by their angles, whole or in part") { trial in
      let small = [(1, 1, 2, 2), (5, 3, 34, 34), (3, 2, 33, 16), (2, 4, 16, 0), (0, 2, 8, 8)]
      for (rows, heads, width, turned) in trial.isLarge ? [(1130, 8, 256, 256), (700, 3, 80, 20)] : small {
        let x = trial.numbers([rows, heads, width]), angles = trial.numbers([rows, turned / 2], 3)
        let (cosine, sine) = (angles.map { cosf($0) }, angles.map { sinf($0) })
        let y = trial.made(x.shape) {
          trial.backend.rotate(trial.put(x), cosine: trial.put(cosine), sine: trial.put(sine), into: &$0)
        }
        let (a, c, s, half) = (x.doubles, cosine.doubles, sine.doubles, turned / 2)
        let twin = Twin(count: x.count) { place in
          let (row, i) = (place / (heads * width), place % width)
          guard i < turned else { return (a[place], 0) }
          let (angle, sign) = (row * half + i % half, i < half ? -1.0 : 1.0)
          let (own, other) = (a[place] * c[angle], sign * a[i < half ? place + half : place - half] * s[angle])
          return (own + other, abs(own) + abs(other))
        }
        trial.expect("rotate", "\(x.shape), of which \(turned) turn", y, twin, .arithmetic)
      }
    },
    ConformanceCheck("softmax is taken over what a row sees") { trial in
      let small = [(4, 1), (4, 17), (5, 300), (33, 33), (3, 577), (0, 7)]
      for (rows, width) in trial.isLarge ? [(1130, 1130), (100, 8192)] : small {
        for (first, window, scale): (Int, Int, Float) in [(1, .max, 1), (2, .max, 40), (7, 5, 500), (width + 1, .max, 3)] {
          causalSoftmax(trial, trial.numbers([rows, width], scale), VisibleColumns(first: first, window: window))
        }
      }
      // A number of -∞ among those that are seen.
      let masked = trial.numbers([4, 9], 3)
      causalSoftmax(
        trial, Tensor(rows: masked.rows.map { [-.infinity] + $0 }), VisibleColumns(first: 2))
      // Several squares, one behind the other.
      causalSoftmax(trial, trial.numbers([3, 9, 13], 4), VisibleColumns(first: 5, window: 6))
    },
    ConformanceCheck("softmax is taken over whole rows, where -∞ counts for nothing") { trial in
      for shape in trial.isLarge ? [[1130, 1130], [100, 8192]] : shapes(trial) {
        var x = trial.numbers(shape, 10)
        x.withUnsafeMutableElements { x in
          // The last number of each row stays.
          for i in x.indices where i % shape[1] != shape[1] - 1 && (i % 7 == 3 || i % shape[1] < shape[1] / 5) {
            x[i] = -.infinity
          }
        }
        let y = trial.changed("softmax", "\(shape)", x) { trial.backend.softmax(&$0) }
        let (numbers, width) = (x.doubles, shape[1])
        var twin = Twin()
        for row in 0..<shape[0] { twin.appendSoftmax(numbers[row * width..<(row + 1) * width], 0..<width) }
        trial.expect("softmax", "\(shape) with -∞", y, twin, .softmax)
      }
    },
    ConformanceCheck("gradients go back through softmax") { trial in
      for shape in shapes(trial) {
        var (pattern, gradient) = (trial.numbers(shape, 5), trial.numbers(shape, 3))
        var softmax = Twin()
        let (numbers, width) = (pattern.doubles, shape[1])
        for row in 0..<shape[0] { softmax.appendSoftmax(numbers[row * width..<(row + 1) * width], 0..<max(1, width - row)) }
        pattern = Tensor(softmax.values.map { Float($0) }, shape: shape)
        let (p, g) = (pattern.doubles, gradient.doubles)
        gradient = trial.changed("softmaxGradient", "\(shape)", gradient) {
          trial.backend.softmaxGradient(&$0, pattern: trial.put(pattern))
        }
        let terms = p.indices.map { p[$0] * g[$0] }
        let sums = (0..<shape[0]).map { terms[$0 * width..<($0 + 1) * width] }.map {
          ($0.reduce(0, +), $0.reduce(0) { $0 + abs($1) })
        }
        let twin = Twin(count: p.count) { (p[$0] * (g[$0] - sums[$0 / width].0), p[$0] * (abs(g[$0]) + sums[$0 / width].1)) }
        trial.expect("softmaxGradient", "\(shape)", gradient, twin, .rows)
      }
    },
    ConformanceCheck("what a row does not see is set") { trial in
      for (shape, first, window) in [([4, 9], 1, Int.max), ([3, 5, 33], 20, 4), ([2, 7, 1], 1, .max), ([0, 3], 1, 2)] {
        let x = trial.numbers(shape), columns = VisibleColumns(first: first, window: window), width = shape[shape.count - 1]
        let pattern = trial.numbers(shape).map { $0 < 0 ? 0 : $0 }
        for (value, isKept): (Float, Bool) in [(-.infinity, false), (0, true)] {
          let y = trial.changed("setUnseen", "\(shape)", x) {
            trial.backend.setUnseen(&$0, to: value, seeing: columns, where: isKept ? trial.put(pattern) : nil)
          }
          let p = pattern.elements
          let expected = x.elements.enumerated().map { place, number in
            let isSeen = columns.columns(ofRow: place / width % shape[shape.count - 2], width: width).contains(place % width)
            return isSeen || isKept && p[place] != 0 ? number : value
          }
          trial.expectBits("setUnseen", "\(shape) to \(value)", y, Tensor(expected, shape: shape))
        }
      }
    },
  ]

  private static func norm(_ trial: Trial, _ rows: Int, _ width: Int, _ scale: Float) {
    let (backend, situation) = (trial.backend, "[\(rows), \(width)] up to \(scale)")
    let (x, gradient, scaleGradient) = (
      trial.numbers([rows, width], scale), trial.numbers([rows, width]), trial.numbers([rows, 1])
    )
    let (epsilon, a, g, ds) = (Float(1e-6), x.doubles, gradient.doubles, scaleGradient.doubles)
    let roots = (0..<rows).map { row in
      (a[row * width..<(row + 1) * width].reduce(0) { $0 + $1 * $1 } / Double(width) + Double(epsilon)).squareRoot()
    }
    var divisors = trial.blank([rows, 1])
    let y = trial.made(x.shape) { backend.normalize(trial.put(x), epsilon: epsilon, into: &$0, scale: &divisors) }
    trial.expect("normalize", situation + ", the divisors", divisors, Twin(count: rows) { (roots[$0], roots[$0]) }, .rows)
    trial.expect(
      "normalize", situation, y, Twin(count: x.count) { (a[$0] / roots[$0 / width], abs(a[$0] / roots[$0 / width])) }, .rows)
    // From here on, the divisors are what they are.
    let scale = Tensor(divisors.elements, shape: [rows, 1]), s = scale.doubles
    let divided = trial.made(x.shape) { backend.divideRows(trial.put(x), by: trial.put(scale), into: &$0) }
    trial.expect(
      "divideRows", situation, divided, Twin(count: x.count) { (a[$0] / s[$0 / width], abs(a[$0] / s[$0 / width])) }, .arithmetic)
    trial.expectBits("divideRows", situation + ", as they are normalized", divided, y)
    let ofScale = trial.made([rows, 1]) {
      backend.scaleGradient(trial.put(gradient), x: trial.put(x), scale: trial.put(scale), into: &$0)
    }
    let scaleTwin = Twin(count: rows) { row in
      let terms = (row * width..<(row + 1) * width).map { g[$0] * a[$0] / (s[row] * s[row]) }
      return (-terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }
    trial.expect("scaleGradient", situation, ofScale, scaleTwin, .rows)
    let dx = trial.made(x.shape) {
      backend.normGradient(
        trial.put(gradient), x: trial.put(x), scale: trial.put(scale), scaleGradient: trial.put(scaleGradient), into: &$0)
    }
    let normTwin = Twin(count: x.count) { i in
      let row = i / width
      let (direct, through) = (g[i] / s[row], ds[row] * a[i] / (Double(width) * s[row]))
      return (direct + through, abs(direct) + abs(through))
    }
    trial.expect("normGradient", situation, dx, normTwin, .rows)
  }

  private static func plainRows(_ trial: Trial, _ rows: Int, _ width: Int) {
    let (backend, situation) = (trial.backend, "[\(rows), \(width)]")
    let (x, factors) = (trial.numbers([rows, width], 2), trial.numbers([width]))
    let (a, f) = (x.doubles, factors.doubles)
    let scaled = trial.made(x.shape) { backend.scaleColumns(trial.put(x), by: trial.put(factors), into: &$0) }
    trial.expect(
      "scaleColumns", situation, scaled, Twin(count: x.count) { (a[$0] * f[$0 % width], abs(a[$0] * f[$0 % width])) }, .arithmetic
    )
    let added = trial.changed("addToRows", situation, x) { backend.addToRows(trial.put(factors), to: &$0) }
    trial.expect(
      "addToRows", situation, added, Twin(count: x.count) { (a[$0] + f[$0 % width], abs(a[$0]) + abs(f[$0 % width])) },
      .arithmetic)
    let centered = trial.made(x.shape) { backend.centerRows(trial.put(x), into: &$0) }
    let means = (0..<rows).map { row in
      let numbers = a[row * width..<(row + 1) * width]
      return (numbers.reduce(0, +) / Double(width), numbers.reduce(0) { $0 + abs($1) } / Double(width))
    }
    trial.expect(
      "centerRows", situation, centered, Twin(count: x.count) { (a[$0] - means[$0 / width].0, abs(a[$0]) + means[$0 / width].1) },
      .rows)
  }

  private static func causalSoftmax(_ trial: Trial, _ x: Tensor, _ columns: VisibleColumns) {
    let situation = "\(x.shape) seeing \(columns.first) and more\(columns.window == .max ? "" : ", \(columns.window) at most")"
    let y = trial.changed("softmax", situation, x) { trial.backend.softmax(&$0, seeing: columns) }
    let (numbers, rows, width) = (x.doubles, x.shape[x.rank - 2], x.shape[x.rank - 1])
    var twin = Twin()
    for row in 0..<(rows == 0 ? 0 : x.count / width) {
      let visible = columns.columns(ofRow: row % rows, width: width)
      twin.appendSoftmax(numbers[row * width..<(row + 1) * width], visible)
    }
    trial.expect("softmax", situation, y, twin, .softmax)
  }
}

extension Twin {
  /// The softmax of a row over the columns that it sees; 0 elsewhere.
  mutating func appendSoftmax(_ row: ArraySlice<Double>, _ visible: Range<Int>) {
    let seen = row.dropFirst(visible.lowerBound).prefix(visible.count)
    let largest = seen.max() ?? 0
    let sum = seen.reduce(0) { $0 + exp($1 - largest) }
    for (column, number) in row.enumerated() {
      let probability = visible.contains(column) ? exp(number - largest) / sum : 0
      // The argument of the exponential is rounded too.
      append(probability, size: probability == 0 ? 0 : probability * (1 + largest - number))
    }
  }
}
