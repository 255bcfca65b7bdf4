#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The memory of a tensor, released with its last owner.
///
/// Large blocks ask the kernel for huge pages: filling fresh pages of 4 KB costs more than most arithmetic done on them.
/// Written to only through `Tensor`, which makes sure first that it is the only owner; that is why it may be shared between threads.
final class TensorStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>

  private static let hugePage = 2 << 20

  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let isLarge = bytes >= 2 * Self.hugePage
    var memory: UnsafeMutableRawPointer?
    let status = posix_memalign(&memory, isLarge ? Self.hugePage : 64, bytes)
    guard status == 0, let memory else {
      preconditionFailure("No memory for a tensor of \(count) numbers (\(bytes >> 20) MiB).")
    }
    #if os(Linux)
      if isLarge { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { free(base) }
}
