import Foundation
import ModelTwin
import Tensors
import Transformer

/// How far logits on a device are off, relative to the largest of them: beside a twin in Double, and beside the processor's.
struct DeviceErrors {
  let backend: any Backend
  let table = DeviceTable("error of logits, relative to the largest", "device", "processor")

  /// A model of two layers of width 256, with weights in fp32, and with the same rounded to bf16.
  func small() throws {
    let configuration = try ModelConfiguration(
      layers: 2, width: 256, heads: 4, keyValueHeads: 2, headWidth: 64, mlpWidth: 1024, vocabulary: 1000)
    let tokens = (0..<48).map { 4 + $0 * 7919 % 990 }
    for format in ["fp32", "bf16"] {
      var parameters = Parameters(configuration, seed: 3)
      if format == "bf16" {
        parameters.values = parameters.values.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
      }
      let model = try LanguageModel(configuration, nil, parameters, origin: "a small model")
      let numbers = WeightName.all(configuration).map { ($0, model.weights.tensor($0).elements.map(Double.init)) }
      let expected = DoubleTwin(configuration, Dictionary(uniqueKeysWithValues: numbers)).run(tokens).logits.flatMap { $0 }
      let there = try LanguageModel(model, on: backend)
      let errors = try [there, model].map { try error(of: $0.run(tokens, logits: .all).logits, expected) }
      table.row("two layers of width 256, weights in \(format)", text(errors[0]), text(errors[1]))
    }
  }

  /// The large model on a short prompt.
  func large(_ here: LanguageModel, _ there: LanguageModel, _ tokens: [Int]) throws {
    let expected = try here.run(tokens).logits.elements.map(Double.init)
    let difference = error(of: try there.run(tokens).logits, expected)
    table.row(
      "\(here.config.layers) layers of gemma-2b's shape, \(tokens.count) tokens, beside the processor", text(difference), "")
  }

  private func text(_ error: Double) -> String { String(format: "%.2e", error) }

  private func error(of logits: Tensor, _ expected: [Double]) -> Double {
    let largest = expected.reduce(0) { max($0, abs($1)) }
    return zip(logits.elements, expected).reduce(0) { worst, pair in
      let error = abs(Double(pair.0) - pair.1) / largest
      return error.isNaN ? .infinity : max(worst, error)
    }
  }
}
