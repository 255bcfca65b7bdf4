import Foundation

/// Tokenizers of values in memory, as GGUF files hold them. Each becomes the file that a checkpoint would have, and is read as that: what it
/// holds is checked in one place, and a model that is saved takes it along.
extension Tokenizer {
  /// What GGUF files say of a text's beginning and of chats.
  package struct Surroundings: Sendable {
    package var bos: Int?
    /// Whether a text begins with BOS.
    package var addsBOS: Bool
    package var chatTemplate: String?

    package init(bos: Int?, addsBOS: Bool, chatTemplate: String? = nil) {
      (self.bos, self.addsBOS, self.chatTemplate) = (bos, addsBOS, chatTemplate)
    }
  }

  /// A tokenizer of byte-level byte-pair encoding.
  /// - Parameters:
  ///   - vocabulary: The tokens by their numbers, written in GPT-2's characters for bytes (`Ġa`); those of `kinds` that are special as text.
  ///   - merges: Pairs in the order in which they were learnt, as `"Ġ a"`.
  ///   - kinds: What each token is for; control and user-defined ones are found in a text wherever they stand. None means that all are normal.
  ///   - preTokenizer: How a text is cut into words, by its name in `tokenizer.ggml.pre`. An unknown name is an error.
  ///   - origin: What stands for the file in errors.
  package convenience init(
    byteLevel vocabulary: [String], merges: [String], kinds: [PieceKind] = [], preTokenizer: String, _ surroundings: Surroundings,
    origin: String
  ) throws(ModelError) {
    guard let named = NamedPreTokenizers.all[preTokenizer] else {
      throw .badTokenizer(
        file: origin,
        problem: "cuts texts into words by “\(preTokenizer.prefix(80))”, and Folio knows "
          + NamedPreTokenizers.all.keys.sorted().joined(separator: ", "))
    }
    try Self.check(surroundings, vocabulary, kinds, origin)
    let added = zip(vocabulary.indices, kinds).filter { [.control, .userDefined].contains($1) }.map { token, kind in
      JSONText.object([
        ("id", .number(token)), ("content", .string(vocabulary[token])), ("single_word", .bool(false)), ("lstrip", .bool(false)),
        ("rstrip", .bool(false)), ("normalized", .bool(false)), ("special", .bool(kind == .control)),
      ])
    }
    let model = JSONText.object([
      ("type", .string("BPE")), ("ignore_merges", .bool(named.ignoresMerges)),
      ("vocab", .object(vocabulary.enumerated().map { ($1, .number($0)) })), ("merges", .array(merges.map(JSONText.string))),
    ])
    let json = JSONText.object([
      ("version", .string("1.0")), ("added_tokens", .array(added)),
      ("normalizer", named.normalizer.map { .object([("type", .string($0))]) } ?? .null),
      ("pre_tokenizer", NamedPreTokenizers.json(named)), ("post_processor", Self.processor(surroundings, vocabulary)),
      ("decoder", .object(NamedPreTokenizers.byteLevel)), ("model", model),
    ])
    let contents = ["tokenizer.json": Data(json.bytes), "tokenizer_config.json": Self.configuration(surroundings, vocabulary)]
    try self.init(TokenizerFiles(folder: origin, contents: contents))
  }

  /// A tokenizer of SentencePiece's pieces. They become a `tokenizer.model`, which SentencePiece's own library reads.
  package convenience init(_ pieces: SentencePieces, _ surroundings: Surroundings, origin: String) throws(ModelError) {
    guard pieces.scores.count == pieces.texts.count, pieces.kinds.count == pieces.texts.count else {
      throw .badTokenizer(
        file: origin, problem: "has \(pieces.texts.count) pieces, \(pieces.scores.count) scores and \(pieces.kinds.count) kinds")
    }
    try Self.check(surroundings, pieces.texts, pieces.kinds, origin)
    var pieces = pieces
    pieces.bos = surroundings.bos
    if let unknown = pieces.unknown, pieces.kinds.indices.contains(unknown) { pieces.kinds[unknown] = .unknown }
    let contents = [
      "tokenizer.model": SentencePieceProto.serialized(pieces),
      "tokenizer_config.json": Self.configuration(surroundings, pieces.texts),
    ]
    try self.init(TokenizerFiles(folder: origin, contents: contents), bos: surroundings.bos)
  }

  private static func check(
    _ surroundings: Surroundings, _ vocabulary: [String], _ kinds: [PieceKind], _ origin: String
  ) throws(ModelError) {
    guard kinds.isEmpty || kinds.count == vocabulary.count else {
      throw .badTokenizer(file: origin, problem: "has \(vocabulary.count) tokens, and the kinds of \(kinds.count)")
    }
    if let bos = surroundings.bos, !vocabulary.indices.contains(bos) {
      throw .badTokenizer(file: origin, problem: "has \(vocabulary.count) tokens, and the BOS token is \(bos)")
    }
    guard surroundings.bos != nil || !surroundings.addsBOS else {
      throw .badTokenizer(file: origin, problem: "begins a text with BOS, and has none")
    }
  }

  private static func configuration(_ surroundings: Surroundings, _ vocabulary: [String]) -> Data {
    var keys: [(String, JSONText)] = [("add_bos_token", .bool(surroundings.addsBOS))]
    if let bos = surroundings.bos { keys.append(("bos_token", .string(vocabulary[bos]))) }
    if let template = surroundings.chatTemplate { keys.append(("chat_template", .string(template))) }
    return Data(JSONText.object(keys).bytes)
  }

  private static func processor(_ surroundings: Surroundings, _ vocabulary: [String]) -> JSONText {
    guard let bos = surroundings.bos, surroundings.addsBOS else { return .null }
    let name = JSONText.string(vocabulary[bos])
    func text(_ id: String) -> JSONText { .object([("Sequence", .object([("id", .string(id)), ("type_id", .number(0))]))]) }
    let special = JSONText.object([("SpecialToken", .object([("id", name), ("type_id", .number(0))]))])
    let known = JSONText.object([("id", name), ("ids", .array([.number(bos)])), ("tokens", .array([name]))])
    return .object([
      ("type", .string("TemplateProcessing")), ("single", .array([special, text("A")])),
      ("pair", .array([special, text("A"), special, text("B")])), ("special_tokens", .object([(vocabulary[bos], known)])),
    ])
  }
}
