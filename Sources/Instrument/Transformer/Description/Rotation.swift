import Foundation

/// By which angles a layer's queries and keys are turned (Su et al. 2021, arXiv:2104.09864): the first `width` numbers of each head, its
/// first half against its second, by the position times a frequency for each pair.
public struct Rotation: Hashable, Sendable {
  /// How many numbers of a head are turned; even. The others stay as they are.
  public package(set) var width: Int
  /// The base of the frequencies, `rope_theta`.
  public package(set) var base: Float
  /// How the frequencies are changed for longer contexts.
  public package(set) var scaling: Scaling = .none

  package init(width: Int, base: Float, scaling: Scaling = .none) {
    (self.width, self.base, self.scaling) = (width, base, scaling)
  }

  /// How the frequencies are changed for longer contexts.
  public enum Scaling: Hashable, Sendable {
    /// Not at all.
    case none
    /// All of them are divided by a factor.
    case linear(factor: Float)
    /// The low ones are divided by a factor, the high ones not, and those between in part (Llama 3.1).
    case llama3(factor: Float, lowFrequency: Float, highFrequency: Float, originalContext: Float)
  }

  /// By how much the angle of each pair grows from one position to the next, `[width / 2]`, in radians. Computed in fp32 step by step as
  /// transformers does it, whose rounding at high positions is part of the model.
  package var frequencies: [Float] {
    let plain = stride(from: 0, to: width, by: 2).map { 1 / powf(base, Float($0) / Float(width)) }
    switch scaling {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / factor }
    case .llama3(let factor, let low, let high, let original):
      // Float.pi is rounded towards zero: twice it is not the number nearest to 2π, which transformers divides.
      let turn = Float(2 * Double.pi)
      return plain.map { frequency in
        let wavelength = turn / frequency
        if wavelength > original / low { return frequency / factor }
        if wavelength < original / high { return frequency }
        let share = (original / wavelength - low) / (high - low)
        return (1 - share) * frequency / factor + share * frequency
      }
    }
  }
}
