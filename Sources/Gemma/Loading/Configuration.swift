import Foundation

/// The sizes and constants of a Gemma checkpoint, from its `config.json`.
///
/// `head_dim` stands on its own: heads times head width need not be the width of the residual stream.
public struct GemmaConfiguration: Hashable, Sendable {
  /// How many transformer blocks.
  public let layers: Int
  /// The width of the residual stream, `hidden_size`.
  public let width: Int
  /// Query heads of each layer.
  public let heads: Int
  /// Key and value heads of each layer: 1 (multi-query), `heads`, or a divisor of it (grouped-query).
  public let keyValueHeads: Int
  /// The width of one head, `head_dim`; even.
  public let headWidth: Int
  /// The width of the MLP's inner layer, `intermediate_size`.
  public let mlpWidth: Int
  /// How many tokens there are.
  public let vocabulary: Int
  /// The longest sequence, in tokens.
  public let contextLength: Int
  /// What RMSNorm adds to the mean square.
  public let normEpsilon: Float
  /// The base of the rotary frequencies.
  public let ropeBase: Float
  /// The token that begins a sequence.
  public let bos: Int
  /// The tokens that end one.
  public let eos: [Int]
  /// The token that fills up a batch; never part of a text.
  public let pad: Int

  /// Query heads that share one key and value head.
  public var headsPerKeyValueHead: Int { heads / keyValueHeads }
}

extension GemmaConfiguration {
  /// Reads and checks a `config.json`. Whatever a Gemma cannot have is an error that names the key.
  public init(contentsOf file: URL) throws(GemmaError) {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
      throw .unreadable(file: file.path, cause: error.localizedDescription)
    }
    try self.init(json: data, file: file.path)
  }

  init(json: Data, file: String) throws(GemmaError) {
    let raw: ConfigurationFile
    do {
      raw = try JSONDecoder().decode(ConfigurationFile.self, from: withoutByteOrderMark(json))
    } catch let error as DecodingError {
      throw Self.error(error, file)
    } catch {
      throw .badConfiguration(file: file, key: "", problem: "is not JSON", advice: "Copy it from the checkpoint again.")
    }
    try self.init(raw, file: file)
  }

  init(_ raw: ConfigurationFile, file: String) throws(GemmaError) {
    let checker = ConfigurationChecker(file: file)
    try checker.expect(
      raw.kind, "gemma", "model_type", "Folio runs Gemma 1 checkpoints, as google/gemma-2b and google/gemma-7b.")
    guard raw.tiesEmbeddings ?? true else {
      throw checker.error(
        "tie_word_embeddings", "is false", "Gemma's unembedding is its embedding; another one is not supported.")
    }
    layers = try checker.integer(raw.layers, "num_hidden_layers", 1...1000)
    width = try checker.integer(raw.width, "hidden_size", 1...1_000_000)
    heads = try checker.integer(raw.heads, "num_attention_heads", 1...10_000)
    keyValueHeads = try checker.integer(raw.keyValueHeads, "num_key_value_heads", 1...10_000)
    headWidth = try checker.integer(raw.headWidth, "head_dim", 2...100_000)
    mlpWidth = try checker.integer(raw.mlpWidth, "intermediate_size", 1...10_000_000)
    vocabulary = try checker.integer(raw.vocabulary, "vocab_size", 1...10_000_000)
    contextLength = try checker.integer(raw.contextLength ?? 8192, "max_position_embeddings", 1...100_000_000)
    normEpsilon = Float(try checker.number(raw.normEpsilon ?? 1e-6, "rms_norm_eps", 1e-12...0.1))
    ropeBase = Float(try checker.number(raw.ropeBase ?? 10_000, "rope_theta", 1...1e12))
    bos = try checker.integer(raw.bos ?? 2, "bos_token_id", 0...(vocabulary - 1))
    pad = try checker.integer(raw.pad ?? 0, "pad_token_id", 0...(vocabulary - 1))
    var ends: [Int] = []
    for end in raw.eos?.ids ?? [1] {
      ends.append(try checker.integer(end, "eos_token_id", 0...(vocabulary - 1)))
    }
    eos = ends
    guard headWidth.isMultiple(of: 2) else {
      throw checker.error(
        "head_dim", "is \(headWidth), an odd number", "Rotary embedding turns pairs: the head width must be even.")
    }
    guard heads.isMultiple(of: keyValueHeads) else {
      throw checker.error(
        "num_key_value_heads", "is \(keyValueHeads), which does not divide the \(heads) query heads",
        "Each key and value head serves the same number of query heads.")
    }
  }

  private static func error(_ error: DecodingError, _ file: String) -> GemmaError {
    let (path, problem): ([any CodingKey], String) =
      switch error {
      case .typeMismatch(_, let context): (context.codingPath, "has a value of the wrong type")
      case .valueNotFound(_, let context): (context.codingPath, "has no value")
      case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
      case .dataCorrupted(let context):
        (context.codingPath, context.codingPath.isEmpty ? "is not a JSON object" : "has a value that does not fit")
      @unknown default: ([], "is not a JSON object")
      }
    return .badConfiguration(
      file: file, key: path.first?.stringValue ?? "", problem: problem, advice: "Copy config.json from the checkpoint again.")
  }
}

/// Some writers leave a byte order mark in front of JSON, which the decoder does not take.
private func withoutByteOrderMark(_ json: Data) -> Data { json.starts(with: [0xEF, 0xBB, 0xBF]) ? json.dropFirst(3) : json }

/// Checks one value after the other, and knows the file for the error.
private struct ConfigurationChecker {
  let file: String

  func integer(_ number: Double?, _ key: String, _ range: ClosedRange<Int>) throws(GemmaError) -> Int {
    guard let number else { throw error(key, "is missing", "Copy config.json from the checkpoint again.") }
    guard let value = Int(exactly: number) else { throw error(key, "is \(number)", "It must be a whole number.") }
    guard range.contains(value) else {
      throw error(key, "is \(value)", "It must lie between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }

  func number(_ value: Double, _ key: String, _ range: ClosedRange<Double>) throws(GemmaError) -> Double {
    guard range.contains(value) else {
      throw error(key, "is \(value)", "It must lie between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }

  func expect(_ value: String?, _ expected: String, _ key: String, _ advice: String) throws(GemmaError) {
    guard let value else { throw error(key, "is missing", advice) }
    guard value == expected else { throw error(key, "is “\(value)”, not “\(expected)”", advice) }
  }

  func error(_ key: String, _ problem: String, _ advice: String) -> GemmaError {
    .badConfiguration(file: file, key: key, problem: problem, advice: advice)
  }
}
