import Foundation

/// Text to tokens and back, by the files that come with a checkpoint.
///
/// The vocabulary is in `tokenizer.model` (SentencePiece: byte pairs or unigrams), in `tokenizer.json` (byte-pair encoding of bytes or
/// characters, as Llama 3, Qwen, GPT-NeoX and many others have it), or in `vocab.json` with `merges.txt` (GPT-2). A text has the tokens that
/// Hugging Face's `tokenizers` and `sentencepiece` give it. Besides:
/// - The beginning-of-sequence token is prepended as the files say (`add_bos_token`, the post-processor), unless the call says otherwise, and
///   never twice. Some tokenizers have none.
/// - The text of a special token (`<bos>`, `<|im_start|>`), and of one that the files list as added, is that token, wherever it stands.
/// - Tokens may be single bytes (`<0x0A>`); text is put together from bytes, and what is not UTF-8 becomes `�`.
public final class Tokenizer: Sendable {
  private let model: any TokenizerModel
  private let normalizer: Normalizer
  /// The tokens that text may name: in the text as it stands, and as the normalizer makes it.
  private let named: AddedTokens, namedWhenNormalized: AddedTokens
  /// The texts of tokens that the model's vocabulary does not have.
  private let more: [Int: [UInt8]]
  private let settings: TokenizerSettings
  private let addsBOS: Bool
  /// How many tokens there are; one more than the largest.
  public let count: Int
  /// The token that begins a sequence; nil if the tokenizer has none.
  public let bos: Int?
  /// How chats are written for the model, in the words of the template engine Jinja; nil if the files do not say. Folio does not run it.
  public var chatTemplate: String? { settings.chatTemplate }
  /// The files that make up the tokenizer: what was read, or what says the same.
  package let files: [(name: String, content: Data)]

  /// Reads the tokenizer of a folder; nil if the folder has none: no `tokenizer.model`, `tokenizer.json`, `vocab.json` or `merges.txt`.
  ///
  /// What the files beside these say is used too: `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`,
  /// `chat_template.jinja`.
  /// - Throws: an error for files that are damaged, contradict each other, or say what Folio does not do.
  public static func load(folder: URL) throws(ModelError) -> Tokenizer? { try load(folder: folder, bos: nil) }

  /// - Parameter bos: What `config.json` says; a tokenizer that has a BOS must have that.
  package static func load(folder: URL, bos: Int?) throws(ModelError) -> Tokenizer? {
    let files = try TokenizerFiles(folder: folder)
    return files.form == nil ? nil : try Tokenizer(files, bos: bos)
  }

  /// Reads a `tokenizer.model` or a `tokenizer.json`, and what the files beside it say of it. What contradicts it there is an error.
  public convenience init(contentsOf file: URL, bos: Int? = nil) throws(ModelError) {
    let (folder, name) = (file.deletingLastPathComponent(), file.lastPathComponent)
    if TokenizerFiles.names.contains(name) {
      if !ModelFile.exists(file) { _ = try ModelFile.read(file) }
      try self.init(TokenizerFiles(folder: folder), bos: bos)
    } else {
      try self.init(TokenizerFiles(folder: folder.path, contents: ["tokenizer.model": ModelFile.read(file)]), bos: bos)
    }
  }

