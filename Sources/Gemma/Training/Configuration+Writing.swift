import Foundation

extension GemmaConfiguration {
  /// The sizes of a new model, checked as those of a checkpoint's `config.json` are.
  public init(
    layers: Int, width: Int, heads: Int, keyValueHeads: Int = 1, headWidth: Int, mlpWidth: Int, vocabulary: Int,
    contextLength: Int = 8192, normEpsilon: Double = 1e-6, ropeBase: Double = 10_000, bos: Int = 2, eos: [Int] = [1], pad: Int = 0
  ) throws(GemmaError) {
    let file = ConfigurationFile(
      kind: "gemma", layers: Double(layers), width: Double(width), heads: Double(heads), keyValueHeads: Double(keyValueHeads),
      headWidth: Double(headWidth), mlpWidth: Double(mlpWidth), vocabulary: Double(vocabulary),
      contextLength: Double(contextLength), normEpsilon: normEpsilon, ropeBase: ropeBase, bos: Double(bos), pad: Double(pad),
      eos: .init(eos), tiesEmbeddings: true)
    try self.init(file, file: "The configuration")
  }

  /// A `config.json` from which the same configuration is read, here and by Hugging Face's transformers.
  package var json: Data {
    let file = ConfigurationFile(
      kind: "gemma", layers: Double(layers), width: Double(width), heads: Double(heads), keyValueHeads: Double(keyValueHeads),
      headWidth: Double(headWidth), mlpWidth: Double(mlpWidth), vocabulary: Double(vocabulary),
      contextLength: Double(contextLength), normEpsilon: Self.decimal(normEpsilon), ropeBase: Self.decimal(ropeBase),
      bos: Double(bos), pad: Double(pad), eos: .init(eos), tiesEmbeddings: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return (try? encoder.encode(WrittenConfiguration(file: file))) ?? Data()
  }

  /// The shortest decimal number that is read as the same Float: 1e-06, and not 9.999999974752427e-07.
  private static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}

/// A configuration, and beside it what a Gemma has no choice about, for other readers.
private struct WrittenConfiguration: Encodable {
  let file: ConfigurationFile

  private struct Constants: Encodable {
    let architectures = ["GemmaForCausalLM"]
    let activation = "gelu_pytorch_tanh"
    let hasAttentionBias = false
    let attentionDropout = 0

    enum CodingKeys: String, CodingKey {
      case architectures
      case activation = "hidden_activation"
      case hasAttentionBias = "attention_bias"
      case attentionDropout = "attention_dropout"
    }
  }

  func encode(to encoder: any Encoder) throws {
    try Constants().encode(to: encoder)
    try file.encode(to: encoder)
  }
}
