import Foundation
import Testing

/// The kernels of Softmax.cu against plain twins in Double.
@Suite struct SoftmaxTests {
  @Test(arguments: [1, 3, 4, 64, 300, 1024, 1025, 1100, 8200], [Float(1), 40])
  func causalSoftmaxIsNearItsTwin(width: Int, scale: Float) {
    let (squares, rows, visible) = (2, 3, max(1, width - 2))
    let x = random(squares * rows * width, scale: scale)
    let y = causal(x, squares, rows, width, visible, .max)
    for row in 0..<squares * rows { check(y.row(row, width), x.row(row, width), 0..<min(visible + row % rows, width), scale) }
  }

  @Test(arguments: [(300, 100, 60), (1100, 700, 128), (1100, 1100, 300), (2000, 1, 1), (9000, 8500, 8400)])
  func aWindowLooksAtTheLastColumnsOnly(width: Int, visible: Int, window: Int) {
    let (rows, x) = (4, random(4 * width, scale: 5))
    let y = causal(x, 1, rows, width, visible, window)
    for row in 0..<rows {
      let end = min(visible + row, width)
      check(y.row(row, width), x.row(row, width), min(max(0, visible + row - window), end)..<end, 5)
    }
  }

  @Test func aRowThatSeesNothingIsZero() {
    #expect(causal(random(20), 1, 2, 10, 0, 5).row(0, 10) == [Float](repeating: 0, count: 10))
    #expect(causal(random(20), 1, 2, 10, 30, 5) == [Float](repeating: 0, count: 20))
  }

  /// What lies behind the diagonal may be anything: its products need not have been computed.
  @Test(arguments: [100, 1100, 8300])
  func whatIsNotSeenChangesNothing(width: Int) {
    var x = random(4 * width, scale: 3)
    let first = causal(x, 1, 4, width, 50, .max)
    for row in 0..<4 { for column in 50 + row..<width { x[row * width + column] = column % 2 == 0 ? .nan : .infinity } }
    #expect(causal(x, 1, 4, width, 50, .max).bits == first.bits)
  }

  @Test(arguments: [130, 1024, 1025, 1100, 9000])
  func aLongerRowWhoseRestIsHiddenGivesTheSameBits(width: Int) {
    let short = 129, x = random(short, scale: 4)
    let longer = x + random(width - short, scale: 4, seed: 9)
    let alone = causal(x, 1, 1, short, short, .max)
    #expect(causal(longer, 1, 1, width, short, .max).prefix(short).bits == alone.bits)
    let hidden = x + [Float](repeating: -.infinity, count: width - short)
    #expect(masked(hidden, 1, width).prefix(short).bits == alone.bits)
    #expect(masked(hidden, 1, width).dropFirst(short).every { $0 == 0 })
  }

  /// Blocks of queries begin at multiples of 64 keys, so a window's row may begin at any of these.
  @Test(arguments: [0, 64, 128, 960, 1024, 1344, 8192])
  func aWindowedRowThatBeginsElsewhereGivesTheSameBits(before: Int) {
    let (seen, window) = (random(400, scale: 4), 200)
    let alone = causal(seen, 1, 1, 400, 390, window)
    let width = before + 400
    let whole = random(before, seed: 7) + seen
    #expect(causal(whole, 1, 1, width, before + 390, window).suffix(400).bits == alone.bits)
    let hidden = (0..<width).map { (before + 190..<before + 390).contains($0) ? whole[$0] : -.infinity }
    #expect(masked(hidden, 1, width).suffix(400).bits == alone.bits)
  }

  @Test func rowsOfAQuarterOfAMillionNumbersWork() {
    let (width, x) = (256_000, random(256_000, scale: 4))
    check(causal(x, 1, 1, width, width - 3, .max), x, 0..<width - 3, 4)
  }

  @Test(arguments: [64, 1100])
  func aRowIsTheSameWhateverOtherRowsStandBesideIt(width: Int) {
    let x = random(6 * width, scale: 3)
    let all = causal(x, 2, 3, width, 40, 30)
    for row in 0..<6 {
      #expect(causal(x.row(row, width), 1, 1, width, 40 + row % 3, 30).bits == all.row(row, width).bits)
    }
  }

  @Test func infinitiesAreSurvivedAndNaNSpreadsOverItsRow() {
    let x: [Float] = [0, -.infinity, 1, 0, .nan, 1, -.infinity, -.infinity, -.infinity]
    for y in [causal(x, 3, 1, 3, 3, .max), masked(x, 3, 3)] {
      #expect(y[1] == 0)
      #expect(abs(y[0] + y[2] - 1) < 1e-6)
      #expect(y[3...].every(\.isNaN))
    }
  }

