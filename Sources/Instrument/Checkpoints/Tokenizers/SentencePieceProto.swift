import Foundation

/// SentencePiece's file, a `ModelProto` of Protocol Buffers: the few fields of it that Folio goes by itself, and the writing of one.
///
/// The fields' numbers are those of `sentencepiece_model.proto`: 1 is a piece (1 its text, 2 its score, 3 its kind), 2 the trainer's settings
/// (3 the algorithm, 24 a space behind the text in place of before it, 35 whether bytes are used, 40 to 43 the numbers of unknown, BOS, EOS and padding), 3 the normalizer's (1 its name,
/// 2 its table, 3 a space before the text, 4 spaces made one, 5 spaces as “▁”).
struct SentencePieceProto: Sendable {
  struct Piece: Sendable {
    var text: [UInt8] = []
    var score: Float = 0
    var kind = PieceKind.normal
  }

  /// The pieces of a unigram model; of another one, whose pieces only the library needs, none.
  private(set) var pieces: [Piece] = []
  private(set) var isUnigram = true
  /// Whether unknown characters become bytes, and the number of the unknown piece.
  private(set) var usesBytes = false, unknown = 0
  /// Whether a space is put before a text, or behind it.
  private(set) var addsSpace = true, addsSpaceBehind = false
  /// By what characters are replaced.
  private(set) var table: [UInt8] = []
  /// Whether spaces side by side are made one, and those around a text none.
  private(set) var removesSpaces = true
  /// Whether a space is written as “▁”.
  private(set) var escapesSpaces = true
  /// Whether a piece goes on behind a letter with a space.
  private var hasInnerSpace = false

  /// Whether a text may be given in parts, cut between a letter and a space.
  var mayBeCut: Bool { table.isEmpty && !removesSpaces && !hasInnerSpace }

  /// Appended to a model, it takes the space before a text away: what stands twice counts as it stands last.
  static let withoutSpace = Data([3 << 3 | 2, 2, 3 << 3, 0])

  init(_ serialized: Data) {
    serialized.withUnsafeBytes { bytes in
      Self.forEachField(bytes) { number, _, content in
        switch number {
        case 1: readPiece(content)
        case 2: readTrainer(content)
        case 3: readNormalizer(content)
        default: break
        }
      }
    }
    unknown = pieces.firstIndex { $0.kind == .unknown } ?? 0
    if !isUnigram { pieces = [] }
  }

  private mutating func readPiece(_ content: UnsafeRawBufferPointer) {
    var piece = Piece()
    Self.forEachField(content) { number, value, text in
      switch number {
      case 1: piece.text = Array(text)
      case 2: piece.score = Float(bitPattern: UInt32(truncatingIfNeeded: value))
      case 3: piece.kind = PieceKind(rawValue: Int(truncatingIfNeeded: value)) ?? .unused
      default: break
      }
    }
    if !hasInnerSpace { hasInnerSpace = piece.text.withUnsafeBytes(Self.hasInnerSpace) }
    pieces.append(piece)
  }

