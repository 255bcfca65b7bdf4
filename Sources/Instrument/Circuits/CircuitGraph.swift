import Transformer

/// All edges that a model has: from each component that writes into the residual stream to each that reads it later.
///
/// Senders are the embedding, every head and every MLP; receivers are every head's queries, every key and value head's keys and values, every
/// MLP, and the logits. In a model whose attention and MLP are parallel, no edge leads from a layer's heads to its MLP.
public struct CircuitGraph: Hashable, Sendable {
  /// Layers of the model.
  public let layers: Int
  /// Query heads of each layer.
  public let heads: Int
  /// Key and value heads of each layer, a divisor of `heads`.
  public let keyValueHeads: Int
  /// Whether a layer's MLP reads what its attention reads.
  public let hasParallelBlocks: Bool

  /// The graph of a model.
  public init(_ config: ModelConfiguration) {
    (layers, heads, keyValueHeads) = (config.layers, config.heads, config.keyValueHeads)
    hasParallelBlocks = config.block == .parallel
  }

  /// Its senders, in the order in which they are computed: rows of `EdgeScores.values`.
  public var senders: [CircuitNode] {
    [.embedding]
      + (0..<layers).flatMap { layer in (0..<heads).map { .head(layer: layer, head: $0) } + [.mlp(layer: layer)] }
  }

  /// Its receivers, in the order in which they read: columns of `EdgeScores.values`.
  public var receivers: [CircuitReceiver] {
    (0..<layers).flatMap { layer in
      (0..<heads).map { CircuitReceiver.query(layer: layer, head: $0) }
        + (0..<keyValueHeads).map { .key(layer: layer, head: $0) } + (0..<keyValueHeads).map { .value(layer: layer, head: $0) }
        + [.mlp(layer: layer)]
    } + [.logits]
  }

  /// How many senders there are.
  public var senderCount: Int { 1 + layers * (heads + 1) }
  /// How many receivers there are.
  public var receiverCount: Int { layers * receiversOfLayer + 1 }
  /// How many edges there are.
  public var edgeCount: Int { receivers.reduce(0) { $0 + senderCount(before: $1) } }

  /// All edges, by sender and receiver in their orders.
  public var edges: [CircuitEdge] {
    let receivers = receivers.map { (receiver: $0, count: senderCount(before: $0)) }
    return senders.enumerated().flatMap { index, sender in
      receivers.filter { index < $0.count }.map { CircuitEdge(from: sender, to: $0.receiver) }
    }
  }

  /// Whether an edge is one of this model.
  public func contains(_ edge: CircuitEdge) -> Bool { (try? check(edge)) != nil }

  // MARK: - Places

  private var receiversOfLayer: Int { heads + 2 * keyValueHeads + 1 }

  /// The row of a sender.
  func row(of sender: CircuitNode) -> Int {
    switch sender {
    case .embedding: 0
    case .head(let layer, let head): 1 + layer * (heads + 1) + head
    case .mlp(let layer): 1 + layer * (heads + 1) + heads
    case .logits: senderCount
    }
  }

  /// The column of a receiver.
  func column(of receiver: CircuitReceiver) -> Int {
    switch receiver {
    case .query(let layer, let head): layer * receiversOfLayer + head
    case .key(let layer, let head): layer * receiversOfLayer + heads + head
    case .value(let layer, let head): layer * receiversOfLayer + heads + keyValueHeads + head
    case .mlp(let layer): layer * receiversOfLayer + heads + 2 * keyValueHeads
    case .logits: layers * receiversOfLayer
    }
  }

  /// The edge at a row and a column counted in one, as in `EdgeScores.values`.
  func edge(at index: Int) -> CircuitEdge {
    CircuitEdge(from: sender(at: index / receiverCount), to: receiver(at: index % receiverCount))
  }

  /// Where an edge lies in `EdgeScores.values`, counted row by row.
  func index(of edge: CircuitEdge) -> Int { row(of: edge.sender) * receiverCount + column(of: edge.receiver) }

  private func sender(at row: Int) -> CircuitNode {
    guard row > 0 else { return .embedding }
    let (layer, part) = (row - 1).quotientAndRemainder(dividingBy: heads + 1)
    return part == heads ? .mlp(layer: layer) : .head(layer: layer, head: part)
  }

  private func receiver(at column: Int) -> CircuitReceiver {
    let (layer, part) = column.quotientAndRemainder(dividingBy: receiversOfLayer)
    guard layer < layers else { return .logits }
    switch part {
    case ..<heads: return .query(layer: layer, head: part)
    case ..<(heads + keyValueHeads): return .key(layer: layer, head: part - heads)
    case ..<(heads + 2 * keyValueHeads): return .value(layer: layer, head: part - heads - keyValueHeads)
    default: return .mlp(layer: layer)
    }
  }

