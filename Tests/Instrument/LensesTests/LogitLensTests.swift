import Checkpoints
import Foundation
import Lenses
import ModelFixture
import Tensors
import Testing
import Transformer

@Suite struct LogitLensTests {
  static let tokens = [2, 7, 31, 7, 12, 30, 5]

  @Test(arguments: ModelVariant.all)
  func eachNumberIsThatOfTheLensWrittenOutInDouble(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 17)
    let (model, twin) = (try random.model(), LensTwin(random.twin, Self.tokens))
    let reading = try model.logitLens(Self.tokens, at: .at([1, 6]), top: 3, following: 12, includingMid: true)
    let own = twin.logProbabilities(twin.stream("final_post"))
    for (place, row) in zip(reading.places, reading.cells) {
      let seen = twin.logProbabilities(twin.stream(place))
      for (position, cell) in zip([1, 6], row) {
        let logs = seen[position]
        let order = logs.indices.sorted { logs[$0] > logs[$1] }
        #expect(cell.top.map(\.token) == Array(order.prefix(3)), "\(place) at \(position)")
        for candidate in cell.top { #expect(abs(candidate.probability - exp(logs[candidate.token])) < 1e-5) }
        #expect(abs(cell.entropy + logs.reduce(0) { $0 + exp($1) * $1 }) < 2e-5)
        let divergence = zip(own[position], logs).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        #expect(abs(cell.divergence - divergence) < 2e-5 * max(1, divergence))
        #expect(cell.targetRank - 1 == order.firstIndex(of: 12))
        #expect(abs(cell.targetProbability - exp(logs[12])) < 1e-5)
      }
    }
  }

  @Test func theLastPlaceIsTheModelItself() throws {
    let model = try ModelVariant.families[1].random(seed: 3).model()
    let reading = try model.logitLens(Self.tokens, at: .all)
    let logits = try model.run(Self.tokens, logits: .all).logits
    for position in Self.tokens.indices {
      let cell = try #require(reading["final_post", at: position])
      #expect(cell.top[0].token == logits.select(position).argmax())
      #expect(cell.divergence == 0)
      // What is followed is what the model says in the end.
      #expect(cell.targetRank == 1 && reading.targets[position] == cell.top[0].token)
    }
  }

  @Test func itsTensorsHoldWhatItsCellsHold() throws {
    let model = try ModelVariant.families[0].random(seed: 3).model()
    let reading = try model.logitLens(Self.tokens, at: .at([4, 2]))
    #expect(reading.places == ["0_pre", "1_pre", "final_post"])
    #expect(reading.divergence.shape == [3, 2])
    let cell = try #require(reading["1_pre", at: 2])
    #expect(reading.divergence[1, 1] == Float(cell.divergence))
    #expect(reading.entropy[1, 1] == Float(cell.entropy))
    #expect(reading.targetRank[1, 1] == Float(cell.targetRank))
    #expect(reading.topProbability[1, 1] == Float(cell.top[0].probability))
    #expect(reading["1_mid", at: 2] == nil)
    #expect(reading["1_pre", at: 3] == nil)
  }

  @Test func theTextsOfTokensAreThoseOfTheTokenizer() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    let reading = try model.logitLens("Fae is a", following: " a")
    let labels = try model.toStrTokens("Fae is a")
    #expect(reading.labels == labels)
    #expect(reading.targetLabels == [" a"])
    let best = reading.cells[0][0].top[0]
    #expect(try model.toStrTokens([best.token]) == [best.text])
  }

  @Test func whatCannotBeReadIsAnError() throws {
    let model = try ModelVariant.families[0].random(seed: 3).model()
    #expect(throws: LensError.noPositions) { try model.logitLens(Self.tokens, at: .none) }
    #expect(throws: LensError.badCount(what: "of the likeliest tokens", count: 0, range: 1...40)) {
      try model.logitLens(Self.tokens, top: 0)
    }
    #expect(throws: LensError.badCount(what: "of the likeliest tokens", count: 41, range: 1...40)) {
      try model.logitLens(Self.tokens, top: 41)
    }
    #expect(throws: LensError.badCount(what: "tokens to follow", count: 2, range: 1...1)) {
      try model.logitLens(Self.tokens, following: [1, 2])
    }
    #expect(throws: ModelError.tokenOutOfRange(token: 40, vocabulary: 40)) { try model.logitLens(Self.tokens, following: 40) }
    #expect(throws: ModelError.positionsOutOfRange(positions: 7..<8, tokens: 7)) {
      try model.logitLens(Self.tokens, at: .at([7]))
    }
    #expect(throws: ModelError.emptyPrompt) { try model.logitLens([Int]()) }
  }

  @Test func lossesOfTokensAreThoseOfTheLogits() throws {
    let model = try ModelVariant.families[1].random(seed: 5).model()
    let losses = try model.tokenLosses(Self.tokens)
    let logits = try model.run(Self.tokens, logits: .all).logits
    for (index, loss) in losses.losses.enumerated() {
      let row = logits.select(index).elements.map(Double.init)
      let token = Self.tokens[index + 1]
      #expect(abs(loss - (log(row.reduce(0) { $0 + exp($1) }) - row[token])) < 1e-5)
      #expect(losses.ranks[index] == 1 + row.count { $0 > row[token] })
      #expect(losses.predictions[index].token == logits.select(index).argmax())
    }
    #expect(losses.losses.count == Self.tokens.count - 1)
    let worst = try #require(losses.losses.max())
    #expect(losses.losses[losses.mostSurprising(1)[0] - 1] == worst)
    #expect(throws: LensError.noPositions) { try model.tokenLosses([2]) }
  }
}
