import Foundation

extension Circuit: Codable {
  private enum CodingKeys: String, CodingKey { case graph, edges }

  private struct Entry: Codable {
    let edge: String
    let score: Float?
  }

  /// Writes the graph's sizes, and each edge by its name with its score.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(graph, forKey: .graph)
    try values.encode(
      edges.map { Entry(edge: $0.edge.name, score: $0.score.isNaN ? nil : $0.score) }, forKey: .edges)
  }

  /// Reads what `encode` writes.
  /// - Throws: `CircuitError` for an edge that the graph does not have.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let graph = try values.decode(CircuitGraph.self, forKey: .graph)
    let entries = try values.decode([Entry].self, forKey: .edges)
    let edges = try entries.map { try CircuitEdge($0.edge) }
    let circuit = try Circuit(edges, of: graph)
    var scores = [Float](repeating: 0, count: circuit.isIncluded.count)
    for (edge, entry) in zip(edges, entries) { scores[graph.index(of: edge)] = entry.score ?? .nan }
    let hasScores = !entries.isEmpty && entries.allSatisfy { $0.score != nil }
    self.init(graph, included: circuit.isIncluded, scores: hasScores ? scores : nil)
  }

  /// The circuit as JSON: the graph's sizes, and each edge by its name in the EAP-IG package with its score.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }

  /// The circuit of a JSON text, as `json` gives it.
  public init(json: String) throws { self = try JSONDecoder().decode(Circuit.self, from: Data(json.utf8)) }

  /// Writes the circuit to a file as JSON.
  public func save(to path: String) throws { try Data(json.utf8).write(to: URL(filePath: path), options: .atomic) }

  /// Reads a circuit from a file that `save` wrote.
  public static func load(_ path: String) throws -> Circuit {
    try JSONDecoder().decode(Circuit.self, from: try Data(contentsOf: URL(filePath: path)))
  }
}
