/// Which elements of two lists belong together, in order, so that what came or went moves nobody.
///
/// Equal elements pair first, and in what lies between them those that are alike in a lesser way. Work and memory grow about linearly: common
/// ends are taken off, elements that are unique on both sides are anchors (patience diff), and only short rests are compared element by
/// element (Myers 1986).
enum Alignment {
  enum Side { case old, new }

  /// Indices of both, rising.
  static func pairs<Element: Hashable>(_ old: [Element], _ new: [Element]) -> [(Int, Int)] {
    pairs(old.count, new.count, by: [{ side, index in side == .old ? old[index] : new[index] }])
  }

  /// Indices of both, rising.
  /// - Parameter levels: what must be equal of two elements that belong together, the strictest first. Each is asked of those elements alone
  ///   that the former left over.
  static func pairs<Key: Hashable>(_ old: Int, _ new: Int, by levels: [(Side, Int) -> Key]) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    for level in levels {
      var all: [(Int, Int)] = []
      var (i, j) = (0, 0)
      for end in pairs + [(old, new)] {
        all += aligned(i..<end.0, j..<end.1, by: level)
        if end.0 < old, end.1 < new { all.append(end) }
        (i, j) = (end.0 + 1, end.1 + 1)
      }
      pairs = all
    }
    return pairs
  }

  private static func aligned<Key: Hashable>(_ old: Range<Int>, _ new: Range<Int>, by key: (Side, Int) -> Key) -> [(Int, Int)] {
    guard !old.isEmpty, !new.isEmpty else { return [] }
    var numbers: [Key: Int] = [:]
    func number(_ key: Key) -> Int {
      if let known = numbers[key] { return known }
      numbers[key] = numbers.count
      return numbers.count - 1
    }
    let (a, b) = (old.map { number(key(.old, $0)) }, new.map { number(key(.new, $0)) })
    return Aligner(old: a, new: b).pairs().map { (old.lowerBound + $0, new.lowerBound + $1) }
  }

  /// The indices of a longest strictly rising part of some numbers (Fredman 1975, patience sorting).
  static func longestRise(_ values: [Int]) -> [Int] {
    var tails: [Int] = []
    var previous = [Int](repeating: -1, count: values.count)
    for (index, value) in values.enumerated() {
      var (low, high) = (0, tails.count)
      while low < high {
        let middle = (low + high) / 2
        if values[tails[middle]] < value { low = middle + 1 } else { high = middle }
      }
      if low > 0 { previous[index] = tails[low - 1] }
      if low == tails.count { tails.append(index) } else { tails[low] = index }
    }
    var rise: [Int] = []
    var next = tails.last ?? -1
    while next >= 0 {
      rise.append(next)
      next = previous[next]
    }
    return rise.reversed()
  }
}

/// Aligns two lists of numbers.
private struct Aligner {
  let old: [Int]
  let new: [Int]

  /// What is left between anchors is compared element by element up to this length: the work grows with its square.
  private static let mostCompared = 512
  /// How often a part is divided by what is unique in it, before elements are told apart by their order.
  private static let mostDivisions = 12

  private struct Part {
    var old: Range<Int>
    var new: Range<Int>
    var divisions: Int
  }

  func pairs() -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    var parts = [Part(old: 0..<old.count, new: 0..<new.count, divisions: 0)]
    while var part = parts.popLast() {
      takeEnds(of: &part, into: &found)
      guard !part.old.isEmpty, !part.new.isEmpty else { continue }
      let anchors = part.divisions < Self.mostDivisions ? self.anchors(of: part, onlyUnique: true) : []
      if !anchors.isEmpty {
        divide(part, at: anchors, into: &parts)
        found += anchors
      } else if part.old.count + part.new.count <= Self.mostCompared {
        found += compared(part)
      } else {
        found += self.anchors(of: part, onlyUnique: false)
      }
    }
    return found.sorted { $0.0 < $1.0 }
  }

  private func takeEnds(of part: inout Part, into found: inout [(Int, Int)]) {
    var (a, b, endA, endB) = (part.old.lowerBound, part.new.lowerBound, part.old.upperBound, part.new.upperBound)
    while a < endA, b < endB, old[a] == new[b] {
      found.append((a, b))
      (a, b) = (a + 1, b + 1)
    }
    while a < endA, b < endB, old[endA - 1] == new[endB - 1] {
      (endA, endB) = (endA - 1, endB - 1)
      found.append((endA, endB))
    }
    (part.old, part.new) = (a..<endA, b..<endB)
  }

  private func divide(_ part: Part, at anchors: [(Int, Int)], into parts: inout [Part]) {
    var (i, j) = (part.old.lowerBound, part.new.lowerBound)
    for end in anchors + [(part.old.upperBound, part.new.upperBound)] {
      if i < end.0, j < end.1 { parts.append(Part(old: i..<end.0, new: j..<end.1, divisions: part.divisions + 1)) }
      (i, j) = (end.0 + 1, end.1 + 1)
    }
  }

  /// Equal elements of both, in the order of both, as many as possible.
  /// - Parameter onlyUnique: those that stand once on either side; otherwise the first of equal elements belongs to the first, the second to
  ///   the second.
  private func anchors(of part: Part, onlyUnique: Bool) -> [(Int, Int)] {
    let others = Dictionary(grouping: part.new) { new[$0] }
    let common = Dictionary(grouping: part.old) { old[$0] }.flatMap { element, here -> [(Int, Int)] in
      let there = others[element] ?? []
      return onlyUnique && (here.count > 1 || there.count > 1) ? [] : Array(zip(here, there))
    }.sorted { $0.0 < $1.0 }
    return Alignment.longestRise(common.map(\.1)).map { common[$0] }
  }

  private func compared(_ part: Part) -> [(Int, Int)] {
    let (a, b) = (Array(old[part.old]), Array(new[part.new]))
    var (removed, inserted) = (Set<Int>(), Set<Int>())
    for change in b.difference(from: a) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    return zip(a.indices.filter { !removed.contains($0) }, b.indices.filter { !inserted.contains($0) })
      .map { (part.old.lowerBound + $0, part.new.lowerBound + $1) }
  }
}
