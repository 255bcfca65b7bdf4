import Foundation

/// The files of a tokenizer: those of a folder, or what stands for them.
package struct TokenizerFiles: Sendable {
  /// The files that count. Which tokens a text has depends on nothing else in a folder.
  package static let names = [
    "tokenizer.model", "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "chat_template.jinja",
  ]

  /// The folder's path, or another place for errors to name.
  package let folder: String
  /// What each file holds, by its name.
  package private(set) var contents: [String: Data]

  package init(folder: String, contents: [String: Data]) {
    (self.folder, self.contents) = (folder, contents.filter { Self.names.contains($0.key) })
  }

  package init(folder: URL) throws(ModelError) {
    self.init(folder: folder.path, contents: [:])
    for name in Self.names {
      let url = folder.appending(path: name)
      guard ModelFile.exists(url) || ModelFile.deadLink(url) != nil else { continue }
      contents[name] = try ModelFile.read(url)
    }
  }

  package subscript(name: String) -> Data? {
    get { contents[name] }
    set { contents[name] = newValue }
  }

  package func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The files in the order of `names`.
  package var all: [(name: String, content: Data)] { Self.names.compactMap { name in contents[name].map { (name, $0) } } }

  /// What the vocabulary is in; nil if there is none.
  package var form: Form? {
    if contents["tokenizer.model"] != nil { return .sentencePiece }
    if contents["tokenizer.json"] != nil { return .json }
    return contents["vocab.json"] != nil || contents["merges.txt"] != nil ? .vocabularyAndMerges : nil
  }

  /// GPT-2's class of tokenizers knows its special token without a file that says so; here it is written down.
  mutating func nameSpecialToken() throws(ModelError) {
    let name = "<|endoftext|>"
    guard form == .vocabularyAndMerges, contents["added_tokens.json"] == nil, let vocabulary = contents["vocab.json"],
      let id = try SettingsReader.node(vocabulary, file: path("vocab.json")).node[name]?.integer
    else { return }
    contents["added_tokens.json"] = Data(JSONText.object([(name, .number(id))]).bytes)
  }

  package enum Form: Sendable { case sentencePiece, json, vocabularyAndMerges }

  func reader(_ name: String, only names: Set<String>? = nil) throws(ModelError) -> SettingsReader? {
    guard let content = contents[name] else { return nil }
    return try SettingsReader(json: content, file: path(name), only: names)
  }
}
