import Tensors

/// SentencePiece's unigram model: of all ways in which pieces make up a text, the one with the highest sum of scores.
///
/// Debian's library adds scores in double precision, and that on PyPI in single, so that of two ways that are equally good each takes another.
/// What people have is the latter; so it is done here, in single precision, with the library's own order.
struct UnigramEncoder: Sendable {
  /// The pieces as a tree, with the steps from node to node by bytes, and the piece that ends at a node, or -1.
  private var steps = PairTable(capacity: 1024)
  private var ends: [Int32] = [-1]
  private var scores: [Float] = []
  private var byteTokens = [Int32](repeating: -1, count: 256)
  private let unknown: Int
  private let unknownScore: Float
  private let usesBytes: Bool
  private let normalizer: SentencePieceNormalizer

  /// What the library takes from the score of a character that no piece has.
  private static let unknownPenalty: Float = 10

  /// Nil for a model of another kind.
  init?(_ proto: SentencePieceProto) {
    guard proto.isUnigram else { return nil }
    let normal = proto.pieces.filter { $0.kind == .normal }.map(\.score)
    let (lowest, highest) = (normal.min() ?? 0, normal.max() ?? 0)
    (unknown, unknownScore, usesBytes) = (proto.unknown, lowest - Self.unknownPenalty, proto.usesBytes)
    normalizer = SentencePieceNormalizer(proto)
    for (token, piece) in proto.pieces.enumerated() {
      let isOwn = piece.kind == .userDefined
      scores.append(isOwn ? Float(piece.text.count) * highest - 0.1 : piece.score)
      if piece.kind == .byte, let byte = PieceDecoding.byte(piece.text) { byteTokens[Int(byte)] = Int32(token) }
      if isOwn || piece.kind == .normal { add(piece.text, Int32(token)) }
    }
  }

  private mutating func add(_ text: [UInt8], _ token: Int32) {
    guard !text.isEmpty else { return }
    var node: UInt32 = 0
    for byte in text {
      if let next = steps.value(node, UInt32(byte)) {
        node = UInt32(next)
      } else {
        ends.append(-1)
        steps.set(node, UInt32(byte), to: UInt64(ends.count - 1))
        node = UInt32(ends.count - 1)
      }
    }
    ends[Int(node)] = token
  }

  private struct Best {
    var score: Float = 0
    var start: Int32 = -1
    var token: Int32 = -1
  }

  func encode(_ text: UnsafeRawBufferPointer, hasSpace: Bool, into tokens: inout [Int]) throws(ModelError) {
    let bytes = normalizer.normalized(text, hasSpace: hasSpace)
    guard bytes.count < Int32.max else { throw .notEncodable(text: String(decoding: text.prefix(80), as: UTF8.self)) }
    var best = [Best](repeating: Best(), count: bytes.count + 1)
    var position = 0
    while position < bytes.count {
      if position & 0x3FFF == 0, Interruption.isRequested() { throw .interrupted }
      position += step(bytes, position, &best)
    }
    var path: [(token: Int, range: Range<Int>)] = []
    var end = bytes.count
    while end > 0 {
      path.append((Int(best[end].token), Int(best[end].start)..<end))
      end = Int(best[end].start)
    }
    var isUnknown = false
    for (token, range) in path.reversed() {
      if token != unknown {
        tokens.append(token)
      } else if usesBytes {
        for byte in bytes[range] { tokens.append(byteTokens[Int(byte)] < 0 ? unknown : Int(byteTokens[Int(byte)])) }
      } else if !isUnknown {
        tokens.append(unknown)
      }
      isUnknown = token == unknown
    }
  }

  /// Goes on from a place with every piece that begins there. Returns how many bytes the character there has.
  private func step(_ bytes: [UInt8], _ start: Int, _ best: inout [Best]) -> Int {
    let first = bytes[start]
    let length = min(first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4, bytes.count - start)
    let here = best[start].score
    var (node, end, hasSingle) = (UInt32(0), start, false)
    func offer(_ score: Float, _ end: Int, _ token: Int32) {
      if best[end].start < 0 || score > best[end].score { best[end] = Best(score: score, start: Int32(start), token: token) }
    }
    while end < bytes.count, let next = steps.value(node, UInt32(bytes[end])) {
      node = UInt32(next)
      end += 1
      let token = ends[Int(node)]
      guard token >= 0 else { continue }
      if end - start == length { hasSingle = true }
      offer(scores[Int(token)] + here, end, token)
    }
    if !hasSingle { offer(unknownScore + here, start + length, Int32(unknown)) }
    return length
  }
}

