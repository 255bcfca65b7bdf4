import Checkpoints
import Tensors

/// The weights of a model: matrices where they lie in the checkpoint's files, norms and biases in fp32. Shapes are `[out, in]`.
package struct Weights: Sendable {
  /// The embedding, `[vocabulary, width]`.
  package let embedding: WeightMatrix
  /// What positions add, `[contextLength, width]`, in a model that has learned them.
  package let positionEmbedding: WeightMatrix?
  package let layers: [LayerWeights]
  /// Before the unembedding.
  package let finalNorm: Norm
  /// The unembedding, `[vocabulary, width]`: in many models the embedding.
  package let unembedding: WeightMatrix
  private let isTied: Bool

  init(_ source: some WeightSource, _ configuration: ModelConfiguration) throws(ModelError) {
    let reader = WeightReader(source: source, configuration: configuration)
    embedding = try reader.matrix(.embedding)
    positionEmbedding = configuration.positions == .learned ? try reader.matrix(.positionEmbedding) : nil
    finalNorm = try reader.norm(.final)
    isTied = configuration.tiesUnembedding
    unembedding = isTied ? embedding : try reader.matrix(.unembedding)
    var layers: [LayerWeights] = []
    for layer in 0..<configuration.layers { layers.append(try LayerWeights(reader, layer)) }
    self.layers = layers
  }

  private init(_ other: Weights, on backend: any Backend) {
    embedding = other.embedding.moved(to: backend)
    positionEmbedding = other.positionEmbedding?.moved(to: backend)
    layers = other.layers.map { LayerWeights($0, on: backend) }
    finalNorm = other.finalNorm.moved(to: backend)
    unembedding = other.isTied ? embedding : other.unembedding.moved(to: backend)
    isTied = other.isTied
  }

  /// The same weights where a backend computes.
  func moved(to backend: any Backend) -> Weights { Weights(self, on: backend) }

  /// How many bytes all matrices take on a device at most, where they lie in bf16 or in fp32.
  var byteCountOnDevice: Int {
    matrices.reduce(0) { $0 + $1.rows * $1.columns * ($1.format == .bfloat16 ? 2 : 4) }
  }

  private var matrices: [WeightMatrix] {
    let linear = layers.flatMap { [$0.query, $0.key, $0.value, $0.output, $0.up, $0.down] + [$0.gate].compactMap(\.self) }
    return [embedding] + (isTied ? [] : [unembedding]) + [positionEmbedding].compactMap(\.self) + linear.map(\.weight)
  }

  /// Whether a device had no room for one of them.
  var isVoid: Bool { matrices.contains { $0.block?.isVoid == true } }

  /// Who computes with them.
  var backend: any Backend { embedding.backend }

  /// The norm that stands at a point; nil if the model has none there.
  func norm(_ point: NormPoint) -> Norm? {
    switch point {
    case .attention(let layer): layers[layer].attentionNorm
    case .query(let layer): layers[layer].queryNorm
    case .key(let layer): layers[layer].keyNorm
    case .attentionOutput(let layer): layers[layer].attentionPostNorm
    case .mlp(let layer): layers[layer].mlpNorm
    case .mlpOutput(let layer): layers[layer].mlpPostNorm
    case .final: finalNorm
    }
  }

  /// The numbers of one of them, in fp32; empty if the model does not have it.
  package func tensor(_ name: WeightName) -> Tensor {
    switch name {
    case .embedding: embedding.tensor
    case .positionEmbedding: positionEmbedding?.tensor ?? Tensor([])
    case .layer(let layer, let weight): layers[layer].tensor(weight) ?? Tensor([])
    case .finalNorm: finalNorm.weight
    case .finalNormBias: finalNorm.bias ?? Tensor([])
    case .unembedding: unembedding.tensor
    }
  }
}

