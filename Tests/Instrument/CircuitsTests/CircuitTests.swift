import Circuits
import Foundation
import ModelFixture
import Testing
import TestSupport
import Transformer

@Suite struct CircuitTests {
  /// The fixture's scores, as the model computes them.
  static let scored = Result {
    let fixture = try EAPFixture.load()
    let model = try fixture.model()
    let scores = try model.edgeAttribution(
      on: fixture.examples(model), method: .integratedGradients(steps: 5), rule: .leftEnds(5))
    return (fixture, model, scores)
  }

  @Test(arguments: CircuitSelection.allCases, EdgeRanking.allCases)
  func itsEdgesAreThoseOfTheReferenceBeforeAndBehindPruning(_ selection: CircuitSelection, _ ranking: EdgeRanking) throws {
    let (fixture, _, scores) = try Self.scored.get()
    for count in [10, 40, 90] {
      let expected = try #require(fixture.circuits["\(selection.rawValue) \(ranking.rawValue) \(count)"])
      let circuit = try scores.circuit(of: count, selection, by: ranking)
      #expect(Set(circuit.edges.map(\.edge.name)) == Set(expected.edges))
      #expect(Set(circuit.pruned.edges.map(\.edge.name)) == Set(expected.pruned))
      #expect(circuit.edgeCount == count)
    }
  }

  @Test
  func edgesComeWithTheirScoresTheStrongestFirst() throws {
    let (_, _, scores) = try Self.scored.get()
    let edges = try scores.circuit(top: 12).edges
    #expect(edges == scores.strongest(12))
    #expect(zip(edges, edges.dropFirst()).allSatisfy { abs($0.score) >= abs($1.score) })
    for item in edges {
      let score = try scores[item.edge]
      #expect(score == item.score)
    }
    let signed = scores.strongest(5, by: .signed)
    #expect(signed.allSatisfy { $0.score > 0 })
  }

  @Test
  func whatNothingReachesOrReadsIsPruned() throws {
    let graph = CircuitGraph(try ModelVariant("plain") { _ in }.config())
    func edges(_ names: String...) throws -> [CircuitEdge] { try names.map { try CircuitEdge($0) } }
    let through = try edges("embedding → L0V1", "L0H2 → MLP 1", "MLP 1 → logits", "embedding → logits")
    // The head 2 shares the values of the key and value head 1; nothing reaches the head 0, and nothing reads the MLP 0.
    let loose = try edges("L0H0 → logits", "embedding → MLP 0", "L0H0 → L1Q3", "L1H3 → MLP 1")
    let circuit = try Circuit(through + loose, of: graph)
    #expect(circuit.pruned == (try Circuit(through, of: graph)))
    #expect(
      circuit.nodes.map(\.description) == [
        "embedding", "L0H0", "L0H2", "L0H3", "MLP 0", "L1H3", "MLP 1", "logits",
      ])
    #expect(try Circuit(loose, of: graph).pruned.edgeCount == 0)
  }

  @Test
  func itsComplementIsTheRestOfTheModel() throws {
    let (_, _, scores) = try Self.scored.get()
    let circuit = try scores.circuit(greedy: 30)
    #expect(circuit.complement.edgeCount == circuit.graph.edgeCount - 30)
    #expect(circuit.complement.edges.allSatisfy { !circuit.contains($0.edge) })
    #expect(Circuit.whole(circuit.graph).complement.edgeCount == 0)
    #expect("\(circuit)".contains("30 of 110 edges"))
  }

  @Test
  func itIsReadBackFromJSONAsItWas() throws {
    let (_, model, scores) = try Self.scored.get()
    let folder = try TestFolder()
    for circuit in [try scores.circuit(top: 25), try Circuit([CircuitEdge("m0->logits")], of: model.circuitGraph)] {
      #expect(try Circuit(json: circuit.json) == circuit)
      let path = folder.path + "/circuit.json"
      try circuit.save(to: path)
      #expect(try Circuit.load(path) == circuit)
    }
    #expect(try scores.circuit(top: 25).json.contains("\"edge\" : \"\(scores.strongest(1)[0].edge.name)\""))
  }

  @Test(arguments: [
    #"{"graph":{"layers":2,"heads":4,"keyValueHeads":3,"hasParallelBlocks":false},"edges":[]}"#,
    #"{"graph":{"layers":0,"heads":4,"keyValueHeads":4,"hasParallelBlocks":false},"edges":[]}"#,
    #"{"graph":{"layers":2,"heads":4,"keyValueHeads":0,"hasParallelBlocks":false},"edges":[]}"#,
    #"{"graph":{"layers":2,"heads":4,"keyValueHeads":4,"hasParallelBlocks":false},"edges":[{"edge":"m1->m0"}]}"#,
    #"{"graph":{"layers":2,"heads":4,"keyValueHeads":4,"hasParallelBlocks":false},"edges":[{"edge":"m1>m0"}]}"#,
    "{}", "",
  ])
  func anotherTextIsNoCircuit(_ json: String) {
    #expect(throws: (any Error).self) { try Circuit(json: json) }
  }

  @Test(arguments: [-1, 111])
  func aNumberOfEdgesThatTheModelDoesNotHaveIsAnError(_ count: Int) throws {
    let (_, _, scores) = try Self.scored.get()
    #expect(throws: CircuitError.badEdgeCount(count, edges: 110)) { try scores.circuit(top: count) }
    #expect(throws: CircuitError.badEdgeCount(count, edges: 110)) { try scores.circuit(greedy: count) }
    #expect(try scores.circuit(top: 110).complement.edgeCount == 0)
    #expect(try scores.circuit(greedy: 110).edgeCount == 110)
  }
}
