/// How text becomes tokens, and tokens bytes: an algorithm with its vocabulary.
///
/// A model knows nothing of special tokens in a text, of BOS and of what files add to it: `Tokenizer` takes these out before, so that what
/// a model is given is plain text. It never changes after it is made, and is used from any thread.
package protocol TokenizerModel: Sendable {
  /// One more than the largest token.
  var count: Int { get }

  /// Appends the tokens of a text.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - isStart: Whether the text begins what was given to the tokenizer: some models put a space before its first word.
  /// - Throws: `notEncodable` if a pattern finds no end, or a library fails; `interrupted`.
  func encode(_ text: UnsafeRawBufferPointer, isStart: Bool, into tokens: inout [Int]) throws(ModelError)

  /// A token as the vocabulary writes it, as `▁True`, `ĠTrue` or `<0x0A>`; nil if the vocabulary has no such token.
  func piece(_ token: Int) -> [UInt8]?

  /// The token that the vocabulary writes so.
  func token(_ piece: [UInt8]) -> Int?

  /// The bytes of text that a token stands for; nil if the vocabulary has no such token.
  func bytes(of token: Int) -> [UInt8]?

  /// What a token is for; of a number that is no token, `unused`.
  func kind(of token: Int) -> PieceKind

  /// Whether a space is put before a text that has none.
  var addsSpace: Bool { get }

  /// Whether that space is left out when the text comes back.
  var stripsSpace: Bool { get }
}

/// What a token of a vocabulary is for.
package enum PieceKind: Int, Sendable {
  case normal = 1, unknown, control, userDefined, unused, byte
}

extension TokenizerModel {
  /// Whether the vocabulary's own kind makes its text a token wherever it stands.
  func isSpecial(_ token: Int) -> Bool { [.unknown, .control].contains(kind(of: token)) }
}
