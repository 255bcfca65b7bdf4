import Checkpoints
import Statistics
import Tensors
import Transformer

/// By how much a metric changes, example by example, when each part of a component is ablated alone: each head of each layer, or each layer of
/// what has no heads.
///
/// Positive: the part speaks for the clean answer, which it loses without it.
public struct AblationEffects: Sendable {
  /// What was ablated.
  public let component: HookPoint.Component
  /// What stood in its place: `mean ablation`.
  public let ablation: String
  /// The examples' names, in their order.
  public let examples: [String]
  /// The metric of each example with nothing ablated.
  public let before: [Float]
  /// M(nothing ablated) - M(ablated), `[example, layer, head]`, or `[example, layer]` of what has no heads.
  public let values: Tensor

  /// The values with one row for each example: `[example, part]`, of the parts in the order of `labels`.
  public var rows: Tensor { values.reshaped([examples.count, -1]) }

  /// The name of each part: `L3H5`, `L3K0`, `L3`.
  public var labels: [String] {
    guard values.rank == 3 else { return (0..<values.shape[1]).map { "L\($0)" } }
    let letter = [.key, .value, .rotatedKey].contains(component) ? "K" : "H"
    return (0..<values.shape[1]).flatMap { layer in (0..<values.shape[2]).map { "L\(layer)\(letter)\($0)" } }
  }

  /// The effects of one part on each example, in logits.
  /// - Throws: `badRequest` for a part that there is not.
  public func effects(of label: String) throws -> [Float] {
    guard let part = labels.firstIndex(of: label) else {
      throw ModelError.badRequest(
        "There is no part “\(label)” of \(component): there are \(labels.first ?? "none") to \(labels.last ?? "none").")
    }
    return rows.select(part, axis: 1).elements
  }
}

extension AblationEffects {
  /// What one part does over the examples: the mean of what is lost without it, its interval, the decisions that flip, and the examples that it
  /// stands on.
  /// - Throws: `badRequest` for a part that there is not.
  public func evidence(of label: String) throws -> Evidence {
    let (before, lost) = (before.map(Double.init), try effects(of: label).map(Double.init))
    return try Evidence(
      "\(label), \(ablation)", before: before, after: zip(before, lost).map { $0 - $1 }, ofLoss: true, names: examples)
  }

  /// A map of the model, of layers and heads, whose cells hold their evidence.
  public func map(note: String? = nil) throws -> EvidenceMap {
    let columns = values.rank == 3 ? values.shape[2] : 1
    let all = try labels.map { try evidence(of: $0) }
    return try EvidenceMap(
      "\(ablation) of \(component): what the metric loses",
      cells: (0..<values.shape[1]).map { layer in
        Array(all[layer * columns..<(layer + 1) * columns])
      }, columns: values.rank == 3 ? "head" : "component", columnNames: values.rank == 3 ? nil : ["\(component)"],
      note: [note, "n = \(examples.count); positive: the metric is lower without it"].compactMap(\.self).joined(separator: "; "))
  }
}

extension AblationEffects: CustomStringConvertible {
  /// What was ablated, and how.
  public var description: String {
    "\(ablation) of \(component): \(labels.count) parts on \(examples.count) examples"
  }
}

extension LanguageModel {
  /// Ablates each head, or each layer's component, alone, and reads what that does to each example.
  ///
  /// A run is resumed from the ablated activation on; layers below are not computed again, and runs of one layer are computed together.
  ///
  /// - Parameters:
  ///   - component: z, result, mlpOutput, attentionOutput, …: what attribution patching can attribute to.
  ///   - ablation: `.zero`, `.mean(model.means(of: [.z], over: prompts))`, or `.resample(cache)` of another run of the same model, at the same positions.
  ///   - positions: Where; all if nil.
  /// - Throws: `badRequest` for no example; what is wrong with means, positions, components.
  public func ablationEffects(
    of component: HookPoint.Component, on examples: [PromptExample], by ablation: Ablation = .zero,
    positions: (any PositionChoice)? = nil
  ) throws -> AblationEffects {
    guard !examples.isEmpty else { throw ModelError.badRequest("No example is given on which to ablate anything.") }
    try checkAttributable(component)
    let heads = HookPoint(component, layer: 0).headCount(config)
    var (values, before): ([Tensor], [Float]) = ([], [])
    for example in examples {
      let base = try baseRun(example.clean, from: 0, example.metric, capturing: [])
      before.append(base.value)
      let layers = try (0..<config.layers).map { layer in
        let patches = (0..<(heads ?? 1)).map { head in
          Patch(
            [
              .ablate(
                HookPoint(component, layer: layer), head: heads == nil ? nil : head, positions: positions ?? .all, by: ablation)
            ],
            start: 0)
        }
        return Tensor(try resume(base, at: layer, patches).map { base.value - $0 }, shape: heads.map { [$0] } ?? [])
      }
      values.append(Tensor.stack(layers))
    }
    return AblationEffects(
      component: component, ablation: "\(ablation)", examples: examples.map(\.name), before: before, values: Tensor.stack(values))
  }
}
