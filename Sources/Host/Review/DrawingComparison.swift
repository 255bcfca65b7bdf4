import Record

/// How two figures are drawn: the limits of colours, the kinds of axes, lines, places of panels. It is all of the schema but the values and names of
/// traces, which are compared as such.
struct DrawingComparison {
  /// What differs, by its place in the schema: `coloraxis.cmax: 0.5 -> 50`.
  private(set) var differences: [String] = []
  /// Of those that differ, and by no more than the tolerance.
  private(set) var numbers = NumberChanges()
  private let rule: NumberRule

  init(_ base: JSONValue, _ head: JSONValue, rule: NumberRule) {
    self.rule = rule
    let members = [base, head].map { ($0.object ?? [:]).filter { $0.key != "data" } }
    for (index, traces) in zip(base["data"]?.array ?? [], head["data"]?.array ?? []).enumerated() {
      compare(Self.drawing(traces.0), Self.drawing(traces.1), "data[\(index)]")
    }
    compare(members[0]["layout"] ?? .null, members[1]["layout"] ?? .null, "")
    compare(.object(members[0].filter { $0.key != "layout" }), .object(members[1].filter { $0.key != "layout" }), "figure")
  }

  /// A trace without what `FigureComparison` compares by itself.
  private static func drawing(_ trace: JSONValue) -> JSONValue {
    guard case .object(let members) = trace else { return trace }
    var compared: Set<String> = members["z"]?.array != nil ? ["z", "name", "type"] : ["x", "y", "name", "type", "text"]
    // Where a stacked bar begins follows from the bars below it.
    if members["type"]?.string == "bar" { compared.insert("base") }
    if members["median"]?.array != nil { compared.formUnion(["lowerfence", "q1", "median", "q3", "upperfence"]) }
    return .object(
      members.filter { key, value in
        !compared.contains(key) || value.array == nil && value.string == nil
      })
  }

  /// - Parameter largest: the largest number beside them.
  private mutating func compare(_ old: JSONValue, _ new: JSONValue, _ path: String, largest: Double = 0) {
    switch (old, new) {
    case (.object(let before), .object(let after)):
      for key in Set(before.keys).union(after.keys).sorted() {
        compare(before[key] ?? .null, after[key] ?? .null, path.isEmpty ? key : "\(path).\(key)")
      }
    case (.array(let before), .array(let after)) where before.count == after.count:
      let largest = (before + after).reduce(0) { max($0, abs($1.number ?? 0)) }
      for index in before.indices { compare(before[index], after[index], "\(path)[\(index)]", largest: largest) }
    case (.number(let before), .number(let after)):
      guard before != after else { return }
      // Positions and sizes are no counts.
      let acceptance = rule.accepts(recorded: before, after, isWhole: false, largest: largest)
      guard acceptance == nil else { return numbers.add(before, after, acceptance, largest: largest) { path } }
      differences.append("\(path): \(Words.change(before, after))")
    case (.string(let before), .string(let after)):
      guard before != after else { return }
      let changed = numbers.changed
      let isWithin = PrintedText.compare(PrintedText(before), PrintedText(after), rule: rule, into: &numbers) { path }
      if !isWithin || numbers.changed > changed { tell(old, new, path) }
    default:
      if old != new { tell(old, new, path) }
    }
  }

  private mutating func tell(_ old: JSONValue, _ new: JSONValue, _ path: String) {
    let (before, after) = SiteReview.excerpts(old.line, new.line, to: 40)
    differences.append("\(path): \(before) -> \(after)")
  }
}
