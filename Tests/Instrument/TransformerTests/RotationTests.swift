import Testing
import Transformer

/// The frequencies of rotary embedding, whose rounding is part of a model.
@Suite struct RotationTests {
  /// A rotation like that of a layer of a small model.
  private func rotation(width: Int, base: Float, _ scaling: Rotation.Scaling) throws -> Rotation {
    let config = try ModelConfiguration(layers: 1, width: 8, heads: 1, headWidth: width, mlpWidth: 8, vocabulary: 4)
    var rotations: [Rotation] = []
    if case .rotary(let all) = config.positions { rotations = all }
    var rotation = try #require(rotations.first)
    (rotation.base, rotation.scaling) = (base, scaling)
    return rotation
  }

  private func llama(_ factor: Float, _ context: Float) -> Rotation.Scaling {
    .llama3(factor: factor, lowFrequency: 1, highFrequency: 4, originalContext: context)
  }

  @Test
  func frequenciesBetweenHighAndLowAreThoseThatTransformersComputesInFp32BitForBit() throws {
    let small = try rotation(width: 8, base: 5e5, llama(8, 16)).frequencies
    #expect(small[0] == 0.5760563611984253)
    let other = try rotation(width: 6, base: 200, llama(8, 64)).frequencies
    #expect(other[1] == 0.05836980789899826)
    // Llama 3.1 8B.
    let large = try rotation(width: 128, base: 5e5, llama(8, 8192)).frequencies
    let expected: [Float] = [
      0.0021665706299245358, 0.0013718936825171113, 0.0008567514596506953, 0.0005248460220173001, 0.0003126936499029398,
      0.0001785077911335975,
    ]
    #expect(zip(large[29...34], expected).allSatisfy { abs($0 - $1) <= 2 * $1.ulp })
  }

  @Test
  func highFrequenciesStayAndLowOnesAreDividedByTheFactor() throws {
    let plain = try rotation(width: 128, base: 5e5, .none).frequencies
    let scaled = try rotation(width: 128, base: 5e5, llama(8, 8192)).frequencies
    #expect(plain.count == 64 && plain[0] == 1)
    #expect(scaled[..<29] == plain[..<29])
    #expect(Array(scaled[35...]) == plain[35...].map { $0 / 8 })
    #expect(try rotation(width: 128, base: 5e5, .linear(factor: 4)).frequencies == plain.map { $0 / 4 })
  }
}
