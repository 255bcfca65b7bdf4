import TestSupport

/// Random numbers that depend on a seed alone (SplitMix64), and the choices that mutations are made of.
struct Chance: RandomNumberGenerator {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// That of one input of a kind: each can be made again by itself.
  init(seed: UInt64, kind: String, number: Int) {
    let name = kind.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    generator = SeededGenerator(
      seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ name ^ UInt64(bitPattern: Int64(number)) &* 0xD1B5_4A32_D192_ED03)
    _ = next()
  }

  mutating func next() -> UInt64 { generator.next() }

  /// From 0 up to, and without, a number above 0.
  mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }

  mutating func one(in count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Small numbers are more frequent than large ones.
  mutating func size(upTo most: Int) -> Int { 1 + below(max(1, most >> below(24))) }
}
