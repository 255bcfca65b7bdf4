import Record

/// How two figures are drawn: the limits of colours, the kinds of axes, lines, places of panels. It is all of the schema but the values, names and
/// texts, which are compared as such.
struct DrawingComparison {
  /// What differs, by its place in the schema: `coloraxis.cmax: 0.5 -> 50`.
  private(set) var differences: [String] = []
  private let tolerance: Tolerance

  /// What `FigureComparison` compares by itself.
  private static let compared: Set<String> = ["z", "x", "y", "name", "type", "text", "ticktext"]

  init(_ base: JSONValue, _ head: JSONValue, tolerance: Tolerance) {
    self.tolerance = tolerance
    for (index, traces) in zip(base["data"]?.array ?? [], head["data"]?.array ?? []).enumerated() {
      compare(traces.0, traces.1, "data[\(index)]")
    }
    compare(base["layout"] ?? .null, head["layout"] ?? .null, "")
  }

  /// - Parameter scale: the largest number beside them.
  private mutating func compare(_ old: JSONValue, _ new: JSONValue, _ path: String, scale: Double = 0) {
    switch (old, new) {
    case (.object(let before), .object(let after)):
      for key in Set(before.keys).union(after.keys).sorted() where !isCompared(key, path) {
        compare(before[key] ?? .null, after[key] ?? .null, path.isEmpty ? key : "\(path).\(key)")
      }
    case (.array(let before), .array(let after)) where before.count == after.count:
      let scale = (before + after).reduce(0) { max($0, abs($1.number ?? 0)) }
      for index in before.indices { compare(before[index], after[index], "\(path)[\(index)]", scale: scale) }
    case (.number(let before), .number(let after)):
      guard !tolerance.accepts(before, after, scale: max(scale, abs(before), abs(after))) else { return }
      differences.append("\(path): \(Words.number(before)) -> \(Words.number(after))")
    default:
      guard old != new else { return }
      differences.append("\(path): \(Review.shortened(old.line, to: 40)) -> \(Review.shortened(new.line, to: 40))")
    }
  }

  private func isCompared(_ key: String, _ path: String) -> Bool {
    // An annotation's x and y are its place, an axis's type is how it counts.
    path.hasPrefix("data[") ? !path.contains(".") && Self.compared.contains(key) : ["text", "ticktext"].contains(key)
  }
}