  /// - Parameter bos: The token that begins a text by `config.json`. It counts for a `tokenizer.model` that names none.
  package init(_ files: TokenizerFiles, bos given: Int? = nil) throws(ModelError) {
    guard let form = files.form else { throw .noTokenizer(folder: files.folder) }
    var files = files
    try files.nameSpecialToken()
    settings = try TokenizerSettings(files, form)
    let file = files.path(form == .sentencePiece ? "tokenizer.model" : form == .json ? "tokenizer.json" : "vocab.json")
    var own: Int?
    switch form {
    case .sentencePiece:
      let loaded = try SentencePieceModel(files["tokenizer.model"] ?? Data(), file: file, prefixesEachPart: settings.isLegacy)
      (model, normalizer, own) = (loaded, Normalizer(), loaded.bos)
      guard given ?? 0 < loaded.count else {
        throw .badTokenizer(file: file, problem: "has \(loaded.count) pieces, and the BOS token is \(given ?? 0)")
      }
    case .json:
      guard let keys = try files.reader("tokenizer.json") else { throw .noTokenizer(folder: files.folder) }
      let read = try TokenizerJSON(keys)
      (model, normalizer) = (read.model, read.normalizer)
    case .vocabularyAndMerges:
      let read = try TokenizerJSON(files, class: settings.className)
      (model, normalizer) = (read.model, read.normalizer)
    }
    let added = try settings.check(model)
    more = Dictionary(added.map { ($0.id, Array($0.content.utf8)) }) { first, _ in first }
    count = max(model.count, (more.keys.max() ?? -1) + 1)
    bos = try Self.begin(settings, model, added, own: own, given: given, file: file)
    addsBOS = try settings.addsBOS(bos)
    (named, namedWhenNormalized) = try Self.named(settings, model, normalizer, isSentencePiece: form == .sentencePiece)
    let adds = model.addsSpace || normalizer.addsSpace
    if let said = settings.saidAddsSpace, said.content != "\(adds)" {
      throw settings.error(said, "is \(said.content), and the vocabulary's file says otherwise")
    }
    let (settings, model, addsBOS) = (self.settings, self.model, self.addsBOS)
    self.files =
      form == .sentencePiece
      ? [("tokenizer.model", files["tokenizer.model"] ?? Data())]
        + (settings.serialized(addsBOS: addsBOS) { model.isSpecial($0.id) }.map { [("tokenizer_config.json", $0)] } ?? [])
      : files.all
  }

  private static func begin(
    _ settings: TokenizerSettings, _ model: any TokenizerModel, _ added: [TokenizerSettings.Token], own: Int?, given: Int?,
    file: String
  ) throws(ModelError) -> Int? {
    let said = try settings.begin(model, added, given: given)
    if let own, let other = said ?? given, own != other {
      throw .badTokenizer(
        file: file, problem: "begins a text with the token \(own), and config.json's “bos_token_id” is \(other)")
    }
    return said ?? own ?? (model is SentencePieceModel ? given : nil)
  }

  /// The tokens that text may name.
  private static func named(
    _ settings: TokenizerSettings, _ model: any TokenizerModel, _ normalizer: Normalizer, isSentencePiece: Bool
  ) throws(ModelError) -> (AddedTokens, AddedTokens) {
    var (plain, normalized) = (AddedTokens(), AddedTokens())
    for token in settings.added {
      let (text, entry) = (Array(token.content.utf8), AddedTokens.Entry(token: token.id, flags: token.flags))
      if token.flags.isNormalized, !isSentencePiece {
        let changed = try text.withPointer { (bytes) throws(ModelError) in
          try normalizer.normalized(UnsafeBufferPointer(start: bytes, count: text.count))
        }
        normalized.add(changed ?? text, entry)
      } else {
        plain.add(text, entry)
      }
    }
    if isSentencePiece {
      for token in 0..<model.count where model.isSpecial(token) {
        plain.add(model.piece(token) ?? [], AddedTokens.Entry(token: token))
      }
    }
    return (plain, normalized)
  }
}

// MARK: - Text to tokens

extension Tokenizer {
  /// The tokens of a text.
  /// - Parameter prependBOS: Whether they begin with the beginning-of-sequence token, once, also when the text says `<bos>`. If nil, as the
  ///   checkpoint says.
  /// - Throws: `noBOS` if it is asked for and the tokenizer has none; `interrupted`.
  public func toTokens(_ text: String, prependBOS: Bool? = nil) throws(ModelError) -> [Int] {
    if prependBOS == true, bos == nil { throw .noBOS }
    var tokens: [Int] = []
    var text = text
    text.makeContiguousUTF8()
    let done = text.utf8.withContiguousStorageIfAvailable { bytes in
      Result { () throws(ModelError) in try encode(bytes, &tokens) }
    }
    try done?.get()
    if let bos, prependBOS ?? addsBOS, tokens.first != bos { tokens.insert(bos, at: 0) }
    return tokens
  }

