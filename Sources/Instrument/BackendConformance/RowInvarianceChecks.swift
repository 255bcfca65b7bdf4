import Foundation
import Tensors

extension ConformanceCheck {
  /// Bit for bit, a row is what it is alone.
  static let rowInvariance = [
    invariant("rows of norms and softmax have the same bits alone and among others") { trial in
      for (rows, width) in trial.isLarge ? [(1130, 2048), (16, 16384)] : [(9, 33), (7, 256), (5, 577), (6, 1)] {
        for operation in rowOperations(trial, rows, width) { compare(trial, operation, rows) }
      }
    },
    invariant("rows of products have the same bits alone and among others") { trial in
      let shapes = trial.isLarge ? [(1130, 16384, 2048), (300, 2048, 16384), (700, 256, 2048), (5, 256_000, 2048)] : []
      for (rows, out, inner) in shapes + (trial.isLarge ? [] : [(41, 33, 100), (130, 17, 33), (16, 20, 300)]) {
        for weight in weights(trial, out, inner) {
          for kind in [WeightProduct.forward, .back, .decoding] { compareProduct(trial, weight, kind, rows) }
        }
      }
    },
    invariant("columns of products have the same bits alone and among others") { trial in
      for (rows, out, inner) in trial.isLarge ? [(100, 16384, 2048), (1, 16384, 2048)] : [(9, 40, 100), (3, 150, 40)] {
        for weight in weights(trial, out, inner) {
          let x = trial.put(trial.numbers([rows, inner]))
          for kind in [WeightProduct.forward, .decoding] where kind == .forward || rows <= 16 {
            let whole = trial.product(x, weight, kind).home()
            for range in [0..<1, out - 1..<out, 10..<26, 15..<39, 1..<out - 7] {
              let part = trial.product(x, weight.rows(range), kind)
              let expected = WeightMatrix(whole).columns(range).tensor
              trial.expectBits("multiply", "\(kind), columns \(range) of \(weight.format) \(weight.shape)", part, expected)
            }
          }
        }
      }
    },
    invariant("a row of softmax has the same bits whatever stands behind what it sees, and by its own mask") { trial in
      for (rows, width) in trial.isLarge ? [(1130, 1130), (16, 16384)] : [(4, 17), (37, 60), (3, 300)] {
        for window in [Int.max, 5] {
          let columns = VisibleColumns(first: width - rows + 1, window: window)
          let x = trial.numbers([rows, width], 5), wide = trial.widened(x, by: 70)
          let narrow = trial.changed("softmax", "\(x.shape)", x) { trial.backend.softmax(&$0, seeing: columns) }
          var result = trial.backend.upload(wide)
          trial.backend.softmax(&result, seeing: columns)
          trial.expectBits(
            "softmax", "\(x.shape) with columns behind it", WeightMatrix(result.home()).columns(0..<width).tensor, narrow)
          var masked = trial.backend.upload(x)
          trial.backend.setUnseen(&masked, to: -.infinity, seeing: columns, where: nil)
          trial.backend.softmax(&masked)
          trial.expectBits("softmax", "\(x.shape) masked by -∞", masked, narrow)
        }
      }
    },
  ]

  /// A check for backends that promise row invariance.
  static func invariant(_ name: String, _ body: @escaping @Sendable (Trial) -> Void) -> ConformanceCheck {
    ConformanceCheck(name) { trial in if trial.backend.isRowInvariant { body(trial) } }
  }

  /// Which rows are computed by themselves.
  static func groups(_ rows: Int) -> [Range<Int>] {
    let many = [1..<rows, 2..<5].filter { _ in rows < 200 }
    return ([0..<1, rows - 1..<rows, 3..<19, rows / 3..<rows - 1] + many).map { $0.clamped(to: 0..<rows) }.filter {
      !$0.isEmpty
    }
  }

  /// An operation on some rows of a matrix that is given on the backend.
  private struct RowOperation {
    let name: String
    let body: (Range<Int>) -> [Tensor]
  }

  private static func compare(_ trial: Trial, _ operation: RowOperation, _ rows: Int) {
    let whole = operation.body(0..<rows).map { $0.home() }
    for group in groups(rows) {
      for (part, all) in zip(operation.body(group), whole) {
        trial.expectBits(operation.name, "rows \(group) of \(all.shape)", part, all[group])
      }
    }
  }

