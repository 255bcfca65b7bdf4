import Foundation

/// A `tokenizer.json` of Hugging Face's `tokenizers`, whose model is byte-pair encoding: what it says is done, or it is an error that names
/// file, line and key. Nothing in it is passed over but how batches are cut and filled up.
struct TokenizerJSON {
  let model: BytePairModel
  let normalizer: Normalizer

  init(_ keys: SettingsReader) throws(ModelError) {
    for key in ["added_tokens", "post_processor"] { _ = keys.node(key) }
    try keys.finish(
      allowing: ["version", "truncation", "padding", "normalizer", "pre_tokenizer", "decoder", "model"],
      else: "Folio does not know this key, and so not which tokens a text would have with it.")
    normalizer = try Normalizer(keys.object("normalizer"))
    let steps = try PreTokenizerReader(keys.object("pre_tokenizer"))
    guard let model = try keys.object("model") else { throw keys.error("model", "is missing", Self.copy) }
    let decoding = try PieceDecoding(keys, isByteLevel: steps.isByteLevel)
    self.model = try BytePairReader(model, isByteLevel: steps.isByteLevel).model(steps.preTokenizer, decoding)
  }

  /// GPT-2's form: the vocabulary in `vocab.json`, the merges in `merges.txt`, and the rest known by the tokenizer's class.
  init(_ files: TokenizerFiles, class name: String?) throws(ModelError) {
    for needed in ["vocab.json", "merges.txt"] where files[needed] == nil {
      throw .badTokenizer(file: files.path(needed), problem: "is missing, and its other half is there")
    }
    let kind = name.map { $0.hasSuffix("Fast") ? String($0.dropLast(4)) : $0 } ?? "GPT2Tokenizer"
    guard let named = ["GPT2Tokenizer": "gpt-2", "Qwen2Tokenizer": "qwen2"][kind].flatMap({ NamedPreTokenizers.all[$0] }) else {
      throw .badTokenizer(
        file: files.path("tokenizer_config.json"),
        problem: "is of the class \(kind), whose words Folio knows only from a tokenizer.json")
    }
    let merges = String(decoding: files["merges.txt"] ?? Data(), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let lines = (merges.last == "" ? merges.dropLast() : merges).map { $0.hasSuffix("\r") ? String($0.dropLast()) : String($0) }
    let source = JSONText.object([
      ("normalizer", named.normalizer.map { .object([("type", .string($0))]) } ?? .null),
      ("pre_tokenizer", NamedPreTokenizers.json(named)), ("decoder", .object([("type", .string("ByteLevel"))])),
      ("model", .object([("type", .string("BPE")), ("merges", .array(lines.map(JSONText.string)))])),
    ])
    let keys = try SettingsReader(json: Data(source.bytes), file: files.path("merges.txt"), hasLines: false)
    let vocabulary = try SettingsReader.node(files["vocab.json"] ?? Data(), file: files.path("vocab.json"))
    normalizer = try Normalizer(keys.object("normalizer"))
    let steps = try PreTokenizerReader(keys.object("pre_tokenizer"))
    guard let model = try keys.object("model") else { throw keys.error("model", "is missing", Self.copy) }
    var reader = BytePairReader(model, isByteLevel: true)
    reader.vocabulary = vocabulary
    self.model = try reader.model(steps.preTokenizer, .bytes)
  }

  static let copy = "Copy the file from the checkpoint again."
}

// MARK: - normalizer

extension Normalizer {
  fileprivate init(_ keys: SettingsReader?) throws(ModelError) {
    if let keys { try add(keys) }
  }

  private mutating func add(_ keys: SettingsReader) throws(ModelError) {
    let type = try keys.string("type") ?? ""
    switch type {
    case "Sequence":
      for (index, node) in (keys.node("normalizers")?.array ?? []).enumerated() {
        try add(keys.element(node, "normalizers[\(index)]"))
      }
    case "NFC", "NFD", "NFKC", "NFKD": if let form = Form(rawValue: type) { steps.append(.form(form)) }
    case "Prepend": steps.append(.prepend(Array(try keys.text("prepend").utf8)))
    case "Replace": steps.append(.replace(try keys.pattern("pattern"), with: Array(try keys.text("content").utf8)))
    default:
      throw keys.error("type", "is “\(type)”", "Folio normalizes by Sequence, NFC, NFD, NFKC, NFKD, Prepend and Replace.")
    }
    try keys.finishTokenizer()
  }
}

// MARK: - pre_tokenizer

private struct PreTokenizerReader {
  var preTokenizer = PreTokenizer()
  var isByteLevel = false

