import Randomness

/// A part of a model's edges: what a behaviour is thought to run along.
///
/// ```swift
/// let scores = try model.edgeAttribution(on: examples, method: .integratedGradients(steps: 5))
/// let circuit = try scores.circuit(top: 200)
/// try model.faithfulness(of: circuit, on: examples)
/// ```
public struct Circuit: Hashable, Sendable {
  /// All edges that the model has.
  public let graph: CircuitGraph
  /// Whether an edge is part of it, at the places of `EdgeScores.values`.
  private(set) var isIncluded: [Bool]
  /// The scores by which its edges were found, at the same places, and 0 elsewhere; nil if it was put together by hand.
  let scores: [Float]?

  init(_ graph: CircuitGraph, included: [Bool], scores: [Float]? = nil) {
    (self.graph, isIncluded, self.scores) = (graph, included, scores)
  }

  /// A circuit of given edges.
  /// - Throws: `CircuitError` for an edge that the model does not have.
  public init(_ edges: some Sequence<CircuitEdge>, of graph: CircuitGraph) throws(CircuitError) {
    var included = [Bool](repeating: false, count: graph.senderCount * graph.receiverCount)
    for edge in edges {
      try graph.check(edge)
      included[graph.index(of: edge)] = true
    }
    self.init(graph, included: included)
  }

  /// The circuit that is the whole model.
  public static func whole(_ graph: CircuitGraph) -> Circuit {
    var included = [Bool](repeating: false, count: graph.senderCount * graph.receiverCount)
    for index in graph.edgeIndices { included[index] = true }
    return Circuit(graph, included: included)
  }

  /// How many edges it has.
  public var edgeCount: Int { isIncluded.count { $0 } }

  /// Its edges with their scores, the strongest first; of a circuit that was put together by hand, all scores are NaN, and the order is that of the
  /// graph.
  public var edges: [ScoredEdge] {
    let edges = isIncluded.indices.filter { isIncluded[$0] }
    guard let scores else { return edges.map { ScoredEdge(edge: graph.edge(at: $0), score: .nan) } }
    return edges.sorted { (abs(scores[$0]), $1) > (abs(scores[$1]), $0) }
      .map { ScoredEdge(edge: graph.edge(at: $0), score: scores[$0]) }
  }

  /// The nodes that an edge of it leaves or reaches, in the order of computation. Of a key and value head, these are all heads that share it.
  public var nodes: [CircuitNode] {
    var found: Set<CircuitNode> = []
    for index in isIncluded.indices where isIncluded[index] {
      let edge = graph.edge(at: index)
      found.insert(edge.sender)
      found.formUnion(graph.nodes(of: edge.receiver))
    }
    return (graph.senders + [.logits]).filter(found.contains)
  }

  /// Whether an edge is part of it.
  public func contains(_ edge: CircuitEdge) -> Bool { graph.contains(edge) && isIncluded[graph.index(of: edge)] }

  /// The circuit without the edges that lead nowhere: those whose sender nothing of the circuit reaches, besides the embedding, and those
  /// whose receiver's heads or MLP nothing of the circuit reads. What such a sender would carry, it made of ablated inputs alone.
  public var pruned: Circuit {
    var circuit = self
    let edges = isIncluded.indices.filter { isIncluded[$0] }.map { (index: $0, edge: graph.edge(at: $0)) }
    var remaining = edges
    while true {
      let sending = Set(remaining.map(\.edge.sender))
      let receiving = Set(remaining.flatMap { graph.nodes(of: $0.edge.receiver) })
      let alive = remaining.filter { item in
        let isFed = item.edge.sender == .embedding || receiving.contains(item.edge.sender)
        return isFed && graph.nodes(of: item.edge.receiver).contains { $0 == .logits || sending.contains($0) }
      }
      guard alive.count < remaining.count else { break }
      remaining = alive
    }
    let alive = Set(remaining.map(\.index))
    for item in edges where !alive.contains(item.index) { circuit.isIncluded[item.index] = false }
    return circuit
  }

  /// The edges of the graph that are not part of it.
  public var complement: Circuit {
    var included = isIncluded.map { _ in false }
    for index in graph.edgeIndices { included[index] = !isIncluded[index] }
    return Circuit(graph, included: included)
  }
}

