import Tensors

extension ConformanceCheck {
  static let products = [
    ConformanceCheck("products with weights of every format are those of their numbers") { trial in
      for format in WeightMatrix.Format.allCases {
        let whole = RandomWeight(format, rows: 12, columns: 256, seed: 5).matrix
        for (name, weight, there) in RandomWeight.views(of: whole, on: trial.backend) {
          products(trial, name, weight, there, rows: 3, adding: [format == .bfloat16])
        }
      }
    },
    ConformanceCheck("a product may have millions of rows") { trial in
      let rows = trial.isLarge ? 4_300_000 : 3
      let numbers = (0..<rows).map { Float($0 % 1000) }
      let x = Tensor(numbers.flatMap { [$0, 1] as [Float] }, shape: [rows, 2])
      let y = trial.made([rows, 2]) {
        trial.backend.multiply(trial.put(x), trial.put(Tensor(rows: [[1, 2], [3, 4]])), transposingRight: false, into: &$0)
      }
      let expected = Tensor(numbers.flatMap { [$0 + 3, 2 * $0 + 4] as [Float] }, shape: [rows, 2])
      trial.expectBits("multiply tensors", "\(rows) rows", y, expected)
    },
    ConformanceCheck("products of any shape are those of their numbers") { trial in
      for (rows, out, inner) in trial.isLarge ? [] : smallShapes {
        for format in [WeightMatrix.Format.bfloat16, .float32] {
          let weight = RandomWeight(format, rows: out, columns: inner, seed: 6).matrix
          products(
            trial, "\(format)", weight, trial.backend.upload(weight), rows: rows, adding: rows == 5 ? [false, true] : [false])
        }
      }
      for (rows, out, inner) in trial.isLarge ? largeShapes : [] {
        let weight = RepeatedNumbers(count: out * inner, seed: 7).matrix([out, inner])
        products(trial, "bf16", weight, trial.backend.upload(weight), rows: rows, adding: [rows == 700])
      }
      guard trial.isLarge else { return }
      let wide = RandomWeight(trial.numbers([2048, 2048]), .float32).matrix
      products(trial, "fp32", wide, trial.backend.upload(wide), rows: 1130, adding: [false])
    },
    ConformanceCheck("products of fp32 weights that are bf16 numbers, and of numbers of very different magnitudes, lose nothing")
    { trial in
      let (out, inner) = trial.isLarge ? (700, 2048) : (33, 129)
      let short = trial.wideNumbers([out, inner]).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
      for (name, numbers) in [("fp32 of bf16 numbers", short), ("fp32", trial.wideNumbers([out, inner]))] {
        let weight = RandomWeight(numbers, .float32).matrix
        for x in [trial.wideNumbers([5, inner]), trial.numbers([5, inner], 1e-30)] {
          let y = trial.made([5, out]) {
            trial.backend.multiply(trial.put(x), trial.backend.upload(weight), .forward, adding: false, into: &$0)
          }
          trial.expect("multiply", "wide numbers by \(name)", y, Twin.product(x, numbers), .wideProducts)
        }
      }
    },
    ConformanceCheck("products of two tensors are those of their numbers") { trial in
      for (rows, columns, inner) in trial.isLarge ? [(1130, 1130, 256), (16, 2048, 16384), (1, 256_000, 64)] : smallShapes {
        for isTransposed in [false, true] {
          let (x, right) = (trial.numbers([rows, inner]), trial.numbers(isTransposed ? [columns, inner] : [inner, columns]))
          let y = trial.made([rows, columns]) {
            trial.backend.multiply(trial.put(x), trial.put(right), transposingRight: isTransposed, into: &$0)
          }
          let (someRows, someColumns) = (trial.places(24, of: rows), trial.places(130, of: columns))
          let vectors = WeightMatrix(right), factors = (isTransposed ? vectors : vectors.transposed).gathered(someColumns)
          var twin = Twin.product(WeightMatrix(x).gathered(someRows), factors)
          twin.places = someRows.flatMap { row in someColumns.map { row * columns + $0 } }
          let situation = "\(x.shape) by \(right.shape)\(isTransposed ? ", transposed" : "")"
          trial.expect("multiply", situation, y, twin, .tensorProducts)
        }
      }
      let x = trial.numbers([33, 70])
      let given = trial.put(x)
      let y = trial.made([33, 33]) { trial.backend.multiply(given, given, transposingRight: true, into: &$0) }
      trial.expect("multiply", "a tensor by itself", y, Twin.product(x, x), .tensorProducts)
    },
  ]

