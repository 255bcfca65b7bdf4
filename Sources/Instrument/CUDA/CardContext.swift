// What differs from the plan of this interface, and why:
// - Arguments of a kernel say whether it writes into a block: `.input(memory, byteOffset:)`, `.output(memory, byteOffset:)` (written, perhaps
//   read as well). Without that, a launch that is left out could not tell the results, which become void, from weights, which stay.
//   `.null` is a null pointer; `.long` takes an `Int`.
// - `download` throws: the failure that made a block void, or that lost the card. `failure(of:)` tells it without reading.
// - `check()` throws what `takeFailure()` returns. Two threads that compute at once share it, so one may get the other's; a result that
//   must not be void is asked itself (`isVoid`, `failure(of:)`).
// - `prepare` compiles several programs at once, `clear` sets bytes to 0, `trim` gives unused memory back, `resetPeak` begins a new measurement of `peak`, `time` may throw.
// - `CardContext.of(index)` is `CUDASystem.shared.context(index)`; tests make a `CUDASystem` of their own with other settings.
// - A card's `freeMemory` is nil where it was not asked for (`CUDASystem.cards(asksForMemory:)`); a context knows what is `available`.
// - A launch with a grid of no blocks does nothing. Shared memory beyond 48 KiB is allowed by the launch itself.

import Foundation
import Synchronization

