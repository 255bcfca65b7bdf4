/// The keys of `config.json` that matter, as Hugging Face's `GemmaConfig` names them.
struct ConfigurationFile: Codable {
  // Whole numbers are read as Double and checked later: the decoder's error about a fraction does not name its key.
  var kind: String?
  var layers: Double?
  var width: Double?
  var heads: Double?
  var keyValueHeads: Double?
  var headWidth: Double?
  var mlpWidth: Double?
  var vocabulary: Double?
  var contextLength: Double?
  var normEpsilon: Double?
  var ropeBase: Double?
  var bos: Double?
  var pad: Double?
  var eos: OneOrMore?
  var tiesEmbeddings: Bool?

  enum CodingKeys: String, CodingKey {
    case kind = "model_type"
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
    case pad = "pad_token_id"
    case eos = "eos_token_id"
    case tiesEmbeddings = "tie_word_embeddings"
  }

  struct OneOrMore: Codable {
    let ids: [Double]

    init(_ ids: [Int]) { self.ids = ids.map(Double.init) }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      do { ids = [try container.decode(Double.self)] } catch { ids = try container.decode([Double].self) }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if ids.count == 1 { try container.encode(ids[0]) } else { try container.encode(ids) }
    }
  }
}
