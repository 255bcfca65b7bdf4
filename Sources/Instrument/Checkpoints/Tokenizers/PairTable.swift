/// What two numbers together lead to: a hash table without deletion, made once.
///
/// It is asked for every pair of neighbours in a text, which is most of what an encoder does.
struct PairTable: Sendable {
  private var keys: [UInt64]
  private var values: [UInt64]
  private var mask: Int
  private(set) var count = 0
  private static let free = UInt64.max

  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    keys = Array(repeating: Self.free, count: size)
    values = Array(repeating: 0, count: size)
    mask = size - 1
  }

  /// The last value counts.
  mutating func set(_ first: UInt32, _ second: UInt32, to value: UInt64) {
    let key = UInt64(first) << 32 | UInt64(second)
    guard key != Self.free else { return }
    if (count + 1) * 2 > keys.count { grow() }
    var place = Self.place(key) & mask
    while keys[place] != Self.free, keys[place] != key { place = (place + 1) & mask }
    if keys[place] == Self.free { count += 1 }
    (keys[place], values[place]) = (key, value)
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    self = PairTable(capacity: keys.count)
    for (key, value) in zip(oldKeys, oldValues) where key != Self.free {
      set(UInt32(truncatingIfNeeded: key >> 32), UInt32(truncatingIfNeeded: key), to: value)
    }
  }

  @inline(__always)
  func value(_ first: UInt32, _ second: UInt32) -> UInt64? {
    let key = UInt64(first) << 32 | UInt64(second)
    return keys.withUnsafeBufferPointer { keys in
      var place = Self.place(key) & mask
      while true {
        let found = keys[place]
        if found == key { return values.withUnsafeBufferPointer { $0[place] } }
        if found == Self.free { return nil }
        place = (place + 1) & mask
      }
    }
  }

  @inline(__always)
  private static func place(_ key: UInt64) -> Int {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (product ^ product >> 32) & 0x7FFF_FFFF_FFFF_FFFF)
  }
}
