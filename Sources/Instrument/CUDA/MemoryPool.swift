/// The blocks of a card's memory that this process has taken from the driver, used again and again.
///
/// A block that was given back is used again at once, though the card may still be working with it: all work of a card is done in one
/// order, so whatever comes next comes later. Sizes fall into classes, since those of a text's tensors grow with each of its tokens. What
/// is not in use goes back to the driver only when something else would not fit.
struct MemoryPool {
  /// The most that it takes, in bytes.
  let budget: Int
  /// The bytes of blocks in use, each counted with its class's size, and the most that they were.
  private(set) var inUse = 0
  private(set) var peak = 0
  /// The bytes of blocks that wait for use.
  private(set) var idle = 0
  /// By class, the addresses of these blocks. The last one given back is the first one used, since its content may still be near.
  private var blocks = [[UInt64]](repeating: [], count: 16 * Int.bitWidth)

  init(budget: Int) { self.budget = budget }

  /// How the driver is asked.
  struct Source {
    /// A new block; nil if there is no room.
    var allocate: (_ bytes: Int) throws(CUDAError) -> UInt64?
    /// Gives blocks back, when nothing works with them any more.
    var free: (_ addresses: [UInt64]) throws(CUDAError) -> Void
  }

  /// The size of the class that a number of bytes falls into: at most a sixteenth more, or what fills 256 bytes.
  static func size(for bytes: Int) -> Int {
    let step = max(256, (1 << (Int.bitWidth - 1 - max(bytes, 1).leadingZeroBitCount)) / 16)
    return (max(bytes, 1) + step - 1) / step * step
  }

  /// The place of a class among all: its highest bit, and the four behind it, in which no two classes agree.
  private static func place(_ size: Int) -> Int {
    let exponent = Int.bitWidth - 1 - size.leadingZeroBitCount
    return 16 * exponent + (size >> (exponent - 4)) & 15
  }

  /// A block of a class that waits for use; nil if there is none.
  mutating func reuse(_ size: Int) -> UInt64? {
    guard let address = blocks[Self.place(size)].popLast() else { return nil }
    idle -= size
    count(size)
    return address
  }

  /// A new block of a class; nil if there is no room, also after what waits has been given back.
  mutating func add(_ size: Int, from source: Source) throws(CUDAError) -> UInt64? {
    guard size <= budget - inUse else { return nil }
    if size > budget - inUse - idle { try trim(with: source) }
    var address = try source.allocate(size)
    if address == nil, idle > 0 {
      try trim(with: source)
      address = try source.allocate(size)
    }
    if address != nil { count(size) }
    return address
  }

  private mutating func count(_ size: Int) {
    inUse += size
    peak = max(peak, inUse)
  }

  /// Takes a block back.
  mutating func put(_ address: UInt64, size: Int) {
    inUse -= size
    idle += size
    blocks[Self.place(size)].append(address)
  }

  /// Gives all blocks that wait back to the driver.
  mutating func trim(with source: Source) throws(CUDAError) {
    let waiting = blocks.flatMap { $0 }
    for place in blocks.indices { blocks[place] = [] }
    idle = 0
    if !waiting.isEmpty { try source.free(waiting) }
  }

  mutating func resetPeak() { peak = inUse }
}
