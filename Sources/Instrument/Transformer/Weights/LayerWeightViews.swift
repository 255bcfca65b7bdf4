import Checkpoints
import Tensors

/// A matrix of weights of each head of each layer: `model.W_Q[layer, head]`.
public struct HeadWeights: Sendable, CustomStringConvertible {
  let model: LanguageModel
  let weight: LayerWeight

  private var label: String {
    switch weight {
    case .query: "W_Q"
    case .key: "W_K"
    case .value: "W_V"
    default: "W_O"
    }
  }

  /// How many heads a layer has of it.
  public var heads: Int { weight == .key || weight == .value ? model.config.keyValueHeads : model.config.heads }

  /// One head's matrix.
  /// - Throws: `layerOutOfRange`, `badRequest` for a head that there is not.
  public subscript(layer: Int, head: Int) -> WeightView {
    get throws(ModelError) {
      let name = "\(label)[\(layer), \(head)]"
      try model.checkLayer(layer, label)
      try model.checkHead(head, of: heads, "\(label)[\(layer)]")
      let range = model.config.columns(ofHead: head)
      return weight == .output
        ? WeightView(name, model, .layer(layer, weight), columns: range, transposed: true)
        : WeightView(name, model, .layer(layer, weight), rows: range, transposed: true)
    }
  }

  /// All heads' matrices of a layer.
  /// - Throws: `layerOutOfRange`.
  public subscript(layer: Int) -> [WeightView] {
    get throws(ModelError) {
      var views: [WeightView] = []
      for head in 0..<heads { views.append(try self[layer, head]) }
      return views
    }
  }

  /// Its name, and how many there are.
  public var description: String { "\(label)[layer, head] of \(model.config.layers) layers and \(heads) heads" }
}

/// A bias of each head of each layer: `model.b_Q[layer, head]`.
public struct HeadBiases: Sendable, CustomStringConvertible {
  let model: LanguageModel
  let weight: LayerWeight

  private var label: String { weight == .query ? "b_Q" : weight == .key ? "b_K" : "b_V" }

  /// How many heads a layer has of it.
  public var heads: Int { weight == .query ? model.config.heads : model.config.keyValueHeads }

  /// One head's bias, `[d_head]`; 0 if the model has none.
  /// - Throws: `layerOutOfRange`, `badRequest` for a head that there is not.
  public subscript(layer: Int, head: Int) -> Tensor {
    get throws(ModelError) {
      try model.checkLayer(layer, label)
      try model.checkHead(head, of: heads, "\(label)[\(layer)]")
      let weights = model.weights.layers[layer]
      let linear = weight == .query ? weights.query : weight == .key ? weights.key : weights.value
      return linear.bias?[model.config.columns(ofHead: head)] ?? .zeros([model.config.headWidth])
    }
  }

  /// Its name, and how many there are.
  public var description: String { "\(label)[layer, head] of \(model.config.layers) layers and \(heads) heads" }
}

/// A matrix of weights of each layer: `model.W_in[layer]`.
public struct LayerMatrices: Sendable, CustomStringConvertible {
  let model: LanguageModel
  let weight: LayerWeight

  private var label: String { weight == .up ? "W_in" : weight == .gate ? "W_gate" : "W_out" }

  /// One layer's matrix.
  /// - Throws: `layerOutOfRange`; `badRequest` if the model has no such matrix.
  public subscript(layer: Int) -> WeightView {
    get throws(ModelError) {
      try model.checkLayer(layer, label)
      guard weight.exists(in: model.config) else {
        throw .badRequest("The model has no \(label): its MLPs are not gated. They read with W_in and write with W_out.")
      }
      return WeightView("\(label)[\(layer)]", model, .layer(layer, weight), transposed: true)
    }
  }

  /// Its name, and how many there are.
  public var description: String { "\(label)[layer] of \(model.config.layers) layers" }
}

/// A vector of each layer, a bias or a norm's factors: `model.b_O[layer]`.
public struct LayerVectors: Sendable, CustomStringConvertible {
  let model: LanguageModel
  let label: String
  let weight: LayerWeight

  /// One layer's vector; 0 if the model has no such bias.
  /// - Throws: `layerOutOfRange`.
  public subscript(layer: Int) -> Tensor {
    get throws(ModelError) {
      try model.checkLayer(layer, label)
      let layers = model.weights.layers[layer]
      switch weight {
      case .attentionNorm: return layers.attentionNorm.factors
      case .mlpNorm: return layers.mlpNorm.factors
      default:
        let name = WeightName.layer(layer, weight)
        return weight.exists(in: model.config) ? model.weights.tensor(name) : .zeros(name.shape(model.config))
      }
    }
  }

  /// Its name, and how many there are.
  public var description: String { "\(label)[layer] of \(model.config.layers) layers" }
}

/// What two weights of each head do together: `model.W_OV[layer, head]`.
public struct HeadCircuits: Sendable, CustomStringConvertible {
  enum Kind: Sendable { case valueOutput, queryKey }

  let model: LanguageModel
  let kind: Kind

  private var label: String { kind == .valueOutput ? "W_OV" : "W_QK" }

  /// One head's, `[d_model, d_model]` in two factors. The factors are copied, in fp32.
  /// - Throws: `layerOutOfRange`, `badRequest` for a head that there is not.
  public subscript(layer: Int, head: Int) -> FactoredMatrix {
    get throws(ModelError) {
      try model.checkLayer(layer, label)
      try model.checkHead(head, of: model.config.heads, "\(label)[\(layer)]")
      let shared = head / model.config.headsPerKeyValueHead
      switch kind {
      case .valueOutput: return FactoredMatrix(try model.W_V[layer, shared].tensor, try model.W_O[layer, head].tensor)
      case .queryKey: return FactoredMatrix(try model.W_Q[layer, head].tensor, try model.W_K[layer, shared].transposed.tensor)
      }
    }
  }

  /// Its name, and how many there are.
  public var description: String { "\(label)[layer, head] of \(model.config.layers) layers and \(model.config.heads) heads" }
}
