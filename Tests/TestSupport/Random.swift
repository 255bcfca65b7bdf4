/// Tests take their random numbers from Folio's own seeded generator, so that a failure happens again.
@_exported import Randomness

extension SeededGenerator {
  /// A number in 0..<1, of 24 random bits.
  package mutating func unit() -> Float { Float(next() >> 40) / Float(1 << 24) }

  /// A whole number from 0 up to, and without, a number above 0.
  package mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }
}
