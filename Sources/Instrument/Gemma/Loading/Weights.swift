import Foundation
import Tensors

/// The weights of a model: matrices where they lie in the checkpoint's files, norms in fp32. Shapes are `[out, in]`.
package struct Weights: Sendable {
  /// `[vocabulary, width]`; also the unembedding.
  package var embedding: WeightMatrix
  package var layers: [LayerWeights]
  /// `[width]`; a norm multiplies by one plus its weight.
  package var finalNorm: Tensor

  init(_ source: some WeightSource, _ configuration: GemmaConfiguration) throws(GemmaError) {
    let reader = WeightReader(source: source, configuration: configuration)
    embedding = try reader.matrix(.embedding)
    finalNorm = try reader.norm(.finalNorm)
    var layers: [LayerWeights] = []
    for layer in 0..<configuration.layers { layers.append(try LayerWeights(reader, layer)) }
    self.layers = layers
  }
}

/// The weights of one block.
package struct LayerWeights: Sendable {
  /// Before the attention, `[width]`.
  package var inputNorm: Tensor
  /// `[heads · headWidth, width]`.
  package var query: WeightMatrix
  /// `[keyValueHeads · headWidth, width]`.
  package var key: WeightMatrix
  package var value: WeightMatrix
  /// `[width, heads · headWidth]`.
  package var output: WeightMatrix
  /// Before the MLP, `[width]`; the checkpoint calls it `post_attention_layernorm`.
  package var mlpNorm: Tensor
  /// `[mlpWidth, width]`.
  package var gate: WeightMatrix
  package var up: WeightMatrix
  /// `[width, mlpWidth]`.
  package var down: WeightMatrix

  fileprivate init(_ reader: WeightReader<some WeightSource>, _ layer: Int) throws(GemmaError) {
    inputNorm = try reader.norm(.inputNorm, layer)
    query = try reader.matrix(.query, layer)
    key = try reader.matrix(.key, layer)
    value = try reader.matrix(.value, layer)
    output = try reader.matrix(.output, layer)
    mlpNorm = try reader.norm(.mlpNorm, layer)
    gate = try reader.matrix(.gate, layer)
    up = try reader.matrix(.up, layer)
    down = try reader.matrix(.down, layer)
  }
}

/// Where weights come from, by the checkpoint's names: its files, or memory.
package protocol WeightSource {
  func matrix(_ name: String, shape: [Int]) throws(GemmaError) -> WeightMatrix
  func vector(_ name: String, count: Int) throws(GemmaError) -> Tensor
}

extension Checkpoint: WeightSource {}

private struct WeightReader<Source: WeightSource> {
  let source: Source
  let configuration: GemmaConfiguration

  func matrix(_ name: WeightPlace.Name, _ layer: Int? = nil) throws(GemmaError) -> WeightMatrix {
    let place = WeightPlace(name, layer)
    return try source.matrix(place.checkpointName, shape: place.shape(configuration))
  }

  func norm(_ name: WeightPlace.Name, _ layer: Int? = nil) throws(GemmaError) -> Tensor {
    try source.vector(WeightPlace(name, layer).checkpointName, count: configuration.width)
  }
}
