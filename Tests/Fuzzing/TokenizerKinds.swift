import Checkpoints
import Foundation
import TestSupport

/// A `tokenizer.json` with what stands beside it.
final class TokenizerJSONKind: Kind {
  static let name = "tokenizer.json", share = 4
  private let seeds: Seeds
  private let files: Files

  init(folder: String) {
    files = Files(folder: folder)
    let names = ["llama3", "llama2", "prefix", "mistral", "neox", "o200k"]
    let whole = names.map { name in TokenizerUse.parts(name, ["tokenizer.json", "tokenizer_config.json"]) }
    seeds = Seeds(inputs: whole + [Self.small, Self.small])
  }

  /// A vocabulary of a few tokens, in which a change meets something else than a merge.
  private static var small: Input {
    let json = """
      {"version": "1.0", "added_tokens": [{"id": 5, "content": "<s>", "single_word": true, "lstrip": true, "rstrip": true, "normalized": true, "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"Regex": " |\\\\p{Zs}"}, "content": "▁"}]},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(?i:'s|'t)|[^\\\\r\\\\n\\\\p{L}]?\\\\p{L}+|\\\\d{1,3}|\\\\s+(?!\\\\S)|\\\\s++"}, "behavior": "MergedWithNext", "invert": false},
         {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}]},
       "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
       "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
       "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
         "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4, "▁a": 6, "<0x0A>": 7}, "merges": ["a b", ["▁", "a"]]}}
      """
    return [Part("tokenizer.json", json), Part("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": \"x\"}")]
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    try files.write(input)
    try TokenizerUse.use(files.folder)
  }
}

/// A `vocab.json` with its `merges.txt`.
final class MergesKind: Kind {
  static let name = "merges", share = 4
  private let seeds: Seeds
  private let files: Files

  init(folder: String) {
    files = Files(folder: folder)
    let whole = TokenizerUse.parts("gpt2", ["vocab.json", "merges.txt", "tokenizer_config.json"])
    let small: Input = [
      Part("vocab.json", #"{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġa": 4, "Ċ": 5}"#), Part("merges.txt", "#version: 0.2\na b\nĠ a\n"),
      Part("tokenizer_config.json", #"{"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {"6": {"content": "<x>"}}}"#),
    ]
    seeds = Seeds(inputs: [whole, small, small])
  }

  func input(_ chance: inout Chance) -> Input { seeds.mutated(&chance) }

  func attempt(_ input: Input) throws {
    try files.write(input)
    try TokenizerUse.use(files.folder)
  }
}

private enum TokenizerUse {
  /// Files of a fixture.
  static func parts(_ fixture: String, _ names: [String]) -> Input {
    let folder = Repository.top + "/Tests/Instrument/CheckpointsTests/Fixtures/tokenizers/\(fixture)/"
    return names.map { name in Part(name, FileManager.default.contents(atPath: folder + name).map { [UInt8]($0) } ?? []) }
  }

  /// Reads the tokenizer of a folder, if it can be read, and works with it.
  static func use(_ folder: String) throws {
    guard let tokenizer = try? Tokenizer.load(folder: URL(fileURLWithPath: folder)) else { return }
    let texts = [
      "", "ab a\n", " <s>b\u{0}\u{10FFFF}", "Every GRIMPUS isn't a zumpus, 12345!", String(repeating: "ab", count: 500),
      "é世 🫠\u{F73}",
    ]
    for text in texts {
      guard let tokens = try? tokenizer.toTokens(text) else { continue }
      guard tokens.allSatisfy({ (0..<tokenizer.count).contains($0) }) else {
        throw Failure("a token is outside of the vocabulary")
      }
      _ = (try? tokenizer.toString(tokens), try? tokenizer.toStrTokens(tokens))
    }
    for id in [-1, 0, 5, tokenizer.count - 1, tokenizer.count, Int.max, Int.min, 1 << 40] { _ = try? tokenizer.toString([id]) }
    _ = (try? tokenizer.toSingleToken(" a"), try? tokenizer.toTokens("a", prependBOS: true))
  }
}
