import Checkpoints
import Randomness
import Statistics
import Tensors
import Transformer

extension RandomAccessCollection {
  /// The elements in an order, drawn evenly, in which none keeps its place: sources that belong to other bases.
  /// - Throws: `ProbingError` for one element alone, which cannot leave its place.
  public func deranged(seed: UInt64 = 0) throws -> [Element] {
    let elements = Array(self)
    guard elements.count != 1 else {
      throw ProbingError.badRequest("One element alone has no order in which it does not keep its place. Give two or more.")
    }
    var random = SeededGenerator(seed: seed)
    // About every third order is one.
    while true {
      let order = elements.indices.shuffled(using: &random)
      if order.enumerated().allSatisfy({ $0.offset != $0.element }) { return order.map { elements[$0] } }
    }
  }
}

extension LanguageModel {
  /// Replaces activations of a run by themselves, one hook point after the other, and gives by how much any logit changes at most: 0. If it
  /// is not, the exchanging itself does something, and what exchanges measure is not what they say.
  ///
  /// - Parameters:
  ///   - points: those that patching, or ablating, is to change.
  ///   - head: only this head's part.
  /// - Throws: what runs throw, and `ProbingError` for no points.
  public func selfSwap(_ prompt: some Prompt, at points: [HookPoint], head: Int? = nil) throws -> Float {
    guard !points.isEmpty else { throw ProbingError.noExamples(of: "hook points") }
    let run = try run(prompt, capturing: .points(points), logits: .all)
    return try points.map { point in
      let activation = try run.cache[point]
      let isSquare = [.attentionScores, .pattern].contains(point.component)
      let own = head.map { activation.select($0, axis: isSquare ? 0 : 1) } ?? activation
      let again = try self.run(prompt, hooks: [Replacement(point, head: head, with: own)], logits: .all)
      return (again.logits - run.logits).magnitude().max()
    }.max() ?? 0
  }
}

extension EvidenceMap {
  /// A map of numbers over examples, `[example, row, column]`, such as effects of heads `[example, layer, head]`.
  /// - Parameters:
  ///   - names: one for each example; by default `#0`, `#1`, …
  ///   - resamples: of the bootstrap of each cell.
  /// - Throws: `StatisticsError` for numbers that are not finite, and for names that do not fit; `ProbingError` for another shape.
  public init(
    _ title: String, values: Tensor, names: [String]? = nil, rows: String = "layer", columns: String = "head",
    resamples: Int = 2000, note: String? = nil
  ) throws {
    guard values.rank == 3 else { throw ProbingError.badShape(values.shape, expected: "`[example, \(rows), \(columns)]`") }
    let home = values.home()
    try self.init(
      title,
      cells: (0..<values.shape[1]).map { row in
        try (0..<values.shape[2]).map { column in
          try Evidence(
            "\(rows) \(row), \(columns) \(column)",
            values: (0..<values.shape[0]).map { Double(home[$0, row, column]) }, names: names, resamples: resamples)
        }
      }, rows: rows, columns: columns, note: note)
  }
}
