import Foundation
import Testing

/// The kernels of Attention.cu against a plain twin in Double.
@Suite struct AttentionTests {
  /// One token's attention. Keys and values are [key, heads / group · c + spare].
  struct Token: CustomTestStringConvertible {
    var heads = 2, group = 1, c = 8, first = 0, count = 5, cap: Float = 0, spare = 0
    var testDescription: String {
      "heads \(heads) / \(group), c \(c), keys \(first)..<\(first + count), cap \(cap), spare \(spare)"
    }

    var stride: Int { heads / group * c + spare }
    var q: [Float] { random(heads * c, scale: 2) }
    var keys: [Float] { random((first + count) * stride, scale: 2, seed: 2) }
    var values: [Float] { random((first + count) * stride, seed: 3) }
    var scale: Float { 1 / Float(c).squareRoot() }
    var parts: Int { (first + count - 1) / 32 - first / 32 + 1 }

    func attend(_ q: [Float], _ keys: [Float], _ values: [Float]) -> [Float] {
      let made = launch(
        "decode_attention_parts", .input(q), .input(keys), .input(values), .output(heads * parts * (c + 2)), .long(heads),
        .long(group), .long(c), .long(stride), .long(first), .long(count), .float(scale), .float(cap),
        grid: (parts, heads / group * ((group + 7) / 8)), anyGrid: false)
      return launch(
        "decode_attention", .input(made.floats(3)), .output(heads * c), .long(heads), .long(c), .long(parts),
        grid: (heads, (c + 255) / 256), anyGrid: false
      ).floats(1)
    }
  }

  @Test(arguments: [
    Token(), Token(c: 1, count: 1), Token(c: 7, count: 33), Token(heads: 8, group: 8, c: 256, count: 1100),
    Token(heads: 8, group: 8, c: 256, first: 77, count: 300, spare: 3), Token(heads: 6, group: 3, c: 64, count: 100, spare: 4),
    Token(heads: 4, group: 2, c: 300, count: 64, cap: 30), Token(heads: 11, group: 11, c: 20, first: 31, count: 34),
    Token(heads: 3, group: 1, c: 128, first: 64, count: 32, cap: 2), Token(heads: 1, group: 1, c: 4, count: 9000),
    Token(heads: 14, group: 7, c: 64, first: 5, count: 1),
  ])
  func decodingIsNearItsTwin(token: Token) {
    let (q, keys, values, c) = (token.q, token.keys, token.values, token.c)
    let z = token.attend(q, keys, values)
    for head in 0..<token.heads {
      let column = head / token.group * c
      let scores = (token.first..<token.first + token.count).map { key in
        let dot = (0..<c).reduce(0.0) { $0 + Double(q[head * c + $1]) * Double(keys[key * token.stride + column + $1]) }
        let scaled = dot * Double(token.scale)
        return token.cap > 0 ? Double(token.cap) * tanh(scaled / Double(token.cap)) : scaled
      }
      let largest = scores.max() ?? 0, weights = scores.map { exp($0 - largest) }, sum = weights.reduce(0, +)
      var (twins, sizes) = ([Double](repeating: 0, count: c), [Double](repeating: 0, count: c))
      for (key, weight) in weights.enumerated() {
        for i in 0..<c {
          let value = Double(values[(token.first + key) * token.stride + column + i]) * weight / sum
          twins[i] += value
          sizes[i] += abs(value)
        }
      }
      // A score of |q| · |k| ≤ 4 √c is off by some u of that, and a weight relatively by as much.
      expect(z.row(head, c), near: twins, within: { sizes[$0] * (16 * Double(c).squareRoot() + 60) * u }, "head \(head),")
    }
  }

  /// Keys are taken in parts by their positions, so what stands before the first that is seen is not looked at.
  @Test func whatIsNotSeenMayBeAnything() {
    let token = Token(heads: 4, group: 2, c: 32, first: 70, count: 60)
    var (keys, values) = (token.keys, token.values)
    let z = token.attend(token.q, keys, values)
    for i in 0..<70 * token.stride { (keys[i], values[i]) = (.nan, .infinity) }
    #expect(token.attend(token.q, keys, values).bits == z.bits)
  }

  @Test func hiddenScoresAreSurvivedAndNaNIsNot() {
    let token = Token(heads: 1, group: 1, c: 4, count: 70)
    var keys = token.keys
    // A whole part of keys whose scores are -inf.
    let q: [Float] = [1, 1, 1, 1]
    for key in 32..<64 { keys[key * 4] = -.infinity }
    #expect(token.attend(q, keys, token.values).every(\.isFinite))
    for key in 0..<70 { keys[key * 4] = -.infinity }
    #expect(token.attend(q, keys, token.values).every(\.isNaN))
    keys = token.keys
    keys[40 * 4] = .nan
    #expect(token.attend(q, keys, token.values).every(\.isNaN))
  }

  @Test func aHeadIsTheSameWhateverOtherGroupsStandBesideIt() {
    let token = Token(heads: 6, group: 3, c: 64, count: 200), z = token.attend(token.q, token.keys, token.values)
    let alone = Token(heads: 3, group: 3, c: 64, count: 200)
    func part(_ numbers: [Float]) -> [Float] { (0..<200).flatMap { numbers[$0 * 128 + 64..<$0 * 128 + 128] } }
    let second = alone.attend(Array(token.q.suffix(192)), part(token.keys), part(token.values))
    #expect(second.bits == z.suffix(192).bits)
  }
}
