import Foundation

/// How much memory there is to use.
package enum SystemMemory {
  /// What this process may still take without the system swapping or ending it, in bytes: the least of what the machine has free, of what
  /// its control groups leave, and of `FOLIO_MEMORY_LIMIT` (bytes, for all that the process has).
  package static var available: Int {
    let free = SystemFile.values("/proc/meminfo")["MemAvailable"].map { $0 * 1024 }
    let limit = ProcessInfo.processInfo.environment["FOLIO_MEMORY_LIMIT"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    let limits = [free ?? installed / 2, ControlGroup().memoryLeft, limit.map { $0 - own(of: "self") }]
    return max(0, limits.compactMap { $0 }.min() ?? 0)
  }

  /// All that processes here may have together, in bytes: what the machine has, or what its control groups allow of it.
  package static var total: Int { min(installed, ControlGroup().memoryLimit ?? .max) }

  /// What a process has in memory of its own, in bytes. The pages of mapped files are not counted, which the system can take back.
  /// - Parameter process: its number, or `self`.
  package static func own(of process: String) -> Int {
    let pages = (SystemFile.text("/proc/\(process)/statm") ?? "").split(separator: " ").compactMap { Int($0) }
    return pages.count > 2 ? (pages[1] - pages[2]) * Int(getpagesize()) : 0
  }

  /// The most that a process has had in memory, in bytes.
  package static func peak(of process: String) -> Int { (SystemFile.values("/proc/\(process)/status")["VmHWM"] ?? 0) * 1024 }

  private static var installed: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
