import Randomness

/// The sets of heads that can stand beside a set of which something is claimed: as many of each layer, none of them claimed. Where a layer has too
/// few others, all of them are part of each set, and the rest comes from any layer.
struct HeadSets {
  /// Of each layer the heads that are not claimed.
  private let others: [[HeadReference]]
  /// How many of each layer every set has at least.
  private let least: [Int]
  /// How many heads a set has.
  private let size: Int

  /// - Parameter layers: all heads of each layer.
  init(besides chosen: [HeadReference], layers: [[HeadReference]]) {
    others = layers.map { heads in heads.filter { !chosen.contains($0) } }
    let claimed = layers.map { heads in heads.count { chosen.contains($0) } }
    least = zip(others, claimed).map { min($0.count, $1) }
    size = chosen.count
  }

  /// How many heads are not claimed.
  var otherCount: Int { others.reduce(0) { $0 + $1.count } }

  /// Different sets, each ascending, in a random order; all sets where those are no more than asked for.
  func drawn(_ count: Int, using random: inout SeededGenerator) -> (sets: [[HeadReference]], areAll: Bool) {
    // Where sets are few, drawing would meet the same ones again and again.
    let few = 10 * count
    if let all = all(upTo: few) {
      return (Array(all.shuffled(using: &random).prefix(count)), all.count <= count)
    }
    var sets: [[HeadReference]] = []
    var known: Set<[HeadReference]> = []
    while sets.count < count {
      let set = one(using: &random)
      if known.insert(set).inserted { sets.append(set) }
    }
    return (sets, false)
  }

  private func one(using random: inout SeededGenerator) -> [HeadReference] {
    let shuffled = others.map { $0.shuffled(using: &random) }
    let own = zip(shuffled, least).flatMap { $0.prefix($1) }
    let rest = zip(shuffled, least).flatMap { $0.dropFirst($1) }
    return Self.ascending(own + rest.shuffled(using: &random).prefix(size - own.count))
  }

  /// All sets; nil if they are more than so many.
  private func all(upTo limit: Int) -> [[HeadReference]]? {
    // Each beginning of a set, of the layers so far, is the beginning of at least one set.
    var beginnings: [[HeadReference]] = [[]]
    for layer in others.indices {
      let behind = (layer + 1)..<others.count
      let (fewest, most) = (least[behind].reduce(0, +), others[behind].reduce(0) { $0 + $1.count })
      var next: [[HeadReference]] = []
      for beginning in beginnings {
        let open = size - beginning.count
        for count in max(least[layer], open - most)...max(least[layer], min(others[layer].count, open - fewest)) {
          guard let chosen = Self.choices(of: count, from: others[layer], upTo: limit) else { return nil }
          next += chosen.map { beginning + $0 }
          guard next.count <= limit else { return nil }
        }
      }
      beginnings = next
    }
    return beginnings
  }

  /// All choices of so many of some heads, in their order; nil if they are more than so many.
  private static func choices(of count: Int, from heads: [HeadReference], upTo limit: Int) -> [[HeadReference]]? {
    guard count > 0 else { return [[]] }
    var choices: [[HeadReference]] = []
    for first in heads.indices.dropLast(count - 1) {
      guard let rest = Self.choices(of: count - 1, from: Array(heads[(first + 1)...]), upTo: limit) else { return nil }
      choices += rest.map { [heads[first]] + $0 }
      guard choices.count <= limit else { return nil }
    }
    return choices
  }

  private static func ascending(_ heads: some Sequence<HeadReference>) -> [HeadReference] {
    heads.sorted { ($0.layer, $0.head) < ($1.layer, $1.head) }
  }
}
