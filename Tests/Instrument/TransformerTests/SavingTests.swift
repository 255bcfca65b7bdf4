import Foundation
import Transformer
import ModelFixture
import Tensors
import Testing

/// Models and states of training, to files and back.
@Suite struct SavingTests {
  /// A folder that goes with the test.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "folio-saving-\(UUID().uuidString)")
    init() {}
    deinit { try? FileManager.default.removeItem(at: url) }
    func file(_ name: String) -> URL { url.appending(path: name) }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch { return "\(error)" }
  }

  private func trained(_ steps: Int) throws -> Trainer {
    var trainer = try TrainingTests.trainer()
    for _ in 0..<steps { try trainer.step(TrainingTests.batch.get()) }
    return trainer
  }

  @Test
  func aTrainingsStateThatWasSavedBesideItsModelIsNoWeightOfIt() throws {
    let model = try TemporaryModel(copying: "tiny-gemma")
    try TrainingTests.trainer().saveState(to: model.file("state.safetensors"))
    #expect(model.loadingError == "")
  }

  @Test
  func aTrainedModelThatIsSavedInFp32AndLoadedAgainComputesTheSameBits() throws {
    let (folder, model) = (Folder(), try trained(2).model)
    try model.save(to: folder.url)
    let loaded = try LanguageModel(folder: folder.url)
    #expect(loaded.config == model.config)
    for name in WeightName.all(model.config) { #expect(loaded.weights.tensor(name) == model.weights.tensor(name)) }
    let tokens = TrainingTests.sequences[1]
    #expect(try loaded.run(tokens, logits: .all).logits == model.run(tokens, logits: .all).logits)
    #expect(try loaded.toTokens("Is Fae sunny?") == ModelFixture.all.get()[0].model.toTokens("Is Fae sunny?"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    #expect(files == ["config.json", "model.safetensors", "tokenizer.model", "tokenizer_config.json"])
    // Without it, the tokenizer would not find added tokens first.
    try FileManager.default.removeItem(at: folder.file("tokenizer_config.json"))
    let bare = try LanguageModel(folder: folder.url)
    try bare.save(to: folder.url)
    #expect(!FileManager.default.fileExists(atPath: folder.file("tokenizer_config.json").path))
  }

  @Test(arguments: ForwardTests.cases)
  func bf16IsRoundedAsPyTorchRoundsIt(name: String) throws {
    let folder = Folder()
    let model = try ModelFixture.named(name).model
    try model.save(to: folder.url, as: .bfloat16)
    let (saved, expected) = (try LanguageModel(folder: folder.url), try ForwardTests.model(name, "bf16"))
    for name in WeightName.all(model.config) { #expect(saved.weights.tensor(name) == expected.weights.tensor(name)) }
    #expect(saved.weights.embedding.format == .bfloat16)
    // What has no more digits keeps them all, in both formats.
    try saved.save(to: folder.url, as: .float32)
    let again = try LanguageModel(folder: folder.url)
    #expect(again.weights.embedding.format == .float32)
    #expect(again.weights.tensor(WeightName.layer(1, .gate)) == expected.weights.tensor(WeightName.layer(1, .gate)))
  }

  @Test
  func aNumberHalfWayBetweenTwoOfBf16BecomesTheOneWithAnEvenLastBit() throws {
    var parameters = Parameters(of: try TrainingTests.trainer().model)
    let ties: [Float] = [1 + 0x1p-8, 1 + 3 * 0x1p-8, -(1 + 0x1p-8), 1 + 0x1p-8 + 0x1p-20, 0, 0x1p-140]
    for (i, value) in ties.enumerated() { parameters.values[i] = value }
    let folder = Folder()
    let tokenizer = try ModelFixture.all.get()[0].model.tokenizer
    try Trainer(TrainingState(parameters), tokenizer: tokenizer, AdamW()).model.save(to: folder.url, as: .bfloat16)
    let embedding = try LanguageModel(folder: folder.url).weights.tensor(WeightName.embedding).elements
    // 2^-140 is less than half of the smallest number of bf16, 2^-133.
    let expected: [Float] = [1, 1 + 0x1p-6, -1, 1 + 0x1p-7, 0, 0]
    #expect(Array(embedding.prefix(6)) == expected)
  }

  @Test
  func aModelThatIsSavedOverAnotherReplacesItAndTheOtherStillOpenStaysWhatItWas() throws {
    let (folder, old, new) = (Folder(), try trained(0).model, try trained(1).model)
    try old.save(to: folder.url)
    let open = try LanguageModel(folder: folder.url)
    try new.save(to: folder.url)
    let tokens = TrainingTests.sequences[0]
    #expect(try open.run(tokens).logits == old.run(tokens).logits)
    #expect(try LanguageModel(folder: folder.url).run(tokens).logits == new.run(tokens).logits)
  }

  @Test
  func foldersThatCannotBeWrittenToOrThatHoldShardsAreErrors() throws {
    let (folder, model) = (Folder(), try trained(0).model)
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    try Data("text".utf8).write(to: folder.file("file"))
    let error = message { try model.save(to: folder.file("file").appending(path: "model")) }
    #expect(error.contains("cannot be written") && error.contains("disk is full"))
    try Data("{}".utf8).write(to: folder.file("model.safetensors.index.json"))
    #expect(message { try model.save(to: folder.url) }.contains("shards"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("model.safetensors").path))
  }

  @Test(arguments: ["generation_config.json", "tokenizer.json", "adapter_config.json", "model-00001-of-00002.safetensors"])
  func aFolderWithFilesOfAnotherModelThatWouldBeLoadedWithTheseIsRefused(name: String) throws {
    let (folder, model) = (Folder(), try trained(0).model)
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: folder.file(name))
    #expect(message { try model.save(to: folder.url) }.contains(name))
    #expect(!FileManager.default.fileExists(atPath: folder.file("config.json").path))
  }

  @Test
  func whatACheckpointSaysOfGenerationAndOfItsTokenizerIsSavedWithItAndByATrainingToo() throws {
    let source = try TemporaryModel(copying: "tiny-gemma")
    try source.replace("\"add_bos_token\": true", by: "\"add_bos_token\": false", in: "tokenizer_config.json")
    try source.replace("\"eos_token_id\": 1", by: "\"eos_token_id\": [1, 344], \"top_k\": 5", in: "generation_config.json")
    let (folder, other) = (Folder(), Folder())
    let model = try LanguageModel(folder: source.folder)
    #expect(try model.toTokens("Fae") == [model.toSingleToken("Fae")])
    try model.save(to: folder.url)
    let saved = try LanguageModel(folder: folder.url)
    #expect(saved.config == model.config && saved.generationDefaults.topK == 5)
    #expect(try saved.toTokens("Fae") == model.toTokens("Fae"))
    let trainer = try Trainer(saved, optimizer: AdamW())
    try trainer.model.save(to: other.url)
    let again = try LanguageModel(folder: other.url)
    #expect(again.config == model.config)
    #expect(try again.toTokens("Fae") == model.toTokens("Fae"))
    // The state may lie beside the model.
    try trainer.saveState(to: other.file("state.safetensors"))
    #expect(throws: Never.self) { try LanguageModel(folder: other.url) }
    let restored = try Trainer(restoring: other.file("state.safetensors"), optimizer: AdamW())
    #expect(try restored.model.toTokens("Fae") == model.toTokens("Fae"))
  }

  @Test
  func aConfigurationThatIsWrittenIsReadAsTheSame() throws {
    let config = try ModelConfiguration(
      layers: 3, width: 48, heads: 6, keyValueHeads: 2, headWidth: 10, mlpWidth: 96, vocabulary: 77, contextLength: 512,
      normEpsilon: 3e-7, ropeBase: 12_345.5, bos: 4, eos: [1, 7], pad: 3)
    let folder = Folder()
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    try config.json.write(to: folder.file("config.json"))
    #expect(try ModelConfiguration(contentsOf: folder.file("config.json")) == config)
    let text = String(decoding: config.json, as: UTF8.self)
    for line in [
      #""model_type": "gemma""#, #""hidden_activation": "gelu_pytorch_tanh""#, #""hidden_size": 48,"#,
      #""rms_norm_eps": 3e-07"#,
    ] { #expect(text.contains(line), "\(line) in \(text)") }
    let one = try ModelConfiguration(layers: 1, width: 4, heads: 1, headWidth: 2, mlpWidth: 4, vocabulary: 8)
    #expect(String(decoding: one.json, as: UTF8.self).contains(#""eos_token_id": 1,"#))
    let endless = try ModelConfiguration(layers: 1, width: 4, heads: 1, headWidth: 2, mlpWidth: 4, vocabulary: 8, eos: [])
    try endless.json.write(to: folder.file("config.json"))
    #expect(try ModelConfiguration(contentsOf: folder.file("config.json")).eos == [])
    let error = message {
      _ = try ModelConfiguration(layers: 1, width: 4, heads: 1, headWidth: 2, mlpWidth: 4, vocabulary: 8, normEpsilon: .nan)
    }
    #expect(error == "The configuration: “rms_norm_eps” is “nan”. It must be a number.")
  }

  @Test
  func trainingThatIsRestoredGoesOnBitForBit() throws {
    let folder = Folder()
    let optimizer = AdamW(learningRate: .cosine(peak: 1e-2, warmup: 2, steps: 8))
    var trainer = try TrainingTests.trainer(optimizer)
    for _ in 0..<3 { try trainer.step(TrainingTests.batch.get()) }
    try trainer.saveState(to: folder.file("state.safetensors"))
    var restored = try Trainer(restoring: folder.file("state.safetensors"), optimizer: optimizer)
    #expect(restored.steps == 3)
    for _ in 0..<3 {
      let (one, other) = (try trainer.step(TrainingTests.batch.get()), try restored.step(TrainingTests.batch.get()))
      #expect(one.loss == other.loss && one.gradientNorm == other.gradientNorm && one.number == other.number)
    }
    #expect(restored.state.parameters.values == trainer.state.parameters.values)
    #expect(restored.state.firstMoment == trainer.state.firstMoment)
    #expect(restored.state.secondMoment == trainer.state.secondMoment)
    #expect(restored.model.checksum == trainer.model.checksum)
    #expect(try restored.model.toTokens(" is Fae") == trainer.model.toTokens(" is Fae"))
  }

  @Test
  func aFileThatIsNoStateIsAnErrorThatSaysSoWholeOrCutOff() throws {
    let folder = Folder()
    let trainer = try trained(1)
    try trainer.model.save(to: folder.url)
    let state = folder.file("state.safetensors")
    try trainer.saveState(to: state)
    func restoring(_ file: URL) -> String { message { _ = try Trainer(restoring: file, optimizer: AdamW()) } }
    #expect(restoring(state) == "")
    #expect(restoring(folder.file("model.safetensors")).contains("saveState"))
    #expect(restoring(folder.file("nothing")).contains("cannot be read"))
    let whole = try Data(contentsOf: state)
    try whole.dropLast(100).write(to: state)
    #expect(restoring(state).contains("sound safetensors"))
    let damages = [("first_moment.model.norm", "first_moment.model.narm"), (#""steps""#, #""stops""#), ("\"F32\"", "\"I32\"")]
    for (old, new) in damages {
      var bytes = whole
      let range = try #require(bytes.range(of: Data(old.utf8)))
      bytes.replaceSubrange(range, with: Data(new.utf8))
      try bytes.write(to: state)
      #expect(restoring(state).contains("no state of a training"), "\(new)")
    }
  }
}
