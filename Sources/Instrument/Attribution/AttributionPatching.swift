import Transformer
import Tensors

extension LanguageModel {
  /// Attribution patching: at every position of every layer, `Σ_d (a_clean - a_corrupted) · ∂M/∂a` at the clean activation, which is to
  /// first order what exchanging that one activation would change (Nanda 2023; Syed et al. 2023, arXiv:2310.10348).
  ///
  /// One forward pass of each prompt and one backward pass serve all components that are asked for. Where the prompts agree, up to
  /// `firstPosition` of the result, nothing is computed backward, and nothing forward that is remembered; the numbers are those of the full
  /// computation.
  ///
  /// - Parameters:
  ///   - clean: The prompt that leads to the clean answer.
  ///   - corrupted: One of as many tokens that does not.
  ///   - metric: What the answer is measured by, as `LogitDifference(clean: " a", corrupted: " b")`.
  ///   - components: Of residualPre, residualMid, mlpOutput, attentionOutput, z, result, query, key, value, pattern, as far as the model has
  ///     them.
  ///   - refinement: What of AtP* is done besides; see `AttributionRefinement`.
  ///   - nodes: How many activations are exchanged in truth, to compare; 0 for none.
  ///   - seed: Chooses them.
  /// - Returns: The attribution of each component, in the given order.
  public func attributionPatching(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, components: [HookPoint.Component],
    refinement: AttributionRefinement = [], checking nodes: Int = 0, seed: UInt64 = 0
  ) throws -> [ComponentAttribution] {
    let prompts = try PromptPair(clean: clean, corrupted: corrupted, model: self)
    try components.forEach(checkAttributable)
    let start = prompts.firstDifference
    let wanted = refinement.contains(.qkFix) ? components + [config.meetingQuery, config.meetingKey, .pattern] : components
    // The corrupted prompt first: the backward pass's memory is needed only then.
    let corrupted = try baseRun(prompts.corrupted, from: start, metric, capturing: Set(wanted))
    let (clean, gradients) = try baseRunWithGradients(
      prompts.clean, from: start, metric, capturing: Set(wanted), droppingEach: refinement.contains(.gradDrop))
    let runs = RunPair(base: clean, donor: corrupted)
    return try components.map { component in
      let layers = try (0..<config.layers).map { layer in
        try refined(HookPoint(component, layer: layer), runs, by: gradients, refinement)
      }
      var result = ComponentAttribution(
        component: component, method: .attributionPatching(refinement), values: Tensor.stack(layers).afterZeros(start),
        firstPosition: start, prompts: prompts, metric: (clean.value, corrupted.value), completeness: nil)
      if nodes > 0 { result.check = try compareWithPatching(result, runs, nodes: nodes, seed: seed) }
      return result
    }
  }

  /// `attributionPatching` of one component.
  public func attributionPatching(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, component: HookPoint.Component,
    refinement: AttributionRefinement = [], checking nodes: Int = 0, seed: UInt64 = 0
  ) throws -> ComponentAttribution {
    try attributionPatching(
      clean: clean, corrupted: corrupted, toward: metric, components: [component], refinement: refinement, checking: nodes,
      seed: seed)[0]
  }

  /// Runs both prompts, from a position on: the clean one is the base.
  func runs(
    _ prompts: PromptPair, from start: Int, _ metric: some Metric, capturing components: [HookPoint.Component]
  ) throws -> RunPair {
    let corrupted = try baseRun(prompts.corrupted, from: start, metric, capturing: Set(components))
    return RunPair(base: try baseRun(prompts.clean, from: start, metric, capturing: Set(components)), donor: corrupted)
  }

  func checkAttributable(_ component: HookPoint.Component) throws {
    let all: Set<HookPoint.Component> = [
      .residualPre, .residualMid, .residualPost, .mlpOutput, .mlpOutputRaw, .attentionOutput, .attentionOutputRaw, .z, .result,
      .query, .key, .value, .rotatedQuery, .rotatedKey, .pattern,
    ]
    guard all.contains(component) else { throw AttributionError.badComponent("\(component)") }
    try HookPoint(component, layer: 0).check(config)
  }
}

extension Tensor {
  /// Contributions summed over what one activation holds: `[p, h, c]` to `[h, p]`, `[p, d]` to `[p]`, and of patterns `[h, query, key]`
  /// to `[h, query]`.
  func attributed(_ component: HookPoint.Component) -> Tensor {
    let sums = sum(axis: rank - 1)
    return component.isSquare || sums.rank == 1 ? sums : sums.transposed()
  }

  /// The tensor with `count` zeros before it along the last axis.
  func afterZeros(_ count: Int) -> Tensor {
    let width = shape[rank - 1]
    let rows = reshaped([-1, width]).rows
    return Tensor(rows.flatMap { [Float](repeating: 0, count: count) + $0 }, shape: shape.dropLast() + [count + width])
  }
}