  private static func rowOperations(_ trial: Trial, _ rows: Int, _ width: Int) -> [RowOperation] {
    let backend = trial.backend
    let (x, g) = (trial.put(trial.numbers([rows, width], 3)), trial.put(trial.numbers([rows, width])))
    let (scale, ds) = (trial.put(trial.numbers([rows, 1]).map { $0 + 2 }), trial.put(trial.numbers([rows, 1])))
    let (factors, angles) = (trial.put(trial.numbers([width])), trial.numbers([rows, width / 2], 3))
    let (cosine, sine) = (trial.put(angles.map { cosf($0) }), trial.put(angles.map { sinf($0) }))
    func made(_ name: String, _ body: @escaping (Range<Int>, inout Tensor) -> Void) -> RowOperation {
      RowOperation(name: name) { r in [trial.made([r.count, width]) { body(r, &$0) }] }
    }
    func inPlace(_ name: String, _ body: @escaping (Range<Int>, inout Tensor) -> Void) -> RowOperation {
      RowOperation(name: name) { r in
        var y = x[r]
        body(r, &y)
        return [y]
      }
    }
    var operations = [
      RowOperation(name: "normalize") { r in
        var scale = trial.blank([r.count, 1])
        return [trial.made([r.count, width]) { backend.normalize(x[r], epsilon: 1e-6, into: &$0, scale: &scale) }, scale]
      },
      RowOperation(name: "scaleGradient") { r in
        [trial.made([r.count, 1]) { backend.scaleGradient(g[r], x: x[r], scale: scale[r], into: &$0) }]
      },
      RowOperation(name: "reduce") { r in [trial.made([r.count]) { backend.reduce(.sum, x[r], axis: 1, into: &$0) }] },
      made("divideRows") { backend.divideRows(x[$0], by: scale[$0], into: &$1) },
      made("scaleColumns") { backend.scaleColumns(x[$0], by: factors, into: &$1) },
      made("centerRows") { backend.centerRows(x[$0], into: &$1) },
      made("normGradient") { backend.normGradient(g[$0], x: x[$0], scale: scale[$0], scaleGradient: ds[$0], into: &$1) },
      inPlace("addToRows") { backend.addToRows(factors, to: &$1) },
      inPlace("softmax") { backend.softmax(&$1) },
      inPlace("softmax, seeing some") { backend.softmax(&$1, seeing: VisibleColumns(first: $0.lowerBound + 2, window: 40)) },
      inPlace("softmaxGradient") { backend.softmaxGradient(&$1, pattern: g[$0]) },
      inPlace("softCap") { backend.softCap(&$1, at: 2) },
      inPlace("softCapGradient") { backend.softCapGradient(&$1, at: 2, capped: g[$0]) },
      inPlace("add") { backend.add(g[$0], times: -0.3, to: &$1) },
    ]
    operations += Arithmetic.all.map { operation in made("combine") { backend.combine(operation, x[$0], g[$0], into: &$1) } }
    for function in Activation.allCases {
      operations.append(made("activate") { backend.activate(function, x[$0], gating: g[$0], into: &$1) })
      operations.append(
        RowOperation(name: "activationGradient") { r in
          var dup: Tensor? = trial.blank([r.count, width])
          let dx = trial.made([r.count, width]) {
            backend.activationGradient(function, x[r], gating: g[r], g[r], into: &$0, &dup)
          }
          return [dx] + [dup].compactMap(\.self)
        })
    }
    guard width > 1 else { return operations }
    let rotated = RowOperation(name: "rotate") { r in
      [
        trial.made([r.count, 1, width]) {
          backend.rotate(x[r].reshaped([r.count, 1, width]), cosine: cosine[r], sine: sine[r], into: &$0)
        }
      ]
    }
    return operations + [rotated]
  }

  /// Weights of the formats that a device multiplies by in different ways, whole and as parts whose rows begin anywhere.
  private static func weights(_ trial: Trial, _ out: Int, _ inner: Int) -> [WeightMatrix] {
    if trial.isLarge { return [trial.backend.upload(RepeatedNumbers(count: out * inner, seed: 8).matrix([out, inner]))] }
    let parts = [WeightMatrix.Format.bfloat16, .float32].map { format in
      trial.backend.upload(RandomWeight(format, rows: out + 2, columns: inner + 3, seed: 9).matrix)
        .rows(1..<out + 1).columns(2..<inner + 2)
    }
    return parts + [trial.backend.upload(RandomWeight(.bfloat16, rows: inner, columns: out, seed: 9).matrix).transposed]
  }

  private static func compareProduct(_ trial: Trial, _ weight: WeightMatrix, _ kind: WeightProduct, _ rows: Int) {
    let x = trial.put(trial.numbers([rows, kind == .back ? weight.rows : weight.columns]))
    // As many rows at once as a product for decoding may have.
    let all = kind == .decoding ? x[0..<min(rows, 16)] : x
    let whole = trial.product(all, weight, kind).home()
    let groups = groups(whole.shape[0])
    for group in groups {
      let part = trial.product(x[group], weight, kind)
      trial.expectBits("multiply", "\(kind), rows \(group) of \(whole.shape) by \(weight.format)", part, whole[group])
    }
    guard let group = groups.last else { return }
    let before = trial.numbers(whole.shape)
    var (added, sum) = (trial.backend.upload(before[group]), trial.backend.upload(before))
    trial.backend.multiply(x[group], weight, kind, adding: true, into: &added)
    trial.backend.multiply(all, weight, kind, adding: true, into: &sum)
    trial.expectBits("multiply", "\(kind), added, rows \(group) of \(whole.shape)", added, sum[group])
  }
}

extension Trial {
  func product(_ x: Tensor, _ weight: WeightMatrix, _ kind: WeightProduct) -> Tensor {
    made([x.shape[0], kind == .back ? weight.columns : weight.rows]) {
      backend.multiply(x, weight, kind, adding: false, into: &$0)
    }
  }

  /// The same rows with more numbers behind them.
  func widened(_ x: Tensor, by count: Int) -> Tensor {
    let behind = numbers([x.shape[0], count], 9)
    return Tensor(rows: (0..<x.shape[0]).map { x.select($0).elements + behind.select($0).elements })
  }
}
