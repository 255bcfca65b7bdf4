import Record

/// Two curves, point by point.
///
/// Points belong together by their names where these are unique. The points of a curve that goes along x belong together by their x; those without
/// such an order by both of their numbers, since the index of a point says nothing then.
struct CurveComparison {
  private(set) var findings: [String] = []
  private var known: Set<String> = []
  private let old: TraceData
  private let new: TraceData
  private let rule: NumberRule
  private let x: AxisPair
  private let y: AxisPair

  init(_ old: TraceData, _ new: TraceData, rule: NumberRule) {
    (self.old, self.new, self.rule) = (old, new, rule)
    y = AxisPair(
      old: Axis((0..<old.columns).map { old[0, $0] }), new: Axis((0..<new.columns).map { new[0, $0] }), prefix: "",
      isGiven: true)
    // Without x, points are counted, and their x is where they stand.
    x = AxisPair(
      old: Axis(old.x ?? y.old.places), new: Axis(new.x ?? y.new.places), prefix: "x of ", isGiven: new.x != nil)
  }

  mutating func compare(into numbers: inout NumberChanges) {
    if (old.x == nil) != (new.x == nil) { add("its x values \(new.x == nil ? "went" : "came")") }
    for (axis, what) in [(x.old, "x"), (x.new, "x"), (y.old, "y"), (y.new, "y")] where axis.hasStrangers {
      add("some of its \(what) values are no numbers")
    }
    let pairing = Pairing(pairs: pairs(), oldCount: y.old.count, newCount: y.new.count)
    if pairing.isPermuted { add("the points stand in another order") }
    if !pairing.gone.isEmpty { add("points removed: \(Words.list(pairing.gone.map { point($0, of: old, x.old, y.old) }))") }
    if !pairing.came.isEmpty { add("points added: \(Words.list(pairing.came.map { point($0, of: new, x.new, y.new) }))") }
    if x.old.count != y.old.count || x.new.count != y.new.count, x.old.count != x.new.count {
      add("had \(Words.count(x.old.count, "x value")), has \(x.new.count)")
    }
    for (i, j) in pairing.pairs {
      for axis in [x, y] { compare(i, j, on: axis, into: &numbers) }
      compareLabels(i, j, into: &numbers)
    }
    if old.labels.count != new.labels.count { add("had \(Words.count(old.labels.count, "label")), has \(new.labels.count)") }
  }

  private mutating func add(_ finding: String) {
    let finding = "\(new.name): \(finding)"
    if known.insert(finding).inserted { findings.append(finding) }
  }

  private mutating func compare(_ i: Int, _ j: Int, on axis: AxisPair, into numbers: inout NumberChanges) {
    if axis.isGiven {
      let (a, b) = (axis.old.number(i), axis.new.number(j))
      let acceptance = a.flatMap { a in b.flatMap { accepts(a, $0, on: axis) } }
      numbers.add(a, b, acceptance, largest: axis.largest) { axis.prefix + new.place(0, j) }
    }
    if let before = axis.old.text(i), let after = axis.new.text(j), before != after { add("\(before) -> \(after)") }
  }

  private mutating func compareLabels(_ i: Int, _ j: Int, into numbers: inout NumberChanges) {
    guard old.labels.indices.contains(i), new.labels.indices.contains(j), old.labels[i] != new.labels[j] else { return }
    let isWithin = PrintedText.compare(
      PrintedText(old.labels[i]), PrintedText(new.labels[j]), rule: rule, into: &numbers
    ) { "label of " + new.place(0, j) }
    if !isWithin { add("label: “\(old.labels[i])” -> “\(new.labels[j])”") }
  }

  private func accepts(_ base: Double, _ head: Double, on axis: AxisPair) -> NumberRule.Acceptance? {
    rule.accepts(
      recorded: base, head, isWhole: axis.old.isWhole && axis.new.isWhole, largest: axis.largest)
  }

  private func point(_ index: Int, of trace: TraceData, _ x: Axis, _ y: Axis) -> String {
    let name = trace.labels.indices.contains(index) && !trace.labels[index].isEmpty ? "“\(trace.labels[index])” " : ""
    return "\(name)(\(x.words(index)), \(y.words(index)))"
  }

  // MARK: - Which points belong together

