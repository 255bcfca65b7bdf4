import FolioKit
import ModelFixture
import Record
import Testing

@Suite struct LensDisplayTests {
  private let model: LanguageModel
  private let prompt = "Fae is a zumpus. Fae is a"

  init() throws { model = try LanguageModel.load(ModelFixture.standIn.path) }

  private func tables(_ value: some Displayable) -> [Table] {
    value.displayed.compactMap { if case .table(let table) = $0 { table } else { nil } }
  }

  private func heatmaps(_ value: some Displayable) -> [Figure.HeatmapTrace] {
    value.displayed.flatMap { part -> [Figure.HeatmapTrace] in
      guard case .figure(let figure) = part else { return [] }
      return figure.data.compactMap { if case .heatmap(let trace) = $0 { trace } else { nil } }
    }
  }

  @Test func aLensAtOnePositionIsATableOfItsLikeliestTokens() throws {
    let reading = try model.logitLens(prompt, top: 2, following: " zumpus")
    let table = try #require(tables(reading).first)
    #expect(
      table.columns.map(\.title) == ["place", "1", "p", "2", "p", "entropy", "KL to the model", "rank of ' zumpus'", "p of it"])
    #expect(table.rows.map(\.first) == reading.places.map { $0 })
    #expect(table.rows[1][1] == "'\(reading.cells[1][0].top[0].text)'")
    #expect(table.rows[1][7] == "\(reading.cells[1][0].targetRank)")
    #expect(heatmaps(reading).isEmpty)
  }

  @Test func aLensAtSeveralPositionsIsAMapOfTheFollowedTokenAndATableOfTheLikeliest() throws {
    let reading = try model.logitLens(prompt, at: .all)
    let trace = try #require(heatmaps(reading).first)
    #expect(trace.z.elements == reading.targetProbability.elements.map(\.decimal))
    #expect((trace.z.rows, trace.z.columns) == (5, reading.tokens.count))
    let table = try #require(tables(reading).first)
    #expect(table.columns.count == 1 + min(12, reading.tokens.count))
    let figure = reading.figure(.divergence)
    guard case .heatmap(let other) = figure.data[0] else { throw ModelError.badRequest("no heatmap") }
    #expect(other.z.elements == reading.divergence.elements.map(\.decimal))
  }

  @Test func aPositionThatWasNotReadHasNoRows() throws {
    let reading = try model.logitLens(prompt, at: .at([2]))
    #expect(reading.table(at: 1).rows.isEmpty)
    #expect(reading.table(at: 2).rows.count == reading.places.count)
  }

  @Test func aTrainingShowsEachLayerBeforeAndAfterWithItsInterval() throws {
    let training = try model.trainTunedLens(on: [prompt, prompt + " x"], heldOut: ["Rex is", "Sam is a", "A b"], steps: 2)
    let table = try #require(tables(training).first)
    #expect(table.rows.count == 4)
    #expect(table.rows[0][0] == "0" && table.rows[0][5] == "3")
    #expect(table.rows[0][4].contains(" to "))
  }

  @Test func scoresOfHeadsAreMapsBesideEachOther() throws {
    let scores = try model.repeatedTokenScores(length: 10, sequences: 2)
    #expect(heatmaps(scores).map(\.z.elements) == scores.all.map { $0.values.elements.map(\.decimal) })
    #expect(tables(scores).first?.rows.map(\.first) == ["first", "second"])
    #expect(scores.induction.table(3).rows.count == 3)
  }

  @Test func lossesColourTheTokensButTheFirst() throws {
    let losses = try model.tokenLosses(prompt)
    let colored = losses.coloredTokens()
    #expect(colored.tokens == losses.labels)
    #expect(colored.value(0) == nil)
    #expect(colored.value(3) == losses.losses[2])
    #expect(losses.table(2).rows.map(\.first) == losses.mostSurprising(2).map { "\($0)" })
  }

  @Test func attentionColoursTheTextForEachHead() throws {
    let patterns = try model.attentionPatterns(prompt, heads: ["L0H1", "L3H2"])
    let colored = try patterns.coloredTokens(from: 4)
    #expect(colored.map(\.tokens) == [patterns.labels, patterns.labels])
    #expect(colored[1].value(2) == Double(patterns.patterns[1][4, 2]))
    #expect(colored[1].title.hasPrefix("Attention of L3H2 from"))
    #expect(throws: ModelError.self) { try patterns.coloredTokens(from: 99) }
  }

  @Test func weightsOfHeadsShowThemselves() throws {
    let composition = try model.compositionScores(.key, draws: 3)
    #expect(heatmaps(composition).first.map { [$0.z.rows, $0.z.columns] } == [4, 4])
    #expect(tables(composition).first?.rows.count == 8)
    let copying = try model.copyingScores()
    #expect(heatmaps(copying).first?.z.elements == copying.values.elements.map(\.decimal))
    let vectors = try model.singularVectors(of: "L2H1", .valueOutput, count: 2, top: 3)
    #expect(tables(vectors).first?.rows.map(\.first) == ["0 +", "0 -", "1 +", "1 -"])
  }
}
