import Foundation
import Tensors

extension Parameters {
  /// Weights to begin with, from a seed.
  ///
  /// Normally distributed around 0: the embedding and what reads the residual stream or the heads' values with the deviation 1/√(numbers
  /// that are read); what writes to the residual stream, the output projections of attention and MLP, with 1/√(2 · layers) of that, so that
  /// the stream keeps its size (Radford et al. 2019, GPT-2). For gemma-2b's width 1/√width is 0.022, the 0.02 of Hugging Face's `initializer_range`;
  /// narrow models learn faster with what suits their width. Norms begin with 0, which multiplies by one.
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
