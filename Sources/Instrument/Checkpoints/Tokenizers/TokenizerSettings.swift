import Foundation

/// What the files beside a vocabulary say of it: whether a text begins with BOS, and which texts are one token each.
///
/// Hugging Face's tokenizers go by these files. What they say is used, or it is an error: tokens that the vocabulary does not have, or
/// has under another number, would be read as other tokens.
package struct TokenizerSettings: Sendable {
  /// Texts that are one token each, wherever they stand in a text.
  package private(set) var added: [Token] = []
  /// What chats are put into, in Jinja's words.
  package private(set) var chatTemplate: String?
  /// What transformers calls the tokenizer.
  private(set) var className: String?
  /// Whether a text begins with BOS, as `tokenizer_config.json` says it.
  private(set) var saidAddsBOS: Bool?
  /// The tokens that `tokenizer.json` puts before a text; nil if it does not say.
  private(set) var template: [Token]?
  /// Whether a space is put before a text, as `tokenizer_config.json` says it.
  private(set) var saidAddsSpace: Token?
  /// Whether only the beginning of a text gets that space, and not what stands behind a special token.
  private(set) var isLegacy = true
  /// Texts that must be tokens, whatever their number.
  private var named: [Token] = []
  /// What the files call the BOS token.
  private var bos: Token?
  private var known: Set<String> = []
  private let form: TokenizerFiles.Form

  package struct Token: Sendable {
    let content: String
    /// Its number; -1 where the file does not give it.
    var id = -1
    /// The file, the line and the key that name it.
    let file: String
    let key: String
    var flags = AddedTokenFlags()
  }

  /// The files that count, but for `tokenizer.model`.
  package static let files = TokenizerFiles.names.filter { $0 != "tokenizer.model" }

  init(_ files: TokenizerFiles, _ form: TokenizerFiles.Form) throws(ModelError) {
    self.form = form
    if let keys = try files.reader("tokenizer_config.json") { try readConfiguration(keys) }
    if let keys = try files.reader("special_tokens_map.json"), let token = try keys.token("bos_token"), bos == nil { bos = token }
    if let keys = try files.reader("added_tokens.json") {
      for content in keys.names {
        add(Token(content: content, id: try keys.integer(content, in: 0...Int.max), file: keys.location(content), key: content))
      }
    }
    if let keys = try files.reader("tokenizer.json", only: ["added_tokens", "post_processor"]) { try readFast(keys) }
    if let template = files["chat_template.jinja"] { chatTemplate = String(decoding: template, as: UTF8.self) }
  }

  private mutating func add(_ token: Token) {
    if known.insert("\(token.id) \(token.content)").inserted { added.append(token) }
  }
}

// MARK: - tokenizer_config.json

