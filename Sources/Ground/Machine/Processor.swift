/// The processor and its cores, as far as this process may use them.
package enum Processor {
  /// How many cores this process may use: of those that the scheduler gives it, each counted once however many hardware threads it has,
  /// and no more than its control groups have time for.
  package static var cores: Int { cores(system: "/sys", allowed: allowed(), share: ControlGroup().processors) }

  /// How many programs can compute at once here, where hardware threads of one core count each.
  package static var threads: Int {
    let allowed = allowed().count
    return max(1, min(allowed, ControlGroup().processors.map { Int($0.rounded(.up)) } ?? allowed))
  }

  /// - Parameters:
  ///   - allowed: the numbers of the processors that the scheduler gives.
  ///   - share: how many processors' time there is; nil for all.
  package static func cores(system: String, allowed: Set<Int>, share: Double?) -> Int {
    let cores = Set(
      allowed.map { processor in
        SystemFile.text("\(system)/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list") ?? "processor \(processor)"
      })
    guard let share, share < Double(cores.count) else { return max(1, cores.count) }
    return max(1, Int(share.rounded(.up)))
  }

  /// What the processor can do, in Linux's words.
  package static func flags() -> Set<String> {
    let lines = (SystemFile.text("/proc/cpuinfo") ?? "").split(separator: "\n")
    let line = lines.first { $0.hasPrefix("flags") || $0.hasPrefix("Features") } ?? ""
    return Set(line.drop { $0 != ":" }.dropFirst().split(separator: " ").map(String.init))
  }

  /// The scheduler's list, as `0-3,8`.
  private static func allowed() -> Set<Int> {
    let status = (SystemFile.text("/proc/self/status") ?? "").split(separator: "\n")
    let list = status.first { $0.hasPrefix("Cpus_allowed_list:") }?.drop { $0 != ":" }.dropFirst() ?? "0"
    let ranges = list.split(separator: ",").map { $0.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) } }
    return Set(ranges.flatMap { range in Array((range.first ?? 0)...max(range.first ?? 0, range.last ?? 0)) })
  }
}
