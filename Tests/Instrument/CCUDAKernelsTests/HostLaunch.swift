import CUDAHostKernels
import Foundation
import TestSupport
import Testing

/// An argument of a kernel.
enum Argument {
  /// Numbers that the kernel reads only.
  case input([Float])
  /// Numbers that it changes.
  case changed([Float])
  /// So many numbers that it writes. Before, they are NaN.
  case output(Int)
  case doubles([Double])
  case doubleOutput(Int)
  case indices([Int32])
  case indexOutput(Int)
  case bfloat16([UInt16])
  /// The same memory as another argument, by its index.
  case same(Int)
  case null
  case long(Int)
  case int(Int)
  case float(Float)
}

extension Argument {
  /// Memory of its own, if it has any.
  fileprivate func memory(shift: Int) -> GuardedMemory? {
    switch self {
    case .input(let numbers), .changed(let numbers): GuardedMemory(numbers, shift: shift)
    case .output(let count): GuardedMemory([Float](repeating: .nan, count: count), shift: shift)
    case .doubles(let numbers): GuardedMemory(numbers, shift: 0)
    case .doubleOutput(let count): GuardedMemory([Double](repeating: .nan, count: count), shift: 0)
    case .indices(let numbers): GuardedMemory(numbers, shift: shift)
    case .indexOutput(let count): GuardedMemory([Int32](repeating: -1, count: count), shift: shift)
    case .bfloat16(let numbers): GuardedMemory(numbers, shift: shift / 2)
    case .same, .null, .long, .int, .float: nil
    }
  }

  /// The bits of an argument without memory.
  fileprivate func value(beside others: [UInt64]) -> UInt64 {
    switch self {
    case .same(let other): others[other]
    case .long(let value): UInt64(bitPattern: Int64(value))
    case .int(let value): UInt64(UInt32(bitPattern: Int32(value)))
    case .float(let value): UInt64(value.bitPattern)
    default: 0
    }
  }
}

/// What a kernel has written, by the index of the argument.
struct Written: CustomStringConvertible {
  private let bytes: [Int: [UInt8]]

  init(_ bytes: [Int: [UInt8]]) { self.bytes = bytes }

  func floats(_ argument: Int) -> [Float] { (bytes[argument] ?? []).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
  func doubles(_ argument: Int) -> [Double] { (bytes[argument] ?? []).withUnsafeBytes { Array($0.bindMemory(to: Double.self)) } }
  func indices(_ argument: Int) -> [Int32] { (bytes[argument] ?? []).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) } }

  /// Thousands of bytes tell nobody anything.
  var description: String { "what was written to the arguments \(bytes.keys.sorted())" }

  func isSame(as other: Written) -> Bool { bytes == other.bytes }
}

/// The sizes of a launch besides its grid.
struct LaunchSizes {
  var threads = 256
  var depth = 1
  /// Bytes of dynamic shared memory.
  var shared = 0
  /// By what multiples of 4 bytes the kernel's arguments may be moved; half as many for bfloat16.
  var alignment = 4
}

/// How a launch may differ without changing a bit of what it writes.
private struct Manner {
  /// How many bytes behind a multiple of 256 the numbers begin.
  var shift = 0
  var backwards = false
  var grid: (Int, Int)
}

/// Launches a kernel on the host in several manners: at aligned and at other addresses, with a grid of its own and with others, its threads
/// forwards and backwards. Expects the same bits each time, and nothing written outside of its arguments.
/// - Parameters:
///   - grid: The grid that the kernel's file names.
///   - anyGrid: Whether other widths of the grid must do as well.
func launch(
  _ kernel: String, _ arguments: Argument..., grid: (Int, Int) = (3, 1), anyGrid: Bool = true, threads: Int = 256,
  at place: SourceLocation = #_sourceLocation
) -> Written {
  launch(kernel, arguments, grid: grid, anyGrid: anyGrid, LaunchSizes(threads: threads), at: place)
}

func launch(
  _ kernel: String, _ arguments: [Argument], grid: (Int, Int), anyGrid: Bool, _ sizes: LaunchSizes,
  at place: SourceLocation = #_sourceLocation
) -> Written {
  let (first, step) = (run(kernel, arguments, Manner(grid: grid), sizes, place), sizes.alignment)
  var manners = [
    Manner(shift: step, grid: grid), Manner(backwards: true, grid: grid), Manner(shift: 2 * step, backwards: true, grid: grid),
  ]
  if anyGrid { manners += [Manner(grid: (1, grid.1)), Manner(shift: 3 * step, backwards: true, grid: (7, grid.1))] }
  for manner in manners {
    let other = run(kernel, arguments, manner, sizes, place)
    #expect(other.isSame(as: first), "\(kernel): the bits depend on \(manner)", sourceLocation: place)
  }
  return first
}

