import Checkpoints
import Foundation
import TestSupport
import Testing

/// What a folder's tokenizer is read from, and what is refused.
@Suite struct TokenizerFilesTests {
  private func files(_ name: String, _ changes: [(String, String)] = [], in file: String = "tokenizer.json") throws
    -> TokenizerFiles
  {
    var files = try TokenizerFiles(folder: TokenizerFamiliesTests.folder(name))
    for (old, new) in changes {
      let text = String(decoding: try #require(files[file]), as: UTF8.self)
      try #require(text.contains(old), "\(old) is not in \(file)")
      files[file] = Data(text.replacing(old, with: new, maxReplacements: 1).utf8)
    }
    return files
  }

  /// The error of a fixture with a change; empty if it loads.
  private func error(_ name: String, _ old: String, _ new: String, in file: String = "tokenizer.json") throws -> String {
    do {
      _ = try Tokenizer(files(name, [(old, new)], in: file))
      return ""
    } catch { return "\(error)" }
  }

  @Test
  func aFolderWithoutATokenizerHasNoneAndHalfOfOneIsAnError() throws {
    let folder = try TestFolder()
    #expect(try Tokenizer.load(folder: URL(filePath: folder.path)) == nil)
    try folder.write("{\"a\": 0}", to: "vocab.json")
    let error = #expect(throws: ModelError.self) { try Tokenizer.load(folder: URL(filePath: folder.path)) }
    #expect(error?.description.contains("merges.txt: the tokenizer is missing, and its other half is there") == true)
    #expect(ModelError.noTokenizer(folder: "/m").description.hasPrefix("This needs text, and /m has no tokenizer"))
  }

  @Test
  func theSpecialTokenOfGPT2sClassIsOneWithoutAFileThatSaysSo() throws {
    let folder = try TestFolder()
    try folder.write(#"{"a": 0, "b": 1, "<|endoftext|>": 2}"#, to: "vocab.json")
    try folder.write("#version: 0.2\n", to: "merges.txt")
    let tokenizer = try #require(try Tokenizer.load(folder: URL(filePath: folder.path)))
    #expect(try tokenizer.toTokens("a<|endoftext|>b") == [0, 2, 1])
  }

  @Test
  func whatIsNotUnderstoodInATokenizerJsonIsAnErrorThatNamesIt() throws {
    #expect(try error("llama3", "\"type\":\"BPE\"", "\"type\":\"WordPiece\"").contains("“model.type” is “WordPiece”"))
    #expect(try error("qwen2", "\"type\":\"NFC\"", "\"type\":\"Nmt\"").contains("“normalizer.type” is “Nmt”"))
    #expect(
      try error("smol", "\"type\":\"Digits\"", "\"type\":\"Punctuation\"").contains(
        "“pre_tokenizer.pretokenizers[0].type” is “Punctuation”"))
    #expect(try error("llama3", "\"behavior\":\"Isolated\"", "\"behavior\":\"Other\"").contains("behavior” is “Other”"))
    #expect(try error("llama3", "\"Regex\":\"(?i:", "\"Regex\":\"(?<=a)(?i:").contains("holds the construct “(?<="))
    #expect(try error("llama3", "\"dropout\":null", "\"dropout\":0.1").contains("“model.dropout” is 0.1"))
    #expect(
      try error("llama3", "\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"").contains(
        "“model.end_of_word_suffix” is “</w>”"))
    #expect(try error("llama3", "\"ignore_merges\":true", "\"ignore_merges\":true,\"wide\":1").contains("“model.wide” is 1"))
    #expect(try error("llama3", "\"version\":\"1.0\"", "\"version\":\"1.0\",\"more\":{}").contains("“more” is {}"))
    #expect(try error("llama2", "\"type\":\"ByteFallback\"", "\"type\":\"CTC\"").contains("“decoder.decoders[1].type” is “CTC”"))
    #expect(
      try error("llama3", "\"type\":\"TemplateProcessing\"", "\"type\":\"BertProcessing\"").contains(
        "“post_processor” is of the type “BertProcessing”"))
  }

  @Test
  func aVocabularyOrMergesThatContradictThemselvesAreAnError() throws {
    #expect(try error("neox", "\"merges\":[", "\"merges\":[[\"zq\",\"qz\"],").contains("joins [“zq”, “qz”]"))
    #expect(try error("neox", "\"merges\":[", "\"merges\":[\"a b c\",").contains("which is no pair"))
    #expect(try error("neox", "\"!\":2", "\"!\":3").contains("twice"))
    #expect(try error("neox", "\"!\":2", "\"!\":99999999999").contains("has no number for “!”, or one that is too large"))
    #expect(
      try error("neox", "\"id\":1,", "\"id\":5,").contains("“<|padding|>” is a token, number 5, and tokenizer.json has “$” there")
    )
    #expect(
      try error("llama3", "\"bos_token\": \"<|begin_of_text|>\"", "\"bos_token\": \"<|endoftext|>\"", in: "tokenizer_config.json")
        .contains("“bos_token” is “<|endoftext|>”"))
    #expect(
      try error("llama3", "\"bos_token\"", "\"add_bos_token\": false, \"bos_token\"", in: "tokenizer_config.json").contains(
        "begins a text with BOS"))
    #expect(
      try error("neox", "\"tokenizer_class\"", "\"add_prefix_space\": true, \"tokenizer_class\"", in: "tokenizer_config.json")
        .contains("“add_prefix_space” is true"))
    #expect(
      try error("gpt2", "GPT2Tokenizer", "RobertaTokenizer", in: "tokenizer_config.json").contains(
        "is of the class RobertaTokenizer"))
  }

  @Test
  func mergesStandThereAsPairsOrAsTexts() throws {
    let pairs = try files("neox")
    let content = try #require(pairs["tokenizer.json"])
    var json = try #require(try JSONSerialization.jsonObject(with: content) as? [String: Any])
    var model = try #require(json["model"] as? [String: Any])
    let merges = try #require(model["merges"] as? [[String]])
    model["merges"] = merges.map { $0.joined(separator: " ") }
    json["model"] = model
    var other = pairs
    other["tokenizer.json"] = try JSONSerialization.data(withJSONObject: json)
    #expect(other["tokenizer.json"] != pairs["tokenizer.json"])
    let (one, two) = (try Tokenizer(pairs), try Tokenizer(other))
    for text in try TokenizerFamiliesTests.texts() { #expect(try one.toTokens(text) == two.toTokens(text)) }
  }

  @Test
  func aByteWithoutATokenIsLeftOutOrIsTheUnknownTokenWhereThereIsOneAsInTheLibrary() throws {
    let without = try files("neox", [("\"\\u0121\":", "\"<|other|>\":")])
    let tokenizer = try Tokenizer(without)
    #expect(try tokenizer.toTokens("a\u{7F}b") == tokenizer.toTokens("a") + tokenizer.toTokens("b"))
    var unknown = without
    let text = String(decoding: try #require(without["tokenizer.json"]), as: UTF8.self)
    unknown["tokenizer.json"] = Data(text.replacing("\"unk_token\":null", with: "\"unk_token\":\"<|padding|>\"").utf8)
    #expect(try Tokenizer(unknown).toTokens("a\u{7F}b") == tokenizer.toTokens("a") + [1] + tokenizer.toTokens("b"))
  }

  @Test
  func aChatTemplateIsToldFromEitherFile() throws {
    var files = try files(
      "neox", [("{\"tokenizer_class\"", "{\"chat_template\": \"{{ a }}\", \"tokenizer_class\"")], in: "tokenizer_config.json")
    #expect(try Tokenizer(files).chatTemplate == "{{ a }}")
    files["chat_template.jinja"] = Data("{{ b }}".utf8)
    #expect(try Tokenizer(files).chatTemplate == "{{ b }}")
    #expect(try TokenizerFamiliesTests.tokenizer("neox").chatTemplate == nil)
  }

  @Test(arguments: TokenizerFamiliesTests.names)
  func theFilesThatATokenizerGivesMakeTheSameOne(name: String) throws {
    let tokenizer = try TokenizerFamiliesTests.tokenizer(name)
    let files = TokenizerFiles(
      folder: "saved", contents: Dictionary(uniqueKeysWithValues: tokenizer.files.map { ($0.name, $0.content) }))
    let again = try Tokenizer(files)
    #expect(again.count == tokenizer.count && again.bos == tokenizer.bos)
    for text in try TokenizerFamiliesTests.texts() { #expect(try again.toTokens(text) == tokenizer.toTokens(text)) }
  }
}
