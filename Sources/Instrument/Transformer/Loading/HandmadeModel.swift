import Checkpoints
import Foundation
import Tensors

extension ModelConfiguration {
  /// The configuration that the text of a `config.json` describes, of any family that Folio runs.
  ///
  /// ```swift
  /// try ModelConfiguration(json: #"{"model_type": "gpt2", "n_layer": 2, "n_embd": 64, "n_head": 4, "vocab_size": 30, "n_positions": 32}"#)
  /// ```
  /// - Throws: an error that names the key and its line, as for a file.
  public init(json text: String) throws(ModelError) { try self.init(json: Data(text.utf8), file: "The configuration") }
}

extension LanguageModel {
  /// A model whose weights one sets by hand: a circuit that is planted, to see which methods find it.
  ///
  /// Weights bear TransformerLens's names, and have its shapes: `embed.W_E` `[vocabulary, width]`, `pos_embed.W_pos` `[context, width]`,
  /// `blocks.0.attn.W_Q` and `W_K`, `W_V` `[head, width, headWidth]` (keys and values of the key and value heads), `W_O`
  /// `[head, headWidth, width]`, `b_Q`, `b_K`, `b_V` `[head, headWidth]`, `b_O` `[width]`, `mlp.W_in` and `W_gate` `[width, mlpWidth]`,
  /// `mlp.W_out` `[mlpWidth, width]`, `mlp.b_in`, `b_gate`, `b_out`, `ln1.w`, `ln1.b`, `ln1_post.w`, `ln2.w`, `ln2.b`, `ln2_post.w`,
  /// `attn.q_norm.w`, `attn.k_norm.w`, `ln_final.w`, `ln_final.b`, `unembed.W_U` `[width, vocabulary]`. The factors of norms are what rows are multiplied
  /// by, also in families that store them less 1. What is not given is 0, and 1 for the factors of norms.
  ///
  /// - Throws: `badRequest` for a name that the model does not have, which says what there is, for a shape that does not fit, and for numbers that are
  ///   not finite.
  public convenience init(_ config: ModelConfiguration, weights: [String: Tensor], tokenizer: Tokenizer? = nil) throws(ModelError)
  {
    let layout = ParameterLayout(config)
    var given: [WeightName: Tensor] = [:]
    let places = Dictionary(layout.names.map { ($0.lensName, $0) }) { first, _ in first }
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
      guard let place = places[name] else { throw .unknownWeight(name, layout.names.map(\.lensName)) }
      given[place] = try place.stored(tensor, config)
    }
    let values = layout.names.map { name in given[name]?.reshaped([-1]) ?? name.unset(config).reshaped([-1]) }
    try self.init(
      config, tokenizer, Parameters(layout, Tensor.joined(values)), origin: "\(config.modelType) with weights set by hand")
  }
}

extension ModelError {
  fileprivate static func unknownWeight(_ name: String, _ all: [String]) -> ModelError {
    let general = all.filter { !$0.hasPrefix("blocks.") || $0.hasPrefix("blocks.0.") }
    func distance(_ other: String) -> (Int, Int, String) {
      (editDistance(other.lowercased(), name.lowercased()), editDistance(other, name), other)
    }
    let nearest = all.min { distance($0) < distance($1) }.map { "Did you mean “\($0)”? " } ?? ""
    return .badRequest(
      "The model has no weight “\(name)”. \(nearest)It has \(general.joined(separator: ", ")), and those of its other layers.")
  }
}

extension WeightName {
  /// TransformerLens's name of the weight.
  var lensName: String {
    switch self {
    case .embedding: "embed.W_E"
    case .positionEmbedding: "pos_embed.W_pos"
    case .layer(let layer, let weight): "blocks.\(layer).\(weight.lensName)"
    case .finalNorm: "ln_final.w"
    case .finalNormBias: "ln_final.b"
    case .unembedding: "unembed.W_U"
    }
  }

  /// What a weight holds that nobody sets.
  fileprivate func unset(_ config: ModelConfiguration) -> Tensor {
    Tensor(repeating: kind == .norm ? 1 - config.normOffset : 0, shape: shape(config))
  }

  /// A weight in TransformerLens's shape as the model holds it.
  fileprivate func stored(_ tensor: Tensor, _ config: ModelConfiguration) throws(ModelError) -> Tensor {
    let expected = lensShape(config)
    guard tensor.shape == expected else {
      throw .badRequest("The weight “\(lensName)” has the shape \(tensor.shape), and the model's has \(expected).")
    }
    guard tensor.isFinite else { throw .badRequest("The weight “\(lensName)” holds numbers that are not finite.") }
    switch (self, kind) {
    case (.embedding, _), (.positionEmbedding, _): return tensor
    case (.layer(_, let weight), .matrix) where weight.isOfHeads:
      return Tensor.stack((0..<expected[0]).map { tensor.select($0).transposed() }).reshaped(shape(config))
    case (.layer(_, .output), _): return tensor.reshaped([-1, expected[2]]).transposed()
    case (_, .matrix): return tensor.transposed()
    case (_, .norm): return tensor - config.normOffset
    case (_, .bias): return tensor.reshaped(shape(config))
    }
  }

  private func lensShape(_ config: ModelConfiguration) -> [Int] {
    let shape = shape(config)
    switch self {
    case .embedding, .positionEmbedding, .finalNorm, .finalNormBias: return shape
    case .unembedding: return shape.reversed()
    case .layer(_, let weight):
      let c = config.headWidth
      switch weight {
      case .query, .key, .value: return [shape[0] / c, shape[1], c]
      case .queryBias, .keyBias, .valueBias: return [shape[0] / c, c]
      case .output: return [shape[1] / c, c, shape[0]]
      default: return weight.kind == .matrix ? shape.reversed() : shape
      }
    }
  }
}

extension ModelConfiguration {
  /// What the factors of norms have more than their stored numbers.
  fileprivate var normOffset: Float {
    switch norm {
    case .rootMeanSquare(let offset): offset
    case .layer: 0
    }
  }
}

extension LayerWeight {
  fileprivate var isOfHeads: Bool { [.query, .key, .value].contains(self) }

  fileprivate var lensName: String {
    switch self {
    case .attentionNorm: "ln1.w"
    case .attentionNormBias: "ln1.b"
    case .query: "attn.W_Q"
    case .queryBias: "attn.b_Q"
    case .key: "attn.W_K"
    case .keyBias: "attn.b_K"
    case .value: "attn.W_V"
    case .valueBias: "attn.b_V"
    case .queryNorm: "attn.q_norm.w"
    case .keyNorm: "attn.k_norm.w"
    case .output: "attn.W_O"
    case .outputBias: "attn.b_O"
    case .attentionPostNorm: "ln1_post.w"
    case .mlpNorm: "ln2.w"
    case .mlpNormBias: "ln2.b"
    case .gate: "mlp.W_gate"
    case .gateBias: "mlp.b_gate"
    case .up: "mlp.W_in"
    case .upBias: "mlp.b_in"
    case .down: "mlp.W_out"
    case .downBias: "mlp.b_out"
    case .mlpPostNorm: "ln2_post.w"
    }
  }
}
