import Checkpoints
import Foundation

extension ModelConfiguration {
  /// The sizes of a new model, checked as those of a checkpoint's `config.json` are.
  public init(
    layers: Int, width: Int, heads: Int, keyValueHeads: Int = 1, headWidth: Int, mlpWidth: Int, vocabulary: Int,
    contextLength: Int = 8192, normEpsilon: Double = 1e-6, ropeBase: Double = 10_000, bos: Int = 2, eos: [Int] = [1], pad: Int = 0
  ) throws(ModelError) {
    let file = WrittenConfiguration(
      layers: layers, width: width, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth, mlpWidth: mlpWidth,
      vocabulary: vocabulary, contextLength: contextLength, normEpsilon: normEpsilon, ropeBase: ropeBase, bos: bos,
      eos: .init(ids: eos),
      pad: pad)
    try self.init(json: file.json, file: "The configuration", hasLines: false)
  }

  /// A `config.json` from which the same configuration is read, here and by Hugging Face's transformers.
  package var json: Data {
    WrittenConfiguration(
      layers: layers, width: width, heads: heads, keyValueHeads: keyValueHeads, headWidth: headWidth, mlpWidth: mlpWidth,
      vocabulary: vocabulary, contextLength: contextLength, normEpsilon: Self.decimal(normEpsilon),
      ropeBase: Self.decimal(ropeBase),
      bos: bos, eos: .init(ids: eos), pad: pad
    ).json
  }

  /// The shortest decimal number that is read as the same Float: 1e-06, and not 9.999999974752427e-07.
  private static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}

/// The keys of a `config.json`, as Hugging Face's `GemmaConfig` names them, with those that a Gemma has no choice about.
private struct WrittenConfiguration: Encodable {
  let architectures = ["GemmaForCausalLM"]
  let kind = "gemma"
  let activation = "gelu_pytorch_tanh"
  let hasAttentionBias = false
  let attentionDropout = 0
  let tiesEmbeddings = true
  let layers: Int
  let width: Int
  let heads: Int
  let keyValueHeads: Int
  let headWidth: Int
  let mlpWidth: Int
  let vocabulary: Int
  let contextLength: Int
  let normEpsilon: Double
  let ropeBase: Double
  let bos: Int
  let eos: OneOrMore
  let pad: Int

  enum CodingKeys: String, CodingKey {
    case architectures
    case kind = "model_type"
    case activation = "hidden_activation"
    case hasAttentionBias = "attention_bias"
    case attentionDropout = "attention_dropout"
    case tiesEmbeddings = "tie_word_embeddings"
    case layers = "num_hidden_layers"
    case width = "hidden_size"
    case heads = "num_attention_heads"
    case keyValueHeads = "num_key_value_heads"
    case headWidth = "head_dim"
    case mlpWidth = "intermediate_size"
    case vocabulary = "vocab_size"
    case contextLength = "max_position_embeddings"
    case normEpsilon = "rms_norm_eps"
    case ropeBase = "rope_theta"
    case bos = "bos_token_id"
    case eos = "eos_token_id"
    case pad = "pad_token_id"
  }

  /// One token is written as a number, several as a list.
  struct OneOrMore: Encodable {
    let ids: [Int]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if ids.count == 1 { try container.encode(ids[0]) } else { try container.encode(ids) }
    }
  }

  var json: Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // What is not finite is no number of a configuration; who reads it says so.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return (try? encoder.encode(self)) ?? Data()
  }
}
