import CKernels
import COpenBLAS
import Foundation
import Machine

/// The processor. Work is divided among its cores; its kernels are those of `CKernels`, and OpenBLAS's products where no row invariance is asked.
package final class CPUBackend: Backend {
  package static let shared = CPUBackend()

  package var device: Device { .cpu }
  package var rowsAtOnce: Int { 1024 }
  package var availableBytes: Int { SystemMemory.available }
  package func check() {}
  package var isRowInvariant: Bool { true }
  package let bounds = ErrorBounds.processor

  // MARK: Memory

  package func allocate(_ shape: [Int]) -> Tensor { Tensor(uninitialized: shape) }
  package func upload(_ tensor: Tensor) -> Tensor { tensor }
  package func upload(_ weight: WeightMatrix) -> WeightMatrix { weight }

  package func fill(_ y: inout Tensor, with value: Float) { y.withUnsafeMutableElements { $0.update(repeating: value) } }

  package func copy(_ x: Tensor, into y: inout Tensor, _ places: CopyPlaces) {
    let ((n0, n1, n2, n3), (a0, a1, a2, a3), (b0, b1, b2, b3)) = (places.lengths, places.from.strides, places.to.strides)
    guard n0 > 0, n1 > 0, n2 > 0, n3 > 0 else { return }
    x.withUnsafeElements { source in
      y.withUnsafeMutableElements { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        for i in 0..<n0 {
          for j in 0..<n1 {
            for k in 0..<n2 {
              let from = source + places.from.first + i * a0 + j * a1 + k * a2
              let to = target + places.to.first + i * b0 + j * b1 + k * b2
              if a3 == 1, b3 == 1 {
                to.update(from: from, count: n3)
              } else {
                for l in 0..<n3 { to[l * b3] = from[l * a3] }
              }
            }
          }
        }
      }
    }
  }

  package func gather(_ weight: WeightMatrix, _ indices: [Int], into y: inout Tensor) {
    y.withUnsafeMutableElements { target in
      guard let target = target.baseAddress else { return }
      weight.widenRows(indices, into: target)
    }
  }

  package func addRows(_ x: Tensor, at indices: [Int], factor: Float, to y: inout Tensor) {
    let width = x.rowCount
    withPointers(x, &y) { x, y in
      for (row, index) in indices.enumerated() {
        for i in 0..<width { y[index * width + i] += factor * x[row * width + i] }
      }
    }
  }

  // MARK: Number by number

  package func combine(_ operation: Arithmetic, _ left: Tensor, _ right: Tensor, into y: inout Tensor) {
    let count = y.count
    right.withUnsafeElements { r in
      withPointers(left, &y) { l, y in
        guard let r = r.baseAddress else { return }
        switch operation {
        case .add: for i in 0..<count { y[i] = l[i] + r[i] }
        case .subtract: for i in 0..<count { y[i] = l[i] - r[i] }
        case .multiply: for i in 0..<count { y[i] = l[i] * r[i] }
        case .divide: for i in 0..<count { y[i] = l[i] / r[i] }
        }
      }
    }
  }

  package func combine(_ operation: Arithmetic, _ left: Tensor, _ r: Float, reversed: Bool, into y: inout Tensor) {
    let count = y.count
    withPointers(left, &y) { l, y in
      switch (operation, reversed) {
      case (.add, _): for i in 0..<count { y[i] = l[i] + r }
      case (.multiply, _): for i in 0..<count { y[i] = l[i] * r }
      case (.subtract, false): for i in 0..<count { y[i] = l[i] - r }
      case (.subtract, true): for i in 0..<count { y[i] = r - l[i] }
      case (.divide, false): for i in 0..<count { y[i] = l[i] / r }
      case (.divide, true): for i in 0..<count { y[i] = r / l[i] }
      }
    }
  }

  package func add(_ x: Tensor, times factor: Float, to y: inout Tensor) {
    let count = x.count
    withPointers(x, &y) { x, y in
      if factor == 1 { return ck_add(x, y, count) }
      for i in 0..<count { y[i] += factor * x[i] }
    }
  }

  package func softCap(_ y: inout Tensor, at cap: Float) {
    let count = y.count
    y.withUnsafeMutableElements { y in
      guard let y = y.baseAddress else { return }
      Parallel.overRows(count, width: 8) { ck_soft_cap(y + $0.lowerBound, cap, $0.count) }
    }
  }

  package func softCapGradient(_ gradient: inout Tensor, at cap: Float, capped: Tensor) {
    let count = gradient.count
    withPointers(capped, &gradient) { ck_soft_cap_gradient($0, cap, $1, count) }
  }

  package func activate(_ function: Activation, _ x: Tensor, gating up: Tensor?, into y: inout Tensor) {
    let count = x.count
    withPointers(x, &y) { x, y in
      up.withElements { up in
        Parallel.overRows(count, width: 8) { part in
          let first = part.lowerBound
          ck_activate(function.kernel, x + first, up.map { $0 + first }, y + first, part.count)
        }
      }
    }
  }

  package func activationGradient(
    _ function: Activation, _ x: Tensor, gating up: Tensor?, _ gradient: Tensor, into dx: inout Tensor, _ dup: inout Tensor?
  ) {
    let (count, upBase) = (x.count, dup?.sharedBase())
    withPointers(gradient, &dx) { g, dx in
      x.withUnsafeElements { x in
        up.withElements { up in
          guard let x = x.baseAddress else { return }
          Parallel.overRows(count, width: 8) { part in
            let first = part.lowerBound
            ck_activate_gradient(
              function.kernel, x + first, up.map { $0 + first }, g + first, dx + first, upBase.map { $0 + first }, part.count)
          }
        }
      }
    }
    withExtendedLifetime(dup) {}
  }

  // MARK: Sums

  package func reduce(_ reduction: Reduction, _ x: Tensor, axis: Int, into y: inout Tensor) {
    let (outer, length, inner) = x.split(at: axis)
    withPointers(x, &y) { source, target in
      for o in 0..<outer {
        for i in 0..<inner {
          let from = source + o * length * inner + i
          var value = reduction == .sum ? 0 : -Double.infinity
          for l in 0..<length {
            let next = Double(from[l * inner])
            value = reduction == .sum ? value + next : max(value, next)
          }
          target[o * inner + i] = Float(value)
        }
      }
    }
  }

  package func sum(_ x: Tensor) -> Double { x.withUnsafeElements { $0.reduce(0.0) { $0 + Double($1) } } }

  package func argmax(_ x: Tensor) -> Int {
    x.withUnsafeElements { values in
      var best = 0
      for i in 1..<max(values.count, 1) where values[i] > values[best] { best = i }
      return best
    }
  }

  package func logSumExp(_ x: Tensor) -> [Double] {
    // Parts of one length, added up in their order, whatever the number of cores.
    let (rows, width, length) = (x.shape[0], x.shape[1], 1 << 14)
    let parts = (width + length - 1) / length
    return x.withUnsafeElements { x in
      let largest = (0..<rows).map { row in x[row * width..<(row + 1) * width].reduce(-Float.infinity, max) }
      var sums = [Double](repeating: 0, count: rows * parts)
      sums.withUnsafeMutableBufferPointer { sums in
        Parallel.overRows(sums.count, width: length) { range in
          for index in range {
            let (row, part) = (index / parts, index % parts)
            let numbers = x[row * width + part * length..<row * width + min((part + 1) * length, width)]
            sums[index] = numbers.reduce(0) { $0 + exp(Double($1 - largest[row])) }
          }
        }
      }
      return (0..<rows).map { Double(largest[$0]) + log(sums[$0 * parts..<($0 + 1) * parts].reduce(0, +)) }
    }
  }

  package func isFinite(_ x: Tensor) -> Bool { x.withUnsafeElements { ck_is_finite($0.baseAddress, ck_float32, $0.count) != 0 } }

  // MARK: Products

  package func multiply(_ x: Tensor, _ weight: WeightMatrix, _ kind: WeightProduct, adding: Bool, into y: inout Tensor) {
    if kind == .decoding, !weight.isTransposed, !adding { return decode(x, weight, into: &y) }
    let columns = y.shape[1]
    x.view.multiply(
      kind == .back ? weight.view : weight.view.transposed, into: y.sharedBase(), stride: columns, adding: adding)
    withExtendedLifetime((x, weight)) {}
  }

  private func decode(_ x: Tensor, _ weight: WeightMatrix, into y: inout Tensor) {
    let rows = x.shape[0]
    withPointers(x, &y) { x, y in
      Parallel.overRows(weight.rows, width: weight.columns) { part in
        ck_gemv_part(
          x, rows, weight.columns, weight.base, weight.format.kernel, weight.first, weight.columns, weight.stride, y, weight.rows,
          part.lowerBound, part.upperBound)
      }
    }
    withExtendedLifetime(weight) {}
  }

  package func multiply(_ x: Tensor, _ right: Tensor, transposingRight: Bool, into y: inout Tensor) {
    let (rows, inner, columns) = (x.shape[0], x.shape[1], y.shape[1])
    withPointers(x, &y) { left, result in
      right.withUnsafeElements { factor in
        guard rows > 0, columns > 0 else { return }
        if rows == 1 {
          // A single row is a matrix-vector product, for which sgemm reads the matrix at a quarter of the memory's speed.
          cblas_sgemv(
            CblasRowMajor, transposingRight ? CblasNoTrans : CblasTrans, blasint(right.shape[0]), blasint(right.shape[1]), 1,
            factor.baseAddress, blasint(right.shape[1]), left, 1, 0, result, 1)
        } else {
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposingRight ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
            blasint(inner), 1, left, blasint(inner), factor.baseAddress, blasint(right.shape[1]), 0, result, blasint(columns))
        }
      }
    }
  }

  func withPointers(_ x: Tensor, _ y: inout Tensor, _ body: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void) {
    x.withUnsafeElements { x in
      y.withUnsafeMutableElements { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        body(x, y)
      }
    }
  }
}

extension Optional<Tensor> {
  /// The numbers, or nil. The pointer is valid within `body` only.
  func withElements(_ body: (UnsafePointer<Float>?) -> Void) {
    if let self { self.withUnsafeElements { body($0.baseAddress) } } else { body(nil) }
  }
}

extension ErrorBounds {
  /// Of the processor: about twice the largest errors that the conformance suite finds on any kind of CPU; u = 2⁻²⁴ is the rounding of one
  /// operation in fp32.
  fileprivate static let processor = ErrorBounds([
    // Two roundings.
    .arithmetic: 0x1p-23,
    .functions: 8e-7,
    // Of a sigmoid near 1, what is left to 1 is off by u, and the slope of gelu by tanh takes it up to 40 times.
    .slopes: 3.5e-6,
    .rows: 5e-7,
    .softmax: 8e-7,
    // Sums of at most 256 products, which are added up: some 5 u of the magnitudes, whatever the inner length is.
    .products: 6e-7, .wideProducts: 6e-7, .decoding: 6e-7, .tensorProducts: 6e-7,
    .attention: 8e-7,
  ])
}
