import Checkpoints
import Foundation
import ModelFixture
import Tensors
import Testing
import Transformer

/// The parts of the residual stream, for each way in which families differ: they sum to it, and to the logits.
@Suite struct FamilyResidualTests {
  static let tokens = FamilyPartsTests.tokens
  static let positions = 4..<9

  static func cache(_ variant: ModelVariant, _ capture: Capture = .all) throws -> ActivationCache {
    try variant.random(seed: 91).model().run(tokens, capturing: capture.at(positions: positions), logits: .none).cache
  }

  /// The stream that a stack's reader reads.
  private func distance(_ stack: ResidualStack, _ stream: Tensor) -> Float { ResidualTests.distance(stack.sum(), stream) }

  @Test(arguments: ModelVariant.all)
  func whatIsWrittenSumsToTheStreamBeforeEachLayerAndAtTheEnd(_ variant: ModelVariant) throws {
    let cache = try Self.cache(variant)
    let config = cache.model.config
    for layer in 0..<config.layers {
      let stream = try cache[.residualPre(layer: layer)]
      #expect(distance(try cache.decomposedResidual(upTo: layer), stream) <= 2e-6)
      #expect(distance(try cache.fullDecomposition(upTo: layer), stream) <= 1e-5)
      #expect(distance(try cache.fullDecomposition(upTo: layer, expandingNeurons: false), stream) <= 1e-5)
    }
    let stream = try cache[.residualPost(layer: config.layers - 1)]
    #expect(distance(try cache.decomposedResidual(), stream) <= 2e-6)
    #expect(distance(try cache.fullDecomposition(), stream) <= 1e-5)
    #expect(distance(try cache.fullDecomposition(expandingNeurons: false), stream) <= 1e-5)
    #expect(distance(try cache.headResults(includingRemainder: true), stream) <= 1e-5)
    #expect(distance(try cache.neuronResults(includingRemainder: true), stream) <= 1e-5)
  }

  @Test(arguments: ModelVariant.families)
  func whatAnMLPReadsIsTheStreamBeforeItAlsoBesideAParallelAttention(_ variant: ModelVariant) throws {
    let cache = try Self.cache(variant)
    let isParallel = cache.model.config.block == .parallel
    let stream = try cache[isParallel ? .residualPre(layer: 1) : .residualMid(layer: 1)]
    #expect(distance(try cache.decomposedResidual(upTo: 1, mlpInput: true), stream) <= 2e-6)
    #expect(distance(try cache.fullDecomposition(upTo: 1, mlpInput: true), stream) <= 1e-5)
  }

  @Test(arguments: ModelVariant.families)
  func theLogitLensOfTheEndIsTheModelsOwnLogits(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 91).model()
    let run = try model.run(Self.tokens, capturing: .accumulatedResidual.atLast(1))
    let stack = try run.cache.accumulatedResidual()
    let lens = try run.cache.logitLens(of: stack)
    #expect(lens.shape == [model.config.layers + 1, 1, model.config.vocabulary])
    #expect(largestDifference(lens.select(model.config.layers), run.logits) <= 1e-5)
    let normed = try run.cache.accumulatedResidual(normalized: true)
    #expect(throws: ModelError.self) { try run.cache.logitLens(of: normed) }
  }

  @Test(arguments: ModelVariant.all)
  func eachCaptureHoldsWhatItsDecompositionNeedsAndNoMoreIsNeeded(_ variant: ModelVariant) throws {
    let all = try Self.cache(variant)
    func same(_ stack: ResidualStack, _ other: ResidualStack) {
      #expect(stack.labels == other.labels)
      #expect(ResidualTests.distance(stack.values, other.values) <= 2e-6)
    }
    let accumulated = try Self.cache(variant, .accumulatedResidual)
    same(try accumulated.accumulatedResidual(normalized: true), try all.accumulatedResidual(normalized: true))
    let decomposed = try Self.cache(variant, .decomposedResidual)
    same(try decomposed.decomposedResidual(normalized: true), try all.decomposedResidual(normalized: true))
    let heads = try Self.cache(variant, .headResults)
    same(
      try heads.headResults(includingRemainder: true, normalized: true),
      try all.headResults(includingRemainder: true, normalized: true))
    let neurons = try Self.cache(variant, .neuronResults)
    same(
      try neurons.neuronResults(includingRemainder: true, normalized: true),
      try all.neuronResults(includingRemainder: true, normalized: true))
    let full = try Self.cache(variant, .fullDecomposition())
    same(try full.fullDecomposition(normalized: true), try all.fullDecomposition(normalized: true))
  }

  @Test(arguments: ModelVariant.all)
  func normalizedPartsSumToWhatAttentionMLPAndUnembeddingReadButForALayerNormsBias(_ variant: ModelVariant) throws {
    let cache = try Self.cache(variant)
    let (config, weights) = (cache.model.config, cache.model.weights)
    func read(_ point: NormPoint) throws -> Tensor {
      var offset: Float = 0
      if case .rootMeanSquare(let added) = config.norm { offset = added }
      return try cache[point.normalized].scaledColumns(by: weights.tensor(point.weight) + offset)
    }
    for layer in 0..<config.layers {
      let stack = try cache.decomposedResidual(upTo: layer, normalized: true)
      #expect(distance(stack, try read(.attention(layer: layer))) <= 5e-6)
    }
    for stack in [
      try cache.decomposedResidual(normalized: true), try cache.headResults(includingRemainder: true, normalized: true),
      try cache.neuronResults(includingRemainder: true, normalized: true), try cache.fullDecomposition(normalized: true),
    ] { #expect(distance(stack, try read(.final)) <= 2e-5) }
  }

  @Test(arguments: ModelVariant.all)
  func logitAttributionsSumToDifferencesOfTheLogitsBeforeTheirCap(_ variant: ModelVariant) throws {
    let cache = try Self.cache(variant)
    let config = cache.model.config
    // The cap undone.
    let logits = try variant.random(seed: 91).twin.run(Self.tokens).logits.map { row in
      config.logitSoftCap.map { cap in row.map { Double(cap) * atanh($0 / Double(cap)) } } ?? row
    }
    let expected = Self.positions.map { Float(logits[$0][7] - (logits[$0][3] + logits[$0][21]) / 2) }
    let largest = expected.map(abs).max() ?? 0
    for stack in [
      try cache.decomposedResidual(), try cache.fullDecomposition(), try cache.headResults(includingRemainder: true),
      try cache.fullDecomposition(normalized: true),
    ] {
      let sums = try cache.logitAttributions(of: stack, tokens: 7, against: [3, 21]).sum(axis: 0)
      // A bias of the final norm adds a constant to each logit, which belongs to no part.
      let constant = try cache.model.constantDifference(7, [3, 21])
      #expect(largestDifference(sums + constant, Tensor(expected)) <= 3e-5 * max(1, largest))
    }
  }
}

extension LanguageModel {
  /// What the final norm's bias adds to a difference of logits.
  func constantDifference(_ token: Int, _ others: [Int]) throws -> Float {
    guard config.norm == .layer else { return 0 }
    return (try logitDirection(of: token, against: others) * weights.tensor(.finalNormBias)).sum()
  }
}
