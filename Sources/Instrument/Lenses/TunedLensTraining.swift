import Checkpoints
import Randomness
import Tensors
import Transformer

/// A tuned lens that has been trained, and how far it has come.
public struct TunedLensTraining: Sendable {
  /// The lens.
  public let lens: TunedLens
  /// The loss of each step before it was made, by layer: the mean of KL(model ‖ lens) over the step's positions, in nats.
  public let losses: [[Double]]
  /// KL(model ‖ lens) on the texts that were held out, for each layer.
  public let layers: [Layer]
  /// How many texts were held out.
  public let heldOut: Int

  /// What training changed before one layer.
  public struct Layer: Sendable {
    /// The layer whose input is read.
    public let layer: Int
    /// KL(model ‖ logit lens) of each held-out text, the mean over its positions, in nats.
    public let before: [Double]
    /// KL(model ‖ tuned lens) of each held-out text.
    public let after: [Double]

    /// The mean over the texts, before training.
    public var meanBefore: Double { before.reduce(0, +) / Double(before.count) }
    /// The mean over the texts, after training.
    public var meanAfter: Double { after.reduce(0, +) / Double(after.count) }
  }

  /// What one step did.
  public struct Step: Sendable {
    /// Which step it was, from 1.
    public let number: Int
    /// The loss of each layer before the step, in nats.
    public let losses: [Double]
    /// How many positions it learnt from.
    public let positions: Int
  }
}

extension LanguageModel {
  /// Trains a tuned lens: the translators of all layers at once, each to say what the model says in the end. The loss of a layer is the mean
  /// of KL(model ‖ lens) over the texts' positions, in nats; the model itself stays as it is.
  ///
  /// The same texts and the same seed give the same lens, bit for bit. A step costs a run of the model, and for each layer three products
  /// with the unembedding.
  ///
  /// - Parameters:
  ///   - texts: what is learnt from: texts or tokens, some thousand positions or more.
  ///   - heldOut: other texts, on which the lens is measured before and after.
  ///   - steps: how many steps are made. The texts are read again when all have been read, in another order.
  ///   - positions: about how many positions a step learns from; it has one text at least.
  ///   - optimizer: `AdamW`; by default its learning rate falls from 0.001 along half a cosine, and weights decay by 0.001 towards the
  ///     identity. The gradient of each layer is cut by itself.
  ///   - seed: chooses the order of the texts.
  ///   - report: is told of each step.
  /// - Throws: `LensError` if there is no text, a text is both learnt from and held out, or training diverges; `ModelError` for what the
  ///   model cannot read, and if the work is asked to end.
  public func trainTunedLens(
    on texts: [some Prompt], heldOut: [some Prompt], steps: Int = 250, positions: Int = 1024, optimizer: AdamW? = nil,
    seed: UInt64 = 0, report: (TunedLensTraining.Step) throws -> Void = { _ in }
  ) throws -> TunedLensTraining {
    let learnt = try texts.map { try $0.tokens(for: self) }
    let measured = try heldOut.map { try $0.tokens(for: self) }
    if learnt.isEmpty { throw LensError.noTexts(purpose: "learn from") }
    if measured.isEmpty { throw LensError.noTexts(purpose: "measure the lens by") }
    if let (text, other) = shared(learnt, measured) { throw LensError.sharedText(learnt: text, heldOut: other) }
    for (what, count) in [("steps", steps), ("positions", positions)] where count < 1 {
      throw LensError.badCount(what: what, count: count, range: 1...(.max))
    }
    let untrained = TunedLens(untrainedFor: self)
    let before = try untrained.divergences(self, measured)
    let rate = LearningRate.cosine(peak: 1e-3, steps: steps)
    var trainer = LensTrainer(self, optimizer ?? AdamW(learningRate: rate, weightDecay: 1e-3))
    var order = TextOrder(learnt, positions: positions, seed: seed)
    var losses: [[Double]] = []
    for number in 1...steps {
      let batch = order.next()
      losses.append(try trainer.step(batch))
      try report(.init(number: number, losses: losses[number - 1], positions: batch.reduce(0) { $0 + $1.count }))
    }
    let after = try trainer.lens.divergences(self, measured)
    let layers = zip(before, after).enumerated().map { layer, both in
      TunedLensTraining.Layer(layer: layer, before: both.0, after: both.1)
    }
    return TunedLensTraining(lens: trainer.lens, losses: losses, layers: layers, heldOut: measured.count)
  }

  /// The first text that is among both, or begins one of the others.
  private func shared(_ learnt: [[Int]], _ measured: [[Int]]) -> (Int, Int)? {
    for (index, text) in learnt.enumerated() {
      // The beginning of a text that was learnt from is known too.
      if let other = measured.firstIndex(where: { $0.starts(with: text) || text.starts(with: $0) }) { return (index, other) }
    }
    return nil
  }
}