  /// (rows, out, inner)
  private static let smallShapes = [
    (1, 1, 1), (1, 17, 33), (2, 7, 100), (3, 33, 577), (5, 47, 31), (7, 64, 16), (16, 60, 100), (17, 31, 129), (33, 15, 300),
    (130, 36, 20), (5, 3, 1100), (1, 140, 64), (0, 5, 3),
  ]
  private static let largeShapes = [
    (1130, 16384, 2048), (1130, 2048, 16384), (700, 2048, 2048), (100, 256, 2048), (16, 16384, 2048), (5, 256_000, 2048),
    (1, 256_000, 2048), (1, 2048, 16384), (16, 2048, 2048),
  ]

  /// The product forward, back and for decoding, written and added.
  static func products(
    _ trial: Trial, _ name: String, _ weight: WeightMatrix, _ there: WeightMatrix, rows: Int, adding: [Bool]
  ) {
    for kind in [WeightProduct.forward, .back, .decoding] {
      // A product for decoding is one of a few rows.
      if kind == .decoding, rows > 16 { continue }
      let (inner, outer) = kind == .back ? (weight.rows, weight.columns) : (weight.columns, weight.rows)
      let x = trial.numbers([rows, inner])
      let (someRows, someColumns) = (trial.places(24, of: rows), trial.places(trial.isLarge ? 24 : 130, of: outer))
      let right = (kind == .back ? weight.transposed : weight).gathered(someColumns)
      for adding in adding {
        let before = trial.numbers([rows, outer])
        let situation = "\(kind), \([rows, inner]) by \(name) \(weight.shape)\(adding ? ", added" : "")"
        let product = { (y: inout Tensor) in
          trial.backend.multiply(trial.put(x), there, kind, adding: adding, into: &y)
        }
        let y = adding ? trial.changed("multiply", situation, before, product) : trial.made([rows, outer], product)
        var twin = Twin.product(WeightMatrix(x).gathered(someRows), right)
        twin.places = someRows.flatMap { row in someColumns.map { row * outer + $0 } }
        if adding { twin.add(before) }
        trial.expect("multiply", situation, y, twin, kind == .decoding ? .decoding : .products)
      }
    }
  }
}

extension Twin {
  /// The numbers of `[row, inner]` times the transposed of `[column, inner]`, each relative to the sum of the magnitudes that it adds up.
  static func product(_ left: Tensor, _ right: Tensor) -> Twin {
    let (inner, columns) = (left.shape[1], right.shape[0])
    return left.withUnsafeElements { a in
      right.withUnsafeElements { b in
        nonisolated(unsafe) let (a, b) = (a, b)
        return Twin(places: Array(0..<left.shape[0] * columns)) { place in
          let (row, column) = (place / columns * inner, place % columns * inner)
          var (sum, size) = (0.0, 0.0)
          for k in 0..<inner {
            let term = Double(a[row + k]) * Double(b[column + k])
            sum += term
            size += abs(term)
          }
          return (sum, size)
        }
      }
    }
  }

  /// Adds what a result held before.
  mutating func add(_ before: Tensor) {
    let numbers = before.elements
    for i in values.indices {
      let number = Double(numbers[places?[i] ?? i])
      values[i] += number
      sizes[i] += abs(number)
    }
  }
}
