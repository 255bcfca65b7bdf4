import Tensors

/// Byte-pair merging: of all neighbours the pair that was learnt first is made one, the leftmost of several, until none is left.
struct PairMerging: Sendable {
  /// From two tokens to the rank of their merge and the token that they become: `rank << 32 | token`.
  let merges: PairTable

  /// Longer words are merged with a heap: what is below is quicker, and quadratic.
  private static let short = 48

  /// Memory that is used again from word to word.
  struct Scratch {
    var symbols: [UInt32] = []
    fileprivate var ranks: [UInt64] = []
    fileprivate var heap: [UInt64] = []
    fileprivate var previous: [Int32] = []
    fileprivate var next: [Int32] = []
  }

  private static let none = UInt64.max

  /// Merges `scratch.symbols`, which become fewer.
  /// - Throws: `interrupted`.
  func merge(_ scratch: inout Scratch) throws(ModelError) {
    if scratch.symbols.count < 2 { return }
    if scratch.symbols.count <= Self.short { mergeShort(&scratch) } else { try mergeLong(&scratch) }
  }

  private func mergeShort(_ scratch: inout Scratch) {
    var count = scratch.symbols.count
    scratch.ranks.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 {
      scratch.ranks.append(merges.value(scratch.symbols[index], scratch.symbols[index + 1]) ?? Self.none)
    }
    scratch.symbols.withUnsafeMutableBufferPointer { symbols in
      scratch.ranks.withUnsafeMutableBufferPointer { ranks in
        while count > 1 {
          var (best, place) = (Self.none, 0)
          for index in 0..<count - 1 where ranks[index] < best { (best, place) = (ranks[index], index) }
          guard best != Self.none else { break }
          symbols[place] = UInt32(truncatingIfNeeded: best)
          count -= 1
          for index in place + 1..<max(count, place + 1) { symbols[index] = symbols[index + 1] }
          for index in place..<max(count - 1, place) { ranks[index] = ranks[index + 1] }
          if place > 0 { ranks[place - 1] = merges.value(symbols[place - 1], symbols[place]) ?? Self.none }
          if place + 1 < count { ranks[place] = merges.value(symbols[place], symbols[place + 1]) ?? Self.none }
        }
      }
    }
    scratch.symbols.removeLast(scratch.symbols.count - count)
  }

  private func mergeLong(_ scratch: inout Scratch) throws(ModelError) {
    let count = scratch.symbols.count
    scratch.previous = (0..<Int32(count)).map { $0 - 1 }
    scratch.next = (1...Int32(count)).map { $0 == Int32(count) ? -1 : $0 }
    scratch.heap.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { push(&scratch, index, index + 1) }
    var popped = 0
    while let top = scratch.heap.popSmallest() {
      popped += 1
      if popped & 0xFFFF == 0, Interruption.isRequested() { throw .interrupted }
      let (rank, place) = (top >> 32, Int(top & 0xFFFF_FFFF))
      let right = Int(scratch.next[place])
      // What was pushed before one of both was merged is out of date.
      guard right >= 0, scratch.previous[place] != Int32.min,
        let value = merges.value(scratch.symbols[place], scratch.symbols[right]), value >> 32 == rank
      else { continue }
      scratch.symbols[place] = UInt32(truncatingIfNeeded: value)
      let after = scratch.next[right]
      (scratch.next[place], scratch.next[right], scratch.previous[right]) = (after, -1, Int32.min)
      if after >= 0 {
        scratch.previous[Int(after)] = Int32(place)
        push(&scratch, place, Int(after))
      }
      let before = Int(scratch.previous[place])
      if before >= 0 { push(&scratch, before, place) }
    }
    var (place, kept) = (0, 0)
    while place >= 0 {
      scratch.symbols[kept] = scratch.symbols[place]
      kept += 1
      place = Int(scratch.next[place])
    }
    scratch.symbols.removeLast(count - kept)
  }

  private func push(_ scratch: inout Scratch, _ left: Int, _ right: Int) {
    guard let value = merges.value(scratch.symbols[left], scratch.symbols[right]) else { return }
    scratch.heap.insert(value & ~0xFFFF_FFFF | UInt64(left))
  }
}

/// An array as a heap, the smallest first.
extension [UInt64] {
  fileprivate mutating func insert(_ value: UInt64) {
    append(value)
    var place = count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard self[place] < self[parent] else { return }
      swapAt(place, parent)
      place = parent
    }
  }

  fileprivate mutating func popSmallest() -> UInt64? {
    guard let smallest = first, let last = popLast() else { return nil }
    guard !isEmpty else { return smallest }
    self[0] = last
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { return smallest }
      if child + 1 < count, self[child + 1] < self[child] { child += 1 }
      guard self[child] < self[place] else { return smallest }
      swapAt(place, child)
      place = child
    }
  }
}
