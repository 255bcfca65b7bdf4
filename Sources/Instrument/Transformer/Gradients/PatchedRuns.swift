import Tensors

/// A run of a prompt that others resume from a layer and a position on, with one activation replaced: what lies below or before is the
/// same for all of them.
package struct BaseRun: Sendable {
  package let tokens: [Int]
  /// The metric's value.
  package let value: Float
  /// What was captured, at the positions from `start` on.
  package let activations: ActivationCache
  /// The first position that a resumed run may begin at.
  package let start: Int
  fileprivate let function: LogitFunction
  /// What the metric read of it.
  fileprivate let logits: Tensor
  fileprivate let residuals: [Tensor]
  fileprivate let past: KeyValueCache

  /// The rotated keys of a layer at all positions, `[position, keyValueHeads · headWidth]`.
  package func keys(layer: Int) -> Tensor { past.layer(layer, length: tokens.count, on: CPUBackend.shared).keys }
}

/// The gradients of a metric at the points of a base run.
package struct BaseGradients: Sendable {
  /// Through every path.
  package let whole: ActivationCache
  /// For each layer, those without what passes through the layer's own attention and MLP; empty if they were not asked for.
  package let dropped: [ActivationCache]
}

/// What is replaced in a resumed run, and what is looked at.
package struct Patch {
  /// The replacements, none below the layer at which the run is resumed.
  package let replacements: [Replacement]
  let observations: [Observation]
  /// The first position that they change.
  package let start: Int

  /// Several replacements, which change nothing before a position, and observations.
  package init(_ replacements: [Replacement], observing observations: [Observation] = [], start: Int) {
    (self.replacements, self.observations, self.start) = (replacements, observations, start)
  }

  package init(_ point: HookPoint, positions: Range<Int>, head: Int? = nil, with value: Tensor) {
    self.init([Replacement(point, positions: positions, head: head, with: value)], start: positions.lowerBound)
  }
}

extension LanguageModel {
  /// Runs a prompt, and keeps what resumed runs need.
  ///
  /// - Parameters:
  ///   - start: the first position of interest. What comes before is not computed if it is remembered, and never captured.
  ///   - components: captured in every layer from `start` on. Rows of the last layer that no logit depends on are 0.
  package func baseRun(
    _ tokens: [Int], from start: Int, _ metric: some Metric, capturing components: Set<HookPoint.Component>
  ) throws -> BaseRun {
    let (plan, function) = try planBase(tokens, from: start, metric, components)
    let begun = plan.lane(prefixes)
    var pass = ForwardPass(self, lanes: [begun])
    let final = try pass([Array(tokens[begun.start...])])
    let lane = pass.batch.lanes[0]
    prefixes.insert(tokens, lane.past)
    let (value, _, logits) = try finalGradient(of: function, final, begun)
    return try base(of: lane, plan, function, value: Float(value), logits)
  }

  /// Runs a prompt as `baseRun` does, and computes the metric's gradients at the points that are captured.
  /// - Parameter droppingEach: whether the gradients without each layer's own attention and MLP are computed too.
  package func baseRunWithGradients(
    _ tokens: [Int], from start: Int, _ metric: some Metric, capturing components: Set<HookPoint.Component>,
    droppingEach: Bool = false
  ) throws -> (run: BaseRun, gradients: BaseGradients) {
    let (plan, function) = try planBase(tokens, from: start, metric, components)
    var recorder = try Capture.components(components).at(positions: start..<tokens.count).resolved(config, tokens: tokens.count)
    recorder.fillsMissing = true
    let run = try forwardAndBack(plan, function, at: recorder, TapePlan(), droppingEach: droppingEach)
    return (try base(of: run.lane, plan, function, value: run.value, run.logits), run.gradients)
  }

  private func planBase(
    _ tokens: [Int], from start: Int, _ metric: some Metric, _ components: Set<HookPoint.Component>
  ) throws -> (PlannedRun, LogitFunction) {
    let function = try metric.function(tokens: tokens, model: self)
    let capture = Capture.components(components.union([.residualPre])).at(positions: start..<tokens.count)
    let plan = try PlannedRun(self, tokens, capture, logits: .at(function.positions), fillsUnread: true)
    try checkMemory([plan])
    return (plan, function)
  }

  private func base(
    of lane: Lane, _ plan: PlannedRun, _ function: LogitFunction, value: Float, _ logits: Tensor
  ) throws -> BaseRun {
    let activations = ActivationCache(lane.hooks.recorder, self)
    let residuals = try (0..<config.layers).map { try activations[.residualPre(layer: $0)] }
    return BaseRun(
      tokens: plan.tokens, value: value, activations: activations, start: plan.recorder.kept.lowerBound, function: function,
      logits: logits, residuals: residuals, past: lane.past)
  }

