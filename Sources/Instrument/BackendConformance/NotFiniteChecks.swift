import Tensors

extension ConformanceCheck {
  /// What is not a number makes none of its own row, and changes no bit of another.
  static let notFinite = [
    ConformanceCheck("a row with NaN or infinity is not finite in a product, and changes no other row") { trial in
      let (rows, inner) = trial.isLarge ? (100, 2048) : (20, 104)
      for format in [WeightMatrix.Format.bfloat16, .float32] {
        let weight = trial.backend.upload(RandomWeight(format, rows: trial.isLarge ? 2048 : 40, columns: inner, seed: 4).matrix)
        for kind in [WeightProduct.forward, .back, .decoding] {
          let x = trial.numbers([kind == .decoding ? 16 : rows, kind == .back ? weight.rows : inner])
          spread(trial, "multiply, \(kind) by \(format)", x) { trial.product($0, weight, kind) }
        }
      }
    },
    ConformanceCheck("a row with NaN or infinity is not finite where rows are computed, and changes no other row") { trial in
      let (backend, x) = (trial.backend, trial.numbers(trial.isLarge ? [100, 2048] : [9, 100]))
      let g = trial.put(trial.numbers(x.shape))
      spread(trial, "normalize", x) { x in
        var scale = trial.blank([x.shape[0], 1])
        return trial.made(x.shape) { backend.normalize(x, epsilon: 1e-6, into: &$0, scale: &scale) }
      }
      spread(trial, "centerRows", x) { x in trial.made(x.shape) { backend.centerRows(x, into: &$0) } }
      spread(trial, "combine", x) { x in trial.made(x.shape) { backend.combine(.add, x, g, into: &$0) } }
      spread(trial, "reduce", x) { x in trial.made([x.shape[0]]) { backend.reduce(.sum, x, axis: 1, into: &$0) } }
      for function in Activation.allCases {
        spread(trial, "activate by \(function)", x, [.nan, .infinity]) { x in
          trial.made(x.shape) { backend.activate(function, x, gating: g, into: &$0) }
        }
      }
      spread(trial, "softmax", x, [.nan]) { x in
        var y = x
        backend.softmax(&y)
        return y
      }
      spread(trial, "softCap", x, [.nan]) { x in
        var y = x
        backend.softCap(&y, at: 5)
        return y
      }
    },
    ConformanceCheck("a row of nothing but -∞ has no softmax") { trial in
      var y = trial.backend.upload(Tensor(rows: [[0, 1, 2], [-.infinity, -.infinity, -.infinity], [1, -.infinity, 1]]))
      trial.backend.softmax(&y)
      let rows = y.rows
      trial.expect("softmax", "-∞ only", rows[1].allSatisfy(\.isNaN), "it is \(rows[1])")
      trial.expect("softmax", "beside a row of -∞", rows[2] == [0.5, 0, 0.5], "it is \(rows[2])")
    },
    ConformanceCheck("a query that is not finite has no attention, and changes no other") { trial in
      for texts in attentions(trial) {
        let numbers = texts.numbers(trial), row = texts.rows(of: 0).upperBound - 1
        var (z, brokenZ) = (trial.blank(numbers.queries.shape), trial.blank(numbers.queries.shape))
        _ = trial.backend.attend(texts.call(trial, numbers), into: &z)
        var queries = numbers.queries
        queries.withUnsafeMutableElements { queries in
          for i in row * texts.heads * texts.headWidth..<(row + 1) * texts.heads * texts.headWidth { queries[i] = .nan }
        }
        let broken = AttentionTexts.Numbers(queries: queries, z: numbers.z, keys: numbers.keys, values: numbers.values)
        _ = trial.backend.attend(texts.call(trial, broken), into: &brokenZ)
        for text in texts.texts.indices {
          for other in texts.rows(of: text) where other != row {
            trial.expectBits("attend", texts.situation + ", beside NaN", brokenZ.select(other), z.select(other))
          }
        }
        trial.expect("attend", texts.situation, brokenZ.select(row).elements.allSatisfy(\.isNaN), "NaN becomes a number")
      }
    },
  ]

  /// Puts a number that is not finite into a row, and compares the rows.
  private static func spread(
    _ trial: Trial, _ name: String, _ x: Tensor, _ numbers: [Float] = [.nan, .infinity, -.infinity],
    _ operation: (Tensor) -> Tensor
  ) {
    let (before, row) = (operation(trial.put(x)).home(), x.shape[0] / 3)
    for (number, column) in zip(numbers, [x.shape[1] - 1, 0, x.shape[1] / 2 + 1]) {
      var broken = x
      broken[row, column] = number
      let after = operation(trial.put(broken)).home()
      trial.expectBits(name, "the rows before one with \(number)", after[..<row], before[..<row])
      trial.expectBits(name, "the rows behind one with \(number)", after[(row + 1)...], before[(row + 1)...])
      trial.expect(
        name, "\(number) in column \(column)", after[row..<row + 1].elements.contains { !$0.isFinite }, "its row is finite")
    }
  }
}
