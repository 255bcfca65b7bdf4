import Synchronization

/// A block of a card's memory. Its last owner's end gives it back to the pool, without a call of the driver.
///
/// A block for which there was no room, and whatever would have been computed from it, is *void*: it holds no numbers. Launches that touch
/// it are left out, and reading it is refused; so a whole layer's work may be asked for before anybody looks at what became of it.
package final class CardMemory: Sendable {
  package let context: CardContext
  /// On the card; 0 if there was no room.
  package let address: UInt64
  /// As asked for; the block may be larger.
  package let byteCount: Int
  private let void: Atomic<Bool>

  init(_ context: CardContext, address: UInt64, byteCount: Int) {
    self.context = context
    self.address = address
    self.byteCount = byteCount
    void = Atomic(address == 0)
  }

  deinit { if address != 0 { context.giveBack(address, byteCount: byteCount) } }

  /// Whether it holds no numbers.
  package var isVoid: Bool { void.load(ordering: .relaxed) }

  /// From now on it holds no numbers: what was to be written into it was not.
  func becomeVoid() { void.store(true, ordering: .relaxed) }
}

extension CardMemory {
  /// Stops the program if a range is not within the block: it is the caller's own mistake, and would be another block's content.
  func address(at offset: Int, bytes: Int, file: StaticString = #fileID, line: UInt = #line) -> UInt64 {
    guard offset >= 0, bytes >= 0, bytes <= byteCount, offset <= byteCount - bytes else {
      fatalError("bytes \(offset) to \(offset + bytes) are not within a block of \(byteCount) bytes", file: file, line: line)
    }
    return address + UInt64(offset)
  }
}
