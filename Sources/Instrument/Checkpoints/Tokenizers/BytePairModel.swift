import Tensors

/// Byte-pair encoding as Hugging Face's `tokenizers` does it: a text is cut into words, each word into bytes or characters, and neighbours
/// are merged in the order in which the merges were learnt.
///
/// There are two alphabets. **Bytes**: GPT-2's, of which any text can be made. **Characters**: as SentencePiece has them, where a character
/// that the vocabulary lacks becomes its bytes `<0xE4>`, if the vocabulary has these, or the unknown token. Texts of characters are often not
/// cut into words, so that the whole is one; it is cut here where no merge could join two characters, which changes nothing, and
/// keeps long texts linear.
struct BytePairModel: TokenizerModel {
  enum Alphabet: Sendable {
    /// The token of each byte; -1 if it has none.
    case bytes([Int32])
    case characters(Characters)
  }

  struct Characters: Sendable {
    /// The tokens of the characters that are one, and of `<0x00>` to `<0xFF>`; empty if bytes are not used.
    var tokens: [UInt32: UInt32] = [:]
    var byteTokens: [Int32] = []
    /// Neighbours that a merge may join.
    var joints = PairTable(capacity: 0)
    /// Whether words may be cut where there is no joint.
    var mayCut = true
  }

  /// What stands for a byte or a character that the vocabulary lacks.
  struct Unknown: Sendable {
    /// Nil if it is left out, as `tokenizers` leaves it out.
    var token: UInt32?
    /// Whether several side by side are one token.
    var isFused = false
  }

  let vocabulary: Vocabulary
  let preTokenizer: PreTokenizer
  let alphabet: Alphabet
  let unknown: Unknown
  let merging: PairMerging
  /// Whether a word that is a token is that token, however it would be merged.
  let ignoresMerges: Bool
  /// How pieces become text.
  let decoding: PieceDecoding
  private let cache = SharedWordCache()

  init(
    _ vocabulary: Vocabulary, _ alphabet: Alphabet, unknown: Unknown, _ merging: PairMerging, preTokenizer: PreTokenizer,
    ignoresMerges: Bool, decoding: PieceDecoding
  ) {
    self.unknown = unknown
    (self.vocabulary, self.alphabet, self.merging) = (vocabulary, alphabet, merging)
    (self.preTokenizer, self.ignoresMerges, self.decoding) = (preTokenizer, ignoresMerges, decoding)
  }

  var count: Int { vocabulary.count }
  var addsSpace: Bool { preTokenizer.addsSpace }
  var stripsSpace: Bool { decoding.stripsSpace }
  func piece(_ token: Int) -> [UInt8]? { vocabulary[token].map(Array.init) }
  func token(_ piece: [UInt8]) -> Int? { vocabulary.token(piece) }

  func bytes(of token: Int) -> [UInt8]? { vocabulary[token].map { decoding.bytes(Array($0)) } }

  func kind(of token: Int) -> PieceKind {
    guard vocabulary[token] != nil else { return .unused }
    if unknown.token == UInt32(exactly: token) { return .unknown }
    if case .characters(let characters) = alphabet, characters.byteTokens.contains(Int32(exactly: token) ?? -1) { return .byte }
    return .normal
  }

  func encode(_ text: UnsafeRawBufferPointer, isStart: Bool, into tokens: inout [Int]) throws(ModelError) {
    guard !text.isEmpty else { return }
    let words = try preTokenizer.words(Array(text), isStart: isStart)
    var result = tokens
    tokens = []
    result.reserveCapacity(result.count + words.bytes.count / 4)
    try words.bytes.withPointer { (bytes) throws(ModelError) in
      try cache.with { (cache) throws(ModelError) in
        var encoder = WordEncoder(model: self, tokens: result)
        result = []
        for (index, range) in words.ranges.enumerated() where !range.isEmpty {
          if index & 0x3FFF == 0, Interruption.isRequested() { throw .interrupted }
          try encoder.encode(UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count), &cache)
        }
        result = encoder.tokens
      }
    }
    tokens = result
  }
}

/// The encoding of the words of one text.
private struct WordEncoder {
  let model: BytePairModel
  var tokens: [Int]
  private var scratch = PairMerging.Scratch()
  /// An unknown token that may still take in the next byte or character.
  private var pending: UInt32?

  init(model: BytePairModel, tokens: [Int]) { (self.model, self.tokens) = (model, tokens) }

  mutating func encode(_ word: UnsafeBufferPointer<UInt8>, _ cache: inout WordCache) throws(ModelError) {
    switch model.alphabet {
    case .bytes(let table):
      try cached(word, &cache) { (encoder: inout WordEncoder) throws(ModelError) in try encoder.append(word, table) }
    case .characters(let characters):
      if model.ignoresMerges, let token = model.vocabulary.token(Array(word)) {
        tokens.append(token)
      } else {
        try encode(word, characters, &cache)
      }
    }
  }

  /// Encodes a word, unless its tokens are known.
  @inline(__always)
  private mutating func cached(
    _ word: UnsafeBufferPointer<UInt8>, _ cache: inout WordCache, _ encode: (inout Self) throws(ModelError) -> Void
  ) throws(ModelError) {
    guard word.count <= WordCache.longest else { return try merged(encode) }
    let hash = WordCache.hash(word)
    if cache.find(word, hash, into: &tokens) { return }
    let start = tokens.count
    try merged(encode)
    cache.remember(word, hash, tokens[start...])
  }

