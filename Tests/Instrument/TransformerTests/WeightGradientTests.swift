import Foundation
import Transformer
import ModelFixture
import Tensors
import TestSupport
import Testing

/// The gradients of weights, against central differences of the twin in Double.
@Suite struct WeightGradientTests {
  /// Several lengths; targets at the end, in the middle, and everywhere; weights that differ.
  static let examples = Result {
    try [
      TrainingExample([2, 306, 337, 358, 17, 901, 44], targets: 3..<6),
      TrainingExample([2, 44, 44, 12, 306], targets: [1, 3], weight: 2.5),
      TrainingExample([2, 901, 5, 6, 7, 8, 9, 10, 306], weight: 0.5),
    ]
  }

  static func model(keyValueHeads: Int) throws -> LanguageModel {
    let folder = try RandomModel(keyValueHeads: keyValueHeads, seed: UInt64(keyValueHeads)).write()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try LanguageModel(folder: folder)
  }

  @Test
  func eachWeightOfALayoutHasItsOwnRangeAndAllTogetherFillIt() throws {
    let config = try ModelConfiguration(layers: 3, width: 4, heads: 2, headWidth: 2, mlpWidth: 5, vocabulary: 7)
    let layout = ParameterLayout(config)
    #expect(layout.names.map { layout.range($0).lowerBound } == layout.names.map { layout.range($0).lowerBound }.sorted())
    #expect(layout.names.flatMap { Array(layout.range($0)) } == Array(0..<layout.count))
    #expect(layout.names.allSatisfy { layout.range($0).count == $0.shape(config).reduce(1, *) })
  }

  @Test(arguments: [1, 2, 4])
  func theGradientOfEveryWeightIsThatOfCentralDifferencesInDouble(keyValueHeads: Int) throws {
    let model = try Self.model(keyValueHeads: keyValueHeads)
    let examples = try Self.examples.get()
    let (loss, gradient) = try LossGradient(model)(examples)
    let twin = TwinLoss(model, examples)
    #expect(abs(loss - twin()) <= 1e-6 * twin())
    let layout = ParameterLayout(model.config)
    #expect(layout.names.count == 2 + 9 * 2)
    var random = SeededGenerator(seed: 7)
    for name in layout.names {
      let numbers = layout.part(of: gradient, name).elements
      let largest = numbers.indices.sorted { abs(numbers[$0]) > abs(numbers[$1]) }.prefix(10)
      let indices = Set(largest + (0..<10).map { _ in Int.random(in: numbers.indices, using: &random) }).sorted()
      let expected = indices.map { index in twin.derivative(name) { $0[index] += $1 } }
      #expect(relativeError(indices.map { numbers[$0] }, expected) < 1e-5, "\(name)")
      // All of its numbers at once, each moved up or down.
      let signs = numbers.map { _ in Bool.random(using: &random) ? 1.0 : -1.0 }
      let along = zip(numbers, signs).reduce(0) { $0 + Double($1.0) * $1.1 }
      let length = numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let difference = twin.derivative(name) { weights, step in for i in signs.indices { weights[i] += signs[i] * step } }
      #expect(length > 0 && abs(along - difference) < 1e-5 * length, "\(name)")
    }
  }

  @Test
  func theGradientOfABatchIsTheMeanOfItsExamplesEachCountedByItsTargetsAndItsWeight() throws {
    let model = try Self.model(keyValueHeads: 2)
    let examples = try Self.examples.get()
    let (loss, gradient) = try LossGradient(model)(examples)
    let counts = examples.map { $0.weight * Double($0.targets.count) }
    let total = counts.reduce(0, +)
    var (meanLoss, mean) = (0.0, [Double](repeating: 0, count: gradient.count))
    for (example, count) in zip(examples, counts) {
      let (loss, gradient) = try LossGradient(model)([example])
      meanLoss += loss * count / total
      for (i, number) in gradient.elements.enumerated() { mean[i] += Double(number) * count / total }
    }
    #expect(abs(loss - meanLoss) < 1e-6)
    #expect(relativeError(gradient.elements, mean) < 1e-6)
    // A factor common to all weights changes nothing but rounding.
    let doubled = try examples.map { try TrainingExample($0.tokens, targets: $0.targets, weight: 2 * $0.weight) }
    #expect(relativeError(try LossGradient(model)(doubled).gradient.elements, mean) < 1e-6)
  }

