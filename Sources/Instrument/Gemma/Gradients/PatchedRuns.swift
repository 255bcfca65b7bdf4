import Tensors

/// A run of a prompt that others resume from a layer and a position on, with one activation replaced: what lies below or before is the
/// same for all of them.
package struct BaseRun: Sendable {
  package let tokens: [Int]
  /// The metric's value.
  package let value: Float
  /// What was captured, at the positions from `start` on.
  package let activations: ActivationCache
  /// The metric's gradients at the same points, if they were asked for.
  package let gradients: ActivationCache?
  /// The same with no gradient through a layer's own attention and MLP, one a layer, if they were asked for.
  package let droppedGradients: [ActivationCache]
  /// The first position that a resumed run may begin at.
  package let start: Int
  fileprivate let function: LogitFunction
  fileprivate let residuals: [Tensor]
  fileprivate let past: KeyValueCache

  /// The rotated keys of a layer at all positions, `[position, keyValueHeads · headWidth]`.
  package func keys(layer: Int) -> Tensor { past.layer(layer, length: tokens.count).keys }
}

/// One activation that is replaced in a resumed run.
package struct Patch {
  package let replacement: Replacement
  /// The first position that it changes.
  package let start: Int

  package init(_ point: HookPoint, positions: Range<Int>, head: Int? = nil, with value: Tensor) {
    replacement = Replacement(point, positions: positions, head: head, with: value)
    start = positions.lowerBound
  }
}

extension GemmaModel {
  /// Runs a prompt, and keeps what resumed runs need.
  ///
  /// - Parameters:
  ///   - start: the first position of interest. What comes before is not computed if it is remembered, and never captured.
  ///   - components: captured in every layer from `start` on. Rows of the last layer that no logit depends on are 0.
  ///   - withGradients: whether the gradients at the same points are computed.
  ///   - droppingEach: whether they are computed once more for each layer, without it.
  package func baseRun(
    _ tokens: [Int], from start: Int, _ metric: some Metric, capturing components: Set<HookPoint.Component>,
    withGradients: Bool, droppingEach: Bool = false
  ) throws -> BaseRun {
    let function = try metric.function(tokens: tokens, model: self)
    let capture = Capture.components(components.union([.residualPre])).at(positions: start..<tokens.count)
    let plan = try PlannedRun(self, tokens, capture, [], .at(function.positions), fillsUnread: true)
    try checkMemory([plan])
    var gradients: [ActivationCache] = []
    let (pass, value): (ForwardPass, Float)
    if withGradients {
      var recorder = try Capture.components(components).at(positions: start..<tokens.count).resolved(config, tokens: tokens.count)
      recorder.fillsMissing = true
      (pass, value, gradients) = try forwardAndBack(plan, function, recorder, Tape(), droppingEach: droppingEach)
    } else {
      let lane = plan.lane(prefixes)
      var forward = ForwardPass(self, lanes: [lane])
      let final = try forward([Array(tokens[lane.start...])])
      prefixes.insert(tokens, forward.lanes[0].past, knownTo: lane.start)
      (pass, value) = (forward, Float(try finalGradient(of: function, final, lane).value))
    }
    let lane = pass.lanes[0]
    let activations = ActivationCache(lane.hooks.recorder.activations, self)
    let residuals = try (0..<config.layers).map { try activations[.residualPre(layer: $0)] }
    return BaseRun(
      tokens: tokens, value: value, activations: activations, gradients: gradients.first,
      droppedGradients: Array(gradients.dropFirst()), start: start, function: function,
      residuals: residuals, past: lane.past)
  }

  /// Resumes a run at a layer, once for each patch, and reads the metric; with `gradients`, also its gradient at the patched point, from
  /// the base run's `start` on.
  package func resume(
    _ base: BaseRun, at layer: Int, _ patches: [Patch], gradients: Bool = false
  ) throws -> [(value: Float, gradient: Tensor?)] {
    var (results, rest): ([(value: Float, gradient: Tensor?)], ArraySlice<Patch>) = ([], patches[...])
    while !rest.isEmpty {
      // So many rows that the products run at speed, and no more: each prompt has keys and values of its own.
      var rows = 0
      let group = rest.prefix { patch in
        rows += base.tokens.count - patch.start
        return rows <= 1024 || rows == base.tokens.count - patch.start
      }
      results += try resumeTogether(base, layer, Array(group), gradients)
      rest = rest.dropFirst(group.count)
    }
    return results
  }

  private func resumeTogether(
    _ base: BaseRun, _ layer: Int, _ patches: [Patch], _ withGradients: Bool
  ) throws -> [(value: Float, gradient: Tensor?)] {
    let count = base.tokens.count
    let lanes = patches.map { patch in
      let needed = patch.replacement.point.needsOutput(config) ? patch.start : count
      return Lane(
        start: patch.start, count: count - patch.start, outputStart: min(needed, base.function.positions.min() ?? count - 1),
        past: base.past.truncated(to: patch.start), hooks: HookSet(.none, [patch.replacement]))
    }
    let tape = withGradients ? Tape() : nil
    var pass = ForwardPass(self, lanes: lanes, tape: tape)
    let residual = Tensor.joined(patches.map { base.residuals[layer][($0.start - base.start)...] })
    let final = try pass.run(residual, from: layer)
    let ends = try zip(lanes, pass.outputLayout.rows).map { lane, rows in
      try finalGradient(of: base.function, final[rows], lane)
    }
    guard let tape else { return ends.map { (Float($0.value), nil) } }
    let recorders = patches.map { patch in
      var recorder = ActivationRecorder(points: [patch.replacement.point], kept: base.start..<count)
      recorder.fillsMissing = true
      return recorder
    }
    var backward = BackwardPass(pass, tape: tape, recorders: recorders)
    _ = try backward(Tensor.joined(ends.map(\.gradient)), downTo: layer)
    return zip(ends, zip(patches, backward.recorders)).map { end, lane in
      (Float(end.value), lane.1.activations[lane.0.replacement.point])
    }
  }
}