extension TokenizerSettings {
  private mutating func readConfiguration(_ keys: SettingsReader) throws(ModelError) {
    saidAddsBOS = keys.has("add_bos_token") ? try keys.flag("add_bos_token") : nil
    bos = try keys.token("bos_token")
    className = try keys.string("tokenizer_class")
    if keys.has("add_prefix_space"), let flag = try keys.flag("add_prefix_space") {
      saidAddsSpace = Token(content: "\(flag)", file: keys.location("add_prefix_space"), key: "add_prefix_space")
    }
    if keys.has("legacy") { isLegacy = try keys.flag("legacy") ?? true }
    chatTemplate = try readTemplate(keys)
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
      try keys.require(key, toBe: values + [.null], else: "Folio reads text without it.")
    }
    if form == .sentencePiece {
      try keys.require(
        "tokenizer_class", toBe: Self.classes + [.null],
        else: "Folio reads a tokenizer.model as the tokenizers of Gemma and Llama do.")
    }
    try keys.finish(
      ignoring: Self.harmless,
      else: "Folio does not know this key, and so not which tokens a text would have with it. If it changes none, remove it.")
  }

  /// A chat template, or the default one of several with names.
  private func readTemplate(_ keys: SettingsReader) throws(ModelError) -> String? {
    guard let list = keys.node("chat_template")?.array else { return try keys.string("chat_template") }
    return list.first { $0["name"]?.string == "default" }?["template"]?.string
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
    var flags = AddedTokenFlags()
    flags.stripsLeft = try keys.flag("lstrip") ?? false
    flags.stripsRight = try keys.flag("rstrip") ?? false
    flags.isSingleWord = try keys.flag("single_word") ?? false
    let isSpecial = try keys.flag("special") ?? false
    flags.isNormalized = try keys.flag("normalized") ?? !isSpecial
    add(Token(content: content, id: id, file: keys.location("content"), key: content, flags: flags))
  }

  /// What transformers calls a tokenizer that reads text by a `tokenizer.model` and nothing else.
  package static let classes: [JSONNode.Value] =
    [
      "GemmaTokenizer", "GemmaTokenizerFast", "LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast",
      "TokenizersBackend",
    ].map { .string($0) }

  /// What transformers calls a tokenizer that reads text by byte-level byte-pair encoding and nothing else.
  package static let byteLevelClasses: [JSONNode.Value] =
    ["GPT2Tokenizer", "GPTNeoXTokenizer", "Qwen2Tokenizer"].flatMap { [.string($0), .string($0 + "Fast")] }

  /// Keys that change which tokens a text has, with the values with which they do not. All of them may be null, which sets nothing.
  private static let neutral: [(key: String, values: [JSONNode.Value])] = [
    ("add_eos_token", [.bool(false)]), ("auto_map", []), ("do_lower_case", [.bool(false)]), ("sp_model_kwargs", [.object([])]),
    ("split_special_tokens", [.bool(false)]),
  ]

  /// Keys that change no token of a text: how tokens become text elsewhere, how batches are filled up, chats, where the files came from.
  private static let harmless: Set<String> = [
    "_commit_hash", "backend", "bos_token_id", "cache_dir", "chat_control_tokens", "clean_up_tokenization_spaces", "cls_token",
    "device_map", "eos_token", "eos_token_id", "errors", "files_loaded", "from_slow", "init_inputs", "is_local",
    "local_files_only",
    "mask_token", "max_len", "max_length", "model_input_names", "model_max_length", "model_specific_special_tokens",
    "model_type", "name_or_path", "pad_to_multiple_of", "pad_token", "pad_token_id", "pad_token_type_id", "padding",
    "padding_side", "processor_class", "response_schema",
    "response_template", "return_token_type_ids", "revision", "sep_token", "spaces_between_special_tokens",
    "special_tokens_map_file", "stride", "tokenizer_file", "tokenizer_type", "torch_dtype", "transformers_version", "truncation",
    "truncation_side",
    "truncation_strategy", "trust_remote_code", "unk_token", "unk_token_id", "use_default_system_prompt", "use_fast",
    "use_source_tokenizer",
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
    guard let node = keys.node("post_processor") else { return }
    guard !node.isNull else {
      template = form == .sentencePiece ? nil : []
      return
    }
    let parts = try Self.parts(node, keys)
    let (before, after) = (parts.prefix { $0 != nil }, parts.drop { $0 != nil }.dropFirst())
    guard before.count <= 1, after.isEmpty else {
      throw keys.error(
        "post_processor", "adds other tokens to a text than BOS", "Folio begins a text with BOS, and adds nothing else.")
    }
    template = before.compactMap { $0 }
  }

  /// What a post-processor makes of a single text: the special tokens, and nil for the text itself.
  private static func parts(_ node: JSONNode, _ keys: SettingsReader) throws(ModelError) -> [Token?] {
    switch node["type"]?.string {
    case "ByteLevel": return [nil]
    case "TemplateProcessing":
      return (node["single"]?.array ?? []).map { part in
        guard let name = part["SpecialToken"]?["id"]?.string else { return nil }
        let ids = node["special_tokens"]?[name]?["ids"]?.array
        // Several tokens, or none, are no token.
        let id = ids.map { $0.count == 1 ? $0[0].integer ?? -2 : -2 } ?? -1
        return Token(content: name, id: id, file: keys.location("post_processor"), key: "post_processor")
      }
    case "Sequence":
      var result: [Token?] = [nil]
      for processor in node["processors"]?.array ?? [] {
        let inner = try parts(processor, keys)
        result = result.flatMap { $0 == nil ? inner : [$0] }
      }
      return result
    case let type:
      throw keys.error(
        "post_processor", "is of the type \(type.map { "“\($0)”" } ?? "of nothing")",
        "Folio knows ByteLevel, TemplateProcessing, and a Sequence of them.")
    }
  }
}

// MARK: - Beside the vocabulary

