import COpenBLAS

/// The numeric library as it loaded in this process.
public enum BLAS {
  /// The kernels that it chose, by the name of a processor: `Cooperlake`, `Haswell`. Read from `OPENBLAS_CORETYPE` when it loads.
  public static var kernel: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

  /// Its version and how it was built.
  public static var configuration: String { openblas_get_config().map { String(cString: $0) } ?? "unknown" }

  /// How many threads its products use.
  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// The rate of its matrix product in GFLOP/s: the best of some products of square matrices.
  /// - Parameter threads: how many threads it may use.
  public static func measureRate(size: Int = 1536, threads: Int = BLAS.threads) -> Double {
    let former = BLAS.threads
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(Int32(former)) }
    let left = Tensor(repeating: 0.5, shape: [size, size])
    return bestRate(size) { _ = left.multiplied(by: left) }
  }
}

extension WeightMatrix {
  /// The rate of products with weights in bf16, in GFLOP/s, with all threads.
  package static func measureRate(size: Int = 1536) -> Double {
    let left = Tensor(repeating: 0.5, shape: [size, size])
    // A bf16 number is the upper half of a Float.
    let weights = [UInt16](repeating: UInt16(Float(0.5).bitPattern >> 16), count: size * size)
    return weights.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let matrix = WeightMatrix(base, .bfloat16, shape: [size, size], owner: size)
      return bestRate(size) { _ = left.projected(by: matrix) }
    }
  }
}

/// The best of some products of square matrices, in GFLOP/s.
private func bestRate(_ size: Int, _ product: () -> Void) -> Double {
  let operations = 2 * Double(size) * Double(size) * Double(size)
  return (0..<5).map { _ in operations / (ContinuousClock().measure(product) / .seconds(1)) / 1e9 }.max() ?? 0
}