  private func encode(_ bytes: UnsafeBufferPointer<UInt8>, _ tokens: inout [Int]) throws(ModelError) {
    for part in try named.parts(bytes) {
      if let token = part.token {
        tokens.append(token)
      } else {
        let plain = UnsafeBufferPointer(rebasing: bytes[part.range])
        let isStart = part.range.lowerBound == 0
        if let normalized = try normalizer.normalized(plain) {
          try normalized.withPointer { (bytes) throws(ModelError) in
            try encodeNormalized(UnsafeBufferPointer(start: bytes, count: normalized.count), isStart, &tokens)
          }
        } else {
          try encodeNormalized(plain, isStart, &tokens)
        }
      }
    }
  }

  private func encodeNormalized(_ bytes: UnsafeBufferPointer<UInt8>, _ isStart: Bool, _ tokens: inout [Int]) throws(ModelError) {
    for part in try namedWhenNormalized.parts(bytes) {
      if let token = part.token {
        tokens.append(token)
      } else {
        let plain = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[part.range]))
        try model.encode(plain, isStart: isStart && part.range.lowerBound == 0, into: &tokens)
      }
    }
  }

  /// The one token of a text as " grimpus". An error that shows the pieces, when it is none or several.
  public func toSingleToken(_ text: String) throws(ModelError) -> Int {
    let tokens = try toTokens(text, prependBOS: false)
    if let token = single(tokens, of: text) { return token }
    var near: String?
    let bare = String(text.drop { $0 == " " })
    for other in [" " + bare, bare] where near == nil && other != text && !bare.isEmpty {
      if single(try toTokens(other, prependBOS: false), of: other) != nil { near = other }
    }
    throw .notASingleToken(text: text, pieces: try toStrTokens(tokens), near: near)
  }

  private func single(_ tokens: [Int], of text: String) -> Int? {
    guard tokens.count == 1, model.kind(of: tokens[0]) != .unknown || named.token(text.utf8) != nil else { return nil }
    return tokens[0]
  }
}

// MARK: - Tokens to text

extension Tokenizer {
  /// The text of tokens, with the special ones spelled out: `<bos>Answer True or False`. The space that some tokenizers put before a text is
  /// left out.
  public func toString(_ tokens: some Sequence<Int>) throws(ModelError) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += try self.bytes(of: token) }
    if model.stripsSpace, bytes.first == 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of each token by itself: `["<bos>", "Answer", " True", " or"]`.
  public func toStrTokens(_ tokens: some Sequence<Int>) throws(ModelError) -> [String] {
    var texts: [String] = []
    for token in tokens { texts.append(String(decoding: try bytes(of: token), as: UTF8.self)) }
    return texts
  }

  /// The text of each token of a text.
  public func toStrTokens(_ text: String, prependBOS: Bool? = nil) throws(ModelError) -> [String] {
    try toStrTokens(toTokens(text, prependBOS: prependBOS))
  }

  /// The tokens that stand for text: those that are neither special, nor added, nor unused, nor single bytes of what has no token.
  package var ordinaryTokens: [Int] {
    let added = Set(settings.added.map(\.id))
    return (0..<count).filter { more[$0] == nil && !added.contains($0) && model.kind(of: $0) == .normal }
  }

  /// The bytes that a token stands for.
  package func bytes(of token: Int) throws(ModelError) -> [UInt8] {
    guard let bytes = more[token] ?? model.bytes(of: token) else { throw .tokenOutOfRange(token: token, vocabulary: count) }
    return bytes
  }
}
