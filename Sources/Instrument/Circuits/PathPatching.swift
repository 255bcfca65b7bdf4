import Attribution
import Statistics
import Tensors
import Transformer

/// Along which paths what senders write is followed to receivers.
public enum PathRoute: String, Hashable, Sendable, CaseIterable {
  /// Along the edges between them, and nothing else.
  case direct
  /// Along the residual stream and through MLPs, which compute anew: every head that is no sender keeps what it wrote (Wang et al. 2022,
  /// arXiv:2211.00593).
  case throughMLPs
}

extension PathRoute: CustomStringConvertible {
  /// `direct edges`, `through MLPs`.
  public var description: String { self == .direct ? "direct edges" : "through MLPs" }
}

/// What path patching finds: by how much the metric falls when receivers read what they would if one sender were ablated, and everything else that
/// they read were as it was.
public struct PathEffects: Sendable {
  /// All edges of the model.
  public let graph: CircuitGraph
  /// The senders, each patched alone.
  public let senders: [CircuitNode]
  /// The receivers, all patched together.
  public let receivers: [CircuitReceiver]
  /// Along which paths.
  public let route: PathRoute
  /// What the senders were ablated by.
  public let ablation: String
  /// The examples' names.
  public let names: [String]
  /// The metric of each example on its clean prompt.
  public let metric: [Float]
  /// By example, the effect of each sender: the metric on the clean prompt less that on the patched one. Positive: what goes along the path speaks
  /// for the clean answer.
  public let examples: [[Float]]

  /// The mean effect of each sender over the examples.
  public var values: [Float] {
    senders.indices.map { index in Float(examples.reduce(0) { $0 + Double($1[index]) } / Double(examples.count)) }
  }

  /// The mean effect of a sender; nil if it was not patched.
  public subscript(sender: CircuitNode) -> Float? { senders.firstIndex(of: sender).map { values[$0] } }

  /// The mean effects of heads, `[layer, head]`: 0 where a head was not patched.
  public var heads: Tensor {
    var result = Tensor(repeating: 0, shape: [graph.layers, graph.heads])
    for (sender, value) in zip(senders, values) {
      if case .head(let layer, let head) = sender { result[layer, head] = value }
    }
    return result
  }

  /// The mean effects of MLPs, `[layer]`: 0 where one was not patched.
  public var mlps: Tensor {
    var result = Tensor(repeating: 0, shape: [graph.layers])
    for (sender, value) in zip(senders, values) {
      if case .mlp(let layer) = sender { result[layer] = value }
    }
    return result
  }

  /// A sender's effect with its examples: the metric of each before and after the path is patched, so that a path that speaks for the clean answer has a
  /// negative change.
  /// - Throws: `CircuitError` for a sender that was not patched.
  public func evidence(of sender: CircuitNode) throws -> Evidence {
    guard let index = senders.firstIndex(of: sender) else {
      throw CircuitError.noSuchPlace(
        "“\(sender)” was not patched. Name it in `from:`, or one of those that were: \(senders.prefix(8)).")
    }
    return try Evidence(
      "Path from \(sender) to \(receivers.map(\.description).joined(separator: ", "))", before: metric.map(Double.init),
      after: zip(metric, examples).map { Double($0 - $1[index]) }, names: names)
  }

  /// The senders with the largest effects, largest first.
  public func strongest(_ count: Int) -> [(sender: CircuitNode, effect: Float)] {
    zip(senders, values).map { (sender: $0, effect: $1) }.sorted { abs($0.effect) > abs($1.effect) }
      .prefix(max(count, 0)).map { $0 }
  }
}

extension PathEffects: CustomStringConvertible {
  /// Whence, whither, along what, on how many examples, and the five largest effects.
  public var description: String {
    let receivers = receivers.map(\.description).joined(separator: ", ")
    let strongest = strongest(5).map { "  \($0.sender): \($0.effect)" }.joined(separator: "\n")
    return
      "Path patching of \(senders.count) senders to \(receivers), \(route), ablated by \(ablation), n = \(names.count); the strongest:\n"
      + strongest
  }
}

