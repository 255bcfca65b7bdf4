import Attribution
import Checkpoints
import Randomness
import Tensors
import Transformer

extension LanguageModel {
  /// All edges that the model has.
  public var circuitGraph: CircuitGraph { CircuitGraph(config) }

  /// Scores every edge by how much the metric would fall if that edge alone carried ablated activations: `Σ (clean - ablated) · ∂M/∂input`, over
  /// the positions and the width of the residual stream, of the sender's output and of the gradient at the receiver's input.
  ///
  /// `method` says where the gradient is taken; `.attributionPatching` takes one pass forward and back for each example, `.integratedGradients` one
  /// for each step. Edges of one layer's receivers are one matrix product.
  ///
  /// - Parameters:
  ///   - examples: Prompts with their metrics; the scores' mean is over them.
  ///   - method: EAP, EAP-IG of inputs or of activations, or every edge really patched, which is exact and slow.
  ///   - ablation: What an ablated sender writes.
  ///   - rule: At which parts of the way from the ablated (0) to the clean (1) embedding gradients are taken, in place of the Gauss-Legendre rule;
  ///     `.leftEnds(5)` is that of the EAP-IG package, of activations `.rightEnds(5)`.
  ///   - edges: How many edges are really patched, to compare; 0 for none.
  ///   - seed: Chooses those of them that are not the strongest.
  /// - Throws: `CircuitError` for no example, for steps below 1, for an example that lacks what the ablation needs; `ModelError` for a bad prompt.
  public func edgeAttribution(
    on examples: [PromptExample], method: EdgeMethod = .integratedGradients(steps: 5), by ablation: EdgeAblation = .patching,
    rule: Quadrature? = nil, checking edges: Int = 0, seed: UInt64 = 0
  ) throws -> EdgeScores {
    try examples.checkNotEmpty()
    guard edges >= 0 else { throw CircuitError.badCount(what: "edges to check", count: edges) }
    let graph = circuitGraph
    var scored: [(name: String, metric: Float, scores: Tensor)] = []
    for example in examples {
      let run = try AblatedRun(self, example, ablation)
      scored.append((example.name, run.base.value, try edgeScores(of: run, method, rule)))
    }
    var result = try EdgeScores(graph, method, ablation: "\(ablation)", examples: scored)
    if edges > 0 {
      let chosen = result.chosen(edges, seed: seed)
      let patched = try patchedEdges(chosen.map(\.edge), on: examples, by: ablation)
      result.check = EdgeCheck(
        edges: zip(chosen, patched).map { EdgeCheck.Item(edge: $0.edge, estimate: $0.score, patched: $1.score) })
    }
    return result
  }

  /// `edgeAttribution` of one pair of prompts.
  public func edgeAttribution(
    clean: some Prompt, corrupted: some Prompt, toward metric: some Metric, method: EdgeMethod = .integratedGradients(steps: 5),
    rule: Quadrature? = nil, checking edges: Int = 0, seed: UInt64 = 0
  ) throws -> EdgeScores {
    let example = try PromptExample("the pair", clean: clean, corrupted: corrupted, metric: metric, model: self)
    return try edgeAttribution(on: [example], method: method, rule: rule, checking: edges, seed: seed)
  }

  /// The scores of one example, `[sender, receiver]`.
  private func edgeScores(of run: AblatedRun, _ method: EdgeMethod, _ rule: Quadrature?) throws -> Tensor {
    func quadrature(_ steps: Int) throws(CircuitError) -> Quadrature {
      let count = rule?.nodes.count ?? steps
      guard count > 0 else { throw .badSteps(count) }
      return rule ?? .gaussLegendre(steps)
    }
    switch method {
    case .attributionPatching:
      return run.scores(try gradients(run, [(Patch([], start: run.base.start), 1)]))
    case .integratedGradients(let steps):
      return run.scores(try gradients(run, run.patches([.residualPre(layer: 0)], quadrature(steps))))
    case .activationGradients(let steps):
      let layers = (0..<config.layers).flatMap { [HookPoint.attentionOutput(layer: $0), .mlpOutput(layer: $0)] }
      return run.scores(try gradients(run, run.patches([.residualPre(layer: 0)] + layers, quadrature(steps))))
    case .patched:
      let effects = try patched(circuitGraph.edges, run)
      var scores = Tensor(repeating: 0, shape: [run.graph.senderCount * run.graph.receiverCount])
      for (edge, effect) in zip(circuitGraph.edges, effects) { scores[run.graph.index(of: edge)] = effect }
      return scores.reshaped([run.graph.senderCount, run.graph.receiverCount])
    }
  }

