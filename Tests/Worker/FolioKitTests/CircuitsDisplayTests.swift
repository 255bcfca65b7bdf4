import FolioKit
import Foundation
import ModelFixture
import Record
import Testing

@Suite struct CircuitsDisplayTests {
  private let graph: CircuitGraph
  private let planted: PlantedInduction
  private let examples: [PromptExample]

  init() throws {
    planted = try PlantedInduction()
    examples = try planted.examples(3)
    graph = planted.model.circuitGraph
  }

  private func drawing(_ picture: Picture) throws -> (svg: String, alt: String) {
    let shown = outputs { display(picture) }
    guard case .picture(let content)? = shown.first else { throw NotebookError("no picture was shown") }
    #expect(content.format == .svg)
    return (String(decoding: content.data, as: UTF8.self), content.alt ?? "")
  }

  @Test func aCircuitIsAGraphWhoseNodesAreNamedAndWhoseEdgesHaveTheirSignsColourAndTheirSizesWidth() throws {
    let scores = try planted.model.edgeAttribution(on: examples, method: .patched)
    let circuit = try scores.circuit(top: 12)
    let (svg, alt) = try drawing(circuit.picture(title: "What is <planted>"))
    for node in circuit.nodes { #expect(svg.contains(">\(node)</text>"), "\(node)") }
    #expect(svg.contains("What is &lt;planted&gt;"))
    #expect(svg.components(separatedBy: "stroke-opacity").count - 1 == 12)
    let negative = circuit.edges.count { $0.score < 0 }
    #expect(negative > 0)
    #expect(svg.components(separatedBy: "stroke=\"#D55E00\"").count - 1 == negative)
    #expect(svg.contains("stroke-width=\"6\""))
    #expect(svg.contains("<title>L0H1 → L1K2: "))
    #expect(alt.contains("12 of 12 edges") && alt.contains("\(circuit.edges[0].edge)"))
    #expect(try drawing(circuit.picture(strongest: 3)).svg.contains("the 3 strongest of 12 edges"))
  }

  @Test func headsThatShareTheirKeysAreDrawnWithThem() throws {
    let graph = CircuitGraph(try ModelVariant("plain") { _ in }.config())
    let circuit = try Circuit(["L0H1 → L1K1", "L1H2 → logits", "L1H3 → logits"].map { try CircuitEdge($0) }, of: graph)
    let (svg, _) = try drawing(circuit.picture())
    #expect(svg.contains(">L1KV1</text>"))
    #expect(svg.components(separatedBy: "stroke-dasharray").count - 1 == 2)
    // Without scores, edges have no sign.
    #expect(!svg.contains("#0072B2") && svg.contains("3 edges"))
  }

  @Test func anEmptyCircuitIsDrawnToo() throws {
    let (svg, alt) = try drawing(Circuit([], of: graph).picture())
    #expect(svg.contains("0 edges") && alt.contains("0 of 0 edges"))
  }

  @Test func scoresAreATableWithIntervalsAndTheirCheckAChart() throws {
    let scores = try planted.model.edgeAttribution(on: examples, method: .attributionPatching, checking: 10)
    let shown = outputs { display(scores) }
    guard case .table(let table)? = shown.first else { return #expect(Bool(false), "no table") }
    #expect(table.columns.map(\.title) == ["edge", "score", "95 % interval"])
    #expect(table.rows.count == 15 && table.rows[0][0] == "\(scores.strongest(1)[0].edge)")
    #expect(shown.contains { if case .figure = $0 { true } else { false } })
    #expect(shown.contains { if case .value(let text) = $0 { "\(text)".contains("n = 3") } else { false } })
  }

  @Test func aCurveHasAPointForEachPartOfTheEdges() throws {
    let scores = try planted.model.edgeAttribution(on: examples, method: .patched)
    let curve = try planted.model.faithfulnessCurve(of: scores, on: examples, fractions: [0.02, 0.1, 1], selection: .greedy)
    let chart = curve.chart()
    #expect(chart.series[0].x == [2, 10, 100])
    #expect(chart.series[0].y == curve.points.map(\.faithfulness.value))
    #expect(chart.series[0].band != nil && chart.problem == nil)
    #expect(chart.title?.contains("CPR") == true)
    let part = try planted.model.faithfulnessCurve(of: scores, on: examples, fractions: [0.02, 0.1])
    #expect(part.chart().title == "Faithfulness")
    #expect(
      outputs { display(part) }.contains { if case .value(let text) = $0 { "\(text)".contains("no CPR and CMD") } else { false } }
    )
    let shown = outputs { display(try? planted.model.faithfulness(of: scores.circuit(top: 5), on: examples)) }
    #expect(shown.contains { if case .value(let text) = $0 { "\(text)".contains("decisions flipped") } else { false } })
  }

  @Test func effectsOfPathsAreAMapOfTheModel() throws {
    let effects = try planted.model.pathPatching(on: examples, to: [.key(layer: 1, head: 2)])
    let figure = effects.figure()
    guard case .heatmap(let heads) = figure.data[1] else { return #expect(Bool(false), "no heatmap") }
    #expect(heads.z.elements == effects.heads.elements.map { Double("\($0)") })
    #expect(figure.title == "Paths to L1K2, through MLPs")
    #expect(outputs { display(effects) }.count == 2)
  }
}