extension LanguageModel {
  /// Path patching: for each sender, what the receivers would read if that sender alone were ablated is put in their place, and the metric is read
  /// (Wang et al. 2022, arXiv:2211.00593; Goldowsky-Dill et al. 2023, arXiv:2304.05969).
  ///
  /// ```swift
  /// try model.pathPatching(on: examples, to: [.query(layer: 9, head: 6), .query(layer: 9, head: 9)])
  /// ```
  /// - Parameters:
  ///   - examples: Prompts with their metrics.
  ///   - senders: Each is ablated alone; every sender that writes before the last of the receivers reads, if nil.
  ///   - receivers: What reads the changed stream, all of them together.
  ///   - route: Whether MLPs between them compute anew.
  ///   - ablation: What an ablated sender writes.
  /// - Throws: `CircuitError` for no example, sender or receiver, and for those that the model does not have.
  public func pathPatching(
    on examples: [PromptExample], from senders: [CircuitNode]? = nil, to receivers: [CircuitReceiver],
    route: PathRoute = .throughMLPs, by ablation: EdgeAblation = .patching
  ) throws -> PathEffects {
    try examples.checkNotEmpty()
    let graph = circuitGraph
    guard !receivers.isEmpty else {
      throw CircuitError.nothing("receivers", advice: "Name what reads: [.query(layer: 3, head: 1)].")
    }
    for receiver in receivers { try graph.check(receiver) }
    let reach = receivers.map { graph.senderCount(before: $0) }.max() ?? 0
    let senders = senders ?? Array(graph.senders.prefix(reach))
    guard !senders.isEmpty else {
      throw CircuitError.nothing("senders", advice: "Name what writes, or leave `from:` out for all.")
    }
    for sender in senders {
      try graph.checkSender(sender)
      guard graph.row(of: sender) < reach,
        let last = receivers.max(by: { graph.senderCount(before: $0) < graph.senderCount(before: $1) })
      else { throw CircuitError.noSuchEdge(CircuitEdge(from: sender, to: receivers[0]), parallel: graph.hasParallelBlocks) }
      try graph.check(CircuitEdge(from: sender, to: last))
    }
    var (metric, effects): ([Float], [[Float]]) = ([], [])
    for example in examples {
      let run = try AblatedRun(self, example, ablation)
      let patches =
        switch route {
        case .direct: senders.map { run.direct($0, receivers) }
        case .throughMLPs: try throughMLPs(senders, receivers, run)
        }
      let layer = receivers.map { $0.place(graph).layer }.min() ?? 0
      metric.append(run.base.value)
      effects.append(try resume(run.base, at: layer, patches).map { run.base.value - $0 })
    }
    return PathEffects(
      graph: graph, senders: senders, receivers: receivers, route: route, ablation: "\(ablation)", names: examples.map(\.name),
      metric: metric,
      examples: effects)
  }

  /// Runs in which the receivers read what runs with one sender ablated, the other heads held and the MLPs computing give them. Below a sender,
  /// nothing changes: those of one layer are resumed there, side by side.
  private func throughMLPs(_ senders: [CircuitNode], _ receivers: [CircuitReceiver], _ run: AblatedRun) throws -> [Patch] {
    let streams = senders.map { _ in ReadStreams(run.graph, receivers) }
    let held = try (0..<config.layers).map { try run.base.activations[.attentionOutput(layer: $0)] }
    for (layer, indices) in Dictionary(grouping: senders.indices, by: { senders[$0].layer ?? 0 }) {
      let patches = indices.map { run.holdingHeads(held, from: layer, without: senders[$0], observing: streams[$0]) }
      _ = try resume(run.base, at: layer, patches)
    }
    return streams.map { Patch($0.replacements, start: run.base.start) }
  }
}

extension AblatedRun {
  /// What a sender writes more than when it is ablated, `[position, width]`.
  private func difference(of sender: CircuitNode) -> Tensor {
    let row = graph.row(of: sender)
    return clean.select(row) - ablated.select(row)
  }

  /// A run in which the receivers that read behind a sender read the stream without what it writes more.
  fileprivate func direct(_ sender: CircuitNode, _ receivers: [CircuitReceiver]) -> Patch {
    let delta = difference(of: sender)
    let reading = receivers.filter { graph.row(of: sender) < graph.senderCount(before: $0) }
    return Patch(reading.map { $0.reading(less: delta, graph) }, start: base.start)
  }

  /// A run in which a sender is ablated, all heads besides write what they wrote, and MLPs compute.
  /// - Parameters:
  ///   - held: what the attention of each layer adds on the clean prompt.
  ///   - first: from which layer on it runs.
  fileprivate func holdingHeads(
    _ held: [Tensor], from first: Int, without sender: CircuitNode, observing streams: ReadStreams
  ) -> Patch {
    let delta = difference(of: sender)
    var replacements: [Replacement] = []
    for (layer, output) in held.enumerated().dropFirst(first) {
      var output = output
      if case .head(layer, _) = sender { output = output - delta }
      replacements.append(Replacement(.attentionOutput(layer: layer)) { output.lastRows($0.shape[0]) })
    }
    switch sender {
    case .embedding: replacements.append(Replacement(.residualPre(layer: 0)) { $0 - delta.lastRows($0.shape[0]) })
    case .mlp(let layer): replacements.append(Replacement(.mlpOutput(layer: layer)) { $0 - delta.lastRows($0.shape[0]) })
    case .head, .logits: break
    }
    return Patch(replacements, observing: streams.observations, start: base.start)
  }
}

/// What receivers read in one run.
private final class ReadStreams {
  private let graph: CircuitGraph
  private let receivers: [CircuitReceiver]
  private var streams: [HookPoint: Tensor] = [:]

  init(_ graph: CircuitGraph, _ receivers: [CircuitReceiver]) { (self.graph, self.receivers) = (graph, receivers) }

  /// Where the stream passes before a receiver reads it.
  private func source(_ receiver: CircuitReceiver) -> HookPoint {
    switch receiver {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _): .residualPre(layer: layer)
    case .mlp(let layer): graph.hasParallelBlocks ? .residualPre(layer: layer) : .residualMid(layer: layer)
    case .logits: receiver.place(graph).point
    }
  }

  var observations: [Observation] {
    Set(receivers.map(source)).map { point in Observation(point) { [self] in streams[point] = $0 } }
  }

  /// Replacements by which the receivers read what was observed.
  var replacements: [Replacement] {
    receivers.map { receiver in
      let (point, head, _) = receiver.place(graph)
      // What reads below the sender reads what it read.
      let stream = streams[source(receiver)]
      return Replacement(point, head: head) { stream?.lastRows($0.shape[0]) ?? $0 }
    }
  }
}
