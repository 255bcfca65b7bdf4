import Foundation

/// What the files beside a `tokenizer.model` say of it: whether a text begins with BOS, and which texts are one token each.
///
/// Hugging Face's tokenizers go by these files. What they say is used, or it is an error: tokens that `tokenizer.model` does not have, or
/// has under another number, would be read as other tokens.
package struct TokenizerSettings: Sendable {
  /// Whether a text begins with BOS, `add_bos_token`.
  package var addsBOS: Bool { saidAddsBOS ?? true }
  private var saidAddsBOS: Bool?
  /// Texts that are one token each, wherever they stand in a text.
  package private(set) var added: [Token] = []
  /// Texts that must be tokens, whatever their number.
  private var named: [Token] = []
  /// What the files call the BOS token.
  private var bos: Token?

  package struct Token: Sendable {
    let content: String
    /// Its number; -1 where the file does not give it.
    var id = -1
    /// The file, the line and the key that name it.
    let file: String
    let key: String
  }

  /// The files that count. The vocabulary in `tokenizer.json` is not looked at.
  /// Whether a folder holds any of a tokenizer's files.
  package static func isIn(_ folder: URL) -> Bool { files.contains { ModelFile.exists(folder.appending(path: $0)) } }

  package static let files = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json"]

  /// What holds for a `tokenizer.model` alone.
  package init() {}

  package init(folder: URL) throws(ModelError) {
    for name in Self.files {
      let url = folder.appending(path: name)
      guard ModelFile.exists(url) || ModelFile.deadLink(url) != nil else { continue }
      try read(SettingsReader(contentsOf: url, only: name == "tokenizer.json" ? ["added_tokens", "post_processor"] : nil), name)
    }
  }

  /// The settings that `serialized` holds.
  package init(serialized: Data, file: String) throws(ModelError) {
    try read(SettingsReader(json: serialized, file: file), Self.files[0])
  }

  private mutating func read(_ keys: SettingsReader, _ name: String) throws(ModelError) {
    switch name {
    case "tokenizer_config.json": try readConfiguration(keys)
    case "special_tokens_map.json": if let token = try keys.token("bos_token"), bos == nil { bos = token }
    case "added_tokens.json":
      for content in keys.names {
        add(Token(content: content, id: try keys.integer(content, in: 0...Int.max), file: keys.location(content), key: content))
      }
    default: try readFast(keys)
    }
  }

  private mutating func add(_ token: Token) {
    if !added.contains(where: { $0.content == token.content && $0.id == token.id }) { added.append(token) }
  }
}

// MARK: - tokenizer_config.json

extension TokenizerSettings {
  private mutating func readConfiguration(_ keys: SettingsReader) throws(ModelError) {
    saidAddsBOS = keys.has("add_bos_token") ? try keys.flag("add_bos_token") : nil
    bos = try keys.token("bos_token")
    if let decoder = try keys.object("added_tokens_decoder") {
      for number in decoder.names {
        guard let id = Int(number), let token = try decoder.object(number) else {
          throw decoder.error(number, "is no token", "Each must have its number as key, and a “content”.")
        }
        try readToken(token, id)
      }
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] { try readNames(keys, key) }
    for (key, values) in Self.neutral {
      try keys.require(key, toBe: values + [.null], else: "Folio reads tokens as Gemma's tokenizer does, and not otherwise.")
    }
    try keys.finish(
      ignoring: Self.harmless,
      else: "Folio does not know this key, and so not which tokens a text would have with it. If it changes none, remove it.")
  }

  /// Texts that must be tokens: a list of them, or an object that names each.
  private mutating func readNames(_ keys: SettingsReader, _ key: String) throws(ModelError) {
    guard let node = keys.node(key), !node.isNull else { return }
    let contents = (node.array ?? node.members?.map(\.value) ?? []).map { $0.string ?? $0["content"]?.string }
    for content in contents {
      guard let content else { throw keys.error(key, "is \(keys.text(node))", "It must be a list of tokens' texts.") }
      named.append(Token(content: content, file: keys.location(key), key: key))
    }
  }

  private mutating func readToken(_ keys: SettingsReader, _ id: Int) throws(ModelError) {
    guard let content = try keys.string("content"), !content.isEmpty else {
      throw keys.error("content", "is missing", "A token needs a text.")
    }
    for key in ["lstrip", "rstrip", "single_word"] {
      try keys.require(key, toBe: [.bool(false), .null], else: "Folio finds a token wherever its text stands, spaces and all.")
    }
    add(Token(content: content, id: id, file: keys.location("content"), key: content))
  }

  /// What Hugging Face's transformers calls a tokenizer that reads text as Gemma's does.
  package static let classes: [JSONNode.Value] =
    ["GemmaTokenizer", "GemmaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"].map { .string($0) }

  /// Keys that change which tokens a text has, with the values with which they do not. All of them may be null, which sets nothing.
  private static let neutral: [(key: String, values: [JSONNode.Value])] = [
    ("add_eos_token", [.bool(false)]), ("add_prefix_space", [.bool(false)]), ("auto_map", []), ("do_lower_case", [.bool(false)]),
    ("sp_model_kwargs", [.object([])]), ("split_special_tokens", [.bool(false)]), ("tokenizer_class", classes),
  ]

