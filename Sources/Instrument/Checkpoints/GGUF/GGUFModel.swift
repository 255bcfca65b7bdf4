import Foundation

/// A model in one GGUF file, in the terms of Hugging Face's transformers: its `config.json`, its weights by their names, and what its
/// tokenizer is made of.
///
/// A GGUF file is what llama.cpp's `convert_hf_to_gguf.py` made of a folder of transformers. Some of that is undone here, so that the
/// numbers are those of the folder: `GGUFArchitecture` says what. The quantisation is not: the weights are the numbers that the blocks
/// stand for.
package struct GGUFModel: Sendable {
  package let file: GGUFFile
  package let weights: GGUFWeights
  /// What the folder's `config.json` says, for `SettingsReader`.
  package let configuration: Data

  package init(_ url: URL) throws(ModelError) {
    file = try GGUFFile(url)
    let architecture = try GGUFArchitecture.of(file)
    let keys = GGUFSettings(file, architecture)
    configuration = try architecture.configuration(keys)
    weights = try GGUFWeights(file, architecture, heads: keys.heads())
  }

  /// The tokenizer that the file holds; nil if it holds none.
  package func tokenizer() throws(ModelError) -> Tokenizer? {
    guard try file.metadata.string("tokenizer.ggml.model") ?? "no_vocab" != "no_vocab" else { return nil }
    return try Tokenizer(GGUFTokenizerValues(file.metadata), origin: file.path)
  }
}