extension Circuit: CustomStringConvertible {
  /// How many edges of how many it has, between how many nodes.
  public var description: String {
    let part = Double(edgeCount) / Double(max(graph.edgeCount, 1))
    let percent = (part * 10_000).rounded() / 100
    return "A circuit of \(edgeCount) of \(graph.edgeCount) edges (\(percent) %) between \(nodes.count) nodes"
  }
}

// MARK: - Finding one

extension Circuit {
  /// A circuit of edges that were drawn at random, as a control: it grows from the logits as a greedy one does, so that its edges lead somewhere.
  /// - Throws: `badEdgeCount` for a number below 0 or above that of all edges.
  public static func random(_ count: Int, of graph: CircuitGraph, seed: UInt64) throws(CircuitError) -> Circuit {
    var random = SeededGenerator(seed: seed)
    let ranked = graph.edgeIndices.shuffled(using: &random)
    guard (0...ranked.count).contains(count) else { throw .badEdgeCount(count, edges: ranked.count) }
    var included = [Bool](repeating: false, count: graph.senderCount * graph.receiverCount)
    for index in graph.grown(from: ranked, to: count) { included[index] = true }
    return Circuit(graph, included: included)
  }
}

/// How a circuit is taken from scores.
public enum CircuitSelection: String, Hashable, Sendable, CaseIterable {
  /// The edges with the best scores.
  case top
  /// From the logits upward: at each step the best of the edges that lead to a node that is part of the circuit.
  case greedy
}

extension EdgeScores {
  /// The circuit of the edges with the best scores.
  /// - Throws: `badEdgeCount` for a number below 0 or above that of all edges.
  public func circuit(top count: Int, by ranking: EdgeRanking = .magnitude) throws(CircuitError) -> Circuit {
    try circuit(of: count, .top, by: ranking)
  }

  /// The circuit that grows from the logits: at each step, the best edge is added that leads to a node that is part of it.
  /// - Throws: `badEdgeCount` for a number below 0 or above that of all edges.
  public func circuit(greedy count: Int, by ranking: EdgeRanking = .magnitude) throws(CircuitError) -> Circuit {
    try circuit(of: count, .greedy, by: ranking)
  }

  /// The circuit of so many edges.
  public func circuit(
    of count: Int, _ selection: CircuitSelection, by ranking: EdgeRanking = .magnitude
  ) throws(CircuitError) -> Circuit {
    let ranked = ranked(by: ranking)
    guard (0...ranked.count).contains(count) else { throw .badEdgeCount(count, edges: ranked.count) }
    var included = [Bool](repeating: false, count: graph.senderCount * graph.receiverCount)
    for index in selection == .top ? Array(ranked.prefix(count)) : graph.grown(from: ranked, to: count) { included[index] = true }
    return Circuit(graph, included: included, scores: zip(included, values.elements).map { $0 ? $1 : 0 })
  }

}

extension CircuitGraph {
  /// The places of so many edges in the order in which a circuit that grows from the logits takes them, given all of them from the best on.
  fileprivate func grown(from ranked: [Int], to count: Int) -> [Int] {
    var rank = [Int](repeating: 0, count: senderCount * receiverCount)
    for (place, index) in ranked.enumerated() { rank[index] = place }
    var open = SortedPlaces()
    var reached: Set<CircuitReceiver> = []
    func reach(_ receiver: CircuitReceiver) {
      guard reached.insert(receiver).inserted else { return }
      let column = column(of: receiver)
      open.add((0..<senderCount(before: receiver)).map { rank[$0 * receiverCount + column] })
    }
    reach(.logits)
    var taken: [Int] = []
    while taken.count < count, let best = open.removeFirst() {
      taken.append(ranked[best])
      receivers(of: edge(at: ranked[best]).sender).forEach(reach)
    }
    return taken
  }
}

/// Places in a ranking, of which the first is wanted again and again while others are added: a binary heap.
private struct SortedPlaces {
  private var heap: [Int] = []

  mutating func add(_ places: [Int]) {
    for place in places {
      heap.append(place)
      var child = heap.count - 1
      while child > 0, heap[child] < heap[(child - 1) / 2] {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }
  }

  mutating func removeFirst() -> Int? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      let smallest = [parent, 2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }.min { heap[$0] < heap[$1] } ?? parent
      guard smallest != parent else { return first }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
