import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Tensors
import Testing

/// Training: the optimizer against its formula and PyTorch, what a trainer learns, and what it refuses.
@Suite struct TrainingTests {
  static let config = Result {
    try ModelConfiguration(layers: 2, width: 32, heads: 4, keyValueHeads: 1, headWidth: 8, mlpWidth: 64, vocabulary: 1000)
  }

  static func trainer(seed: UInt64 = 1, _ optimizer: AdamW = AdamW(learningRate: 1e-2)) throws -> Trainer {
    try Trainer(config.get(), seed: seed, tokenizer: ModelFixture.all.get()[0].model.tokenizer, optimizer: optimizer)
  }

  /// Sequences of no meaning, which begin differently.
  static let sequences = (0..<4).map { s in [2] + (0..<16).map { 3 + (s * 131 + $0 * $0 * 37 + $0 * 11) % 990 } }
  static let batch = Result { try sequences.map { try TrainingExample($0, targets: 1..<16) } }

  // MARK: AdamW

  /// A model of 34 weights: six numbers in the embedding, which decay, and two in each norm, which do not.
  static func tinyState(_ values: (WeightName) -> [Float]) throws -> TrainingState {
    let config = try ModelConfiguration(layers: 1, width: 2, heads: 1, headWidth: 2, mlpWidth: 1, vocabulary: 3)
    let layout = ParameterLayout(config)
    return TrainingState(Parameters(layout, Tensor(layout.names.flatMap(values))))
  }

  @Test
  func adamWComputesWhatTorchOptimAdamWComputesWithDecayForMatricesAndWithoutForNorms() throws {
    let start: [Float] = [0.5, -0.25, 1.5, 0, -2, 0.125]
    let count = { (name: WeightName) in name == .embedding ? 6 : name.kind == .norm ? 2 : 0 }
    func padded(_ name: WeightName, _ numbers: [Float]) throws -> [Float] {
      let all = name.shape(try ModelConfiguration(layers: 1, width: 2, heads: 1, headWidth: 2, mlpWidth: 1, vocabulary: 3))
        .reduce(1, *)
      return numbers.prefix(count(name)) + [Float](repeating: 0, count: all - count(name))
    }
    var state = try Self.tinyState { (try? padded($0, start)) ?? [] }
    let adam = AdamW(learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1)
    for t in 1...4 {
      let gradient: [Float] = [0.1 * Float(t), -0.5, 0, 1e-6, 3 / Float(t), t.isMultiple(of: 2) ? 1 : -1]
      // A gradient twice as long, to be halved, is the same one.
      let doubled = try state.parameters.layout.names.flatMap { try padded($0, gradient.map { 2 * $0 }) }
      state = adam.stepped(state, Tensor(doubled), scale: 0.5)
    }
    let layout = state.parameters.layout
    let embedding = WeightName.embedding
    // torch 2.15, the same numbers and settings, weight_decay 0.1 and 0.
    let decayed: [Float] = [0.45857817, -0.20906158, 1.494009, -0.01997002, -2.027528, 0.13568994]
    #expect(largestDifference(layout.part(of: state.parameters.values, embedding), Tensor(decayed)) <= 3e-7)
    for norm in [WeightName.finalNorm, WeightName.layer(0, .attentionNorm), WeightName.layer(0, .mlpNorm)] {
      #expect(largestDifference(layout.part(of: state.parameters.values, norm), Tensor([0.4605159, -0.2100001])) <= 3e-7)
    }
    let moments: ([Float], [Float]) = (
      [0.16384001, -0.2952, 0, 5.904e-7, 0.8092, 0.065600015], [0.014508689, 0.046373434, 0, 1.8549375e-13, 0.562975, 0.18549374]
    )
    #expect(largestDifference(layout.part(of: state.firstMoment, embedding), Tensor(moments.0)) <= 1e-7)
    #expect(largestDifference(layout.part(of: state.secondMoment, embedding), Tensor(moments.1)) <= 1e-7)
    #expect(state.steps == 4)
  }

