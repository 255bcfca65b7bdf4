import Foundation
import Gemma
import GemmaFixture
import Testing

@Suite struct ConfigurationTests {
  @Test("the keys of a checkpoint are read")
  func reads() throws {
    let config = try ForwardTests.fixture("tiny-gemma-gqa").model.config
    #expect(config.layers == 3 && config.width == 64 && config.heads == 4 && config.keyValueHeads == 2 && config.headWidth == 32)
    #expect(config.mlpWidth == 128 && config.vocabulary == 1000 && config.contextLength == 8192 && config.normEpsilon == 1e-6)
    #expect(config.ropeBase == 10_000 && config.bos == 2 && config.eos == [1] && config.headsPerKeyValueHead == 2)
  }

  @Test("several end tokens are read")
  func severalEnds() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace("\"eos_token_id\": 1", by: "\"eos_token_id\": [1, 107]", in: "config.json")
    #expect(try GemmaModel(folder: model.folder).config.eos == [1, 107])
  }

  @Test(
    "a wrong value is an error that names file, key and problem",
    arguments: [
      ("\"model_type\": \"gemma\"", "\"model_type\": \"llama\"", "“model_type” is “llama”, not “gemma”"),
      ("\"model_type\": \"gemma\"", "\"x\": 1", "“model_type” is missing"),
      ("\"num_hidden_layers\": 4", "\"x\": 1", "“num_hidden_layers” is missing"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 0", "“num_hidden_layers” is 0"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": -3", "“num_hidden_layers” is -3"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 4.5", "“num_hidden_layers” is 4.5. It must be a whole number."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": \"4\"", "“num_hidden_layers” has a value of the wrong type"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 9223372036854775807", "“num_hidden_layers” is 9.223372036854776e+18."),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 1e300", "“num_hidden_layers” is 1e+300. It must be a whole number."),
      ("\"hidden_size\": 64", "\"hidden_size\": null", "“hidden_size” is missing"),
      ("\"head_dim\": 16", "\"head_dim\": 15", "“head_dim” is 15, an odd number"),
      ("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3", "“num_key_value_heads” is 3, which does not divide the 4"),
      ("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": -1", "“rms_norm_eps” is -1"),
      ("\"rope_theta\": 10000.0", "\"rope_theta\": 0", "“rope_theta” is 0"),
      ("\"bos_token_id\": 2", "\"bos_token_id\": 1000", "“bos_token_id” is 1000"),
      ("\"eos_token_id\": 1", "\"eos_token_id\": [1, -1]", "“eos_token_id” is -1"),
      ("\"eos_token_id\": 1", "\"eos_token_id\": \"</s>\"", "“eos_token_id” has a value of the wrong type"),
      ("\"use_cache\": true", "\"tie_word_embeddings\": false", "“tie_word_embeddings” is false"),
      ("\"vocab_size\": 1000", "\"vocab_size\": 999", "has 1000 pieces, and the model's vocabulary has 999"),
      ("\"vocab_size\": 1000", "\"vocab_size\": 2000", "has the shape [1000, 64], and config.json asks for [2000, 64]"),
      ("\"intermediate_size\": 128", "\"intermediate_size\": 256", "has the shape [128, 64], and config.json asks for [256, 64]"),
      ("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5", "“model.layers.4.input_layernorm.weight” is missing"),
      ("{", "[", "is not a JSON object"),
    ])
  func wrongValue(old: String, new: String, problem: String) throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try model.replace(old, by: new, in: "config.json")
    #expect(model.loadingError.contains(problem), "\(model.loadingError)")
    #expect(model.loadingError.contains(model.folder.lastPathComponent))
  }
}
