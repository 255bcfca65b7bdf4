import Tensors

/// The loss of a batch and its gradient with respect to every weight.
///
/// The loss is the mean cross entropy over the batch's targets, in nats, each counted by its example's weight. Examples are read
/// in groups of some hundred tokens: large enough for products to run at speed, small enough for a group's activations to stay in
/// a core's cache. A group is one core's work. Groups depend on the examples only, and their gradients are added in their order:
/// the sum is the same, bit for bit, on any number of cores.
package struct LossGradient {
  private let model: GemmaModel
  private let layout: ParameterLayout

  package init(_ model: GemmaModel) { (self.model, layout) = (model, ParameterLayout(model.config)) }

  /// - Returns: the gradient in the order of the model's `ParameterLayout`.
  package func callAsFunction(_ examples: [TrainingExample]) throws -> (loss: Double, gradient: Tensor) {
    let total = examples.totalWeight
    let parts = try inParallel(groups(examples)) { try gradient($0, total) }
    return (parts.reduce(0) { $0 + $1.loss }, Self.sum(parts.map(\.gradient)))
  }

  /// The loss alone.
  func loss(_ examples: [TrainingExample]) throws -> Double {
    let total = examples.totalWeight
    let losses = try inParallel(groups(examples)) { try TrainingPass(model, $0, tape: nil).head(total, nil).loss }
    return losses.reduce(0, +)
  }

  private func gradient(_ group: [TrainingExample], _ total: Double) throws -> (loss: Double, gradient: Tensor) {
    let gradients = WeightGradients(layout)
    let tape = Tape(keepsInputs: true)
    let pass = try TrainingPass(model, group, tape: tape)
    let (loss, final) = pass.head(total, gradients)
    var backward = BackwardPass(
      pass.forward, tape: tape, recorders: group.map { _ in .none }, weightGradients: gradients)
    gradients.addEmbedding(group.flatMap(\.read), gradient: try backward(final))
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
      let place = (read + example.read.count / 2) * count / tokens
      if place != last { groups.append([]) }
      groups[groups.count - 1].append(example)
      (last, read) = (place, read + example.read.count)
    }
    return groups
  }

  /// In tokens.
  private static let groupSize = 512
  /// How many numbers the gradients of all groups may have together.
  private static let gradientBudget = 1 << 28

  private static func sum(_ parts: [Tensor]) -> Tensor {
    guard parts.count > 1 else { return parts[0] }
    var sum = parts[0]
    let (target, sources) = (sum.sharedBase(), parts.dropFirst().map(\.constantBase))
    Parallel.overRows(sum.count, width: parts.count) { range in
      for source in sources {
        for i in range { target[i] += source[i] }
      }
    }
    return withExtendedLifetime(parts) { sum }
  }

  /// Does something with each group, one group a core, and keeps the order. The first error is thrown.
  private func inParallel<Result>(
    _ groups: [[TrainingExample]], _ body: ([TrainingExample]) throws -> Result
  ) throws -> [Result] {
    var results: [Swift.Result<Result, any Error>?] = groups.map { _ in nil }
    results.withUnsafeMutableBufferPointer { results in
      Parallel.perform(groups.count) { index in results[index] = Swift.Result { try body(groups[index]) } }
    }
    return try results.map { try $0!.get() }
  }
}

/// Some examples read side by side.
private struct TrainingPass {
  let forward: ForwardPass
  private let model: GemmaModel
  private let examples: [TrainingExample]
  private let final: Tensor

  init(_ model: GemmaModel, _ examples: [TrainingExample], tape: Tape?) throws {
    let lanes = examples.map { example in
      Lane(
        start: 0, count: example.read.count, outputStart: example.targets[0], past: model.emptyCache, hooks: HookSet(.none))
    }
    var forward = ForwardPass(model, lanes: lanes, tape: tape)
    final = try forward(examples.map { Array($0.read) })
    (self.forward, self.model, self.examples) = (forward, model, examples)
  }

  /// The loss's part of these examples, out of a sum of weights `total`, and its gradient with respect to the normed final
  /// residual stream. The unembedding's part of the embedding's gradient is added up.
  func head(_ total: Double, _ gradients: WeightGradients?) -> (loss: Double, gradient: Tensor) {
    let rows = zip(examples, forward.outputLayout.rows).flatMap { example, rows in
      example.targets.map { rows.lowerBound + $0 - example.targets[0] }
    }
    let answers = examples.flatMap(\.answers)
    let weights = examples.flatMap { example in example.targets.map { _ in Float(example.weight / total) } }
    let embedding = model.weights.embedding
    var (loss, gradient) = (0.0, Tensor(repeating: 0, shape: final.shape))
    // Blocks of rows, so that the logits of a large vocabulary need not lie in memory all at once.
    let block = max(64, (1 << 22) / embedding.rows)
    for first in stride(from: 0, to: rows.count, by: block) {
      let part = first..<min(first + block, rows.count)
      let input = WeightMatrix(final).gathered(rows[part])
      var logits = input.projected(by: embedding)
      loss += logits.becomeCrossEntropyGradient(answers: Array(answers[part]), weights: Array(weights[part]))
      guard let gradients else { continue }
      gradients.add(.embedding, nil, gradient: logits, input: input)
      gradient.replaceRows(rows[part], with: logits.projectedBack(by: embedding))
    }
    return (loss, gradient)
  }
}

extension [TrainingExample] {
  /// What the sum over targets is divided by.
  fileprivate var totalWeight: Double { reduce(0) { $0 + $1.weight * Double($1.targets.count) } }
}

extension Tensor {
  /// Puts rows into a matrix, at the given places.
  fileprivate mutating func replaceRows(_ places: some Collection<Int>, with rows: Tensor) {
    let width = shape[1]
    withUnsafeMutableElements { target in
      rows.withUnsafeElements { source in
        for (row, place) in places.enumerated() {
          for i in 0..<width { target[place * width + i] = source[row * width + i] }
        }
      }
    }
  }
}