/// What SentencePiece does to a text before it looks for pieces: characters replaced by a table, spaces made one and written as “▁”.
struct SentencePieceNormalizer: Sendable {
  private let proto: SentencePieceProto
  /// The table's tree (a double array, as the library Darts writes it), and the texts that its values point into.
  private let units: [UInt32]
  private let texts: [UInt8]
  /// Texts that are left as they are.
  private var own = AddedTokens()

  private static let space: [UInt8] = [0xE2, 0x96, 0x81]

  init(_ proto: SentencePieceProto) {
    self.proto = proto
    let table = proto.table
    let size = table.count < 4 ? 0 : Int(table[0]) | Int(table[1]) << 8 | Int(table[2]) << 16 | Int(table[3]) << 24
    if size >= 4, size <= table.count - 4 {
      units = (0..<size / 4).map { index in
        let place = 4 + 4 * index
        return UInt32(table[place]) | UInt32(table[place + 1]) << 8 | UInt32(table[place + 2]) << 16 | UInt32(table[place + 3])
          << 24
      }
      texts = Array(table[(4 + size)...])
    } else {
      (units, texts) = ([], [])
    }
    for piece in proto.pieces where piece.kind == .userDefined { own.add(piece.text, AddedTokens.Entry(token: 0)) }
  }

  func normalized(_ text: UnsafeRawBufferPointer, hasSpace: Bool) -> [UInt8] {
    let text = text.bindMemory(to: UInt8.self)
    var position = 0
    if proto.removesSpaces {
      while position < text.count {
        let (part, length) = prefix(text, position)
        guard part.elementsEqual([0x20]) else { break }
        position += length
      }
    }
    guard position < text.count else { return [] }
    let space = proto.escapesSpaces ? Self.space : [0x20]
    let adds = proto.addsSpace && hasSpace
    var result: [UInt8] = adds && !proto.addsSpaceBehind ? space : []
    result.reserveCapacity(text.count + text.count / 4)
    var isBehindSpace = proto.removesSpaces
    while position < text.count {
      var (part, length) = prefix(text, position)
      position += length
      if isBehindSpace { part = part.drop { $0 == 0x20 } }
      for byte in part { if byte == 0x20 { result += space } else { result.append(byte) } }
      if let last = part.last { isBehindSpace = proto.removesSpaces && last == 0x20 }
    }
    if proto.removesSpaces {
      while result.count >= space.count, result.suffix(space.count).elementsEqual(space) { result.removeLast(space.count) }
    }
    return adds && proto.addsSpaceBehind ? result + space : result
  }

  /// What the text at a position becomes, and how many of its bytes that takes.
  private func prefix(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (ArraySlice<UInt8>, Int) {
    if let end = own.end(text, start) { return (ArraySlice(text[start..<end]), end - start) }
    if let (value, length) = longest(text, start) {
      let from = min(value, texts.count)
      return (texts[from...].prefix { $0 != 0 }, length)
    }
    guard let bytes = text.baseAddress else { return ([], 1) }
    let length = UTF8Text.scalar(bytes, start, text.count).length
    return (ArraySlice(text[start..<start + length]), length)
  }

  /// The longest entry of the table that the text begins with.
  private func longest(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (value: Int, length: Int)? {
    guard let root = units.first else { return nil }
    var (place, position) = (Self.offset(root), start)
    var found: (Int, Int)?
    while position < text.count {
      let byte = UInt32(text[position])
      place ^= Int(byte)
      guard units.indices.contains(place), units[place] & 0x8000_00FF == byte else { break }
      position += 1
      let unit = units[place]
      place ^= Self.offset(unit)
      if unit >> 8 & 1 == 1, units.indices.contains(place) { found = (Int(units[place] & 0x7FFF_FFFF), position - start) }
    }
    return found
  }

  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}
