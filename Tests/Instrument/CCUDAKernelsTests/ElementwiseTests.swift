import Foundation
import Testing

/// The kernels of Elementwise.cu against plain twins in Double. They run on the host; a launch expects the same bits in every manner.
@Suite struct ElementwiseTests {
  static let counts = [0, 1, 3, 4, 5, 255, 1024, 2047, 4099]

  @Test(arguments: counts)
  func fillWritesOneNumberEverywhere(count: Int) {
    let y = launch("fill", .output(count), .long(count), .float(-2.5)).floats(0)
    #expect(y.bits == [Float](repeating: -2.5, count: count).bits)
  }

  @Test(arguments: [0, 1, 2, 3], counts)
  func combineIsFloatArithmetic(operation: Int, count: Int) {
    let (x, y) = (random(count, scale: 3), random(count, seed: 2))
    let out = launch("combine", .int(operation), .input(x), .input(y), .output(count), .long(count))
    #expect(out.floats(3).bits == zip(x, y).map { Self.combined(operation, $0, $1) }.bits)
  }

  @Test(arguments: [0, 1, 2, 3], [0, 1])
  func combineScalarTakesItsNumberOnEitherSide(operation: Int, reversed: Int) {
    let x = random(1001, scale: 3)
    let out = launch(
      "combine_scalar", .int(operation), .input(x), .float(0.7), .output(x.count), .long(x.count), .int(reversed))
    let expected = x.map { reversed == 1 ? Self.combined(operation, 0.7, $0) : Self.combined(operation, $0, 0.7) }
    #expect(out.floats(3).bits == expected.bits)
  }

  @Test func arithmeticKeepsInfinitiesAndNaN() {
    let (x, y): ([Float], [Float]) = ([.infinity, .nan, 1, -.infinity, 0], [-.infinity, 1, 0, 0, 0])
    for operation in 0..<4 {
      let out = launch("combine", .int(operation), .input(x), .input(y), .output(5), .long(5)).floats(3)
      for i in 0..<5 {
        let expected = Self.combined(operation, x[i], y[i])
        #expect(expected.isNaN ? out[i].isNaN : out[i] == expected)
      }
    }
  }

  @Test func combineMayWriteOverEitherSide() {
    let (x, y) = (random(777), random(777, seed: 2))
    let expected = zip(x, y).map { $0 - $1 }
    #expect(launch("combine", .int(1), .changed(x), .input(y), .same(1), .long(777)).floats(1).bits == expected.bits)
    #expect(launch("combine", .int(1), .input(x), .changed(y), .same(2), .long(777)).floats(2).bits == expected.bits)
  }

  @Test(arguments: counts)
  func addAddsInPlace(count: Int) {
    let (x, y) = (random(count), random(count, seed: 2))
    #expect(launch("add", .input(x), .changed(y), .long(count)).floats(1).bits == zip(x, y).map { $1 + $0 }.bits)
  }

  @Test(arguments: counts)
  func addScaledRoundsOnce(count: Int) {
    let (x, y) = (random(count), random(count, seed: 2))
    let out = launch("add_scaled", .input(x), .float(0.3), .changed(y), .long(count)).floats(2)
    #expect(out.bits == zip(x, y).map { $1.addingProduct(0.3, $0) }.bits)
  }

  @Test func magnitudeTakesTheSignAway() {
    let x: [Float] = [-1, 0, -0.0, 2, -.infinity, .nan]
    let out = launch("magnitude", .input(x), .output(6), .long(6)).floats(1)
    #expect(out.dropLast() == [1, 0, 0, 2, .infinity])
    #expect(out[5].isNaN)
    #expect(out.every { $0.sign == .plus })
  }

  @Test(arguments: [0, 1, 2], [Float(0.01), 1, 6, 40])
  func activationsAreNearTheirTwins(kind: Int, scale: Float) {
    let (x, up) = (random(4099, scale: scale), random(4099, scale: 2, seed: 2))
    let gated = launch("activate", .int(kind), .input(x), .input(up), .output(4099), .long(4099)).floats(3)
    let alone = launch("activate", .int(kind), .input(x), .null, .output(4099), .long(4099)).floats(3)
    let twins = x.map { Twin.activated(kind, Double($0)) }
    let gatedTwins = zip(twins, up).map { $0.value * Double($1) }
    expect(alone, near: twins.map(\.value), within: { abs(twins[$0].value) * Twin.relative(kind, x[$0]) + 1e-37 })
    expect(gated, near: gatedTwins, within: { abs(gatedTwins[$0]) * (Twin.relative(kind, x[$0]) + u) + 1e-37 })
  }

