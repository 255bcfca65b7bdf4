import CKernels
import Foundation
import TestSupport
import Testing

/// The products against sums in Double, and against themselves: no number may depend on what is computed beside it.
///
/// Every factor ends where its memory ends: a number read beyond it stops the tests. The gaps between rows hold NaN.
/// Of the kinds of CPU the tests see this machine's only; with `FOLIO_CORETYPE=Nehalem` they run on the plain kernels, with `Haswell` on those for AVX2.
@Suite struct ProductTests {
  private static let shapes: [(rows: Int, columns: Int, inner: Int)] = [
    (1, 1, 1), (1, 17, 33), (2, 16, 16), (3, 33, 300), (5, 47, 31), (7, 64, 15), (13, 65, 64), (14, 32, 256), (15, 31, 257),
    (16, 100, 100), (29, 15, 513), (40, 270, 70), (33, 5, 600), (4, 515, 17), (6, 8, 2), (28, 48, 47),
  ]

  @Test(arguments: 0..<shapes.count)
  func isThatOfItsFactorsTransposedOrNotInFp32AndBf16(number: Int) {
    let (rows, columns, inner) = Self.shapes[number]
    let factors = Factors(rows: rows, columns: columns, inner: inner, seed: UInt64(number))
    for layout in Layout.all {
      for (factor, adding) in [(Float(1), false), (-0.3, false), (1, true), (0.125, true)] {
        let result = factors.product(layout, factor: factor, adding: adding)
        #expect(factors.wrong(result, factor: factor, adding: adding) == nil, "\(layout) factor \(factor) adding \(adding)")
      }
    }
  }

  @Test
  func hasTheSameBitsForARowWhetherItIsComputedAloneOrAmongOthers() {
    let all = Factors(rows: 41, columns: 75, inner: 700)
    for layout in Layout.all {
      let whole = all.product(layout, factor: 0.7, adding: true)
      for rows in [0..<1, 40..<41, 3..<5, 7..<14, 2..<16, 1..<16, 5..<21, 0..<28, 12..<41] {
        #expect(all.part(rows: rows, columns: 0..<75).product(layout, factor: 0.7, adding: true) == whole.part(rows, 0..<75))
      }
    }
  }

  @Test
  func hasTheSameBitsForAColumnWhetherItIsComputedAloneOrAmongOthers() {
    let all = Factors(rows: 9, columns: 300, inner: 300)
    for layout in Layout.all {
      let whole = all.product(layout)
      for columns in [0..<1, 299..<300, 10..<26, 15..<48, 31..<64, 1..<290, 255..<257] {
        #expect(all.part(rows: 2..<7, columns: columns).product(layout) == whole.part(2..<7, columns))
      }
    }
  }

