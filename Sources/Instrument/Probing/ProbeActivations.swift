import Checkpoints
import Tensors
import Transformer

extension LanguageModel {
  /// One activation of each prompt, as probes learn from them: `[prompt, width]`. Of a component with heads, the heads lie one behind
  /// the other, or `head` alone.
  ///
  /// - Parameters:
  ///   - point: where; no square of queries and keys.
  ///   - positions: one for each prompt, from 0; at the last position if nil. What stands behind it is not computed.
  /// - Throws: `ProbingError` for no prompts, positions that a prompt does not have, and heads that there are not.
  public func activations(
    of prompts: [some Prompt], at point: HookPoint, head: Int? = nil, positions: [Int]? = nil
  ) throws -> Tensor {
    try activations(of: prompts, at: [point], head: head, positions: positions)[0]
  }

  /// One activation of each prompt at several hook points, which are all read in one run of each prompt: `[prompt, width]` for each
  /// point, in their order.
  public func activations(
    of prompts: [some Prompt], at points: [HookPoint], head: Int? = nil, positions: [Int]? = nil
  ) throws -> [Tensor] {
    guard !prompts.isEmpty else { throw ProbingError.noExamples(of: "prompts") }
    guard !points.isEmpty else { throw ProbingError.noExamples(of: "hook points") }
    for point in points { try checkProbed(point, head: head) }
    if let positions { try requireEqualCounts(("prompts", prompts.count), ("positions", positions.count)) }
    let beginnings = try prompts.enumerated().map { index, prompt in
      let tokens = try prompt.tokens(for: self)
      guard let position = positions?[index] else { return tokens }
      guard tokens.indices.contains(position) else {
        throw ProbingError.badRequest(
          "Prompt \(index) has \(tokens.count) tokens, positions 0 to \(tokens.count - 1), and no position \(position).")
      }
      // No position knows what comes behind it.
      return Array(tokens[...position])
    }
    let runs = try run(batch: beginnings, capturing: .points(points).atLast(1), logits: .none)
    return try points.map { point in
      Tensor.stack(
        try runs.map { run in
          let row = try run.cache[point].home().select(0)
          return (head.map { row.select($0) } ?? row).reshaped([-1])
        })
    }
  }

  /// An error for a point at which an activation is no row of numbers, or has no such head.
  func checkProbed(_ point: HookPoint, head: Int?) throws {
    let heads = point.headCount(config)
    guard ![.attentionScores, .pattern].contains(point.component) else {
      throw ProbingError.badRequest(
        "\(point) is a square of queries and keys, and no row of numbers at a position. Choose another.")
    }
    guard let head else { return }
    guard let heads, (0..<heads).contains(head) else {
      throw ProbingError.badRequest(
        "There is no head \(head) at \(point): \(heads.map { "it has heads 0 to \($0 - 1)" } ?? "it has no heads").")
    }
  }
}
