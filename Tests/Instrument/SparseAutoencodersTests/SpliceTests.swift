import Attribution
import Checkpoints
import ModelFixture
import SparseAutoencoders
import Tensors
import Testing
import Transformer

/// One dictionary, and one way of splicing it in.
struct SpliceCase: Sendable, CustomStringConvertible {
  let dictionary: RandomDictionary
  let error: ErrorTerm
  var description: String { "\(dictionary), error \(error)" }

  static let all = RandomDictionary.autoencoders.flatMap { dictionary in
    [ErrorTerm.dropped, .constant, .passing].map { SpliceCase(dictionary: dictionary, error: $0) }
  }
}

/// What a splice computes, in Double: some features are edited.
struct SpliceTwin: Sendable {
  let twin: DictionaryTwin
  let error: ErrorTerm
  let edits: [FeatureEdit]

  func edited(_ features: [Double]) -> [Double] {
    var features = features
    for edit in edits { features[edit.feature] = features[edit.feature] * Double(edit.factor) + Double(edit.amount) }
    return features
  }

  /// - Parameter x0: the activation whose error term is kept.
  func value(_ x: [Double], _ x0: [Double]) -> [Double] {
    let features = twin.encode(x)
    let new = twin.decode(edited(features), of: x)
    switch error {
    case .dropped: return new
    case .constant:
      let old = twin.reconstruct(x0)
      return new.indices.map { new[$0] + x0[$0] - old[$0] }
    case .passing:
      let old = twin.decode(features, of: x)
      return new.indices.map { x[$0] + new[$0] - old[$0] }
    }
  }
}

@Suite("A dictionary in a model")
struct SpliceTests {
  static let tokens = [2, 5, 9, 31, 17, 8, 5, 22]
  static let answer = LogitDifference(clean: 7, corrupted: 3)
  static let edits: [FeatureEdit] = [.scale(2, by: 0.5), .set(5, to: 0.7), .add(7, 0.4), .ablate(11)]
  static func metric(_ logits: [[Double]]) -> Double { (logits.last?[7] ?? 0) - (logits.last?[3] ?? 0) }
  static let plain = ModelVariant("plain") { _ in }

  /// What stands at the splice's place in the twin of the model.
  static func replacement(_ splice: SpliceTwin, _ original: [Double]) -> ([Double]) -> [Double] {
    { x in x.mapRows(12) { row, numbers in splice.value(numbers, Array(original[row * 12..<(row + 1) * 12])) } }
  }

  static func activation(_ twin: DoubleTwin, at point: HookPoint, tokens: [Int] = tokens) -> [Double] {
    twin.run(tokens).activations[point] ?? []
  }

  @Test("What the model computes, and its gradient, are those of the same formulae in Double", arguments: SpliceCase.all)
  func splicing(_ item: SpliceCase) throws {
    let random = try Self.plain.random(seed: 31)
    let (model, twin, point) = (try random.model(), random.twin, HookPoint.residualMid(layer: 0))
    let sae = try item.dictionary.loaded()
    let splice = SpliceTwin(twin: item.dictionary.twin, error: item.error, edits: Self.edits)
    let replacement = Self.replacement(splice, Self.activation(twin, at: point))
    let run = try model.gradients(
      Self.tokens, of: Self.answer, at: [.residualPre(layer: 0)], hooks: sae.splice(Self.edits, error: item.error))
    let expected = Self.metric(twin.run(Self.tokens, replacing: [point: replacement]).logits)
    #expect(abs(Double(run.value) - expected) < 1e-4 * max(1, abs(expected)))
    let gradient = try run.gradients[.residualPre(layer: 0)]
    let largest = Double(gradient.magnitude().max())
    for index in stride(from: 5, to: gradient.count, by: 13) {
      let exact = twin.gradient(
        of: Self.metric, tokens: Self.tokens, at: .residualPre(layer: 0), index: index, replacing: [point: replacement],
        step: 1 / 131_072)
      #expect(abs(Double(gradient.elements[index]) - exact) < 1e-4 * largest, "\(index): \(gradient.elements[index]), \(exact)")
    }
  }