  @Test
  func hasTheSameBitsByAnyLayoutAndInFp32AsInBf16() {
    let factors = Factors(rows: 19, columns: 83, inner: 530)
    let expected = factors.product(Layout())
    for layout in Layout.all { #expect(factors.product(layout) == expected, "\(layout)") }
  }

  @Test(arguments: [2, 3, 4, 7, 12, 64, 1000])
  func hasTheSameBitsByAnyNumberOfTasks(tasks: Int) {
    for (rows, columns, inner) in [(150, 70, 40), (3, 400, 300), (40, 40, 520)] {
      let factors = Factors(rows: rows, columns: columns, inner: inner)
      #expect(factors.product(Layout(rightTransposed: true), tasks: tasks) == factors.product(Layout(rightTransposed: true)))
    }
  }

  @Test
  func hasTheSameBitsWhenItsRowsArePackedInSeveralBlocks() {
    let all = Factors(rows: 4000, columns: 40, inner: 20)
    let whole = all.product(Layout())
    #expect(all.wrong(whole) == nil)
    for rows in [0..<10, 1995..<2010, 3990..<4000] {
      #expect(all.part(rows: rows, columns: 0..<40).product(Layout()) == whole.part(rows, 0..<40))
    }
  }

  @Test
  func carriesWhatIsNotANumberToItsOwnRowOnly() {
    var factors = Factors(rows: 20, columns: 40, inner: 30)
    let before = factors.product(Layout())
    factors.left[3, 7] = .nan
    let after = factors.product(Layout())
    for row in 0..<20 where row != 3 { #expect(after.part(row..<row + 1, 0..<40) == before.part(row..<row + 1, 0..<40)) }
    #expect((0..<40).allSatisfy { after[3, $0].isNaN })
  }

  @Test(arguments: [(0, 5, 3), (5, 0, 3), (3, 40, 0), (0, 0, 0)])
  func mayBeEmptyAndOfNothingItIsZeroOrWhatWasThere(rows: Int, columns: Int, inner: Int) {
    let factors = Factors(rows: rows, columns: columns, inner: inner)
    for layout in Layout.all {
      #expect(factors.product(layout, tasks: 3) == Matrix(rows, columns) { _, _ in 0 })
      #expect(factors.product(layout, adding: true, tasks: 3) == factors.result)
    }
  }

  @Test
  func isDividedForTheThreadsWhenItIsLargeAndNotWhenItIsSmall() {
    func tasks(_ rows: Int, _ columns: Int, _ inner: Int, threads: Int) -> Int {
      var product = ck_product()
      (product.rows, product.columns, product.inner) = (rows, columns, inner)
      return ck_product_tasks(&product, threads)
    }
    #expect(tasks(8, 8, 8, threads: 64) == 1 && tasks(1100, 2048, 2048, threads: 1) == 1 && tasks(0, 0, 0, threads: 2) == 1)
    for threads in [2, 3, 8, 64] {
      let count = tasks(1100, 2048, 2048, threads: threads)
      #expect(count >= threads && count % threads == 0)
    }
  }
}

@Suite struct VectorProductTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 17])
  func isThatOfItsFactorsForAnyNumberOfRows(rows: Int) {
    for (columns, inner) in [(1, 1), (5, 31), (7, 32), (13, 100), (4, 8300), (30, 65)] {
      let factors = Factors(rows: rows, columns: columns, inner: inner)
      for layout in Layout.forVectors {
        #expect(factors.wrong(factors.vectorProduct(layout)) == nil, "\(columns) \(inner) \(layout)")
      }
    }
  }

  @Test
  func hasTheSameBitsForARowInAnyGroupForAnyPartOfTheWeightByAnyLayout() {
    let all = Factors(rows: 11, columns: 23, inner: 8500)
    for format in [ck_float32, ck_bfloat16] {
      let whole = all.vectorProduct(Layout(format: format))
      for layout in Layout.forVectors where layout.format == format { #expect(all.vectorProduct(layout) == whole, "\(layout)") }
      for rows in [0..<1, 10..<11, 1..<4, 2..<7, 3..<11, 4..<10] {
        for columns in [0..<23, 1..<2, 3..<10, 22..<23] {
          let part = all.part(rows: rows, columns: 0..<23).vectorProduct(Layout(format: format), columns: columns)
          #expect(part.part(0..<rows.count, columns) == whole.part(rows, columns), "\(rows) \(columns)")
        }
      }
    }
  }

  @Test
  func mayBeEmptyAndOfNothingItIsZero() {
    for (rows, columns, inner) in [(0, 3, 3), (2, 0, 3), (2, 3, 0)] {
      let factors = Factors(rows: rows, columns: columns, inner: inner)
      for layout in Layout.forVectors { #expect(factors.vectorProduct(layout) == Matrix(rows, columns) { _, _ in 0 }) }
    }
  }
}

/// Numbers in rows. Equal are matrices of the same bits.
private struct Matrix: Equatable, CustomStringConvertible {
  let rows: Int
  let columns: Int
  var numbers: [Float]

  init(_ rows: Int, _ columns: Int, number: (Int, Int) -> Float) {
    (self.rows, self.columns) = (rows, columns)
    numbers = (0..<rows).flatMap { row in (0..<columns).map { number(row, $0) } }
  }

  subscript(row: Int, column: Int) -> Float {
    get { numbers[row * columns + column] }
    set { numbers[row * columns + column] = newValue }
  }

  func part(_ rows: Range<Int>, _ columns: Range<Int>) -> Matrix {
    Matrix(rows.count, columns.count) { self[rows.lowerBound + $0, columns.lowerBound + $1] }
  }

  var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }
  var description: String { "[\(rows), \(columns)]" }

  static func == (a: Matrix, b: Matrix) -> Bool {
    a.rows == b.rows && a.columns == b.columns && zip(a.numbers, b.numbers).allSatisfy { $0.bitPattern == $1.bitPattern }
  }
}

/// How the factors and the result lie in memory: with gaps of so many numbers between rows, and bf16 at an odd address.
private struct Layout: CustomStringConvertible {
  var leftTransposed = false, rightTransposed = false
  var format = ck_float32
  var gap = 0

  static let all = [false, true].flatMap { left in
    [false, true].flatMap { right in
      [ck_float32, ck_bfloat16].flatMap { format in
        [0, 3].map { Layout(leftTransposed: left, rightTransposed: right, format: format, gap: $0) }
      }
    }
  }
  static let forVectors = all.filter { !$0.leftTransposed && $0.rightTransposed }

  var description: String {
    "left\(leftTransposed ? "ᵀ" : "") right\(rightTransposed ? "ᵀ" : "") \(format == ck_bfloat16 ? "bf16" : "fp32") gap \(gap)"
  }
}

/// Both factors, with numbers of the right one that bf16 holds exactly, and what the result holds before.
private struct Factors {
  var left: Matrix
  let right: Matrix
  let result: Matrix

  init(rows: Int, columns: Int, inner: Int, seed: UInt64 = 1) {
    var random = SeededGenerator(seed: seed)
    func matrix(_ rows: Int, _ columns: Int, mask: UInt32 = .max) -> Matrix {
      Matrix(rows, columns) { _, _ in Float(bitPattern: Float.random(in: -1...1, using: &random).bitPattern & mask) }
    }
    (left, right) = (matrix(rows, inner), matrix(inner, columns, mask: 0xFFFF_0000))
    result = matrix(rows, columns)
  }

