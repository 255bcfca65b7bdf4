import Checkpoints
import Foundation
import Testing

/// Tokenizers of values in memory are those of the files that hold the same.
@Suite struct TokenizerMemoryTests {
  private struct Fast: Decodable {
    struct Model: Decodable {
      let vocab: [String: Int]
      let merges: [[String]]
    }
    let model: Model
  }

  @Test(arguments: [("smol", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2")])
  func byteLevelTokensAndMergesWithTheNameOfAPreTokenizer(fixture: String, preTokenizer: String) throws {
    let file = TokenizerFamiliesTests.folder(fixture).appending(path: "tokenizer.json")
    let model = try JSONDecoder().decode(Fast.self, from: Data(contentsOf: file)).model
    let vocabulary = model.vocab.sorted { $0.value < $1.value }.map(\.key)
    let kinds = vocabulary.map { $0.hasPrefix("<|") && $0.hasSuffix("|>") ? PieceKind.control : .normal }
    let made = try Tokenizer(
      byteLevel: vocabulary, merges: model.merges.map { $0.joined(separator: " ") }, kinds: kinds, preTokenizer: preTokenizer,
      Tokenizer.Surroundings(bos: 0, addsBOS: false, chatTemplate: "{{ x }}"), origin: "a.gguf")
    let read = try TokenizerFamiliesTests.tokenizer(fixture)
    for text in try TokenizerFamiliesTests.texts() {
      #expect(try made.toTokens(text) == read.toTokens(text, prependBOS: false), "\(text.debugDescription)")
    }
    #expect(made.bos == 0 && made.chatTemplate == "{{ x }}")
  }

  @Test(arguments: [false, true])
  func whatIsWrittenSaysAllThatTheLibraryTokenizersWantsToSee(addsBOS: Bool) throws {
    let made = try Tokenizer(
      byteLevel: ["<|begin|>", "a", "b"], merges: [], kinds: [.control, .normal, .normal], preTokenizer: "smollm",
      Tokenizer.Surroundings(bos: 0, addsBOS: addsBOS), origin: "a.gguf")
    let text = String(decoding: try #require(made.files.first { $0.name == "tokenizer.json" }).content, as: UTF8.self)
    #expect(
      text.contains(#""decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}"#))
    let tokens = #""special_tokens": {"<|begin|>": {"id": "<|begin|>", "ids": [0], "tokens": ["<|begin|>"]}}"#
    #expect(text.contains(addsBOS ? tokens : #""post_processor": null"#))
    #expect(try made.toTokens("ab") == (addsBOS ? [0, 1, 2] : [1, 2]))
  }

  @Test
  func sentencePiecesPiecesScoresAndKinds() throws {
    let texts =
      ["<unk>", "<s>", "</s>", "<user>"] + (0..<256).map { String(format: "<0x%02X>", $0) } + ["▁", "a", "b", "▁a", "ab", "▁ab"]
    let kinds =
      [PieceKind.unknown, .control, .control, .userDefined] + Array(repeating: .byte, count: 256)
      + Array(repeating: .normal, count: 6)
    let scores = texts.indices.map { $0 < 260 ? 0 : -Float($0) }
    func tokenizer(addsSpace: Bool) throws -> Tokenizer {
      try Tokenizer(
        SentencePieces(texts, scores: scores, kinds: kinds, addsSpace: addsSpace, bos: 1, eos: 2),
        Tokenizer.Surroundings(bos: 1, addsBOS: true), origin: "a.gguf")
    }
    let (with, without) = (try tokenizer(addsSpace: true), try tokenizer(addsSpace: false))
    #expect(try with.toStrTokens("ab") == ["<s>", " ab"])
    // “▁a” goes before “ab”, as its score is higher; “ba” is none.
    #expect(try with.toStrTokens("aab") == ["<s>", " a", "ab"])
    #expect(try without.toStrTokens("ab") == ["<s>", "ab"])
    #expect(try without.toTokens("a<user>é") == [1, 261, 3, 4 + 0xC3, 4 + 0xA9])
    #expect(try with.toString(with.toTokens("ab é", prependBOS: false)) == "ab é")
    #expect(throws: ModelError.self) {
      try Tokenizer(
        SentencePieces(texts, scores: [0], kinds: kinds, addsSpace: true, bos: 1, eos: 2),
        Tokenizer.Surroundings(bos: 1, addsBOS: true), origin: "a.gguf")
    }
  }

  @Test
  func anUnknownPreTokenizerAndValuesThatDoNotFitTogetherAreErrors() {
    func error(_ preTokenizer: String, bos: Int? = nil, adds: Bool = false, kinds: [PieceKind] = []) -> String {
      do {
        _ = try Tokenizer(
          byteLevel: ["a", "b"], merges: [], kinds: kinds, preTokenizer: preTokenizer,
          Tokenizer.Surroundings(bos: bos, addsBOS: adds),
          origin: "a.gguf")
        return ""
      } catch { return "\(error)" }
    }
    #expect(error("gpt-2") == "")
    #expect(error("tekken").contains("a.gguf: the tokenizer cuts texts into words by “tekken”, and Folio knows command-r, "))
    #expect(error("gpt-2", bos: 2).contains("has 2 tokens, and the BOS token is 2"))
    #expect(error("gpt-2", adds: true).contains("begins a text with BOS, and has none"))
    #expect(error("gpt-2", kinds: [.normal]).contains("has 2 tokens, and the kinds of 1"))
  }
}