  private mutating func merged(_ append: (inout Self) throws(ModelError) -> Void) throws(ModelError) {
    scratch.symbols.removeAll(keepingCapacity: true)
    try append(&self)
    try model.merging.merge(&scratch)
    for symbol in scratch.symbols { tokens.append(Int(symbol)) }
  }

  private mutating func append(_ word: UnsafeBufferPointer<UInt8>, _ table: [Int32]) throws(ModelError) {
    guard word.count < Int32.max else { throw notEncodable(word) }
    if model.ignoresMerges, let token = model.vocabulary.token(Array(ByteAlphabet.text(of: Array(word)).utf8)) {
      scratch.symbols.append(UInt32(token))
      return
    }
    for byte in word {
      let token = table[Int(byte)]
      if token >= 0 { appendKnown(UInt32(token)) } else { appendUnknown() }
    }
    endUnknown()
  }

  // MARK: What the vocabulary lacks

  private mutating func appendKnown(_ token: UInt32) {
    endUnknown()
    scratch.symbols.append(token)
  }

  private mutating func appendUnknown() {
    if !model.unknown.isFused { endUnknown() }
    pending = model.unknown.token
  }

  private mutating func endUnknown() {
    if let pending { scratch.symbols.append(pending) }
    pending = nil
  }

  private func notEncodable(_ word: UnsafeBufferPointer<UInt8>) -> ModelError {
    .notEncodable(text: String(decoding: word.prefix(80), as: UTF8.self))
  }

  // MARK: Characters

  /// Cuts a word where no merge joins two characters.
  private mutating func encode(
    _ word: UnsafeBufferPointer<UInt8>, _ characters: BytePairModel.Characters, _ cache: inout WordCache
  ) throws(ModelError) {
    guard let bytes = word.baseAddress, word.count < Int32.max else { throw notEncodable(word) }
    var (start, position, cuts) = (0, 0, 0)
    var previous: UInt32?
    while position < word.count {
      let (scalar, length) = UTF8Text.scalar(bytes, position, word.count)
      if characters.mayCut, let left = previous, characters.joints.value(left, scalar) == nil, isKnown(left, characters) {
        cuts += 1
        if cuts & 0x3FFF == 0, Interruption.isRequested() { throw .interrupted }
        try part(UnsafeBufferPointer(rebasing: word[start..<position]), characters, &cache)
        start = position
      }
      previous = scalar
      position += length
    }
    try part(UnsafeBufferPointer(rebasing: word[start...]), characters, &cache)
  }

  /// Where unknown characters are one token, no cut goes between two of them.
  private func isKnown(_ scalar: UInt32, _ characters: BytePairModel.Characters) -> Bool {
    !model.unknown.isFused || characters.tokens[scalar] != nil
  }

  private mutating func part(
    _ word: UnsafeBufferPointer<UInt8>, _ characters: BytePairModel.Characters, _ cache: inout WordCache
  ) throws(ModelError) {
    try cached(word, &cache) { (encoder: inout WordEncoder) throws(ModelError) in try encoder.append(word, characters) }
  }

  private mutating func append(
    _ word: UnsafeBufferPointer<UInt8>, _ characters: BytePairModel.Characters
  ) throws(ModelError) {
    guard let bytes = word.baseAddress else { return }
    var position = 0
    while position < word.count {
      let (scalar, length) = UTF8Text.scalar(bytes, position, word.count)
      if let token = characters.tokens[scalar] {
        appendKnown(token)
      } else if let tokens = fallback(bytes, position..<position + length, characters) {
        scratch.symbols += tokens
      } else {
        appendUnknown()
      }
      position += length
    }
    endUnknown()
  }

  private func fallback(
    _ bytes: UnsafePointer<UInt8>, _ range: Range<Int>, _ characters: BytePairModel.Characters
  ) -> [UInt32]? {
    guard !characters.byteTokens.isEmpty else { return nil }
    var tokens: [UInt32] = []
    for position in range {
      let token = characters.byteTokens[Int(bytes[position])]
      guard token >= 0 else { return nil }
      tokens.append(UInt32(token))
    }
    return tokens
  }
}

/// How the pieces of a vocabulary become text.
enum PieceDecoding: Sendable {
  /// Pieces are written in the alphabet of bytes.
  case bytes
  /// Pieces are text, with parts that are replaced; `<0x0A>` may be a byte.
  case text(replacing: [UInt8], by: [UInt8], hasBytes: Bool, stripsSpace: Bool)

  var stripsSpace: Bool { if case .text(_, _, _, let stripsSpace) = self { stripsSpace } else { false } }

  func bytes(_ token: [UInt8]) -> [UInt8] {
    guard case .text(let part, let other, let hasBytes, _) = self else {
      // A token that was added holds other characters.
      return ByteAlphabet.bytes(of: String(decoding: token, as: UTF8.self)) ?? token
    }
    if hasBytes, let byte = Self.byte(token) { return [byte] }
    return UTF8Text.replacing(part, with: other, in: token)
  }

  /// The byte of a piece as `<0x0A>`.
  static func byte(_ piece: [UInt8]) -> UInt8? {
    guard piece.count == 6, piece.starts(with: Array("<0x".utf8)), piece[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
  }
}
