import Checkpoints
import Tensors

/// What a run forward and back gives.
public struct GradientRun: Sendable {
  /// The tokens that were read.
  public let tokens: [Int]
  /// The metric's value.
  public let value: Float
  /// The metric's derivative with respect to each number of the activations asked for, in their shapes.
  public let gradients: ActivationCache
  /// The activations themselves, at the same hook points and positions.
  public let activations: ActivationCache
}

extension GradientRun: CustomStringConvertible {
  /// The metric's value, and the hook points with their shapes.
  public var description: String { "The metric is \(value) on \(tokens.count) tokens; its gradients:\n\(gradients)" }
}

extension LanguageModel {
  /// The gradient of a metric at hook points: by how much the metric changes with each number of their activations, all else behind them
  /// following.
  ///
  /// It is the total derivative: through every path from the hook point to the logits. Where a hook replaces an activation, the gradient
  /// is that with respect to the new numbers, and none passes to what the old ones came from. Of attention scores and patterns, what lies
  /// behind the diagonal has the gradient 0.
  ///
  /// Only layers above the lowest hook point that is asked for, and positions from the first one on, are computed backward. Memory stays
  /// bounded: the residual stream of each layer is kept, and what does not fit into `tapeBudget` is computed again.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - metric: `LogitDifference`, `LogProbability`, `Loss`, or a `LogitFunction` of one's own.
  ///   - capture: Where: `.components([.query, .key])`, `.all.atLast(20)`.
  ///   - hooks: What else happens on the way forward.
  ///   - tapeBudget: How many bytes of the MLPs' activations are kept between the two passes, instead of being computed twice.
  public func gradients(
    _ prompt: some Prompt, of metric: some Metric, at capture: Capture, hooks: [any Hook] = [], tapeBudget: Int = 2_000_000_000
  ) throws -> GradientRun {
    try capture.refuseAliases()
    let tokens = try prompt.tokens(for: self)
    let function = try metric.function(tokens: tokens, model: self)
    let plan = try PlannedRun(self, tokens, capture, hooks: hooks, logits: .at(function.positions))
    let run = try forwardAndBack(plan, function, at: plan.recorder, TapePlan(neuronBudget: tapeBudget))
    return GradientRun(
      tokens: tokens, value: run.value, gradients: run.gradients.whole,
      activations: ActivationCache(run.lane.hooks.recorder, self))
  }

  /// Runs one prompt forward and back. The result is its lane, the metric's value and logits, and the gradients that `recorder` wants.
  /// - Parameter droppingEach: whether those without each layer's own attention and MLP are computed too.
  func forwardAndBack(
    _ plan: PlannedRun, _ function: LogitFunction, at recorder: ActivationRecorder, _ kept: TapePlan, droppingEach: Bool = false
  ) throws -> (lane: Lane, value: Float, logits: Tensor, gradients: BaseGradients) {
    guard
      let lowest = recorder.points.map({ $0.layer ?? ([.embedding, .positionEmbedding].contains($0) ? 0 : config.layers) }).min()
    else {
      throw ModelError.badRequest("The gradient is asked for nowhere. Name hook points: `at: .components([.residualPre])`.")
    }
    let lane = plan.lane(prefixes)
    var pass = ForwardPass(self, lanes: [lane])
    let (final, tape) = try pass.taped([Array(plan.tokens[lane.start...])], kept)
    let done = pass.batch.lanes[0]
    if !lane.hooks.replaces { prefixes.insert(plan.tokens, done.past) }
    let (value, gradient, logits) = try finalGradient(of: function, final, lane)
    func gradients(dropping layer: Int?) throws -> ActivationCache {
      var backward = BackwardPass(pass, tape, recorders: [recorder])
      backward.droppedLayer = layer
      _ = try backward(gradient, downTo: lowest)
      return ActivationCache(backward.batch.recorders[0], self)
    }
    let dropped = droppingEach ? 0..<config.layers : 0..<0
    return (
      done, Float(value), logits,
      BaseGradients(whole: try gradients(dropping: nil), dropped: try dropped.map { try gradients(dropping: $0) })
    )
  }

  /// A function's value, its gradient with respect to a lane's rows of the normed final residual stream, and the logits that it read.
  /// - Parameter known: its logits in a run that is the same before the lane's first row, where it may read too: nothing there is computed
  ///   again, and nothing has a gradient.
  func finalGradient(
    of function: LogitFunction, _ final: Tensor, _ lane: Lane, known: Tensor? = nil
  ) throws -> (value: Double, gradient: Tensor, logits: Tensor) {
    let rows = function.positions.map { $0 - lane.outputStart }
    let computed = rows.indices.filter { rows[$0] >= 0 }
    let logits = try self.logits(final, of: function, rows: rows, computed: computed, known)
    var (value, logitGradient) = try function(logits)
    if let cap = config.logitSoftCap { logitGradient.goBackThroughSoftCap(at: cap, capped: logits) }
    var gradient = Tensor(repeating: 0, shape: final.shape, on: final.backend)
    guard !computed.isEmpty else { return (value, gradient, logits) }
    let columns = function.columns.map { WeightMatrix(weights.unembedding.gathered($0)) } ?? weights.unembedding
    gradient.addRows(logitGradient.rows(computed).projectedBack(by: columns), at: computed.map { rows[$0] })
    return (value, gradient, logits)
  }

  /// A function's logits, in its order: those of the computed rows, and the known ones.
  private func logits(
    _ final: Tensor, of function: LogitFunction, rows: [Int], computed: [Int], _ known: Tensor?
  ) throws -> Tensor {
    guard computed.count < rows.count, var logits = known else { return try self.logits(final, at: rows, function.columns) }
    guard !computed.isEmpty else { return logits }
    let new = try self.logits(final, at: computed.map { rows[$0] }, function.columns)
    for (index, row) in computed.enumerated() {
      logits.replace(TensorPart(first: .range(row..<row + 1), second: .all), with: new[index..<index + 1])
    }
    return logits
  }
}

extension Tensor {
  /// The rows at some indices, all of them as they are.
  fileprivate func rows(_ indices: [Int]) -> Tensor {
    indices == Array(0..<shape[0]) ? self : Tensor.joined(indices.map { self[$0..<$0 + 1] })
  }
}
