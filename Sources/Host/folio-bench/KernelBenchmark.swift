import Foundation
import Tensors

/// The elementwise kernels, each beside a copy of as many bytes as it reads and writes.
enum KernelBenchmark {
  static func run(tokens n: Int) {
    let (width, mlp, heads, c) = (2048, 16384, 8, 256)
    let stream = Tensor(repeating: 0.5, shape: [n, width])
    measure("RMSNorm of [\(n), \(width)]", bytes: 8 * stream.count) { _ = stream.rootMeanSquareNormalized(epsilon: 1e-6) }
    let (gate, up) = (Tensor(repeating: 0.5, shape: [n, mlp]), Tensor(repeating: 0.25, shape: [n, mlp]))
    measure("GELU gate of [\(n), \(mlp)]", bytes: 12 * gate.count) { _ = gate.activated(by: .geluTanh, gating: up) }
    measure("  its gradient", bytes: 20 * gate.count) { _ = gate.gradientOfActivation(.geluTanh, of: gate, gating: up) }
    let query = Tensor(repeating: 0.5, shape: [n, heads, c])
    let angles = Tensor(repeating: 0.7, shape: [n, c / 2])
    measure("RoPE of [\(n), \(heads), \(c)]", bytes: 8 * query.count) { _ = query.rotated(cosine: angles, sine: angles) }
    // As attention does it: blocks of 128 queries, that stay in the processor's cache, on all cores.
    var squares = (0..<heads * ((n + 127) / 128)).map { _ in Tensor(repeating: 0.5, shape: [128, n]) }
    let count = squares.count
    measure("causal softmax of [\(heads), \(n), \(n)], in place", bytes: 8 * count * 128 * n) {
      squares.withUnsafeMutableBufferPointer { squares in
        nonisolated(unsafe) let squares = squares
        Parallel.perform(count) { squares[$0].applyCausalSoftmax(visible: $0 / heads * 128 + 1) }
      }
    }
  }

  private static func measure(_ what: String, bytes: Int, _ work: () -> Void) {
    let time = (0..<9).map { _ in seconds(work) }.min() ?? 0
    let copy = MachineLimits.copySeconds(bytes: bytes)
    report(what, text(time), String(format: "%.2f of a copy's time", time / copy))
  }
}
