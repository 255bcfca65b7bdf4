/// What a GGUF file says of its tokenizer, as plain values.
package struct GGUFTokenizerValues: Sendable {
  /// `gpt2` for byte-level BPE, `llama` for SentencePiece.
  package let model: String
  /// How text is divided before BPE, by llama.cpp's name for it: `smollm`, `llama-bpe`. Nil if the file does not say.
  package let preTokenizer: String?
  /// The text of each token, in order of their ids: of byte-level BPE in its alphabet of 256 characters.
  package let tokens: [String]
  /// Of SentencePiece, how likely each piece is.
  package let scores: [Float]?
  /// What each token is; nil if the file does not say.
  package let kinds: [PieceKind]?
  /// Of BPE, what is joined, in order: two tokens with a space between them.
  package let merges: [String]?
  package let bos: Int?
  /// The token that ends a text, and those that end a turn or a message.
  package let eos: Int?
  package let endOfTurn: Int?
  package let unknown: Int?
  package let padding: Int?
  /// Whether the tokens of a text begin with `bos`, or end with `eos`; nil if the file leaves it to the tokenizer's model.
  package let addsBOS: Bool?
  package let addsEOS: Bool?
  /// Whether SentencePiece puts a space before a text.
  package let addsSpacePrefix: Bool?
  package let removesExtraSpaces: Bool?
  /// SentencePiece's table of normalised characters, as its model holds it.
  package let normalization: [UInt8]?
  package let chatTemplate: String?

  package init(_ metadata: GGUFMetadata) throws(ModelError) {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    guard let model = try metadata.string(key("model")), let tokens = try metadata.strings(key("tokens")) else {
      throw metadata.bad(key("tokens"), "is missing: the file has no tokenizer")
    }
    (self.model, self.tokens) = (model, tokens)
    preTokenizer = try metadata.string(key("pre"))
    scores = try metadata.floats(key("scores"))
    kinds = try Self.kinds(metadata, key("token_type"))
    merges = try metadata.strings(key("merges"))
    func id(_ name: String) throws(ModelError) -> Int? {
      guard let id = try metadata.integer(key(name)) else { return nil }
      guard tokens.indices.contains(id) else { throw metadata.bad(key(name), "is \(id), and there are \(tokens.count) tokens") }
      return id
    }
    (bos, eos, endOfTurn) = (try id("bos_token_id"), try id("eos_token_id"), try id("eot_token_id"))
    (unknown, padding) = (try id("unknown_token_id"), try id("padding_token_id"))
    (addsBOS, addsEOS) = (try metadata.flag(key("add_bos_token")), try metadata.flag(key("add_eos_token")))
    addsSpacePrefix = try metadata.flag(key("add_space_prefix"))
    removesExtraSpaces = try metadata.flag(key("remove_extra_whitespaces"))
    normalization = try metadata.integers(key("precompiled_charsmap"))?.map { UInt8(truncatingIfNeeded: $0) }
    chatTemplate = try metadata.string("tokenizer.chat_template")
    for (name, count) in [("scores", scores?.count), ("token_type", kinds?.count)] {
      guard let count, count != tokens.count else { continue }
      throw metadata.bad(key(name), "has \(count) elements, and there are \(tokens.count) tokens")
    }
  }

  private static func kinds(_ metadata: GGUFMetadata, _ key: String) throws(ModelError) -> [PieceKind]? {
    guard let numbers = try metadata.integers(key) else { return nil }
    var kinds: [PieceKind] = []
    for number in numbers {
      guard let kind = PieceKind(rawValue: number) else { throw metadata.bad(key, "holds \(number), which is no kind of token") }
      kinds.append(kind)
    }
    return kinds
  }
}

extension Tokenizer {
  /// The tokenizer that a GGUF file describes. Where it does not say whether a text begins with BOS, it is as in llama.cpp: with it for
  /// SentencePiece and for Llama 3, else without.
  convenience init(_ values: GGUFTokenizerValues, origin: String) throws(ModelError) {
    let name = values.preTokenizer ?? "default"
    let addsBOS = values.addsBOS ?? (values.model == "llama" || ["llama-bpe", "llama3", "llama-v3"].contains(name))
    let surroundings = Surroundings(bos: values.bos, addsBOS: addsBOS && values.bos != nil, chatTemplate: values.chatTemplate)
    guard values.addsEOS != true else {
      throw .badTokenizer(file: origin, problem: "ends a text with EOS, which Folio does not do")
    }
    switch values.model {
    case "gpt2":
      guard let merges = values.merges else { throw .badTokenizer(file: origin, problem: "has no merges") }
      try self.init(
        byteLevel: values.tokens, merges: merges, kinds: values.kinds ?? [], preTokenizer: name, surroundings, origin: origin)
    case "llama":
      guard values.normalization == nil, values.removesExtraSpaces != true else {
        throw .badTokenizer(file: origin, problem: "normalises texts by a table, which Folio does not read from GGUF files")
      }
      let pieces = SentencePieces(
        values.tokens, scores: values.scores ?? [], kinds: values.kinds ?? [], addsSpace: values.addsSpacePrefix ?? true,
        bos: values.bos, eos: values.eos, unknown: values.unknown)
      try self.init(pieces, surroundings, origin: origin)
    default:
      throw .badTokenizer(
        file: origin, problem: "is of the kind “\(values.model)”, and Folio reads “gpt2” and “llama” from GGUF files")
    }
  }
}
