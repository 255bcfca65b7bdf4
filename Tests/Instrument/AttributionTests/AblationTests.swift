import Attribution
import Checkpoints
import ModelFixture
import Tensors
import Testing
import Transformer

/// Ablation of any component, and what each part of one does to examples.
@Suite struct AblationTests {
  static let prompts = [[2, 5, 9, 31, 17, 8], [2, 7, 30, 4], [2, 9, 9, 12, 25, 3, 18]]

  static func model(_ family: String = "Gemma 1", seed: UInt64 = 71) throws -> LanguageModel {
    let variant = try #require(ModelVariant.families.first { $0.description == family })
    return try variant.random(seed: seed).model()
  }

  static func examples(_ model: LanguageModel) throws -> [PromptExample] {
    try prompts.enumerated().map {
      try PromptExample("e\($0)", clean: $1, metric: LogitDifference(clean: 7, corrupted: 11 + $0), model: model)
    }
  }

  @Test(arguments: ["Gemma 1", "GPT-2", "Gemma 2", "GPT-NeoX"], [HookPoint.Component.z, .mlpOutput, .attentionOutput, .value])
  func eachPartsEffectIsWhatARunWithThatPartAloneAblatedLacks(family: String, component: HookPoint.Component) throws {
    let model = try Self.model(family)
    let examples = try Self.examples(model)
    let means = try model.means(of: [component], over: Self.prompts)
    for ablation in [Ablation.zero, .mean(means)] {
      let effects = try model.ablationEffects(of: component, on: examples, by: ablation)
      let heads = effects.values.rank == 3 ? effects.values.shape[2] : 1
      for (example, index) in zip(examples, examples.indices) {
        let plain = try Self.metric(model, example, [])
        #expect(abs(effects.before[index] - plain) < 1e-4)
        for part in effects.labels.indices {
          let head = effects.values.rank == 3 ? part % heads : nil
          let hook = Replacement.ablate(HookPoint.named(component, part / heads), head: head, by: ablation)
          let ablated = try Self.metric(model, example, [hook])
          #expect(abs(effects.rows[index, part] - (plain - ablated)) < 2e-4, "\(effects.labels[part])")
        }
      }
    }
  }

  static func metric(_ model: LanguageModel, _ example: PromptExample, _ hooks: [any Hook]) throws -> Float {
    try model.gradients(example.clean, of: example.metric, at: [.residualPost(layer: 1)], hooks: hooks).value
  }

  @Test
  func meansAreThoseOfAllPositionsOrOfThosePromptsThatReachOne() throws {
    let model = try Self.model()
    let caches = try Self.prompts.map { try model.run($0, capturing: [.mlpOutput(layer: 1)]).cache[.mlpOutput(layer: 1)] }
    let rows = caches.flatMap(\.rows)
    let whole = try model.means(of: [.mlpOutput], over: Self.prompts)[.mlpOutput(layer: 1)]
    for i in 0..<12 { #expect(abs(whole[i] - rows.reduce(0) { $0 + $1[i] } / Float(rows.count)) < 1e-5) }
    let byPosition = try model.means(of: [.mlpOutput], over: Self.prompts, byPosition: true)[.mlpOutput(layer: 1)]
    #expect(byPosition.shape == [7, 12])
    for position in 0..<7 {
      let present = caches.filter { $0.shape[0] > position }
      for i in 0..<12 {
        let mean = present.reduce(0) { $0 + $1[position, i] } / Float(present.count)
        #expect(abs(byPosition[position, i] - mean) < 1e-5)
      }
    }
  }

  @Test
  func aComponentResampledFromItsOwnPromptChangesNothing() throws {
    let model = try Self.model()
    let example = try Self.examples(model)[0]
    let cache = try model.run(example.clean, capturing: .components([.z, .pattern, .mlpOutput])).cache
    for component in [HookPoint.Component.z, .pattern, .mlpOutput] {
      let effects = try model.ablationEffects(of: component, on: [example], by: .resample(cache))
      #expect(effects.values.elements.allSatisfy { $0 == 0 })
    }
  }

  @Test
  func aPositionalMeanStandsAtItsPositionAlsoWhereOnlySomeAreAblated() throws {
    let model = try Self.model()
    let means = try model.means(of: [.residualPost], over: Self.prompts, byPosition: true)
    let point = HookPoint.residualPost(layer: 0)
    let run = try model.run(
      Self.prompts[0], capturing: [point], hooks: [.ablate(point, positions: 2..<5, by: .mean(means))])
    let (after, mean) = (try run.cache[point], try means[point])
    #expect(after[2..<5] == mean[2..<5])
    #expect(after.select(1) != mean.select(1))
  }

  @Test
  func whatIsResampledStandsAtItsOwnPositionAlsoFromARunThatKeptOnlySome() throws {
    let model = try Self.model()
    let prompt = Self.prompts[2]
    let point = HookPoint.z(layer: 1)
    let part = try model.run(prompt, capturing: Capture.points([point]).at(positions: 2..<6)).cache
    let plain = try model.run(prompt).logits
    #expect(try model.run(prompt, hooks: [.ablate(point, positions: 3..<5, by: .resample(part))]).logits == plain)
    for positions in [0..<3, 5..<7] {
      let error = #expect(throws: ModelError.self) {
        try model.run(prompt, hooks: [.ablate(point, positions: positions, by: .resample(part))])
      }
      #expect(error?.description.contains("kept those of 2..<6") == true)
    }
  }