  /// Keys that change no token of a text: how tokens become text elsewhere, how batches are filled up, chats, where the files came from.
  private static let harmless: Set<String> = [
    "_commit_hash", "backend", "cache_dir", "chat_control_tokens", "chat_template", "clean_up_tokenization_spaces", "cls_token",
    "device_map", "eos_token", "errors", "files_loaded", "from_slow", "init_inputs", "is_local", "legacy", "local_files_only",
    "mask_token", "max_len", "max_length", "model_input_names", "model_max_length", "model_specific_special_tokens",
    "name_or_path",
    "pad_to_multiple_of", "pad_token", "pad_token_type_id", "padding", "padding_side", "processor_class", "response_schema",
    "response_template", "return_token_type_ids", "revision", "sep_token", "spaces_between_special_tokens",
    "special_tokens_map_file",
    "stride", "tokenizer_file", "tokenizer_type", "torch_dtype", "transformers_version", "truncation", "truncation_side",
    "truncation_strategy", "trust_remote_code", "unk_token", "use_default_system_prompt", "use_fast", "use_source_tokenizer",
    "verbose",
  ]
}

// MARK: - tokenizer.json

extension TokenizerSettings {
  private mutating func readFast(_ keys: SettingsReader) throws(ModelError) {
    for (index, node) in (keys.node("added_tokens")?.array ?? []).enumerated() {
      let token = try keys.element(node, "added_tokens[\(index)]")
      try readToken(token, token.integer("id", in: 0...Int.max))
    }
    guard let processor = keys.node("post_processor"), let single = Self.template(processor) else { return }
    let parts = single.map { $0["SpecialToken"]?["id"]?.string }
    let (before, after) = (parts.prefix { $0 != nil }, parts.drop { $0 != nil }.dropFirst())
    guard before.count <= 1, after.isEmpty else {
      throw keys.error(
        "post_processor", "adds other tokens to a text than BOS", "Folio begins a text with BOS, and adds nothing else.")
    }
    guard saidAddsBOS ?? true == !before.isEmpty else {
      throw keys.error(
        "post_processor",
        "\(before.isEmpty ? "does not begin" : "begins") a text with BOS, and tokenizer_config.json says otherwise",
        "Say “add_bos_token” there as it is meant.")
    }
    if let content = before.first ?? nil {
      named.append(Token(content: content, file: keys.location("post_processor"), key: "post_processor"))
    }
  }

  /// What a post-processor makes of a single text; nil if it is not said by a template.
  private static func template(_ node: JSONNode) -> [JSONNode]? {
    if node["type"]?.string == "TemplateProcessing" { return node["single"]?.array }
    return node["processors"]?.array?.lazy.compactMap(template).first
  }
}

// MARK: - Beside tokenizer.model

extension TokenizerSettings {
  /// Compares what the files say with the pieces of `tokenizer.model`.
  package func check(bos bosID: Int, _ piece: (Int) -> [UInt8]?) throws(ModelError) {
    for token in added where piece(token.id) != Self.written(token.content) {
      let found = piece(token.id).map { "has “\(String(decoding: $0, as: UTF8.self))” there" } ?? "does not have it"
      throw error(token, "is a token, number \(token.id), and tokenizer.model \(found)")
    }
    if let bos, piece(bosID) != Self.written(bos.content) {
      throw error(bos, "is “\(bos.content)”, and config.json's “bos_token_id” \(bosID) is another token")
    }
    guard !named.isEmpty else { return }
    var known: Set<[UInt8]> = []
    for id in 0... { if let piece = piece(id) { known.insert(piece) } else { break } }
    for token in named where !known.contains(Self.written(token.content)) {
      throw error(token, "names “\(token.content)”, which is no token of tokenizer.model")
    }
  }

  private func error(_ token: Token, _ problem: String) -> ModelError {
    .badConfiguration(
      file: token.file, key: token.key, problem: problem,
      advice: "Folio reads text by tokenizer.model, and adds no tokens to it. Both files must belong to the same tokenizer.")
  }

  /// SentencePiece writes a space as “▁”.
  private static func written(_ content: String) -> [UInt8] { Array(content.replacing(" ", with: "▁").utf8) }

  /// A `tokenizer_config.json` that says the same; nil if `tokenizer.model` alone says it too.
  package func serialized(isOwn: (Token) -> Bool) -> Data? {
    let foreign = added.filter { !isOwn($0) }
    guard !addsBOS || !foreign.isEmpty else { return nil }
    let contents = Dictionary(foreign.map { ("\($0.id)", ["content": $0.content]) }) { first, _ in first }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return try? encoder.encode(WrittenSettings(addsBOS: addsBOS, added: contents))
  }
}

/// A `tokenizer_config.json`, in Hugging Face's words.
private struct WrittenSettings: Encodable {
  let addsBOS: Bool
  let added: [String: [String: String]]
  let kind = "GemmaTokenizer"

  enum CodingKeys: String, CodingKey {
    case addsBOS = "add_bos_token"
    case added = "added_tokens_decoder"
    case kind = "tokenizer_class"
  }
}

extension SettingsReader {
  /// A token's text, which stands there by itself or as the “content” of an object.
  fileprivate func token(_ key: String) throws(ModelError) -> TokenizerSettings.Token? {
    guard let node = node(key), !node.isNull else { return nil }
    guard let content = node.string ?? node["content"]?.string else {
      throw error(key, "is \(text(node))", "It must be a token's text.")
    }
    return TokenizerSettings.Token(content: content, file: location(key), key: key)
  }
}