  @Test
  func aTrainersStepsAreAdamWsFormulaInDoubleWithGradientsCutAndARateThatChanges() throws {
    let adam = AdamW(
      learningRate: .cosine(peak: 0.02, warmup: 2, steps: 6, floor: 0.001), beta1: 0.85, beta2: 0.97, weightDecay: 0.2,
      gradientClip: 0.5)
    var trainer = try Self.trainer(adam)
    var weights = trainer.state.parameters.values.elements.map(Double.init)
    var (m, v) = (weights.map { _ in 0.0 }, weights.map { _ in 0.0 })
    let layout = trainer.state.parameters.layout
    var wasCut = false
    for t in 1...4 {
      let gradient = try LossGradient(trainer.model)(Self.batch.get()).gradient.elements.map(Double.init)
      let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let rate = adam.learningRate(t)
      for name in layout.names {
        for i in layout.range(name) {
          let g = gradient[i] * min(1, 0.5 / norm)
          m[i] = 0.85 * m[i] + 0.15 * g
          v[i] = 0.97 * v[i] + 0.03 * g * g
          let step = m[i] / (1 - pow(0.85, Double(t))) / ((v[i] / (1 - pow(0.97, Double(t)))).squareRoot() + 1e-8)
          weights[i] -= rate * ((name.kind == .norm ? 0 : 0.2 * weights[i]) + step)
        }
      }
      let step = try trainer.step(Self.batch.get())
      wasCut = wasCut || norm > 0.5
      #expect(step.number == t && step.learningRate == rate && abs(step.gradientNorm - norm) < 1e-9 * norm)
      #expect(relativeError(trainer.state.parameters.values.elements, weights) < 1e-6)
    }
    #expect(wasCut)
  }

  @Test
  func aRateRisesInAStraightLineFallsAlongACosineAndStaysAtItsFloor() {
    let rate = LearningRate.cosine(peak: 1, warmup: 10, steps: 110, floor: 0.1)
    #expect([1, 5, 10].map { rate($0) } == [0.1, 0.5, 1])
    #expect(abs(rate(60) - 0.55) < 1e-12)
    #expect(abs(rate(35) - (0.1 + 0.9 * (1 + 0.5.squareRoot()) / 2)) < 1e-12)
    #expect(abs(rate(110) - 0.1) < 1e-12 && rate(500) == rate(110))
    #expect(LearningRate.cosine(peak: 2, steps: 10)(0) == 2)
    #expect(LearningRate.constant(0.25)(7) == 0.25)
  }

  // MARK: Learning

  @Test
  func aModelLearnsSomeSequencesByHeartAndWritesThem() throws {
    var trainer = try Self.trainer()
    let batch = try Self.batch.get()
    let first = try trainer.step(batch)
    #expect(abs(first.loss - log(1000)) < 1)
    for _ in 0..<120 { try trainer.step(batch) }
    #expect(try trainer.loss(batch) < 0.02)
    for sequence in Self.sequences {
      let generation = try trainer.model.generate(Array(sequence[..<2]), until: [0], maxNewTokens: 15)
      #expect(generation.tokens == sequence)
    }
  }

  @Test
  func onlyTargetsAreLearnt() throws {
    var trainer = try Self.trainer()
    let (targets, others) = try (
      TrainingExample(Self.sequences[0], targets: 8..<16), TrainingExample(Self.sequences[0], targets: 0..<8)
    )
    let before = try trainer.loss([others])
    for _ in 0..<60 { try trainer.step([targets]) }
    #expect(try trainer.loss([targets]) < 0.1)
    #expect(try trainer.loss([others]) > before - 1)
  }

  @Test
  func theSameSeedAndTheSameBatchesGiveTheSameWeightsAnotherSeedOthers() throws {
    func trained(_ seed: UInt64) throws -> Trainer {
      var trainer = try Self.trainer(seed: seed)
      for _ in 0..<3 { try trainer.step(Self.batch.get()) }
      return trainer
    }
    let (one, same, other) = try (trained(5), trained(5), trained(6))
    #expect(one.state.parameters.values == same.state.parameters.values)
    #expect(one.state.parameters.values != other.state.parameters.values)
    #expect(one.model.checksum == same.model.checksum)
    #expect(one.model.checksum != other.model.checksum)
  }

