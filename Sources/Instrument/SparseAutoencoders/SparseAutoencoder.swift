import Checkpoints
import Tensors
import Transformer

/// A dictionary of features: what an activation is made of, as a sparse autoencoder or a transcoder has learned it.
///
/// ```swift
/// let sae = try SparseAutoencoder.load("jbloom/Gemma-2b-Residual-Stream-SAEs/gemma_2b_blocks.6.hook_resid_post_16384_anthropic_fast_lr")
/// let run = try model.run("Fae is a wumpus.", capturing: [.residualPost(layer: 6)])
/// let features = try sae.encode(run.cache[.residualPost(layer: 6)])       // [position, feature]
/// let reconstruction = try sae.decode(features, of: run.cache[.residualPost(layer: 6)])
/// ```
///
/// An activation x `[d_in]` becomes features `f = activation(norm(x) W_enc + b_enc)` `[d_sae]`, of which few are not 0, and these a
/// reconstruction `f W_dec + b_dec` `[d_out]` (Bricken et al. 2023, “Towards Monosemanticity”; Cunningham et al. 2023, arXiv:2309.08600). The
/// numbers are SAELens's (`sae_lens` 6), computed in fp32. Weights lie where they lie in their file, as bf16 if that is what they are.
///
/// It is immutable, and may be used from several threads at once.
public struct SparseAutoencoder: Sendable {
  /// Sizes, and how features are made.
  public let configuration: SparseAutoencoderConfiguration
  /// Where it was read from, or what says that it was made in memory.
  public let name: String
  let weights: SparseAutoencoderWeights

  init(_ configuration: SparseAutoencoderConfiguration, _ weights: SparseAutoencoderWeights, name: String) {
    (self.configuration, self.weights, self.name) = (configuration, weights, name)
  }

  /// A dictionary of given numbers: one that was trained elsewhere, or whose features are set by hand.
  ///
  /// - Parameters:
  ///   - W_enc: `[d_in, d_sae]`.
  ///   - W_dec: `[d_sae, d_out]`.
  ///   - b_enc: `[d_sae]`; zeros if nil.
  ///   - b_dec: `[d_out]`; zeros if nil.
  ///   - threshold: `[d_sae]`: makes it a JumpReLU autoencoder, whose features are 0 up to their threshold.
  ///   - topK: how many features of a position may be active, at most; it is a ReLU for all if nil.
  ///   - point: the activation that it reads, and reconstructs.
  ///   - target: what it reconstructs instead of what it reads, if it is a transcoder.
  ///   - subtractsDecoderBias: whether `b_dec` is subtracted from the activation before it is encoded (SAELens's `apply_b_dec_to_input`).
  /// - Throws: `SparseAutoencoderError` for shapes that do not fit, and for numbers that are not finite.
  public init(
    W_enc: Tensor, W_dec: Tensor, b_enc: Tensor? = nil, b_dec: Tensor? = nil, threshold: Tensor? = nil, topK: Int? = nil,
    at point: HookPoint, writingTo target: HookPoint? = nil, subtractsDecoderBias: Bool = false
  ) throws(SparseAutoencoderError) {
    guard W_enc.rank == 2, W_dec.rank == 2 else {
      throw .badWeights(
        name: W_enc.rank == 2 ? "W_dec" : "W_enc",
        problem: "has the shape \((W_enc.rank == 2 ? W_dec : W_enc).shape), and is not a matrix")
    }
    guard threshold == nil || topK == nil else {
      throw .badRequest("A dictionary has thresholds or takes the top k of its features, and not both. Leave one of them out.")
    }
    guard target == nil || !subtractsDecoderBias else {
      throw .badRequest("A transcoder's decoder bias belongs to what it writes, and cannot be subtracted from what it reads.")
    }
    configuration = SparseAutoencoderConfiguration(
      inputWidth: W_enc.shape[0], featureCount: W_enc.shape[1], outputWidth: W_dec.shape[1],
      activation: topK.map { .topK($0) } ?? (threshold == nil ? .relu : .jumpReLU), subtractsDecoderBias: subtractsDecoderBias,
      point: point, target: target)
    try configuration.check()
    let count = configuration.featureCount
    var tensors = [
      "W_enc": W_enc, "W_dec": W_dec, "b_enc": b_enc ?? Tensor(repeating: 0, shape: [count]),
      "b_dec": b_dec ?? Tensor(repeating: 0, shape: [configuration.outputWidth]),
    ]
    tensors["threshold"] = threshold
    weights = try SparseAutoencoderWeights(TensorSource(tensors), configuration)
    name = "dictionary in memory"
  }

  /// How many features it has.
  public var featureCount: Int { configuration.featureCount }

  /// The encoder's weights, a column for each feature: `[d_in, d_sae]`, as a copy in fp32.
  public var W_enc: Tensor { weights.encoder.home.transposed.tensor }
  /// The decoder's weights, a row for each feature: `[d_sae, d_out]`, as a copy in fp32.
  public var W_dec: Tensor { weights.decoder.home.tensor }
  /// The encoder's biases, `[d_sae]`; of a gated one, those of the gates.
  public var b_enc: Tensor { weights.encoderBias }
  /// The decoder's bias, `[d_out]`.
  public var b_dec: Tensor { weights.decoderBias }
  /// The thresholds of a JumpReLU autoencoder, `[d_sae]`; nil for others.
  public var threshold: Tensor? { weights.threshold }
  /// The skip connection of a transcoder that has one, `[d_out, d_in]`.
  public var W_skip: Tensor? { weights.skip?.home.tensor }

  /// What a feature writes: its row of the decoder, `[d_out]`.
  /// - Throws: `featureOutOfRange`.
  public func direction(of feature: Int) throws(SparseAutoencoderError) -> Tensor {
    try check(feature)
    return weights.decoder.gathered([feature]).reshaped([configuration.outputWidth])
  }

  /// What a feature reads: its column of the encoder, `[d_in]`.
  /// - Throws: `featureOutOfRange`.
  public func encoderDirection(of feature: Int) throws(SparseAutoencoderError) -> Tensor {
    try check(feature)
    return weights.encoder.gathered([feature]).reshaped([configuration.inputWidth])
  }

  func check(_ feature: Int) throws(SparseAutoencoderError) {
    guard (0..<featureCount).contains(feature) else { throw .featureOutOfRange(feature: feature, features: featureCount) }
  }
}

extension SparseAutoencoder: CustomStringConvertible {
  /// What it is, how large, and what it reads: `JumpReLU autoencoder of 16384 features at blocks.20.hook_resid_post (2304 wide)`.
  public var description: String {
    let kind = configuration.target == nil ? "autoencoder" : "transcoder"
    let place = configuration.target.map { "from \(configuration.point.name) to \($0.name)" } ?? "at \(configuration.point.name)"
    return "\(configuration.activation) \(kind) of \(featureCount) features \(place) (\(configuration.inputWidth) wide)"
  }
}
