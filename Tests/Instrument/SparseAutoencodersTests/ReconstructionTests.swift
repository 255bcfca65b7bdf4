import Foundation
import ModelFixture
import SparseAutoencoders
import Tensors
import Testing
import Transformer

@Suite("The check of a dictionary, and what its features stand for")
struct ReconstructionTests {
  private static let prompts = [[2, 5, 9, 31, 17, 8, 5, 22], [2, 7, 7, 1, 30, 12], [3, 3, 39, 0, 14]]
  private static let point = HookPoint.residualMid(layer: 0)

  /// The activations of all prompts, and what the dictionary makes of them, in Double.
  private func rows(_ twin: DoubleTwin, _ dictionary: DictionaryTwin) -> [(x: [Double], y: [Double], features: [Double])] {
    Self.prompts.flatMap { prompt in
      let x = SpliceTests.activation(twin, at: Self.point, tokens: prompt)
      return prompt.indices.map { row in
        let numbers = Array(x[row * 12..<(row + 1) * 12])
        return (numbers, dictionary.reconstruct(numbers), dictionary.encode(numbers))
      }
    }
  }

  @Test("Its numbers are those of the definitions", arguments: RandomDictionary.autoencoders)
  func numbers(_ dictionary: RandomDictionary) throws {
    let random = try SpliceTests.plain.random(seed: 61)
    let check = try random.model().checkReconstruction(of: dictionary.loaded(), over: Self.prompts, withLoss: false)
    let rows = rows(random.twin, dictionary.twin)
    let n = Double(rows.count)
    func square(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
    let mean = (0..<12).map { i in rows.reduce(0.0) { $0 + $1.x[i] } / n }
    let residual = rows.reduce(0.0) { sum, row in sum + square(zip(row.x, row.y).map { $0 - $1 }) }
    let variance = rows.reduce(0.0) { sum, row in sum + square(zip(row.x, mean).map { $0 - $1 }) }
    #expect(check.positionCount == 19)
    #expect(abs(check.explainedVariance.value - (1 - residual / variance)) < 1e-4)
    #expect(abs(check.squaredError - residual / n) < 1e-4 * residual / n)
    #expect(abs(check.l0.value - rows.reduce(0.0) { $0 + Double($1.features.count { $0 != 0 }) } / n) < 1e-9)
    #expect(abs(check.l1 - rows.reduce(0.0) { $0 + $1.features.reduce(0, +) } / n) < 1e-4 * check.l1)
    let cosine = rows.reduce(0.0) { sum, row in
      sum + zip(row.x, row.y).reduce(0) { $0 + $1.0 * $1.1 } / (square(row.x) * square(row.y)).squareRoot()
    }
    #expect(abs(check.cosine - cosine / n) < 1e-5)
    let ratio = rows.reduce(0.0) { $0 + (square($1.y) / square($1.x)).squareRoot() }
    #expect(abs(check.lengthRatio - ratio / n) < 1e-5)
    let active = (0..<20).map { feature in Float(rows.count { $0.features[feature] != 0 }) / Float(n) }
    #expect(largestDifference(check.density, Tensor(active)) < 1e-6)
    #expect(check.l0.n == 3)
    #expect(try #require(check.l0.interval).contains(check.l0.value))
    #expect(check.neverActive == active.count { $0 == 0 })
  }

  @Test("Its losses are those of runs with the reconstruction, and with zeros")
  func losses() throws {
    let model = try SpliceTests.plain.random(seed: 62).model()
    let sae = try RandomDictionary(architecture: "jumprelu", seed: 22).loaded()
    let loss = try #require(try model.checkReconstruction(of: sae, over: Self.prompts).loss)
    func mean(_ hooks: () throws -> [any Hook]) throws -> Double {
      let losses = try Self.prompts.map { prompt in
        (
          try Double(model.gradients(prompt, of: Loss(), at: [.residualPost(layer: 1)], hooks: hooks()).value),
          Double(prompt.count - 1)
        )
      }
      return losses.reduce(0) { $0 + $1.0 * $1.1 } / losses.reduce(0) { $0 + $1.1 }
    }
    let (own, spliced) = (try mean { [] }, try mean { try sae.splice(error: .dropped) })
    let zero = try mean { [.scale(by: 0, at: Self.point)] }
    #expect(abs(loss.model - own) < 1e-5)
    #expect(abs(loss.spliced - spliced) < 1e-5)
    #expect(abs(loss.zero - zero) < 1e-5)
    #expect(abs(loss.recovered.value - (zero - spliced) / (zero - own)) < 1e-3)
  }

  @Test("The divergence is that of the distributions")
  func divergence() throws {
    let model = try SpliceTests.plain.random(seed: 63).model()
    let sae = try RandomDictionary(seed: 23).loaded()
    let prompt = Self.prompts[0]
    let loss = try #require(try model.checkReconstruction(of: sae, over: [prompt]).loss)
    func distribution(_ hooks: [any Hook]) throws -> [[Double]] {
      try model.run(prompt, hooks: hooks, logits: .all).logits.rows.map { row in
        let numbers = row.map { exp(Double($0)) }
        return numbers.map { $0 / numbers.reduce(0, +) }
      }
    }
    let (p, q) = (try distribution([]), try distribution(sae.splice(error: .dropped)))
    let sum = zip(p, q).dropLast().reduce(0.0) { sum, rows in
      sum + zip(rows.0, rows.1).reduce(0.0) { $0 + $1.0 * log($1.0 / $1.1) }
    }
    #expect(abs(loss.divergence - sum / Double(prompt.count - 1)) < 1e-4)
  }

  @Test("A dictionary that reconstructs everything is told so")
  func perfect() throws {
    let model = try SpliceTests.plain.random(seed: 64).model()
    // Each number of the activation, and its negative, is a feature.
    let encoder = Tensor(rows: (0..<12).map { row in (0..<24).map { $0 == row ? 1 : $0 == row + 12 ? -1 : 0 } })
    let sae = try SparseAutoencoder(W_enc: encoder, W_dec: encoder.transposed(), at: Self.point)
    let check = try model.checkReconstruction(of: sae, over: Self.prompts)
    #expect(abs(check.explainedVariance.value - 1) < 1e-6)
    #expect(check.l0.value == 12)
    #expect(abs(try #require(check.loss).recovered.value - 1) < 1e-4)
  }

  @Test("The beginning-of-sequence token is left out, and left as it is, unless it is asked for")
  func beginning() throws {
    let model = try ModelFixture.named("tiny-gemma").model
    var dictionary = RandomDictionary(seed: 24)
    (dictionary.width, dictionary.out, dictionary.hook) = (model.config.width, model.config.width, "blocks.0.hook_resid_post")
    let (sae, text) = (try dictionary.loaded(), "Fae is a wumpus. Wumpuses are small.")
    let count = try text.tokens(for: model).count
    #expect(try model.checkReconstruction(of: sae, over: [text], withLoss: false).positionCount == count - 1)
    #expect(try model.checkReconstruction(of: sae, over: [text], excludingBOS: false, withLoss: false).positionCount == count)
  }

  @Test("A feature's examples are the positions where it is most active")
  func examples() throws {
    let model = try SpliceTests.plain.random(seed: 65).model()
    let sae = try RandomDictionary(architecture: "jumprelu", seed: 25).loaded()
    let results = try model.featureExamples(of: [4, 9], in: sae, over: Self.prompts, count: 2, context: 1)
    for result in results {
      let values = try Self.prompts.map { try model.features($0, in: sae).values(of: result.feature) }
      let largest = values.enumerated().compactMap { text, values in
        values.indices.max { values[$0] < values[$1] }.map { (text: text, position: $0, value: values[$0]) }
      }
      .filter { $0.value > 0 }.sorted { $0.value > $1.value }.prefix(2)
      #expect(result.examples.map(\.text) == largest.map(\.text))
      #expect(result.examples.map(\.position) == largest.map(\.position))
      #expect(zip(result.examples, largest).allSatisfy { abs($0.value - $1.value) < 1e-4 })
      #expect(abs(result.density - Double(values.joined().count { $0 > 0 }) / 19) < 1e-9)
      for example in result.examples { #expect(example.values[example.position - example.start] == example.value) }
    }
  }

  @Test("The tokens that a feature promotes are those whose logits it raises")
  func tokens() throws {
    let random = try SpliceTests.plain.random(seed: 66)
    let (model, config) = (try random.model(), random.config)
    let sae = try RandomDictionary(seed: 26).loaded()
    let effects = try model.tokenEffects(of: 3, in: sae, count: 4)
    let direction = try sae.direction(of: 3).elements.map(Double.init)
    let factors = (random.weights[.finalNorm] ?? Tensor([])).elements.map { factor in
      if case .rootMeanSquare(let offset) = config.norm { Double(offset + factor) } else { Double(factor) }
    }
    let unembedding = try #require(random.weights[config.tiesUnembedding ? .embedding : .unembedding])
    let logits = unembedding.rows.map { row in row.indices.reduce(0.0) { $0 + Double(row[$1]) * factors[$1] * direction[$1] } }
    let order = logits.indices.sorted { logits[$0] > logits[$1] }
    #expect(effects.promoted.map(\.token) == Array(order.prefix(4)))
    #expect(effects.suppressed.map(\.token) == Array(order.reversed().prefix(4)))
    #expect(abs(Double(effects.promoted[0].value) - logits[order[0]]) < 1e-4)
  }

  @Test("The activation scale brings the mean length to the root of the width")
  func scale() throws {
    let random = try SpliceTests.plain.random(seed: 67)
    let scale = try SparseAutoencoder.activationScale(of: random.model(), at: Self.point, over: Self.prompts)
    let lengths = rows(random.twin, RandomDictionary().twin).map { $0.x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    #expect(abs(Double(scale) * lengths.reduce(0, +) / Double(lengths.count) - 12.0.squareRoot()) < 1e-4)
  }
}
