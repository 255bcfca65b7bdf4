import Foundation

/// How much memory there is to use.
package enum Memory {
  /// What this process may still take without the system swapping or killing: the least of what the machine has free, of what its
  /// control group allows, and of `FOLIO_MEMORY_LIMIT` (bytes, for all that the process has). In bytes.
  package static var available: Int {
    var limits = [information("MemAvailable").map { $0 * 1024 } ?? Int(ProcessInfo.processInfo.physicalMemory / 2)]
    if let limit = number("/sys/fs/cgroup/memory.max"), let used = number("/sys/fs/cgroup/memory.current") {
      limits.append(limit - used)
    }
    if let limit = ProcessInfo.processInfo.environment["FOLIO_MEMORY_LIMIT"].flatMap(Int.init) { limits.append(limit - resident) }
    return max(0, limits.min() ?? 0)
  }

  /// What this process has in memory of its own, without the pages of mapped files.
  private static var resident: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").compactMap { Int($0) }
    return pages.count > 2 ? (pages[1] - pages[2]) * Int(getpagesize()) : 0
  }

  private static func information(_ key: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }

  private static func number(_ file: String) -> Int? {
    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// `512 bytes`, `3.4 GB`.
  package static func text(_ bytes: Int) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")]
    guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
    return String(format: "%.1f ", Double(bytes) / Double(unit)) + name
  }
}
