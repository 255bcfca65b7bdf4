import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

@Suite
struct CaptureTests {
  @Test(arguments: try ModelFixture.all.get())
  func aCapturesSizeIsKnownBeforeTheRun(_ fixture: ModelFixture) throws {
    let tokens = Array(fixture.expectations.tokensClean.prefix(37))
    let captures: [Capture] = [
      .all, .all.atLast(3), .all.at(positions: 4..<9), [.pattern(layer: 1)], .components([.z, .result], layers: 1..<2), .none,
    ]
    for capture in captures {
      let run = try fixture.model.run(tokens, capturing: capture)
      #expect(try fixture.model.byteCount(of: capture, tokens: tokens.count) == run.cache.byteCount)
    }
  }

  @Test
  func whatWouldNotFitIntoMemoryIsRefusedBeforeAnythingIsComputedWithTheAdviceWhatToLeaveOut() throws {
    let model = try ModelFixture.all.get()[0].model
    let prompt = (0..<8192).map { 4 + $0 % 900 }
    let error = #expect(throws: ModelError.self) { try model.run(batch: Array(repeating: prompt, count: 2000), capturing: .all) }
    let text = "\(try #require(error))"
    #expect(text.contains("TB") || text.contains("GB"))
    #expect(text.contains(".atLast(1)") && text.contains("hook_attn_scores"), "\(text)")
  }

  @Test(arguments: [0..<1, 5..<12, 30..<37])
  func positionsOfASliceAreThoseOfTheWholeBitForBit(_ positions: Range<Int>) throws {
    let fixture = try ModelFixture.all.get()[1]
    let tokens = Array(fixture.expectations.tokensClean.prefix(37))
    let (whole, part) = (
      try fixture.model.run(tokens, capturing: .all), try fixture.model.run(tokens, capturing: .all.at(positions: positions))
    )
    #expect(part.logits == whole.logits)
    for point in whole.cache.points {
      let (all, some) = (try whole.cache[point], try part.cache[point])
      let expected =
        point.component.isSquare ? Tensor.stack((0..<all.shape[0]).map { all.select($0)[positions] }) : all[positions]
      #expect(some == expected, "\(point)")
    }
  }

  @Test
  func layersAndPositionsThatAreNotThereAreErrors() throws {
    let model = try ModelFixture.all.get()[0].model
    #expect(throws: ModelError.positionsOutOfRange(positions: 2..<4, tokens: 3)) {
      try model.run([2, 3, 4], capturing: .all.at(positions: 2..<4))
    }
    #expect(throws: ModelError.layerOutOfRange(point: "layers 2..<9", layers: 4)) {
      try model.run([2, 3, 4], capturing: .components([.z], layers: 2..<9))
    }
    #expect(throws: ModelError.positionsOutOfRange(positions: 3..<4, tokens: 3)) {
      try model.run([2, 3, 4], logits: .at([0, 3]))
    }
    #expect(
      throws: ModelError.badRequest("The gradient is asked for nowhere. Name hook points: `at: .components([.residualPre])`.")
    ) {
      try model.gradients([2, 3, 4], of: LogProbability(of: 7), at: .none)
    }
  }

  @Test
  func onlyTheAskedColumnsOfTheVocabularyAreComputedWithTheSameBits() throws {
    let model = try ModelFixture.all.get()[0].model
    let (all, some) = (
      try model.run([2, 306, 337], logits: .all), try model.run([2, 306, 337], logits: .at([2, 0]), of: [341, 360, 341])
    )
    #expect(some.logits.shape == [2, 3])
    for (row, position) in [2, 0].enumerated() {
      for (column, token) in [341, 360, 341].enumerated() { #expect(some.logits[row, column] == all.logits[position, token]) }
    }
  }
}
