import Foundation
import Checkpoints
import Transformer
import ModelFixture
import TestSupport
import Testing

@Suite struct TokenizerTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try ModelFixture.named("tiny-gemma").model.tokenizer }

  @Test(arguments: ["tiny-gemma", "tiny-gemma-gqa"])
  func aPromptsTokensAreHuggingFaces(name: String) throws {
    let expected = try ModelFixture.named(name).expectations
    #expect(try tokenizer.toTokens(expected.cleanOut, prependBOS: false) == expected.tokensClean)
    #expect(try tokenizer.toTokens(String(expected.cleanOut.dropFirst(5))) == expected.tokensClean)
    #expect(try tokenizer.toString(expected.tokensClean) == expected.cleanOut)
  }

  @Test
  func bosIsPrependedWhenAskedForAndNeverTwice() throws {
    let fae = try tokenizer.toTokens("Fae is", prependBOS: false)
    #expect(fae.first != 2)
    #expect(try tokenizer.toTokens("Fae is") == [2] + fae)
    #expect(try tokenizer.toTokens("<bos>Fae is") == [2] + fae)
    #expect(try tokenizer.toTokens("<bos>Fae is", prependBOS: false) == [2] + fae)
    #expect(try tokenizer.toTokens("") == [2])
    #expect(try tokenizer.toTokens("", prependBOS: false) == [])
  }

  @Test
  func specialTokensInATextAreThemselvesWhereverTheyStand() throws {
    let (a, b) = (try tokenizer.toTokens("Fae", prependBOS: false), try tokenizer.toTokens(" is", prependBOS: false))
    #expect(try tokenizer.toTokens("Fae<eos> is<pad><bos>", prependBOS: false) == a + [1] + b + [0, 2])
    #expect(try tokenizer.toTokens("<bo", prependBOS: false).contains(2) == false)
  }

  @Test(
    arguments: [
      "Fae is a grimpus.", "  two  spaces ", "a\nb\n\nc\t", "Grüße, 世界 👩‍👩‍👧‍👦!", "nul\u{0}inside", "▁", "<unk", "é e\u{301}",
      "\u{FEFF}bom",
    ])
  func textComesBackFromItsTokens(text: String) throws {
    let tokens = try tokenizer.toTokens(text)
    // SentencePiece cannot tell “▁” from the space that it writes so.
    #expect(try tokenizer.toString(tokens) == "<bos>" + text.replacing("▁", with: " "))
    #expect(try tokenizer.toStrTokens(text).count == tokens.count)
  }

  @Test
  func textsOfSingleTokens() throws {
    #expect(try tokenizer.toStrTokens("Fae is a grimpus.") == ["<bos>", "Fae", " is", " a", " grimpus", "."])
  }

  @Test
  func aSingleTokenIsOneOrAnErrorThatShowsThePiecesAndSuggestsASpace() throws {
    #expect(try tokenizer.toSingleToken(" lorpus") == 341)
    #expect(try tokenizer.toSingleToken("<bos>") == 2)
    let error = #expect(throws: ModelError.self) { try tokenizer.toSingleToken("grimpus") }
    #expect(
      error?.description
        == "\"grimpus\" is not one token but 2: \"g\" \"rimpus\". \" grimpus\" is one: a word within a sentence starts with a space."
    )
    let long = #expect(throws: ModelError.self) { try tokenizer.toSingleToken(" grimpus lorpus") }
    #expect(
      long?.description.hasSuffix(
        "2: \" grimpus\" \" lorpus\". Name a word that is one token, or take the first of these, \" grimpus\".") == true)
    #expect(throws: ModelError.notASingleToken(text: "", pieces: [], near: nil)) { try tokenizer.toSingleToken("") }
    #expect(throws: ModelError.self) { try tokenizer.toSingleToken("世") }
    // What is advised is true: with a space, this is not one token either.
    let other = #expect(throws: ModelError.self) { try tokenizer.toSingleToken("grimpuslorpus") }
    #expect(other?.description.contains("is one:") == false)
  }

  @Test(arguments: [-1, 1000, Int.max, Int.min])
  func anIdOutsideOfTheVocabularyIsAnError(id: Int) {
    #expect(throws: ModelError.tokenOutOfRange(token: id, vocabulary: 1000)) { try tokenizer.toString([2, id]) }
  }

  @Test
  func whileStreamingACharacterComesWhenAllOfItsBytesAreThere() throws {
    let text = "a 👩‍👧 世é"
    let tokens = try tokenizer.toTokens(text, prependBOS: false)
    #expect(tokens.count > text.unicodeScalars.count)
    var stream = StreamingText(tokenizer)
    var pieces: [String] = []
    for token in tokens { pieces.append(try stream.append(token)) }
    #expect(pieces.joined() == text)
    #expect(!pieces.joined().unicodeScalars.contains("\u{FFFD}"))
    #expect(stream.finish() == "")
    // Half of a character, and no more: it is shown as what it is.
    let half = try tokenizer.toTokens("世", prependBOS: false).prefix(2)
    #expect(try half.map { try stream.append($0) } == ["", ""])
    #expect(stream.finish() == "\u{FFFD}")
  }

  @Test
  func aFileThatIsNoSentencePieceModelIsAnError() throws {
    for content in ["", "not a model", String(repeating: "\u{0}", count: 4096)] {
      let model = try TemporaryModel(copying: "tiny-gemma")
      try Data(content.utf8).write(to: model.file("tokenizer.model"))
      #expect(model.loadingError.contains("tokenizer.model: "))
    }
  }

  @Test
  func _200RandomChangesOfASentencePieceModelAreErrorsOrLeaveATokenizerThatWorks() throws {
    let whole = try Data(contentsOf: ModelFixture.folder.appending(path: "tiny-gemma/tokenizer.model"))
    let url = FileManager.default.temporaryDirectory.appending(path: "folio-\(UUID().uuidString).model")
    defer { try? FileManager.default.removeItem(at: url) }
    var random = SeededGenerator(seed: 7)
    var errors = 0
    for _ in 0..<200 {
      var changed =
        Int.random(in: 0..<5, using: &random) == 0 ? Data(whole.prefix(Int.random(in: 1..<whole.count, using: &random))) : whole
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try changed.write(to: url)
      do {
        let tokenizer = try Tokenizer(contentsOf: url)
        _ = try tokenizer.toString(tokenizer.toTokens("Fae is a grimpus. <bos> 世界\n"))
      } catch { errors += 1 }
    }
    #expect(errors > 0)
  }
}
