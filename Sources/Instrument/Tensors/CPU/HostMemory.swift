import Synchronization
import Text

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The computer's memory for tensors.
///
/// Large blocks ask the kernel for huge pages, and are used again: filling fresh pages costs more than most arithmetic done on them.
enum HostMemory {
  private static let hugePage = 2 << 20
  private static let released = Mutex(ReleasedBlocks())

  /// Memory for so many numbers, which are not set yet.
  static func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let isLarge = bytes >= 2 * hugePage
    if isLarge, let memory = released.withLock({ $0.reuse(bytes) }) {
      return memory.bindMemory(to: Float.self, capacity: count)
    }
    var memory: UnsafeMutableRawPointer?
    let status = posix_memalign(&memory, isLarge ? hugePage : 64, bytes)
    guard status == 0, let memory else {
      // As for `Array`: no operation on tensors could go on without its result. What is large is weighed before it is asked for.
      fatalError("There is no memory for a tensor of \(count) numbers (\(ByteCount.text(bytes))).")
    }
    #if os(Linux)
      if isLarge { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    return memory.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// Gives back what `take` gave for so many numbers.
  static func giveBack(_ base: UnsafeMutablePointer<Float>, _ count: Int) {
    let bytes = count * MemoryLayout<Float>.stride
    if bytes >= 2 * hugePage, released.withLock({ $0.keep(base, bytes) }) { return }
    free(base)
  }

  /// Large blocks that nobody owns, for tensors of the same size: the next layer needs what the last one needed.
  private struct ReleasedBlocks: @unchecked Sendable {
    private var blocks: [Int: [UnsafeMutableRawPointer]] = [:]
    private var total = 0
    private static let limit = 256 << 20

    mutating func reuse(_ bytes: Int) -> UnsafeMutableRawPointer? {
      guard let block = blocks[bytes]?.popLast() else { return nil }
      total -= bytes
      return block
    }

    mutating func keep(_ block: UnsafeMutableRawPointer, _ bytes: Int) -> Bool {
      guard bytes <= Self.limit else { return false }
      // What is kept for another size makes room: sizes change with the prompt.
      while total + bytes > Self.limit, let size = blocks.first(where: { $0.key != bytes && !$0.value.isEmpty })?.key,
        let old = blocks[size]?.popLast()
      {
        free(old)
        total -= size
      }
      guard total + bytes <= Self.limit else { return false }
      blocks[bytes, default: []].append(block)
      total += bytes
      return true
    }
  }
}
