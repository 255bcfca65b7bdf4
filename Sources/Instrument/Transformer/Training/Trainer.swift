import Checkpoints
import Foundation
import Tensors

/// Trains a small language model on the processor, also where the model that it goes on with computes on a card; `model.moved(to:)` takes what it
/// has learnt there.
///
/// ```swift
/// let config = try ModelConfiguration(layers: 4, width: 128, heads: 4, headWidth: 64, mlpWidth: 512, vocabulary: 1000)
/// var trainer = try Trainer(config, seed: 1, tokenizer: Tokenizer(contentsOf: file), optimizer: AdamW(learningRate: 1.5e-3))
/// for batch in batches { losses.append(try trainer.step(batch).loss) }
/// try trainer.model.save(to: folder, as: .bfloat16)
/// ```
///
/// What it promises:
/// - The same seed and the same batches give the same weights, bit for bit, on any number of cores of one kind of CPU.
/// - A step is made whole or not at all: an error, or a request to stop, leaves the state of the last whole step.
/// - A saved state goes on as if it had never been interrupted, bit for bit.
///
/// It is a value: a copy is a fork. Models that were taken from the trainer stay as they were when it goes on.
public struct Trainer: Sendable {
  /// May be changed between steps.
  public var optimizer: AdamW
  /// The model as it is now, for evaluation and to be saved. It shares the trainer's weights.
  public private(set) var model: LanguageModel
  package private(set) var state: TrainingState

  /// What a step did.
  public struct Step: Sendable {
    /// Which step it was, from 1.
    public let number: Int
    /// The batch's loss before the step, in nats: the mean cross entropy over its targets.
    public let loss: Double
    /// The length of the gradient before it was cut.
    public let gradientNorm: Double
    /// η of the step.
    public let learningRate: Double
  }

  /// Goes on with a model's weights, in fp32.
  public init(_ model: LanguageModel, optimizer: AdamW) throws(ModelError) {
    try self.init(TrainingState(Parameters(of: model)), tokenizer: model.storedTokenizer, optimizer)
  }

  /// A new model, whose weights are drawn from the seed.
  ///
  /// They are normally distributed around 0: the embedding and what reads the residual stream with the deviation 1/√width, so that
  /// the stream begins, and logits are, about 1; what writes to the stream, the output projections of attention and MLP, with
  /// 1/√(2 · layers · numbers that are read), so that the stream keeps its size (Radford et al. 2019, GPT-2). Hugging Face draws all
  /// with `initializer_range`, 0.02, which is 1/√width at gemma-2b's. Norms begin by multiplying by one, and biases with 0.
  public init(_ config: ModelConfiguration, seed: UInt64, tokenizer: Tokenizer? = nil, optimizer: AdamW) throws(ModelError) {
    if let tokenizer, tokenizer.count > config.vocabulary {
      throw .badRequest(
        "The tokenizer has \(tokenizer.count) pieces, and the configuration's vocabulary is \(config.vocabulary). Make it as large."
      )
    }
    try self.init(TrainingState(Parameters(config, seed: seed)), tokenizer: tokenizer, optimizer)
  }

  package init(_ state: TrainingState, tokenizer: Tokenizer?, _ optimizer: AdamW) throws(ModelError) {
    (self.state, self.optimizer) = (state, optimizer)
    model = try Self.model(state, tokenizer)
  }

  /// How many steps were made.
  public var steps: Int { state.steps }

  /// Makes one step on a batch of examples.
  /// - Throws: an error for examples that the model cannot read, and if the loss or the gradient is not finite; `interrupted` if
  ///   the work is asked to end. The state is then that of the last whole step.
  @discardableResult
  public mutating func step(_ batch: [TrainingExample]) throws -> Step {
    try check(batch)
    let number = state.steps + 1
    let rate = optimizer.learningRate(number)
    try optimizer.check(rate: rate, step: number)
    let (loss, gradient) = try LossGradient(model)(batch)
    let norm = gradient.euclideanLength()
    guard loss.isFinite else { throw diverged("loss") }
    // Squares of a longer one would not fit into the moments.
    guard norm < 1e18 else { throw diverged("gradient") }
    let next = optimizer.stepped(state, gradient, scale: optimizer.scale(ofNorm: norm))
    guard next.parameters.values.isFinite else { throw diverged("new weights") }
    (state, model) = (next, try Self.model(next, model.storedTokenizer))
    return Step(number: number, loss: loss, gradientNorm: norm, learningRate: rate)
  }

  /// The loss of examples that are not learnt from, in nats: the mean cross entropy over their targets.
  public func loss(_ examples: [TrainingExample]) throws -> Double {
    try check(examples)
    return try LossGradient(model).loss(examples)
  }

  private func check(_ batch: [TrainingExample]) throws(ModelError) {
    guard !batch.isEmpty else { throw .badRequest("The batch is empty. It needs at least one example.") }
    for example in batch { try model.check(example.tokens) }
  }

  private func diverged(_ what: String) -> ModelError {
    .badRequest(
      "The \(what) of step \(state.steps + 1) is not finite: training has diverged. The weights are those after step "
        + "\(state.steps). Go on from an earlier state with a lower learning rate, a longer warmup or a shorter gradientClip.")
  }

  private static func model(_ state: TrainingState, _ tokenizer: Tokenizer?) throws(ModelError) -> LanguageModel {
    try LanguageModel(
      state.parameters.layout.configuration, tokenizer, state.parameters, origin: "a trainer, after step \(state.steps)")
  }
}
