extension Tokenizer: CustomStringConvertible {
  /// How many tokens it knows: `Tokenizer of 256000 tokens`
  public var description: String { "Tokenizer of \(count) tokens" }
}