  @Test
  func numbersOfAnotherModelAreRefused() throws {
    let (model, other) = (try Self.model(seed: 71), try Self.model(seed: 72))
    let prompt = Self.prompts[0]
    let cache = try other.run(prompt, capturing: .components([.z])).cache
    let means = try other.means(of: [.z], over: [prompt])
    let steering = try other.steeringVector(from: [prompt], to: [Self.prompts[1]], at: .residualPost(layer: 0))
    let hooks: [any Hook] = [
      .ablate(.z(layer: 0), by: .resample(cache)), .ablate(.z(layer: 0), by: .mean(means)), steering.add(),
    ]
    for hook in hooks {
      let error = #expect(throws: ModelError.self) { try model.run(prompt, hooks: [hook]) }
      #expect(error?.description.contains("another model") == true)
      _ = try other.run(prompt, hooks: [hook])
    }
    // The same weights once more are the same model.
    _ = try Self.model(seed: 72).run(prompt, hooks: hooks)
  }

  @Test
  func whatCannotBeAblatedIsAnErrorThatSaysWhatThereIs() throws {
    let model = try Self.model()
    let example = try Self.examples(model)[2]
    #expect(throws: ModelError.self) { try model.ablationEffects(of: .z, on: []) }
    #expect(throws: AttributionError.self) { try model.ablationEffects(of: .mlpPost, on: [example]) }
    #expect(throws: ModelError.self) { try model.means(of: [.pattern], over: Self.prompts) }
    #expect(throws: ModelError.self) { try model.means(of: [.z], over: [[Int]]()) }
    #expect(throws: ModelError.self) { try model.means(of: [], over: Self.prompts) }
    let means = try model.means(of: [.mlpOutput], over: Self.prompts)
    let missing = #expect(throws: ModelError.self) { try model.ablationEffects(of: .z, on: [example], by: .mean(means)) }
    #expect(missing?.description.contains("blocks.0.attn.hook_z") == true)
    let short = try model.means(of: [.z], over: [Self.prompts[0]], byPosition: true)
    let long = #expect(throws: ModelError.self) { try model.ablationEffects(of: .z, on: [example], by: .mean(short)) }
    #expect(long?.description.contains("reach to position 5") == true)
    let cache = try model.run(Self.prompts[0], capturing: .components([.z])).cache
    #expect(throws: ModelError.self) { try model.ablationEffects(of: .z, on: [example], by: .resample(cache)) }
    #expect(throws: (any Error).self) { try model.ablationEffects(of: .z, on: [example]).effects(of: "L9H0") }
  }
}

extension HookPoint {
  fileprivate static func named(_ component: Component, _ layer: Int) -> HookPoint {
    // A name that every component bears.
    (try? HookPoint("blocks.\(layer).\(component.rawValue)")) ?? .z(layer: layer)
  }
}