  private func pairs() -> [(Int, Int)] {
    let names = [old, new].map(\.labels)
    if names[0].count == y.old.count, names[1].count == y.new.count, !names[0].isEmpty,
      names.allSatisfy({ Set($0).count == $0.count })
    {
      return Pairing(names[0], names[1]).pairs
    }
    // Equal x in the same order, or names of categories.
    if x.old.isSame(x.new) { return (0..<min(y.old.count, y.new.count)).map { ($0, $0) } }
    if x.old.isRising, x.new.isRising {
      return merged(Array(0..<x.old.count), Array(0..<x.new.count)) { accepts($0, $1, on: x) != nil }
    }
    return unordered()
  }

  /// Points in the order of x, each with the next one whose x is the same.
  private func merged(_ old: [Int], _ new: [Int], _ isSame: (Double, Double) -> Bool) -> [(Int, Int)] {
    var pairs: [(Int, Int)] = []
    var (i, j) = (0, 0)
    while i < old.count, j < new.count {
      guard let a = x.old.number(old[i]), let b = x.new.number(new[j]) else { break }
      if isSame(a, b) {
        pairs.append((old[i], new[j]))
        (i, j) = (i + 1, j + 1)
      } else if a < b {
        i += 1
      } else {
        j += 1
      }
    }
    return pairs.filter { $0.0 < y.old.count && $0.1 < y.new.count }
  }

  /// Equal points belong together, then the rest in the order of their numbers.
  private func unordered() -> [(Int, Int)] {
    var places: [Point: [Int]] = [:]
    for index in (0..<y.old.count).reversed() { places[Point(x.old.words(index), y.old.words(index)), default: []].append(index) }
    var (pairs, came) = ([(Int, Int)](), [Int]())
    for index in 0..<y.new.count {
      if let place = places[Point(x.new.words(index), y.new.words(index))]?.popLast() {
        pairs.append((place, index))
      } else {
        came.append(index)
      }
    }
    func sorted(_ indices: [Int], _ x: Axis, _ y: Axis) -> [Int] {
      indices.sorted { (x.number($0) ?? 0, y.number($0) ?? 0, $0) < (x.number($1) ?? 0, y.number($1) ?? 0, $1) }
    }
    let (rest, new) = (sorted(places.values.flatMap(\.self), x.old, y.old), sorted(came, x.new, y.new))
    let kept = rest.count == new.count ? Array(zip(rest, new)) : merged(rest, new) { accepts($0, $1, on: x) != nil }
    return (pairs + kept).sorted { $0.1 < $1.1 }
  }

  private struct Point: Hashable {
    var x: String
    var y: String
    init(_ x: String, _ y: String) { (self.x, self.y) = (x, y) }
  }

  /// One axis in both curves.
  private struct AxisPair {
    let old: Axis
    let new: Axis
    /// What stands before the name of a point where its number on this axis is meant.
    let prefix: String
    /// Whether its numbers are the author's.
    let isGiven: Bool

    var largest: Double { max(old.largest, new.largest) }
  }

  /// The numbers of all points along an axis.
  private struct Axis {
    private let values: [JSONValue]
    let isWhole: Bool
    let largest: Double

    init(_ values: [JSONValue]) {
      self.values = values
      isWhole = values.allSatisfy { $0.number.map { $0 == $0.rounded() } ?? true }
      largest = values.reduce(0) { max($0, abs($1.number ?? 0)) }
    }

    var count: Int { values.count }
    /// As many numbers that count the values.
    var places: [JSONValue] { values.indices.map { .number(Double($0)) } }
    func number(_ index: Int) -> Double? { values.indices.contains(index) ? values[index].number : nil }
    func text(_ index: Int) -> String? { values.indices.contains(index) ? values[index].string : nil }
    func words(_ index: Int) -> String { values.indices.contains(index) ? values[index].line : "none" }
    func isSame(_ other: Axis) -> Bool { values == other.values }
    /// What is neither a number, nor none, nor a category's name.
    var hasStrangers: Bool { values.contains { $0.optionalNumber == nil && $0.string == nil } }

    var isRising: Bool {
      zip(values, values.dropFirst()).allSatisfy { before, after in
        before.number.flatMap { before in after.number.map { before < $0 } } ?? false
      }
    }
  }
}
