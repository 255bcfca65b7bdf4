import CSentencePiece
import Foundation

/// Text to tokens and back, by the SentencePiece model that comes with a checkpoint.
///
/// Three things are Folio's own, and as in Hugging Face's tokenizer for Gemma:
/// - The beginning-of-sequence token is prepended unless told otherwise, by the call or by the checkpoint's `tokenizer_config.json`
///   (`add_bos_token`), and never twice.
/// - The text of a special token (`<bos>`, `<eos>`, `<pad>`, `<unk>`), and of one that the checkpoint's other files list as added, is that
///   token. SentencePiece would read it letter by letter, so that text which came from `toString` would not come back as the tokens it was
///   made of.
/// - Tokens may be single bytes (`<0x0A>`); text is put together from bytes, and what is not UTF-8 becomes `�`.
public final class Tokenizer: @unchecked Sendable {
  // A loaded SentencePiece processor is only ever read, from any thread.
  private let processor: OpaquePointer
  /// How many tokens the tokenizer knows.
  public let count: Int
  /// The token that begins a sequence.
  public let bos: Int
  /// The `tokenizer.model` that it was read from.
  package let serialized: Data
  /// What the files beside it say.
  package let settings: TokenizerSettings
  /// The special tokens that text may name, by their first byte, the longest first.
  private let specials: [UInt8: [(bytes: [UInt8], id: Int)]]

  /// Reads a `tokenizer.model`, and what the files beside it say of it: `tokenizer_config.json`, `tokenizer.json`,
  /// `special_tokens_map.json` and `added_tokens.json`, where they are. What contradicts it there is an error.
  public convenience init(contentsOf file: URL, bos: Int = 2) throws(ModelError) {
    let fast = file.deletingLastPathComponent().appending(path: "tokenizer.json")
    if !ModelFile.exists(file), ModelFile.deadLink(file) == nil, ModelFile.exists(fast) {
      throw .badTokenizer(
        file: fast.path,
        problem: "is the only one here, and Folio reads SentencePiece's form, the file tokenizer.model beside it")
    }
    let data = try ModelFile.read(file)
    let isNamed = file.lastPathComponent == "tokenizer.model"
    let settings = isNamed ? try TokenizerSettings(folder: file.deletingLastPathComponent()) : TokenizerSettings()
    try self.init(serialized: data, file: file.path, bos: bos, settings: settings)
  }

