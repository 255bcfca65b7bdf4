import Foundation
import Randomness
import Tensors

extension Parameters {
  /// Weights to begin with, from a seed; `Trainer` says how they are distributed.
  init(_ configuration: GemmaConfiguration, seed: UInt64) {
    layout = ParameterLayout(configuration)
    values = Tensor(repeating: 0, shape: [layout.count])
    var random = SeededGenerator(seed: seed)
    for place in layout.places where !place.isNorm {
      let writes = place.name == .output || place.name == .down
      let read = place.shape(configuration)[1] * (writes ? 2 * configuration.layers : 1)
      let deviation = 1 / Double(read).squareRoot()
      values.withUnsafeMutableElements { values in
        for i in layout.range(place) { values[i] = Float(deviation * random.normal()) }
      }
    }
  }
}