private func run(
  _ kernel: String, _ arguments: [Argument], _ manner: Manner, _ sizes: LaunchSizes, _ place: SourceLocation
) -> Written {
  var memories: [Int: GuardedMemory] = [:]
  var values: [UInt64] = []
  for (index, argument) in arguments.enumerated() {
    memories[index] = argument.memory(shift: manner.shift)
    let address = memories[index].map { UInt64(UInt(bitPattern: $0.start)) }
    values.append(address ?? argument.value(beside: values))
  }
  values.withUnsafeMutableBytes { values in
    var addresses = arguments.indices.map { index in values.baseAddress.map { $0 + 8 * index } }
    host_run_backwards(manner.backwards ? 1 : 0)
    let (across, down) = (UInt32(manner.grid.0), UInt32(manner.grid.1))
    host_launch(kernel, across, down, UInt32(sizes.depth), UInt32(sizes.threads), sizes.shared, &addresses)
    host_run_backwards(0)
  }
  var written: [Int: [UInt8]] = [:]
  for (index, memory) in memories {
    #expect(memory.isIntact, "\(kernel) writes outside of argument \(index)", sourceLocation: place)
    switch arguments[index] {
    case .changed, .output, .doubleOutput, .indexOutput: written[index] = memory.bytes
    default: #expect(memory.isUnchanged, "\(kernel) writes to argument \(index)", sourceLocation: place)
    }
  }
  return Written(written)
}

/// Memory between guards.
private final class GuardedMemory {
  private static let guardBytes = 256
  let start: UnsafeMutableRawPointer
  private let base: UnsafeMutableRawPointer
  private let size: Int
  private let original: [UInt8]

  init<Number>(_ numbers: [Number], shift: Int) {
    original = numbers.withUnsafeBytes { Array($0) }
    size = 2 * Self.guardBytes + original.count + shift
    base = .allocate(byteCount: size, alignment: 256)
    start = base + Self.guardBytes + shift
    base.initializeMemory(as: UInt8.self, repeating: 0xa5, count: size)
    original.withUnsafeBytes { if let from = $0.baseAddress { start.copyMemory(from: from, byteCount: $0.count) } }
  }

  deinit { base.deallocate() }

  var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: original.count)) }
  var isUnchanged: Bool { bytes == original }
  var isIntact: Bool {
    let all = UnsafeRawBufferPointer(start: base, count: size)
    let first = start - base
    return all[..<first].allSatisfy { $0 == 0xa5 } && all[(first + original.count)...].allSatisfy { $0 == 0xa5 }
  }
}

/// The rounding of one fp32 operation.
let u = 0x1p-24

func random(_ count: Int, scale: Float = 1, seed: UInt64 = 1) -> [Float] {
  var random = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -scale...scale, using: &random) }
}

/// Expects each number within a bound of its twin in Double; a twin that is NaN or infinite must be met as it is.
func expect(
  _ numbers: [Float], near twins: [Double], within bound: (Int) -> Double, _ what: String = "",
  at place: SourceLocation = #_sourceLocation
) {
  #expect(numbers.count == twins.count, sourceLocation: place)
  for (i, (number, twin)) in zip(numbers, twins).enumerated() {
    let isNear =
      twin.isNaN ? number.isNaN : twin.isInfinite ? Double(number) == twin : abs(Double(number) - twin) <= bound(i)
    if isNear { continue }
    Issue.record("\(what) number \(i) is \(number), and should be \(twin) within \(bound(i))", sourceLocation: place)
    return
  }
}

/// The bits of numbers: NaN equals NaN, and 0 does not equal -0. Thousands of them are not printed.
struct Bits: Equatable, CustomStringConvertible {
  let patterns: [UInt32]
  var description: String { "the bits of \(patterns.count) numbers" }
}

extension Sequence<Float> {
  var bits: Bits { Bits(patterns: map(\.bitPattern)) }
}

extension [Float] {
  func row(_ index: Int, _ width: Int) -> [Float] { Array(self[index * width..<(index + 1) * width]) }
}

extension Sequence {
  /// `allSatisfy`, for `#expect`, which cannot call what may rethrow.
  func every(_ condition: (Element) -> Bool) -> Bool { allSatisfy(condition) }
  /// `contains(where:)`, likewise.
  func some(_ condition: (Element) -> Bool) -> Bool { contains(where: condition) }
}
