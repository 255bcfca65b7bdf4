import Foundation

/// Reads the `model` of a `tokenizer.json`: vocabulary and merges of byte-pair encoding.
struct BytePairReader {
  private let keys: SettingsReader
  private let isByteLevel: Bool
  /// The vocabulary if it stands in another file: the file's name for errors, and what it holds.
  var vocabulary: (file: String, node: JSONNode)?

  init(_ keys: SettingsReader, isByteLevel: Bool) { (self.keys, self.isByteLevel) = (keys, isByteLevel) }

  func model(_ preTokenizer: PreTokenizer, _ decoding: PieceDecoding) throws(ModelError) -> BytePairModel {
    try keys.require(
      "type", toBe: [.string("BPE")], else: "Folio reads byte-pair encoding from a tokenizer.json, and no other model.")
    try keys.require("dropout", toBe: [.null, .number("0")], else: "Folio leaves out no merges at random.")
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      try keys.require(key, toBe: [.null, .string("")], else: "Folio marks neither the beginning nor the end of words.")
    }
    let (vocabulary, merges) = (try readVocabulary(), try keys.list("merges"))
    let unknown = try unknown(vocabulary)
    let fuses = try keys.flag("fuse_unk") ?? false
    let (hasBytes, ignoresMerges) = (try keys.flag("byte_fallback") ?? false, try keys.flag("ignore_merges") ?? false)
    try keys.finishTokenizer()
    var joints = Joints(vocabulary, unknown: unknown)
    let table = try read(merges, vocabulary, &joints)
    let alphabet: BytePairModel.Alphabet =
      isByteLevel
      ? .bytes(ByteAlphabet.scalars.map { Int32(vocabulary.token(UTF8Text.bytes($0)) ?? -1) })
      : .characters(Self.characters(vocabulary, joints, hasBytes: hasBytes, hasUnknown: unknown != nil))
    return BytePairModel(
      vocabulary, alphabet, unknown: BytePairModel.Unknown(token: unknown.map(UInt32.init), isFused: fuses),
      PairMerging(merges: table), preTokenizer: preTokenizer, ignoresMerges: ignoresMerges, decoding: decoding)
  }

  private func unknown(_ vocabulary: Vocabulary) throws(ModelError) -> Int? {
    guard let name = try keys.string("unk_token") else { return nil }
    guard let token = vocabulary.token(Array(name.utf8)) else {
      throw keys.error("unk_token", "is “\(name)”, which the vocabulary does not have", TokenizerJSON.copy)
    }
    return token
  }

  private func readVocabulary() throws(ModelError) -> Vocabulary {
    let (file, node) = vocabulary ?? (keys.location("vocab"), keys.node("vocab") ?? JSONNode(.null))
    func error(_ problem: String) -> ModelError {
      .badConfiguration(file: file, key: "vocab", problem: problem, advice: TokenizerJSON.copy)
    }
    guard let members = node.members, !members.isEmpty else { throw error("is no object with the numbers of tokens") }
    var result = Vocabulary()
    result.reserve(members.count)
    // Numbers may be missing, but not most of them.
    let limit = 2 * members.count + 10_000
    for member in members {
      guard let token = member.value.integer, (0..<limit).contains(token) else {
        throw error("has no number for “\(member.key.prefix(80))”, or one that is too large for \(members.count) tokens")
      }
      guard result.add(Array(member.key.utf8), token) else {
        throw error("has the token “\(member.key.prefix(80))” or its number \(token) twice")
      }
    }
    return result
  }

  private func read(
    _ merges: [JSONNode], _ vocabulary: Vocabulary, _ joints: inout Joints
  ) throws(ModelError) -> PairTable {
    var table = PairTable(capacity: merges.count)
    var rank: UInt64 = 0
    for node in merges {
      if let text = node.string, text.hasPrefix("#version") { continue }
      guard let (left, right) = Self.pair(node), !left.isEmpty, !right.isEmpty else {
        throw keys.error("merges", "has \(keys.text(node)), which is no pair", TokenizerJSON.copy)
      }
      guard let first = vocabulary.token(left), let second = vocabulary.token(right), let merged = vocabulary.token(left + right)
      else {
        throw keys.error(
          "merges", "joins \(keys.text(node)), and one of these or both together are not in the vocabulary", TokenizerJSON.copy)
      }
      table.set(UInt32(first), UInt32(second), to: rank << 32 | UInt64(merged))
      if !isByteLevel { joints.add(left, right) }
      rank += 1
    }
    return table
  }

  /// A merge stands there as `"a b"` or as `["a", "b"]`.
  private static func pair(_ node: JSONNode) -> ([UInt8], [UInt8])? {
    if let text = node.string {
      let parts = Array(text.utf8).split(separator: 0x20, omittingEmptySubsequences: false)
      return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
    }
    guard let parts = node.array, parts.count == 2, let left = parts[0].string, let right = parts[1].string else { return nil }
    return (Array(left.utf8), Array(right.utf8))
  }

  private static func characters(
    _ vocabulary: Vocabulary, _ joints: Joints, hasBytes: Bool, hasUnknown: Bool
  ) -> BytePairModel.Characters {
    var result = BytePairModel.Characters()
    for token in vocabulary.tokens {
      guard let text = vocabulary[token], let scalar = text.withUnsafeBufferPointer(Self.only) else { continue }
      result.tokens[scalar] = UInt32(token)
    }
    if hasBytes { result.byteTokens = joints.byteTokens }
    result.joints = joints.table
    // A character that is left out has its neighbours side by side.
    let bytes = result.byteTokens
    result.mayCut = !joints.joinsOthers && (bytes.isEmpty ? hasUnknown : !bytes.contains(-1))
    return result
  }

  /// The character of a text that has only one.
  private static func only(_ text: UnsafeBufferPointer<UInt8>) -> UInt32? {
    guard let bytes = text.baseAddress, !text.isEmpty else { return nil }
    let (scalar, length) = UTF8Text.scalar(bytes, 0, text.count)
    return length == text.count ? scalar : nil
  }
}

