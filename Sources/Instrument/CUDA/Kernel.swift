import Synchronization

/// A compiled kernel of a card, ready to be launched. A backend holds those that it uses.
package final class Kernel: Sendable {
  /// As in its source.
  package let name: String
  nonisolated(unsafe) let function: OpaquePointer
  /// Shared memory that a launch may ask for without telling the driver first, in bytes.
  private let sharedLimit: Atomic<Int>
  /// The most that may ever be asked for.
  private let sharedMost: Int

  init(_ name: String, in module: KernelModule, of context: CardContext) throws(CUDAError) {
    let driver = context.driver
    var function: OpaquePointer?
    try driver.check(driver.moduleGetFunction(&function, module.handle, name), "cuModuleGetFunction(\(name))")
    guard let function else { throw .compilation(file: name, log: "The driver has no function for the kernel.") }
    var own: Int32 = 0
    try driver.check(
      driver.functionGetAttribute(&own, Driver.Constant.functionSharedSize, function), "cuFuncGetAttribute(\(name))")
    self.name = name
    self.function = function
    sharedLimit = Atomic(max(0, Self.sharedAlways - Int(own)))
    sharedMost = max(0, context.card.sharedMemoryPerBlock - Int(own))
  }

  /// What each block may have without being allowed more, on any card.
  private static let sharedAlways = 48 << 10

  /// Lets a launch have so many bytes of shared memory. The context must be current.
  @inline(__always)
  func allow(shared bytes: Int, _ driver: Driver) throws(CUDAError) {
    if bytes > sharedLimit.load(ordering: .relaxed) { try raise(toHold: bytes, driver) }
  }

  private func raise(toHold bytes: Int, _ driver: Driver) throws(CUDAError) {
    // The most that there is, at once: so nothing depends on which thread comes first.
    let most = max(bytes, sharedMost)
    try driver.check(
      driver.functionSetAttribute(function, Driver.Constant.functionMaxDynamicSharedSize, Int32(clamping: most)),
      "cuFuncSetAttribute(\(name), \(most) bytes of shared memory)")
    sharedLimit.store(most, ordering: .relaxed)
  }
}

/// A compiled program on a card.
final class KernelModule: @unchecked Sendable {
  let handle: OpaquePointer

  init(_ handle: OpaquePointer) { self.handle = handle }
}
