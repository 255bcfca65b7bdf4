import Checkpoints
import Foundation
import Lenses
import ModelFixture
import Randomness
import Tensors
import Testing
import Transformer

@Suite struct TunedLensTests {
  static let tokens = LogitLensTests.tokens
  static let learnt = randomTexts(24, vocabulary: 40, seed: 1)
  static let heldOut = randomTexts(6, vocabulary: 40, seed: 2)

  static func model(_ variant: ModelVariant = ModelVariant.families[0], seed: UInt64 = 3) throws -> LanguageModel {
    try variant.random(seed: seed).model()
  }

  /// A lens of random numbers.
  static func lens(_ model: LanguageModel, seed: UInt64 = 9) throws -> TunedLens {
    var random = SeededGenerator(seed: seed)
    let (layers, width) = (model.config.layers, model.config.width)
    func tensor(_ shape: [Int]) -> Tensor {
      Tensor((0..<shape.reduce(1, *)).map { _ in Float(0.2 * random.normal()) }, shape: shape)
    }
    return try TunedLens(
      weights: (0..<layers).map { _ in tensor([width, width]) }, biases: (0..<layers).map { _ in tensor([width]) }, for: model)
  }

  @Test func aLensThatHasLearntNothingIsTheLogitLens() throws {
    let model = try Self.model()
    let tuned = try model.tunedLens(Self.tokens, TunedLens(untrainedFor: model), at: .all)
    let plain = try model.logitLens(Self.tokens, at: .all)
    #expect(tuned.places == plain.places)
    #expect(tuned.cells == plain.cells)
  }

