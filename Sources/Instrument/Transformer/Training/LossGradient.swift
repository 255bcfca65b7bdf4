import Tensors

/// The loss of a batch and its gradient with respect to every weight.
///
/// The loss is the mean cross entropy over the batch's targets, in nats, each counted by its example's weight. Examples are read
/// in groups of some hundred tokens: large enough for products to run at speed, small enough for a group's activations to stay in
/// a core's cache. A group is one core's work. Groups depend on the examples only, and their gradients are added in their order:
/// the sum is the same, bit for bit, on any number of cores.
package struct LossGradient {
  private let model: LanguageModel
  private let layout: ParameterLayout

  package init(_ model: LanguageModel) { (self.model, layout) = (model, ParameterLayout(model.config)) }

  /// - Returns: the gradient in the order of the model's `ParameterLayout`.
  package func callAsFunction(_ examples: [TrainingExample]) throws -> (loss: Double, gradient: Tensor) {
    let total = examples.totalWeight
    let parts = try inParallel(groups(examples)) { try gradient($0, total) }
    return (parts.reduce(0) { $0 + $1.loss }, Self.sum(parts.map(\.gradient)))
  }

  /// The loss alone.
  func loss(_ examples: [TrainingExample]) throws -> Double {
    let total = examples.totalWeight
    let losses = try inParallel(groups(examples)) { group in
      var pass = TrainingPass(model, group)
      return try pass.head(pass.final(), total, nil).loss
    }
    return losses.reduce(0, +)
  }

  private func gradient(_ group: [TrainingExample], _ total: Double) throws -> (loss: Double, gradient: Tensor) {
    let gradients = WeightGradients(layout)
    var pass = TrainingPass(model, group)
    let (final, tape) = try pass.taped()
    let (loss, finalGradient) = pass.head(final, total, gradients)
    var backward = BackwardPass(pass.forward, tape, recorders: group.map { _ in .none }, weightGradients: gradients)
    let stream = try backward(finalGradient)
    gradients.addEmbedding(
      .embedding, group.flatMap(\.read), gradient: stream, factor: model.config.embeddingScale)
    if model.weights.positionEmbedding != nil {
      let positions = group.flatMap { Array($0.read.indices) }
      gradients.addEmbedding(.positionEmbedding, positions, gradient: stream, factor: 1)
    }
    return (loss, gradients.values)
  }

  /// About as many tokens in each group, and as many groups as a multiple of four, so that two or four cores have equally much to
  /// do. Each group has a gradient of its own: a large model gets fewer of them, and divides its products instead.
  func groups(_ examples: [TrainingExample]) -> [[TrainingExample]] {
    let tokens = examples.reduce(0) { $0 + $1.read.count }
    let fours = (tokens + 4 * Self.groupSize - 1) / (4 * Self.groupSize)
    let count = max(1, min(4 * fours, Self.gradientBudget / layout.count))
    var (groups, read, last): ([[TrainingExample]], Int, Int?) = ([], 0, nil)
    for example in examples {
      let number = (read + example.read.count / 2) * count / tokens
      if number != last { groups.append([]) }
      groups[groups.count - 1].append(example)
      (last, read) = (number, read + example.read.count)
    }
    return groups
  }

  /// About how many tokens a group has.
  private static let groupSize = 512
  /// How many numbers the gradients of all groups may have together.
  private static let gradientBudget = 1 << 28

  private static func sum(_ parts: [Tensor]) -> Tensor {
    guard parts.count > 1 else { return parts[0] }
    return parts[0].added(parts.dropFirst())
  }

  /// The results of a function of each group, in order; each group is the work of one core. The first error is thrown.
  private func inParallel<Result>(
    _ groups: [[TrainingExample]], _ body: ([TrainingExample]) throws -> Result
  ) throws -> [Result] {
    var results = groups.map { _ in Swift.Result<Result, any Error>.failure(CancellationError()) }
    results.withUnsafeMutableBufferPointer { results in
      Parallel.perform(groups.count) { index in results[index] = Swift.Result { try body(groups[index]) } }
    }
    return try results.map { try $0.get() }
  }
}

/// Some examples read side by side.
private struct TrainingPass {
  private(set) var forward: ForwardPass
  private let model: LanguageModel
  private let examples: [TrainingExample]

  init(_ model: LanguageModel, _ examples: [TrainingExample]) {
    let lanes = examples.map { example in
      Lane(
        start: 0, count: example.read.count, outputStart: example.targets[0], past: model.emptyCache, hooks: HookSet(.none))
    }
    (forward, self.model, self.examples) = (ForwardPass(model, lanes: lanes), model, examples)
  }

  private var tokens: [[Int]] { examples.map { Array($0.read) } }

  /// The normed final residual stream, of the rows from each example's first target on.
  mutating func final() throws -> Tensor { try forward(tokens) }

  /// The normed final residual stream as `final()` gives it, and the tape that gradients of weights need.
  mutating func taped() throws -> (final: Tensor, tape: Tape) { try forward.taped(tokens, TapePlan(keepsInputs: true)) }

  /// The loss's part of these examples, out of a sum of weights `total`, and its gradient with respect to the normed final
  /// residual stream. The unembedding's part of the embedding's gradient is added up.
  func head(_ final: Tensor, _ total: Double, _ gradients: WeightGradients?) -> (loss: Double, gradient: Tensor) {
    let rows = zip(examples, forward.batch.outputLayout.rows).flatMap { example, rows in
      example.targets.map { rows.lowerBound + $0 - example.targets[0] }
    }
    let answers = examples.flatMap(\.answers)
    let weights = examples.flatMap { example in example.targets.map { _ in Float(example.weight / total) } }
    let (unembedding, name) = (model.weights.unembedding, model.config.tiesUnembedding ? WeightName.embedding : .unembedding)
    var (loss, gradient) = (0.0, Tensor(repeating: 0, shape: final.shape))
    // Blocks of rows, so that the logits of a large vocabulary need not lie in memory all at once.
    let block = max(64, (1 << 22) / unembedding.rows)
    for first in stride(from: 0, to: rows.count, by: block) {
      let part = first..<min(first + block, rows.count)
      let input = WeightMatrix(final).gathered(rows[part])
      var logits = input.projected(by: unembedding)
      if let cap = model.config.logitSoftCap { logits.softCap(at: cap) }
      let capped = model.config.logitSoftCap == nil ? nil : logits
      loss += logits.becomeCrossEntropyGradient(answers: Array(answers[part]), weights: Array(weights[part]))
      guard let gradients else { continue }
      if let capped, let cap = model.config.logitSoftCap { logits.goBackThroughSoftCap(at: cap, capped: capped) }
      gradients.add(name, gradient: logits, input: input)
      gradient.replaceRows(rows[part], with: logits.projectedBack(by: unembedding))
    }
    return (loss, gradient)
  }
}

extension [TrainingExample] {
  /// What the sum over targets is divided by.
  fileprivate var totalWeight: Double { reduce(0) { $0 + $1.weight * Double($1.targets.count) } }
}

extension Tensor {
  /// Replaces the rows of a matrix that have the given indices.
  fileprivate mutating func replaceRows(_ indices: some Collection<Int>, with rows: Tensor) {
    let width = shape[1]
    withUnsafeMutableElements { target in
      rows.withUnsafeElements { source in
        for (row, index) in indices.enumerated() {
          for i in 0..<width { target[index * width + i] = source[row * width + i] }
        }
      }
    }
  }
}
