import Foundation
import Testing

/// The kernels of Norms.cu against plain twins in Double.
///
/// A sum of n positive numbers over 1024 places in rounds, then in a tree of 13 additions, is off by at most (n / 1024 + 14) u of its value.
@Suite struct RowTests {
  /// Narrow ones, whose row a warp takes, and wide ones; also such that a page does not hold.
  static let widths = [1, 2, 3, 4, 7, 64, 127, 128, 129, 1000, 1024, 1025, 1028, 2048, 8192, 8193, 9001]

  static func sumBound(_ width: Int) -> Double { (Double(width) / 1024 + 16) * u }

  @Test(arguments: widths)
  func rmsNormalizeIsNearItsTwin(width: Int) {
    let rows = 5, epsilon: Float = 1e-6
    let x = random(rows * width, scale: 30)
    let out = launch(
      "rms_normalize", .input(x), .output(x.count), .output(rows), .long(rows), .long(width), .float(epsilon))
    let scales = (0..<rows).map { row in
      (x.row(row, width).reduce(0.0) { $0 + Double($1) * Double($1) } / Double(width) + Double(epsilon)).squareRoot()
    }
    expect(out.floats(2), near: scales, within: { scales[$0] * (Self.sumBound(width) + 4 * u) })
    let normalized = x.indices.map { Double(x[$0]) / scales[$0 / width] }
    expect(out.floats(1), near: normalized, within: { abs(normalized[$0]) * (Self.sumBound(width) + 6 * u) })
    let divided = launch("divide_rows", .input(x), .input(out.floats(2)), .output(x.count), .long(rows), .long(width))
    #expect(divided.floats(2).bits == out.floats(1).bits)
    let inPlace = launch("rms_normalize", .changed(x), .same(0), .output(rows), .long(rows), .long(width), .float(epsilon))
    #expect(inPlace.floats(0).bits == out.floats(1).bits)
  }

  @Test(arguments: widths)
  func centerRowsIsNearItsTwin(width: Int) {
    let rows = 5, x = random(rows * width, scale: 3)
    let out = launch("center_rows", .input(x), .output(x.count), .long(rows), .long(width)).floats(1)
    let means = (0..<rows).map { x.row($0, width).reduce(0.0) { $0 + Double($1) } / Double(width) }
    let sizes = (0..<rows).map { x.row($0, width).reduce(0.0) { $0 + abs(Double($1)) } / Double(width) }
    let bound = { (i: Int) in sizes[i / width] * Self.sumBound(width) + 2 * abs(Double(x[i])) * u + 2 * abs(means[i / width]) * u
    }
    expect(out, near: x.indices.map { Double(x[$0]) - means[$0 / width] }, within: bound)
    #expect(launch("center_rows", .changed(x), .same(0), .long(rows), .long(width)).floats(0).bits == out.bits)
  }

  @Test(arguments: widths)
  func gradientsOfTheNormAreNearTheirTwins(width: Int) {
    let rows = 4
    let (x, g) = (random(rows * width, scale: 3), random(rows * width, seed: 2))
    let (scale, scaleGradient) = (random(rows, seed: 3).map { abs($0) + 0.5 }, random(rows, seed: 4))
    let first = launch("rms_scale_gradient", .input(x), .input(scale), .input(g), .output(rows), .long(rows), .long(width))
    let products = (0..<rows).map { row in zip(x.row(row, width), g.row(row, width)).map { Double($0) * Double($1) } }
    let squares = scale.map { Double($0) * Double($0) }
    expect(
      first.floats(3), near: (0..<rows).map { -products[$0].reduce(0, +) / squares[$0] },
      within: { products[$0].reduce(0) { $0 + abs($1) } / squares[$0] * (Self.sumBound(width) + 4 * u) })
    let second = launch(
      "rms_input_gradient", .input(x), .input(scale), .input(g), .input(scaleGradient), .output(x.count), .long(rows),
      .long(width))
    let terms = x.indices.map { i in
      let row = i / width
      return (
        Double(g[i]) / Double(scale[row]),
        Double(scaleGradient[row]) / Double(scale[row]) / Double(width) * Double(x[i])
      )
    }
    expect(second.floats(4), near: terms.map { $0.0 + $0.1 }, within: { (abs(terms[$0].0) + abs(terms[$0].1)) * 6 * u })
    let inPlace = launch(
      "rms_input_gradient", .input(x), .input(scale), .changed(g), .input(scaleGradient), .same(2), .long(rows), .long(width))
    #expect(inPlace.floats(2).bits == second.floats(4).bits)
  }