/// Heads ablated together, beside their controls.
@Suite struct JointAblationTests {
  @Test
  func thePlantedHeadsLoseTheAnswerRandomHeadsOfTheSameLayersDoNotAndTheirOwnNumbersChangeNothing() throws {
    let planted = try PlantedInductionTests.planted.get()
    let examples = try planted.examples(8)
    let means = try planted.model.means(of: [.z], over: examples.map(\.clean))
    let result = try planted.model.jointAblation(of: ["L0H1", "L1H2"], on: examples, by: .mean(means))
    #expect(result.selfSwap == 0)
    #expect(result.evidence.estimate.value > 3)
    #expect(result.evidence.examples.count == 8)
    let comparison = try #require(result.comparison)
    #expect(comparison.controls.count == 9, "each of three heads of either layer")
    #expect(comparison.rank == 1)
    #expect(comparison.controls.allSatisfy { abs($0) < 0.2 })
    #expect(result.note.contains("n = 8"))
    #expect(result.note.contains("9 sets of as many other heads, which are all that there are"))
  }

  @Test
  func oneHeadStandsBesideEachOtherHeadOfItsLayerOnce() throws {
    let planted = try PlantedInductionTests.planted.get()
    let examples = try planted.examples(4)
    let result = try planted.model.jointAblation(of: ["L1H2"], on: examples)
    let comparison = try #require(result.comparison)
    #expect(comparison.controls.count == 3)
    #expect(comparison.p == Double(comparison.rank) / 4, "the smallest p that four heads can have is a quarter")
    let each = try [0, 1, 3].map { head in
      try planted.model.jointAblation(of: ["L1H\(head)"], on: examples, controls: 0).evidence.estimate.value
    }
    for (control, expected) in zip(comparison.controls.sorted(), each.sorted()) { #expect(abs(control - expected) < 1e-5) }
    #expect(result.note.contains("3 sets of as many other heads, which are all that there are"))
    let two = try planted.model.jointAblation(of: ["L1H2"], on: examples, controls: 2)
    #expect(two.comparison?.controlName == "random sets of as many heads")
    #expect(two.comparison?.controls.count == 2)
  }

  @Test
  func itIsWhatARunWithAllOfTheHeadsAblatedGives() throws {
    let model = try AblationTests.model("Gemma 2")
    let examples = try AblationTests.examples(model)
    let result = try model.jointAblation(of: ["L0H1", "L1H2", "L1H0"], on: examples, controls: 2)
    for (example, part) in zip(examples, result.evidence.examples) {
      let hooks: [any Hook] = [(0, 1), (1, 2), (1, 0)].map { .ablate(.z(layer: $0.0), head: $0.1, by: .zero) }
      #expect(
        abs(part.value - Double(try AblationTests.metric(model, example, []) - AblationTests.metric(model, example, hooks)))
          < 2e-4)
    }
  }

  @Test
  func headsThatAreNotThereNamedTwiceOrTooManyForControlsAreErrors() throws {
    let model = try AblationTests.model()
    let examples = try AblationTests.examples(model)
    for heads in [["L2H0"], ["L0H0", "L0H0"], [], ["head"], ["L0H0", "L0H1", "L0H2", "L0H3", "L1H0"]] {
      #expect(throws: (any Error).self) { try model.jointAblation(of: heads, on: examples) }
    }
    #expect(throws: ModelError.self) { try model.jointAblation(of: ["L0H0"], on: []) }
  }

  @Test
  func aMapOfTheModelHoldsTheEvidenceOfEachHead() throws {
    let planted = try PlantedInductionTests.planted.get()
    let map = try planted.model.ablationEffects(of: .z, on: planted.examples(5)).map()
    #expect(Set(map.largest(2).map { "L\($0.row)H\($0.column)" }) == ["L0H1", "L1H2"])
    #expect(map.cells.count == 2 && map.cells[0].count == 4)
    #expect(map.cells[1][2]?.estimate.n == 5)
    #expect(map.cells[1][2]?.flipped != nil)
  }
}