  package init(serialized data: Data, file: String, bos: Int, settings: TokenizerSettings) throws(ModelError) {
    var message = [CChar](repeating: 0, count: 512)
    let loaded = data.withUnsafeBytes { csp_load($0.baseAddress, $0.count, &message, message.count) }
    guard let loaded else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw .badTokenizer(file: file, problem: "is not a SentencePiece model (\(reason))")
    }
    (processor, self.serialized) = (loaded, data)
    count = Int(csp_piece_count(loaded))
    self.bos = bos
    self.settings = settings
    let controls = (0..<Int32(count)).compactMap { id -> (bytes: [UInt8], id: Int)? in
      let kind = csp_kind(loaded, id)
      guard kind == csp_piece_control || kind == csp_piece_unknown, let bytes = Self.rawBytes(loaded, Int(id)), !bytes.isEmpty
      else { return nil }
      return (bytes, Int(id))
    }
    let added = settings.added.map { (bytes: Array($0.content.utf8), id: $0.id) }
    let named = (controls + added).filter { !$0.bytes.isEmpty }
    specials = Dictionary(grouping: named) { $0.bytes[0] }.mapValues { $0.sorted { $0.bytes.count > $1.bytes.count } }
    guard bos < count else { throw .badTokenizer(file: file, problem: "has \(count) pieces, and the BOS token is \(bos)") }
    let own = Int(csp_bos(loaded))
    guard own < 0 || own == bos else {
      throw .badTokenizer(file: file, problem: "begins a text with the token \(own), and config.json's “bos_token_id” is \(bos)")
    }
    try settings.check(bos: bos) { Self.rawBytes(loaded, $0) }
  }

  deinit { csp_free(processor) }

  /// A `tokenizer_config.json` that belongs beside `serialized`; nil if that says everything.
  package var serializedSettings: Data? {
    settings.serialized { token in [csp_piece_control, csp_piece_unknown].contains(kind(token.id)) }
  }

  // MARK: Text to tokens

  /// The tokens of a text.
  /// - Parameter prependBOS: Whether they begin with the beginning-of-sequence token, once, also when the text says `<bos>`. If nil, as the
  ///   checkpoint says; where it does not, they do.
  public func toTokens(_ text: String, prependBOS: Bool? = nil) throws(ModelError) -> [Int] {
    var tokens: [Int] = []
    let bytes = Array(text.utf8)
    var start = 0
    for special in specialTokens(in: bytes) {
      tokens += try encode(bytes[start..<special.range.lowerBound])
      tokens.append(special.id)
      start = special.range.upperBound
    }
    tokens += try encode(bytes[start...])
    return prependBOS ?? settings.addsBOS && tokens.first != bos ? [bos] + tokens : tokens
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
    guard tokens.count == 1, kind(tokens[0]) != csp_piece_unknown || isSpecial(text) else { return nil }
    return tokens[0]
  }

  // MARK: Tokens to text

  /// The text of tokens, with the special ones spelled out: `<bos>Answer True or False`.
  public func toString(_ tokens: some Sequence<Int>) throws(ModelError) -> String {
    var bytes: [UInt8] = []
    for token in tokens { bytes += try self.bytes(of: token) }
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

  /// The bytes that a token stands for.
  package func bytes(of token: Int) throws(ModelError) -> [UInt8] {
    guard let raw = Self.rawBytes(processor, token) else { throw .tokenOutOfRange(token: token, vocabulary: count) }
    switch kind(token) {
    case csp_piece_byte: return Self.byte(raw).map { [$0] } ?? raw
    case csp_piece_control, csp_piece_unknown: return raw
    default: return Self.withSpaces(raw)
    }
  }

  // MARK: Details

  /// What kind of piece a token is; of one that is none, an unused one.
  private func kind(_ token: Int) -> csp_piece_kind {
    Int32(exactly: token).map { csp_kind(processor, $0) } ?? csp_piece_unused
  }

  private func encode(_ bytes: ArraySlice<UInt8>) throws(ModelError) -> [Int] {
    guard !bytes.isEmpty else { return [] }
    var count = 0
    let ids = bytes.withUnsafeBytes { csp_encode(processor, $0.baseAddress, $0.count, &count) }
    guard let ids else { throw .notEncodable(text: String(decoding: bytes, as: UTF8.self)) }
    defer { csp_free_ids(ids) }
    return UnsafeBufferPointer(start: ids, count: count).map(Int.init)
  }

  private func isSpecial(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.first.flatMap { specials[$0] }?.contains { $0.bytes == bytes } ?? false
  }

  /// Where special tokens are spelled out in a text, from left to right.
  private func specialTokens(in bytes: [UInt8]) -> [(range: Range<Int>, id: Int)] {
    var found: [(range: Range<Int>, id: Int)] = []
    var position = 0
    while position < bytes.count {
      if let special = specials[bytes[position]]?.first(where: { bytes[position...].starts(with: $0.bytes) }) {
        found.append((position..<position + special.bytes.count, special.id))
        position += special.bytes.count
      } else {
        position += 1
      }
    }
    return found
  }

  private static func rawBytes(_ processor: OpaquePointer, _ token: Int) -> [UInt8]? {
    guard let id = Int32(exactly: token) else { return nil }
    var count = 0
    guard let piece = csp_piece(processor, id, &count) else { return nil }
    return Array(UnsafeRawBufferPointer(start: piece, count: count))
  }

  /// The byte of a piece as `<0x0A>`.
  private static func byte(_ piece: [UInt8]) -> UInt8? {
    piece.count == 6 ? UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16) : nil
  }

  /// SentencePiece writes a space as U+2581, “▁”.
  private static func withSpaces(_ piece: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = 0
    while position < piece.count {
      if piece[position...].starts(with: [0xE2, 0x96, 0x81]) {
        bytes.append(0x20)
        position += 3
      } else {
        bytes.append(piece[position])
        position += 1
      }
    }
    return bytes
  }
}

/// Puts text together while tokens arrive, and holds back a character whose bytes are not all there yet.
public struct StreamingText: Sendable {
  private let tokenizer: Tokenizer
  private var pending: [UInt8] = []

  /// No text yet.
  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The text that a further token completes; empty when a character is still unfinished.
  public mutating func append(_ token: Int) throws(ModelError) -> String {
    pending += try tokenizer.bytes(of: token)
    let complete = pending.count - unfinished
    defer { pending.removeFirst(complete) }
    return String(decoding: pending[..<complete], as: UTF8.self)
  }

  /// What was held back and will not be completed: `�`, or nothing.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end begin a UTF-8 sequence that needs more of them.
  private var unfinished: Int {
    for length in 1...3 where length <= pending.count {
      let byte = pending[pending.count - length]
      if byte & 0b1100_0000 == 0b1000_0000 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}