  /// The weighted sum of the gradients of some runs at what every receiver reads, by hook point.
  private func gradients(_ run: AblatedRun, _ patches: [(patch: Patch, weight: Float)]) throws -> [HookPoint: Tensor] {
    let points = Set(run.graph.receivers.map { $0.place(run.graph).point })
    var sums: [HookPoint: Tensor] = [:]
    let count = run.runsAtOnce(holding: run.graph.receiverCount * run.positionCount * run.width)
    for start in stride(from: 0, to: patches.count, by: count) {
      let group = patches[start..<min(start + count, patches.count)]
      for (run, weight) in zip(try resumeWithGradients(run.base, at: 0, group.map(\.patch)) { _ in points }, group.map(\.weight))
      {
        for point in points {
          let gradient = try run.gradients[point]
          if sums[point] == nil {
            sums[point] = gradient * weight
          } else {
            sums[point]?.add(gradient, times: weight)
          }
        }
      }
    }
    return sums
  }
}

extension AblatedRun {
  /// Runs in which one activation stands at each part of the way from what it is when ablated to what it is, and their weights, which sum
  /// to 1: for each of the points in turn.
  fileprivate func patches(_ points: [HookPoint], _ rule: Quadrature) -> [(patch: Patch, weight: Float)] {
    points.flatMap { point in
      let difference = difference(at: point)
      return zip(rule.nodes, rule.weights).map { node, weight in
        let missing = difference * Float(1 - node)
        let replacement = Replacement(point) { $0 - missing.lastRows($0.shape[0]) }
        return (Patch([replacement], start: base.start), Float(weight) / Float(points.count))
      }
    }
  }

  /// What an activation is more than when its senders are ablated, `[position, width]`.
  private func difference(at point: HookPoint) -> Tensor {
    let layer = point.layer ?? 0
    let senders: [CircuitNode] =
      switch point.component {
      case .attentionOutput: (0..<graph.heads).map { .head(layer: layer, head: $0) }
      case .mlpOutput: [.mlp(layer: layer)]
      default: [.embedding]
      }
    let rows = graph.row(of: senders[0])..<graph.row(of: senders[0]) + senders.count
    return (clean[rows] - ablated[rows]).sum(axis: 0)
  }

  /// The products of what each sender writes more and of the gradient at what each receiver reads, `[sender, receiver]`: one matrix product for the
  /// receivers of an attention, one for an MLP, one for the logits.
  fileprivate func scores(_ gradients: [HookPoint: Tensor]) -> Tensor {
    let difference = difference.reshaped([graph.senderCount, -1])
    var scores = Tensor(repeating: 0, shape: [graph.senderCount, graph.receiverCount])
    func add(_ first: CircuitReceiver, _ points: [HookPoint]) {
      let gradient = Tensor.joined(points.compactMap { gradients[$0]?.byHead })
      let senders = graph.senderCount(before: first)
      let column = graph.column(of: first)
      scores.replace(
        TensorPart(first: .range(0..<senders), second: .range(column..<column + gradient.shape[0])),
        with: difference[..<senders].multipliedByTransposed(gradient))
    }
    for layer in 0..<graph.layers {
      add(.query(layer: layer, head: 0), [.queryInput(layer: layer), .keyInput(layer: layer), .valueInput(layer: layer)])
      add(.mlp(layer: layer), [.mlpInput(layer: layer)])
    }
    add(.logits, [CircuitReceiver.logits.place(graph).point])
    return scores
  }
}

extension Tensor {
  /// `[position, head, width]` or `[position, width]` as one row for each head, `[head, position · width]`.
  var byHead: Tensor {
    guard rank == 3 else { return reshaped([1, -1]) }
    return Tensor.joined((0..<shape[1]).map { select($0, axis: 1).reshaped([1, -1]) })
  }
}
