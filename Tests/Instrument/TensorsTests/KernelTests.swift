import Foundation
import Tensors
import TestSupport
import Testing

/// Each kernel against a plain twin in Double.
///
/// Tolerances are derived: u = 2⁻²⁴ is the rounding of one fp32 operation. A sum of n positive numbers in at least four lanes is off by at
/// most (n/4 + 4) u of its value; exp by 2 ulp (4u) and by the rounding of its argument, |x| u; each further operation by u.
@Suite struct KernelTests {
  static let u = 0x1p-24

  private func random(_ shape: [Int], scale: Float = 1, seed: UInt64 = 1) -> Tensor {
    var random = SeededGenerator(seed: seed)
    return Tensor((0..<shape.reduce(1, *)).map { _ in Float.random(in: -scale...scale, using: &random) }, shape: shape)
  }

  @Test(arguments: [1, 2, 7, 16, 64, 257, 2048], [Float(1e-3), 1, 300])
  func rMSNorm(width: Int, scale: Float) {
    let x = random([3, width], scale: scale)
    let factors = random([width], seed: 2)
    let (normalized, divisors) = x.rootMeanSquareNormalized(epsilon: 1e-6)
    let result = normalized.scaledColumns(by: factors)
    let bound = (Double(width) / 4 + 8) * Self.u
    for row in 0..<3 {
      let values = x.select(row).elements.map(Double.init)
      let divisor = (values.reduce(0) { $0 + $1 * $1 } / Double(width) + Double(Float(1e-6))).squareRoot()
      #expect(abs(Double(divisors[row, 0]) - divisor) <= bound * divisor)
      for i in 0..<width {
        let expected = values[i] / divisor
        #expect(abs(Double(normalized[row, i]) - expected) <= bound * abs(expected))
        let scaled = expected * Double(factors[i])
        #expect(abs(Double(result[row, i]) - scaled) <= (bound + Self.u) * abs(scaled))
      }
    }
  }

  @Test(arguments: [2, 16, 34, 256])
  func rotaryEmbeddingTurnsTheFirstHalfAgainstTheSecond(width: Int) {
    let x = random([5, 3, width])
    let angles = random([5, width / 2], scale: 3, seed: 3)
    let (cosine, sine) = (angles.map { cosf($0) }, angles.map { sinf($0) })
    let result = x.rotated(cosine: cosine, sine: sine)
    for p in 0..<5 {
      for h in 0..<3 {
        for i in 0..<width / 2 {
          let (a, b) = (Double(x[p, h, i]), Double(x[p, h, i + width / 2]))
          let (c, s) = (Double(cosine[p, i]), Double(sine[p, i]))
          #expect(abs(Double(result[p, h, i]) - (a * c - b * s)) <= 2 * Self.u * (abs(a * c) + abs(b * s)))
          #expect(abs(Double(result[p, h, i + width / 2]) - (b * c + a * s)) <= 2 * Self.u * (abs(b * c) + abs(a * s)))
        }
      }
    }
  }

  @Test(arguments: [1, 3, 17, 64, 300], [Float(1), 40, 500])
  func causalSoftmax(width: Int, scale: Float) {
    let x = random([4, width], scale: scale)
    var result = x
    result.applyCausalSoftmax(visible: 2)
    for row in 0..<4 {
      let count = min(2 + row, width)
      let visible = x.select(row).elements.prefix(count).map(Double.init)
      let largest = visible.max() ?? 0
      let exponentials = visible.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      for i in 0..<width {
        let expected = i < count ? exponentials[i] / sum : 0
        // The argument of exp is at most 2 · scale; below -87 the result is 0, which is off by less than 1e-37.
        let bound = expected * (Double(count) / 4 + 4 * Double(scale) + 12) * Self.u + 1e-37
        #expect(abs(Double(result[row, i]) - expected) <= bound)
      }
    }
    #expect(x != result || width == 0)
  }

  @Test
  func softmaxSurvivesInfinitiesAndLetsNaNThrough() {
    var masked = Tensor([0, -.infinity, 1], shape: [1, 3])
    masked.applyCausalSoftmax(visible: 3)
    #expect(masked[0, 1] == 0 && abs(masked[0, 0] + masked[0, 2] - 1) < 1e-6)
    var broken = Tensor([0, .nan, 1], shape: [1, 3])
    broken.applyCausalSoftmax(visible: 3)
    #expect(broken.elements.map(\.isNaN) == [true, true, true])
  }

  @Test(arguments: [Float(0.01), 1, 6, 50])
  func geluTanhOfTheGateTimesTheLinearPart(scale: Float) {
    let (gate, up) = (random([1000], scale: scale), random([1000], scale: 2, seed: 4))
    let result = gate.activated(by: .geluTanh, gating: up)
    for i in 0..<1000 {
      let (g, u) = (Double(gate[i]), Double(up[i]))
      // As the definition has it, with tanh; 1 + tanh loses all digits of a Double below -19, so there by its exponential form.
      let inner = (2 / Double.pi).squareRoot() * (g + 0.044715 * g * g * g)
      let activated = inner > -5 ? 0.5 * g * (1 + tanh(inner)) : g / (1 + exp(-2 * inner))
      let bound = abs(activated * u) * (10 * abs(inner) + 16) * Self.u + 1e-34
      #expect(abs(Double(result[i]) - activated * u) <= bound, "gate \(g)")
    }
  }

  @Test(arguments: [1, 2, 33], [1, 5, 64])
  func productsOfMatricesAlsoTransposedAlsoOfOneRow(rows: Int, columns: Int) {
    let (inner, tolerance) = (70, 70 * Self.u)
    let (left, right) = (random([rows, inner]), random([inner, columns], seed: 5))
    let product = left.multiplied(by: right)
    let projected = left.multipliedByTransposed(right.transposed())
    for i in 0..<rows {
      for j in 0..<columns {
        let terms = (0..<inner).map { Double(left[i, $0]) * Double(right[$0, j]) }
        let (expected, size) = (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
        #expect(abs(Double(product[i, j]) - expected) <= tolerance * size)
        #expect(abs(Double(projected[i, j]) - expected) <= tolerance * size)
      }
    }
  }

  @Test
  func addingInPlaceAndScalingInPlaceLeaveCopiesAlone() {
    var x = random([3, 5])
    let before = x
    x.add(before)
    #expect(x == before + before)
    x.scale(by: 0.5)
    #expect(x == before)
  }
}
