import Randomness

/// Which examples a probe learns from, and on which others it is measured. It never is on those that it has learned from.
public struct ProbeSplit: Sendable, Equatable {
  fileprivate enum Kind: Sendable, Equatable {
    case heldOut(Double)
    case folds(Int)
    case given([Int])
  }

  private let kind: Kind
  private let seed: UInt64

  /// A share of the examples is held out; of each class as large a share, as far as that goes.
  public static func heldOut(_ share: Double = 0.25, seed: UInt64 = 0) -> ProbeSplit {
    ProbeSplit(kind: .heldOut(share), seed: seed)
  }
  /// Each example is held out once: in one of so many parts, while a probe learns from the others.
  public static func folds(_ count: Int = 5, seed: UInt64 = 0) -> ProbeSplit { ProbeSplit(kind: .folds(count), seed: seed) }
  /// The examples of these indices are held out.
  public static func given(test: [Int]) -> ProbeSplit { ProbeSplit(kind: .given(test), seed: 0) }

  /// The examples to learn from and to measure on, once for each fold.
  /// - Parameters:
  ///   - classes: each example's class, of which each part has its share; none if empty.
  ///   - groups: examples of one group are never on both sides.
  ///   - units: what the groups are, in the plural.
  package func parts(
    count: Int, classes: [String], groups: [String]?, units: String = "groups"
  ) throws(ProbingError) -> [(train: [Int], test: [Int])] {
    if let groups { try requireEqualCounts(("groups", groups.count), ("examples", count)) }
    let parts: [[Int]]
    switch kind {
    case .heldOut(let share):
      guard share > 0, share < 1 else { throw .badRequest("A share of \(share) cannot be held out. Write one between 0 and 1.") }
      let order = order(count, classes, groups)
      // A unit is what stays together: an example, or a group.
      let unit = Dictionary(uniqueKeysWithValues: order.enumerated().flatMap { place, members in members.map { ($0, place) } })
      parts = [(0..<count).filter { isHeldOut(unit[$0] ?? 0, share: share) }]
    case .folds(let folds):
      let order = order(count, classes, groups)
      guard folds > 1 else { throw .badRequest("\(folds) folds hold nothing out. Take 2 or more; 5 are usual.") }
      guard folds <= order.count else {
        throw .badRequest(
          "\(folds) folds need as many \(groups == nil ? "examples" : units), and there \(order.count == 1 ? "is" : "are") \(order.count). "
            + (order.count > 1 ? "Give more, or take fewer folds." : "Give more."))
      }
      parts = (0..<folds).map { fold in
        order.enumerated().filter { $0.offset % folds == fold }.flatMap(\.element).sorted()
      }
    case .given(let test):
      guard test.allSatisfy({ (0..<count).contains($0) }), Set(test).count == test.count else {
        throw .badRequest("The held-out examples must be among 0 to \(count - 1), each once.")
      }
      parts = [test]
    }
    return try parts.map { test throws(ProbingError) in try side(test, count, groups) }
  }

  private func side(_ test: [Int], _ count: Int, _ groups: [String]?) throws(ProbingError) -> (train: [Int], test: [Int]) {
    let held = Set(test)
    let train = (0..<count).filter { !held.contains($0) }
    guard !train.isEmpty, !test.isEmpty else {
      throw .badRequest(
        "Of \(count) examples \(test.count) are held out: one side is empty. Give more, or hold out another share.")
    }
    if let groups, let both = Set(test.map { groups[$0] }).intersection(train.map { groups[$0] }).min() {
      throw .badRequest("The group “\(both)” has examples on both sides of the split. Hold out all of a group, or none.")
    }
    return (train, test)
  }

  /// Of what follows in order, as evenly as can be.
  private func isHeldOut(_ place: Int, share: Double) -> Bool {
    (Double(place + 1) * share).rounded(.down) > (Double(place) * share).rounded(.down)
  }

  /// What stays together, shuffled, one class after the other: whoever takes every so-manieth takes as many of each class.
  private func order(_ count: Int, _ classes: [String], _ groups: [String]?) -> [[Int]] {
    var random = SeededGenerator(seed: seed)
    let names = groups ?? (0..<count).map(String.init)
    var units: [String: [Int]] = [:]
    for (index, name) in names.enumerated() { units[name, default: []].append(index) }
    let shuffled = units.values.sorted { $0[0] < $1[0] }.shuffled(using: &random)
    guard !classes.isEmpty else { return shuffled }
    // By the class of a unit's first example; the order within a class stays.
    return shuffled.enumerated().sorted { (classes[$0.element[0]], $0.offset) < (classes[$1.element[0]], $1.offset) }
      .map(\.element)
  }
}

extension ProbeSplit: CustomStringConvertible {
  /// How examples are held out: `a quarter held out`.
  public var description: String {
    switch kind {
    case .heldOut(let share): "\(Int((share * 100).rounded())) % held out, seed \(seed)"
    case .folds(let count): "\(count) folds, seed \(seed)"
    case .given(let test): "\(test.count) given examples held out"
    }
  }
}
