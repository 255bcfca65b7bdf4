import Transformer

/// What a sparse autoencoder computes: its sizes, and how features are made of an activation.
public struct SparseAutoencoderConfiguration: Equatable, Sendable {
  /// What makes features of their pre-activations.
  public enum Activation: Equatable, Sendable {
    /// Those above 0 (SAELens's `standard`).
    case relu
    /// Those whose gate is open, by weights that gate and magnitude share (Rajamanoharan et al. 2024, arXiv:2404.16014).
    case gated
    /// Those above a threshold of their own (Rajamanoharan et al. 2024, arXiv:2407.14435). Batch top-k is saved as this too.
    case jumpReLU
    /// Those above 0 among the k largest of a position (Gao et al. 2024, arXiv:2406.04093).
    case topK(Int)
  }

  /// How an activation is scaled before it is encoded, and its reconstruction back.
  public enum Normalization: String, Sendable {
    /// It is taken as it is.
    case none
    /// It is taken less its mean and over its standard deviation.
    case layerNorm = "layer_norm"
    /// It is taken at the length √d_in.
    case constantNorm = "constant_norm_rescale"
  }

  /// `d_in`: the width of the activation that is read; of one with heads, all of them together.
  public internal(set) var inputWidth: Int
  /// `d_sae`: how many features there are.
  public internal(set) var featureCount: Int
  /// `d_out`: the width of what is reconstructed.
  public internal(set) var outputWidth: Int
  /// What makes features of their pre-activations.
  public internal(set) var activation: Activation
  /// How activations are scaled.
  public internal(set) var normalization = Normalization.none
  /// Whether the decoder's bias is subtracted from the activation before it is encoded.
  public internal(set) var subtractsDecoderBias = false
  /// Whether features count by the length of what they write, as if each row of the decoder had length 1.
  public internal(set) var rescalesByDecoderNorm = false
  /// Whether it was trained on activations without their mean, as TransformerLens makes them by `center_writing_weights`. The mean is then taken
  /// away before all else, and added to the reconstruction.
  public internal(set) var centersInput = false
  /// By what activations are multiplied first, and reconstructions divided: it brings their mean length to √d_in (SAELens's
  /// `expected_average_only_in`). 1 where that was folded into the weights.
  public internal(set) var inputScale: Float = 1
  /// Whether the activation has heads, which are read together: `[position, head, width]`.
  public internal(set) var joinsHeads = false
  /// The activation that is read.
  public internal(set) var point: HookPoint
  /// The head that is read of it, if it is only one.
  public internal(set) var head: Int?
  /// What a transcoder reconstructs; nil for an autoencoder, which reconstructs what it reads.
  public internal(set) var target: HookPoint?
  /// The model that it was trained on, by TransformerLens's name, if its file says so.
  public internal(set) var modelName: String?
  /// Whether it was trained on prompts with the beginning-of-sequence token in front, if its file says so.
  public internal(set) var prependsBOS: Bool?

  init(
    inputWidth: Int, featureCount: Int, outputWidth: Int, activation: Activation, subtractsDecoderBias: Bool, point: HookPoint,
    target: HookPoint? = nil
  ) {
    (self.inputWidth, self.featureCount, self.outputWidth) = (inputWidth, featureCount, outputWidth)
    (self.activation, self.subtractsDecoderBias) = (activation, subtractsDecoderBias)
    (self.point, self.target) = (point, target)
    joinsHeads = point.component == .z
  }

  /// An error for settings that do not fit together.
  func check() throws(SparseAutoencoderError) {
    if case .topK(let k) = activation, !(1...featureCount).contains(k) {
      throw .badRequest("The top \(k) of \(featureCount) features cannot be taken. Choose k from 1 to \(featureCount).")
    }
    if target == nil, inputWidth != outputWidth {
      throw .badWeights(
        name: "W_dec",
        problem: "makes \(outputWidth) numbers of an activation of \(inputWidth), and an autoencoder reconstructs it")
    }
  }
}

extension SparseAutoencoderConfiguration.Activation: CustomStringConvertible {
  /// Its name in the field.
  public var description: String {
    switch self {
    case .relu: "ReLU"
    case .gated: "gated"
    case .jumpReLU: "JumpReLU"
    case .topK(let k): "top-\(k)"
    }
  }
}
