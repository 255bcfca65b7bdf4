import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Small tokenizers of each kind, with the tokens that Hugging Face's tokenizers 0.22.2 and sentencepiece 0.2.3 give hard texts.
@Suite struct TokenizerFamiliesTests {
  static let names = [
    "gemma", "gpt2", "llama2", "llama3", "mistral", "neox", "nobytes", "o200k", "prefix", "qwen2", "sentencepiece-bpe",
    "sentencepiece-unigram", "smol",
  ]

  private struct Expected: Decodable {
    let ids: [[Int]]
    /// What comes back where that is not the text itself, by the text's number; nil if it was not asked for.
    let decoded: [String: String]?
  }

  static func folder(_ name: String) -> URL {
    URL(filePath: Repository.top).appending(path: "Tests/Instrument/CheckpointsTests/Fixtures/tokenizers/\(name)")
  }

  static func tokenizer(_ name: String) throws -> Tokenizer { try #require(try Tokenizer.load(folder: folder(name))) }

  private static func read<Value: Decodable>(_ path: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder(path)))
  }

  static func texts() throws -> [String] { try read("texts.json") }

  @Test(arguments: names)
  func eachFamilysTokensAreThoseOfTheLibraryThatItWasMadeWith(name: String) throws {
    let (tokenizer, expected) = (try Self.tokenizer(name), try Self.read("\(name)/expected.json") as Expected)
    let texts = try Self.texts()
    #expect(texts.count == expected.ids.count && texts.count > 150)
    for (text, ids) in zip(texts, expected.ids) {
      #expect(try tokenizer.toTokens(text, prependBOS: false) == ids, "\(text.debugDescription)")
    }
  }

  @Test(arguments: names)
  func textComesBackAsTheLibraryGivesItBackWholeAndWhileStreaming(name: String) throws {
    let (tokenizer, expected) = (try Self.tokenizer(name), try Self.read("\(name)/expected.json") as Expected)
    for (index, (text, ids)) in zip(try Self.texts(), expected.ids).enumerated() {
      let back = try tokenizer.toString(ids)
      if let decoded = expected.decoded { #expect(back == decoded["\(index)"] ?? text, "\(text.debugDescription)") }
      var (stream, streamed) = (StreamingText(tokenizer), "")
      for id in ids { streamed += try stream.append(id) }
      streamed += stream.finish()
      // What begins in the middle of a text keeps its space.
      #expect(streamed == back || streamed == " " + back, "\(text.debugDescription)")
    }
  }

  @Test(arguments: names)
  func aTextWithoutAPlaceToCutIsLinearToo(name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    for text in [
      String(repeating: "a", count: 100_000), String(repeating: " ", count: 100_000), String(repeating: "é\n", count: 50_000),
    ] {
      let tokens = try tokenizer.toTokens(text, prependBOS: false)
      let back = try tokenizer.toString(tokens)
      guard name != "nobytes" else { continue }
      // A space at the beginning may be the tokenizer's own, and some cannot tell it from the text's.
      let whole = text.precomposedStringWithCanonicalMapping
      #expect([text, whole, " " + text, String(text.dropFirst())].contains(back))
    }
  }

  @Test
  func bosIsPrependedAsTheFilesSayAndIsAnErrorWhereThereIsNone() throws {
    let (llama, neox, qwen) = (try Self.tokenizer("llama3"), try Self.tokenizer("neox"), try Self.tokenizer("qwen2"))
    #expect(llama.bos == 0)
    #expect(try llama.toTokens("a").first == 0)
    #expect(try llama.toTokens("a", prependBOS: false).first != 0)
    #expect(try llama.toTokens("<|begin_of_text|>a") == llama.toTokens("a"))
    let gpt2 = try Self.tokenizer("gpt2")
    #expect(gpt2.bos == 0)
    #expect(try gpt2.toTokens("a").count == 1)
    #expect(try gpt2.toTokens("a", prependBOS: true) == [0] + gpt2.toTokens("a"))
    for tokenizer in [neox, qwen] {
      #expect(tokenizer.bos == nil)
      #expect(try tokenizer.toTokens("a") == tokenizer.toTokens("a", prependBOS: false))
      #expect(throws: ModelError.noBOS) { try tokenizer.toTokens("a", prependBOS: true) }
    }
  }

  @Test
  func oneTokenizerIsUsedBySeveralThreadsAtOnce() async throws {
    let tokenizer = try Self.tokenizer("qwen2")
    let texts = try Self.texts()
    let alone = try texts.map { try tokenizer.toTokens($0) }
    try await withThrowingTaskGroup(of: [[Int]].self) { group in
      for _ in 0..<8 { group.addTask { try texts.map { try tokenizer.toTokens($0) } } }
      for try await tokens in group { #expect(tokens == alone) }
    }
  }

  @Test
  func aTextThatIsBeingEncodedCanBeInterrupted() async {
    // In a process of its own: other tests are not to be ended.
    await #expect(processExitsWith: .success) {
      let text = String(repeating: "the quick brown fox ", count: 20_000)
      for name in Self.names {
        let tokenizer = try Self.tokenizer(name)
        Interruption.isRequested = { true }
        #expect(throws: ModelError.interrupted, "\(name)") { try tokenizer.toTokens(text) }
        Interruption.isRequested = { false }
        #expect(try !tokenizer.toTokens(text).isEmpty)
      }
    }
  }
}