  init(_ keys: SettingsReader?) throws(ModelError) {
    if let keys { try add(keys) }
  }

  private mutating func add(_ keys: SettingsReader) throws(ModelError) {
    let type = try keys.string("type") ?? ""
    if isByteLevel {
      throw keys.error(
        "type", "is “\(type)”, behind ByteLevel", "Folio cuts texts into words before their bytes are written as characters.")
    }
    switch type {
    case "Sequence":
      for (index, node) in (keys.node("pretokenizers")?.array ?? []).enumerated() {
        try add(keys.element(node, "pretokenizers[\(index)]"))
      }
    case "Split":
      preTokenizer.steps.append(
        .split(try keys.pattern("pattern"), try behavior(keys), isInverted: try keys.flag("invert") ?? false))
    case "Digits":
      let behavior: PreTokenizer.Behavior = try keys.flag("individual_digits") ?? false ? .isolated : .contiguous
      preTokenizer.steps.append(.split(try keys.compiled(.set(UnicodeTable.numbers), "type"), behavior, isInverted: false))
    case "ByteLevel":
      if try keys.flag("add_prefix_space") ?? true { preTokenizer.steps.append(.prefixSpace) }
      if try keys.flag("use_regex") ?? true {
        preTokenizer.steps.append(.split(try keys.compiled(NamedPreTokenizers.gpt2, "type"), .isolated, isInverted: false))
      }
      _ = try keys.flag("trim_offsets")
      isByteLevel = true
    case "Metaspace": preTokenizer.steps.append(.metaspace(try metaspace(keys)))
    default:
      throw keys.error("type", "is “\(type)”", "Folio cuts texts by Sequence, Split, Digits, ByteLevel and Metaspace.")
    }
    try keys.finishTokenizer()
  }

  private func behavior(_ keys: SettingsReader) throws(ModelError) -> PreTokenizer.Behavior {
    let name = try keys.text("behavior")
    guard let behavior = PreTokenizer.Behavior(rawValue: name) else {
      throw keys.error("behavior", "is “\(name)”", "It must be one that tokenizers has, as “Isolated”.")
    }
    return behavior
  }

  private func metaspace(_ keys: SettingsReader) throws(ModelError) -> PreTokenizer.Metaspace {
    let replacement = try keys.text("replacement")
    guard replacement.unicodeScalars.count == 1 else {
      throw keys.error("replacement", "is “\(replacement)”", "It must be one character.")
    }
    let isAdded = try keys.flag("add_prefix_space")
    _ = keys.node("str_rep")
    let name = try keys.string("prepend_scheme") ?? (isAdded == false ? "never" : "always")
    guard let scheme = PreTokenizer.Metaspace.Scheme(rawValue: name), isAdded == nil || isAdded == (scheme != .never) else {
      throw keys.error(
        "prepend_scheme", "is “\(name)”", "It must be “always”, “first” or “never”, and agree with “add_prefix_space”.")
    }
    let pattern = try keys.flag("split") ?? true ? try keys.compiled(literal: replacement, "replacement") : nil
    return PreTokenizer.Metaspace(replacement: Array(replacement.utf8), scheme: scheme, pattern: pattern)
  }
}

// MARK: - decoder

extension PieceDecoding {
  fileprivate init(_ keys: SettingsReader, isByteLevel: Bool) throws(ModelError) {
    let decoder = try keys.object("decoder")
    guard let decoder, let type = try decoder.string("type") else {
      throw keys.error("decoder", "is missing", "Without it nobody knows which text a token is.")
    }
    if isByteLevel {
      guard type == "ByteLevel" else {
        throw decoder.error("type", "is “\(type)”, and the pre_tokenizer writes bytes by ByteLevel", "It must be ByteLevel too.")
      }
      for key in ["add_prefix_space", "trim_offsets", "use_regex"] { _ = try decoder.flag(key) }
      try decoder.finishTokenizer()
      self = .bytes
      return
    }
    var steps = TextDecoding()
    try steps.add(decoder)
    self = .text(replacing: steps.replaced, by: steps.other, hasBytes: steps.hasBytes, stripsSpace: steps.stripsSpace)
  }

