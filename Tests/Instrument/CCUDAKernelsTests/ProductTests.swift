import Foundation
import Testing

/// The products with weights in bfloat16 of Products.cu and ProductsHopper.cu against a twin in Double, and against each other.
///
/// A sum over a step of 16 is off by at most 16 u of the sum of its terms' sizes; twelve of them are added up to a chunk, and then
/// the chunks.
@Suite struct ProductTests {
  static let shapes = [
    Shape(1, 40, 2048), Shape(16, 17, 200), Shape(9, 16, 100), Shape(3, 33, 500, segment: 128),
    Shape(200, 200, 160, segment: 128),
    Shape(5, 192, 64), Shape(64, 72, 104, segment: 64), Shape(129, 8, 100), Shape(37, 320, 320), Shape(12, 2, 1),
  ]

  @Test(arguments: shapes)
  func aProductIsNearItsTwinAndEveryKernelGivesItsBits(shape: Shape) {
    let product = HalvesProduct(shape)
    let first = product.launch(.nt)
    product.check(first)
    for kernel in HalvesKernel.allCases where kernel.most >= shape.rows {
      #expect(product.launch(kernel).bits == first.bits, "\(kernel)")
    }
  }

  @Test(arguments: HalvesKernel.allCases)
  func aProductIsAddedToWhatIsThere(kernel: HalvesKernel) {
    for segment in [2048, 64] {
      var product = HalvesProduct(Shape(7, 50, 200, segment: segment))
      let alone = product.launch(kernel)
      product.before = random(alone.count, seed: 9)
      #expect(product.launch(kernel).bits == zip(product.before ?? [], alone).map { $0 + $1 }.bits, "segments of \(segment)")
    }
  }

  @Test(arguments: HalvesKernel.allCases)
  func aRowsBitsDoNotDependOnTheRowsAndColumnsBesideIt(kernel: HalvesKernel) {
    let whole = HalvesProduct(Shape(140, 200, 136)).launch(.nt)
    for rows in [1, 3, 8, 9, 16, 65] where kernel.most >= rows {
      let some = HalvesProduct(Shape(rows, 200, 136)).launch(kernel)
      #expect(some.bits == Array(whole.prefix(rows * 200)).bits, "\(rows) rows")
    }
    let narrow = HalvesProduct(Shape(5, 24, 136)).launch(kernel)
    for row in 0..<5 { #expect(narrow.row(row, 24).bits == Array(whole.row(row, 200).prefix(24)).bits) }
  }

  @Test(arguments: 2...6)
  func stagesOfTheStreamedWeightChangeNothing(stages: Int) {
    var product = HalvesProduct(Shape(8, 100, 2000))
    let first = product.launch(.nt)
    product.stages = stages
    for grid in [1, 2, 7] {
      product.blocks = grid
      #expect(product.launch(.gemv).bits == first.bits, "\(grid) blocks")
    }
  }

  /// Three numbers of bfloat16 hold a number of fp32 to its last bit.
  @Test func noBitOfANumberIsLost() {
    var product = HalvesProduct(Shape(40, 64, 64))
    for n in 0..<64 { for k in 0..<64 { product.weight[n * 64 + k] = n == k ? 1 : 0 } }
    #expect(product.launch(.nt).bits == Array(product.x.prefix(40 * 64)).bits)
  }

  @Test(arguments: [(3, 5, 7), (2, 8, 8), (1, 1000, 3), (1, 1, 1)])
  func segmentsAreAddedUpInTheirOrder(rows: Int, columns: Int, segments: Int) {
    let size = rows * columns, parts = random(size * segments, scale: 4)
    var sums = Array(parts.prefix(size))
    for s in 1..<max(segments, 1) { for i in 0..<size { sums[i] += parts[s * size + i] } }
    let arguments: [Argument] = [
      .input(parts), .output(size), .int(rows), .int(columns), .long(columns), .int(segments), .int(0),
    ]
    #expect(launch("reduce", arguments, grid: (3, 1), anyGrid: true, LaunchSizes()).floats(1).bits == sums.bits)
  }
}

/// rows, columns, and the length of the sum.
struct Shape: CustomTestStringConvertible, Sendable {
  let rows, columns, inner, segment: Int
  init(_ rows: Int, _ columns: Int, _ inner: Int, segment: Int = 2048) {
    (self.rows, self.columns, self.inner, self.segment) = (rows, columns, inner, segment)
  }
  var segments: Int { (inner + segment - 1) / segment }
  var testDescription: String { "[\(rows), \(inner)] · [\(inner), \(columns)] by \(segment)" }
}

enum HalvesKernel: String, CaseIterable {
  case nt = "product_bf16_nt"
  case nn = "product_bf16_nn"
  case smallNT = "product_bf16_nt_small"
  case smallNN = "product_bf16_nn_small"
  case wideNT = "product_bf16_nt_192"
  case wideNN = "product_bf16_nn_192"
  case narrowNT = "product_bf16_nt_64"
  case narrowNN = "product_bf16_nn_64"
  case gemv = "gemv_bf16"

