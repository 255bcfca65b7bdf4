import Checkpoints
import Foundation
import Tensors

/// The weights of a model: matrices where they lie in the checkpoint's files, norms in fp32. Shapes are `[out, in]`.
package struct Weights: Sendable {
  /// The embedding, `[vocabulary, width]`, which is also the unembedding.
  package let embedding: WeightMatrix
  package let layers: [LayerWeights]
  /// Before the unembedding.
  package let finalNorm: Norm

  init(_ source: some WeightSource, _ configuration: ModelConfiguration) throws(ModelError) {
    let reader = WeightReader(source: source, configuration: configuration)
    embedding = try reader.matrix(.embedding)
    finalNorm = try reader.norm(.final)
    var layers: [LayerWeights] = []
    for layer in 0..<configuration.layers { layers.append(try LayerWeights(reader, layer)) }
    self.layers = layers
  }

  /// The norm that stands at a point.
  func norm(_ point: NormPoint) -> Norm {
    switch point {
    case .attention(let layer): layers[layer].attentionNorm
    case .mlp(let layer): layers[layer].mlpNorm
    case .final: finalNorm
    }
  }
}

/// The weights of one layer.
package struct LayerWeights: Sendable {
  /// Before the attention.
  package let attentionNorm: Norm
  /// `[heads · headWidth, width]`.
  package let query: WeightMatrix
  /// `[keyValueHeads · headWidth, width]`.
  package let key: WeightMatrix
  /// `[keyValueHeads · headWidth, width]`.
  package let value: WeightMatrix
  /// `[width, heads · headWidth]`.
  package let output: WeightMatrix
  /// Before the MLP; the checkpoint calls its weight `post_attention_layernorm`.
  package let mlpNorm: Norm
  /// `[mlpWidth, width]`.
  package let gate: WeightMatrix
  /// `[mlpWidth, width]`.
  package let up: WeightMatrix
  /// `[width, mlpWidth]`.
  package let down: WeightMatrix

  fileprivate init(_ reader: WeightReader<some WeightSource>, _ layer: Int) throws(ModelError) {
    attentionNorm = try reader.norm(.attention(layer: layer))
    query = try reader.matrix(.layer(layer, .query))
    key = try reader.matrix(.layer(layer, .key))
    value = try reader.matrix(.layer(layer, .value))
    output = try reader.matrix(.layer(layer, .output))
    mlpNorm = try reader.norm(.mlp(layer: layer))
    gate = try reader.matrix(.layer(layer, .gate))
    up = try reader.matrix(.layer(layer, .up))
    down = try reader.matrix(.layer(layer, .down))
  }
}

/// Where weights come from: a checkpoint's files, or memory.
package protocol WeightSource {
  func matrix(_ name: WeightName, shape: [Int]) throws(ModelError) -> WeightMatrix
  func vector(_ name: WeightName, count: Int) throws(ModelError) -> Tensor
}

extension Checkpoint: WeightSource {
  package func matrix(_ name: WeightName, shape: [Int]) throws(ModelError) -> WeightMatrix {
    try matrix(name.checkpointName, shape: shape)
  }

  package func vector(_ name: WeightName, count: Int) throws(ModelError) -> Tensor {
    try vector(name.checkpointName, count: count)
  }
}

private struct WeightReader<Source: WeightSource> {
  let source: Source
  let configuration: ModelConfiguration

  func matrix(_ name: WeightName) throws(ModelError) -> WeightMatrix {
    try source.matrix(name, shape: name.shape(configuration))
  }

  func norm(_ point: NormPoint) throws(ModelError) -> Norm {
    let weight = try source.vector(point.weight, count: configuration.width)
    return Norm(at: point, weight: weight, epsilon: configuration.normEpsilon)
  }
}
