import COpenBLAS

/// The numeric library as it loaded in this process.
public enum BLAS {
  /// The kernels that it chose, by the name of a processor: `Cooperlake`, `Haswell`. Read from `OPENBLAS_CORETYPE` when it loads.
  public static var kernel: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

  /// Its version and how it was built.
  public static var configuration: String { openblas_get_config().map { String(cString: $0) } ?? "unknown" }

  public static var threads: Int { Int(openblas_get_num_threads()) }

  /// The rate of its matrix product in GFLOP/s: the best of some products of square matrices.
  /// - Parameter threads: how many threads it may use.
  public static func measureRate(size: Int = 1536, threads: Int = BLAS.threads) -> Double {
    let former = BLAS.threads
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(Int32(former)) }
    let left = Tensor(repeating: 0.5, shape: [size, size])
    let operations = 2 * Double(size) * Double(size) * Double(size)
    var best = 0.0
    for _ in 0..<5 {
      let clock = ContinuousClock()
      let duration = clock.measure { _ = left.multiplied(by: left) }
      best = max(best, operations / (duration / .seconds(1)) / 1e9)
    }
    return best
  }
}
