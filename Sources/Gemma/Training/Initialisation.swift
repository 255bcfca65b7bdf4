import Foundation
import Tensors

extension Parameters {
  /// Weights to begin with, from a seed; `Trainer` says how they are distributed.
  init(_ configuration: GemmaConfiguration, seed: UInt64) {
    layout = ParameterLayout(configuration)
    values = Tensor(repeating: 0, shape: [layout.count])
    var random = SplitMix64(seed: seed)
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

/// SplitMix64 (Steele, Lea and Flood 2014): equal seeds give equal numbers on every machine.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In (0, 1).
  private mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

  /// Of the normal distribution with mean 0 and deviation 1 (Box and Muller 1958).
  mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
