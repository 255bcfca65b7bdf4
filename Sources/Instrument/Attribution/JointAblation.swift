import Checkpoints
import Randomness
import Statistics
import Tensors
import Transformer

/// What happens when several heads are ablated together, beside the same with heads drawn at random.
public struct JointAblation: Sendable {
  /// The heads.
  public let heads: [HeadReference]
  /// What stood in their place: `mean ablation`.
  public let ablation: String
  /// The metric of each example before and after; the estimate is of what is lost.
  public let evidence: Evidence
  /// The mean loss beside those of random heads, as many of the same layers; nil if no controls were asked for.
  public let comparison: Comparison?
  /// The largest change of any example's metric when the heads' own numbers are put in their place. Anything but 0 would be an error of the
  /// method.
  public let selfSwap: Float

  /// What a reader must know to believe the number.
  public var note: String {
    [
      "\(evidence)", comparison?.description,
      "the heads' own numbers in their place change the metric by \(selfSwap == 0 ? "0" : "\(selfSwap)")",
    ]
    .compactMap(\.self).joined(separator: "; ")
  }
}

extension JointAblation: CustomStringConvertible {
  /// The heads, and the note.
  public var description: String { note }
}

extension LanguageModel {
  /// Ablates several heads together, reads what that does to each example, and compares it with random heads.
  ///
  /// - Parameters:
  ///   - heads: As `["L9H6", "L9H9"]`.
  ///   - examples: Prompts with their metrics.
  ///   - ablation: What stands in place of the heads' z.
  ///   - positions: Where; all if nil.
  ///   - controls: How many sets of other heads are drawn, no set twice, as many of each layer as were named; of any layer where a layer has too few
  ///     others. Where there are fewer such sets, all of them are taken. 0 for none.
  ///   - seed: Chooses them.
  /// - Throws: `badRequest` for no head, no example, or a head named twice, and where there are not as many other heads; what is wrong with the
  ///   names, the ablation, positions.
  public func jointAblation(
    of heads: [some HeadName], on examples: [PromptExample], by ablation: Ablation = .zero,
    positions: (any PositionChoice)? = nil, controls: Int = 20, seed: UInt64 = 0
  ) throws -> JointAblation {
    let chosen = try checkedHeads(heads)
    guard !examples.isEmpty else { throw ModelError.badRequest("No example is given on which to ablate anything.") }
    var random = SeededGenerator(seed: seed)
    let others = controls > 0 ? try drawn(controls, besides: chosen, using: &random) : (sets: [], areAll: false)
    let sets = [chosen] + others.sets
    var (before, after, selfSwap): ([Double], [[Double]], Float) = ([], sets.map { _ in [] }, 0)
    for example in examples {
      let base = try baseRun(example.clean, from: 0, example.metric, capturing: [.z])
      let patches = sets.map { set in
        Patch(
          set.map { .ablate(.z(layer: $0.layer), head: $0.head, positions: positions ?? .all, by: ablation) }, start: 0)
      }
      let own = Patch(
        chosen.map { .ablate(.z(layer: $0.layer), head: $0.head, positions: positions ?? .all, by: .resample(base.activations)) },
        start: 0)
      let values = try resume(base, at: 0, patches + [own])
      before.append(Double(base.value))
      for index in sets.indices { after[index].append(Double(values[index])) }
      selfSwap = max(selfSwap, abs(values[sets.count] - base.value))
    }
    let names = chosen.map { "L\($0.layer)H\($0.head)" }.joined(separator: ", ")
    let evidence = try Evidence(
      "\(names), \(ablation)", before: before, after: after[0], ofLoss: true, names: examples.map(\.name))
    let losses = after.dropFirst().map { after in zip(before, after).reduce(0) { $0 + $1.0 - $1.1 } / Double(before.count) }
    let comparison =
      losses.isEmpty
      ? nil
      : try Comparison(
        "mean loss", value: evidence.estimate.value, controls: losses,
        of: others.areAll ? "sets of as many other heads, which are all that there are" : "random sets of as many heads",
        side: .fartherFromZero)
    return JointAblation(
      heads: chosen, ablation: "\(ablation)", evidence: evidence, comparison: comparison, selfSwap: selfSwap)
  }

  /// Sets of heads that stand beside a set of which something is claimed: as many of each layer, drawn at random from those that are not
  /// claimed; of any layer where one has too few others. No set comes twice; where there are fewer sets than asked for, the result is all of them.
  ///
  /// ```swift
  /// let claimed = [HeadReference(layer: 5, head: 1), HeadReference(layer: 6, head: 9)]
  /// try Comparison("Effect", of: claimed, beside: model.randomHeads(matching: claimed), named: "random heads") { try effect(of: $0) }
  /// ```
  /// - Throws: `badRequest` for no head, for a head named twice, and where fewer others are left than are claimed.
  public func randomHeads(
    matching heads: [some HeadName], draws: Int = 20, seed: UInt64 = 0
  ) throws -> [[HeadReference]] {
    let chosen = try checkedHeads(heads)
    guard draws > 0 else { throw ModelError.badRequest("\(draws) draws are no control. Take 1 or more; 20 are usual.") }
    var random = SeededGenerator(seed: seed)
    return try drawn(draws, besides: chosen, using: &random).sets
  }

  /// Heads that the model has, each named once.
  private func checkedHeads(_ names: [some HeadName]) throws -> [HeadReference] {
    let heads = try names.map { try $0.reference() }.map { HeadReference(layer: $0.layer, head: $0.head) }
    guard !heads.isEmpty else { throw ModelError.badRequest("No head is named. Name some: [\"L3H1\"].") }
    for head in heads { try head.check(config) }
    guard Set(heads).count == heads.count else { throw ModelError.badRequest("A head is named twice. Name each once.") }
    return heads
  }

  /// Different sets of as many other heads of each layer, each in ascending order, in the order of their draws; all that there are where those are
  /// no more than asked for.
  private func drawn(
    _ count: Int, besides chosen: [HeadReference], using random: inout SeededGenerator
  ) throws -> (sets: [[HeadReference]], areAll: Bool) {
    let sets = HeadSets(
      besides: chosen,
      layers: (0..<config.layers).map { layer in (0..<config.heads).map { HeadReference(layer: layer, head: $0) } })
    guard sets.otherCount >= chosen.count else {
      throw ModelError.badRequest(
        "\(chosen.count) of \(config.layers * config.heads) heads are claimed, and so many others to compare them with there are not. Ask for "
          + "no controls (`controls: 0`).")
    }
    return sets.drawn(count, using: &random)
  }
}
