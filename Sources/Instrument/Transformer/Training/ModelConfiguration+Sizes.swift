import Checkpoints

extension ModelConfiguration {
  /// The sizes of a new model, checked as those of a checkpoint's `config.json` are. It is of the family Gemma 1: norms by the root mean
  /// square, rotary positions, a gated MLP with GELU, the embedding as unembedding.
  public init(
    layers: Int, width: Int, heads: Int, keyValueHeads: Int = 1, headWidth: Int, mlpWidth: Int, vocabulary: Int,
    contextLength: Int = 8192, normEpsilon: Double = 1e-6, ropeBase: Double = 10_000, bos: Int = 2, eos: [Int] = [1], pad: Int = 0
  ) throws(ModelError) {
    let settings: [String: Setting] = [
      "model_type": .text("gemma"), "num_hidden_layers": .integer(layers), "hidden_size": .integer(width),
      "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(keyValueHeads), "head_dim": .integer(headWidth),
      "intermediate_size": .integer(mlpWidth), "vocab_size": .integer(vocabulary),
      "max_position_embeddings": .integer(contextLength), "rms_norm_eps": .number(normEpsilon), "rope_theta": .number(ropeBase),
      "bos_token_id": .integer(bos), "eos_token_id": .tokens(eos), "pad_token_id": .integer(pad),
    ]
    try self.init(json: Setting.json(settings), file: "The configuration", hasLines: false)
  }
}
