import ModelFixture
import Tensors
import Testing
import Transformer

/// Small models of each family are trained.
@Suite struct FamilyTrainingTests {
  /// A text that repeats itself, and one that runs backwards.
  static let batch = Result {
    try [
      TrainingExample((0..<24).map { $0 == 0 ? 2 : 3 + $0 * 5 % 7 }),
      TrainingExample((0..<20).map { $0 == 0 ? 2 : 30 - $0 }, weight: 0.5),
    ]
  }

  @Test(arguments: ModelVariant.families + ModelVariant.combinations)
  func theLossOfWhatIsLearnedFallsStepByStep(_ variant: ModelVariant) throws {
    let batch = try Self.batch.get()
    var trainer = try Trainer(variant.random(seed: 81).model(), optimizer: AdamW(learningRate: 0.02))
    let losses = try (0..<30).map { _ in try trainer.step(batch).loss }
    let last = try trainer.loss(batch)
    #expect(last < 0.5 * losses[0], "\(losses[0]) to \(last)")
    #expect(last < losses[15] && losses[15] < losses[0])
  }

  @Test(arguments: ModelVariant.all)
  func oneSmallStepLowersTheLossByTheGradientsLengthSquared(_ variant: ModelVariant) throws {
    let batch = try Self.batch.get()
    let model = try variant.random(seed: 82).model()
    let (loss, gradient) = try LossGradient(model)(batch)
    let squared = gradient.elements.reduce(0) { $0 + Double($1) * Double($1) }
    let rate = 1e-4 / squared
    var parameters = Parameters(of: model)
    parameters.values = parameters.values - gradient * Float(rate)
    let other = try Trainer(TrainingState(parameters), tokenizer: nil, AdamW())
    #expect(abs((loss - (try other.loss(batch))) / 1e-4 - 1) < 0.05)
  }

  @Test(arguments: ModelVariant.families)
  func aNewModelBeginsWithNormsThatMultiplyByOneBiasesOfZeroAndALossNearThatOfGuessing(_ variant: ModelVariant) throws {
    let config = try variant.config()
    let trainer = try Trainer(config, seed: 83, optimizer: AdamW())
    let parameters = trainer.state.parameters
    for name in parameters.layout.names {
      let numbers = parameters.layout.part(of: parameters.values, name).elements
      switch name.kind {
      case .bias: #expect(numbers.allSatisfy { $0 == 0 }, "\(name)")
      case .norm:
        if case .rootMeanSquare(let offset) = config.norm { #expect(numbers.allSatisfy { $0 == 1 - offset }, "\(name)") }
        if config.norm == .layer { #expect(numbers.allSatisfy { $0 == 1 }, "\(name)") }
      case .matrix: #expect(numbers.contains { $0 != 0 }, "\(name)")
      }
    }
    #expect(try trainer.loss(Self.batch.get()) < 2 * 3.7)
  }
}
