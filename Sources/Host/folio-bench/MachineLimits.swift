import COpenBLAS
import Foundation
import Transformer
import Tensors

/// What the machine can do at most, measured in the same run as that which is judged by it.
enum MachineLimits {
  /// The shape of one product: so many of them a pass, `[rows, inner]` times `[inner, columns]`.
  struct Product {
    let count: Int
    let rows: Int
    let columns: Int
    let inner: Int

    var operations: Double { 2 * Double(count) * Double(rows) * Double(columns) * Double(inner) }
  }

  /// The products of a prompt of so many tokens with a model's weights, with only the last row behind the last layer's keys and values.
  static func forward(_ c: ModelConfiguration, tokens n: Int) -> [Product] {
    let (q, kv) = (c.heads * c.headWidth, c.keyValueHeads * c.headWidth)
    func layer(_ count: Int, _ rows: Int) -> [Product] {
      [
        Product(count: count, rows: rows, columns: q, inner: c.width),
        Product(count: count, rows: rows, columns: c.width, inner: q),
        Product(count: 2 * count, rows: rows, columns: c.mlpWidth, inner: c.width),
        Product(count: count, rows: rows, columns: c.width, inner: c.mlpWidth),
      ]
    }
    return [Product(count: 2 * c.layers, rows: n, columns: kv, inner: c.width)] + layer(c.layers - 1, n) + layer(1, 1)
      + [Product(count: 1, rows: 1, columns: c.vocabulary, inner: c.width)] + attention(c, n)
  }

  /// Those of the way back to every activation of every position.
  static func backward(_ c: ModelConfiguration, tokens n: Int) -> [Product] {
    let (q, kv) = (c.heads * c.headWidth, c.keyValueHeads * c.headWidth)
    return [
      Product(count: 2 * c.layers, rows: n, columns: c.width, inner: kv),
      Product(count: c.layers, rows: n, columns: c.width, inner: q),
      Product(count: c.layers, rows: n, columns: q, inner: c.width),
      Product(count: 2 * c.layers, rows: n, columns: c.width, inner: c.mlpWidth),
      Product(count: c.layers, rows: n, columns: c.mlpWidth, inner: c.width),
    ] + attention(c, n) + attention(c, n)
  }

  /// Scores, and the values gathered, of the lower half of the square.
  static func attention(_ c: ModelConfiguration, _ n: Int) -> [Product] {
    let products = c.layers * c.heads
    return [
      Product(count: products, rows: n, columns: n / 2, inner: c.headWidth),
      Product(count: products, rows: n, columns: c.headWidth, inner: n / 2),
    ]
  }

  /// The seconds that OpenBLAS's sgemm alone takes for products, with fp32 matrices that it need not widen, on all cores.
  static func sgemmSeconds(_ products: [Product]) -> Double {
    products.reduce(0) { sum, product in
      let left = Tensor(repeating: 0.5, shape: [product.rows, product.inner])
      let right = Tensor(repeating: 0.25, shape: [product.columns, product.inner])
      var result = Tensor(repeating: 0, shape: [product.rows, product.columns])
      let best =
        (0..<3).map { _ in
          left.withUnsafeElements { left in
            right.withUnsafeElements { right in
              result.withUnsafeMutableElements { result in
                seconds {
                  cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, blasint(product.rows), blasint(product.columns),
                    blasint(product.inner), 1, left.baseAddress, blasint(product.inner), right.baseAddress,
                    blasint(product.inner), 0, result.baseAddress, blasint(product.columns))
                }
              }
            }
          }
        }.min() ?? 0
      return sum + best * Double(product.count)
    }
  }

  /// The bytes a second that all cores together read from memory.
  static func readBandwidth() -> Double {
    let numbers = Tensor(repeating: 1, shape: [64 << 20])
    let words = numbers.count * 4 / 64
    var sums = [SIMD16<UInt32>](repeating: .zero, count: Parallel.threads)
    let best = numbers.withUnsafeElements { numbers -> Double in
      guard let numbers = numbers.baseAddress else { return 1 }
      nonisolated(unsafe) let base = UnsafeRawPointer(numbers).assumingMemoryBound(to: SIMD16<UInt32>.self)
      return (0..<7).map { _ in
        seconds {
          sums.withUnsafeMutableBufferPointer { sums in
            Parallel.perform(Parallel.threads) { part in
              var (a, b) = (SIMD16<UInt32>.zero, SIMD16<UInt32>.zero)
              let range = words * part / Parallel.threads..<words * (part + 1) / Parallel.threads
              for i in stride(from: range.lowerBound, to: range.upperBound - 1, by: 2) {
                a ^= base[i]
                b ^= base[i + 1]
              }
              sums[part] = a ^ b
            }
          }
        }
      }.min() ?? 1
    }
    precondition(sums.count == Parallel.threads)
    return Double(words * 64) / best
  }

  /// The seconds that copying takes, on all cores, of as many bytes as something reads and writes.
  static func copySeconds(bytes: Int) -> Double {
    let source = Tensor(repeating: 1, shape: [bytes / 8])
    var target = Tensor(repeating: 0, shape: [bytes / 8])
    return source.withUnsafeElements { source in
      target.withUnsafeMutableElements { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
        return (0..<7).map { _ in
          seconds {
            Parallel.overRows(source.count / 1024, width: 1024) { part in
              (to + part.lowerBound * 1024).update(from: from + part.lowerBound * 1024, count: part.count * 1024)
            }
          }
        }.min() ?? 0
      }
    }
  }
}