/// Which characters merges put side by side.
private struct Joints {
  var table = PairTable(capacity: 1024)
  private let unknown: [UInt8]?
  /// The tokens of `<0x00>` to `<0xFF>`; -1 where there is none.
  let byteTokens: [Int32]
  /// Whether a merge takes in a byte or the unknown token, which say nothing of the characters that they stand for.
  private(set) var joinsOthers = false

  init(_ vocabulary: Vocabulary, unknown token: Int?) {
    unknown = token.flatMap { vocabulary[$0] }.map(Array.init)
    byteTokens = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return Int32(vocabulary.token(Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)) ?? -1)
    }
  }

  mutating func add(_ left: [UInt8], _ right: [UInt8]) {
    let before = left.withUnsafeBufferPointer { text -> UInt32 in
      guard let bytes = text.baseAddress else { return 0 }
      return UTF8Text.scalar(bytes, UTF8Text.before(bytes, text.count, 0), text.count).value
    }
    let behind = right.withUnsafeBufferPointer { text in text.baseAddress.map { UTF8Text.scalar($0, 0, text.count).value } ?? 0 }
    table.set(before, behind, to: 1)
    for piece in [left, right] where piece == unknown || PieceDecoding.byte(piece) != nil { joinsOthers = true }
  }
}

extension SettingsReader {
  fileprivate func list(_ key: String) throws(ModelError) -> [JSONNode] {
    guard let list = node(key)?.array else { throw error(key, "is missing, or no list", TokenizerJSON.copy) }
    return list
  }

  /// A large file's whole content.
  static func node(_ json: Data, file: String) throws(ModelError) -> (file: String, node: JSONNode) {
    let parsed = json.withUnsafeBytes { bytes in
      Result { () throws(JSONNode.Problem) in try JSONNode(parsing: bytes) }
    }
    do throws(JSONNode.Problem) { return (file, try parsed.get()) } catch {
      throw .badConfiguration(
        file: "\(file):\(line(error.offset, json))", key: "", problem: "is not JSON: \(error.text)", advice: TokenizerJSON.copy)
    }
  }
}
