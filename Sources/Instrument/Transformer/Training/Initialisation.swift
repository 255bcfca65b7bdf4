import Foundation
import Randomness
import Tensors

extension Parameters {
  /// Weights to begin with, from a seed; `Trainer` says how they are distributed.
  package init(_ configuration: ModelConfiguration, seed: UInt64) {
    layout = ParameterLayout(configuration)
    values = Tensor(repeating: 0, shape: [layout.count])
    var random = SeededGenerator(seed: seed)
    for name in layout.names where name.kind == .norm {
      // A norm begins by multiplying by one.
      values.withUnsafeMutableElements { values in
        for i in layout.range(name) { values[i] = 1 - configuration.norm.offset }
      }
    }
    for name in layout.names where name.kind == .matrix {
      let read = name.shape(configuration)[1] * (name.writesToResidualStream ? 2 * configuration.layers : 1)
      let deviation = 1 / Double(read).squareRoot()
      values.withUnsafeMutableElements { values in
        for i in layout.range(name) { values[i] = Float(deviation * random.normal()) }
      }
    }
  }
}