  private mutating func readTrainer(_ content: UnsafeRawBufferPointer) {
    Self.forEachField(content) { number, value, _ in
      switch number {
      case 3: isUnigram = value == 1
      case 24: addsSpaceBehind = value != 0
      case 35: usesBytes = value != 0
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ content: UnsafeRawBufferPointer) {
    Self.forEachField(content) { number, value, bytes in
      switch number {
      case 2: table = Array(bytes)
      case 3: addsSpace = value != 0
      case 4: removesSpaces = value != 0
      case 5: escapesSpaces = value != 0
      default: break
      }
    }
  }

  private static func hasInnerSpace(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.count > 3 else { return false }
    for index in 0..<text.count - 3 where text[index + 1] == 0xE2 && text[index + 2] == 0x96 && text[index + 3] == 0x81 {
      if (0x61...0x7A).contains(text[index] | 0x20) { return true }
    }
    return false
  }

  /// Goes through the fields of a message: numbers by their value, and messages and texts by their bytes. Ends where the bytes make no
  /// sense; the library has read them before, and would not have if it mattered.
  private static func forEachField(
    _ bytes: UnsafeRawBufferPointer, _ body: (_ number: UInt64, _ value: UInt64, _ content: UnsafeRawBufferPointer) -> Void
  ) {
    var position = 0
    func varint() -> UInt64? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while position < bytes.count, shift < 64 {
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    while position < bytes.count, let key = varint() {
      switch key & 7 {
      case 0:
        guard let value = varint() else { return }
        body(key >> 3, value, none)
      case 1: position += 8
      case 2:
        guard let length = varint(), length <= UInt64(bytes.count - position) else { return }
        body(key >> 3, 0, UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
        position += Int(length)
      case 5:
        guard bytes.count - position >= 4 else { return }
        body(key >> 3, UInt64(bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian), none)
        position += 4
      default: return
      }
    }
  }
}

// MARK: - Writing

extension SentencePieceProto {
  /// A model of pieces in memory, whose text is left as it is but for spaces.
  static func serialized(_ pieces: SentencePieces) -> Data {
    var bytes: [UInt8] = []
    var used: [PieceKind: Bool] = [:]
    for (index, text) in pieces.texts.enumerated() {
      var piece = field(1, Array(text.utf8))
      piece += [2 << 3 | 5] + withUnsafeBytes(of: pieces.scores[index].bitPattern.littleEndian) { Array($0) }
      piece += number(3, pieces.kinds[index].rawValue)
      bytes += field(1, piece)
      used[pieces.kinds[index]] = true
    }
    let algorithm = pieces.algorithm == .unigram ? 1 : 2
    var trainer = number(3, algorithm) + number(35, used[.byte] == true ? 1 : 0)
    trainer += number(40, pieces.kinds.firstIndex(of: .unknown) ?? 0)
    for (field, token) in [(41, pieces.bos), (42, pieces.eos), (43, nil)] { trainer += number(field, token ?? -1) }
    // Names by which the library would look for other pieces than these.
    let unknown = pieces.kinds.firstIndex(of: .unknown).map { pieces.texts[$0] }
    for (number, name) in [(45, unknown), (46, text(pieces, pieces.bos)), (47, text(pieces, pieces.eos))] {
      if let name { trainer += field(UInt64(number), Array(name.utf8)) }
    }
    let normalizer = field(1, Array("identity".utf8)) + number(3, pieces.addsSpace ? 1 : 0) + number(4, 0) + number(5, 1)
    return Data(bytes + field(2, trainer) + field(3, normalizer))
  }

  private static func text(_ pieces: SentencePieces, _ token: Int?) -> String? {
    token.flatMap { pieces.texts.indices.contains($0) ? pieces.texts[$0] : nil }
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
  }

  private static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  private static func number(_ field: Int, _ value: Int) -> [UInt8] {
    varint(UInt64(field) << 3) + varint(UInt64(bitPattern: Int64(value)))
  }
}

/// SentencePiece's pieces in memory, by their numbers, as GGUF files hold them.
package struct SentencePieces: Sendable {
  package enum Algorithm: Sendable { case bytePairs, unigram }

  /// Spaces are written as “▁”.
  package var texts: [String]
  package var scores: [Float]
  package var kinds: [PieceKind]
  package var algorithm: Algorithm
  /// Whether a space is put before a text.
  package var addsSpace: Bool
  package var bos: Int?
  package var eos: Int?
  /// The piece for what the others lack, if `kinds` does not say it.
  package var unknown: Int?

  package init(
    _ texts: [String], scores: [Float], kinds: [PieceKind], algorithm: Algorithm = .bytePairs, addsSpace: Bool, bos: Int?,
    eos: Int?, unknown: Int? = nil
  ) {
    (self.texts, self.scores, self.kinds, self.algorithm) = (texts, scores, kinds, algorithm)
    (self.addsSpace, self.bos, self.eos, self.unknown) = (addsSpace, bos, eos, unknown)
  }
}
