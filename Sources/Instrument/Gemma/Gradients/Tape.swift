import Tensors

/// What a backward pass needs to know of a forward pass.
///
/// It keeps the residual stream and the queries of each layer, and the gates of as many layers as its budget allows; patterns, norms and
/// the other gates are computed again. A layer's gates are by far its largest activation.
final class Tape {
  var layers: [Int: LayerTape] = [:]
  var final: NormTape?
  /// Whether the inputs of all products are kept too, for gradients of weights.
  let keepsInputs: Bool
  /// How many bytes of gates may still be kept.
  private var budget: Int

  /// - Parameter budget: in bytes; what is beyond it is computed twice.
  init(budget: Int = 2_000_000_000, keepsInputs: Bool = false) { (self.budget, self.keepsInputs) = (budget, keepsInputs) }

  /// Whether the gates of a layer of so many rows may be kept.
  func reservesGates(rows: Int, _ configuration: GemmaConfiguration) -> Bool {
    let bytes = 2 * rows * configuration.mlpWidth * MemoryLayout<Float>.stride
    guard bytes <= budget else { return false }
    budget -= bytes
    return true
  }
}

/// What went into a norm, and the divisor of each row.
struct NormTape {
  let input: Tensor
  let scale: Tensor
}

/// What a backward pass needs to know of one layer.
struct LayerTape {
  let attention: NormTape
  /// After rotary embedding, `[row, h, c]`; in the last layer of the rows that are needed.
  let query: Tensor
  /// The norm's result, `[row, width]`, if inputs are kept.
  let normed: Tensor?
  /// `[row, h · c]`, if inputs are kept.
  var z: Tensor?
  /// Whole patterns `[h, query, key]` of those lanes that may have replaced them.
  var patterns: [Int: Tensor] = [:]
  var mlp: NormTape?
  /// The norm's result before the MLP, if inputs are kept.
  var mlpNormed: Tensor?
  /// The gate before its activation function, and what it multiplies, `[row, mlpWidth]` each; nil if they are to be computed again.
  var gates: (gate: Tensor, up: Tensor)?
}
