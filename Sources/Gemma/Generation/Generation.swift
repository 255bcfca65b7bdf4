import Tensors

/// A text that a model went on with.
public struct Generation: Sendable {
  /// All tokens: the prompt's and the new ones.
  public let tokens: [Int]
  /// How many of `tokens` are the prompt's.
  public let promptCount: Int
  /// All of the text, with special tokens spelled out: it begins with `<bos>`, and reads back as `tokens`.
  public let text: String
  /// The text that is new. It includes the stop token.
  public let newText: String
  /// Why it ended.
  public let end: End

  /// Why a generation ended.
  public enum End: Equatable, Sendable {
    /// The model wrote this stop token.
    case stopToken(Int)
    /// As many tokens as allowed were written.
    case limit
    /// The model's context is full.
    case contextFull
  }

  /// The tokens that are new.
  public var newTokens: [Int] { Array(tokens[promptCount...]) }
}

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

extension GemmaModel {
  /// Goes on with a prompt, always with the likeliest token, until a stop token or a limit.
  ///
  /// Each new token costs one position: keys and values of the others are kept. The stop token is part of the result.
  ///
  /// - Parameters:
  ///   - prompt: Text or tokens.
  ///   - stops: Tokens that end the text, as texts (`[" a"]`) or ids. Texts must be single tokens. Only these stop.
  ///   - maxNewTokens: At most this many tokens are written. (The original notebook's `max_tokens = k` writes up to k + 1.)
  ///   - onToken: Called with each piece of new text as it comes; a character that takes several tokens comes when it is whole.
  public func generate(
    _ prompt: some Prompt, until stops: some TokenChoice, maxNewTokens: Int = 64, onToken: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    guard maxNewTokens >= 0 else { throw GemmaError.badTokenLimit(maxNewTokens) }
    let stops = Set(try stops.choices(tokenizer))
    let prompt = try prompt.tokens(tokenizer)
    var (tokens, unread, past, stream) = (prompt, prompt, emptyCache, StreamingText(tokenizer))
    var (newText, end) = ("", Generation.End.limit)
    while tokens.count - prompt.count < maxNewTokens {
      // A prompt that is too long itself is an error of the first run.
      guard tokens.count < config.contextLength || tokens.count == prompt.count else {
        end = .contextFull
        break
      }
      let next = try run(unread, continuing: &past).logits.argmax()
      (tokens, unread) = (tokens + [next], [next])
      let piece = try stream.append(next)
      newText += piece
      try onToken(piece)
      if stops.contains(next) {
        end = .stopToken(next)
        break
      }
    }
    newText += stream.finish()
    return Generation(tokens: tokens, promptCount: prompt.count, text: try toString(tokens), newText: newText, end: end)
  }

  /// Goes on with a prompt until the token that ends a text.
  public func generate(
    _ prompt: some Prompt, maxNewTokens: Int = 64, onToken: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    try generate(prompt, until: config.eos, maxNewTokens: maxNewTokens, onToken: onToken)
  }
}