  @Test(arguments: [1, 3, 64, 257, 1100])
  func columnsAreScaledAndBiasesAdded(width: Int) {
    let rows = 6, (x, factors) = (random(rows * width), random(width, seed: 2))
    let scaled = launch("scale_columns", .input(x), .input(factors), .output(x.count), .long(rows), .long(width)).floats(2)
    #expect(scaled.bits == x.indices.map { x[$0] * factors[$0 % width] }.bits)
    let inPlace = launch("scale_columns", .changed(x), .input(factors), .same(0), .long(rows), .long(width)).floats(0)
    #expect(inPlace.bits == scaled.bits)
    let added = launch("add_to_rows", .input(factors), .changed(x), .long(rows), .long(width)).floats(1)
    #expect(added.bits == x.indices.map { x[$0] + factors[$0 % width] }.bits)
  }

  @Test(arguments: [(2, 2), (16, 16), (34, 34), (256, 256), (80, 32), (64, 0), (12, 6)])
  func rotateHalvesTurnsTheFirstHalfAgainstTheSecond(width: Int, turned: Int) {
    let (rows, heads, half) = (5, 3, turned / 2)
    let x = random(rows * heads * width), angles = random(rows * half, scale: 3, seed: 3)
    let (cosine, sine) = (angles.map { cosf($0) }, angles.map { sinf($0) })
    let sizes: [Argument] = [.long(rows), .long(heads), .long(width), .long(turned)]
    let y = launch(
      "rotate_halves", .input(x), .input(cosine), .input(sine), .output(x.count), sizes[0], sizes[1], sizes[2], sizes[3]
    ).floats(3)
    var (twins, bounds) = (x.map(Double.init), [Double](repeating: 0, count: x.count))
    for head in 0..<rows * heads {
      for i in 0..<half {
        let (at, angle) = (head * width + i, head / heads * half + i)
        let (a, b, c, s) = (Double(x[at]), Double(x[at + half]), Double(cosine[angle]), Double(sine[angle]))
        (twins[at], bounds[at]) = (a * c - b * s, 2 * u * (abs(a * c) + abs(b * s)))
        (twins[at + half], bounds[at + half]) = (b * c + a * s, 2 * u * (abs(b * c) + abs(a * s)))
      }
    }
    expect(y, near: twins, within: { bounds[$0] })
    let inPlace = launch(
      "rotate_halves", .changed(x), .input(cosine), .input(sine), .same(0), sizes[0], sizes[1], sizes[2], sizes[3]
    ).floats(0)
    #expect(inPlace.bits == y.bits)
  }

  @Test(arguments: [4, 1024, 1025, 8193])
  func aRowIsTheSameWhateverOtherRowsStandBesideIt(width: Int) {
    let rows = 9, x = random(rows * width, scale: 2)
    let all = launch("rms_normalize", .input(x), .output(x.count), .output(rows), .long(rows), .long(width), .float(1e-5))
    for row in [0, 4, 8] {
      let alone = launch(
        "rms_normalize", .input(x.row(row, width)), .output(width), .output(1), .long(1), .long(width), .float(1e-5))
      #expect(alone.floats(1).bits == all.floats(1).row(row, width).bits)
    }
  }

  @Test func rowsOfAQuarterOfAMillionNumbersWork() {
    let width = 256_000, x = random(2 * width)
    let out = launch(
      "rms_normalize", .input(x), .output(x.count), .output(2), .long(2), .long(width), .float(0), anyGrid: false)
    let scale = (x.row(1, width).reduce(0.0) { $0 + Double($1) * Double($1) } / Double(width)).squareRoot()
    #expect(abs(Double(out.floats(2)[1]) - scale) <= scale * Self.sumBound(width))
  }

  @Test(arguments: [4, 2048])
  func aRowWithNaNDamagesNoOther(width: Int) {
    var x = random(3 * width)
    x[width + 1] = .nan
    let out = launch("rms_normalize", .input(x), .output(x.count), .output(3), .long(3), .long(width), .float(0)).floats(1)
    #expect(out.row(1, width).every(\.isNaN))
    #expect(!out.row(0, width).some(\.isNaN))
    #expect(!out.row(2, width).some(\.isNaN))
  }

  @Test func nothingIsDoneForNoRowsOrNoColumns() {
    for (rows, width) in [(0, 5), (3, 0), (0, 2000)] {
      let out = launch(
        "rms_normalize", .input([]), .output(0), .output(rows), .long(rows), .long(width), .float(1))
      #expect(out.floats(1).isEmpty)
      #expect(launch("scale_columns", .input([]), .input([]), .output(0), .long(rows), .long(width)).floats(2).isEmpty)
    }
  }
}
