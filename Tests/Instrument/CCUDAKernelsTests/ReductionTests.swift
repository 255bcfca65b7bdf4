import Foundation
import Testing

/// The kernels of Reductions.cu against plain twins.
@Suite struct ReductionTests {
  @Test(arguments: [
    (1, 1, 1), (3, 7, 1), (2, 1024, 1), (2, 1025, 1), (2, 9000, 1), (5, 1000, 3), (2, 2000, 31), (2, 9, 32), (3, 40, 333),
    (3, 64, 33), (2, 1000, 65),
    (1, 0, 5), (0, 4, 4), (4, 0, 64),
  ])
  func sumAxisAddsUpInDouble(outer: Int, length: Int, inner: Int) {
    let x = random(outer * length * inner)
    let y = launch("sum_axis", .input(x), .output(outer * inner), .long(outer), .long(length), .long(inner)).floats(1)
    let columns = Self.columns(x, outer, length, inner)
    let sizes = columns.map { $0.reduce(0) { $0 + abs(Double($1)) } }
    expect(y, near: columns.map { $0.reduce(0) { $0 + Double($1) } }, within: { sizes[$0] * (0x1p-50 * Double(length) + u) })
  }

  @Test(arguments: [(3, 7, 1), (2, 1025, 1), (2, 9000, 2), (3, 40, 333), (2, 100, 70)])
  func maxAxisIsTheLargestNumber(outer: Int, length: Int, inner: Int) {
    let x = random(outer * length * inner).map { $0 - 2 }
    let y = launch("max_axis", .input(x), .output(outer * inner), .long(outer), .long(length), .long(inner)).floats(1)
    #expect(y == Self.columns(x, outer, length, inner).map { $0.max() })
  }

  @Test(arguments: [1, 40])
  func maxAxisPassesNaNOverAndIsMinusInfinityOfNothing(inner: Int) {
    let x = (0..<3 * inner).map { $0 / inner == 1 ? Float(-5) : .nan }
    #expect(launch("max_axis", .input(x), .output(inner), .long(1), .long(3), .long(inner)).floats(1).every { $0 == -5 })
    let nothing = launch("max_axis", .input([]), .output(inner), .long(1), .long(0), .long(inner)).floats(1)
    #expect(nothing.every { $0 == -.infinity })
  }

  @Test(arguments: [0, 1, 5, 1024, 300_001])
  func sumAllIsTheSumInDouble(count: Int) {
    let x = random(count)
    let parts = launch("sum_parts", .input(x), .doubleOutput(256), .long(count), grid: (256, 1)).doubles(1)
    let sum = launch("sum_all", .doubles(parts), .doubleOutput(1), grid: (1, 1), anyGrid: false).doubles(1)[0]
    let (expected, size) = (x.reduce(0) { $0 + Double($1) }, x.reduce(0) { $0 + abs(Double($1)) })
    #expect(abs(sum - expected) <= size * 0x1p-40)
  }

  @Test func sumsAreNaNIfANumberIs() {
    var x = random(5000)
    x[4321] = .nan
    let parts = launch("sum_parts", .input(x), .doubleOutput(256), .long(5000), grid: (256, 1)).doubles(1)
    #expect(launch("sum_all", .doubles(parts), .doubleOutput(1), grid: (1, 1), anyGrid: false).doubles(1)[0].isNaN)
    #expect(launch("sum_axis", .input(x), .output(1), .long(1), .long(5000), .long(1)).floats(1)[0].isNaN)
  }

  @Test(arguments: [1, 3, 1000, 70_001])
  func argmaxIsTheFirstOfTheLargest(n: Int) {
    // Of few numbers many are equal.
    let rows = 3, x = random(rows * n).map { ($0 * 20).rounded() }
    let expected = (0..<rows).map { row in
      let numbers = x.row(row, n)
      return Int32(numbers.indices.max { numbers[$0] < numbers[$1] || (numbers[$0] == numbers[$1] && $0 > $1) } ?? -1)
    }
    #expect(argmax(x, rows, n) == expected)
  }

  @Test func argmaxPassesNaNOverUnlessItIsTheFirst() {
    #expect(argmax([1, .nan, 3, 2, .nan, 7, 9, 8, -.infinity, -.infinity, .nan, -.infinity], 3, 4) == [2, 0, 0])
  }

  @Test(arguments: [0, 1, 2, 4000, 4098])
  func anyNotFiniteFindsOneNumber(place: Int) {
    for number: Float in [.nan, .infinity, -.infinity, 3.4e38] {
      var x = random(4099)
      x[place] = number
      let flag = launch("any_not_finite", .input(x), .long(x.count), .changed([0])).floats(2)[0].bitPattern
      #expect(flag == (number.isFinite ? 0 : 1))
    }
  }

  private func argmax(_ x: [Float], _ rows: Int, _ n: Int) -> [Int32] {
    let parts = launch(
      "argmax_parts", .input(x), .output(rows * 64), .indexOutput(rows * 64), .long(rows), .long(n), grid: (rows * 64, 1))
    return launch(
      "argmax", .input(x), .input(parts.floats(1)), .indices(parts.indices(2)), .indexOutput(rows), .long(rows), .long(n),
      grid: (rows, 1)
    ).indices(3)
  }

  /// The numbers that are reduced to each number of the result.
  private static func columns(_ x: [Float], _ outer: Int, _ length: Int, _ inner: Int) -> [[Float]] {
    (0..<outer * inner).map { at in (0..<length).map { x[(at / inner * length + $0) * inner + at % inner] } }
  }
}
