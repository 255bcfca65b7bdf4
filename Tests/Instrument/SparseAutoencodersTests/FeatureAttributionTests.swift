import Attribution
import ModelFixture
import SparseAutoencoders
import Tensors
import Testing
import Transformer

@Suite("Attribution to features")
struct FeatureAttributionTests {
  private static let corrupted = [2, 5, 9, 30, 17, 8, 6, 22]
  private static let point = HookPoint.residualMid(layer: 0)
  private static let dictionaries = RandomDictionary.autoencoders

  private func models(seed: UInt64) throws -> (LanguageModel, DoubleTwin) {
    let random = try SpliceTests.plain.random(seed: seed)
    return (try random.model(), random.twin)
  }

  /// The metric with one feature at one position raised, while the error term is kept.
  private func metric(
    _ twin: DoubleTwin, _ dictionary: DictionaryTwin, raising feature: Int, at position: Int, by amount: Double
  ) -> Double {
    SpliceTests.metric(
      twin.run(
        SpliceTests.tokens,
        replacing: [
          Self.point: { x in
            x.mapRows(12) { row, x in
              guard row == position else { return x }
              var features = dictionary.encode(x)
              let old = dictionary.decode(features, of: x)
              features[feature] += amount
              let new = dictionary.decode(features, of: x)
              return x.indices.map { x[$0] + new[$0] - old[$0] }
            }
          }
        ]
      ).logits)
  }

  @Test("A feature's gradient is by how much the metric changes with it", arguments: dictionaries)
  func gradients(_ dictionary: RandomDictionary) throws {
    let (model, twin) = try models(seed: 51)
    let result = try model.featureAttribution(SpliceTests.tokens, in: dictionary.loaded(), toward: SpliceTests.answer)
    for entry in result.entries.prefix(3) + result.entries.suffix(3) {
      let step = 1e-5
      let change =
        metric(twin, dictionary.twin, raising: entry.feature, at: entry.position, by: step)
        - metric(twin, dictionary.twin, raising: entry.feature, at: entry.position, by: -step)
      #expect(abs(Double(entry.gradient) - change / (2 * step)) < 1e-4 * Double(abs(result.entries[0].gradient) + 1))
      #expect(abs(entry.value - entry.gradient * entry.activation) < 1e-5)
    }
  }

  @Test("Values and errors sum to the gradient times the change, with and without a corrupted prompt", arguments: dictionaries)
  func sums(_ dictionary: RandomDictionary) throws {
    let (model, sae) = (try models(seed: 52).0, try dictionary.loaded())
    let alone = try model.featureAttribution(SpliceTests.tokens, in: sae, toward: SpliceTests.answer)
    #expect(abs(alone.remainder) < 1e-4)
    let compared = try model.featureAttribution(
      SpliceTests.tokens, corrupted: Self.corrupted, in: sae, toward: SpliceTests.answer)
    #expect(abs(compared.remainder) < 1e-4)
    let change =
      try model.run(SpliceTests.tokens, capturing: [Self.point]).cache[Self.point]
      - model.run(Self.corrupted, capturing: [Self.point]).cache[Self.point]
    let gradient = try model.gradients(SpliceTests.tokens, of: SpliceTests.answer, at: [Self.point]).gradients[Self.point]
    guard dictionary.normalization == "none" else { return }
    // Where nothing is scaled row by row, no bias differs between the prompts.
    let sum = compared.entries.reduce(0.0) { $0 + Double($1.value) } + compared.errors.reduce(0.0) { $0 + Double($1) }
    #expect(abs(sum - Double((change * gradient).sum())) < 1e-4)
  }

