import Foundation
import Transformer
import Tensors

/// What AtP* does besides attribution patching, where that fails in known ways (Kramár et al. 2024, arXiv:2403.00745).
public struct AttributionRefinement: OptionSet, Hashable, Sendable {
  /// The chosen refinements, one bit for each.
  public let rawValue: Int

  /// Refinements by their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// For queries and keys, the softmax is computed with the exchanged query or key, and only what lies behind it is taken to be linear:
  /// where attention is saturated, its derivative is 0, and the effect of another query is not.
  public static let qkFix = AttributionRefinement(rawValue: 1)
  /// The values are means of sizes over backward passes, each of which leaves one layer's attention and MLP out: effects of opposite
  /// signs along different paths no longer hide each other. A size has no sign.
  public static let gradDrop = AttributionRefinement(rawValue: 2)
  /// Both refinements.
  public static let star: AttributionRefinement = [.qkFix, .gradDrop]
}

extension LanguageModel {
  /// The values of one layer's component, `[head, position]` or `[position]`.
  func refined(
    _ point: HookPoint, _ runs: RunPair, by gradients: BaseGradients, _ refinement: AttributionRefinement
  ) throws -> Tensor {
    let estimate: (ActivationCache) throws -> Tensor
    if refinement.contains(.qkFix), [.query, .rotatedQuery, .key, .rotatedKey].contains(point.component), let layer = point.layer
    {
      let change = try PatternChange(self, layer: layer, runs)
      let isQuery = [.query, .rotatedQuery].contains(point.component)
      estimate = { try isQuery ? change.ofQueries($0) : change.ofKeys($0) }
    } else {
      let difference = try runs.base.activations[point] - runs.donor.activations[point]
      estimate = { try ($0[point] * difference).attributed(point.component) }
    }
    guard refinement.contains(.gradDrop) else { return try estimate(gradients.whole) }
    // What lies within a layer has no effect when the layer is left out; the residual stream beside it has.
    let isBeside = [.residualPre, .residualMid, .residualPost].contains(point.component)
    let passes = gradients.dropped.enumerated().filter { isBeside || $0.offset != point.layer }.map(\.element)
    let sizes = try passes.map { try estimate($0).magnitude() }
    guard let first = sizes.first else { return try estimate(gradients.whole).magnitude() }
    return sizes.dropFirst().reduce(first) { $0 + $1 } / Float(sizes.count)
  }
}

extension ModelConfiguration {
  /// Where queries pass as they meet the keys.
  var meetingQuery: HookPoint.Component { positions == .learned ? .query : .rotatedQuery }

  /// Where keys pass as they meet the queries.
  var meetingKey: HookPoint.Component { positions == .learned ? .key : .rotatedKey }
}

/// How a layer's patterns change when one query, or one key, is that of the corrupted prompt; and what the gradient at the pattern makes
/// of it.
private struct PatternChange {
  private let config: ModelConfiguration
  private let layer: Int
  private let start: Int
  /// The patterns of the clean prompt, `[h, query, key]`.
  private let patterns: Tensor
  /// As they meet, `[position, h, c]` and `[position, g, c]`, from `start` on.
  private let queries: (clean: Tensor, corrupted: Tensor)
  private let keys: (clean: Tensor, corrupted: Tensor)
  /// As they meet the queries, of the clean prompt, `[position, g · c]` from 0 on.
  private let allKeys: Tensor

  init(_ model: LanguageModel, layer: Int, _ runs: RunPair) throws {
    (config, self.layer, start, allKeys) = (model.config, layer, runs.base.start, runs.base.keys(layer: layer))
    patterns = try runs.base.activations[.pattern(layer: layer)]
    let (query, key) = (HookPoint(config.meetingQuery, layer: layer), HookPoint(config.meetingKey, layer: layer))
    queries = (try runs.base.activations[query], try runs.donor.activations[query])
    keys = (try runs.base.activations[key], try runs.donor.activations[key])
  }

  private var window: Int { config.windows[layer] ?? .max }

  /// The scores of some queries of one head, `[query, key]`, scaled, before a cap.
  private func scores(_ queries: Tensor, _ head: Int) -> Tensor {
    let first = head / config.headsPerKeyValueHead * config.headWidth
    let keys = Tensor(rows: allKeys.rows.map { Array($0[first..<first + config.headWidth]) })
    var scores = queries.select(head, axis: 1).multiplied(by: keys.transposed())
    scores.scale(by: config.attention.scale)
    return scores
  }

  /// For each head and query, the gradient times what its row loses when the query is the corrupted one: `[h, position]`.
  func ofQueries(_ gradients: ActivationCache) throws -> Tensor {
    let gradient = try gradients[.pattern(layer: layer)]
    return Tensor.stack(
      (0..<config.heads).map { head in
        var changed = scores(queries.corrupted, head)
        if let cap = config.attention.softCap { changed.softCap(at: cap) }
        changed.applyCausalSoftmax(visible: start + 1, window: window)
        return (gradient.select(head) * (patterns.select(head) - changed)).sum(axis: 1)
      })
  }

  /// For each key and value head and each key, the gradient times what all rows lose when the key is the corrupted one: `[g, position]`. With
  /// one score changed by Δ, a weight a becomes a·e^Δ / (1 + a(e^Δ - 1)), and the others shrink by the same divisor.
  func ofKeys(_ gradients: ActivationCache) throws -> Tensor {
    let gradient = try gradients[.pattern(layer: layer)]
    let count = queries.clean.shape[0]
    var values = Tensor(repeating: 0, shape: [config.keyValueHeads, count])
    for head in 0..<config.heads {
      let group = head / config.headsPerKeyValueHead
      let change = keys.corrupted.select(group, axis: 1) - keys.clean.select(group, axis: 1)
      let deltas = growth(queries.clean.select(head, axis: 1).multiplied(by: change.transposed()), head)
      for query in 0..<count {
        let (a, g) = (patterns.select(head).select(query).elements, gradient.select(head).select(query).elements)
        let sum = zip(a, g).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        let first = query >= window ? query + 1 - window : 0
        for key in first...query {
          let (weight, slope) = (Double(a[start + key]), Double(g[start + key]))
          let growth = weight * expm1(Double(deltas[query, key]))
          values[group, key] += Float(sum - (sum + slope * growth) / (1 + growth))
        }
      }
    }
    return values
  }

  /// By how much scores grow, `[query, key]` from `start` on, when products of queries and keys grow by `products`: through scale and cap.
  private func growth(_ products: Tensor, _ head: Int) -> Tensor {
    var deltas = products
    deltas.scale(by: config.attention.scale)
    guard let cap = config.attention.softCap else { return deltas }
    let all = scores(queries.clean, head)
    let own = Tensor(rows: all.rows.map { Array($0[start...]) })
    var (before, after) = (own, own + deltas)
    before.softCap(at: cap)
    after.softCap(at: cap)
    return after - before
  }
}
