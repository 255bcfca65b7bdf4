import Attribution
import Foundation
import Tensors
import Text
import Transformer

/// The original notebook's operations with a model of gemma-2b's shape on a device, each on prompts of which nothing is remembered.
struct DeviceModel {
  let device: BenchmarkDevice
  let layers: Int
  let pair: BenchmarkPrompt
  let repetitions: Int
  let table: DeviceTable

  /// - Returns: the model in the computer's memory, and the one on the device.
  func run() throws -> (here: LanguageModel, there: LanguageModel) {
    var loaded: (here: LanguageModel, there: LanguageModel)?
    var made: LanguageModel?
    table.row(
      "random weights made, \(layers) layers", [try seconds { made = try RandomWeights(layers: layers).model() }], .seconds)
    let upload = try seconds {
      guard let made else { return }
      let there = try LanguageModel(made, on: device.backend)
      BenchmarkDevice.wait(for: there.weights.finalNorm.weight)
      loaded = (made, there)
    }
    guard let loaded else { throw CocoaError(.featureUnsupported) }
    table.row("weights moved to the device", [upload], .seconds)
    try measure(loaded.there)
    let gibibytes = Double(device.peakBytes()) / Double(1 << 30)
    table.row("memory of the device, at most", [gibibytes], .rate("GiB", digits: 2), limit: 8)
    return loaded
  }

  private func measure(_ model: LanguageModel) throws {
    let answer = LogitDifference(clean: pair.answers.clean, corrupted: pair.answers.corrupted)
    let (clean, corrupted) = (pair.clean, pair.corrupted)
    let full = layers == 18 && clean.count == 1100
    func operation(_ what: String, limit: Double? = nil, remembering: [[Int]] = [], _ work: () throws -> Void) throws {
      let times = try (0..<max(1, repetitions)).map { _ in
        model.prefixes.removeAll()
        for prompt in remembering { BenchmarkDevice.wait(for: try model.run(prompt).logits) }
        return try seconds(work)
      }
      table.row(what, times, .seconds, limit: full ? limit : nil)
    }
    // What is done once, as to make kernels, is not measured.
    BenchmarkDevice.wait(for: try model.run(clean).logits)
    try operation("forward to the last logits, \(clean.count) tokens", limit: 0.035) {
      BenchmarkDevice.wait(for: try model.run(clean).logits)
    }
    try operation("16 tokens generated, the prompt read too", limit: 0.08) {
      _ = try model.generate(clean, until: [Int](), maxNewTokens: 16)
    }
    try operation("  with the prompt remembered", remembering: [clean]) {
      _ = try model.generate(clean, until: [Int](), maxNewTokens: 16)
    }
    try operation("DLA of three components", limit: 0.05) { _ = try model.directLogitAttribution(clean, toward: answer) }
    try operation("AtP of q, k, v", limit: 0.25) {
      _ = try model.attributionPatching(
        clean: clean, corrupted: corrupted, toward: answer, components: [.query, .key, .value])
    }
    try operation("AtP of q, k, v, resid, mlp, z") {
      _ = try model.attributionPatching(
        clean: clean, corrupted: corrupted, toward: answer,
        components: [.query, .key, .value, .residualPre, .mlpOutput, .z])
    }
    try operation("IG of q, 5 steps", limit: 1.5) {
      _ = try model.integratedGradients(
        clean: clean, corrupted: corrupted, toward: answer, components: [.query], steps: 5)
    }
    let positions = max(0, clean.count - 4)..<clean.count
    try operation("activation patching of a layer's heads at \(positions.count) positions", remembering: [clean, corrupted]) {
      _ = try model.activationPatching(
        clean: clean, corrupted: corrupted, toward: answer, component: .z, layers: layers / 2..<layers / 2 + 1,
        positions: positions)
    }
  }
}
