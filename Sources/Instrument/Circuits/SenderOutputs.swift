import Attribution
import Checkpoints
import Tensors
import Transformer

extension Capture {
  /// What `ActivationCache.senderOutputs` needs.
  static let senderOutputs: Capture = .matching { Self.senderComponents.contains($0.component) }

  static let senderComponents: Set<HookPoint.Component> = [.embedding, .z, .attentionPostNormScale, .mlpOutput]

  /// Those of them that a model has.
  static func senderComponents(_ config: ModelConfiguration) -> Set<HookPoint.Component> {
    senderComponents.filter { $0.exists(in: config) }
  }
}

extension ActivationCache {
  /// What each sender adds to the residual stream, `[sender, position, width]` in the order of `CircuitGraph.senders`. Behind a norm that
  /// follows the attention, a head's part is what the norm makes of it with the run's own divisor.
  func senderOutputs(_ graph: CircuitGraph) throws -> Tensor {
    let embedding = try self[.embedding]
    let shape = [graph.senderCount] + embedding.shape
    let bytes = shape.reduce(MemoryLayout<Float>.stride, *)
    // Small ones are not worth asking the system.
    if bytes > 64 << 20, case let available = model.backend.availableBytes, bytes > available {
      throw ModelError.captureTooLarge(
        bytes: bytes, available: available, tokens: embedding.shape[0], largest: "what every head writes")
    }
    var outputs = Tensor(uninitialized: shape)
    outputs.setSender(0, to: embedding)
    for layer in 0..<graph.layers {
      for (head, part) in try headContributions(layer: layer).enumerated() {
        outputs.setSender(graph.row(of: .head(layer: layer, head: head)), to: part)
      }
      outputs.setSender(graph.row(of: .mlp(layer: layer)), to: try self[.mlpOutput(layer: layer)])
    }
    return outputs
  }
}

extension Tensor {
  /// Puts the last positions of one sender, `[position, width]`, into `[sender, position, width]`.
  mutating func setSender(_ row: Int, to values: Tensor) {
    replace(TensorPart(first: .index(row), second: .range(shape[1] - values.shape[0]..<shape[1])), with: values)
  }

  /// The last positions, as many as another activation has.
  func lastRows(_ count: Int) -> Tensor { count == shape[0] ? self : self[(shape[0] - count)...] }
}

/// The mean of what each sender of a model writes, over prompts: what ablated edges carry.
public struct SenderMeans: Sendable {
  /// Whether each position has a mean of its own.
  public let isByPosition: Bool
  /// Over how many prompts the means are taken.
  public let promptCount: Int
  let graph: CircuitGraph
  /// The model whose senders they are of.
  let model: LanguageModel
  /// `[sender, position, width]`, with one position if all share a mean.
  let values: Tensor

  /// The means at some positions of a prompt, `[sender, position, width]`.
  func values(at positions: Range<Int>) throws(CircuitError) -> Tensor {
    let (senders, known, width) = (values.shape[0], values.shape[1], values.shape[2])
    if isByPosition {
      guard positions.upperBound <= known else {
        throw .badMeans(
          "The means are of \(known) positions, and an example has \(positions.upperBound). Take them over prompts of as many tokens, or "
            + "take one mean for all positions, with `byPosition: false`.")
      }
      return values.part(TensorPart(first: .range(0..<senders), second: .range(positions)))
    }
    let ones = Tensor(repeating: 1, shape: [positions.count, 1])
    let rows = (0..<senders).map { ones.multiplied(by: values.select($0).reshaped([1, width])) }
    return Tensor.stack(rows)
  }
}

extension SenderMeans: CustomStringConvertible {
  /// `means over 20 prompts by position`.
  public var description: String { "means over \(promptCount) prompts\(isByPosition ? " by position" : "")" }
}

extension LanguageModel {
  /// The means of what every sender (the embedding, each head, each MLP) writes into the residual stream, for `EdgeAblation.mean`.
  ///
  /// - Parameters:
  ///   - prompts: The prompts, all of whose positions count.
  ///   - byPosition: Whether each position gets a mean of its own, for which all prompts must have as many tokens.
  /// - Throws: `CircuitError` for no prompt, or for prompts of different lengths by position; `ModelError` for a bad prompt.
  public func senderMeans(over prompts: [some Prompt], byPosition: Bool = false) throws -> SenderMeans {
    let tokens = try prompts.map { try $0.tokens(for: self) }
    guard let first = tokens.first else {
      throw CircuitError.nothing("prompts to take means over", advice: "Give at least one.")
    }
    if byPosition, let other = tokens.first(where: { $0.count != first.count }) {
      throw CircuitError.badMeans(
        "Means by position need prompts of as many tokens: one has \(first.count), another \(other.count). Take them with "
          + "`byPosition: false`, or choose other prompts.")
    }
    let graph = CircuitGraph(config)
    var sum = Tensor(repeating: 0, shape: [graph.senderCount, byPosition ? first.count : 1, config.width])
    for prompt in tokens {
      let outputs = try run(prompt, capturing: .senderOutputs, logits: .none).cache.senderOutputs(graph)
      sum.add(byPosition ? outputs : outputs.sum(axis: 1).reshaped(sum.shape))
    }
    sum.scale(by: 1 / Float(byPosition ? tokens.count : tokens.reduce(0) { $0 + $1.count }))
    return SenderMeans(isByPosition: byPosition, promptCount: tokens.count, graph: graph, model: self, values: sum)
  }
}
