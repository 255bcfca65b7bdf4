import Transformer
import Tensors

extension LanguageModel {
  /// Integrated gradients: at every position of every layer, `Σ_d (a_clean - a_corrupted) · ∫₀¹ ∂M/∂a dα` along the straight way from the
  /// corrupted to the clean activation, in runs of the clean prompt in which the activation is really replaced (Sundararajan et al. 2017,
  /// arXiv:1703.01365).
  ///
  /// All positions, and heads, of one layer are replaced together: a layer's values sum to the change of the metric when all of them are
  /// exchanged (completeness), and the result says how nearly. Layers below the replaced one are not computed again.
  ///
  /// - Parameters:
  ///   - positions: Where activations are replaced; from where the prompts begin to differ to their end if nil. (The original notebook
  ///     replaces the last 128.)
  ///   - steps: How many nodes the Gauss-Legendre rule has; 5 are those of the original notebook.
  ///   - rule: A rule in place of the Gauss-Legendre rule.
  ///   - nodes: How many activations are exchanged in truth, to compare; 0 for none.
  public func integratedGradients(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, components: [HookPoint.Component],
    positions: Range<Int>? = nil, steps: Int = 5, rule: Quadrature? = nil, checking nodes: Int = 0, seed: UInt64 = 0
  ) throws -> [ComponentAttribution] {
    let prompts = try PromptPair(clean: clean, corrupted: corrupted, model: self)
    try components.forEach(checkAttributable)
    guard steps > 0 else { throw AttributionError.badSteps(steps) }
    let positions = try prompts.checked(positions)
    // Before the first difference, replacing changes nothing.
    let start = max(positions.lowerBound, prompts.firstDifference)
    let region = min(start, positions.upperBound - 1)..<positions.upperBound
    let rule = rule ?? .gaussLegendre(steps)
    let runs = try runs(prompts, from: region.lowerBound, metric, capturing: components)
    return try components.map { component in
      var (layers, completeness): ([Tensor], [ComponentAttribution.Completeness]) = ([], [])
      for layer in 0..<config.layers {
        let (values, sum, difference) = try integrate(HookPoint(component, layer: layer), runs, over: region, by: rule)
        layers.append(values)
        completeness.append(.init(sum: sum, difference: difference))
      }
      var result = ComponentAttribution(
        component: component, method: .integratedGradients(steps: rule.nodes.count),
        values: Tensor.stack(layers).afterZeros(region.lowerBound), firstPosition: region.lowerBound, prompts: prompts,
        metric: (runs.base.value, runs.donor.value), completeness: completeness)
      if nodes > 0 { result.check = try compareWithPatching(result, runs, nodes: nodes, seed: seed) }
      return result
    }
  }

  /// `integratedGradients` of one component.
  public func integratedGradients(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, component: HookPoint.Component,
    positions: Range<Int>? = nil, steps: Int = 5, rule: Quadrature? = nil, checking nodes: Int = 0, seed: UInt64 = 0
  ) throws -> ComponentAttribution {
    try integratedGradients(
      clean: clean, corrupted: corrupted, toward: metric, components: [component], positions: positions, steps: steps, rule: rule,
      checking: nodes, seed: seed)[0]
  }

  /// One layer: its values from the region's first position to the prompt's end, their sum, and the metric's change.
  private func integrate(
    _ point: HookPoint, _ runs: RunPair, over region: Range<Int>, by rule: Quadrature
  ) throws -> (values: Tensor, sum: Float, difference: Float) {
    let part = TensorPart(
      first: point.component.isSquare ? .all : .range(0..<region.count),
      second: point.component.isSquare ? .range(0..<region.count) : .all)
    let (clean, corrupted) = (try runs.base.activations[point].part(part), try runs.donor.activations[point].part(part))
    let difference = clean - corrupted
    let patches = rule.nodes.map { node in
      Patch(point, positions: region, with: corrupted.addingScaled(difference, Float(node)))
    }
    var gradient = Tensor(repeating: 0, shape: try runs.base.activations[point].shape)
    for (run, weight) in zip(try resumeWithGradients(runs.base, at: point.layer ?? 0, patches), rule.weights) {
      gradient = gradient.addingScaled(run.gradient, Float(weight))
    }
    var contributions = Tensor(repeating: 0, shape: gradient.shape)
    contributions.replace(part, with: gradient.part(part) * difference)
    let ends = try resume(runs.base, at: point.layer ?? 0, [clean, corrupted].map { Patch(point, positions: region, with: $0) })
    return (contributions.attributed(point.component), contributions.sum(), ends[0] - ends[1])
  }
}

extension Tensor {
  fileprivate func addingScaled(_ other: Tensor, _ factor: Float) -> Tensor { combined(with: other) { $0 + factor * $1 } }
}
