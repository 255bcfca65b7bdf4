import FolioKit
import ModelFixture
import Record
import Testing

@Suite struct AttributionDisplayTests {
  private let model: LanguageModel
  private let answer = LogitDifference(clean: " grimpus", corrupted: " zumpus")
  private let clean = "Fae is a zumpus. Fae is a grimpus.\nQuestion: Is Fae sunny?\n(1) Fae is a"
  private let corrupted = "Fae is a zumpus. Fae is a grimpus.\nQuestion: Is Fae windy?\n(1) Fae is a"

  init() throws { model = try LanguageModel.load(ModelFixture.standIn.path) }

  private func figures(_ value: some Displayable) -> [Figure] {
    value.displayed.compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
  }

  private func heatmap(_ figure: Figure, _ index: Int) throws -> Figure.HeatmapTrace {
    guard case .heatmap(let trace) = figure.data[index] else { throw ModelError.badRequest("panel \(index) is no heatmap") }
    return trace
  }

  @Test func directLogitAttributionIsThreePanelsOfItsValues() throws {
    let dla = try model.directLogitAttribution(clean, toward: answer)
    let figure = try #require(figures(dla).first)
    #expect(figure.title == "Direct logit attribution | ' grimpus' - ' zumpus'")
    #expect(try heatmap(figure, 0).z.elements == dla.residualStream.elements.map(\.decimal))
    #expect(try heatmap(figure, 1).z.elements == dla.mlps.elements.map(\.decimal))
    #expect(try heatmap(figure, 2).z.elements == dla.heads.elements.map(\.decimal))
    let limited = dla.figure(limit: 50)
    #expect(limited.layout.colorAxes.values.allSatisfy { $0.cmin == -50 && $0.cmax == 50 })
  }

  @Test func attributionsOfSeveralComponentsStandAboveEachOther() throws {
    let parts = try model.attributionPatching(
      clean: clean, corrupted: corrupted, toward: answer, components: [.query, .key, .residualPre])
    let figure = parts.figure(last: 5, limit: 0.5)
    #expect(figure.layout.annotations.map(\.text) == ["Queries", "Keys", "Residual stream"])
    let labels = parts[0].prompts.labels
    let trace = try heatmap(figure, 0)
    #expect((trace.z.rows, trace.z.columns) == (16, 5))
    #expect(try heatmap(figure, 2).z.rows == 4)
    let last = try #require(labels.last)
    #expect(figure.plotlyJSON.contains("\(last) | \(labels.count - 1)"))
    #expect(trace.z[15, 4] == parts[0].rows[15, labels.count - 1].decimal)
    // What is before the first difference is no result, and not shown.
    #expect(try heatmap(parts.figure(), 0).z.columns == labels.count - parts[0].firstPosition)
  }

  @Test func patternsHaveAPanelForEachHeadAndPositionsOnTheirAxes() throws {
    let patterns = try model.attentionPatterns(clean, heads: ["L0H1", "L3H2-"])
    let part = patterns.from(query: 4, key: 2)
    let figure = try #require(figures(part).first)
    #expect(figure.layout.annotations.map(\.text) == ["L0H1", "L3H2-"])
    #expect(part.keyLabels.first == "\(patterns.labels[2]) (2)")
    #expect(part.queryLabels.first == "\(patterns.labels[4]) (4)")
    #expect(figure.layout.colorAxes.values.allSatisfy { $0.cmin == 0 && $0.cmax == 1 })
  }

  @Test func aListOfDisplayableThingsIsShownOneAfterTheOther() throws {
    let dla = try model.directLogitAttribution(clean, toward: answer)
    #expect(figures([dla, dla]).count == 2)
  }

  @Test func tokensHaveTheSumsOfTheirColumns() throws {
    let part = try model.attributionPatching(clean: clean, corrupted: corrupted, toward: answer, component: .residualPre)
    let colored = part.coloredTokens(from: 3)
    #expect(colored.tokens.count == part.prompts.labels.count - 3)
    #expect(colored.start == 3)
    for index in colored.tokens.indices {
      let sum = (0..<4).reduce(0.0) { $0 + Double(part.values[$1, index + 3]) }
      #expect(abs((colored.value(index) ?? 0) - sum) < 1e-5)
    }
    #expect(colored.limit == colored.values.compactMap { $0.map(abs) }.max())
  }

  @Test func colouredTokensTakeWhatTheyAreGiven() {
    let tokens = ColoredTokens(["a", "b", "c"], values: [1, Double.nan], title: "t", limit: -1)
    #expect(tokens.values == [1, nil, nil])
    #expect(tokens.limit == 1)
    #expect(ColoredTokens(["a"], values: [Float]([]), title: "t").limit == 1)
    #expect(ColoredTokens(["a", "b"], values: [0.5, -2, 7], title: "t").limit == 2)
    #expect(tokens.plainText == "[tokens] t: 3 tokens; strongest: 'a' (0) 1")
  }
}

extension BinaryFloatingPoint {
  /// The same number as figures hold it.
  var decimal: Double { Heatmap.Values(rows: 1, columns: 1, [self]).elements[0] }
}