  @Test("A splice works in every kind of model", arguments: ModelVariant.families + ModelVariant.combinations)
  func inEveryFamily(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 32)
    let (model, twin, point) = (try random.model(), random.twin, HookPoint.residualPost(layer: 0))
    var dictionary = RandomDictionary(architecture: "jumprelu", seed: 10)
    dictionary.hook = point.name
    let splice = SpliceTwin(twin: dictionary.twin, error: .constant, edits: Self.edits)
    let run = try model.gradients(
      Self.tokens, of: Self.answer, at: [.residualPre(layer: 0)], hooks: dictionary.loaded().splice(Self.edits))
    let replacement = Self.replacement(splice, Self.activation(twin, at: point))
    let expected = Self.metric(twin.run(Self.tokens, replacing: [point: replacement]).logits)
    #expect(abs(Double(run.value) - expected) < 2e-4 * max(1, abs(expected)))
    let gradient = try run.gradients[.residualPre(layer: 0)]
    let exact = twin.gradient(
      of: Self.metric, tokens: Self.tokens, at: .residualPre(layer: 0), index: 50, replacing: [point: replacement],
      step: 1 / 131_072)
    #expect(abs(Double(gradient.elements[50]) - exact) < 2e-4 * Double(gradient.magnitude().max()))
  }

  @Test("Without an edit, the error term leaves every bit of the model's logits as it is")
  func unedited() throws {
    let model = try Self.plain.random(seed: 33).model()
    let sae = try RandomDictionary(architecture: "gated", seed: 11).loaded()
    let plain = try model.run(Self.tokens, logits: .all).logits
    #expect(try model.run(Self.tokens, hooks: sae.splice(), logits: .all).logits == plain)
  }

  @Test("A splice at some positions leaves the others alone")
  func positions() throws {
    let model = try Self.plain.random(seed: 34).model()
    let sae = try RandomDictionary(seed: 12).loaded()
    let point = HookPoint.residualMid(layer: 0)
    let plain = try model.run(Self.tokens, capturing: [point]).cache[point]
    let spliced = try model.run(Self.tokens, capturing: [point], hooks: sae.splice(error: .dropped, positions: 3..<5)).cache[
      point]
    #expect(spliced[..<3] == plain[..<3])
    #expect(spliced[5...] == plain[5...])
    #expect(largestDifference(spliced[3..<5], try sae.reconstruct(plain[3..<5])) < 1e-5)
  }

  @Test("Steering adds what the feature writes, times the amount")
  func steering() throws {
    let model = try Self.plain.random(seed: 35).model()
    let sae = try RandomDictionary(architecture: "jumprelu", seed: 13).loaded()
    let point = HookPoint.residualMid(layer: 0)
    let steered = try model.run(Self.tokens, hooks: sae.steer(4, by: 2.5), logits: .all).logits
    let added = try model.run(Self.tokens, hooks: [.add(sae.direction(of: 4), times: 2.5, at: point)], logits: .all).logits
    #expect(largestDifference(steered, added) < 1e-5)
  }

  @Test("Features can be changed while a model writes")
  func generating() throws {
    let model = try Self.plain.random(seed: 36).model()
    let sae = try RandomDictionary(architecture: "topk", seed: 14).loaded()
    let whole = try model.generate(
      Self.tokens, until: [Int](), maxNewTokens: 6, hooks: sae.splice([.set(3, to: 6)], positions: .newTokens))
    var tokens = Self.tokens
    for _ in 0..<6 {
      let hooks = try sae.splice([.set(3, to: 6)], positions: (Self.tokens.count - 1)...)
      tokens.append(try model.run(tokens, hooks: hooks).logits.argmax())
    }
    #expect(whole.tokens == tokens)
  }

  @Test("All heads together, and one head of several, are read where they are")
  func heads() throws {
    let model = try Self.plain.random(seed: 37).model()
    let point = HookPoint.z(layer: 1)
    let plain = try model.run(Self.tokens, capturing: [point]).cache[point]
    var dictionary = RandomDictionary(seed: 15)
    (dictionary.width, dictionary.out, dictionary.hook) = (24, 24, point.name)
    let all = try dictionary.loaded()
    let spliced = try model.run(Self.tokens, capturing: [point], hooks: all.splice(error: .dropped)).cache[point]
    #expect(largestDifference(spliced, try all.reconstruct(plain)) < 1e-5)
    (dictionary.width, dictionary.out, dictionary.head) = (6, 6, 2)
    let one = try dictionary.loaded()
    let changed = try model.run(Self.tokens, capturing: [point], hooks: one.splice(error: .dropped)).cache[point]
    #expect(changed.select(1, axis: 1) == plain.select(1, axis: 1))
    #expect(largestDifference(changed.select(2, axis: 1), try one.reconstruct(plain.select(2, axis: 1))) < 1e-5)
  }

  @Test("On a card, the numbers are those of the processor")
  func onACard() throws {
    let random = try Self.plain.random(seed: 38)
    let sae = try RandomDictionary(architecture: "gated", normalization: "layer_norm", seed: 16).loaded()
    func value() throws -> (Float, Tensor) {
      let run = try random.model().gradients(
        Self.tokens, of: Self.answer, at: [.residualPre(layer: 0)], hooks: sae.splice(Self.edits, error: .dropped))
      return (run.value, try run.gradients[.residualPre(layer: 0)])
    }
    let (home, card) = (try value(), try TestDevice.onCard { try value() })
    #expect(abs(home.0 - card.0) < 1e-4)
    #expect(relativeError(card.1, home.1) < 1e-4)
  }
}

