import Foundation

/// How large the store is, and how it becomes smaller.
extension Store {
  package struct Usage: Sendable, Equatable {
    package var entries = 0
    package var bytes = 0

    package init(entries: Int = 0, bytes: Int = 0) {
      self.entries = entries
      self.bytes = bytes
    }
  }

  /// How large the store may become: `FOLIO_CACHE_LIMIT` in gigabytes, else 5.
  package static func limit(environment: [String: String]) -> Int {
    let gigabytes = environment["FOLIO_CACHE_LIMIT"].flatMap(Double.init) ?? 5
    return gigabytes.isFinite && gigabytes >= 0 ? Int(min(gigabytes, 1e6) * 1e9) : 5_000_000_000
  }

  /// What it holds, by kind.
  package func usage() -> [Kind: Usage] {
    var usage: [Kind: Usage] = [:]
    for file in files() where !file.isTemporary {
      usage[file.kind, default: Usage()].entries += 1
      usage[file.kind, default: Usage()].bytes += file.size
    }
    return usage
  }

  /// Removes what was used least recently, until at most `limit` bytes are left, and what writers left behind that were killed. Others may
  /// use the store meanwhile: what they miss, they compute.
  @discardableResult
  package func prune(to limit: Int) -> Usage {
    var removed = Usage()
    var total = 0
    let hourAgo = Date().timeIntervalSince1970 - 3600
    for file in files().sorted(by: { $0.used > $1.used }) {
      let isRefuse = file.isTemporary && file.used < hourAgo
      if !file.isTemporary { total += file.size }
      guard isRefuse || !file.isTemporary && total > limit, unlink(file.path) == 0 else { continue }
      if !isRefuse { total -= file.size }
      removed.entries += 1
      removed.bytes += file.size
    }
    return removed
  }

  /// A small listing for readers.
  package func report() -> String {
    let usage = usage()
    let names: [(Kind, String)] = [
      (.cells, "compiled cells"), (.records, "records"), (.memo, "remembered values"), (.traces, "files that cells read"),
      (.notebooks, "notebooks' histories"), (.digests, "files' digests"),
    ]
    let all = usage.values.reduce(into: Usage()) { total, part in
      total.entries += part.entries
      total.bytes += part.bytes
    }
    let rows = names.map { ($1, usage[$0] ?? Usage()) } + [("in all", all)]
    let lines = rows.map { name, usage in
      name.padding(toLength: 24, withPad: " ", startingAt: 0) + String(format: "%8d  %10.1f MB", usage.entries, Double(usage.bytes) / 1e6)
    }
    return ([folder] + lines).joined(separator: "\n")
  }

  private struct File {
    var kind: Kind
    var path: String
    var size: Int
    /// In seconds since 1970.
    var used: Double
    var isTemporary: Bool
  }

  private func files() -> [File] {
    Kind.allCases.flatMap { kind -> [File] in
      let base = "\(folder)/\(kind.rawValue)"
      let names = (try? FileManager.default.subpathsOfDirectory(atPath: base)) ?? []
      return names.compactMap { name in
        var status = stat()
        guard lstat("\(base)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return File(
          kind: kind, path: "\(base)/\(name)", size: Int(status.st_size),
          used: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9,
          isTemporary: name.contains("/" + Self.temporaryPrefix))
      }
    }
  }
}
