import FolioKit
import Foundation
import ModelFixture
import Testing

/// What a dictionary's values say on a page.
@Suite struct SparseAutoencoderDisplayTests {
  /// Each number of the residual stream of a random model, and its negative, is a feature.
  private func dictionary() throws -> (LanguageModel, SparseAutoencoder) {
    let model = try ModelVariant("plain") { _ in }.random(seed: 5).model()
    let encoder = Tensor(rows: (0..<12).map { row in (0..<24).map { $0 == row ? 1 : $0 == row + 12 ? -1 : 0 } })
    return (model, try SparseAutoencoder(W_enc: encoder, W_dec: encoder.transposed(), at: .residualMid(layer: 0)))
  }

  private static let tokens = [2, 5, 9, 31]

  @Test func aCheckIsATableOfItsNumbersWithTheirIntervals() throws {
    let (model, sae) = try dictionary()
    let table = try model.checkReconstruction(of: sae, over: [Self.tokens, [3, 8, 1]]).table
    #expect(table.columns.map(\.title) == ["check", "value", "what it is"])
    let row = try #require(table.rows.first { $0[0] == "L0" })
    #expect(row[1] == "12.0 [12.0, 12.0], n = 2" || row[1].hasPrefix("12"), "\(row[1])")
    #expect(table.rows.contains { $0[0] == "loss recovered" })
  }

  @Test func anAttributionShowsTheTokensTheLargestValuesAndWhatChecksThem() throws {
    let (model, sae) = try dictionary()
    let result = try model.featureAttribution(
      Self.tokens, in: sae, toward: LogitDifference(clean: 7, corrupted: 3), checking: 4)
    #expect(result.displayed.count == 4)
    let table = result.table(strongest: 2)
    #expect(table.rows.count == 2)
    #expect(table.rows[0][0] == "\(result.entries[0].feature)")
    #expect(result.coloredTokens().values.count == 4)
  }

  @Test func aFeaturesTextsAreColouredOnOneScale() throws {
    let (model, sae) = try dictionary()
    let examples = try model.featureExamples(of: [2], in: sae, over: [Self.tokens, [9, 9, 30, 2]])[0]
    #expect(Set(examples.coloredTokens.map(\.limit)) == [Double(examples.largest)])
    #expect(examples.coloredTokens.count == examples.examples.count)
    #expect(examples.table.rows.count == 8)
  }

  @Test func aPromptsFeaturesAreARowForEachPosition() throws {
    let (model, sae) = try dictionary()
    let features = try model.features(Self.tokens, in: sae)
    #expect(features.table().rows.map { $0[0] } == ["0", "1", "2", "3"])
    #expect(features.table().rows[1][2] == "\(features.activeCounts[1])")
    #expect(try features.coloredTokens(of: 3).values.count == 4)
  }
}
