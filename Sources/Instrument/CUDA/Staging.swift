import Foundation
import Tensors

/// Host memory that the card reads and writes by itself, in two halves: while one is on its way, the other is filled or emptied.
///
/// It is page-locked, without which copies go at a fraction of the bus's speed, and is taken when it is first needed.
struct Staging {
  /// Bytes in each half.
  let capacity: Int
  private var halves: [Half] = []
  /// The half in use, and how much of it is taken since its last copies were waited for.
  private var current = 0
  private var filled = 0

  private struct Half {
    var base: UnsafeMutableRawPointer
    /// Whether the driver page-locked it; where it could not, ordinary memory does, slowly.
    var isPageLocked: Bool
    /// Recorded behind the last copy.
    var event: OpaquePointer
    /// Whether copies may still be under way that the event stands behind.
    var isPending = false
  }

  init(capacity: Int) { self.capacity = capacity }

  private mutating func prepare(_ driver: Driver) throws(CUDAError) {
    while halves.count < 2 {
      var event: OpaquePointer?
      try driver.check(driver.eventCreate(&event, Driver.Constant.eventDisableTiming), "cuEventCreate")
      guard let event else { return }
      var base: UnsafeMutableRawPointer?
      let isPageLocked = driver.memHostAlloc(&base, capacity, 0) == Driver.Code.success
      let memory = isPageLocked ? base : nil
      halves.append(
        Half(
          base: memory ?? .allocate(byteCount: capacity, alignment: 4096), isPageLocked: memory != nil, event: event))
    }
  }

  mutating func release(_ driver: Driver) {
    for half in halves {
      _ = driver.eventDestroy(half.event)
      if half.isPageLocked { _ = driver.memFreeHost(half.base) } else { half.base.deallocate() }
    }
    halves = []
  }

  // MARK: - To the card

  /// Copies to the card. The source may be used again at once.
  mutating func upload(_ source: Lent<UnsafeRawBufferPointer>, to address: UInt64, in stream: CardStream) throws(CUDAError) {
    let driver = stream.driver
    let source = source.bytes
    try prepare(driver)
    var done = 0
    while done < source.count {
      let bytes = min(capacity, source.count - done)
      if bytes > capacity - filled { try turn(stream) }
      let place = halves[current].base + filled
      Self.move(UnsafeRawBufferPointer(rebasing: source[done..<done + bytes]), to: place)
      try driver.check(driver.memcpyHtoDAsync(address + UInt64(done), place, bytes, stream.handle), "cuMemcpyHtoDAsync")
      filled += (bytes + 255) / 256 * 256
      done += bytes
    }
  }

  /// Goes to the other half, when its last copies are done.
  private mutating func turn(_ stream: CardStream) throws(CUDAError) {
    let driver = stream.driver
    try driver.check(driver.eventRecord(halves[current].event, stream.handle), "cuEventRecord")
    halves[current].isPending = true
    current = 1 - current
    filled = 0
    if halves[current].isPending {
      try driver.check(driver.eventSynchronize(halves[current].event), "cuEventSynchronize")
      halves[current].isPending = false
    }
  }

  // MARK: - From the card

  /// Copies from the card, and waits for it.
  mutating func download(
    _ address: UInt64, into target: Lent<UnsafeMutableRawBufferPointer>, in stream: CardStream
  ) throws(CUDAError) {
    let driver = stream.driver
    let target = target.bytes
    try prepare(driver)
    let parts = stride(from: 0, to: target.count, by: capacity).map { $0..<min($0 + capacity, target.count) }
    func ask(_ index: Int) throws(CUDAError) {
      guard index < parts.count else { return }
      let (half, part) = (halves[index % 2], parts[index])
      try driver.check(
        driver.memcpyDtoHAsync(half.base, address + UInt64(part.lowerBound), part.count, stream.handle), "cuMemcpyDtoHAsync")
      try driver.check(driver.eventRecord(half.event, stream.handle), "cuEventRecord")
    }
    try ask(0)
    for (index, part) in parts.enumerated() {
      try ask(index + 1)
      try driver.check(driver.eventSynchronize(halves[index % 2].event), "cuEventSynchronize")
      guard let place = target.baseAddress else { return }
      Self.move(UnsafeRawBufferPointer(start: halves[index % 2].base, count: part.count), to: place + part.lowerBound)
    }
  }

  // MARK: - On the host

  /// Copies in host memory: one thread alone is slower than the bus to a card.
  private static func move(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
    guard let base = source.baseAddress else { return }
    guard source.count > 2 * pieceSize else {
      target.copyMemory(from: base, byteCount: source.count)
      return
    }
    let pieces = (source.count + pieceSize - 1) / pieceSize
    nonisolated(unsafe) let (from, to) = (base, target)
    Parallel.perform(pieces) { piece in
      let start = piece * pieceSize
      (to + start).copyMemory(from: from + start, byteCount: min(pieceSize, source.count - start))
    }
  }

  /// Some 50 µs of copying, well above what it costs to wake a thread.
  private static let pieceSize = 512 << 10
}

/// A queue of work of a card's, and the driver by which it is asked for.
struct CardStream: @unchecked Sendable {
  let driver: Driver
  let handle: OpaquePointer
}

/// Memory of the host that a caller lends for the length of a call.
struct Lent<Bytes>: @unchecked Sendable {
  let bytes: Bytes
}
