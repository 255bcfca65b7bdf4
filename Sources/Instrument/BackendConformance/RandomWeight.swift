import Randomness
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A matrix of random weights of any format, `[rows, columns]`, whose last byte is followed by a page that may not be touched: what reads
/// beyond it stops the program.
package struct RandomWeight: Sendable {
  package let matrix: WeightMatrix
  private let memory: Memory
  private let columns: Int

  /// Numbers or blocks of random bits, with scales near 2⁻⁸.
  package init(_ format: WeightMatrix.Format, rows: Int, columns: Int, seed: UInt64) {
    let bytes = rows * columns / format.blockCount * format.blockBytes
    let memory = Memory(bytes)
    var random = SeededGenerator(seed: seed)
    for i in 0..<bytes { memory.base.storeBytes(of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: i, as: UInt8.self) }
    for block in 0..<bytes / format.blockBytes {
      for place in Self.halves(format) {
        // Of a number that stands alone the upper half, whose exponent must not be all ones.
        memory.set(block * format.blockBytes + place, to: UInt16(truncatingIfNeeded: random.next()) & 0x83FF | 0x1C00)
      }
    }
    (self.memory, self.columns) = (memory, columns)
    matrix = WeightMatrix(memory.base, format, shape: [rows, columns], owner: memory)
  }

  /// Given numbers, as fp32 or, by their upper halves, as bf16.
  package init(_ numbers: Tensor, _ format: WeightMatrix.Format) {
    let (rows, columns) = (numbers.shape[0], numbers.shape[1])
    let memory = Memory(rows * columns * format.blockBytes)
    numbers.withUnsafeElements { numbers in
      for (i, number) in numbers.enumerated() {
        if format == .bfloat16 {
          memory.set(2 * i, to: UInt16(truncatingIfNeeded: number.bitPattern >> 16))
        } else {
          memory.base.storeBytes(of: number.bitPattern.littleEndian, toByteOffset: 4 * i, as: UInt32.self)
        }
      }
    }
    (self.memory, self.columns) = (memory, columns)
    matrix = WeightMatrix(memory.base, format, shape: numbers.shape, owner: memory)
  }

  /// A matrix whole, by parts of its rows and columns, and turned.
  static func views(of whole: WeightMatrix) -> [(name: String, weight: WeightMatrix)] {
    let part = whole.rows(1..<whole.rows - 2).columns(5..<whole.columns - 6)
    return [
      ("\(whole.format)", whole), ("a part of \(whole.format)", part), ("\(whole.format), transposed", whole.transposed),
      ("a part of \(whole.format), transposed", part.transposed),
    ]
  }

  /// The same on a backend: looked at there, or moved there as they are looked at. Of blocks not all of them: what a device does with their
  /// numbers it does with those of other formats.
  static func views(
    of whole: WeightMatrix, on backend: any Backend
  ) -> [(name: String, weight: WeightMatrix, there: WeightMatrix)] {
    let (here, there) = (views(of: whole), views(of: backend.upload(whole)))
    let looked = zip(here, there).map { ($0.name, $0.weight, $1.weight) }
    let moved = here.dropFirst().map { ($0.name + ", moved", $0.weight, backend.upload($0.weight)) }
    return whole.format.blockCount == 1 ? looked + moved : looked.prefix(1) + moved.suffix(1)
  }

  /// Where the halves of a block lie that are scales or minima, or what holds the exponent of a number.
  private static func halves(_ format: WeightMatrix.Format) -> [Int] {
    switch format {
    case .float32: [2]
    case .bfloat16, .float16, .q8_0, .q4_0, .q5_0: [0]
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q6_K: [208]
    }
  }

  /// Sets the scale of the block that holds a number. Of fp32 and bf16, the number becomes infinite or NaN in its own form.
  package func setScale(ofRow row: Int, number: Int, to half: UInt16) {
    let format = matrix.format, block = (row * columns + number) / format.blockCount
    let isShort = format == .float32 || format == .bfloat16
    memory.set(
      block * format.blockBytes + Self.halves(format)[0], to: isShort ? (half & 0x8000) | 0x7F80 | (half & 0x3FF) : half)
  }

  fileprivate final class Memory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    private let start: UnsafeMutableRawPointer
    private let mapped: Int

    init(_ bytes: Int) {
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      mapped = (bytes + page - 1) / page * page + page
      guard let start = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED,
        mprotect(start + (mapped - page), page, PROT_NONE) == 0
      else { fatalError("There is no memory for a random weight of \(bytes) bytes.") }
      self.start = start
      base = start + (mapped - page - bytes)
    }

    deinit { munmap(start, mapped) }

    func set(_ offset: Int, to half: UInt16) { base.storeBytes(of: half.littleEndian, toByteOffset: offset, as: UInt16.self) }
  }
}

/// Many random numbers fast, in bf16, of a few million that are repeated: as large weights as wanted, where their numbers do not matter.
///
/// They are evenly distributed with a standard deviation of about 0.02, as Hugging Face initialises.
package struct RepeatedNumbers: Sendable {
  private let memory: RandomWeight.Memory
  private let count: Int
  private static let period = 4_000_037

  package init(count: Int, seed: UInt64) {
    let (bytes, piece) = (2 * count, 2 * min(count, Self.period))
    (memory, self.count) = (RandomWeight.Memory(bytes), count)
    var random = SeededGenerator(seed: seed)
    for i in 0..<piece / 2 {
      let number = (Float(random.next() >> 40) * 0x1p-24 - 0.5) * 0.0693
      memory.set(2 * i, to: UInt16(truncatingIfNeeded: number.bitPattern >> 16))
    }
    var first = piece
    while first < bytes {
      // What is there is a whole number of periods.
      let count = min(first, bytes - first)
      (memory.base + first).copyMemory(from: memory.base, byteCount: count)
      first += count
    }
  }

  /// A matrix `[rows, columns]` of the numbers from one on; another may have some of the same.
  package func matrix(_ shape: [Int], from first: Int = 0) -> WeightMatrix {
    precondition(first >= 0 && first + shape[0] * shape[1] <= count, "There are no \(shape) numbers from \(first) on.")
    return WeightMatrix(memory.base + 2 * first, .bfloat16, shape: shape, owner: memory)
  }
}
