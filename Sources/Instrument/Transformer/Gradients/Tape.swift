import Tensors

/// What a backward pass needs to know of a forward pass.
///
/// It holds the residual stream and the queries of each layer, and the gates of as many layers as its budget allows; patterns, norms and
/// the other gates are computed again. A layer's gates are by far its largest activation.
struct Tape {
  /// The layers that were run, from below.
  let layers: [LayerTape]
  let final: Norm.Tape
}

/// What a backward pass needs to know of one layer.
struct LayerTape {
  let layer: Int
  let attention: AttentionBlock.Tape
  let mlp: MLPBlock.Tape
}

/// How much of a forward pass is kept on its tape.
struct TapePlan {
  /// How many bytes of the MLPs' gates are kept; what is beyond it is computed twice.
  var gateBudget = 2_000_000_000
  /// Whether the inputs of all products are kept too, for gradients of weights.
  var keepsInputs = false
}

/// Collects the tape of a pass while it runs, or nothing if no backward pass will follow.
struct TapeRecorder {
  private var plan: TapePlan?
  private var attentions: [AttentionBlock.Tape] = []
  private var mlps: [MLPBlock.Tape] = []

  init(_ plan: TapePlan?) { self.plan = plan }

  static let off = TapeRecorder(nil)

  var isKept: Bool { plan != nil }
  var keepsInputs: Bool { plan?.keepsInputs ?? false }

  mutating func keep(_ attention: AttentionBlock.Tape) { if isKept { attentions.append(attention) } }
  mutating func keep(_ mlp: MLPBlock.Tape) { if isKept { mlps.append(mlp) } }

  /// Whether the gates of a layer of so many rows are kept; if so, they take their part of the budget.
  mutating func reservesGates(rows: Int, _ configuration: ModelConfiguration) -> Bool {
    let bytes = 2 * rows * configuration.mlpWidth * MemoryLayout<Float>.stride
    guard let plan, bytes <= plan.gateBudget else { return false }
    self.plan?.gateBudget -= bytes
    return true
  }

  /// The tape of a pass that began at layer `first`.
  func tape(from first: Int, final: Norm.Tape) -> Tape {
    let layers = zip(attentions, mlps).enumerated().map { index, parts in
      LayerTape(layer: first + index, attention: parts.0, mlp: parts.1)
    }
    return Tape(layers: layers, final: final)
  }
}
