/// What writes into the residual stream, and the logits, which read its end: a node of a circuit.
///
/// Its `name` is that of the EAP-IG package and of the MIB benchmark: `input`, `a3.h5`, `m3`, `logits`. It is read by that name, and by Folio's:
/// `embedding`, `L3H5`, `MLP 3`.
public enum CircuitNode: Hashable, Sendable {
  /// The tokens' rows of the embedding. Learned positions, which are the same in each prompt, are not part of it.
  case embedding
  /// An attention head, by its query: what it adds to the residual stream, without the bias of the attention's output.
  case head(layer: Int, head: Int)
  /// The MLP of a layer.
  case mlp(layer: Int)
  /// The end: what the final norm reads.
  case logits

  /// The name in the files of EAP-IG: `a3.h5`.
  public var name: String {
    switch self {
    case .embedding: "input"
    case .head(let layer, let head): "a\(layer).h\(head)"
    case .mlp(let layer): "m\(layer)"
    case .logits: "logits"
    }
  }

  /// The layer; nil for what is in no layer.
  public var layer: Int? {
    switch self {
    case .embedding, .logits: nil
    case .head(let layer, _), .mlp(let layer): layer
    }
  }

  /// The node of a name: `input`, `embedding`, `a3.h5`, `L3H5`, `m3`, `MLP 3`, `logits`, in letters of any case.
  /// - Throws: `CircuitError.badName` for any other text.
  public init(_ name: String) throws(CircuitError) {
    let text = name.lowercased()
    if ["input", "embedding", "embed"].contains(text) {
      self = .embedding
    } else if text == "logits" {
      self = .logits
    } else if let match = text.wholeMatch(of: /(?:a([0-9]{1,6})\.h|l([0-9]{1,6})h)([0-9]{1,6})/),
      let layer = Int(match.1 ?? match.2 ?? ""), let head = Int(match.3)
    {
      self = .head(layer: layer, head: head)
    } else if let match = text.wholeMatch(of: /(?:m|mlp ?)([0-9]{1,6})/), let layer = Int(match.1) {
      self = .mlp(layer: layer)
    } else {
      throw .badName(name, kind: "node", examples: "embedding, L3H5, MLP 3, logits")
    }
  }
}

extension CircuitNode: CustomStringConvertible {
  /// Folio's name: `embedding`, `L3H5`, `MLP 3`, `logits`.
  public var description: String {
    switch self {
    case .embedding: "embedding"
    case .head(let layer, let head): "L\(layer)H\(head)"
    case .mlp(let layer): "MLP \(layer)"
    case .logits: "logits"
    }
  }
}

/// What reads the residual stream: where an edge ends.
///
/// Queries are read by each head, keys and values by each key and value head, which in models with grouped heads serve several heads.
/// Its `name` is that of the EAP-IG package, `a3.h5<q>`, `a3.h5<k>`, `m3`, `logits`, where the number of a key or of a value is that of the key
/// and value head.
public enum CircuitReceiver: Hashable, Sendable {
  /// The queries of a head.
  case query(layer: Int, head: Int)
  /// The keys of a key and value head.
  case key(layer: Int, head: Int)
  /// The values of a key and value head.
  case value(layer: Int, head: Int)
  /// The MLP of a layer.
  case mlp(layer: Int)
  /// The end of the residual stream.
  case logits

  /// The name in the files of EAP-IG: `a3.h5<q>`.
  public var name: String {
    switch self {
    case .query(let layer, let head): "a\(layer).h\(head)<q>"
    case .key(let layer, let head): "a\(layer).h\(head)<k>"
    case .value(let layer, let head): "a\(layer).h\(head)<v>"
    case .mlp(let layer): CircuitNode.mlp(layer: layer).name
    case .logits: CircuitNode.logits.name
    }
  }

  /// The layer; nil for the logits.
  public var layer: Int? {
    switch self {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _), .mlp(let layer): layer
    case .logits: nil
    }
  }

  /// The receiver of a name: `a3.h5<q>` or `L3Q5`, `a3.h1<k>` or `L3K1`, `a3.h1<v>` or `L3V1`, `m3` or `MLP 3`, `logits`.
  /// - Throws: `CircuitError.badName` for any other text.
  public init(_ name: String) throws(CircuitError) {
    let text = name.lowercased()
    if let match = text.wholeMatch(of: /a([0-9]{1,6})\.h([0-9]{1,6})<([qkv])>/), let layer = Int(match.1), let head = Int(match.2)
    {
      self.init(match.3, layer, head)
    } else if let match = text.wholeMatch(of: /l([0-9]{1,6})([qkv])([0-9]{1,6})/), let layer = Int(match.1),
      let head = Int(match.3)
    {
      self.init(match.2, layer, head)
    } else if let node = try? CircuitNode(name), case .mlp(let layer) = node {
      self = .mlp(layer: layer)
    } else if text == "logits" {
      self = .logits
    } else {
      throw .badName(name, kind: "receiver", examples: "L3Q5, L3K1, L3V1, MLP 3, logits")
    }
  }

  private init(_ letter: Substring, _ layer: Int, _ head: Int) {
    switch letter {
    case "q": self = .query(layer: layer, head: head)
    case "k": self = .key(layer: layer, head: head)
    default: self = .value(layer: layer, head: head)
    }
  }
}

extension CircuitReceiver: CustomStringConvertible {
  /// Folio's name: `L3Q5`, `L3K1`, `L3V1`, `MLP 3`, `logits`.
  public var description: String {
    switch self {
    case .query(let layer, let head): "L\(layer)Q\(head)"
    case .key(let layer, let head): "L\(layer)K\(head)"
    case .value(let layer, let head): "L\(layer)V\(head)"
    case .mlp(let layer): CircuitNode.mlp(layer: layer).description
    case .logits: CircuitNode.logits.description
    }
  }
}

/// What one component writes and another reads: from a head, an MLP or the embedding to a head's queries, keys or values, an MLP, or the logits.
public struct CircuitEdge: Hashable, Sendable {
  /// What writes.
  public let sender: CircuitNode
  /// What reads.
  public let receiver: CircuitReceiver

  /// The edge between two.
  public init(from sender: CircuitNode, to receiver: CircuitReceiver) { (self.sender, self.receiver) = (sender, receiver) }

  /// The name in the files of EAP-IG: `a0.h1->a3.h5<q>`.
  public var name: String { "\(sender.name)->\(receiver.name)" }

  /// The edge of a name: `a0.h1->a3.h5<q>`, or `L0H1 → L3Q5`.
  /// - Throws: `CircuitError.badName` for any other text.
  public init(_ name: String) throws(CircuitError) {
    guard let parts = name.wholeMatch(of: /\s*(.+?)\s*(?:->|→)\s*(.+?)\s*/) else {
      throw .badName(name, kind: "edge", examples: "L0H1 → L3Q5, MLP 0 → logits")
    }
    self.init(from: try CircuitNode(String(parts.1)), to: try CircuitReceiver(String(parts.2)))
  }
}

extension CircuitEdge: CustomStringConvertible {
  /// Folio's name: `L0H1 → L3Q5`.
  public var description: String { "\(sender) → \(receiver)" }
}