  @Test(arguments: [1, 5, 128, 1024, 1030, 8200])
  func theGradientIsNearItsTwin(width: Int) {
    let (squares, rows, visible, window) = (2, 3, max(1, width - 4), max(1, width / 2))
    let pattern = causal(random(squares * rows * width, scale: 3), squares, rows, width, visible, window)
    let g = random(pattern.count, seed: 2)
    let result = gradient(pattern, g, (squares, rows, width, visible, window))
    for row in 0..<squares * rows {
      let (p, g) = (pattern.row(row, width).map(Double.init), g.row(row, width).map(Double.init))
      let sum = zip(p, g).reduce(0) { $0 + $1.0 * $1.1 }, size = zip(p, g).reduce(0) { $0 + abs($1.0 * $1.1) }
      expect(
        result.row(row, width), near: (0..<width).map { p[$0] * (g[$0] - sum) },
        within: { p[$0] * (size * RowTests.sumBound(width) + (abs(g[$0]) + abs(sum)) * 3 * u) })
    }
    if window < width { return }
    let everywhere = gradient(pattern, g, (1, squares * rows, width, width, .max))
    #expect(zip(everywhere, result).every { $0 == $1 })
  }

  @Test(arguments: [100, 1100])
  func theGradientIsZeroWhereARowDoesNotLookWhateverStoodThere(width: Int) {
    let pattern = causal(random(3 * width), 1, 3, width, 60, 20)
    let g = (0..<3 * width).map { i in (40 + i / width..<60 + i / width).contains(i % width) ? Float(i % 7) : .nan }
    let result = gradient(pattern, g, (1, 3, width, 60, 20))
    for row in 0..<3 {
      #expect((0..<width).every { (40 + row..<60 + row).contains($0) || result[row * width + $0] == 0 })
      #expect(!result.some(\.isNaN))
    }
  }

  @Test func maskUnseenWritesWhereARowDoesNotLook() {
    let (squares, rows, width, visible, window) = (2, 3, 11, 6, 4), x = random(66)
    let y = launch(
      "mask_unseen", .changed(x), .long(squares), .long(rows), .long(width), .long(visible), .long(window), .float(-.infinity)
    ).floats(0)
    for i in x.indices {
      let end = visible + i / width % rows
      #expect(y[i] == ((end - window..<end).contains(i % width) ? x[i] : -.infinity))
    }
  }

  @Test func clearUnseenSparesWhatAHookLiftedTheMaskFrom() {
    let x = random(20), pattern = (0..<20).map { Float($0 % 10 == 8 ? 0.5 : 0) }
    let y = launch(
      "clear_unseen", .changed(x), .input(pattern), .long(1), .long(2), .long(10), .long(3), .long(.max)
    ).floats(0)
    for i in x.indices { #expect(y[i] == (i % 10 < 3 + i / 10 || i % 10 == 8 ? x[i] : 0)) }
  }

  private func causal(_ x: [Float], _ squares: Int, _ rows: Int, _ width: Int, _ visible: Int, _ window: Int) -> [Float] {
    launch(
      "causal_softmax", .changed(x), .long(squares), .long(rows), .long(width), .long(visible), .long(window)
    ).floats(0)
  }

  private func masked(_ x: [Float], _ rows: Int, _ width: Int) -> [Float] {
    launch("masked_softmax", .changed(x), .long(rows), .long(width)).floats(0)
  }

  private func gradient(_ pattern: [Float], _ g: [Float], _ of: (Int, Int, Int, Int, Int)) -> [Float] {
    launch(
      "softmax_gradient", .input(pattern), .changed(g), .long(of.0), .long(of.1), .long(of.2), .long(of.3), .long(of.4)
    ).floats(1)
  }

  /// Expects the softmax of what is seen, and 0 elsewhere. exp is off by 2 ulp and by the rounding of its argument, at most 2 · scale.
  private func check(_ y: [Float], _ x: [Float], _ seen: Range<Int>, _ scale: Float, at place: SourceLocation = #_sourceLocation)
  {
    let largest = x[seen].max().map(Double.init) ?? 0
    let sum = x[seen].reduce(0.0) { $0 + exp(Double($1) - largest) }
    let twins = x.indices.map { seen.contains($0) ? exp(Double(x[$0]) - largest) / sum : 0 }
    let relative = RowTests.sumBound(seen.count) + (4 * Double(scale) + 12) * u
    expect(y, near: twins, within: { twins[$0] * relative + (seen.contains($0) ? 1e-44 : 0) }, at: place)
  }
}
