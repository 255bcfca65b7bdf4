import Foundation
import Testing

/// The products of Products.cu in plain fp32 against twins in Double.
///
/// A sum over chunks of 64 is off by at most (64 + the number of chunks + 2) u of the sum of its terms' sizes.
@Suite struct PlainProductTests {
  static let kernels = ["product_f32_128", "product_f32_64", "product_any_128", "product_any_64"]

  @Test(arguments: kernels, [(1, 3, 5), (64, 65, 64), (130, 70, 129), (3, 200, 300)])
  func aProductIsNearItsTwinHoweverItsNumbersLie(kernel: String, shape: (Int, Int, Int)) {
    var product = PlainProduct(rows: shape.0, columns: shape.1, inner: shape.2)
    product.batches = 2
    let first = product.launch(kernel)
    product.check(first)
    for (isLeftTurned, isRightTurned) in [(true, false), (false, true), (true, true)] {
      (product.isLeftTurned, product.isRightTurned) = (isLeftTurned, isRightTurned)
      #expect(product.launch(kernel).bits == first.bits)
    }
  }

  @Test(arguments: kernels)
  func aProductIsAddedToWhatIsThere(kernel: String) {
    var product = PlainProduct(rows: 70, columns: 30, inner: 100)
    let alone = product.launch(kernel)
    product.before = random(alone.count, seed: 9)
    #expect(product.launch(kernel).bits == zip(product.before ?? [], alone).map { $0 + $1 }.bits)
  }

  @Test func tilesOfBothSizesGiveTheSameBitsHoweverManyRowsThereAre() {
    let product = PlainProduct(rows: 150, columns: 140, inner: 200)
    let whole = product.launch("product_f32_128")
    #expect(product.launch("product_f32_64").bits == whole.bits)
    var some = product
    some.rows = 37
    #expect(some.launch("product_f32_64").bits == Array(whole.prefix(37 * 140)).bits)
  }

  @Test(arguments: [(1, 5, 3), (3, 48, 64), (8, 100, 500), (13, 20, 2500)], [2, 3, 6])
  func aStreamedWeightGivesTheSameBits(shape: (Int, Int, Int), stages: Int) {
    let (rows, columns, inner) = shape
    let stride = (inner + 3) / 4 * 4
    let (x, w) = (random(rows * stride, scale: 2), random(columns * stride, seed: 2))
    let before = random(rows * columns, seed: 3)
    let sizes = LaunchSizes(threads: 256, depth: (rows + 7) / 8, shared: 32768 * (1 + stages), alignment: 16)
    for adding in [0, 1] {
      let streamed = launch(
        "gemv_f32",
        [
          .input(x), .long(stride), .input(w), .long(stride), .changed(before), .long(columns), .int(rows), .int(columns),
          .int(inner), .int(adding), .int(stages),
        ],
        grid: (2, 1), anyGrid: true, sizes)
      let tiles = launch(
        "product_f32_64",
        [
          .input(x), .long(0), .long(stride), .long(1), .input(w), .long(0), .long(1), .long(stride), .int(1), .changed(before),
          .long(0), .long(columns), .int(rows), .int(columns), .int(inner), .float(1), .int(adding), .int(0), .int(0), .int(0),
          .int(0),
        ],
        grid: ((columns + 63) / 64, 1), anyGrid: false, LaunchSizes())
      #expect(streamed.floats(4).bits == tiles.floats(9).bits)
    }
  }

  /// What is left out is 0 or not looked at: so the bits are those of the whole.
  @Test(arguments: ["product_f32_128", "product_f32_64"], [0, 50, Int(Int32.max)])
  func whatIsHiddenIsLeftOutWithoutChangingABit(kernel: String, window: Int) {
    let visible = 7
    let sees = { (query: Int, key: Int) in key < visible + query && (window == 0 || key >= visible + query - window) }
    for hidden in 1...3 {
      var product = PlainProduct(rows: 150, columns: 70, inner: 157)
      if hidden == 1 { (product.columns, product.inner) = (157, 20) }
      if hidden == 3 { (product.rows, product.inner) = (157, 150) }
      (product.visible, product.window) = (visible, window)
      product.isLeft = { m, k in hidden == 1 || (hidden == 2 ? sees(m, k) : sees(k, m)) }
      let whole = product.launch(kernel)
      product.hidden = hidden
      let part = product.launch(kernel)
      let seen = whole.indices.filter { hidden != 1 || sees($0 / product.columns, $0 % product.columns) }
      #expect(seen.every { part[$0].bitPattern == whole[$0].bitPattern }, "hidden: \(hidden)")
    }
  }

