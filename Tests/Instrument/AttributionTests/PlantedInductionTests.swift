import Attribution
import Tensors
import Testing
import Transformer

/// The planted circuit: it is there, it does what it should, and a gradient that looks at one point misses a part of it.
@Suite struct PlantedInductionTests {
  static let planted = Result { try PlantedInduction() }

  @Test
  func theModelSaysWhatCameBehindItsLastTokenBeforeAndNothingWhereItDidNotOccur() throws {
    let planted = try Self.planted.get()
    for example in try planted.examples(20) {
      let logits = try planted.model.run(example.clean).logits
      let first = try #require(example.clean.firstIndex(of: example.clean[11]))
      #expect(logits.argmax() == example.clean[first + 1])
      #expect(try Self.value(planted.model, example.clean, example) > 3.5)
      let corrupted = try #require(example.corrupted)
      #expect(abs(try Self.value(planted.model, corrupted, example)) < 1)
    }
  }

  static func value(_ model: LanguageModel, _ tokens: [Int], _ example: PromptExample) throws -> Float {
    try model.gradients(tokens, of: example.metric, at: [.residualPost(layer: 1)]).value
  }

  @Test
  func itsHeadsLookWhereTheyArePlantedToLook() throws {
    let planted = try Self.planted.get()
    let example = try planted.examples(1)[0]
    let patterns = try planted.model.attentionPatterns(
      example.clean, heads: [planted.previousTokenHead, planted.inductionHead]
    ).patterns
    for position in 1..<12 { #expect(patterns[0][position, position - 1] > 0.999) }
    let first = try #require(example.clean.firstIndex(of: example.clean[11]))
    #expect(patterns[1][11, first + 1] > 0.999)
  }

  @Test
  func ablatingEachHeadFindsTheTwoThatArePlantedAndNoOther() throws {
    let planted = try Self.planted.get()
    let examples = try planted.examples(6)
    let means = try planted.model.means(of: [.z], over: examples.map(\.clean))
    let effects = try planted.model.ablationEffects(of: .z, on: examples, by: .mean(means))
    for label in effects.labels {
      let isPlanted = ["L0H1", "L1H2"].contains(label)
      for effect in try effects.effects(of: label) { #expect(isPlanted ? effect > 3 : abs(effect) < 0.1, "\(label): \(effect)") }
    }
  }

  @Test
  func attributionPatchingMissesTheSaturatedKeyThatPatchingFindsAndIntegratedGradientsFindsIt() throws {
    let planted = try Self.planted.get()
    let example = try planted.examples(1)[0]
    let corrupted = try #require(example.corrupted)
    func key(_ attribution: ComponentAttribution) -> Float { attribution.values.select(1).select(2).sum() }
    let patched = try planted.model.activationPatching(
      clean: example.clean, corrupted: corrupted, toward: example.metric, component: .key)
    #expect(key(patched) > 3.5)
    let estimated = try planted.model.attributionPatching(
      clean: example.clean, corrupted: corrupted, toward: example.metric, component: .key)
    #expect(abs(key(estimated)) < 0.05 * key(patched))
    let integrated = try planted.model.integratedGradients(
      clean: example.clean, corrupted: corrupted, toward: example.metric, component: .key, steps: 64)
    #expect(abs(key(integrated) / key(patched) - 1) < 0.1)
  }

  @Test(arguments: [4, 17])
  func promptsThatCannotBeMadeAreAnError(length: Int) throws {
    let planted = try Self.planted.get()
    #expect(throws: (any Error).self) { try planted.examples(1, length: length) }
  }
}
