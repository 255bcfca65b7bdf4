import Tensors

/// What a backward pass needs to know of a forward pass.
///
/// It holds the residual stream and the queries of each layer, and what the neurons are made of in as many layers as its budget allows; patterns,
/// norms and the other neurons are computed again. They are by far a layer's largest activation.
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
  /// How many bytes of what the MLPs' neurons are made of are kept; what is beyond it is computed twice.
  var neuronBudget = 2_000_000_000
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

  /// Whether what makes the neurons of a layer of so many rows is kept; if so, it takes its part of the budget.
  mutating func reservesNeurons(rows: Int, _ configuration: ModelConfiguration) -> Bool {
    let bytes = (configuration.mlp.isGated ? 2 : 1) * rows * configuration.mlpWidth * MemoryLayout<Float>.stride
    guard let plan, bytes <= plan.neuronBudget else { return false }
    self.plan?.neuronBudget -= bytes
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
