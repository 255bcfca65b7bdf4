import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// What the files beside a `tokenizer.model` say of it is used, or told.
@Suite struct TokenizerSettingsTests {
  private func error(_ old: String, _ new: String, in name: String = "tokenizer_config.json") -> String {
    do {
      let model = try TemporaryModel(copying: "tiny-gemma")
      try model.replace(old, by: new, in: name)
      return model.loadingError
    } catch { return "The fixture cannot be changed: \(error)" }
  }

  /// The error of the fixture with one file more; empty if it loads.
  private func error(with name: String, _ content: String, and changes: [(String, String)] = []) throws -> String {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try Data(content.utf8).write(to: model.file(name))
    for (old, new) in changes { try model.replace(old, by: new, in: "tokenizer_config.json") }
    return model.loadingError
  }

  @Test
  func whetherATextBeginsWithBOSIsAsTheCheckpointSaysUnlessTheCallSaysOtherwise() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"add_bos_token\": true", by: "\"add_bos_token\": false", in: "tokenizer_config.json")
    let loaded = try LanguageModel(folder: model.folder)
    let text = "Fae is a grimpus."
    let with = try ModelFixture.named("tiny-gemma").model.toTokens(text)
    #expect(try loaded.toTokens(text) == Array(with.dropFirst()))
    #expect(try loaded.toTokens(text, prependBOS: true) == with)
    #expect(try loaded.run(text).tokens == Array(with.dropFirst()))
    #expect(try loaded.checksum != ModelFixture.named("tiny-gemma").model.checksum)
  }

  @Test
  func aTextThatIsListedAsATokenIsThatTokenWhereverItStands() throws {
    // “ grimpus” is an ordinary piece; listed, it is found within a word too.
    let model = try TemporaryModel(copying: "tiny-gemma")
    let plain = try LanguageModel(folder: model.folder)
    let (grimpus, text) = (try plain.toSingleToken(" grimpus"), "a grimpuses")
    try model.replace(
      "\"added_tokens_decoder\": {", by: "\"added_tokens_decoder\": {\"\(grimpus)\": {\"content\": \"▁grimpus\"},",
      in: "tokenizer_config.json")
    let loaded = try LanguageModel(folder: model.folder)
    #expect(try loaded.toTokens("x▁grimpuses").contains(grimpus))
    #expect(try loaded.toString(loaded.toTokens(text)) == "<bos>" + text)
    let folder = FileManager.default.temporaryDirectory.appending(path: "folio-tokens-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try loaded.save(to: folder)
    #expect(try LanguageModel(folder: folder).toTokens("x▁grimpuses") == loaded.toTokens("x▁grimpuses"))
  }

  @Test
  func theFixturesFilesChangeNoTokenOfAText() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    for name in ["tokenizer_config.json", "special_tokens_map.json"] { try FileManager.default.removeItem(at: model.file(name)) }
    let (bare, full) = (try LanguageModel(folder: model.folder), try ModelFixture.named("tiny-gemma"))
    for text in [full.expectations.cleanOut, "<start_of_turn>user\n\n\nHi   there<end_of_turn>\n\n\n\n\n", "     <mask> a\nb▁"] {
      #expect(try bare.toTokens(text) == full.model.toTokens(text))
    }
  }

  @Test
  func whatContradictsTokenizerModelOrIsNotReadIsAnErrorThatNamesFileLineAndKey() {
    let foreign = error("\"added_tokens_decoder\": {", "\"added_tokens_decoder\": {\"1000\": {\"content\": \"<|im_start|>\"},")
    #expect(
      foreign.contains("/tokenizer_config.json:4: “<|im_start|>” is a token, number 1000, and tokenizer.model does not have it"))
    let renamed = error("\"content\": \"<mask>\"", "\"content\": \"<think>\"")
    #expect(renamed.contains("“<think>” is a token, number 4, and tokenizer.model has “<mask>” there"), "\(renamed)")
    #expect(error("\"bos_token\": \"<bos>\"", "\"bos_token\": \"<pad>\"").contains("“bos_token” is “<pad>”, and config.json's"))
    #expect(error("\"add_eos_token\": false", "\"add_eos_token\": true").contains("“add_eos_token” is true"))
    #expect(error("\"add_bos_token\": true", "\"add_bos_token\": 1").contains("“add_bos_token” is 1"))
    #expect(error("\"GemmaTokenizer\"", "\"BertTokenizer\"").contains("“tokenizer_class” is “BertTokenizer”"))
    #expect(error("\"sp_model_kwargs\": null", "\"sp_model_kwargs\": {\"alpha\": 0.1}").contains("“sp_model_kwargs” is {"))
    #expect(error("\"extra_special_tokens\": {}", "\"extra_special_tokens\": [\"<tool>\"]").contains("names “<tool>”"))
    #expect(error("\"extra_special_tokens\": {}", "\"extra_special_tokens\": [\"<mask>\"], \"chat_template\": \"x\"") == "")
    #expect(error("\"extra_special_tokens\": {}", "\"reverse_text\": true").contains("“reverse_text” is true"))
    #expect(error("\"lstrip\": false", "\"lstrip\": 1").contains("“added_tokens_decoder.0.lstrip” is 1"))
    let map = error("\"content\": \"<bos>\"", "\"content\": \"<eos>\"", in: "special_tokens_map.json")
    // tokenizer_config.json goes before it, as in Hugging Face's tokenizers.
    #expect(map == "")
  }

  @Test
  func addedTokensJsonAndTokenizerJsonAreReadToo() throws {
    #expect(try error(with: "added_tokens.json", "{\"<image>\": 1000}").contains("/added_tokens.json:1: “<image>” is a token"))
    #expect(try error(with: "added_tokens.json", "{\"<mask>\": 4}") == "")
    let bos = "{\"SpecialToken\": {\"id\": \"<bos>\", \"type_id\": 0}}"
    func fast(_ single: String, _ added: String = "") -> String {
      """
      {"version": "1.0", "added_tokens": [\(added)], "normalizer": {"type": "Replace"},
       "post_processor": {"type": "TemplateProcessing", "single": [\(single)], "pair": []},
       "model": {"type": "BPE", "vocab": {"a\\"}": 1, "\\\\": 2}, "merges": [["a", "b"]]}}
      """
    }
    let sequence = "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}"
    #expect(try error(with: "tokenizer.json", fast("\(bos), \(sequence)")) == "")
    #expect(try error(with: "tokenizer.json", fast(sequence)).contains("“post_processor” does not begin a text with BOS"))
    #expect(
      try error(with: "tokenizer.json", fast("\(bos), \(sequence), \(bos)")).contains("adds other tokens to a text than BOS"))
    let without = [("\"add_bos_token\": true", "\"add_bos_token\": false")]
    #expect(try error(with: "tokenizer.json", fast(sequence), and: without) == "")
    #expect(
      try error(with: "tokenizer.json", fast("\(bos), \(sequence)"), and: without).contains("“post_processor” begins a text"))
    let added = "{\"id\": 1000, \"content\": \"<image>\", \"single_word\": false}"
    #expect(try error(with: "tokenizer.json", fast("\(bos), \(sequence)", added)).contains("“<image>” is a token, number 1000"))
  }
}
