import Tensors

/// A weight of the whole model, or of one layer: which one it is, what the checkpoint calls it, and its shape.
package enum WeightName: Hashable, Sendable {
  /// The embedding, which is also the unembedding.
  case embedding
  case layer(Int, LayerWeight)
  case finalNorm

  /// All weights of a model, in a fixed order: the embedding, the layers from below, the final norm.
  package static func all(_ configuration: ModelConfiguration) -> [WeightName] {
    let layers = (0..<configuration.layers).flatMap { layer in LayerWeight.allCases.map { WeightName.layer(layer, $0) } }
    return [.embedding] + layers + [.finalNorm]
  }

  /// Where it stands in `all`.
  package func index(in configuration: ModelConfiguration) -> Int {
    switch self {
    case .embedding: 0
    case .layer(let layer, let weight): 1 + layer * LayerWeight.allCases.count + weight.rawValue
    case .finalNorm: 1 + configuration.layers * LayerWeight.allCases.count
    }
  }

  /// `model.layers.3.self_attn.q_proj.weight`.
  package var checkpointName: String {
    switch self {
    case .embedding: "model.embed_tokens.weight"
    case .layer(let layer, let weight): "model.layers.\(layer).\(weight.checkpointName).weight"
    case .finalNorm: "model.norm.weight"
    }
  }

  /// Whether it is a norm's weight, a vector; the others are matrices `[out, in]`.
  package var isNorm: Bool {
    switch self {
    case .finalNorm, .layer(_, .attentionNorm), .layer(_, .mlpNorm): true
    default: false
    }
  }

  /// Whether it is a matrix whose product is added to the residual stream.
  var writesToResidualStream: Bool {
    switch self {
    case .layer(_, .output), .layer(_, .down): true
    default: false
    }
  }

  package func shape(_ configuration: ModelConfiguration) -> [Int] {
    switch self {
    case .embedding: [configuration.vocabulary, configuration.width]
    case .layer(_, let weight): weight.shape(configuration)
    case .finalNorm: [configuration.width]
    }
  }
}

/// A weight that each layer has one of, in the order in which a layer uses them. The raw value is its place in that order.
package enum LayerWeight: Int, CaseIterable, Sendable {
  case attentionNorm, query, key, value, output, mlpNorm, gate, up, down

  fileprivate var checkpointName: String {
    switch self {
    case .attentionNorm: "input_layernorm"
    case .query: "self_attn.q_proj"
    case .key: "self_attn.k_proj"
    case .value: "self_attn.v_proj"
    case .output: "self_attn.o_proj"
    case .mlpNorm: "post_attention_layernorm"
    case .gate: "mlp.gate_proj"
    case .up: "mlp.up_proj"
    case .down: "mlp.down_proj"
    }
  }

  fileprivate func shape(_ c: ModelConfiguration) -> [Int] {
    switch self {
    case .attentionNorm, .mlpNorm: [c.width]
    case .query: [c.heads * c.headWidth, c.width]
    case .key, .value: [c.keyValueHeads * c.headWidth, c.width]
    case .output: [c.width, c.heads * c.headWidth]
    case .gate, .up: [c.mlpWidth, c.width]
    case .down: [c.width, c.mlpWidth]
    }
  }
}

extension Weights {
  /// The numbers of one of them, in fp32.
  package func tensor(_ name: WeightName) -> Tensor {
    switch name {
    case .embedding: embedding.tensor
    case .layer(let layer, let weight): layers[layer].tensor(weight)
    case .finalNorm: finalNorm.weight
    }
  }
}

extension LayerWeights {
  fileprivate func tensor(_ weight: LayerWeight) -> Tensor {
    switch weight {
    case .attentionNorm: attentionNorm.weight
    case .query: query.tensor
    case .key: key.tensor
    case .value: value.tensor
    case .output: output.tensor
    case .mlpNorm: mlpNorm.weight
    case .gate: gate.tensor
    case .up: up.tensor
    case .down: down.tensor
    }
  }
}