  /// Resumes a run at a layer, once for each patch. The result is the metric of each resumed run.
  package func resume(_ base: BaseRun, at layer: Int, _ patches: [Patch]) throws -> [Float] {
    try resume(patches.map { (base, $0) }, at: layer)
  }

  /// Resumes several runs at a layer, each with a patch. The result is the metric of each resumed run.
  package func resume(_ runs: [(base: BaseRun, patch: Patch)], at layer: Int) throws -> [Float] {
    try groups(runs).flatMap { group in
      var pass = try resumedPass(group)
      let final = try pass.run(residual(group, layer), from: layer)
      return try ends(of: pass, group, final).map { Float($0.value) }
    }
  }

  /// Resumes a run as `resume` does. The result is each patch's metric, and its gradient at the point of the patch's first replacement, from
  /// the base run's `start` on.
  package func resumeWithGradients(
    _ base: BaseRun, at layer: Int, _ patches: [Patch]
  ) throws -> [(value: Float, gradient: Tensor)] {
    try zip(patches, resumeWithGradients(base, at: layer, patches) { [$0.replacements[0].point] }).map { patch, run in
      (run.value, try run.gradients[patch.replacements[0].point])
    }
  }

  /// Resumes a run as `resume` does. The result is each patch's metric, and its gradients at the points that are asked for, from the base
  /// run's `start` on.
  package func resumeWithGradients(
    _ base: BaseRun, at layer: Int, _ patches: [Patch], _ points: (Patch) -> Set<HookPoint>
  ) throws -> [(value: Float, gradients: ActivationCache)] {
    try resumeWithGradients(patches.map { (base, $0) }, at: layer, points)
  }

  /// Resumes several runs as `resume` does. The result is each one's metric, and its gradients at the points that are asked for, from its
  /// base run's `start` on.
  package func resumeWithGradients(
    _ runs: [(base: BaseRun, patch: Patch)], at layer: Int, _ points: (Patch) -> Set<HookPoint>
  ) throws -> [(value: Float, gradients: ActivationCache)] {
    try groups(runs).flatMap { group in
      var pass = try resumedPass(group)
      let (final, tape) = try pass.taped(residual(group, layer), from: layer, TapePlan())
      let ends = try ends(of: pass, group, final)
      let recorders = group.map { base, patch in
        var recorder = ActivationRecorder(points: points(patch), kept: base.start..<base.tokens.count)
        recorder.fillsMissing = true
        return recorder
      }
      var backward = BackwardPass(pass, tape, recorders: recorders)
      _ = try backward(Tensor.joined(ends.map(\.gradient)), downTo: layer)
      return group.indices.map { index in
        (Float(ends[index].value), ActivationCache(backward.batch.recorders[index], self))
      }
    }
  }

  /// Runs in groups of so many rows that products run at speed, and no more: each resumed prompt has keys and values of its own.
  private func groups(_ runs: [(base: BaseRun, patch: Patch)]) -> [[(base: BaseRun, patch: Patch)]] {
    var (groups, rows): ([[(base: BaseRun, patch: Patch)]], Int) = ([], 0)
    for run in runs {
      let own = run.base.tokens.count - run.patch.start
      if groups.isEmpty || rows + own > backend.rowsAtOnce {
        groups.append([])
        rows = 0
      }
      groups[groups.count - 1].append(run)
      rows += own
    }
    return groups
  }

  /// A pass with one lane for each patched run, which begins at the patch's first position.
  private func resumedPass(_ runs: [(base: BaseRun, patch: Patch)]) throws -> ForwardPass {
    ForwardPass(
      self,
      lanes: try runs.map { base, patch in
        let count = base.tokens.count
        let needed = patch.replacements.contains { $0.point.needsOutput(config) } ? patch.start : count
        let hooks: [any Hook] = patch.replacements + patch.observations
        return Lane(
          start: patch.start, count: count - patch.start,
          outputStart: min(needed, base.function.positions.min() ?? count - 1), past: base.past.truncated(to: patch.start),
          hooks: HookSet(.none, try hooks.planned(self, tokens: count, limit: count)))
      })
  }

  /// The residual stream of the base runs before a layer, from each patch's first position on.
  private func residual(_ runs: [(base: BaseRun, patch: Patch)], _ layer: Int) -> Tensor {
    Tensor.joined(runs.map { base, patch in base.residuals[layer][(patch.start - base.start)...] })
  }

  /// The metric of each lane, and its gradient with respect to the normed final residual stream.
  private func ends(
    of pass: ForwardPass, _ runs: [(base: BaseRun, patch: Patch)], _ final: Tensor
  ) throws -> [(value: Double, gradient: Tensor)] {
    try runs.indices.map { index in
      let (base, rows) = (runs[index].base, pass.batch.outputLayout.rows[index])
      let (value, gradient, _) = try finalGradient(
        of: base.function, final[rows], pass.batch.lanes[index], known: base.logits)
      return (value, gradient)
    }
  }
}
