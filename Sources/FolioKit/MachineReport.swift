import Foundation
import Tensors

/// What `folio doctor` asks a worker: the numeric library as it loaded here, and how fast it is.
public enum MachineReport {
  public static func numerics() -> String {
    let single = BLAS.measureRate(threads: 1)
    let all = BLAS.threads > 1 ? String(format: ", %.0f with %d", BLAS.measureRate(), BLAS.threads) : ""
    return "\(BLAS.configuration.split(separator: " ").prefix(2).joined(separator: " ")), kernels \(BLAS.kernel), "
      + String(format: "sgemm %.0f GFLOP/s with 1 thread", single) + all
  }
}
