import Circuits
import Foundation
import ModelFixture
import Testing
import Transformer

@Suite struct CircuitGraphTests {
  /// Two layers of 4 heads and 2 key and value heads.
  private func graph(_ variant: ModelVariant = ModelVariant("plain") { _ in }) throws -> CircuitGraph {
    CircuitGraph(try variant.config())
  }

  @Test func ofGPT2ItHasTheNodesAndEdgesOfTheReferenceByTheirNames() throws {
    let fixture = try EAPFixture.load()
    let graph = CircuitGraph(try fixture.model().config)
    #expect(graph.senders.map(\.name) == fixture.senders)
    #expect(graph.receivers.map(\.name) == fixture.receivers)
    #expect(Set(graph.edges.map(\.name)) == Set(fixture.edges))
    #expect(graph.edgeCount == fixture.edges.count)
  }

  @Test func headsThatShareKeysAndValuesReadThemByOneEdge() throws {
    let graph = try graph()
    #expect(graph.senderCount == 1 + 2 * 5)
    #expect(graph.receiverCount == 2 * (4 + 2 + 2 + 1) + 1)
    #expect(graph.contains(CircuitEdge(from: .head(layer: 0, head: 3), to: .key(layer: 1, head: 1))))
    #expect(!graph.contains(CircuitEdge(from: .head(layer: 0, head: 3), to: .key(layer: 1, head: 2))))
    #expect(graph.contains(CircuitEdge(from: .head(layer: 0, head: 3), to: .query(layer: 1, head: 2))))
  }

  @Test func besideAParallelAttentionTheMLPDoesNotReadItsHeads() throws {
    let parallel = try graph(ModelVariant("parallel") { $0.block = .parallel })
    let edge = CircuitEdge(from: .head(layer: 1, head: 0), to: .mlp(layer: 1))
    #expect(try graph().contains(edge))
    #expect(!parallel.contains(edge))
    let error = #expect(throws: CircuitError.self) { try Circuit([edge], of: parallel) }
    #expect("\(try #require(error))".contains("parallel"))
  }

  @Test(arguments: [ModelVariant("plain") { _ in }, ModelVariant("parallel") { $0.block = .parallel }])
  func noEdgeLeadsBackAndEveryOtherExists(_ variant: ModelVariant) throws {
    let graph = try graph(variant)
    let edges = graph.edges
    #expect(Set(edges).count == edges.count && edges.count == graph.edgeCount)
    for sender in graph.senders {
      for receiver in graph.receivers {
        let edge = CircuitEdge(from: sender, to: receiver)
        let isLater =
          switch (sender.layer, receiver.layer, sender, receiver) {
          case (nil, _, _, _), (_, nil, _, _): true
          case (let from?, let to?, .head, .mlp): from < to || from == to && !graph.hasParallelBlocks
          case (let from?, let to?, _, _): from < to
          }
        #expect(graph.contains(edge) == isLater, "\(edge)")
      }
    }
  }

  @Test(arguments: [
    ("a3.h5->a7.h2<q>", "L3H5 → L7Q2"), ("input->m0", "embedding → MLP 0"), ("m1->a2.h0<k>", "MLP 1 → L2K0"),
    ("a0.h0->a1.h3<v>", "L0H0 → L1V3"), ("m4->logits", "MLP 4 → logits"),
  ])
  func anEdgeIsReadByItsNameInTheReferenceAndByFolios(_ names: (String, String)) throws {
    let edge = try CircuitEdge(names.0)
    #expect(edge.name == names.0)
    #expect(edge.description == names.1)
    #expect(try CircuitEdge(names.1) == edge)
    #expect(try CircuitEdge(" " + names.1.replacing(" → ", with: "->").lowercased() + " ") == edge)
  }

  @Test(arguments: [
    "", "L3H5", "L3H5 → ", "L3H5 → L4H2", "L3H → L4Q2", "logits ← m3", "a1.h2->a3.h1", "m3->m4->m5", "L99999999H1 → m3",
  ])
  func anotherTextNamesNoEdge(_ name: String) {
    let error = #expect(throws: CircuitError.self) { try CircuitEdge(name) }
    #expect(error.map { "\($0)".contains("Write it as") } == true)
  }

  @Test(arguments: [
    "L2H0 → logits", "L0H4 → logits", "MLP 2 → logits", "L0H0 → L1K2", "L0H0 → L1Q4", "logits → MLP 1", "MLP 1 → MLP 1",
  ])
  func anEdgeThatTheModelDoesNotHaveIsAnErrorThatSaysWhatThereIs(_ name: String) throws {
    let graph = try graph()
    let error = #expect(throws: CircuitError.self) { try Circuit([CircuitEdge(name)], of: graph) }
    let text = "\(try #require(error))"
    #expect(text.contains("layers 0 to 1") || text.contains("sends nothing") || text.contains("reads the residual stream before"))
  }
}
