import Checkpoints
import ModelFixture
import Tensors
import Testing
import Transformer

/// Where the weights of families lie in their checkpoints.
@Suite struct StoredWeightTests {
  private func matrix(_ weights: StoredWeights, _ weight: LayerWeight, layer: Int = 1) throws -> Tensor {
    let name = WeightName.layer(layer, weight)
    return try weights.matrix(name, shape: name.shape(weights.configuration)).tensor
  }

  private func vector(_ weights: StoredWeights, _ weight: LayerWeight, layer: Int = 1) throws -> [Float] {
    let name = WeightName.layer(layer, weight)
    return try weights.vector(name, count: name.shape(weights.configuration)[0]).elements
  }

  @Test
  func gpt2sMatricesAreStoredWithInputsAsRowsQueriesKeysAndValuesBesideEachOther() throws {
    let weights = try WrittenModel(SettingsText(FamilyTexts.gpt2)).weights()
    let d = 48
    for (part, (weight, bias)) in [(LayerWeight.query, LayerWeight.queryBias), (.key, .keyBias), (.value, .valueBias)]
      .enumerated()
    {
      let tensor = try matrix(weights, weight)
      #expect(tensor.shape == [d, d])
      // Row i of `[d, 3 d]` holds what input i gives to each output.
      for (out, input) in [(0, 0), (0, 1), (1, 0), (47, 3), (5, 47)] {
        #expect(tensor[out, input] == Float(input * 3 * d + part * d + out))
      }
      #expect(try vector(weights, bias) == (0..<d).map { Float(part * d + $0) })
    }
    let up = try matrix(weights, .up)
    #expect(up.shape == [192, 48] && up[191, 2] == Float(2 * 192 + 191))
    let down = try matrix(weights, .down)
    #expect(down.shape == [48, 192] && down[5, 100] == Float(100 * 48 + 5))
    #expect(try matrix(weights, .output)[3, 7] == Float(7 * 48 + 3))
    #expect(try vector(weights, .upBias) == (0..<192).map(Float.init))
  }

  @Test
  func gptNeoXsRowsAreStoredHeadByHeadQueryKeyAndValueOfEach() throws {
    let weights = try WrittenModel(SettingsText(FamilyTexts.gptNeoX)).weights()
    let (d, c) = (64, 16)
    for (part, (weight, bias)) in [(LayerWeight.query, LayerWeight.queryBias), (.key, .keyBias), (.value, .valueBias)]
      .enumerated()
    {
      let (tensor, vector) = (try matrix(weights, weight), try vector(weights, bias))
      #expect(tensor.shape == [d, d])
      for row in 0..<d {
        let stored = (row / c) * 3 * c + part * c + row % c
        #expect(tensor[row, 5] == Float(stored * d + 5))
        #expect(vector[row] == Float(stored))
      }
    }
    #expect(try matrix(weights, .output)[3, 7] == Float(3 * d + 7))
  }

  @Test
  func aCheckpointOfGPT2MayLeaveThePrefixOutAndNotInAPartOfTheTensors() throws {
    let short = { (name: String) in name.hasPrefix("transformer.") ? String(name.dropFirst(12)) : name }
    #expect(try WrittenModel(SettingsText(FamilyTexts.gpt2), names: short).loadingError == "")
    #expect(try WrittenModel(SettingsText(FamilyTexts.gpt2)).loadingError == "")
    let mixed = try WrittenModel(SettingsText(FamilyTexts.gpt2), names: { $0.contains(".ln_f.") ? short($0) : $0 })
    #expect(mixed.loadingError.contains("“transformer.ln_f.weight” is missing"), "\(mixed.loadingError)")
  }

  /// A multimodal configuration around the text of one.
  private static let multimodal = SettingsText(
    #"{"model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"], "vision_config": {"hidden_size": 8}, "text_config": "#
      + SettingsText(FamilyTexts.gemma3).without("architectures").text + "}")

  private static func image(_ prefix: String) -> [SafetensorsContent.Tensor] {
    ["vision_tower.vision_model.head.probe", "multi_modal_projector.mm_soft_emb_norm.weight"].map {
      (prefix + $0, "F32", [2], WrittenModel.bytes([1, 2]))
    }
  }

  @Test
  func theLanguageModelOfAGemma3WithImagesIsFoundInBothLayoutsAndWhatReadsImagesIsToldAndLeftOut() throws {
    let old = try WrittenModel(Self.multimodal, names: { "language_model." + $0 }, adding: Self.image(""))
    #expect(try LanguageModel(folder: old.folder).otherTensors == Self.image("").map(\.name).sorted())
    let new = try WrittenModel(
      Self.multimodal, names: { $0.replacing("model.", with: "model.language_model.") }, adding: Self.image("model."))
    #expect(try LanguageModel(folder: new.folder).otherTensors == Self.image("model.").map(\.name).sorted())
    let plain = try WrittenModel(SettingsText(FamilyTexts.gemma3))
    #expect(try LanguageModel(folder: plain.folder).otherTensors == [])
  }

  @Test
  func whatReadsImagesIsRefusedWhereNoModelWithImagesIs() throws {
    let text = try WrittenModel(SettingsText(FamilyTexts.gemma3), adding: Self.image(""))
    #expect(text.loadingError.contains("“multi_modal_projector.mm_soft_emb_norm.weight”, like 1 others, is not a part"))
    let llama = try WrittenModel(SettingsText(FamilyTexts.llama), adding: Self.image(""))
    #expect(llama.loadingError.contains("is not a part"))
  }

  @Test(arguments: FamilyTexts.all.keys.sorted())
  func everyFamilyLoadsFromItsOwnNamesAndAModelIsSavedUnderThem(name: String) throws {
    let model = try WrittenModel(SettingsText(try #require(FamilyTexts.all[name])))
    #expect(model.loadingError == "")
    let names = try Checkpoint(folder: model.folder).tensors.keys.sorted()
    let copy = model.folder.appending(path: "copy")
    try LanguageModel(folder: model.folder).save(to: copy)
    #expect(try Checkpoint(folder: copy).tensors.keys.sorted() == names)
    for (tensor, stored) in try Checkpoint(folder: copy).tensors {
      let original = try #require(try Checkpoint(folder: model.folder).tensors[tensor])
      #expect(try stored.file.tensor(stored.entry) == original.file.tensor(original.entry), "\(tensor)")
    }
  }
}