  private struct TextDecoding {
    var replaced: [UInt8] = [], other: [UInt8] = []
    var hasBytes = false, stripsSpace = false

    mutating func add(_ keys: SettingsReader) throws(ModelError) {
      let type = try keys.string("type") ?? ""
      switch type {
      case "Sequence":
        for (index, node) in (keys.node("decoders")?.array ?? []).enumerated() {
          try add(keys.element(node, "decoders[\(index)]"))
        }
      case "Replace" where replaced.isEmpty:
        guard let pattern = try keys.object("pattern"), let text = try pattern.string("String"), !text.isEmpty else {
          throw keys.error("pattern", "is no text", "Folio replaces texts in tokens, and no patterns.")
        }
        (replaced, other) = (Array(text.utf8), Array(try keys.text("content").utf8))
      case "ByteFallback": hasBytes = true
      case "Fuse": break
      case "Strip":
        try keys.require("content", toBe: [.string(" ")], else: "Folio takes one space from the beginning of a text.")
        try keys.require(
          "start", toBe: [.number("0"), .number("1")], else: "Folio takes one space from the beginning of a text.")
        try keys.require("stop", toBe: [.number("0")], else: "Folio takes nothing from the end of a text.")
        stripsSpace = keys.node("start")?.integer == 1
      case "Metaspace" where replaced.isEmpty:
        (replaced, other) = (Array(try keys.text("replacement").utf8), [0x20])
        let isAdded = try keys.flag("add_prefix_space")
        stripsSpace = try keys.string("prepend_scheme").map { $0 != "never" } ?? isAdded ?? true
        for key in ["str_rep", "split"] { _ = keys.node(key) }
      default:
        throw keys.error(
          "type", "is “\(type)”", "Folio makes text of tokens by Sequence, one Replace, ByteFallback, Fuse, Strip and Metaspace.")
      }
      try keys.finishTokenizer()
    }
  }
}

// MARK: - Reading

extension SettingsReader {
  func text(_ key: String) throws(ModelError) -> String {
    guard let text = try string(key) else { throw error(key, "is missing", TokenizerJSON.copy) }
    return text
  }

  /// `{"String": "…"}` or `{"Regex": "…"}`.
  fileprivate func pattern(_ key: String) throws(ModelError) -> Pattern {
    guard let pattern = try object(key) else { throw error(key, "is missing", TokenizerJSON.copy) }
    let (literal, expression) = (try pattern.string("String"), try pattern.string("Regex"))
    try pattern.finishTokenizer()
    if let literal, expression == nil, !literal.isEmpty { return try pattern.compiled(literal: literal, "String") }
    guard let expression, literal == nil else { throw error(key, "is neither a text nor a pattern", TokenizerJSON.copy) }
    return try pattern.compiled(expression, "Regex")
  }

  fileprivate func compiled(_ expression: String, _ key: String) throws(ModelError) -> Pattern {
    do throws(PatternSyntax.Problem) { return try Pattern(PatternSyntax(expression)) } catch {
      throw self.error(
        key, "\(error.text), in “\(expression.prefix(200))”",
        "Folio compiles the expressions that tokenizers of language models use, and not all of Oniguruma's.")
    }
  }

  fileprivate func compiled(literal: String, _ key: String) throws(ModelError) -> Pattern {
    guard literal.unicodeScalars.count <= 100 else { throw error(key, "is longer than 100 characters", TokenizerJSON.copy) }
    return try compiled(PatternSyntax(literal: literal), key)
  }

  fileprivate func compiled(_ syntax: PatternSyntax, _ key: String) throws(ModelError) -> Pattern {
    do throws(PatternSyntax.Problem) { return try Pattern(syntax) } catch {
      throw self.error(key, error.text, TokenizerJSON.copy)
    }
  }

  func finishTokenizer() throws(ModelError) {
    try finish(ignoring: [], else: "Folio does not know this key, and so not which tokens a text would have with it.")
  }

  /// Refuses keys that are not these, before they are asked for.
  fileprivate func finish(allowing known: Set<String>, else advice: String) throws(ModelError) {
    try finish(ignoring: known, else: advice)
  }
}
