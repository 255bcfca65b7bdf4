import Checkpoints

/// Under which keys a family's `config.json` says its sizes, and what a missing one means: what transformers takes in its place.
///
/// The names are Llama's, which most families have.
struct SharedKeys: Sendable {
  var layers = "num_hidden_layers"
  var width = "hidden_size"
  var heads = "num_attention_heads"
  /// Nil in a family whose queries have a key and value head each.
  var keyValueHeads: String? = "num_key_value_heads"
  /// Nil in a family whose heads are as wide as the stream divided by their number.
  var headWidth: String? = "head_dim"
  var mlpWidth = "intermediate_size"
  let vocabulary = "vocab_size"
  var contextLength = "max_position_embeddings"
  var normEpsilon = "rms_norm_eps"

  /// What missing sizes are, by their keys. A missing size that is not named here, and not derived from others, is an error.
  var missing: [String: Int] = [:]
  /// Whether there are as many key and value heads as query heads, and heads as wide as the stream divided by their number, where
  /// the keys are missing or null.
  var derivesHeads = true
  /// How many times as wide as the stream the MLP is where its key is missing or null.
  var mlpFactor: Int?
  var missingNormEpsilon = 1e-6
  var bos: Int?
  var eos: [Int] = []
  var pad: Int?
  var tiesUnembedding = false
}

extension SettingsReader {
  /// The description that a family's keys of sizes and tokens give: with full attention of all heads, without biases, and without
  /// positions. What differs in a family is set by its file.
  func description(
    _ family: (some Family).Type, _ keys: SharedKeys, norm: NormForm, mlp: MLPForm
  ) throws(ModelError) -> ModelConfiguration {
    let (width, heads) = (try size(keys.width, keys), try size(keys.heads, keys, in: 1...10_000))
    let (layers, headWidth) = (try size(keys.layers, keys, in: 1...1000), try headWidth(width, heads, keys))
    var c = ModelConfiguration(
      modelType: family.modelType, layers: layers, width: width, heads: heads,
      keyValueHeads: try keyValueHeads(heads, keys), headWidth: headWidth, mlpWidth: try mlpWidth(width, keys),
      vocabulary: try size(keys.vocabulary, keys), contextLength: try size(keys.contextLength, keys, in: 1...100_000_000),
      norm: norm, normEpsilon: Float(try number(keys.normEpsilon, in: 1e-12...0.1, default: keys.missingNormEpsilon)),
      attention: AttentionForm(scale: .overRoot(Double(headWidth))), windows: Array(repeating: nil, count: layers),
      positions: .learned, mlp: mlp, tiesUnembedding: try flag("tie_word_embeddings") ?? keys.tiesUnembedding)
    try readTokens(into: &c, keys)
    return c
  }

  private func size(_ key: String, _ keys: SharedKeys, in range: ClosedRange<Int> = 1...10_000_000) throws(ModelError) -> Int {
    try integer(key, in: range, default: keys.missing[key])
  }

  private func keyValueHeads(_ heads: Int, _ keys: SharedKeys) throws(ModelError) -> Int {
    guard let key = keys.keyValueHeads, has(key) || !keys.derivesHeads else { return heads }
    let count = try size(key, keys, in: 1...10_000)
    guard heads.isMultiple(of: count) else {
      throw error(
        key, "is \(count), which does not divide the \(heads) query heads",
        "Each key and value head serves the same number of query heads.")
    }
    return count
  }

  private func headWidth(_ width: Int, _ heads: Int, _ keys: SharedKeys) throws(ModelError) -> Int {
    if let key = keys.headWidth, has(key) || !keys.derivesHeads || keys.missing[key] != nil {
      return try size(key, keys, in: 2...100_000)
    }
    guard width.isMultiple(of: heads), width / heads > 1 else {
      throw error(
        keys.width, "is \(width), which is no multiple of the \(heads) of “\(keys.heads)”",
        "A head is as wide as one divided by the other.")
    }
    return width / heads
  }

  private func mlpWidth(_ width: Int, _ keys: SharedKeys) throws(ModelError) -> Int {
    if let factor = keys.mlpFactor, !has(keys.mlpWidth) { return factor * width }
    return try size(keys.mlpWidth, keys)
  }

  /// The cap of soft capped numbers; nil for null, which is none.
  func cap(_ key: String, missing: Float?) throws(ModelError) -> Float? {
    guard node(key) != nil else { return missing }
    return has(key) ? Float(try number(key, in: 1e-3...1e6)) : nil
  }

  /// The tokens that begin a text, end it and fill it up. Null means that there is none; what a family has in place of a missing key is
  /// none either, where the vocabulary is too small to have it.
  private func readTokens(into c: inout ModelConfiguration, _ keys: SharedKeys) throws(ModelError) {
    let tokens = 0...(c.vocabulary - 1)
    func ids(_ key: String, missing: [Int]) throws(ModelError) -> [Int] {
      node(key) == nil ? missing.filter(tokens.contains) : try integers(key, in: tokens) ?? []
    }
    func id(_ key: String, missing: Int?) throws(ModelError) -> Int? {
      guard has(key) else { return node(key) == nil ? missing.flatMap { tokens.contains($0) ? $0 : nil } : nil }
      return try integer(key, in: tokens)
    }
    c.bos = try id("bos_token_id", missing: keys.bos)
    c.eos = try ids("eos_token_id", missing: keys.eos)
    // -1 is how older checkpoints say that there is none.
    c.pad = node("pad_token_id")?.integer == -1 ? nil : try id("pad_token_id", missing: keys.pad)
  }
}

// MARK: - Keys that say the same

/// What one of several keys says that mean the same.
struct Said<Value> {
  let keys: SettingsReader
  let key: String
  let value: Value

  /// The value in the file's words.
  private var words: String { keys.node(key).map(keys.text) ?? "missing" }

  func error(_ advice: String) -> ModelError { keys.error(key, "is \(words)", advice) }

  func error(beside other: Said) -> ModelError {
    keys.error(
      key, "is \(words), and “\(other.keys.path(other.key))” is \(other.words)",
      "Which one counts differs between versions of transformers; remove the wrong one.")
  }
}

/// The one value that several keys give, any of which may be missing; nil if all of them are.
func agreed<Value: Equatable>(_ said: [Said<Value>]) throws(ModelError) -> Value? {
  guard let first = said.first else { return nil }
  guard let other = said.first(where: { $0.value != first.value }) else { return first.value }
  throw first.error(beside: other)
}

extension ModelConfiguration {
  /// The settings of sizes and tokens under a family's keys.
  func settings(_ keys: SharedKeys) -> [String: Setting] {
    var settings: [String: Setting] = [
      keys.layers: .integer(layers), keys.width: .integer(width), keys.heads: .integer(heads), keys.mlpWidth: .integer(mlpWidth),
      keys.vocabulary: .integer(vocabulary), keys.contextLength: .integer(contextLength), keys.normEpsilon: .decimal(normEpsilon),
      "tie_word_embeddings": .flag(tiesUnembedding), "bos_token_id": bos.map { .integer($0) } ?? .null,
      "eos_token_id": eos.isEmpty ? .null : .tokens(eos), "pad_token_id": pad.map { .integer($0) } ?? .null,
    ]
    if let key = keys.keyValueHeads { settings[key] = .integer(keyValueHeads) }
    if let key = keys.headWidth { settings[key] = .integer(headWidth) }
    return settings
  }
}

extension Float {
  /// 1/√x, rounded once.
  static func overRoot(_ x: Double) -> Float { Float(1 / x.squareRoot()) }
}