  @Test
  func aSequenceOfMoreTargetsThanHaveTheirLogitsComputedAtOnceHasTheGradientOfItsParts() throws {
    let model = try Self.model(keyValueHeads: 1)
    let tokens = [2] + (0..<4600).map { 3 + $0 * 37 % 997 }
    let whole = try LossGradient(model)([TrainingExample(tokens)])
    let parts = try LossGradient(model)([
      TrainingExample(tokens, targets: 0..<2000), TrainingExample(tokens, targets: 2000..<4600),
    ])
    #expect(abs(whole.loss - parts.loss) < 1e-6 * whole.loss)
    #expect(relativeError(whole.gradient.elements, parts.gradient.elements.map(Double.init)) < 1e-5)
  }

  @Test
  func theLossIsThatOfTheMetricAndTheSameWithAndWithoutAGradient() throws {
    let model = try Self.model(keyValueHeads: 2)
    let tokens = [2, 306, 337, 358, 17, 901, 44]
    let batch = [try TrainingExample(tokens, targets: 2..<5)]
    let metric = try model.gradients(tokens, of: Loss(at: 2..<5), at: [.residualPre(layer: 0)]).value
    let loss = try LossGradient(model)(batch).loss
    #expect(abs(loss - Double(metric)) < 1e-6 * loss)
    #expect(try Trainer(model, optimizer: AdamW()).loss(batch) == loss)
  }

  @Test
  func tokensBehindTheOneThatTheLastTargetLearnsChangeNothing() throws {
    let model = try Self.model(keyValueHeads: 1)
    let short = try LossGradient(model)([TrainingExample([2, 3, 4, 5, 6], targets: 1..<3)])
    let long = try LossGradient(model)([TrainingExample([2, 3, 4, 5, 999, 7, 7, 7], targets: 1..<3)])
    #expect(short.gradient == long.gradient && short.loss == long.loss)
  }

  @Test
  func logitsSoFarApartThatProbabilitiesAre0HaveAFiniteLoss() throws {
    var parameters = Parameters(of: try Self.model(keyValueHeads: 1))
    parameters.values.scale(by: 30)
    let model = try Trainer(TrainingState(parameters), tokenizer: ModelFixture.all.get()[0].model.tokenizer, AdamW()).model
    let (loss, gradient) = try LossGradient(model)(Self.examples.get())
    #expect(loss > 200 && loss.isFinite)
    #expect(gradient.elements.allSatisfy { $0.isFinite })
  }

  @Test
  func noBitDependsOnHowTheWorkIsDividedAmongThreads() throws {
    let model = try Self.model(keyValueHeads: 2)
    // Some groups of sequences, with products large enough to be divided.
    let examples = try (0..<24).map { index in
      try TrainingExample((0..<90 + 10 * index).map { $0 == 0 ? 2 : 3 + ($0 * (31 + index)) % 900 })
    }
    let (loss, gradient) = try LossGradient(model)(examples)
    let alone = Locked<(Double, Tensor)?>(nil)
    // Within a part of divided work nothing is divided further: it all runs on that part's thread.
    Parallel.perform(2) { part in
      if part == 0 { alone.value = try? LossGradient(model)(examples) }
    }
    let (lossAlone, gradientAlone) = try #require(alone.value)
    #expect(gradientAlone == gradient && lossAlone == loss)
  }
}

/// A value that one thread writes and another reads afterwards.
private final class Locked<Value>: @unchecked Sendable {
  var value: Value

  init(_ value: Value) { self.value = value }
}
