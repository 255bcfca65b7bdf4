/// The limits that Linux's control groups set for this process: those of its own group and of all groups around it, of which the
/// narrowest counts (<https://docs.kernel.org/admin-guide/cgroup-v2.html>; version 1, which older clusters have, is understood as well).
package struct ControlGroup {
  /// The folders of the groups, by what they limit; the process's own first.
  private var memory: [String]
  private var processor: [String]

  /// - Parameters:
  ///   - membership: the file that says which groups the process is in: a line `0::/path` for version 2, `N:controllers:/path` for 1.
  ///   - root: where the groups' file systems are mounted.
  package init(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") {
    var paths: [String: String] = [:]
    for line in (SystemFile.text(membership) ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        paths[String(controller)] = String(parts[2])
      }
    }
    let unified = Self.folders(paths[""] ?? "/", root: root)
    memory = unified + Self.folders(paths["memory"] ?? "/", root: root + "/memory")
    processor = unified + Self.folders(paths["cpu"] ?? "/", root: root + "/cpu")
  }

  /// A group's folder and all above it. In a container the path may be the outer system's, of which only the root is there.
  private static func folders(_ path: String, root: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { ([root] + names.prefix($0).map(String.init)).joined(separator: "/") }
  }

  /// The most memory that the processes of the group may have together, in bytes; nil without a limit.
  package var memoryLimit: Int? { memory.compactMap(Self.limit).min() }

  /// What they may still take, in bytes; nil without a limit. The pages of files that the kernel can take back count as free.
  package var memoryLeft: Int? {
    memory.compactMap { folder in
      guard let limit = Self.limit(folder) else { return nil }
      let used = SystemFile.number(folder + "/memory.current") ?? SystemFile.number(folder + "/memory.usage_in_bytes") ?? 0
      let details = SystemFile.values(folder + "/memory.stat")
      let reclaimable = details["total_inactive_file"] ?? details["inactive_file"] ?? 0
      return max(0, limit - max(0, used - reclaimable))
    }.min()
  }

  /// How many processors' time they may use together; nil without a limit.
  package var processors: Double? {
    processor.compactMap { folder -> Double? in
      let quota = SystemFile.text(folder + "/cpu.max")?.split { $0.isWhitespace }.compactMap { Double($0) } ?? []
      if quota.count == 2, quota[1] > 0 { return quota[0] / quota[1] }
      guard let quota = SystemFile.number(folder + "/cpu.cfs_quota_us"), quota > 0,
        let period = SystemFile.number(folder + "/cpu.cfs_period_us"), period > 0
      else { return nil }
      return Double(quota) / Double(period)
    }.min()
  }

  /// Version 1 writes a number near 2^63 for none.
  private static func limit(_ folder: String) -> Int? {
    let limit = SystemFile.number(folder + "/memory.max") ?? SystemFile.number(folder + "/memory.limit_in_bytes")
    return limit.flatMap { $0 < 1 << 60 ? $0 : nil }
  }
}
