import BackendConformance
import Foundation
import Tensors

/// The products of gemma-2b's layers with weights in bf16.
struct DeviceProducts {
  let backend: any Backend
  let rows: Int
  let table: DeviceTable

  private static let (width, mlpWidth) = (2048, 16384)
  private let numbers = RepeatedNumbers(count: 4 * width * mlpWidth, seed: 1)

  init(_ backend: any Backend, rows: Int, _ table: DeviceTable) { (self.backend, self.rows, self.table) = (backend, rows, table) }

  func run() {
    let (d, m) = (Self.width, Self.mlpWidth)
    measure(out: m, inner: d, .forward)
    measure(out: m, inner: d, .back)
    measure(out: d, inner: m, .forward)
    measure(out: d, inner: d, .forward)
    measure(out: d, inner: d, .back)
    for rows in [1, 4, 16] { decode(rows: rows) }
  }

  private func measure(out: Int, inner: Int, _ kind: WeightProduct) {
    let weight = backend.upload(numbers.matrix([out, inner]))
    let (from, to) = kind == .back ? (out, inner) : (inner, out)
    let x = backend.upload(random([rows, from]))
    let operations = 2 * Double(rows) * Double(out) * Double(inner)
    let rates = self.rates(of: [weight], x, to, kind).map { $0 * operations / 1e12 }
    let shape = kind == .back ? "[\(rows), \(out)] × [\(out), \(inner)], back" : "[\(rows), \(inner)] × [\(out), \(inner)]ᵀ"
    table.row(shape, rates, .rate("TFLOP/s", digits: 2), limit: 170)
  }

  /// Several weights in turn, so that none is found in a cache.
  private func decode(rows: Int) {
    let (d, m) = (Self.width, Self.mlpWidth)
    let weights = (0..<4).map { backend.upload(numbers.matrix([m, d], from: $0 * d * m)) }
    let rates = self.rates(of: weights, backend.upload(random([rows, d])), m, .decoding)
    let name = "[\(rows), \(d)] × [\(m), \(d)]ᵀ for decoding, weights read"
    table.row(name, rates.map { $0 * Double(2 * m * d) / 1e9 }, .rate("GB/s", digits: 0), limit: 2500)
  }

  /// How many products a second: of a row of them, between waits, three times.
  private func rates(of weights: [WeightMatrix], _ x: Tensor, _ columns: Int, _ kind: WeightProduct) -> [Double] {
    var y = backend.allocate([x.shape[0], columns])
    func time(_ count: Int) -> Double {
      seconds {
        for i in 0..<count { backend.multiply(x, weights[i % weights.count], kind, adding: false, into: &y) }
        BenchmarkDevice.wait(for: y)
      }
    }
    _ = time(1)
    let count = Int((0.05 / time(weights.count) * Double(weights.count)).rounded(.up))
    return (0..<3).map { _ in Double(count) / time(count) }
  }

  private func random(_ shape: [Int]) -> Tensor {
    numbers.matrix([shape[0], shape[1]]).tensor
  }
}