  private init(left: Matrix, right: Matrix, result: Matrix) { (self.left, self.right, self.result) = (left, right, result) }

  func part(rows: Range<Int>, columns: Range<Int>) -> Factors {
    let inner = 0..<left.columns
    return Factors(left: left.part(rows, inner), right: right.part(inner, columns), result: result.part(rows, columns))
  }

  /// Where a result is off by more than the rounding of each of its operations, 2⁻²⁴ of the sum of magnitudes, allows.
  func wrong(_ product: Matrix, factor: Float = 1, adding: Bool = false) -> String? {
    for row in 0..<product.rows {
      for column in 0..<product.columns {
        var (sum, size) = (0.0, 0.0)
        for k in 0..<left.columns {
          let term = Double(left[row, k]) * Double(right[k, column])
          (sum, size) = (sum + term, size + abs(term))
        }
        let before = adding ? Double(result[row, column]) : 0
        let expected = before + Double(factor) * sum
        let bound = Double(left.columns + 4) * 0x1p-24 * (abs(before) + abs(Double(factor)) * size)
        let number = Double(product[row, column])
        if !(abs(number - expected) <= bound) { return "[\(row), \(column)] is \(number), not \(expected)" }
      }
    }
    return nil
  }

  func product(_ layout: Layout, factor: Float = 1, adding: Bool = false, tasks: Int = 1) -> Matrix {
    let left = Memory(layout.leftTransposed ? self.left.transposed : self.left, gap: layout.gap)
    let right = Memory(layout.rightTransposed ? self.right.transposed : self.right, gap: 2 * layout.gap, format: layout.format)
    let result = Memory(self.result, gap: layout.gap)
    nonisolated(unsafe) let product = ck_product(
      rows: self.left.rows, columns: self.right.columns, inner: self.left.columns, left: left.floats, left_stride: left.stride,
      left_transposed: layout.leftTransposed, right: right.base, format: layout.format, right_first: 0,
      right_stride: right.stride, right_transposed: layout.rightTransposed, result: result.floats, result_stride: result.stride,
      factor: factor, adding: adding)
    DispatchQueue.concurrentPerform(iterations: tasks) { task in
      withUnsafePointer(to: product) { ck_product_task($0, task, tasks) }
    }
    #expect(result.gapsAreUntouched)
    return result.matrix
  }

  /// The columns outside of the range stay as they were.
  func vectorProduct(_ layout: Layout, columns: Range<Int>? = nil) -> Matrix {
    let x = Memory(left, gap: layout.gap)
    let result = Memory(self.result, gap: layout.gap)
    let weight = Memory(right.transposed, gap: 2 * layout.gap, format: layout.format)
    let columns = columns ?? 0..<right.columns
    ck_gemv(
      x.floats, left.rows, x.stride, weight.base, layout.format, left.columns, weight.stride, result.floats, result.stride,
      columns.lowerBound, columns.upperBound)
    #expect(result.gapsAreUntouched)
    for column in 0..<right.columns where !columns.contains(column) {
      #expect(result.matrix.part(0..<left.rows, column..<column + 1) == self.result.part(0..<left.rows, column..<column + 1))
    }
    return result.matrix
  }
}

/// A matrix in memory that ends at a page that may not be touched; bf16 ends a byte before it, and so lies at odd addresses.
private final class Memory {
  private let start: UnsafeMutableRawPointer
  private let mapped: Int
  let base: UnsafeMutableRawPointer
  let rows: Int
  let columns: Int
  let stride: Int
  private static let gapBits: UInt32 = 0x7FC1_2345

  init(_ matrix: Matrix, gap: Int, format: ck_format = ck_float32) {
    (rows, columns, stride) = (matrix.rows, matrix.columns, matrix.columns + gap)
    let size = format == ck_bfloat16 ? 2 : 4
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = max(0, ((rows - 1) * stride + columns) * size) + (format == ck_bfloat16 ? 1 : 0)
    mapped = (bytes + page - 1) / page * page + page
    start = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(start != MAP_FAILED && mprotect(start + (mapped - page), page, PROT_NONE) == 0)
    base = start + (mapped - page - bytes)
    for row in 0..<rows {
      for column in 0..<(row == rows - 1 ? columns : stride) {
        let bits = column < columns ? matrix[row, column].bitPattern : Self.gapBits
        let address = base + (row * stride + column) * size
        if size == 2 {
          address.storeBytes(of: UInt16(bits >> 16).littleEndian, as: UInt16.self)
        } else {
          address.storeBytes(of: bits, as: UInt32.self)
        }
      }
    }
  }

  deinit { munmap(start, mapped) }

  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
  var matrix: Matrix { Matrix(rows, columns) { floats[$0 * stride + $1] } }

  /// What lies between the rows, and the memory before the first of them.
  var gapsAreUntouched: Bool {
    let before = UnsafeRawBufferPointer(start: start, count: base - start).allSatisfy { $0 == 0 }
    let between = (0..<max(0, rows - 1)).allSatisfy { row in
      (columns..<stride).allSatisfy { floats[row * stride + $0].bitPattern == Self.gapBits }
    }
    return before && between
  }
}