  @Test
  func theNumberOfThreadsChangesNoBitOfTheWeights() async throws {
    func checksum(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardOutputContent ?? [], as: UTF8.self).firstMatch(of: /CHECKSUM (\w+)/).map { String($0.1) }
        ?? ""
    }
    // Each in a process of its own, since the number is read once.
    let one = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) { try Self.trainWith(threads: "1") }
    let three = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      try Self.trainWith(threads: "3")
    }
    #expect(!checksum(one).isEmpty && checksum(one) == checksum(three))
  }

  private static func trainWith(threads: String) throws {
    setenv("FOLIO_THREADS", threads, 1)
    try #require(Parallel.threads == Int(threads))
    var trainer = try trainer()
    let examples = try (0..<12).map { index in
      try TrainingExample((0..<200 + 10 * index).map { $0 == 0 ? 2 : 3 + ($0 * (31 + index)) % 900 })
    }
    for _ in 0..<2 { try trainer.step(examples) }
    print("CHECKSUM", trainer.model.checksum)
  }

  @Test
  func aNewModelsWeightsHaveTheDeviationsThatAreDocumentedAndItsNormsAre0() throws {
    let state = try Self.trainer().state
    let layout = state.parameters.layout
    func check(_ name: WeightName, reads: Int, factor: Double = 1) {
      let numbers = layout.part(of: state.parameters.values, name).elements.map(Double.init)
      let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      let expected = factor / Double(reads).squareRoot()
      #expect(abs(deviation / expected - 1) < 4 / Double(2 * numbers.count).squareRoot(), "\(name)")
      #expect(abs(mean / expected) < 4 / Double(numbers.count).squareRoot(), "\(name)")
    }
    check(WeightName.embedding, reads: 32)
    check(WeightName.layer(1, .gate), reads: 32)
    check(WeightName.layer(0, .query), reads: 32)
    check(WeightName.layer(1, .output), reads: 32, factor: 0.5)
    check(WeightName.layer(0, .down), reads: 64, factor: 0.5)
    for name in layout.names where name.kind == .norm { #expect(layout.part(of: state.parameters.values, name).max() == 0) }
  }

  @Test
  func aModelThatWasTakenFromATrainerStaysAsItIsAndACopyOfATrainerIsAFork() throws {
    var trainer = try Self.trainer()
    let (model, fork) = (trainer.model, trainer)
    let logits = try model.run(Self.sequences[0]).logits
    try trainer.step(Self.batch.get())
    #expect(try LanguageModel.sameLogits(model, logits))
    #expect(try trainer.model.run(Self.sequences[0]).logits != logits)
    #expect(fork.steps == 0 && trainer.steps == 1)
    #expect(model.folder != trainer.model.folder)
  }

  @Test
  func batchesHoldEveryExampleOnceNoneMoreTokensThanAskedInAnOrderOfTheSeeds() throws {
    let examples = try (0..<40).map { try TrainingExample([2] + Array(repeating: 10 + $0, count: 3 + $0 % 7)) }
    let batches = examples.batches(tokens: 30, seed: 3)
    #expect(batches.flatMap(\.self).map(\.tokens[1]).sorted() == Array(10..<50))
    #expect(batches.allSatisfy { $0.reduce(0) { $0 + $1.tokens.count } <= 30 })
    #expect(batches == examples.batches(tokens: 30, seed: 3))
    #expect(batches != examples.batches(tokens: 30, seed: 4))
    #expect(examples.batches(tokens: 1, seed: 3).allSatisfy { $0.count == 1 })
    #expect([TrainingExample]().batches(tokens: 30, seed: 3).isEmpty)
  }

  // MARK: What is refused

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return "\(error)" }
  }

  @Test
  func anExampleWhoseTargetsItDoesNotHaveIsAnErrorThatSaysWhichItHas() {
    #expect(message { _ = try TrainingExample([2, 3, 4], targets: [2]) }.contains("0..<2"))
    #expect(message { _ = try TrainingExample([2, 3, 4], targets: [-1]) }.contains("0..<2"))
    #expect(message { _ = try TrainingExample([2, 3, 4, 5], targets: [1, 1]) }.contains("ascend"))
    #expect(message { _ = try TrainingExample([2, 3, 4, 5], targets: [2, 1]) }.contains("ascend"))
    #expect(message { _ = try TrainingExample([2, 3], targets: []) }.contains("no target"))
    #expect(message { _ = try TrainingExample([2]) }.contains("no target"))
    #expect(message { _ = try TrainingExample([2, 3], weight: 0) }.contains("positive"))
    #expect(message { _ = try TrainingExample([2, 3], weight: .nan) }.contains("positive"))
  }

  @Test
  func batchesSettingsAndSizesThatMakeNoSenseAreErrorsAndLeaveTheState() throws {
    var trainer = try Self.trainer()
    let batch = try Self.batch.get()
    #expect(message { try trainer.step([]) }.contains("empty"))
    #expect(message { _ = try trainer.loss([]) }.contains("empty"))
    #expect(throws: ModelError.tokenOutOfRange(token: 1000, vocabulary: 1000)) { try trainer.step([TrainingExample([2, 1000])]) }
    #expect(throws: ModelError.contextTooLong(tokens: 9000, limit: 8192)) {
      try trainer.step([TrainingExample(Array(repeating: 2, count: 9000))])
    }
    for (optimizer, word) in [
      (AdamW(learningRate: .constant(.nan)), "learning rate"), (AdamW(learningRate: -0.1), "learning rate"),
      (AdamW(beta1: 1), "beta1"),
      (AdamW(beta2: -0.1), "beta2"), (AdamW(epsilon: 0), "epsilon"), (AdamW(weightDecay: -1), "weightDecay"),
      (AdamW(gradientClip: 0), "gradientClip"),
    ] {
      trainer.optimizer = optimizer
      #expect(message { try trainer.step(batch) }.contains(word))
    }
    let untouched = try Self.trainer().state.parameters.values
    #expect(trainer.steps == 0 && trainer.state.parameters.values == untouched)
    let small = try ModelConfiguration(layers: 1, width: 8, heads: 1, headWidth: 4, mlpWidth: 8, vocabulary: 999)
    let tokenizer = try trainer.model.tokenizer
    #expect(message { _ = try Trainer(small, seed: 1, tokenizer: tokenizer, optimizer: AdamW()) }.contains("999"))
    #expect(
      message {
        _ = try ModelConfiguration(layers: 1, width: 8, heads: 3, keyValueHeads: 2, headWidth: 4, mlpWidth: 8, vocabulary: 9)
      }
      .contains("num_key_value_heads"))
  }

  @Test
  func trainingThatDivergesSaysAtWhichStepAndKeepsTheLastGoodWeights() throws {
    var trainer = try Self.trainer(AdamW(learningRate: 1e30, weightDecay: 0))
    let batch = try Self.batch.get()
    try trainer.step(batch)
    let good = trainer.state
    let error = message { try trainer.step(batch) }
    #expect(error.contains("The gradient of step 2") && error.contains("after step 1") && error.contains("learning rate"))
    #expect(trainer.steps == 1 && trainer.state.parameters.values == good.parameters.values)
    #expect(trainer.state.secondMoment == good.secondMoment)
    // Logits that overflow.
    var overflowing = try Self.trainer().state
    for i in overflowing.parameters.layout.range(WeightName.finalNorm) { overflowing.parameters.values[i] = 3e38 }
    var loud = try Trainer(overflowing, tokenizer: trainer.model.tokenizer, AdamW())
    #expect(message { try loud.step(batch) }.contains("The loss of step 1"))
    // Finite gradients, and a step that no number holds. It can go on from there, with other settings.
    var leaping = try Self.trainer(AdamW(learningRate: .constant(.greatestFiniteMagnitude), weightDecay: 0))
    #expect(message { try leaping.step(batch) }.contains("The new weights of step 1"))
    leaping.optimizer.learningRate = 1e-2
    let losses = try (0..<5).map { _ in try leaping.step(batch).loss }
    #expect(losses[4] < losses[0] && leaping.steps == 5)
  }

  @Test
  func aStepThatIsAskedToEndLeavesTheLastWholeStep() async {
    // In a process of its own: other tests are not to be ended.
    await #expect(processExitsWith: .success) {
      var trainer = try Self.trainer()
      let batch = try Self.batch.get()
      try trainer.step(batch)
      let before = trainer.state.parameters.values
      Interruption.isRequested = { true }
      #expect(throws: ModelError.interrupted) { try trainer.step(batch) }
      Interruption.isRequested = { false }
      #expect(trainer.steps == 1 && trainer.state.parameters.values == before)
      try trainer.step(batch)
      #expect(trainer.steps == 2)
    }
  }
}

extension LanguageModel {
  /// Whether a model still computes these logits, also when it does not remember the prompt.
  fileprivate static func sameLogits(_ model: LanguageModel, _ logits: Tensor) throws -> Bool {
    model.prefixes.removeAll()
    return try model.run(TrainingTests.sequences[0]).logits == logits
  }
}