  @Test(arguments: [0, 1, 2], [Float(0.01), 1, 6, 40])
  func gradientsOfActivationsAreNearTheirTwins(kind: Int, scale: Float) {
    let count = 4099
    let (x, up, g) = (random(count, scale: scale), random(count, scale: 2, seed: 2), random(count, seed: 3))
    let twins = x.map { Twin.activated(kind, Double($0)) }
    let both = launch(
      "activate_gradient", .int(kind), .input(x), .input(up), .input(g), .output(count), .output(count), .long(count))
    let slopes = (0..<count).map { Double(g[$0]) * Double(up[$0]) * twins[$0].slope }
    let shares = (0..<count).map { Double(g[$0]) * Double(x[$0]) * twins[$0].share }
    // σ below 1e-38 may be 0, times a slope of at most 1e4. A slope is a difference of terms of the size of x · f′; the bound is relative to that.
    let slopeBound = { (i: Int) in (abs(twins[i].slopeTerms) + 1e-37) * (Twin.relative(kind, x[i]) + 8 * u) * 2 }
    expect(both.floats(4), near: slopes, within: { abs(Double(g[$0]) * Double(up[$0])) * slopeBound($0) + 1e-34 })
    expect(both.floats(5), near: shares, within: { abs(shares[$0]) * (Twin.relative(kind, x[$0]) + 3 * u) + 1e-37 })
    let alone = launch("activate_gradient", .int(kind), .input(x), .null, .input(g), .output(count), .null, .long(count))
    expect(
      alone.floats(4), near: (0..<count).map { Double(g[$0]) * twins[$0].slope },
      within: { abs(Double(g[$0])) * slopeBound($0) + 1e-34 })
  }

  @Test(arguments: [0, 1, 2])
  func gradientsMayBeWrittenOverTheGradientThatTheyComeFrom(kind: Int) {
    let (x, up, g) = (random(333, scale: 2), random(333, seed: 2), random(333, seed: 3))
    let apart = launch("activate_gradient", .int(kind), .input(x), .input(up), .input(g), .output(333), .output(333), .long(333))
    let first = launch("activate_gradient", .int(kind), .input(x), .input(up), .changed(g), .same(3), .output(333), .long(333))
    let second = launch("activate_gradient", .int(kind), .input(x), .input(up), .changed(g), .output(333), .same(3), .long(333))
    #expect(first.floats(3).bits == apart.floats(4).bits)
    #expect(first.floats(5).bits == apart.floats(5).bits)
    #expect(second.floats(3).bits == apart.floats(5).bits)
    #expect(second.floats(4).bits == apart.floats(4).bits)
  }

  @Test(arguments: [0, 1, 2])
  func activationsLetNaNThroughAndHoldAtTheEnds(kind: Int) {
    let x: [Float] = [.nan, .infinity, 3e4, -3e4, 1e30, -1e30, 0, -0.0]
    let y = launch("activate", .int(kind), .input(x), .null, .output(8), .long(8)).floats(3)
    #expect(y[0].isNaN)
    #expect(Array(y[1...]) == [.infinity, 3e4, 0, 1e30, 0, 0, 0])
  }

  @Test(arguments: [Float(0.1), 30, 500])
  func softCapIsNearItsTwin(scale: Float) {
    let x = random(4099, scale: scale), cap: Float = 50
    let capped = launch("soft_cap", .changed(x), .float(cap), .long(x.count)).floats(0)
    let twins = x.map { 50 * tanh(Double($0) / 50) }
    expect(capped, near: twins, within: { abs(twins[$0]) * 8 * u })
    let g = random(4099, seed: 2)
    let gradient = launch("soft_cap_gradient", .input(capped), .float(cap), .changed(g), .long(g.count)).floats(2)
    let slopes = capped.map { 1 - (Double($0) / 50) * (Double($0) / 50) }
    expect(gradient, near: zip(g, slopes).map { Double($0) * $1 }, within: { abs(Double(g[$0])) * 5 * u })
  }

  @Test func softCapTakesInfinityToTheCapAndLetsNaNThrough() {
    let capped = launch("soft_cap", .changed([.infinity, -.infinity, .nan]), .float(30), .long(3)).floats(0)
    #expect(capped.prefix(2) == [30, -30])
    #expect(capped[2].isNaN)
  }

  private static func combined(_ operation: Int, _ x: Float, _ y: Float) -> Float {
    switch operation {
    case 0: x + y
    case 1: x - y
    case 2: x * y
    default: x / y
    }
  }
}

/// The activations as their definitions have them, in Double.
private enum Twin {
  struct Activated {
    let value, share, slope: Double
    /// The size of the terms that make the slope.
    let slopeTerms: Double
  }

  static func activated(_ kind: Int, _ x: Double) -> Activated {
    switch kind {
    case 0:
      let share = 0.5 * erfc(-x / 2.0.squareRoot()), density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
      return Activated(value: x * share, share: share, slope: share + x * density, slopeTerms: share + abs(x) * density)
    case 1:
      let inner = 2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      let slope = 2 * (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
      return sigmoid(x, inner, slope)
    default: return sigmoid(x, x, 1)
    }
  }

  /// x · σ(inner), where inner has a slope.
  private static func sigmoid(_ x: Double, _ inner: Double, _ slope: Double) -> Activated {
    let share = 1 / (1 + exp(-inner)), rest = 1 / (1 + exp(inner))
    return Activated(
      value: x * share, share: share, slope: share + x * share * rest * slope, slopeTerms: share + abs(x) * share * slope)
  }

  /// The relative error that rounding the argument of exp or erfc, these themselves, and a few operations make.
  static func relative(_ kind: Int, _ x: Float) -> Double {
    let x = Double(x)
    let argument = kind == 0 ? x * x : kind == 1 ? abs(2 * 0.79788456 * (x + 0.044715 * x * x * x)) : abs(x)
    return (5 * min(argument, 100) + 16) * u
  }
}
