import Foundation
import Checkpoints
import Transformer
import ModelFixture
import Testing

/// What a checkpoint's `generation_config.json` does to `generate`, and what it does not do in silence.
@Suite struct GenerationDefaultsTests {
  private func model(_ settings: String?, config: String = "") throws -> LanguageModel {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try settings.map { try Data($0.utf8).write(to: model.file("generation_config.json")) }
      ?? FileManager.default.removeItem(at: model.file("generation_config.json"))
    try model.replace("\"vocab_size\": 1000", by: "\(config)\"vocab_size\": 1000", in: "config.json")
    return try LanguageModel(folder: model.folder)
  }

  private let prompt = "Every grimpus is a zumpus. Fae is"

  @Test
  func itsEndTokensEndATextOneOrSeveralAndGoBeforeConfigJsons() throws {
    let free = try model("{}").generate(prompt, maxNewTokens: 6)
    #expect(free.end == .limit)
    let (first, later) = (free.newTokens[0], try #require(free.newTokens.first { $0 != free.newTokens[0] }))
    let one = try model("{\"eos_token_id\": \(later)}")
    #expect(one.config.eos == [later])
    #expect(try one.generate(prompt).end == .stopToken(later))
    let several = try model("{\"_from_model_config\": true, \"eos_token_id\": [1, \(first)], \"transformers_version\": \"4.38\"}")
    #expect(try several.generate(prompt).newTokens == [first])
    #expect(try model("{\"bos_token_id\": 2}").config.eos == [1])
    #expect(try model(nil, config: "\"repetition_penalty\": 1.0, ").config.eos == [1])
  }

  @Test
  func stopTokensThatAreGivenAreTheOnlyOnes() throws {
    let free = try model("{}").generate(prompt, until: [999], maxNewTokens: 4)
    let ended = try model("{\"eos_token_id\": \(free.newTokens[0])}").generate(prompt, until: [999], maxNewTokens: 4)
    #expect(ended.newTokens == free.newTokens)
  }

  @Test
  func samplingIsKeptAndAppliedOnlyWhereItIsAskedFor() throws {
    let model = try model("{\"do_sample\": true, \"temperature\": 0.7, \"top_k\": 64, \"top_p\": 0.95, \"max_new_tokens\": 9}")
    let defaults = model.generationDefaults
    #expect(defaults.samples && defaults.temperature == 0.7 && defaults.topK == 64 && defaults.topP == 0.95)
    #expect(defaults.maxNewTokens == 9)
    #expect(try defaults.sampling(seed: 3) == Sampling(temperature: 0.7, topK: 64, topP: 0.95, seed: 3))
    let greedy = try ModelFixture.named("tiny-gemma").model.generate(prompt, maxNewTokens: 12)
    #expect(try model.generate(prompt, maxNewTokens: 12).tokens == greedy.tokens)
    #expect(try self.model("{\"temperature\": 0.7}").generationDefaults.sampling() == .greedy)
    #expect(try self.model("{\"do_sample\": true}").generationDefaults.topK == 50)
    #expect(try self.model("{\"do_sample\": true, \"top_k\": 0}").generationDefaults.topK == nil)
  }

  @Test(
    arguments: [
      "\"repetition_penalty\": 1.3", "\"suppress_tokens\": [5]", "\"no_repeat_ngram_size\": 3", "\"num_beams\": 4",
      "\"forced_eos_token_id\": 1", "\"bad_words_ids\": [[5]]", "\"guidance_scale\": 1.5", "\"min_new_tokens\": 20",
      "\"stop_strings\": [\"Q:\"]", "\"a_new_setting\": 0.5",
    ])
  func aSettingThatChangesTheTokensAndIsNotComputedIsAnErrorOfGenerateByItsNameAndLineAndOfNothingElse(setting: String) throws {
    let model = try model("{\n  \(setting)\n}")
    let name = setting.split(separator: "\"")[0]
    let error = #expect(throws: ModelError.self) { try model.generate(prompt) }
    #expect(error?.description.contains("/generation_config.json:2: “\(name)” is") == true, "\(String(describing: error))")
    #expect(throws: ModelError.self) { try model.generate(batch: [prompt], until: [1]) }
    #expect(throws: Never.self) { try model.run(prompt) }
    let legacy = try self.model(nil, config: "\(setting.hasPrefix("\"a_new") ? "" : setting + ",")")
    if !setting.hasPrefix("\"a_new") {
      let error = #expect(throws: ModelError.self) { try legacy.generate(prompt) }
      #expect(error?.description.contains("“\(name)”") == true)
    }
  }

  @Test(
    arguments: [
      "\"repetition_penalty\": 1.0", "\"suppress_tokens\": null", "\"suppress_tokens\": []", "\"num_beams\": 1",
      "\"use_cache\": true",
      "\"max_length\": 8192", "\"cache_implementation\": \"hybrid\"", "\"a_new_setting\": null", "\"min_p\": 0",
    ])
  func settingsWithWhichNothingChangesPass(setting: String) throws {
    let generation = try model("{\(setting)}").generate(prompt, maxNewTokens: 2)
    #expect(generation.newTokens.count == 2)
  }

  @Test(
    arguments: [
      ("{\"eos_token_id\": [1, 1000]}", "“eos_token_id” is 1000"), ("{\"eos_token_id\": \"<eos>\"}", "“eos_token_id” is “<eos>”"),
      ("{\"bos_token_id\": []}", "“bos_token_id” is an empty list, and"),
      ("{\"bos_token_id\": 7}", "“bos_token_id” is 7, and config.json's is 2"), ("[]", "is not a JSON object"),
      ("{\"eos_token_id\": 1,}", "is not JSON"), ("{\"do_sample\": \"yes\"}", "“do_sample” is “yes”"),
      ("{\"eos_token_id\": 1, \"eos_token_id\": 7}", "“eos_token_id” stands there twice"),
    ])
  func aValueThatMakesNoSenseIsAnErrorOfLoading(settings: String, problem: String) {
    let error = #expect(throws: ModelError.self) { try model(settings) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }
}
