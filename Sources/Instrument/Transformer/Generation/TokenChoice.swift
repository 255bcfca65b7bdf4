import Checkpoints

/// What knows tokens: a tokenizer, or a model, which may have none and knows their number all the same.
public protocol TokenVocabulary {
  /// How many tokens there are.
  var tokenCount: Int { get }
  /// The one token of a text.
  /// - Throws: `notASingleToken` if the text is several tokens, or none; `noTokenizer` where nothing can read texts.
  func toSingleToken(_ text: String) throws(ModelError) -> Int
}

extension Tokenizer: TokenVocabulary {
  /// How many pieces it has.
  public var tokenCount: Int { count }
}

extension LanguageModel: TokenVocabulary {
  /// How many tokens its tokenizer knows; without one, how many rows its embedding has.
  public var tokenCount: Int { (try? tokenizer.count) ?? config.vocabulary }
}

/// Tokens by their ids or their texts: `" a"`, `[" is", " are"]`, `235`, `[1, 107]`. Each text must be one token.
public protocol TokenChoice: Sendable {
  /// The token ids; an error for a text that is not one token.
  func choices(_ vocabulary: any TokenVocabulary) throws(ModelError) -> [Int]
  /// Each token's text in quotes, or its number.
  var labels: [String] { get }
}

extension String: TokenChoice {
  /// The one token of the text.
  /// - Throws: `notASingleToken` if the text is several tokens, or none.
  public func choices(_ vocabulary: any TokenVocabulary) throws(ModelError) -> [Int] { [try vocabulary.toSingleToken(self)] }
  /// The text in quotes.
  public var labels: [String] { ["'\(self)'"] }
}

extension Int: TokenChoice {
  /// The token itself.
  /// - Throws: `tokenOutOfRange` if the vocabulary does not have it.
  public func choices(_ vocabulary: any TokenVocabulary) throws(ModelError) -> [Int] {
    guard (0..<vocabulary.tokenCount).contains(self) else {
      throw .tokenOutOfRange(token: self, vocabulary: vocabulary.tokenCount)
    }
    return [self]
  }
  /// The number.
  public var labels: [String] { ["\(self)"] }
}

extension Array: TokenChoice where Element: TokenChoice {
  /// The tokens of all elements, in order.
  public func choices(_ vocabulary: any TokenVocabulary) throws(ModelError) -> [Int] {
    var ids: [Int] = []
    for element in self { ids += try element.choices(vocabulary) }
    return ids
  }
  /// The labels of all elements, in order.
  public var labels: [String] { flatMap(\.labels) }
}
