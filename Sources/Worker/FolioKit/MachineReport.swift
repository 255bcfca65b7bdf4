import Foundation
import Tensors

/// What `folio doctor` asks a worker: the numeric libraries as they loaded here, and how fast they are.
public enum MachineReport {
  /// OpenBLAS's build, its kernels and the speed of its products; and that of Folio's own, which a model's weights go through.
  public static func numerics() -> String {
    let sizes = Parallel.threads > 1 ? [1, Parallel.threads] : [1]
    let rates = sizes.map {
      String(format: "%.0f GFLOP/s with %d thread%@", BLAS.measureRate(threads: $0), $0, $0 == 1 ? "" : "s")
    }
    return "\(BLAS.configuration.split(separator: " ").prefix(2).joined(separator: " ")), kernels \(BLAS.kernel), sgemm "
      + rates.joined(separator: ", ")
      + String(format: "; products with bf16 weights %.0f GFLOP/s with %d", WeightMatrix.measureRate(), Parallel.threads)
  }
}