/// A card in use by this process: its memory, its kernels, and its one stream, in which all work is done in the order in which it was asked
/// for.
///
/// Any thread may use it. Nothing here throws where work is asked for: what fails is remembered, and told by `check`, `synchronize` and
/// `download`. A block for which there is no room is void, and so is what is computed from it; that passes. Whatever else the driver refuses
/// loses the card, for good.
package final class CardContext: Sendable {
  package let card: Card
  let libraries: CUDALibraries
  let driver: Driver
  private let device: Int32
  nonisolated(unsafe) private let handle: OpaquePointer
  private let stream: CardStream

  private let pool: Mutex<MemoryPool>
  private let kernels: KernelLibrary
  private let uploads = Mutex(Staging(capacity: 16 << 20))
  private let downloads = Mutex(Staging(capacity: 8 << 20))
  private let failures = Mutex(Failures())
  private let lost = Atomic(false)

  /// The context of a card of this process.
  /// - Parameter index: the card's number; 0 is the first that the driver sees.
  package static func of(_ index: Int) throws(CUDAError) -> CardContext { try CUDASystem.shared.context(index) }

  init(_ index: Int, _ libraries: CUDALibraries) throws(CUDAError) {
    let driver = try libraries.driver()
    CUDASystem.aside(true)
    defer { CUDASystem.aside(false) }
    device = try driver.device(index)
    handle = try driver.retainContext(index, device)
    var stream: OpaquePointer?
    do throws(CUDAError) {
      try driver.check(driver.contextSetCurrent(handle), "cuCtxSetCurrent")
      card = try driver.card(index, asksForMemory: true)
      pool = Mutex(
        MemoryPool(budget: try MemoryBudget.bytes(free: card.freeMemory ?? 0, environment: libraries.settings.environment)))
      try driver.check(driver.streamCreate(&stream, Driver.Constant.streamNonBlocking), "cuStreamCreate")
      guard let stream else { throw .lost(cause: "The driver gave neither an error nor a stream.") }
      self.stream = CardStream(driver: driver, handle: stream)
    } catch {
      _ = driver.primaryContextRelease(device)
      throw error
    }
    self.libraries = libraries
    self.driver = driver
    kernels = KernelLibrary(libraries.settings)
  }

  /// No memory is in use any more, since each block owns its context.
  deinit {
    guard driver.contextSetCurrent(handle) == Driver.Code.success else { return }
    _ = driver.streamSynchronize(stream.handle)
    pool.withLock { try? $0.trim(with: source) }
    uploads.withLock { $0.release(driver) }
    downloads.withLock { $0.release(driver) }
    kernels.unload(from: driver)
    _ = driver.streamDestroy(stream.handle)
    _ = driver.primaryContextRelease(device)
  }

  // MARK: - Memory

  /// A block of memory, at a multiple of 256 bytes. Its content is anything. It is void if there is no room.
  package func allocate(_ bytes: Int) -> CardMemory {
    let size = MemoryPool.size(for: bytes)
    // What was used before is there without the driver.
    let waiting = lost.load(ordering: .relaxed) ? nil : pool.withLock { $0.reuse(size) }
    let memory = CardMemory(self, address: waiting ?? added(size, for: bytes) ?? 0, byteCount: bytes)
    if libraries.settings.poisonsMemory, !memory.isVoid {
      attempt(for: memory) { () throws(CUDAError) in
        try driver.check(driver.memsetD8Async(memory.address, 0xff, size, stream.handle), "cuMemsetD8Async")
      }
    }
    return memory
  }

  private func added(_ size: Int, for bytes: Int) -> UInt64? {
    let address = attempt { () throws(CUDAError) in
      try pool.withLock { pool throws(CUDAError) in
        let address = try pool.add(size, from: source)
        if address == nil { note(.outOfMemory(asked: bytes, inUse: pool.inUse, budget: pool.budget)) }
        return address
      }
    }
    return address ?? nil
  }

  func giveBack(_ address: UInt64, byteCount: Int) {
    pool.withLock { $0.put(address, size: MemoryPool.size(for: byteCount)) }
  }

  /// What may be taken, in bytes.
  package var budget: Int { pool.withLock { $0.budget } }
  /// What is in use, in bytes; each block counts with the size of its class.
  package var inUse: Int { pool.withLock { $0.inUse } }
  /// The most that was in use since the context was made or `resetPeak` was called, in bytes.
  package var peak: Int { pool.withLock { $0.peak } }

  package func resetPeak() { pool.withLock { $0.resetPeak() } }

  /// What can still be had, in bytes: of the budget, and of what other processes have left on the card.
  package var available: Int {
    var (free, total) = (0, 0)
    let isKnown = attempt { () throws(CUDAError) in try driver.check(driver.memGetInfo(&free, &total), "cuMemGetInfo") } != nil
    return pool.withLock { pool in
      max(0, min(pool.budget - pool.inUse, isKnown ? free + pool.idle : 0))
    }
  }

  /// Gives memory that is not in use back to the driver, for other processes.
  package func trim() {
    attempt { () throws(CUDAError) in try pool.withLock { pool throws(CUDAError) in try pool.trim(with: source) } }
  }

  /// How the pool asks the driver. The context must be current.
  private var source: MemoryPool.Source {
    MemoryPool.Source(
      allocate: { [driver] bytes throws(CUDAError) in
        var address: UInt64 = 0
        let result = driver.memAlloc(&address, bytes)
        if result == Driver.Code.outOfMemory { return nil }
        try driver.check(result, "cuMemAlloc")
        return address
      },
      free: { [driver, stream] addresses throws(CUDAError) in
        try driver.check(driver.streamSynchronize(stream.handle), "cuStreamSynchronize")
        for address in addresses { try driver.check(driver.memFree(address), "cuMemFree") }
      })
  }

  // MARK: - Copies

  /// Copies bytes to the card. The source may be used again on return.
  package func upload(_ source: UnsafeRawBufferPointer, to memory: CardMemory, at byteOffset: Int = 0) {
    let address = memory.address(at: byteOffset, bytes: source.count)
    guard source.count > 0, !memory.isVoid else { return }
    let source = Lent(bytes: source)
    attempt(for: memory) { () throws(CUDAError) in
      try uploads.withLock { staging throws(CUDAError) in try staging.upload(source, to: address, in: stream) }
    }
  }

  /// Copies bytes from the card, and waits until all that was asked for before is done.
  /// - Throws: The failure that made the block void, or that lost the card; then nothing has been read.
  package func download(
    _ memory: CardMemory, at byteOffset: Int = 0, into target: UnsafeMutableRawBufferPointer
  ) throws(CUDAError) {
    let address = memory.address(at: byteOffset, bytes: target.count)
    if let failure = failure(of: memory) { throw failure }
    guard target.count > 0 else { return }
    let target = Lent(bytes: target)
    try perform { () throws(CUDAError) in
      try downloads.withLock { staging throws(CUDAError) in try staging.download(address, into: target, in: stream) }
    }
  }

  /// Copies bytes from one block to another, or within one if the ranges have nothing in common.
  package func copy(from source: CardMemory, at sourceOffset: Int, to target: CardMemory, at targetOffset: Int, bytes: Int) {
    let from = source.address(at: sourceOffset, bytes: bytes)
    let to = target.address(at: targetOffset, bytes: bytes)
    guard bytes > 0 else { return }
    guard !source.isVoid, !target.isVoid else { return target.becomeVoid() }
    attempt(for: target) { () throws(CUDAError) in
      try driver.check(driver.memcpyDtoDAsync(to, from, bytes, stream.handle), "cuMemcpyDtoDAsync")
    }
  }

  /// Sets bytes to 0.
  package func clear(_ memory: CardMemory, at byteOffset: Int = 0, bytes: Int) {
    let address = memory.address(at: byteOffset, bytes: bytes)
    guard bytes > 0, !memory.isVoid else { return }
    attempt(for: memory) { () throws(CUDAError) in
      try driver.check(driver.memsetD8Async(address, 0, bytes, stream.handle), "cuMemsetD8Async")
    }
  }

  // MARK: - Kernels

  /// Compiles programs, several at once, so that their kernels are there when they are asked for. Those that are kept are only loaded.
  /// - Parameter programs: names among the sources.
  package func prepare(_ programs: [String]) throws(CUDAError) {
    try ensureAnswering()
    let errors = Mutex<[Int: CUDAError]>([:])
    DispatchQueue.concurrentPerform(iterations: programs.count) { index in
      do throws(CUDAError) {
        try makeCurrent()
        try kernels.prepare(programs[index], of: self)
      } catch {
        errors.withLock { $0[index] = error }
      }
    }
    if let first = errors.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
  }

  /// A kernel, compiled when the first one of its program is asked for. Hold it: to find it takes a look-up.
  /// - Parameters:
  ///   - name: as in its source, where it is `extern "C"`.
  ///   - source: the file's name among the sources.
  package func kernel(_ name: String, in source: String) throws(CUDAError) -> Kernel {
    try ensureAnswering()
    try makeCurrent()
    return try kernels.kernel(name, in: source, of: self)
  }

  /// Asks for a kernel to be run, behind all that was asked for before.
  /// - Parameters:
  ///   - grid: how many blocks of threads, along x, y and z.
  ///   - block: how many threads in each, along x.
  ///   - shared: dynamic shared memory of each block, in bytes.
  ///   - arguments: one for each parameter of the kernel, of its type.
  package func launch(
    _ kernel: Kernel, grid: (Int, Int, Int), block: Int, shared: Int = 0, _ arguments: [KernelArgument]
  ) {
    guard grid.0 > 0, grid.1 > 0, grid.2 > 0 else { return }
    let isComplete = !arguments.contains { $0.memory?.isVoid == true }
    let size = Size(grid: grid, block: block, shared: shared)
    let isLaunched = isComplete && attempt { () throws(CUDAError) in try launch(kernel, size, arguments) } != nil
    guard !isLaunched else { return }
    for case .output(let memory, _) in arguments { memory.becomeVoid() }
  }

  /// How many blocks of how many threads, with how many bytes of shared memory.
  private struct Size {
    var grid: (Int, Int, Int)
    var block: Int
    var shared: Int
  }

  @inline(__always)
  private func launch(_ kernel: Kernel, _ size: Size, _ arguments: [KernelArgument]) throws(CUDAError) {
    try kernel.allow(shared: size.shared, driver)
    func number(_ value: Int) -> UInt32 { UInt32(clamping: value) }
    let result = withPointers(to: arguments) { pointers in
      driver.launchKernel(
        kernel.function, number(size.grid.0), number(size.grid.1), number(size.grid.2), number(size.block), 1, 1,
        number(size.shared), stream.handle, pointers, nil)
    }
    try driver.check(
      result,
      "cuLaunchKernel of \(kernel.name) with a grid of \(size.grid), \(size.block) threads and \(size.shared) bytes shared")
  }

  /// Lends the driver pointers to the arguments' values, which lie on the stack.
  @inline(__always)
  private func withPointers(
    to arguments: [KernelArgument], _ body: (UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Driver.Result
  ) -> Driver.Result {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, arguments.count)) { values in
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: max(1, arguments.count)) { pointers in
        guard let base = values.baseAddress else { return body(nil) }
        for index in arguments.indices {
          (base + index).initialize(to: arguments[index].bits)
          pointers.initializeElement(at: index, to: UnsafeMutableRawPointer(base + index))
        }
        return body(pointers.baseAddress)
      }
    }
  }

  // MARK: - Waiting and failing

  /// Waits until all that was asked for is done.
  package func synchronize() throws(CUDAError) {
    try perform { () throws(CUDAError) in try driver.check(driver.streamSynchronize(stream.handle), "cuStreamSynchronize") }
  }

  /// Throws what has failed, as far as it is known: the card may still be working. Of a lack of room it throws once.
  package func check() throws(CUDAError) { if let failure = takeFailure() { throw failure } }

  /// What has failed. A lack of room is forgotten by it; a lost card stays lost.
  package func takeFailure() -> CUDAError? {
    failures.withLock { failures in
      defer { failures.untold = nil }
      return failures.lost ?? failures.untold
    }
  }

  /// Why a block holds no numbers; nil if it does.
  package func failure(of memory: CardMemory) -> CUDAError? {
    failures.withLock { $0.lost ?? (memory.isVoid ? $0.last : nil) }
  }

  /// How long the card takes for what is asked for in `body`, in seconds, by its own clock.
  package func time(_ body: () -> Void) throws(CUDAError) -> Double {
    let events = try perform { () throws(CUDAError) in (try newEvent(), try newEvent()) }
    defer {
      attempt { () throws(CUDAError) -> Void in
        try driver.check(driver.eventDestroy(events.0), "cuEventDestroy")
        try driver.check(driver.eventDestroy(events.1), "cuEventDestroy")
      }
    }
    try perform { () throws(CUDAError) in try driver.check(driver.eventRecord(events.0, stream.handle), "cuEventRecord") }
    body()
    return try perform { () throws(CUDAError) in
      try driver.check(driver.eventRecord(events.1, stream.handle), "cuEventRecord")
      try driver.check(driver.eventSynchronize(events.1), "cuEventSynchronize")
      var milliseconds: Float = 0
      try driver.check(driver.eventElapsedTime(&milliseconds, events.0, events.1), "cuEventElapsedTime")
      return Double(milliseconds) / 1000
    }
  }

  private func newEvent() throws(CUDAError) -> OpaquePointer {
    var event: OpaquePointer?
    try driver.check(driver.eventCreate(&event, Driver.Constant.eventDefault), "cuEventCreate")
    guard let event else { throw .lost(cause: "The driver gave neither an error nor an event.") }
    return event
  }

  // MARK: - Calling the driver

  private struct Failures {
    /// Stays.
    var lost: CUDAError?
    /// A lack of room that nobody has been told yet.
    var untold: CUDAError?
    /// The last lack of room: why what is void is so.
    var last: CUDAError?
  }

  /// Each thread has a current context of its own, which most calls go to.
  @inline(__always)
  private func makeCurrent() throws(CUDAError) { try driver.check(driver.contextSetCurrent(handle), "cuCtxSetCurrent") }

  private func ensureAnswering() throws(CUDAError) {
    if lost.load(ordering: .relaxed), let failure = failures.withLock({ $0.lost }) { throw failure }
  }

  /// Calls the driver; what it refuses loses the card.
  @inline(__always)
  private func perform<Value>(_ body: () throws(CUDAError) -> Value) throws(CUDAError) -> Value {
    try ensureAnswering()
    do throws(CUDAError) {
      try makeCurrent()
      return try body()
    } catch {
      throw lose(error)
    }
  }

  /// The same where nobody waits for an answer; nil if it failed. The block that was to be written is void then.
  @inline(__always) @discardableResult
  private func attempt<Value>(for memory: CardMemory? = nil, _ body: () throws(CUDAError) -> Value) -> Value? {
    do throws(CUDAError) {
      return try perform(body)
    } catch {
      memory?.becomeVoid()
      return nil
    }
  }

  private func lose(_ error: CUDAError) -> CUDAError {
    failures.withLock { failures in
      if let first = failures.lost { return first }
      let failure = CUDAError.lost(cause: error.description)
      failures.lost = failure
      lost.store(true, ordering: .relaxed)
      return failure
    }
  }

  private func note(_ failure: CUDAError) {
    failures.withLock { failures in
      failures.untold = failure
      failures.last = failure
    }
  }
}