  /// How many senders have written before a receiver reads: they are the first rows.
  func senderCount(before receiver: CircuitReceiver) -> Int {
    switch receiver {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _): 1 + layer * (heads + 1)
    case .mlp(let layer): 1 + layer * (heads + 1) + (hasParallelBlocks ? 0 : heads)
    case .logits: senderCount
    }
  }

  /// The nodes that a receiver is part of: of keys and values, all heads that share them.
  func nodes(of receiver: CircuitReceiver) -> [CircuitNode] {
    let shared = heads / keyValueHeads
    switch receiver {
    case .query(let layer, let head): return [.head(layer: layer, head: head)]
    case .key(let layer, let head), .value(let layer, let head):
      return (head * shared..<(head + 1) * shared).map { .head(layer: layer, head: $0) }
    case .mlp(let layer): return [.mlp(layer: layer)]
    case .logits: return [.logits]
    }
  }

  /// The receivers by which a node reads, none for the embedding.
  func receivers(of node: CircuitNode) -> [CircuitReceiver] {
    switch node {
    case .embedding: return []
    case .head(let layer, let head):
      let group = head / (heads / keyValueHeads)
      return [.query(layer: layer, head: head), .key(layer: layer, head: group), .value(layer: layer, head: group)]
    case .mlp(let layer): return [.mlp(layer: layer)]
    case .logits: return [.logits]
    }
  }

  // MARK: - Checks

  /// An error for a node that the model does not have.
  func check(_ node: CircuitNode) throws(CircuitError) {
    switch node {
    case .embedding, .logits: return
    case .head(let layer, let head): try check(layer: layer, head: head, of: heads, "\(node)")
    case .mlp(let layer): try check(layer: layer, head: 0, of: 1, "\(node)")
    }
  }

  /// An error for a node that writes nothing, or that the model does not have.
  func checkSender(_ node: CircuitNode) throws(CircuitError) {
    guard node != .logits else {
      throw .noSuchPlace("“logits” sends nothing: it is what reads the end. Name a head, an MLP or the embedding.")
    }
    try check(node)
  }

  /// An error for a receiver that the model does not have.
  func check(_ receiver: CircuitReceiver) throws(CircuitError) {
    switch receiver {
    case .query(let layer, let head): try check(layer: layer, head: head, of: heads, "\(receiver)")
    case .key(let layer, let head), .value(let layer, let head):
      try check(layer: layer, head: head, of: keyValueHeads, "\(receiver)", kind: "key and value heads")
    case .mlp(let layer): try check(layer: layer, head: 0, of: 1, "\(receiver)")
    case .logits: return
    }
  }

  /// An error for an edge between what the model does not have, or to what has read before.
  func check(_ edge: CircuitEdge) throws(CircuitError) {
    try checkSender(edge.sender)
    try check(edge.receiver)
    guard row(of: edge.sender) < senderCount(before: edge.receiver) else { throw .noSuchEdge(edge, parallel: hasParallelBlocks) }
  }

  private func check(
    layer: Int, head: Int, of count: Int, _ name: String, kind: String = "heads"
  ) throws(CircuitError) {
    guard (0..<layers).contains(layer), (0..<count).contains(head) else {
      let has = count == 1 ? "" : " with \(kind) 0 to \(count - 1)"
      throw .noSuchPlace("There is no “\(name)”: the model has layers 0 to \(layers - 1)\(has).")
    }
  }
}

extension CircuitGraph: CustomStringConvertible {
  /// Its sizes: `12,345 edges of 158 senders and 445 receivers`.
  public var description: String { "\(edgeCount) edges of \(senderCount) senders and \(receiverCount) receivers" }
}

extension CircuitGraph: Codable {
  private enum CodingKeys: String, CodingKey { case layers, heads, keyValueHeads, hasParallelBlocks }

  /// Reads the sizes, and checks that a model can have them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    layers = try values.decode(Int.self, forKey: .layers)
    heads = try values.decode(Int.self, forKey: .heads)
    keyValueHeads = try values.decode(Int.self, forKey: .keyValueHeads)
    hasParallelBlocks = try values.decode(Bool.self, forKey: .hasParallelBlocks)
    let isPossible = [layers, heads, keyValueHeads].allSatisfy { (1...100_000).contains($0) } && heads % keyValueHeads == 0
    guard isPossible, layers * heads <= 10_000_000 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "No model has \(layers) layers of \(heads) heads with \(keyValueHeads) key and value heads."))
    }
  }
}