/// Gives texts in batches, all of them once in an order of chance, and then again in another.
private struct TextOrder {
  private let texts: [[Int]]
  private let positions: Int
  private var random: SeededGenerator
  private var waiting: [Int] = []

  init(_ texts: [[Int]], positions: Int, seed: UInt64) {
    (self.texts, self.positions, random) = (texts, positions, SeededGenerator(seed: seed))
  }

  /// At least one text, and as many more as stay within the number of positions; none twice.
  mutating func next() -> [[Int]] {
    if waiting.isEmpty { waiting = texts.indices.shuffled(using: &random) }
    var (batch, count): ([[Int]], Int) = ([], 0)
    while let text = waiting.first, batch.isEmpty || count + texts[text].count <= positions {
      batch.append(texts[text])
      count += texts[text].count
      waiting.removeFirst()
    }
    return batch
  }
}

/// The translators while they learn.
private struct LensTrainer {
  private let model: LanguageModel
  private let optimizer: AdamW
  /// Of each layer the weight, and behind it the bias.
  private var vectors: [OptimizedVector]

  init(_ model: LanguageModel, _ optimizer: AdamW) {
    let width = model.config.width
    (self.model, self.optimizer) = (model, optimizer)
    vectors = (0..<model.config.layers).map { _ in
      OptimizedVector(Tensor(repeating: 0, shape: [width * width + width]))
    }
  }

  var lens: TunedLens { TunedLens(vectors.map(translator), modelChecksum: model.checksum) }

  private func translator(_ vector: OptimizedVector) -> TunedLens.Translator {
    let width = model.config.width
    return TunedLens.Translator(
      weight: vector.values[..<(width * width)].reshaped([width, width]), bias: vector.values[(width * width)...])
  }

  /// - Returns: the loss of each layer before the step.
  mutating func step(_ batch: [[Int]]) throws -> [Double] {
    let (losses, gradients) = try lens.lossesAndGradients(model, batch)
    let (number, weights) = (vectors[0].steps + 1, model.config.width * model.config.width)
    for layer in vectors.indices {
      let vector = vectors[layer]
      let norm = gradients[layer].euclideanLength()
      guard losses[layer].isFinite, norm.isFinite else { throw LensError.diverged(step: number) }
      vectors[layer] = try optimizer.stepped(
        vector, gradients[layer], scale: optimizer.scale(ofNorm: norm),
        parts: [(0..<weights, true), (weights..<vector.values.count, false)])
    }
    return losses
  }
}

extension TunedLens {
  /// The loss of each layer on some texts, and its gradient: that of the weight, and behind it that of the bias.
  package func lossesAndGradients(_ model: LanguageModel, _ texts: [[Int]]) throws -> (losses: [Double], gradients: [Tensor]) {
    try LensGradient(model: model, translators: translators)(LensRows(model, texts))
  }
}

/// The loss of each layer's translator on some rows, and its gradient.
private struct LensGradient {
  let model: LanguageModel
  let translators: [TunedLens.Translator]

  /// - Returns: by layer the mean of KL(model ‖ lens), in nats, and its gradient: that of the weight, and behind it that of the bias.
  func callAsFunction(_ rows: LensRows) throws -> (losses: [Double], gradients: [Tensor]) {
    let width = model.config.width
    var losses = [Double](repeating: 0, count: translators.count)
    var gradients = translators.map { _ in Tensor(repeating: 0, shape: [width * width + width]) }
    try rows.forEachBlock(model) { layer, part, end in
      let input = rows.layers[layer][part]
      let (loss, gradient) = try translated(translators[layer].forward(input), end, outOf: rows.count)
      losses[layer] += loss
      gradients[layer].addProduct(ofTransposed: gradient, input, at: 0)
      let bias = gradient.sum(axis: 0).home()
      gradients[layer].replaceRows(from: width * width, with: gradients[layer][(width * width)...] + bias)
    }
    return (losses, gradients)
  }

  /// The loss's part of some translated rows, and its gradient with respect to them.
  private func translated(
    _ stream: Tensor, _ end: Distributions, outOf count: Int
  ) throws -> (loss: Double, gradient: Tensor) {
    let (normed, tape) = model.weights.finalNorm.appliedKeepingTape(to: stream)
    let logits = try model.finished(normed.projected(by: model.weights.unembedding))
    let seen = Distributions(logits.home())
    var gradient = (seen.probabilities - end.probabilities) / Float(count)
    if let cap = model.config.logitSoftCap { gradient.goBackThroughSoftCap(at: cap, capped: seen.logits) }
    let read = gradient.projectedBack(by: model.weights.unembedding)
    return (
      end.divergences(to: seen).reduce(0, +) / Double(count), model.weights.finalNorm.backward(read, tape)
    )
  }
}
