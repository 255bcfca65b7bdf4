import Checkpoints
import Foundation
import ModelFixture
import ModelTwin
import Probing
import Tensors
import Testing
import Transformer

@Suite
struct InterchangeTests {
  @Test(arguments: PyTorchAlignment.all)
  func lossAndGradientAreThoseOfPyTorch(_ reference: PyTorchAlignment) throws {
    let fixture = try #require(FamilyFixture.all.first { $0.name == reference.family })
    let (model, expectations) = (try fixture.model(), try fixture.expectations())
    let pair = try InterchangePair(
      base: expectations.tokensClean, source: expectations.tokensCorr, answer: expectations.aClean, others: reference.others,
      positions: reference.positions, model: model)
    let exchange = Exchange(basis: reference.basis, weights: reference.weights)
    let runs = try InterchangeRuns(model, [pair], at: reference.point, head: reference.head) { $0.loss }
    let (loss, gradient, difference) = try runs.gradients(exchange, of: [0])
    #expect(abs(loss - reference.loss) < 1e-5 * max(1, reference.loss))
    let found = try #require(exchange.derivatives(gradient, difference).basis).elements
    let largest = reference.gradient.reduce(0) { max($0, abs($1)) }
    #expect(found.count == reference.gradient.count)
    for (a, b) in zip(found, reference.gradient) { #expect(abs(a - b) < 1e-4 * largest) }
  }

  private let bases = [[3, 5, 8, 1, 9], [7, 2, 9, 6], [4, 4, 6, 11, 13, 2]]
  private let sources = [[6, 5, 2, 1, 12], [8, 31, 9, 5], [4, 20, 6, 39, 13, 2]]

  private func pairs(_ model: LanguageModel) throws -> [InterchangePair] {
    try zip(bases, sources).map { base, source in
      try InterchangePair(
        base: base, source: source, answer: 7, others: [3, 11], positions: [1, base.count - 1],
        sourcePositions: [0, source.count - 1], model: model)
    }
  }

  @Test(arguments: ModelVariant.families + ModelVariant.combinations)
  func exchangesAreThoseOfTheTwinInEveryFamily(_ variant: ModelVariant) throws {
    let random = try variant.random(seed: 6)
    let (model, twin) = (try random.model(), random.twin)
    for (point, head, width) in [
      (HookPoint.residualPost(layer: 0), nil, 12), (.z(layer: 0), 1, 6), (.mlpOutput(layer: 1), nil, 12),
    ] {
      let exchange = try Exchange.randomSubspace(dimensions: 2, width: width, seed: 8)
      let pairs = try pairs(model)
      let found = try InterchangeRuns(model, pairs, at: point, head: head) { $0.margin }.values(exchange)
      for (index, pair) in pairs.enumerated() {
        let expected = exchanged(twin, pair, point, head, exchange)
        #expect(abs(found[index] - expected) < 1e-4 * max(1, abs(expected)), "\(point), pair \(index)")
      }
    }
  }

  /// The margin of a pair by the twin, written out.
  private func exchanged(_ twin: DoubleTwin, _ pair: InterchangePair, _ point: HookPoint, _ head: Int?, _ exchange: Exchange)
    -> Double
  {
    let source = twin.run(pair.source).activations[point] ?? []
    let basis = (exchange.basis?.rows ?? []).map { $0.map(Double.init) }
    let row = source.count / pair.source.count
    let (first, width) = ((head ?? 0) * (basis.first?.count ?? 0), basis.first?.count ?? 0)
    let logits =
      twin.run(
        pair.base,
        replacing: [
          point: { computed in
            var new = computed
            for (to, from) in zip(pair.positions, pair.sourcePositions) {
              let difference = (0..<width).map { source[from * row + first + $0] - computed[to * row + first + $0] }
              for direction in basis {
                let along = zip(direction, difference).reduce(0) { $0 + $1.0 * $1.1 }
                for i in 0..<width { new[to * row + first + i] += along * direction[i] }
              }
            }
            return new
          }
        ]
      ).logits.last ?? []
    return logits[pair.answer] - (pair.others ?? []).map { logits[$0] }.reduce(-.infinity, max)
  }

  @Test(arguments: ModelVariant.families)
  func derivativesAreDifferenceQuotients(_ variant: ModelVariant) throws {
    let model = try variant.random(seed: 6).model()
    let runs = try InterchangeRuns(model, pairs(model), at: .residualPre(layer: 1), head: nil) { $0.loss }
    let start = try Exchange.randomSubspace(dimensions: 3, width: 12, seed: 2)
    let basis = try #require(start.basis)
    let exchange = Exchange(basis: basis, weights: [1, 0.5, 0.25])
    let (_, gradient, difference) = try runs.gradients(exchange, of: [0, 1, 2])
    let derivatives = exchange.derivatives(gradient, difference)
    let ofBasis = try #require(derivatives.basis)
    func loss(_ basis: Tensor, _ weights: [Float]) throws -> Double {
      try runs.values(Exchange(basis: basis, weights: weights)).reduce(0, +) / 3
    }
    let largest = max(ofBasis.magnitude().max(), 0.01)
    let step: Float = 0.01
    for (row, column) in [(0, 0), (1, 5), (2, 11)] {
      var (up, down) = (basis, basis)
      up[row, column] += step
      down[row, column] -= step
      let slope = Float(try loss(up, exchange.weights) - loss(down, exchange.weights)) / (2 * step)
      #expect(abs(slope - ofBasis[row, column]) < 0.02 * largest, "\(row), \(column): \(slope), \(ofBasis[row, column])")
    }
    let slope = try (loss(basis, [1, 0.51, 0.25]) - loss(basis, [1, 0.49, 0.25])) / 0.02
    #expect(abs(slope - derivatives.weights[1]) < 0.02 * max(0.01, derivatives.weights.map(abs).max() ?? 0))
  }

  @Test
  func exchangingEverythingIsActivationPatching() throws {
    let model = try ModelVariant.families[3].random(seed: 6).model()
    let pair = try InterchangePair(base: bases[0], source: sources[0], answer: 7, others: [3], model: model)
    let score = try model.interchange([pair, pair], at: .residualPost(layer: 0), .everything(width: 12))
    let source = try model.run(sources[0], capturing: [.residualPost(layer: 0)]).cache[.residualPost(layer: 0)]
    let patched = try model.run(
      bases[0], hooks: [Replacement(.residualPost(layer: 0), positions: 4..<5, with: source[4..<5])])
    let margin = Double(patched.logits[0, 7] - patched.logits[0, 3])
    #expect(abs(try #require(score.margins.examples[0].after) - margin) < 1e-5)
    #expect(abs(try #require(score.recovery).value - 1) < 1e-6)
  }

  @Test
  func anExchangeWithItselfChangesNothing() throws {
    for variant in ModelVariant.families {
      let model = try variant.random(seed: 6).model()
      let pairs = try bases.map { try InterchangePair(base: $0, source: $0, answer: 7, others: [3], model: model) }
      let score = try model.interchange(pairs, at: .residualPost(layer: 0), .randomSubspace(dimensions: 4, width: 12, seed: 1))
      for example in score.margins.examples { #expect(abs(example.value) < 1e-5, "\(variant)") }
      #expect(score.recovery == nil, "nothing changes that could be recovered")
    }
  }

  @Test
  func directionsOfASubspaceAreAtRightAngles() throws {
    let exchange = try Exchange.randomSubspace(dimensions: 5, width: 9, seed: 3)
    let basis = try #require(exchange.basis)
    let products = basis.multipliedByTransposed(basis)
    for i in 0..<5 { for j in 0..<5 { #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-6) } }
    #expect(try Exchange.subspace(Tensor(rows: [[1, 1, 0], [0, 2, 0]])).dimensions == 2)
  }

  @Test
  func whatCannotBeExchangedIsRefused() throws {
    let model = try ModelVariant.families[0].random(seed: 6).model()
    let pairs = try pairs(model)
    #expect(throws: ProbingError.noExamples(of: "pairs")) {
      try model.interchange([], at: .residualPost(layer: 0), .everything(width: 12))
    }
    #expect(throws: ProbingError.self) { try model.interchange(pairs, at: .residualPost(layer: 0), .everything(width: 11)) }
    #expect(throws: ProbingError.self) { try model.interchange(pairs, at: .embedding, .everything(width: 12)) }
    #expect(throws: ProbingError.self) { try model.interchange(pairs, at: .pattern(layer: 0), .everything(width: 12)) }
    #expect(throws: ProbingError.self) { try model.interchange(pairs, at: .z(layer: 0), head: 4, .everything(width: 6)) }
    #expect(throws: ModelError.self) { try model.interchange(pairs, at: .residualPost(layer: 2), .everything(width: 12)) }
    #expect(throws: ProbingError.self) { try Exchange.subspace(Tensor(rows: [[1, 0], [2, 0]])) }
    #expect(throws: ProbingError.self) { try Exchange.subspace(Tensor([.nan, 1])) }
    #expect(throws: ProbingError.self) { try Exchange.coordinates([3], width: 3) }
    #expect(throws: ProbingError.self) { try Exchange.randomSubspace(dimensions: 4, width: 3, seed: 0) }
    #expect(throws: ProbingError.self) {
      try InterchangePair(base: [1, 2], source: [3, 4], answer: 5, others: [5], model: model)
    }
    #expect(throws: ProbingError.self) {
      try InterchangePair(base: [1, 2], source: [3, 4], answer: 5, positions: [2], model: model)
    }
    #expect(throws: ProbingError.differentCounts("positions of the base", 1, other: "positions of the source", 2)) {
      try InterchangePair(base: [1, 2], source: [3, 4], answer: 5, positions: [1], sourcePositions: [0, 1], model: model)
    }
  }
}
