/// Tokens by their ids or their texts: `" a"`, `[" is", " are"]`, `235`, `[1, 107]`. Each text must be one token.
public protocol TokenChoice: Sendable {
  /// The token ids; an error for a text that is not one token.
  func choices(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int]
  /// Each token's text in quotes, or its number.
  var labels: [String] { get }
}

extension String: TokenChoice {
  public func choices(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int] { [try tokenizer.toSingleToken(self)] }
  public var labels: [String] { ["'\(self)'"] }
}

extension Int: TokenChoice {
  public func choices(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int] {
    guard (0..<tokenizer.count).contains(self) else { throw .tokenOutOfRange(token: self, vocabulary: tokenizer.count) }
    return [self]
  }
  public var labels: [String] { ["\(self)"] }
}

extension Array: TokenChoice where Element: TokenChoice {
  public func choices(_ tokenizer: Tokenizer) throws(GemmaError) -> [Int] {
    var ids: [Int] = []
    for element in self { ids += try element.choices(tokenizer) }
    return ids
  }
  public var labels: [String] { flatMap(\.labels) }
}
