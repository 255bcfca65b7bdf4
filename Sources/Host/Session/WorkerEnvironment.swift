import Foundation
import Record

/// The environment that a worker starts with: ours, and what must be decided before a library loads.
public enum WorkerEnvironment {
  package static func make(_ inherited: [String: String] = ProcessInfo.processInfo.environment) -> [String: String] {
    var environment = inherited
    // OpenBLAS reads the core type when it loads; some machines preset one that halves its speed.
    environment["OPENBLAS_CORETYPE"] = environment["FOLIO_CORETYPE"] ?? blasCoreType(flags: processorFlags())
    // One thread a core: two on one core share its arithmetic, and wait for each other.
    let threads = WorkerProtocol.Environment.Variable.threads.rawValue
    if Int(environment[threads] ?? "") ?? 0 < 1 { environment[threads] = String(coreCount()) }
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
  public static func blasCoreType(flags: Set<String>) -> String? {
    let skylake: Set = ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]
    if skylake.isSubset(of: flags) { return flags.contains("avx512_bf16") ? "Cooperlake" : "SkylakeX" }
    return flags.isSuperset(of: ["avx2", "fma"]) ? "Haswell" : nil
  }

  /// How many cores this process may use: of those that the scheduler gives it, each counted once however many hardware threads it has,
  /// and no more than its control group has time for.
  package static func coreCount(system: String = "/sys", allowed: Set<Int>? = nil) -> Int {
    let processors = allowed ?? allowedProcessors()
    let cores = Set(
      processors.map { processor in
        text("\(system)/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list") ?? "processor \(processor)"
      })
    guard let quota = text("\(system)/fs/cgroup/cpu.max")?.split(separator: " ").compactMap({ Double($0) }), quota.count == 2
    else {
      return max(1, cores.count)
    }
    return max(1, min(cores.count, Int((quota[0] / quota[1]).rounded(.up))))
  }

  /// The scheduler's list, as `0-3,8`.
  private static func allowedProcessors() -> Set<Int> {
    let status = text("/proc/self/status")?.split(separator: "\n") ?? []
    let list = status.first { $0.hasPrefix("Cpus_allowed_list:") }?.drop { $0 != ":" }.dropFirst() ?? "0"
    let ranges = list.split(separator: ",").map { part in
      part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
    return Set(ranges.flatMap { range in Array((range.first ?? 0)...max(range.first ?? 0, range.last ?? 0)) })
  }

  private static func text(_ file: String) -> String? {
    (try? String(contentsOfFile: file, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What the processor can do, in Linux's words.
  public static func processorFlags() -> Set<String> {
    guard let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = information.split(separator: "\n").first(where: { $0.hasPrefix("flags") || $0.hasPrefix("Features") })
    else { return [] }
    return Set(line.drop { $0 != ":" }.dropFirst().split(separator: " ").map(String.init))
  }
}
