// TransformerLens's names stand as they are there.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Checkpoints
import Tensors

/// A model's weights by TransformerLens's names, with its shapes, where they lie.
///
/// ```swift
/// let direction = model.W_U.column(token)                       // [d_model]
/// let query = try stream.multiplied(by: model.W_Q[3, 5])        // [position, d_head]
/// let (u, s, vt) = try model.W_OV[3, 5].svd()
/// ```
///
/// They are the checkpoint's numbers. TransformerLens's default loading folds the norms' factors into what reads, takes means out of what writes, and, for
/// Gemma, multiplies `W_E` by `config.embeddingScale`; here nothing is folded, and the factors are `ln1_w` and its kin. What a model does not have is an
/// error that says so, but biases, which are then 0, as there.
extension LanguageModel {
  /// The embedding, `[d_vocab, d_model]`. Gemma's rows are multiplied by `config.embeddingScale` when they are read.
  public var W_E: WeightView { WeightView("W_E", self, .embedding, transposed: false) }

  /// What learned positions add, `[n_ctx, d_model]`.
  /// - Throws: `badRequest` in a model whose positions turn queries and keys.
  public var W_pos: WeightView {
    get throws(ModelError) {
      guard config.positions == .learned else {
        throw .badRequest("The model has no W_pos: its positions turn queries and keys (rotary embedding), and add nothing.")
      }
      return WeightView("W_pos", self, .positionEmbedding, transposed: false)
    }
  }

  /// The unembedding, `[d_model, d_vocab]`.
  public var W_U: WeightView { WeightView("W_U", self, .unembedding, transposed: true) }

  /// What is added to the logits, `[d_vocab]`: 0, since no family that Folio computes has it.
  public var b_U: Tensor { .zeros([config.vocabulary]) }

  /// Each head's query weights, `W_Q[layer, head]`, `[d_model, d_head]`.
  public var W_Q: HeadWeights { HeadWeights(model: self, weight: .query) }
  /// Each key head's weights, `W_K[layer, keyValueHead]`, `[d_model, d_head]`. Grouped heads share one: head h reads key head `h / config.headsPerKeyValueHead`.
  public var W_K: HeadWeights { HeadWeights(model: self, weight: .key) }
  /// Each value head's weights, `W_V[layer, keyValueHead]`, `[d_model, d_head]`.
  public var W_V: HeadWeights { HeadWeights(model: self, weight: .value) }
  /// Each head's output weights, `W_O[layer, head]`, `[d_head, d_model]`.
  public var W_O: HeadWeights { HeadWeights(model: self, weight: .output) }

  /// What each head writes for what it reads, `W_OV[layer, head]`, `[d_model, d_model]` in two factors: `W_V · W_O`, with the value head that the head reads.
  public var W_OV: HeadCircuits { HeadCircuits(model: self, kind: .valueOutput) }
  /// What each head's queries seek in keys, `W_QK[layer, head]`, `[d_model, d_model]` in two factors: `W_Q · W_Kᵀ`, with the key head that the head reads. It
  /// knows neither biases, nor rotary positions, nor norms of queries and keys, nor the scale `config.attention.scale`.
  public var W_QK: HeadCircuits { HeadCircuits(model: self, kind: .queryKey) }

  /// Each head's query bias, `b_Q[layer, head]`, `[d_head]`; 0 if the model has none.
  public var b_Q: HeadBiases { HeadBiases(model: self, weight: .query) }
  /// Each key head's bias, `b_K[layer, keyValueHead]`, `[d_head]`; 0 if the model has none.
  public var b_K: HeadBiases { HeadBiases(model: self, weight: .key) }
  /// Each value head's bias, `b_V[layer, keyValueHead]`, `[d_head]`; 0 if the model has none.
  public var b_V: HeadBiases { HeadBiases(model: self, weight: .value) }
  /// What each attention adds beside its heads, `b_O[layer]`, `[d_model]`; 0 if the model has none.
  public var b_O: LayerVectors { LayerVectors(model: self, label: "b_O", weight: .outputBias) }

  /// What the neurons read, `W_in[layer]`, `[d_model, d_mlp]`; in a gated MLP, what their activation is multiplied by.
  public var W_in: LayerMatrices { LayerMatrices(model: self, weight: .up) }
  /// What the activation function is taken of in a gated MLP, `W_gate[layer]`, `[d_model, d_mlp]`.
  public var W_gate: LayerMatrices { LayerMatrices(model: self, weight: .gate) }
  /// What the neurons write, `W_out[layer]`, `[d_mlp, d_model]`.
  public var W_out: LayerMatrices { LayerMatrices(model: self, weight: .down) }
  /// What is added to what the neurons read, `b_in[layer]`, `[d_mlp]`; 0 if the model has none.
  public var b_in: LayerVectors { LayerVectors(model: self, label: "b_in", weight: .upBias) }
  /// What is added to what the gates read, `b_gate[layer]`, `[d_mlp]`; 0 if the model has none.
  public var b_gate: LayerVectors { LayerVectors(model: self, label: "b_gate", weight: .gateBias) }
  /// What each MLP adds beside its neurons, `b_out[layer]`, `[d_model]`; 0 if the model has none.
  public var b_out: LayerVectors { LayerVectors(model: self, label: "b_out", weight: .downBias) }

  /// What the norm before each attention multiplies by, `ln1_w[layer]`, `[d_model]`: the whole factor, also in Gemma, whose checkpoints hold it less 1.
  public var ln1_w: LayerVectors { LayerVectors(model: self, label: "ln1_w", weight: .attentionNorm) }
  /// What the layer norm before each attention adds, `ln1_b[layer]`, `[d_model]`; 0 if the model has none.
  public var ln1_b: LayerVectors { LayerVectors(model: self, label: "ln1_b", weight: .attentionNormBias) }
  /// What the norm before each MLP multiplies by, `ln2_w[layer]`, `[d_model]`.
  public var ln2_w: LayerVectors { LayerVectors(model: self, label: "ln2_w", weight: .mlpNorm) }
  /// What the layer norm before each MLP adds, `ln2_b[layer]`, `[d_model]`; 0 if the model has none.
  public var ln2_b: LayerVectors { LayerVectors(model: self, label: "ln2_b", weight: .mlpNormBias) }
  /// What the norm before the unembedding multiplies by, `[d_model]`.
  public var ln_final_w: Tensor { weights.finalNorm.factors }
  /// What the layer norm before the unembedding adds, `[d_model]`; 0 if the model has none.
  public var ln_final_b: Tensor { weights.finalNorm.bias ?? .zeros([config.width]) }

  func checkLayer(_ layer: Int, _ label: String) throws(ModelError) {
    guard (0..<config.layers).contains(layer) else { throw .layerOutOfRange(point: "\(label)[\(layer)]", layers: config.layers) }
  }

  func checkHead(_ head: Int, of heads: Int, _ label: String) throws(ModelError) {
    guard !(0..<heads).contains(head) else { return }
    let share = "head h reads key and value head h / \(config.headsPerKeyValueHead)"
    throw .badRequest(
      "“\(label)” has heads 0 to \(heads - 1), and \(head) is none of them"
        + (heads < config.heads && head >= 0 && head < config.heads ? ": \(config.heads) heads share them, \(share)." : "."))
  }
}
