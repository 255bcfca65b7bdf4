import Foundation
import Tensors
import TestSupport
import Testing

/// What the processor's kernels promise beyond `BackendTests`.
@Suite struct KernelTests {
  /// Relative to the result, however small it is: where the gate is far below 0, Φ keeps its digits. u = 2⁻²⁴ is the rounding of one fp32
  /// operation; exp is off by 2 ulp (4u) and by the rounding of its argument, |x| u.
  @Test(arguments: [Float(0.01), 1, 6, 50])
  func geluTanhKeepsItsDigitsWhereItIsSmall(scale: Float) {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      let (gate, up) = (Float.random(in: -scale...scale, using: &random), Float.random(in: -2...2, using: &random))
      let result = Tensor([gate]).activated(by: .geluTanh, gating: Tensor([up])).scalar
      let g = Double(gate), inner = (2 / Double.pi).squareRoot() * (g + 0.044715 * g * g * g)
      // As the definition has it, with tanh; 1 + tanh loses all digits of a Double below -19, so there by its exponential form.
      let expected = Double(up) * (inner > -5 ? 0.5 * g * (1 + tanh(inner)) : g / (1 + exp(-2 * inner)))
      #expect(abs(Double(result) - expected) <= abs(expected) * (10 * abs(inner) + 16) * 0x1p-24 + 1e-34, "gate \(g)")
    }
  }
}
