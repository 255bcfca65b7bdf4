/// Changes to what is written in lines, words and numbers.
enum TextMutation {
  static func mutate(_ bytes: inout [UInt8], other: [UInt8], _ chance: inout Chance) {
    switch chance.below(12) {
    case 0, 1: number(&bytes, &chance)
    case 2: insert(&bytes, Array(chance.pick(Hostile.texts).utf8), &chance)
    case 3: nest(&bytes, &chance)
    case 4, 5, 6: lines(&bytes, other, &chance)
    case 7: insert(&bytes, Array(chance.pick(Hostile.numbers).utf8), &chance)
    case 8: lineEnds(&bytes, &chance)
    case 9: words(&bytes, &chance)
    default: ByteMutation.mutate(&bytes, other: other, &chance)
    }
    if bytes.count > ByteMutation.longest { bytes = Array(bytes[..<ByteMutation.longest]) }
  }

  private static func insert(_ bytes: inout [UInt8], _ new: [UInt8], _ chance: inout Chance) {
    let starts = chance.one(in: 2) ? lineStarts(bytes) : []
    let place = starts.isEmpty ? chance.below(bytes.count + 1) : chance.pick(starts)
    let isLine = !starts.isEmpty && chance.one(in: 2)
    bytes.insert(contentsOf: isLine ? new + [10] : new, at: place)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// One of the numbers in the text becomes another.
  private static func number(_ bytes: inout [UInt8], _ chance: inout Chance) {
    guard let start = bytes.indices.dropFirst(chance.below(bytes.count + 1)).first(where: { isDigit(bytes[$0]) }) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) && $0 != 0x2E && $0 != 0x65 } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Array(chance.pick(Hostile.numbers).utf8))
  }

  /// Brackets within brackets: a few, or very many.
  private static func nest(_ bytes: inout [UInt8], _ chance: inout Chance) {
    let (open, close) = chance.pick(Hostile.brackets)
    let depth = chance.one(in: 8) ? 100_000 : chance.pick([2, 10, 60, 300, 1500])
    let place = chance.below(bytes.count + 1)
    if chance.one(in: 2) { ByteMutation.repeatPart(&bytes, Array(close.utf8), at: place, count: depth) }
    ByteMutation.repeatPart(&bytes, Array(open.utf8), at: place, count: depth)
  }

  /// Where lines begin.
  private static func lineStarts(_ bytes: [UInt8]) -> [Int] {
    [0] + bytes.indices.filter { bytes[$0] == 10 }.map { $0 + 1 }
  }

  private static func lines(_ bytes: inout [UInt8], _ other: [UInt8], _ chance: inout Chance) {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    let place = chance.below(lines.count)
    switch chance.below(7) {
    case 0: lines.remove(at: place)
    case 1: lines.insert(lines[place], at: chance.below(lines.count + 1))
    case 2: lines.swapAt(place, chance.below(lines.count))
    case 3: lines.insert(chance.pick(other.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)), at: place)
    case 4:
      lines.insert(
        contentsOf: [[UInt8]](repeating: lines[place], count: min(chance.size(upTo: 1500), 300_000 / (1 + lines[place].count))),
        at: place)
    case 5: lines[place].insert(contentsOf: [UInt8](repeating: 32, count: chance.pick([1, 2, 3, 4, 8])), at: 0)
    default: lines = Array(lines[place...])
    }
    bytes = Array(lines.joined(separator: [10]))
  }

  private static func lineEnds(_ bytes: inout [UInt8], _ chance: inout Chance) {
    let end: [UInt8] = chance.pick([[13, 10], [13], [0xE2, 0x80, 0xA8], [0xC2, 0x85], [10, 10], [11], []])
    let all = chance.one(in: 2)
    var result: [UInt8] = []
    for byte in bytes {
      if byte == 10, all || chance.one(in: 4) { result += end } else { result.append(byte) }
    }
    bytes = result
  }

  private static func words(_ bytes: inout [UInt8], _ chance: inout Chance) {
    var words = bytes.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
    let place = chance.below(words.count)
    switch chance.below(4) {
    case 0: words.remove(at: place)
    case 1: words.insert(words[place], at: chance.below(words.count + 1))
    case 2: words.swapAt(place, chance.below(words.count))
    default: words[place] = Array(chance.pick(Hostile.texts).utf8)
    }
    bytes = Array(words.joined(separator: [32]))
  }
}