  @Test("Integrated, they sum to the change of the metric")
  func completeness() throws {
    let (model, twin) = try models(seed: 53)
    let dictionary = RandomDictionary(architecture: "jumprelu", seed: 17)
    let result = try model.featureAttribution(
      SpliceTests.tokens, corrupted: Self.corrupted, in: dictionary.loaded(), toward: SpliceTests.answer, steps: 24)
    let sum = result.entries.reduce(0.0) { $0 + Double($1.value) } + result.errors.reduce(0.0) { $0 + Double($1) }
    let lent = SpliceTests.activation(twin, at: Self.point, tokens: Self.corrupted)
    let exchanged = SpliceTests.metric(twin.run(SpliceTests.tokens, replacing: [Self.point: { _ in lent }]).logits)
    #expect(abs(sum - (Double(result.metric) - exchanged)) < 2e-3)
    let one = try model.featureAttribution(
      SpliceTests.tokens, corrupted: Self.corrupted, in: dictionary.loaded(), toward: SpliceTests.answer)
    let single = one.entries.reduce(0.0) { $0 + Double($1.value) } + one.errors.reduce(0.0) { $0 + Double($1) }
    #expect(abs(single - (Double(result.metric) - exchanged)) > 2e-2)
  }

  @Test("The check takes each feature away in truth, at its position alone", arguments: [0, 4, 6])
  func checks(_ index: Int) throws {
    let (model, sae) = (try models(seed: 54).0, try Self.dictionaries[index].loaded())
    let result = try model.featureAttribution(SpliceTests.tokens, in: sae, toward: SpliceTests.answer, checking: 6, seed: 3)
    let check = try #require(result.check)
    #expect(check.nodes.count == 6)
    for node in check.nodes {
      let feature = try #require(Int(node.label.dropFirst()))
      let ablated = try model.gradients(
        SpliceTests.tokens, of: SpliceTests.answer, at: [.residualPost(layer: 1)],
        hooks: sae.ablate([feature], positions: node.position)
      ).value
      #expect(abs(result.metric - ablated - node.patched) < 1e-4, "\(node.label): \(result.metric - ablated), \(node.patched)")
      #expect(result.entries.contains { $0.feature == feature && $0.position == node.position && $0.value == node.estimate })
    }
  }

  @Test("A transcoder's features are attributed to where it writes")
  func transcoders() throws {
    let (model, _) = try models(seed: 55)
    var dictionary = RandomDictionary(architecture: "transcoder", seed: 18)
    (dictionary.hook, dictionary.target) = (HookPoint.mlpNormalized(layer: 0).name, HookPoint.mlpOutput(layer: 0).name)
    let sae = try dictionary.loaded()
    let result = try model.featureAttribution(SpliceTests.tokens, in: sae, toward: SpliceTests.answer, checking: 4)
    let node = try #require(result.check?.nodes.first)
    let feature = try #require(Int(node.label.dropFirst()))
    let ablated = try model.gradients(
      SpliceTests.tokens, of: SpliceTests.answer, at: [.residualPost(layer: 1)],
      hooks: sae.ablate([feature], positions: node.position)
    ).value
    #expect(abs(result.metric - ablated - node.patched) < 1e-4)
  }

  @Test("One head's features are attributed to that head")
  func heads() throws {
    let (model, _) = try models(seed: 56)
    var dictionary = RandomDictionary(seed: 19)
    (dictionary.width, dictionary.out, dictionary.hook, dictionary.head) = (6, 6, HookPoint.z(layer: 0).name, 3)
    let sae = try dictionary.loaded()
    let result = try model.featureAttribution(SpliceTests.tokens, in: sae, toward: SpliceTests.answer, checking: 4)
    for node in try #require(result.check).nodes {
      let ablated = try model.gradients(
        SpliceTests.tokens, of: SpliceTests.answer, at: [.residualPost(layer: 1)],
        hooks: sae.ablate([try #require(Int(node.label.dropFirst()))], positions: node.position)
      ).value
      #expect(abs(result.metric - ablated - node.patched) < 1e-4)
    }
  }

  @Test("Sums over positions and over features are those of the entries")
  func totals() throws {
    let result = try models(seed: 57).0.featureAttribution(
      SpliceTests.tokens, in: RandomDictionary(seed: 20).loaded(), toward: SpliceTests.answer)
    let all = result.entries.reduce(0.0) { $0 + Double($1.value) }
    #expect(abs(result.byPosition.reduce(0.0) { $0 + Double($1) } - all) < 1e-5)
    #expect(abs(result.byFeature.reduce(0.0) { $0 + Double($1.value) } - all) < 1e-5)
    #expect(result.strongest(3) == Array(result.entries.prefix(3)))
  }
}