  @Test(arguments: ModelVariant.families)
  func whatItSeesIsTheTranslatedStreamReadAsItsEnd(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 17)
    let (model, twin) = (try random.model(), LensTwin(random.twin, Self.tokens))
    let lens = try Self.lens(model)
    let reading = try model.tunedLens(Self.tokens, lens, at: .all, following: 3)
    for (layer, translator) in lens.translators.enumerated() {
      let rows = twin.translated(
        twin.stream("\(layer)_pre"), weight: translator.weight.elements.map(Double.init),
        bias: translator.bias.elements.map(Double.init))
      let logs = twin.logProbabilities(rows)
      for (position, cell) in reading.cells[layer].enumerated() {
        #expect(abs(cell.targetProbability - exp(logs[position][3])) < 2e-5, "layer \(layer) at \(position)")
      }
    }
    let plain = try model.logitLens(Self.tokens, at: .all, following: 3)
    #expect(reading.cells.last == plain.cells.last)
  }

  @Test(arguments: ModelVariant.families)
  func lossAndGradientAreThoseOfCentralDifferencesInDouble(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 21)
    let (model, twin) = (try random.model(), LensTwin(random.twin, Self.tokens))
    let (lens, width) = (try Self.lens(model), model.config.width)
    let (losses, gradients) = try lens.lossesAndGradients(model, [Self.tokens])
    for (layer, translator) in lens.translators.enumerated() {
      let numbers = (translator.weight.elements + translator.bias.elements).map(Double.init)
      let stream = twin.stream("\(layer)_pre")
      func loss(_ numbers: [Double]) -> Double {
        twin.divergence(
          twin.translated(stream, weight: Array(numbers[..<(width * width)]), bias: Array(numbers[(width * width)...])))
      }
      #expect(abs(losses[layer] - loss(numbers)) < 1e-5 * max(1, losses[layer]))
      let largest = Double(gradients[layer].magnitude().max())
      for index in [0, 17, width * width - 1, width * width, width * width + 5] {
        var (up, down) = (numbers, numbers)
        up[index] += 1e-5
        down[index] -= 1e-5
        let slope = (loss(up) - loss(down)) / 2e-5
        #expect(abs(Double(gradients[layer].elements[index]) - slope) < 1e-4 * largest, "number \(index) of layer \(layer)")
      }
    }
  }

  @Test(arguments: [ModelVariant.families[0], ModelVariant.families[1]])
  func trainingBringsEachLayerNearerToTheModelOnTextsThatItHasNotSeen(_ variant: ModelVariant) throws {
    let model = try Self.model(variant)
    let training = try model.trainTunedLens(
      on: Self.learnt, heldOut: Self.heldOut, steps: 60, positions: 100,
      optimizer: AdamW(learningRate: .cosine(peak: 0.02, steps: 60), weightDecay: 1e-3))
    #expect(training.losses.count == 60)
    #expect(training.layers.map(\.layer) == [0, 1])
    for layer in training.layers {
      #expect(layer.after.count == Self.heldOut.count)
      #expect(layer.meanAfter < 0.8 * layer.meanBefore, "layer \(layer.layer): \(layer.meanBefore) to \(layer.meanAfter)")
    }
  }

  @Test func whatIsReportedOfTheHeldOutTextsIsWhatTheLensesSeeThere() throws {
    let model = try Self.model()
    let training = try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, steps: 3, positions: 50)
    for (index, text) in Self.heldOut.enumerated() {
      let plain = try model.logitLens(text, at: .all)
      let tuned = try model.tunedLens(text, training.lens, at: .all)
      for layer in training.layers {
        #expect(abs(layer.before[index] - Double(plain.divergence.select(layer.layer).mean())) < 1e-5)
        #expect(abs(layer.after[index] - Double(tuned.divergence.select(layer.layer).mean())) < 1e-5)
      }
    }
  }

  @Test func theSameSeedGivesTheSameLensAndAnotherSeedAnother() throws {
    let model = try Self.model()
    func lens(_ seed: UInt64) throws -> TunedLens {
      try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, steps: 5, positions: 50, seed: seed).lens
    }
    let first = try lens(1)
    #expect(try lens(1).translators == first.translators)
    #expect(try lens(2).translators != first.translators)
  }

  @Test func eachStepIsReportedWithItsLosses() throws {
    let model = try Self.model()
    var steps: [TunedLensTraining.Step] = []
    let training = try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, steps: 4, positions: 1) { steps.append($0) }
    #expect(steps.map(\.number) == [1, 2, 3, 4])
    #expect(steps.map(\.losses) == training.losses)
    // A step has one text at least.
    #expect(steps.allSatisfy { $0.positions >= 8 })
  }

  @Test func whatAReportThrowsEndsTheTraining() throws {
    struct Enough: Error {}
    let model = try Self.model()
    #expect(throws: Enough.self) {
      try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut) { if $0.number == 2 { throw Enough() } }
    }
  }

  @Test func whatCannotBeLearntIsAnError() throws {
    let model = try Self.model()
    #expect(throws: LensError.noTexts(purpose: "learn from")) {
      try model.trainTunedLens(on: [[Int]](), heldOut: Self.heldOut)
    }
    #expect(throws: LensError.noTexts(purpose: "measure the lens by")) {
      try model.trainTunedLens(on: Self.learnt, heldOut: [[Int]]())
    }
    #expect(throws: LensError.sharedText(learnt: 1, heldOut: 6)) {
      try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut + [Self.learnt[1]])
    }
    #expect(throws: LensError.self) { try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, steps: 0) }
    #expect(throws: LensError.self) { try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, positions: 0) }
    #expect(throws: ModelError.self) {
      try model.trainTunedLens(on: Self.learnt, heldOut: Self.heldOut, optimizer: AdamW(learningRate: .constant(-1)))
    }
  }

  @Test func translatorsThatAreNoneOfTheModelAreRefused() throws {
    let model = try Self.model()
    let (weight, bias) = (Tensor(repeating: 0, shape: [12, 12]), Tensor(repeating: 0, shape: [12]))
    let cases: [([Tensor], [Tensor])] = [
      ([weight], [bias]), ([weight, weight], [bias]), ([weight, bias], [bias, bias]),
      ([weight, weight], [bias, Tensor(repeating: .nan, shape: [12])]),
    ]
    for (weights, biases) in cases {
      #expect(throws: LensError.self) { try TunedLens(weights: weights, biases: biases, for: model) }
    }
    let lens = try Self.lens(model)
    #expect(throws: LensError.self) { try Self.model(seed: 4).tunedLens(Self.tokens, lens) }
  }
}
