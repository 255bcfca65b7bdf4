import Checkpoints
import Foundation
import Probing
import Randomness
import Tensors
import Testing
import Transformer

/// A model in which one direction of the stream carries a variable. Its tokens say two things, A (yes or no) and one of eight B; a head of each
/// half of the coordinates copies the token to the next position, and the unembedding reads A alone.
private struct PlantedVariable {
  let model: LanguageModel
  /// What carries A, of length 1.
  let direction: Tensor
  private static let (width, contents, asking, yes, no) = (16, 8, 16, 17, 18)

  /// - Parameter coordinate: the one that carries A; a direction of no coordinate if nil.
  init(coordinate: Int? = nil) throws {
    var random = SeededGenerator(seed: 21)
    var u = (0..<Self.width).map { $0 == coordinate ? 1 : coordinate == nil ? Float(random.normal()) : 0 }
    let length = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
    u = u.map { $0 / length }
    direction = Tensor(u)
    // B, at right angles to A.
    let codes = (0..<Self.contents).map { _ in
      let code = (0..<Self.width).map { _ in Float(random.normal()) }
      let along = zip(code, u).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(code, u).map { $0 - along * $1 }
    }
    var embedding =
      codes.map { code in zip(code, u).map { $0 + 3 * $1 } } + codes.map { code in zip(code, u).map { $0 - 3 * $1 } }
    embedding += (16..<20).map { _ in (0..<Self.width).map { _ in 0.05 * Float(random.normal()) } }
    // Both heads look at both positions alike, and copy: each half of the coordinates.
    var (values, outputs) = (Tensor(repeating: 0, shape: [2, 16, 8]), Tensor(repeating: 0, shape: [2, 8, 16]))
    for head in 0..<2 {
      for i in 0..<8 {
        values[head, head * 8 + i, i] = 1
        outputs[head, i, head * 8 + i] = 2
      }
    }
    var unembedding = Tensor(repeating: 0, shape: [Self.width, 20])
    for i in 0..<Self.width { (unembedding[i, Self.yes], unembedding[i, Self.no]) = (2 * u[i], -2 * u[i]) }
    let config = try ModelConfiguration(
      json: """
        {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2,
         "intermediate_size": 8, "vocab_size": 20, "max_position_embeddings": 16, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "hidden_act": "silu", "tie_word_embeddings": false, "bos_token_id": 0, "eos_token_id": 0}
        """)
    model = try LanguageModel(
      config,
      weights: [
        "embed.W_E": Tensor(rows: embedding), "blocks.0.attn.W_V": values, "blocks.0.attn.W_O": outputs,
        "unembed.W_U": unembedding,
      ])
  }

  /// Pairs of a token and the question; the answer is the source's A.
  func pairs(_ count: Int) throws -> [InterchangePair] {
    var random = SeededGenerator(seed: 4)
    return try (0..<count).map { _ in
      let (base, source) = (Int.random(in: 0..<16, using: &random), Int.random(in: 0..<16, using: &random))
      let isYes = source < Self.contents
      return try InterchangePair(
        base: [base, Self.asking], source: [source, Self.asking], answer: isYes ? Self.yes : Self.no,
        others: [isYes ? Self.no : Self.yes], model: model)
    }
  }
}

@Suite
struct AlignmentTests {
  @Test
  func aPlantedDirectionIsFound() throws {
    let planted = try PlantedVariable()
    let found = try planted.model.align(planted.pairs(100), at: .residualPost(layer: 0))
    let basis = try #require(found.exchange.basis)
    #expect(basis.shape == [1, 16])
    let cosine = (basis.select(0) * planted.direction).sum()
    #expect(abs(cosine) > 0.98, "\(cosine)")
    #expect(found.heldOut.accuracy.value == 1)
    #expect(found.heldOut.accuracy.n + found.trainingPairs == 100)
    #expect(abs(found.trainingPairs - 50) < 8)
    #expect(try #require(found.heldOut.recovery).value > 0.85)
    #expect(found.randomAccuracy.rank == 1)
    #expect(found.randomAccuracy.controls.count == 20)
    #expect(try #require(found.randomRecovery).rank == 1)
    #expect(try #require(found.shuffledSources).rank == 1)
    #expect(try #require(found.shuffledSources).median < 0.75)
    #expect(found.everything.accuracy.value == 1)
    #expect(found.selfSwap < 1e-5)
    #expect(found.losses.suffix(10).reduce(0, +) < found.losses.prefix(10).reduce(0, +))
  }

