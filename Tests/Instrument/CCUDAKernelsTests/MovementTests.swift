import Foundation
import Testing

/// The kernels of Movement.cu: every number arrives where it should, and nothing else is touched.
@Suite struct MovementTests {
  /// Four axes of a strided copy.
  struct Axes: CustomTestStringConvertible {
    let lengths, from, to: [Int]
    var fromOffset = 0
    var toOffset = 0
    var testDescription: String { "\(lengths) from \(from) to \(to)" }
  }

  @Test(arguments: [
    // A part of [7, 5, 12]: rows 2..<6, one head.
    Axes(lengths: [1, 1, 4, 12], from: [0, 0, 60, 1], to: [0, 0, 12, 1], fromOffset: 2 * 60 + 3 * 12),
    // The same with a width that is no multiple of four.
    Axes(lengths: [1, 1, 4, 11], from: [0, 0, 55, 1], to: [0, 0, 11, 1], fromOffset: 2 * 55 + 3 * 11),
    // A stack under a second axis: one of three.
    Axes(lengths: [1, 1, 9, 8], from: [0, 0, 8, 1], to: [0, 0, 24, 1], toOffset: 8),
    // Transposes, of squares that end within a tile and that do not.
    Axes(lengths: [1, 1, 70, 33], from: [0, 0, 1, 70], to: [0, 0, 33, 1]),
    Axes(lengths: [1, 1, 64, 96], from: [0, 0, 1, 64], to: [0, 0, 96, 1]),
    // [2, 3, 40, 50] with the last two exchanged, [3, 40, 50] with the first two, and all turned round.
    Axes(lengths: [2, 3, 50, 40], from: [6000, 2000, 1, 50], to: [6000, 2000, 40, 1]),
    Axes(lengths: [1, 40, 3, 50], from: [0, 50, 2000, 1], to: [0, 150, 50, 1]),
    Axes(lengths: [5, 4, 3, 2], from: [1, 5, 20, 60], to: [24, 6, 2, 1]),
    // Every other number, and a number written everywhere.
    Axes(lengths: [1, 1, 1, 100], from: [0, 0, 0, 2], to: [0, 0, 0, 1]),
    Axes(lengths: [1, 1, 6, 10], from: [0, 0, 0, 0], to: [0, 0, 10, 1]),
    Axes(lengths: [1, 1, 0, 10], from: [0, 0, 10, 1], to: [0, 0, 10, 1]),
  ])
  func copyBlocksMovesEachNumberToItsPlace(axes: Axes) {
    func extent(_ strides: [Int], _ offset: Int) -> Int {
      zip(axes.lengths, strides).reduce(offset + 1) { $0 + max($1.0 - 1, 0) * $1.1 }
    }
    let x = random(extent(axes.from, axes.fromOffset)), before = random(extent(axes.to, axes.toOffset) + 3, seed: 2)
    var expected = before
    for i in 0..<axes.lengths[0] {
      for j in 0..<axes.lengths[1] {
        for k in 0..<axes.lengths[2] {
          for l in 0..<axes.lengths[3] {
            let at = [i, j, k, l]
            let from = zip(at, axes.from).reduce(axes.fromOffset) { $0 + $1.0 * $1.1 }
            expected[zip(at, axes.to).reduce(axes.toOffset) { $0 + $1.0 * $1.1 }] = x[from]
          }
        }
      }
    }
    let (n, s, t) = (axes.lengths, axes.from, axes.to)
    let y = launch(
      "copy_blocks", .input(x), .long(axes.fromOffset), .changed(before), .long(axes.toOffset), .long(n[0]), .long(n[1]),
      .long(n[2]), .long(n[3]), .long(s[0]), .long(s[1]), .long(s[2]), .long(s[3]), .long(t[0]), .long(t[1]), .long(t[2]),
      .long(t[3]))
    #expect(y.floats(2).bits == expected.bits)
  }

  @Test(arguments: [1, 3, 8, 64, 1028])
  func gatherRowsTakesRowsOfAPartOfAWeight(columns: Int) {
    // The columns 4..<4 + columns of rows 1... of a matrix [12, columns + 8].
    let stride = columns + 8, weight = random(12 * stride), indices: [Int32] = [3, 0, 9, 3, 10]
    let offset = stride + 4
    let y = launch(
      "gather_rows", .input(weight), .int(0), .long(offset), .long(stride), .long(1), .indices(indices),
      .output(5 * columns), .long(5), .long(columns))
    let expected = indices.flatMap { row in weight[offset + Int(row) * stride..<offset + Int(row) * stride + columns] }
    #expect(y.floats(6).bits == expected.bits)
    let halves = weight.map { UInt16($0.bitPattern >> 16) }
    let z = launch(
      "gather_rows", .bfloat16(halves), .int(1), .long(offset), .long(stride), .long(1), .indices(indices),
      .output(5 * columns), .long(5), .long(columns))
    #expect(z.floats(6).bits == expected.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }.bits)
  }

  @Test func gatherRowsTakesRowsThatLieAsColumns() {
    let weight = random(6 * 10), indices: [Int32] = [9, 2]
    let y = launch(
      "gather_rows", .input(weight), .int(0), .long(0), .long(1), .long(10), .indices(indices), .output(12), .long(2), .long(6))
    #expect(y.floats(6) == indices.flatMap { row in (0..<6).map { weight[$0 * 10 + Int(row)] } })
  }

  @Test(arguments: [1, 5, 8, 1100, 2051])
  func addRowsAddsInOrderAlsoForEqualIndices(width: Int) {
    let indices: [Int32] = [2, 0, 2, 2, 5, 0], x = random(indices.count * width), y = random(6 * width, seed: 2)
    var expected = y
    for (i, row) in indices.enumerated() {
      for c in 0..<width { expected[Int(row) * width + c].addProduct(0.3, x[i * width + c]) }
    }
    let out = launch(
      "add_rows", .input(x), .indices(indices), .float(0.3), .changed(y), .long(indices.count), .long(width),
      grid: (indices.count, (width + 1023) / 1024))
    #expect(out.floats(3).bits == expected.bits)
  }

  @Test func addRowsKeepsTheOrderOfManyEqualIndices() {
    let count = 700, indices = (0..<count).map { Int32($0 % 3 == 0 ? 1 : $0 % 5) }
    let x = random(count * 4), y = random(20, seed: 2)
    var expected = y
    for i in 0..<count { for c in 0..<4 { expected[Int(indices[i]) * 4 + c].addProduct(-1.5, x[i * 4 + c]) } }
    let out = launch(
      "add_rows", .input(x), .indices(indices), .float(-1.5), .changed(y), .long(count), .long(4), grid: (count, 1))
    #expect(out.floats(3).bits == expected.bits)
  }
}
