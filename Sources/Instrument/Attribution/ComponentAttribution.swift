import Transformer
import Tensors

/// How much one component speaks for the clean answer: of each layer, of each head if it has heads, at each position.
///
/// Positive: what the component holds there on the clean prompt, and not on the corrupted one, speaks for the clean answer. This holds for
/// every method, so that their values can be compared number by number.
public struct ComponentAttribution: Sendable {
  /// What is attributed to.
  public let component: HookPoint.Component
  /// How.
  public let method: AttributionMethod
  /// The values: `[layer, position]`, or `[layer, head, position]` of what has heads (for keys and values, key and value heads). Of patterns, the
  /// position is the query's. Positions before `firstPosition` are 0.
  public let values: Tensor
  /// The first position that was computed: where the prompts begin to differ, or where one asked for.
  public let firstPosition: Int
  /// The tokens of the prompts.
  public let prompts: PromptPair
  /// The metric on the clean and on the corrupted prompt.
  public let metric: (clean: Float, corrupted: Float)
  /// For integrated gradients, what each layer lacks to completeness: the sum of the layer's values less
  /// M(layer as on the clean prompt) - M(layer as on the corrupted prompt). Nil for other methods, which promise no sum.
  public let completeness: [Completeness]?
  /// How the values compare with activation patching on sampled nodes, if that was asked for.
  public var check: PatchingCheck?

  /// One layer's sum, and what it should be.
  public struct Completeness: Equatable, Sendable {
    /// The sum of the layer's values.
    public let sum: Float
    /// By how much the metric changes when all of the layer's activations are exchanged together.
    public let difference: Float
    /// Their difference, which shrinks with more steps.
    public var delta: Float { sum - difference }
  }

  /// Whether the component has heads.
  public var hasHeads: Bool { values.rank == 3 }

  /// The values with one row for each layer, or for each head of each layer: `[row, position]`.
  public var rows: Tensor { values.reshaped([-1, values.shape[values.rank - 1]]) }

  /// The name of each row: `L3`, `L3H5`, or `L3K0` for key and value heads.
  public var rowLabels: [String] {
    guard hasHeads else { return (0..<values.shape[0]).map { "L\($0)" } }
    let letter = [.key, .value, .rotatedKey].contains(component) ? "K" : "H"
    return (0..<values.shape[0]).flatMap { layer in (0..<values.shape[1]).map { "L\(layer)\(letter)\($0)" } }
  }
}

/// How an attribution was computed.
public enum AttributionMethod: Hashable, Sendable {
  /// The gradient at the clean activation times the difference (Nanda 2023; Syed et al. 2023, arXiv:2310.10348).
  case attributionPatching(AttributionRefinement = [])
  /// The gradient integrated from the corrupted to the clean activation, times the difference (Sundararajan et al. 2017,
  /// arXiv:1703.01365).
  case integratedGradients(steps: Int)
  /// Each activation really exchanged (Vig et al. 2020, arXiv:2004.12265; Zhang and Nanda 2023, arXiv:2309.16042).
  case activationPatching(PatchingDirection)
}

/// Which prompt is run, and which lends an activation.
public enum PatchingDirection: String, Sendable {
  /// The clean prompt runs with one corrupted activation; the value is M(clean) - M(patched).
  case noising
  /// The corrupted prompt runs with one clean activation; the value is M(patched) - M(corrupted).
  case denoising
}

/// How an approximation compares with activation patching on sampled nodes.
public struct PatchingCheck: Sendable {
  /// One activation: a row of `ComponentAttribution.rows`, and a position.
  public struct Node: Sendable {
    /// The row's name, as `L3H5`.
    public let label: String
    /// The layer, from 0.
    public let layer: Int
    /// The head within its layer, from 0; nil for a component without heads.
    public let head: Int?
    /// The position in the prompts, from 0.
    public let position: Int
    /// What the approximation says.
    public let estimate: Float
    /// What activation patching says (noising).
    public let patched: Float
  }

  /// The nodes that were compared: the largest estimates, and others at random.
  public let nodes: [Node]

  /// Pearson's correlation of estimates and truth; NaN if either does not vary.
  public var correlation: Double { agreement.correlation }

  /// Which part of the `k` nodes with the largest truth is among the `k` with the largest estimates, from 0 to 1. Sizes count, not signs.
  public func recall(top k: Int) -> Double { agreement.recall(top: k) }

  /// The largest difference of an estimate from the truth.
  public var largestError: Float { agreement.largestError }

  private var agreement: Agreement { Agreement(nodes.map { ($0.estimate, $0.patched) }) }
}

extension ComponentAttribution: CustomStringConvertible {
  /// What was attributed to, how, and the metric on both prompts.
  public var description: String {
    let rows = hasHeads ? "\(values.shape[0]) layers, \(values.shape[1]) heads" : "\(values.shape[0]) layers"
    return "\(component) by \(method): \(rows), positions \(firstPosition) to \(prompts.clean.count - 1); "
      + "the metric is \(metric.clean) on the clean prompt and \(metric.corrupted) on the corrupted one"
  }
}

extension AttributionMethod: CustomStringConvertible {
  /// The method's name with its settings: `integrated gradients of 5 steps`.
  public var description: String {
    switch self {
    case .attributionPatching(let refinement):
      let names = [(AttributionRefinement.qkFix, "QK fix"), (.gradDrop, "GradDrop")].filter { refinement.contains($0.0) }.map(\.1)
      return (["attribution patching"] + names).joined(separator: ", ")
    case .integratedGradients(let steps): return "integrated gradients of \(steps) steps"
    case .activationPatching(let direction): return "activation patching (\(direction))"
    }
  }
}
