import Foundation
import Lenses
import ModelFixture
import Tensors
import Testing
import Transformer

/// The numbers of this module beside those of TransformerLens, in fp64, on the tiny GPT-2; `Fixtures/make_lenses.py` makes them.
@Suite struct TransformerLensTests {
  struct Expectations: Decodable {
    let tokens: [Int]
    let length: Int
    let entropy: [[Double]]
    let divergence: [[Double]]
    let likeliest: [[Int]]
    let probability: [[Double]]
    let induction: [[Double]]
    let duplicateToken: [[Double]]
    let previousToken: [[Double]]
    let composition: [String: [[[[Double]]]]]
    let copying: [[Double]]
    let singularValuesOV: [[[Double]]]
    let singularValuesQK: [[[Double]]]
  }

  private let model: LanguageModel
  private let expected: Expectations

  init() throws {
    let fixture = try #require(FamilyFixture.all.first { $0.name == "gpt2" })
    model = try fixture.model()
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/lenses.gpt2.json")
    expected = try JSONDecoder().decode(Expectations.self, from: Data(contentsOf: file))
  }

  /// Within 1e-4 of the largest.
  private func agree(_ actual: [Double], _ expected: [Double]) -> Bool {
    let largest = expected.map(abs).max() ?? 0
    return actual.count == expected.count && zip(actual, expected).allSatisfy { abs($0 - $1) <= 1e-4 * largest }
  }

  private func agree(_ actual: Tensor, _ expected: [[Double]]) -> Bool {
    agree(actual.elements.map(Double.init), expected.flatMap { $0 })
  }

  @Test func theLogitLens() throws {
    let reading = try model.logitLens(expected.tokens, at: .all, top: 1, includingMid: true)
    #expect(agree(reading.entropy, expected.entropy))
    #expect(agree(reading.divergence, expected.divergence))
    #expect(agree(reading.topProbability, expected.probability))
    #expect(reading.cells.map { $0.map { $0.top[0].token } } == expected.likeliest)
  }

  @Test func theScoresOfHeads() throws {
    let cases: [(AttentionBehaviour, [[Double]])] = [
      (.induction, expected.induction), (.duplicateToken, expected.duplicateToken), (.previousToken, expected.previousToken),
    ]
    for (behaviour, scores) in cases {
      #expect(agree(try model.headScores(behaviour, on: [expected.tokens]).values, scores), "\(behaviour)")
    }
  }

  @Test(arguments: CompositionMode.allCases)
  func composition(_ mode: CompositionMode) throws {
    let scores = try #require(expected.composition[mode.rawValue])
    let actual = try model.compositionScores(mode, draws: 1).values.elements.map(Double.init)
    #expect(agree(actual, scores.flatMap { $0.flatMap { $0.flatMap { $0 } } }))
  }

  @Test func copying() throws { #expect(agree(try model.copyingScores().values, expected.copying)) }

  @Test func singularValues() throws {
    for layer in 0..<model.config.layers {
      for head in 0..<model.config.heads {
        let name = "L\(layer)H\(head)"
        let ov = try model.singularVectors(of: name, .valueOutput).singularValues.elements.map(Double.init)
        let qk = try model.singularVectors(of: name, .queryKey).singularValues.elements.map(Double.init)
        #expect(agree(ov, expected.singularValuesOV[layer][head]), "OV of \(name)")
        #expect(agree(qk, expected.singularValuesQK[layer][head]), "QK of \(name)")
      }
    }
  }
}