/// The weights of one layer. `LayerWeight` gives their shapes.
package struct LayerWeights: Sendable {
  /// Before the attention.
  package let attentionNorm: Norm
  package let query: Linear
  package let key: Linear
  package let value: Linear
  /// Of each head's queries and keys.
  package let queryNorm: Norm?
  package let keyNorm: Norm?
  package let output: Linear
  /// Behind the attention.
  package let attentionPostNorm: Norm?
  /// Before the MLP.
  package let mlpNorm: Norm
  package let gate: Linear?
  package let up: Linear
  package let down: Linear
  /// Behind the MLP.
  package let mlpPostNorm: Norm?

  fileprivate init(_ reader: WeightReader<some WeightSource>, _ layer: Int) throws(ModelError) {
    let c = reader.configuration
    attentionNorm = try reader.norm(.attention(layer: layer))
    query = try reader.linear(layer, .query, bias: .queryBias)
    key = try reader.linear(layer, .key, bias: .keyBias)
    value = try reader.linear(layer, .value, bias: .valueBias)
    queryNorm = c.attention.normsQueriesAndKeys ? try reader.norm(.query(layer: layer)) : nil
    keyNorm = c.attention.normsQueriesAndKeys ? try reader.norm(.key(layer: layer)) : nil
    output = try reader.linear(layer, .output, bias: .outputBias)
    attentionPostNorm = c.normsOutputs ? try reader.norm(.attentionOutput(layer: layer)) : nil
    mlpNorm = try reader.norm(.mlp(layer: layer))
    gate = c.mlp.isGated ? try reader.linear(layer, .gate, bias: .gateBias) : nil
    up = try reader.linear(layer, .up, bias: .upBias)
    down = try reader.linear(layer, .down, bias: .downBias)
    mlpPostNorm = c.normsOutputs ? try reader.norm(.mlpOutput(layer: layer)) : nil
  }

  fileprivate init(_ other: LayerWeights, on backend: any Backend) {
    attentionNorm = other.attentionNorm.moved(to: backend)
    query = other.query.moved(to: backend)
    key = other.key.moved(to: backend)
    value = other.value.moved(to: backend)
    queryNorm = other.queryNorm?.moved(to: backend)
    keyNorm = other.keyNorm?.moved(to: backend)
    output = other.output.moved(to: backend)
    attentionPostNorm = other.attentionPostNorm?.moved(to: backend)
    mlpNorm = other.mlpNorm.moved(to: backend)
    gate = other.gate?.moved(to: backend)
    up = other.up.moved(to: backend)
    down = other.down.moved(to: backend)
    mlpPostNorm = other.mlpPostNorm?.moved(to: backend)
  }

  fileprivate func tensor(_ weight: LayerWeight) -> Tensor? {
    switch weight {
    case .attentionNorm: attentionNorm.weight
    case .attentionNormBias: attentionNorm.bias
    case .query: query.weight.tensor
    case .queryBias: query.bias
    case .key: key.weight.tensor
    case .keyBias: key.bias
    case .value: value.weight.tensor
    case .valueBias: value.bias
    case .queryNorm: queryNorm?.weight
    case .keyNorm: keyNorm?.weight
    case .output: output.weight.tensor
    case .outputBias: output.bias
    case .attentionPostNorm: attentionPostNorm?.weight
    case .mlpNorm: mlpNorm.weight
    case .mlpNormBias: mlpNorm.bias
    case .gate: gate?.weight.tensor
    case .gateBias: gate?.bias
    case .up: up.weight.tensor
    case .upBias: up.bias
    case .down: down.weight.tensor
    case .downBias: down.bias
    case .mlpPostNorm: mlpPostNorm?.weight
    }
  }
}

private struct WeightReader<Source: WeightSource> {
  let source: Source
  let configuration: ModelConfiguration

  func matrix(_ name: WeightName) throws(ModelError) -> WeightMatrix {
    try source.matrix(name, shape: name.shape(configuration))
  }

  func vector(_ name: WeightName) throws(ModelError) -> Tensor {
    try source.vector(name, count: name.shape(configuration)[0])
  }

  func linear(_ layer: Int, _ weight: LayerWeight, bias: LayerWeight) throws(ModelError) -> Linear {
    let matrix = try matrix(.layer(layer, weight))
    return Linear(
      name: .layer(layer, weight), weight: matrix, biasName: .layer(layer, bias),
      bias: bias.exists(in: configuration) ? try vector(.layer(layer, bias)) : nil)
  }

  func norm(_ point: NormPoint) throws(ModelError) -> Norm {
    let weight = try vector(point.weight)
    var bias: Tensor?
    if configuration.norm == .layer, let name = point.bias { bias = try vector(name) }
    return Norm(at: point, weight: weight, bias: bias, configuration.norm, epsilon: configuration.normEpsilon)
  }
}
