import Foundation
import ModelFixture
import Transformer

/// The loss of some examples in Double, as a function of the weights.
struct TwinLoss {
  private let config: ModelConfiguration
  private let weights: [WeightName: [Double]]
  private let examples: [TrainingExample]

  init(_ model: LanguageModel, _ examples: [TrainingExample]) {
    (config, self.examples) = (model.config, examples)
    let places = WeightName.all(config).map { ($0, model.weights.tensor($0).elements.map(Double.init)) }
    weights = Dictionary(uniqueKeysWithValues: places)
  }

  func callAsFunction(_ changed: [WeightName: [Double]] = [:]) -> Double {
    let twin = DoubleTwin(config, weights.merging(changed) { $1 })
    var (sum, total) = (0.0, 0.0)
    for example in examples {
      let logits = twin.run(example.tokens).logits
      for target in example.targets {
        let largest = logits[target].max() ?? 0
        let scale = log(logits[target].reduce(0) { $0 + exp($1 - largest) })
        sum += example.weight * (largest + scale - logits[target][example.tokens[target + 1]])
        total += example.weight
      }
    }
    return sum / total
  }

  /// The derivative with respect to a step in a weight, by central differences with Richardson's extrapolation.
  func derivative(_ name: WeightName, _ move: (inout [Double], Double) -> Void) -> Double {
    let size = 1e-3
    func value(_ step: Double) -> Double {
      var moved = weights[name] ?? []
      move(&moved, step)
      return self([name: moved])
    }
    let whole = (value(size) - value(-size)) / (2 * size)
    let half = (value(size / 2) - value(-size / 2)) / size
    return (4 * half - whole) / 3
  }
}
