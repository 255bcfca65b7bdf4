import Checkpoints

/// Tokens by their ids or their texts: `" a"`, `[" is", " are"]`, `235`, `[1, 107]`. Each text must be one token.
public protocol TokenChoice: Sendable {
  /// The token ids; an error for a text that is not one token.
  func choices(_ tokenizer: Tokenizer) throws(ModelError) -> [Int]
  /// Each token's text in quotes, or its number.
  var labels: [String] { get }
}

extension String: TokenChoice {
  /// The one token of the text.
  /// - Throws: `notASingleToken` if the text is several tokens, or none.
  public func choices(_ tokenizer: Tokenizer) throws(ModelError) -> [Int] { [try tokenizer.toSingleToken(self)] }
  /// The text in quotes.
  public var labels: [String] { ["'\(self)'"] }
}

extension Int: TokenChoice {
  /// The token itself.
  /// - Throws: `tokenOutOfRange` if the vocabulary does not have it.
  public func choices(_ tokenizer: Tokenizer) throws(ModelError) -> [Int] {
    guard (0..<tokenizer.count).contains(self) else { throw .tokenOutOfRange(token: self, vocabulary: tokenizer.count) }
    return [self]
  }
  /// The number.
  public var labels: [String] { ["\(self)"] }
}

extension Array: TokenChoice where Element: TokenChoice {
  /// The tokens of all elements, in order.
  public func choices(_ tokenizer: Tokenizer) throws(ModelError) -> [Int] {
    var ids: [Int] = []
    for element in self { ids += try element.choices(tokenizer) }
    return ids
  }
  /// The labels of all elements, in order.
  public var labels: [String] { flatMap(\.labels) }
}
