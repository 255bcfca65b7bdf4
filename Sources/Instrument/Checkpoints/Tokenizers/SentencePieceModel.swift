import CSentencePiece
import Foundation
import Synchronization
import Tensors

/// A `tokenizer.model`: byte pairs, which SentencePiece's own library merges, or unigrams.
final class SentencePieceModel: TokenizerModel {
  /// A loaded model, which is only ever read, from any thread.
  private final class Processor: @unchecked Sendable {
    let pointer: OpaquePointer

    init?(_ serialized: Data, message: inout [CChar]) {
      guard let loaded = serialized.withUnsafeBytes({ csp_load($0.baseAddress, $0.count, &message, message.count) }) else {
        return nil
      }
      pointer = loaded
    }

    deinit { csp_free(pointer) }
  }

  private let processor: Processor
  /// The same model without the space that it puts before a text; loaded when it is needed.
  private let continuing = Mutex(Processor?.none)
  private let serialized: Data
  private let proto: SentencePieceProto
  private let unigram: UnigramEncoder?
  /// Whether each part of a text between special tokens begins with that space, and not only the first.
  private let prefixesEachPart: Bool
  let count: Int

  init(_ serialized: Data, file: String, prefixesEachPart: Bool) throws(ModelError) {
    var message = [CChar](repeating: 0, count: 512)
    guard let processor = Processor(serialized, message: &message) else {
      let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw .badTokenizer(file: file, problem: "is not a SentencePiece model (\(reason))")
    }
    (self.processor, self.serialized, self.prefixesEachPart) = (processor, serialized, prefixesEachPart)
    let proto = SentencePieceProto(serialized)
    (self.proto, unigram) = (proto, UnigramEncoder(proto))
    count = Int(csp_piece_count(processor.pointer))
  }

  var addsSpace: Bool { proto.addsSpace }
  var stripsSpace: Bool { proto.addsSpace }

  /// The token that begins a text by the model itself.
  var bos: Int? {
    let token = csp_bos(processor.pointer)
    return token < 0 ? nil : Int(token)
  }

  /// The library works on a text as a whole; a long one is given to it in parts, cut where a space follows a letter, if that is sure to
  /// change nothing. So it can be interrupted.
  private static let partSize = 1 << 16

  func encode(_ text: UnsafeRawBufferPointer, isStart: Bool, into tokens: inout [Int]) throws(ModelError) {
    if let unigram { return try unigram.encode(text, hasSpace: isStart || prefixesEachPart, into: &tokens) }
    var start = 0
    while start < text.count {
      if Interruption.isRequested() { throw .interrupted }
      let end = proto.mayBeCut ? cut(text, from: start + Self.partSize) : text.count
      let hasSpace = start == 0 && (isStart || prefixesEachPart)
      try append(UnsafeRawBufferPointer(rebasing: text[start..<end]), try processor(hasSpace: hasSpace), &tokens)
      start = end
    }
  }

  private func append(
    _ text: UnsafeRawBufferPointer, _ processor: Processor, _ tokens: inout [Int]
  ) throws(ModelError) {
    var count = 0
    guard let ids = csp_encode(processor.pointer, text.baseAddress, text.count, &count) else {
      throw .notEncodable(text: String(decoding: text.prefix(200), as: UTF8.self))
    }
    defer { csp_free_ids(ids) }
    for id in UnsafeBufferPointer(start: ids, count: count) { tokens.append(Int(id)) }
  }

  private func cut(_ text: UnsafeRawBufferPointer, from position: Int) -> Int {
    var position = position
    while position < text.count {
      let byte = text[position - 1] | 0x20
      if text[position] == 0x20, byte >= 0x61, byte <= 0x7A { return position }
      position += 1
    }
    return text.count
  }

  private func processor(hasSpace: Bool) throws(ModelError) -> Processor {
    guard proto.addsSpace, !hasSpace else { return processor }
    let loaded = continuing.withLock { continuing in
      if continuing == nil {
        var message = [CChar](repeating: 0, count: 512)
        continuing = Processor(serialized + SentencePieceProto.withoutSpace, message: &message)
      }
      return continuing
    }
    guard let loaded else { throw .notEncodable(text: "behind a special token") }
    return loaded
  }

  func piece(_ token: Int) -> [UInt8]? {
    guard let id = Int32(exactly: token) else { return nil }
    var count = 0
    guard let piece = csp_piece(processor.pointer, id, &count) else { return nil }
    return Array(UnsafeRawBufferPointer(start: piece, count: count))
  }

  func token(_ piece: [UInt8]) -> Int? {
    let id = Int(piece.withUnsafeBytes { csp_token(processor.pointer, $0.baseAddress, $0.count) })
    return self.piece(id) == piece ? id : nil
  }

  func bytes(of token: Int) -> [UInt8]? {
    guard let piece = piece(token) else { return nil }
    switch kind(of: token) {
    case .byte: return PieceDecoding.byte(piece).map { [$0] } ?? piece
    case .control, .unknown: return piece
    default: return UTF8Text.replacing([0xE2, 0x96, 0x81], with: [0x20], in: piece)
    }
  }

  func kind(of token: Int) -> PieceKind {
    guard let id = Int32(exactly: token) else { return .unused }
    return switch csp_kind(processor.pointer, id) {
    case csp_piece_normal: .normal
    case csp_piece_unknown: .unknown
    case csp_piece_control: .control
    case csp_piece_byte: .byte
    default: .unused
    }
  }
}
