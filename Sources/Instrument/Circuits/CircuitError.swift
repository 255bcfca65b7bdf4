/// What can be wrong with a question about edges and circuits. What is wrong with a prompt, a token or a layer's activation is a `ModelError`.
public enum CircuitError: Error, Equatable, Sendable {
  /// A text that names nothing of its kind.
  case badName(String, kind: String, examples: String)
  /// A layer, a head or a sender that the model does not have.
  case noSuchPlace(String)
  /// An edge against the order of computation.
  case noSuchEdge(CircuitEdge, parallel: Bool)
  /// A number of edges that the graph does not have.
  case badEdgeCount(Int, edges: Int)
  /// A part of all edges that is none.
  case badFraction(Double)
  /// Nothing to ask about: examples, senders, receivers, fractions, prompts.
  case nothing(String, advice: String)
  /// A circuit or scores of another model's graph.
  case otherGraph(expected: String, found: String)
  /// An example that has no corrupted prompt, where edges are patched from it.
  case noCorruptedPrompt(example: String)
  /// Means that do not fit the prompts.
  case badMeans(String)
  /// Steps of an integral below 1.
  case badSteps(Int)
  /// A number of edges to check, or of controls, below 0.
  case badCount(what: String, count: Int)
  /// The metric does not change when all edges are ablated, so that no part of its change can be kept.
  case noChange(clean: Float, ablated: Float)
  /// Numbers that are no numbers.
  case notFinite(String)
}

extension CircuitError: CustomStringConvertible {
  /// The cause, and what to do about it, in sentences.
  public var description: String {
    switch self {
    case .badName(let name, let kind, let examples): "“\(name)” names no \(kind). Write it as one of these: \(examples)."
    case .noSuchPlace(let text): text
    case .noSuchEdge(let edge, let parallel):
      "There is no edge \(edge): \(edge.receiver) reads the residual stream before \(edge.sender) writes into it."
        + (parallel && edge.sender.layer == edge.receiver.layer
          ? " In this model, attention and MLP of a layer are parallel: both read what stood before the layer." : "")
    case .badEdgeCount(let count, let edges):
      "A circuit of \(count) edges cannot be taken: the model has \(edges). Take 0 to \(edges)."
    case .badFraction(let fraction):
      "\(fraction) is no part of all edges. Take fractions above 0 and up to 1, in ascending order."
    case .nothing(let what, let advice): "There are no \(what). \(advice)"
    case .otherGraph(let expected, let found):
      "The graph has \(found), and the model's has \(expected). Scores and circuits belong to the model that they were found in."
    case .noCorruptedPrompt(let example):
      "The example “\(example)” has no corrupted prompt to take activations from. Give it one, or ablate by .zero or .mean(…)."
    case .badMeans(let text): text
    case .badSteps(let steps): "No integral can be taken in \(steps) steps. Take 1 or more; 5 are usual."
    case .badCount(let what, let count): "\(count) \(what) cannot be taken. Ask for 0 or more."
    case .noChange(let clean, let ablated):
      "The metric is \(clean) on the whole model and \(ablated) with every edge ablated: no part of a change of 0 can be kept. "
        + "Choose examples, or a metric, that the ablation changes."
    case .notFinite(let what): "\(what) is not a finite number, so that nothing can be concluded from it."
    }
  }
}