  /// Whether the weight's rows lie across the sum.
  var isAcross: Bool { rawValue.contains("_nn") }
  /// The most rows that it is meant for.
  var most: Int { self == .gemv ? 16 : .max }

  /// The height and width of a tile, and the threads and bytes of a block.
  fileprivate var sizes: (Int, Int, Int, Int) {
    switch self {
    case .nt, .nn: (128, 128, 256, 98304)
    case .smallNT, .smallNN: (64, 64, 128, 49152)
    case .wideNT, .wideNN: (128, 192, 384, 230528)
    case .narrowNT, .narrowNN: (128, 64, 384, 164992)
    case .gemv: (8, 16, 512, 32768)
    }
  }
}

/// A product with a weight in bfloat16. What lies between the rows is NaN, and nobody reads it.
private struct HalvesProduct {
  let shape: Shape
  var x: [Float]
  /// `[column, inner]`
  var weight: [Float]
  var before: [Float]?
  var stages = 3
  var blocks = 3

  init(_ shape: Shape) {
    self.shape = shape
    x = random(200 * shape.inner, scale: 3)
    weight = random(320 * shape.inner, scale: 0.1, seed: 2).map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
  }

  private func padded(
    _ count: Int, _ length: Int, to multiple: Int, _ number: (Int, Int) -> Float
  ) -> (numbers: [Float], stride: Int) {
    let stride = (length + multiple - 1) / multiple * multiple
    let numbers = (0..<count * stride).map { $0 % stride < length ? number($0 / stride, $0 % stride) : .nan }
    return (numbers, stride)
  }

  func launch(_ kernel: HalvesKernel) -> [Float] {
    let (rows, columns, inner) = (shape.rows, shape.columns, shape.inner)
    let (left, leftStride) = padded(rows, inner, to: 4) { x[$0 * inner + $1] }
    let (right, rightStride) =
      kernel.isAcross
      ? padded(inner, columns, to: 8) { weight[$1 * inner + $0] } : padded(columns, inner, to: 8) { weight[$0 * inner + $1] }
    let (size, segments, (high, wide, threads, shared)) = (rows * columns, shape.segments, kernel.sizes)
    let (down, across) = ((rows + high - 1) / high, (columns + wide - 1) / wide)
    let isWhole = segments == 1
    var arguments: [Argument] = [
      .input(left), .long(leftStride), .bfloat16(right.map { UInt16($0.bitPattern >> 16) }), .long(rightStride),
      isWhole ? before.map { .changed($0) } ?? .output(size) : .output(size * segments), .long(columns), .int(rows),
      .int(columns), .int(inner), .int(shape.segment), .int(isWhole && before != nil ? 1 : 0),
    ]
    if kernel == .gemv { arguments.append(.int(stages)) }
    let isFew = kernel == .gemv
    let written = CCUDAKernelsTests.launch(
      kernel.rawValue, arguments, grid: (isFew ? min(across, blocks) : down * across, segments), anyGrid: false,
      LaunchSizes(
        threads: threads, depth: isFew ? down : 1, shared: isFew ? shared * (1 + stages) : shared, alignment: 32))
    if isWhole { return written.floats(4) }
    let sum: [Argument] = [
      .input(written.floats(4)), before.map { .changed($0) } ?? .output(size), .int(rows), .int(columns), .long(columns),
      .int(segments), .int(before == nil ? 0 : 1),
    ]
    return CCUDAKernelsTests.launch("reduce", sum, grid: (3, 1), anyGrid: true, LaunchSizes()).floats(1)
  }

  func check(_ numbers: [Float], at place: SourceLocation = #_sourceLocation) {
    var (sums, sizes) = ([Double](), [Double]())
    for m in 0..<shape.rows {
      for n in 0..<shape.columns {
        var (sum, size) = (0.0, 0.0)
        for k in 0..<shape.inner {
          let term = Double(x[m * shape.inner + k]) * Double(weight[n * shape.inner + k])
          sum += term
          size += abs(term)
        }
        sums.append(sum)
        sizes.append(size)
      }
    }
    expect(numbers, near: sums, within: { sizes[$0] * Double(32 + shape.inner / 64 + shape.segments) * u }, at: place)
  }
}
