import Foundation
import Tensors

/// The weights of a model: matrices where they lie in the checkpoint's files, norms in fp32. The names behind them are those of the
/// checkpoint; shapes are `[out, in]`.
package struct Weights: Sendable {
  /// `[vocabulary, width]`; also the unembedding.
  package var embedding: WeightMatrix
  package var layers: [LayerWeights]
  /// `[width]`; a norm multiplies by one plus its weight.
  package var finalNorm: Tensor

  init(_ checkpoint: Checkpoint, _ configuration: GemmaConfiguration) throws(GemmaError) {
    embedding = try checkpoint.matrix("model.embed_tokens.weight", shape: [configuration.vocabulary, configuration.width])
    finalNorm = try checkpoint.vector("model.norm.weight", count: configuration.width)
    var layers: [LayerWeights] = []
    for layer in 0..<configuration.layers { layers.append(try LayerWeights(checkpoint, layer, configuration)) }
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

  init(_ checkpoint: Checkpoint, _ layer: Int, _ c: GemmaConfiguration) throws(GemmaError) {
    func load(_ name: String, _ shape: [Int]) throws(GemmaError) -> WeightMatrix {
      try checkpoint.matrix("model.layers.\(layer).\(name).weight", shape: shape)
    }
    func norm(_ name: String) throws(GemmaError) -> Tensor {
      try checkpoint.vector("model.layers.\(layer).\(name).weight", count: c.width)
    }
    inputNorm = try norm("input_layernorm")
    query = try load("self_attn.q_proj", [c.heads * c.headWidth, c.width])
    key = try load("self_attn.k_proj", [c.keyValueHeads * c.headWidth, c.width])
    value = try load("self_attn.v_proj", [c.keyValueHeads * c.headWidth, c.width])
    output = try load("self_attn.o_proj", [c.width, c.heads * c.headWidth])
    mlpNorm = try norm("post_attention_layernorm")
    gate = try load("mlp.gate_proj", [c.mlpWidth, c.width])
    up = try load("mlp.up_proj", [c.mlpWidth, c.width])
    down = try load("mlp.down_proj", [c.width, c.mlpWidth])
  }
}
