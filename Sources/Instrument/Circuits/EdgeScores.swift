import Statistics
import Tensors

/// A score of every edge of a model: by how much the metric would fall if that edge alone carried ablated activations.
///
/// Positive: what the edge carries on the clean prompts speaks for the clean answer. This holds for every method, so that their scores can be
/// compared number by number. (The EAP-IG package scores the change of a loss, which has the same sign.)
public struct EdgeScores: Sendable {
  /// The edges.
  public let graph: CircuitGraph
  /// How they were scored.
  public let method: EdgeMethod
  /// What the edges' senders were ablated by.
  public let ablation: String
  /// The scores of each example, `[sender, receiver]` in the orders of `graph.senders` and `graph.receivers`, in the metric's unit; 0 where there
  /// is no edge.
  public let examples: [Tensor]
  /// The examples' names.
  public let names: [String]
  /// The metric of each example, on the clean prompt.
  public let metric: [Float]
  /// The means of the examples' scores, `[sender, receiver]`.
  public let values: Tensor
  /// How they compare with edges that were really patched, if that was asked for.
  public internal(set) var check: EdgeCheck?

  init(
    _ graph: CircuitGraph, _ method: EdgeMethod, ablation: String, examples: [(name: String, metric: Float, scores: Tensor)]
  ) throws(CircuitError) {
    guard !examples.isEmpty else { throw .nothing("examples", advice: "Give at least one.") }
    for example in examples where !example.scores.isFinite {
      throw .notFinite("A score of an edge on the example “\(example.name)”")
    }
    (self.graph, self.method, self.ablation) = (graph, method, ablation)
    (self.examples, names, metric) = (examples.map(\.scores), examples.map(\.name), examples.map(\.metric))
    values = Tensor.mean(of: self.examples)
  }

  /// The mean score of an edge.
  /// - Throws: `CircuitError` for an edge that the model does not have.
  public subscript(edge: CircuitEdge) -> Float {
    get throws(CircuitError) {
      try graph.check(edge)
      return values.reshaped([-1])[graph.index(of: edge)]
    }
  }

  /// The scores of an edge on each example.
  /// - Throws: `CircuitError` for an edge that the model does not have.
  public func values(of edge: CircuitEdge) throws(CircuitError) -> [Float] {
    try graph.check(edge)
    return examples.map { $0.reshaped([-1])[graph.index(of: edge)] }
  }

  /// The scores of an edge on each example, with their mean's interval.
  /// - Throws: `CircuitError` for an edge that the model does not have.
  public func evidence(of edge: CircuitEdge) throws -> Evidence {
    try Evidence("\(edge) by \(method)", values: values(of: edge).map(Double.init), names: names)
  }

  /// The edges with the best scores, best first. Of equal ones, that whose sender, then whose receiver, is computed first.
  public func strongest(_ count: Int, by ranking: EdgeRanking = .magnitude) -> [ScoredEdge] {
    let elements = values.elements
    return ranked(by: ranking).prefix(max(count, 0)).map { ScoredEdge(edge: graph.edge(at: $0), score: elements[$0]) }
  }

  /// The places of all edges in `values`, best first.
  func ranked(by ranking: EdgeRanking) -> [Int] {
    let elements = values.elements
    return graph.edgeIndices.map { (index: $0, key: ranking.key(elements[$0])) }
      .sorted { ($0.key, $1.index) > ($1.key, $0.index) }.map(\.index)
  }
}

/// An edge and its score.
public struct ScoredEdge: Hashable, Sendable {
  /// The edge.
  public let edge: CircuitEdge
  /// By how much the metric would fall without what it carries.
  public let score: Float
}

extension ScoredEdge: CustomStringConvertible {
  /// `L0H1 → L3Q5: 0.25`.
  public var description: String { "\(edge): \(score)" }
}

/// How scores are compared.
public enum EdgeRanking: String, Hashable, Sendable, CaseIterable {
  /// By size, whatever the sign: the edges that matter.
  case magnitude
  /// By value: the edges that speak for the clean answer.
  case signed

  func key(_ score: Float) -> Float { self == .magnitude ? abs(score) : score }
}

/// How edges are scored.
public enum EdgeMethod: Hashable, Sendable {
  /// Edge attribution patching: the gradient at the receiver's input on the clean prompt, times the difference of the sender (Syed et al. 2023,
  /// arXiv:2310.10348).
  case attributionPatching
  /// The same with the gradient integrated along the way of the embedding from the ablated to the clean prompt: EAP-IG (Hanna et al. 2024,
  /// arXiv:2403.17806).
  case integratedGradients(steps: Int)
  /// The same with the mean of gradients in runs in which one layer's attention, one MLP or the embedding stands between ablated and clean:
  /// EAP-IG of activations, as the EAP-IG package computes it.
  case activationGradients(steps: Int)
  /// Each edge really patched, alone.
  case patched
}

extension EdgeMethod: CustomStringConvertible {
  /// The method's name with its settings: `EAP-IG of 5 steps`.
  public var description: String {
    switch self {
    case .attributionPatching: "EAP"
    case .integratedGradients(let steps): "EAP-IG of \(steps) steps"
    case .activationGradients(let steps): "EAP-IG of activations, \(steps) steps"
    case .patched: "patching of each edge"
    }
  }
}

extension EdgeScores: CustomStringConvertible {
  /// What was scored, how, on how many examples, and the five strongest edges.
  public var description: String {
    let strongest = strongest(5).map { "  \($0)" }.joined(separator: "\n")
    return
      "Scores of \(graph.edgeCount) edges by \(method), ablated by \(ablation), n = \(examples.count); the strongest:\n\(strongest)"
  }
}

extension CircuitGraph {
  /// The places of all edges in `EdgeScores.values`, row by row.
  var edgeIndices: [Int] {
    let counts = receivers.map { senderCount(before: $0) }
    return (0..<senderCount).flatMap { row in
      counts.indices.filter { row < counts[$0] }.map { row * counts.count + $0 }
    }
  }
}