  @Test
  func itStaysAtRightAnglesInSeveralDimensions() throws {
    let planted = try PlantedVariable()
    let found = try planted.model.align(
      planted.pairs(60), at: .residualPost(layer: 0), search: .rotation(dimensions: 4), training: AlignmentTraining(steps: 40),
      controls: 2)
    let basis = try #require(found.exchange.basis)
    let products = basis.multipliedByTransposed(basis)
    for i in 0..<4 { for j in 0..<4 { #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-5) } }
    #expect(found.heldOut.accuracy.value == 1)
    // What carries A lies within what was found.
    let along = basis.multiplied(by: planted.direction.reshaped([16, 1]))
    #expect((along * along).sum() > 0.9)
  }

  @Test
  func aBoundaryIsLearned() throws {
    let planted = try PlantedVariable()
    let found = try planted.model.align(
      planted.pairs(100), at: .residualPost(layer: 0), search: .boundless(penalty: 0.3), training: AlignmentTraining(steps: 250))
    #expect(found.exchange.dimensions <= 3, "\(found.exchange)")
    #expect(found.heldOut.accuracy.value == 1)
    let along = try #require(found.exchange.basis).multiplied(by: planted.direction.reshaped([16, 1]))
    #expect((along * along).sum() > 0.9)
  }

  @Test
  func aCoordinateIsFoundByAMask() throws {
    let planted = try PlantedVariable(coordinate: 3)
    let found = try planted.model.align(planted.pairs(100), at: .residualPost(layer: 0), search: .mask())
    #expect(found.exchange.weights.indices.filter { found.exchange.weights[$0] == 1 } == [3])
    #expect(found.heldOut.accuracy.value == 1)
    #expect(found.randomAccuracy.controlName == "random masks of equal size")
  }

  @Test(arguments: [3, 12])
  func theHeadThatCarriesItIsFound(_ coordinate: Int) throws {
    let planted = try PlantedVariable(coordinate: coordinate)
    let found = try planted.model.align(planted.pairs(100), at: .z(layer: 0), search: .headMask())
    #expect(found.exchange.weights == (0..<16).map { $0 / 8 == coordinate / 8 ? 1 : 0 })
    #expect(found.heads == [coordinate / 8])
    #expect(found.part == "head \(coordinate / 8) at blocks.0.attn.hook_z")
    #expect(found.heldOut.accuracy.value == 1)
  }

  @Test
  func withinAHeadADirectionIsFound() throws {
    let planted = try PlantedVariable(coordinate: 3)
    let found = try planted.model.align(planted.pairs(80), at: .z(layer: 0), head: 0)
    #expect(abs(try #require(found.exchange.basis)[0, 3]) > 0.95)
    let other = try planted.model.align(planted.pairs(80), at: .z(layer: 0), head: 1, controls: 3)
    #expect(other.heldOut.accuracy.value < 0.8, "the other head does not carry it")
  }

  @Test
  func aProbesDirectionCanBeExchanged() throws {
    let planted = try PlantedVariable()
    let x = try planted.model.activations(of: (0..<16).map { [$0, 16] }, at: .residualPost(layer: 0))
    let probe = try LogisticProbe(on: x, labels: (0..<16).map { $0 < 8 }, penalty: 0.01)
    let score = try planted.model.interchange(planted.pairs(60), at: .residualPost(layer: 0), .subspace(probe.direction))
    #expect(score.accuracy.value > 0.8)
  }

  @Test
  func aSeedRepeatsASearch() throws {
    let planted = try PlantedVariable()
    let training = AlignmentTraining(steps: 12, seed: 5)
    let first = try planted.model.align(planted.pairs(30), at: .residualPost(layer: 0), training: training, controls: 1)
    let again = try planted.model.align(planted.pairs(30), at: .residualPost(layer: 0), training: training, controls: 1)
    #expect(first.losses == again.losses)
    #expect(first.exchange == again.exchange)
  }

  @Test
  func itsNoteStatesItsControls() throws {
    let planted = try PlantedVariable()
    let found = try planted.model.align(planted.pairs(30), at: .residualPost(layer: 0), training: AlignmentTraining(steps: 5))
    for part in [
      "20 random rotations of equal dimension", "20 orders of shuffled sources", "Self-swap", "n = \(30 - found.trainingPairs)",
    ] {
      #expect("\(found)".contains(part))
    }
    let (training, heldOut) = found.distinctPairs
    #expect("\(found)".contains("\(training) there and \(heldOut) here are of different prompts"))
  }

  @Test
  func pairsOfTheSameTwoPromptsAreNeverOnBothSides() throws {
    let planted = try PlantedVariable()
    let pair = { (base: Int, source: Int) in
      try InterchangePair(
        base: [base, 16], source: [source, 16], answer: source < 8 ? 17 : 18, others: [source < 8 ? 18 : 17], model: planted.model
      )
    }
    let pairs = try (0..<8).flatMap { try [pair($0, $0 + 8), pair($0 + 8, $0), pair($0, $0 + 8)] }
    let found = try planted.model.align(
      pairs, at: .residualPost(layer: 0), training: AlignmentTraining(steps: 3), controls: 1)
    #expect(found.trainingPairs == 12)
    #expect(found.distinctPairs == (4, 4), "eight in all, of which none is on both sides")
    #expect(throws: ProbingError.self) {
      try planted.model.align(pairs, at: .residualPost(layer: 0), split: .given(test: [0]), controls: 1)
    }
  }

  @Test
  func searchesThatCannotFindAnythingAreRefused() throws {
    let planted = try PlantedVariable()
    let (model, pairs) = (planted.model, try planted.pairs(8))
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), search: .rotation(dimensions: 17)) }
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), search: .rotation(dimensions: 0)) }
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), search: .headMask()) }
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), search: .mask(penalty: -1)) }
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), split: .folds(2)) }
    #expect(throws: ProbingError.self) { try model.align(pairs, at: .residualPost(layer: 0), controls: 0) }
    #expect(throws: ProbingError.self) {
      try model.align(pairs, at: .residualPost(layer: 0), training: AlignmentTraining(steps: 0))
    }
    #expect(throws: ProbingError.self) { try model.align(Array(pairs.prefix(1)), at: .residualPost(layer: 0)) }
  }
}
