/// The pre-tokenizers that GGUF files name, as a `tokenizer.json` would say them.
///
/// GGUF files hold a name in place of a pattern, and the patterns stand in llama.cpp. Those of families that also come as `tokenizer.json` are
/// taken from there.
enum NamedPreTokenizers {
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// The members of a step of the kind ByteLevel, all of which `tokenizers` wants to see.
  static let byteLevel: [(String, JSONText)] = [
    ("type", .string("ByteLevel")), ("add_prefix_space", .bool(false)), ("trim_offsets", .bool(true)),
    ("use_regex", .bool(false)),
  ]

  struct Named {
    var patterns: [String] = []
    /// A pre-tokenizer that stands before the patterns, and a normalizer.
    var separatesDigits = false
    var normalizer: String?
    var ignoresMerges = false
  }

  /// By the name in `tokenizer.ggml.pre`.
  static let all: [String: Named] = {
    let digits = Named(patterns: [gpt2], separatesDigits: true)
    let llama = Named(patterns: [llama3], ignoresMerges: true)
    let qwen = Named(patterns: [qwen2], normalizer: "NFC")
    let usual = Named(patterns: [#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"])
    return [
      "default": usual, "gpt-2": Named(patterns: [gpt2]), "olmo": Named(patterns: [gpt2]), "mpt": Named(patterns: [gpt2]),
      "smollm": digits, "starcoder": digits, "refact": digits, "command-r": digits, "llama-bpe": llama, "llama3": llama,
      "llama-v3": llama, "qwen2": qwen, "deepseek-r1-qwen": qwen,
    ]
  }()

  /// The `pre_tokenizer` of a `tokenizer.json`.
  static func json(_ named: Named) -> JSONText {
    var steps: [JSONText] = []
    if named.separatesDigits { steps.append(.object([("type", .string("Digits")), ("individual_digits", .bool(true))])) }
    for pattern in named.patterns {
      steps.append(
        .object([
          ("type", .string("Split")), ("pattern", .object([("Regex", .string(pattern))])), ("behavior", .string("Isolated")),
          ("invert", .bool(false)),
        ]))
    }
    steps.append(.object(byteLevel))
    return .object([("type", .string("Sequence")), ("pretokenizers", .array(steps))])
  }
}