extension TokenizerSettings {
  /// Compares what the files say with the vocabulary.
  /// - Returns: The tokens that it lacks, and that are added to it.
  func check(_ model: some TokenizerModel) throws(ModelError) -> [Token] {
    var more: [Token] = []
    for token in added {
      if model.piece(token.id) == written(token.content) { continue }
      let isNew = form != .sentencePiece && model.piece(token.id) == nil && model.token(written(token.content)) == nil
      // Numbers that are far off would be a vocabulary of nothing.
      guard isNew, token.id < model.count + added.count + 1000, !more.contains(where: { $0.id == token.id }) else {
        let found = model.piece(token.id).map { "has “\(String(decoding: $0, as: UTF8.self))” there" } ?? "does not have it"
        throw error(token, "is a token, number \(token.id), and \(vocabulary) \(found)")
      }
      more.append(token)
    }
    for token in named where model.token(written(token.content)) == nil && !more.contains(where: { $0.content == token.content })
    {
      throw error(token, "names “\(token.content)”, which is no token of \(vocabulary)")
    }
    return more
  }

  /// The token that begins a text; nil if the files name none.
  /// - Parameter given: What `config.json` says; what the files name must be that.
  func begin(_ model: some TokenizerModel, _ more: [Token], given: Int?) throws(ModelError) -> Int? {
    guard let token = bos ?? template?.first else { return nil }
    guard let id = model.token(written(token.content)) ?? more.first(where: { $0.content == token.content })?.id else {
      throw error(token, "is “\(token.content)”, which is no token of \(vocabulary)")
    }
    if let given, given != id {
      throw error(token, "is “\(token.content)”, and config.json's “bos_token_id” \(given) is another token")
    }
    if let first = template?.first, first.content != token.content || first.id != -1 && first.id != id {
      throw error(first, "begins a text with “\(first.content)”, \(first.id), and “bos_token” is “\(token.content)”, \(id)")
    }
    return id
  }

  /// Whether a text begins with BOS where the call does not say.
  func addsBOS(_ bos: Int?) throws(ModelError) -> Bool {
    if let template {
      let adds = !template.isEmpty
      let said = saidAddsBOS ?? (form == .sentencePiece ? true : adds)
      guard said == adds || bos == nil else {
        throw .badConfiguration(
          file: template.first?.file ?? "tokenizer.json", key: "post_processor",
          problem: "\(adds ? "begins" : "does not begin") a text with BOS, and tokenizer_config.json says otherwise",
          advice: "Say “add_bos_token” there as it is meant.")
      }
    }
    let said = saidAddsBOS ?? template.map { !$0.isEmpty } ?? (form == .sentencePiece && bos != nil)
    guard !said || bos != nil else {
      throw .badConfiguration(
        file: "tokenizer_config.json", key: "add_bos_token", problem: "is true, and no file names a “bos_token”",
        advice: "Name it, or set “add_bos_token” to false.")
    }
    return said
  }

  private var vocabulary: String {
    switch form {
    case .sentencePiece: "tokenizer.model"
    case .json: "tokenizer.json"
    case .vocabularyAndMerges: "vocab.json"
    }
  }

  func error(_ token: Token, _ problem: String) -> ModelError {
    .badConfiguration(
      file: token.file, key: token.key, problem: problem,
      advice:
        "Folio reads text by \(vocabulary)\(form == .sentencePiece ? ", and adds no tokens to it" : ""). Both files must belong to the same tokenizer."
    )
  }

  /// SentencePiece writes a space as “▁”.
  private func written(_ content: String) -> [UInt8] {
    Array((form == .sentencePiece ? content.replacing(" ", with: "▁") : content).utf8)
  }

  /// A `tokenizer_config.json` that says the same; nil if `tokenizer.model` alone says it too.
  func serialized(addsBOS: Bool, isOwn: (Token) -> Bool) -> Data? {
    let foreign = added.filter { !isOwn($0) || $0.flags.isUnusual }
    guard !addsBOS || !foreign.isEmpty || chatTemplate != nil || !isLegacy else { return nil }
    let contents = foreign.map { token in
      let (content, flags) = (JSONText.string(token.content), token.flags)
      return (
        "\(token.id)",
        JSONText.object([
          ("content", content), ("lstrip", .bool(flags.stripsLeft)), ("rstrip", .bool(flags.stripsRight)),
          ("single_word", .bool(flags.isSingleWord)), ("normalized", .bool(flags.isNormalized)),
        ])
      )
    }
    var keys: [(String, JSONText)] = [("add_bos_token", .bool(addsBOS)), ("added_tokens_decoder", .object(contents))]
    if let chatTemplate { keys.append(("chat_template", .string(chatTemplate))) }
    if !isLegacy { keys.append(("legacy", .bool(false))) }
    keys.append(("tokenizer_class", .string(className ?? "GemmaTokenizer")))
    return Data(JSONText.object(keys).bytes)
  }
}

extension AddedTokenFlags {
  fileprivate var isUnusual: Bool { stripsLeft || stripsRight || isSingleWord }
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
