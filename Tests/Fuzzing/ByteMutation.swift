/// Changes that know nothing of what the bytes mean.
enum ByteMutation {
  /// No input grows beyond this by mutations, in bytes.
  static let longest = 1 << 17

  static func mutate(_ bytes: inout [UInt8], other: [UInt8], _ chance: inout Chance) {
    let place = chance.below(bytes.count + 1)
    let end = min(bytes.count, place + chance.size(upTo: max(1, bytes.count)))
    switch chance.below(10) {
    case 0 where !bytes.isEmpty: bytes[min(place, bytes.count - 1)] ^= 1 << UInt8(chance.below(8))
    case 1 where !bytes.isEmpty: bytes[min(place, bytes.count - 1)] = UInt8(truncatingIfNeeded: chance.next())
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: chance.pick(Hostile.bytes), at: place)
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5: bytes = Array(bytes[..<place])
    case 6: overwrite(&bytes, at: place, chance.pick(Hostile.bytes))
    case 7: splice(&bytes, at: place, other, &chance)
    case 8:
      let part = Array(bytes[place..<min(end, place + 64)])
      repeatPart(&bytes, part, at: place, count: chance.size(upTo: 3000))
    default: bytes.insert((0...255).randomElement(using: &chance) ?? 0, at: place)
    }
    if bytes.count > longest { bytes = Array(bytes[..<longest]) }
  }

  static func repeatPart(_ bytes: inout [UInt8], _ part: [UInt8], at place: Int, count: Int) {
    guard !part.isEmpty else { return }
    let count = min(count, longest / part.count)
    var many: [UInt8] = []
    many.reserveCapacity(part.count * count)
    for _ in 0..<count { many += part }
    bytes.insert(contentsOf: many, at: place)
  }

  private static func overwrite(_ bytes: inout [UInt8], at place: Int, _ new: [UInt8]) {
    for (index, byte) in zip(place..<bytes.count, new) { bytes[index] = byte }
  }

  /// The beginning of one, and the end of another.
  private static func splice(_ bytes: inout [UInt8], at place: Int, _ other: [UInt8], _ chance: inout Chance) {
    let from = chance.below(other.count + 1)
    if chance.one(in: 2) {
      bytes = Array(bytes[..<place] + other[from...])
    } else {
      bytes.insert(contentsOf: other[from..<min(other.count, from + chance.size(upTo: max(1, other.count)))], at: place)
    }
  }
}
