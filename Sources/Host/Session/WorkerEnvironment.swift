import Foundation
import Machine
import Record

/// The environment that a worker starts with: ours, and what must be decided before a library loads.
package enum WorkerEnvironment {
  package static func make(_ inherited: [String: String] = ProcessInfo.processInfo.environment) -> [String: String] {
    var environment = inherited
    // OpenBLAS reads the core type when it loads; some machines preset one that halves its speed.
    environment["OPENBLAS_CORETYPE"] = environment["FOLIO_CORETYPE"] ?? blasCoreType(flags: Processor.flags())
    // One thread a core: two on one core share its arithmetic, and wait for each other.
    let threads = WorkerProtocol.Environment.Variable.threads.rawValue
    if Int(environment[threads] ?? "") ?? 0 < 1 { environment[threads] = String(Processor.cores) }
    environment["OPENBLAS_NUM_THREADS"] = environment[threads]
    for other in ["OMP_NUM_THREADS", "GOTO_NUM_THREADS"] { environment[other] = nil }
    // A dictionary prints in the same order in every run.
    environment["SWIFT_DETERMINISTIC_HASHING"] = "1"
    // Traps are reported by the worker, at the author's lines.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    environment["LC_ALL"] = "C.UTF-8"
    return environment
  }

  /// The fastest OpenBLAS kernels that the processor can run; nil leaves the choice to OpenBLAS.
  package static func blasCoreType(flags: Set<String>) -> String? {
    let skylake: Set = ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]
    if skylake.isSubset(of: flags) { return flags.contains("avx512_bf16") ? "Cooperlake" : "SkylakeX" }
    return flags.isSuperset(of: ["avx2", "fma"]) ? "Haswell" : nil
  }
}
