import Tensors

/// A weight of the whole model, or of one layer: which one it is, what the checkpoint calls it, and its shape.
package struct WeightPlace: Hashable, Sendable {
  package enum Name: Hashable, CaseIterable, Sendable {
    case embedding, finalNorm
    case inputNorm, query, key, value, output, mlpNorm, gate, up, down

    fileprivate var isOfLayer: Bool { self != .embedding && self != .finalNorm }
  }

  package let name: Name
  /// Nil for the embedding and the final norm.
  package let layer: Int?

  package init(_ name: Name, _ layer: Int? = nil) { (self.name, self.layer) = (name, layer) }

  /// All weights of a model, in a fixed order: the embedding, the layers from below, the final norm.
  package static func all(_ configuration: GemmaConfiguration) -> [WeightPlace] {
    let layers = (0..<configuration.layers).flatMap { layer in
      Name.allCases.filter(\.isOfLayer).map { WeightPlace($0, layer) }
    }
    return [WeightPlace(.embedding)] + layers + [WeightPlace(.finalNorm)]
  }

  /// `model.layers.3.self_attn.q_proj.weight`.
  package var checkpointName: String {
    let own =
      switch name {
      case .embedding: "embed_tokens"
      case .finalNorm: "norm"
      case .inputNorm: "input_layernorm"
      case .query: "self_attn.q_proj"
      case .key: "self_attn.k_proj"
      case .value: "self_attn.v_proj"
      case .output: "self_attn.o_proj"
      case .mlpNorm: "post_attention_layernorm"
      case .gate: "mlp.gate_proj"
      case .up: "mlp.up_proj"
      case .down: "mlp.down_proj"
      }
    return "model." + (layer.map { "layers.\($0)." } ?? "") + own + ".weight"
  }

  /// Whether it is a norm's weight, a vector; the others are matrices `[out, in]`.
  package var isNorm: Bool { [.inputNorm, .mlpNorm, .finalNorm].contains(name) }

  package func shape(_ c: GemmaConfiguration) -> [Int] {
    switch name {
    case .embedding: [c.vocabulary, c.width]
    case .inputNorm, .mlpNorm, .finalNorm: [c.width]
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
  package func tensor(_ place: WeightPlace) -> Tensor {
    guard let layer = place.layer else { return place.name == .embedding ? embedding.tensor : finalNorm }
    let weights = layers[layer]
    switch place.name {
    case .inputNorm: return weights.inputNorm
    case .query: return weights.query.tensor
    case .key: return weights.key.tensor
    case .value: return weights.value.tensor
    case .output: return weights.output.tensor
    case .mlpNorm: return weights.mlpNorm
    case .gate: return weights.gate.tensor
    case .up: return weights.up.tensor
    case .down: return weights.down.tensor
    case .embedding, .finalNorm: fatalError("\(place.checkpointName) belongs to no layer.")
    }
  }
}