@Suite("A transcoder in a model")
struct TranscoderTests {
  private static let names = ["transcoder", "skip_transcoder", "jumprelu_transcoder", "jumprelu_skip_transcoder"]

  private func dictionary(_ architecture: String, layer: Int = 0) -> RandomDictionary {
    var dictionary = RandomDictionary(architecture: architecture, normalization: "layer_norm", seed: 21)
    (dictionary.hook, dictionary.target) = (HookPoint.mlpNormalized(layer: layer).name, HookPoint.mlpOutput(layer: layer).name)
    return dictionary
  }

  @Test("It writes what it makes of the MLP's input in the place of the MLP's output", arguments: names)
  func splicing(_ architecture: String) throws {
    let random = try SpliceTests.plain.random(seed: 41)
    let (model, twin, dictionary) = (try random.model(), random.twin, dictionary(architecture))
    let edits: [FeatureEdit] = [.ablate(2), .set(4, to: 1)]
    let value = try model.gradients(
      SpliceTests.tokens, of: SpliceTests.answer, at: [.residualPost(layer: 0)],
      hooks: dictionary.loaded().splice(edits, error: .dropped)
    ).value
    let read = SpliceTests.activation(twin, at: .mlpNormalized(layer: 0))
    let splice = SpliceTwin(twin: dictionary.twin, error: .dropped, edits: edits)
    let logits = twin.run(
      SpliceTests.tokens, replacing: [.mlpOutput(layer: 0): { _ in read.mapRows(12) { splice.value($1, $1) } }]
    ).logits
    #expect(abs(Double(value) - SpliceTests.metric(logits)) < 1e-4 * max(1, abs(SpliceTests.metric(logits))))
  }

  @Test("Prompts side by side keep their own", arguments: [0, 1])
  func batches(_ layer: Int) throws {
    let model = try SpliceTests.plain.random(seed: 42).model()
    let sae = try dictionary("transcoder", layer: layer).loaded()
    let prompts = [[2, 5, 9, 31], [2, 7, 7, 1, 30, 12], [2, 5, 9]]
    let together = try model.run(batch: prompts, hooks: sae.splice(error: .dropped)).map(\.logits)
    let alone = try prompts.map { try model.run($0, hooks: sae.splice(error: .dropped)).logits }
    for (one, other) in zip(together, alone) { #expect(largestDifference(one, other) < 1e-5) }
    #expect(largestDifference(together[0], try model.run(prompts[0]).logits) > 1e-3)
  }

  @Test("A feature taken away leaves the rest of the MLP's output")
  func ablating() throws {
    let model = try SpliceTests.plain.random(seed: 43).model()
    let sae = try dictionary("jumprelu_transcoder").loaded()
    let (read, written) = (HookPoint.mlpNormalized(layer: 0), HookPoint.mlpOutput(layer: 0))
    let cache = try model.run(SpliceTests.tokens, capturing: [read, written]).cache
    let features = try sae.encode(cache[read])
    let active = try #require(features.select(3).elements.firstIndex { $0 > 0 })
    let output = try model.run(SpliceTests.tokens, capturing: [written], hooks: sae.ablate([active])).cache[written]
    let expected = try cache[written].select(3) - sae.direction(of: active) * features[3, active]
    #expect(largestDifference(output.select(3), expected) < 1e-5)
  }

  @Test(
    "A norm's factors, folded in, make the norm's output what the MLP reads", arguments: ["layer norms", "plain"],
    ["transcoder", "skip_transcoder"])
  func folding(_ variant: String, _ architecture: String) throws {
    let random = try ModelVariant(variant) { if variant != "plain" { ($0.norm, $0.normEpsilon) = (.layer, 1e-5) } }.random(
      seed: 44)
    let (model, point) = (try random.model(), HookPoint.mlpNormalized(layer: 0))
    var dictionary = dictionary(architecture)
    dictionary.normalization = "none"
    let sae = try dictionary.loaded()
    let normalized = try model.run(SpliceTests.tokens, capturing: [point]).cache[point]
    let weight = try #require(random.weights[.layer(0, .mlpNorm)])
    let factors = weight.map { if case .rootMeanSquare(let offset) = random.config.norm { offset + $0 } else { $0 } }
    let bias = random.weights[.layer(0, .mlpNormBias)] ?? Tensor(repeating: 0, shape: [12])
    let read = Tensor(rows: normalized.rows.map { row in row.indices.map { row[$0] * factors[$0] + bias[$0] } })
    let folded = try sae.foldingNorm(of: model)
    #expect(largestDifference(try folded.encode(normalized), try sae.encode(read)) < 1e-4)
    #expect(largestDifference(try folded.reconstruct(normalized), try sae.reconstruct(read)) < 1e-4)
    let plain = try RandomDictionary().loaded()
    expectError("reads .mlpNormalized") { _ = try plain.foldingNorm(of: model) }
  }
}