  @Test(arguments: ["product_f32_128", "product_f32_64"], [1, 15, 16, 37, 63])
  func aSumThatBeginsLaterIsThatOverZerosBefore(kernel: String, phase: Int) {
    let (rows, columns, inner) = (70, 66, 150)
    var short = PlainProduct(rows: rows, columns: columns, inner: inner)
    short.phase = phase
    var long = PlainProduct(rows: rows, columns: columns, inner: inner + phase)
    long.left = (0..<rows).flatMap { [Float](repeating: 0, count: phase) + short.left.row($0, inner) }
    long.right = random(phase * columns, seed: 7) + short.right.prefix(inner * columns)
    #expect(short.launch(kernel).bits == long.launch(kernel).bits)
    // Without it, chunks begin elsewhere.
    short.phase = 0
    #expect(short.launch(kernel).bits != long.launch(kernel).bits)
  }
}

/// A product in plain fp32, and how its numbers lie.
private struct PlainProduct {
  var rows, columns, inner: Int
  var batches = 1
  var isLeftTurned = false
  var isRightTurned = false
  var before: [Float]?
  var hidden = 0
  var visible = 0
  var window = 0
  var phase = 0
  /// Which numbers of the left are not 0.
  var isLeft: (Int, Int) -> Bool = { _, _ in true }
  /// `[batch, row, inner]`, and one `[inner, column]` for all, each in bfloat16.
  var left: [Float]
  var right: [Float]
  let factor: Float = 0.5

  init(rows: Int, columns: Int, inner: Int) {
    (self.rows, self.columns, self.inner) = (rows, columns, inner)
    left = random(2 * 160 * 300, scale: 2)
    right = random(300 * 200, seed: 2).map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
  }

  private func left(_ batch: Int, _ m: Int, _ k: Int) -> Float {
    isLeft(m, k) ? left[(batch * rows + m) * inner + k] : 0
  }

  func launch(_ kernel: String) -> [Float] {
    let tile = kernel.hasSuffix("_128") ? 128 : 64
    var a = [Float](repeating: 0, count: batches * rows * inner)
    for b in 0..<batches {
      for m in 0..<rows {
        for k in 0..<inner { a[b * rows * inner + (isLeftTurned ? k * rows + m : m * inner + k)] = left(b, m, k) }
      }
    }
    var w = [Float](repeating: 0, count: inner * columns)
    for k in 0..<inner {
      for n in 0..<columns { w[isRightTurned ? n * inner + k : k * columns + n] = right[k * columns + n] }
    }
    let count = batches * rows * columns
    let written = CCUDAKernelsTests.launch(
      kernel,
      [
        .input(a), .long(rows * inner), .long(isLeftTurned ? 1 : inner), .long(isLeftTurned ? rows : 1),
        kernel.contains("any") ? .bfloat16(w.map { UInt16($0.bitPattern >> 16) }) : .input(w), .long(0),
        .long(isRightTurned ? 1 : columns), .long(isRightTurned ? inner : 1), .int(2),
        before.map { .changed($0) } ?? .output(count), .long(rows * columns), .long(columns), .int(rows), .int(columns),
        .int(inner), .float(factor), .int(before == nil ? 0 : 1), .int(hidden), .int(visible), .int(window), .int(phase),
      ],
      grid: ((columns + tile - 1) / tile, (rows + tile - 1) / tile), anyGrid: false, LaunchSizes(depth: batches))
    return written.floats(9)
  }

  func check(_ numbers: [Float], at place: SourceLocation = #_sourceLocation) {
    var (sums, sizes) = ([Double](), [Double]())
    for b in 0..<batches {
      for m in 0..<rows {
        for n in 0..<columns {
          let terms = (0..<inner).map { Double(factor) * Double(left(b, m, $0)) * Double(right[$0 * columns + n]) }
          sums.append(terms.reduce(0, +))
          sizes.append(terms.reduce(0) { $0 + abs($1) })
        }
      }
    }
    expect(numbers, near: sums, within: { sizes[$0] * Double(66 + inner / 64) * u }, at: place)
  }
}
