import Foundation
import Tensors

/// The weights of a model in fp32. The names behind them are those of the checkpoint; shapes are `[out, in]`.
package struct Weights: Sendable {
  /// `[vocabulary, width]`; also the unembedding.
  package let embedding: Tensor
  package let layers: [LayerWeights]
  /// `[width]`; a norm multiplies by one plus its weight.
  package let finalNorm: Tensor

  init(_ checkpoint: Checkpoint, _ configuration: GemmaConfiguration) throws(GemmaError) {
    embedding = try checkpoint.tensor("model.embed_tokens.weight", shape: [configuration.vocabulary, configuration.width])
    finalNorm = try checkpoint.tensor("model.norm.weight", shape: [configuration.width])
    var layers: [LayerWeights] = []
    for layer in 0..<configuration.layers { layers.append(try LayerWeights(checkpoint, layer, configuration)) }
    self.layers = layers
  }
}

/// The weights of one block.
package struct LayerWeights: Sendable {
  /// Before the attention, `[width]`.
  package let inputNorm: Tensor
  /// `[heads · headWidth, width]`.
  package let query: Tensor
  /// `[keyValueHeads · headWidth, width]`.
  package let key: Tensor
  package let value: Tensor
  /// `[width, heads · headWidth]`.
  package let output: Tensor
  /// Before the MLP, `[width]`; the checkpoint calls it `post_attention_layernorm`.
  package let mlpNorm: Tensor
  /// `[mlpWidth, width]`.
  package let gate: Tensor
  package let up: Tensor
  /// `[width, mlpWidth]`.
  package let down: Tensor

  init(_ checkpoint: Checkpoint, _ layer: Int, _ c: GemmaConfiguration) throws(GemmaError) {
    func load(_ name: String, _ shape: [Int]) throws(GemmaError) -> Tensor {
      try checkpoint.tensor("model.layers.\(layer).\(name).weight", shape: shape)
    }
    inputNorm = try load("input_layernorm", [c.width])
    query = try load("self_attn.q_proj", [c.heads * c.headWidth, c.width])
    key = try load("self_attn.k_proj", [c.keyValueHeads * c.headWidth, c.width])
    value = try load("self_attn.v_proj", [c.keyValueHeads * c.headWidth, c.width])
    output = try load("self_attn.o_proj", [c.width, c.heads * c.headWidth])
    mlpNorm = try load("post_attention_layernorm", [c.width])
    gate = try load("mlp.gate_proj", [c.mlpWidth, c.width])
    up = try load("mlp.up_proj", [c.mlpWidth, c.width])
    down = try load("mlp.down_proj", [c.width, c.mlpWidth])
  }
}
