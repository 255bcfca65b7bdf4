import Tensors
import Transformer

/// A tuned lens (Belrose et al. 2023, arXiv:2303.08112): for each layer an affine translator of the residual stream before it, after which
/// the final norm and the unembedding read it as they read the stream's end.
///
///     lens of layer l:  h ↦ logits(h + A_l h + b_l)
///
/// All A and b begin as 0, so that an untrained lens is the logit lens; `LanguageModel.trainTunedLens` learns them. The stream's end has no
/// translator: there the lens is the model.
///
/// ```swift
/// let training = try model.trainTunedLens(on: texts, heldOut: others)
/// try training.lens.save(to: URL(filePath: "lens"))
/// try model.tunedLens("The capital of France is", TunedLens(contentsOf: URL(filePath: "lens"), for: model))
/// ```
public struct TunedLens: Sendable {
  /// The affine map before one layer.
  public struct Translator: Sendable, Equatable {
    /// A, `[width, width]`: what is added to a row h of the stream is A h.
    public let weight: Tensor
    /// b, `[width]`.
    public let bias: Tensor

    /// The rows of the stream, `[row, width]`, as the end of the stream would say them: h + A h + b.
    public func forward(_ rows: Tensor) -> Tensor {
      var result = rows.projected(by: WeightMatrix(weight.moved(to: rows.backend)))
      result.addToRows(bias.moved(to: rows.backend))
      return rows + result
    }
  }

  /// The translators of the layers, in order.
  public let translators: [Translator]
  /// The checksum of the model that the lens reads.
  public let modelChecksum: String

  /// A lens of a model that has learnt nothing: the logit lens.
  public init(untrainedFor model: LanguageModel) {
    let (width, layers) = (model.config.width, model.config.layers)
    let zeros = Translator(
      weight: Tensor(repeating: 0, shape: [width, width]), bias: Tensor(repeating: 0, shape: [width]))
    self.init([Translator](repeating: zeros, count: layers), modelChecksum: model.checksum)
  }

  /// A lens of translators of one's own.
  /// - Parameters:
  ///   - weights: A of each layer, `[width, width]`: what is added to the stream, and not the whole map.
  ///   - biases: b of each layer, `[width]`.
  /// - Throws: `LensError.badTranslators` if there is not one for each layer, a shape is another one, or a number is not finite.
  public init(weights: [Tensor], biases: [Tensor], for model: LanguageModel) throws(LensError) {
    let (width, layers) = (model.config.width, model.config.layers)
    guard weights.count == layers, biases.count == layers else {
      throw .badTranslators("there are \(weights.count) weights and \(biases.count) biases, and the model has \(layers) layers")
    }
    for (layer, (weight, bias)) in zip(weights, biases).enumerated() {
      guard weight.shape == [width, width], bias.shape == [width] else {
        throw .badTranslators(
          "layer \(layer) has a weight of shape \(weight.shape) and a bias of shape \(bias.shape), and they must be "
            + "\([width, width]) and \([width])")
      }
      guard weight.isFinite, bias.isFinite else {
        throw .badTranslators("layer \(layer) has numbers that are not finite")
      }
    }
    self.init(zip(weights, biases).map { Translator(weight: $0.home(), bias: $1.home()) }, modelChecksum: model.checksum)
  }

  init(_ translators: [Translator], modelChecksum: String) {
    (self.translators, self.modelChecksum) = (translators, modelChecksum)
  }

  /// An error for a model that the lens was not trained on.
  func check(_ model: LanguageModel, file: String = "This value") throws(LensError) {
    guard model.checksum == modelChecksum else {
      throw .otherModel(file: file, lens: modelChecksum, model: model.checksum)
    }
  }
}

extension TunedLens: CustomStringConvertible {
  /// How many layers it reads, and of what width.
  public var description: String {
    "Tuned lens of \(translators.count) layers, width \(translators.first?.bias.count ?? 0), for the model \(modelChecksum)"
  }
}
